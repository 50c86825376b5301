use hmac::{Hmac, KeyInit, Mac};
use lp_core::Timestamp;
use sha2::Sha256;

/// How long one key makes tokens.
const TERM: i64 = 30 * 86_400 * 1_000_000;

/// What tokens of one term are made with.
///
/// Keys are derived from the installation's secret and the number of the term, as those of access tokens are. So nodes
/// need not agree on anything, nothing secret is stored, keys change by themselves, and a new secret gives new ones.
pub(super) struct Key {
    /// Which one it is: its term, and 16 bits that tell keys of a term apart.
    pub(super) id: [u8; Self::ID],
    secret: [u8; 32],
}

/// The number of the term of an instant.
pub(super) fn term(at: Timestamp) -> u16 {
    u16::try_from(at.micros().div_euclid(TERM)).unwrap_or(0)
}

impl Key {
    /// How many bytes an id has, the first two of them the term.
    pub(super) const ID: usize = 4;
    /// 128 bits: nobody can try them out.
    pub(super) const MAC: usize = 16;

    /// The key of a term.
    pub(super) fn derive(secret: &[u8; 32], term: u16) -> Self {
        let mut key = [0; 32];
        let term = term.to_be_bytes();
        // Keys of any length are taken, so there is always one.
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) {
            let hash = mac.chain_update(b"context").chain_update(term).finalize().into_bytes();
            key.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        }
        let [first, second, ..] = *blake3::hash(&key).as_bytes();
        Self { id: [term[0], term[1], first, second], secret: key }
    }

    /// The number of the term that an id begins with.
    pub(super) fn term_of(id: [u8; Self::ID]) -> u16 {
        u16::from_be_bytes([id[0], id[1]])
    }

    /// What proves that these bytes were written by one who has the key: the first half of BLAKE3's keyed hash, which may
    /// be cut to any length.
    pub(super) fn mac(&self, bytes: &[u8]) -> [u8; Self::MAC] {
        let hash = blake3::keyed_hash(&self.secret, bytes);
        *hash.as_bytes().first_chunk().unwrap_or(&[0; Self::MAC])
    }
}
