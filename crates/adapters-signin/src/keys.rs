use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{DecodingKey, EncodingKey};
use lp_core::Timestamp;
use sha2::{Digest, Sha256};

/// How long one key signs.
const TERM: i64 = 30 * 86_400 * 1_000_000;

/// A key and the term in which it signs.
///
/// Keys are derived from the installation's secret and the number of the term. So nodes need not agree on anything, nothing
/// secret is stored, keys change by themselves, and a new secret gives new ones.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) public: [u8; 32],
    pub(crate) signs: EncodingKey,
    pub(crate) checks: DecodingKey,
}

/// The number of the term of an instant.
pub(crate) fn term(at: Timestamp) -> i64 {
    at.micros().div_euclid(TERM)
}

/// The key of a term; `None` where the library refuses a seed, which it does not.
pub(crate) fn derive(secret: &[u8; 32], term: i64) -> Option<Key> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    let seed = mac.chain_update(b"access-token").chain_update(term.to_be_bytes()).finalize().into_bytes();
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
    let public: [u8; 32] = pair.public_key().as_ref().try_into().ok()?;
    let private = pair.to_pkcs8v1().ok()?;
    let x = URL_SAFE_NO_PAD.encode(public);
    Some(Key {
        id: thumbprint(&x),
        public,
        signs: EncodingKey::from_ed_der(private.as_ref()),
        checks: DecodingKey::from_ed_components(&x).ok()?,
    })
}

/// RFC 7638, of an Ed25519 key as RFC 8037 writes it.
fn thumbprint(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}
