use std::hash::Hasher as _;
use std::net::IpAddr;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use lp_analytics::{ClickRef, Facts};
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use lp_ports::{ClickJournal, Clock, Ids, JournalFull, Kept};
use sha2::Sha256;
use siphasher::sip::SipHasher24;

/// The edge's narrow way to the click journal.
#[derive(Clone)]
pub struct ClickSink {
    journal: Arc<dyn ClickJournal>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// Ready to hash visitors.
    keyed: SipHasher24,
}

/// A visit that was answered with a redirect.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'v> {
    /// When, by the clock of [`ClickSink::now`].
    pub at: Timestamp,
    /// Whose link.
    pub handle: &'v Handle,
    /// Which link.
    pub link: LinkId,
    /// Under which slug.
    pub slug: &'v Slug,
    /// Whose visit: what [`ClickSink::stranger`] makes of address and user agent, which are kept nowhere.
    pub visitor: u64,
    /// What the user agent was taken for.
    pub device: Device,
    /// The host of the `Referer` header, in any case; empty where there is none.
    pub referrer: &'v str,
    /// What it was decided by, and what the decision was.
    pub facts: Facts<&'v str>,
}

/// A visit that was noted.
pub struct Noted {
    /// The name of the visit from now on.
    pub id: ClickId,
    /// Whether that has to be waited for.
    pub kept: Kept,
}

const DAY: i64 = 86_400_000_000;

impl ClickSink {
    pub(crate) fn new(
        journal: Arc<dyn ClickJournal>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        secret: &[u8; 32],
    ) -> Self {
        Self { journal, clock, ids, keyed: SipHasher24::new_with_key(&visitor_key(secret)) }
    }

    /// The time, by the clock that clicks are noted with.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What a user agent goes by in [`ClickSink::stranger`], on each node alike. It can be remembered, so that not every
    /// visit hashes a long text.
    pub fn agent(&self, user_agent: &str) -> u32 {
        let mut keyed = self.keyed;
        keyed.write(user_agent.as_bytes());
        let [.., a, b, c, d] = keyed.finish().to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// What a visitor is told apart by on that day who brings nothing to be told apart by: as clicks are. `agent` is what
    /// the user agent goes by.
    pub fn stranger(&self, at: Timestamp, address: IpAddr, agent: u32) -> u64 {
        visitor(self.keyed, at, address, agent)
    }

    /// Notes a visit; an error where the journal is full and the visit goes uncounted. Never waits; what was kept may
    /// have to be waited for.
    pub fn record(&self, visit: Visit<'_>) -> Result<Noted, JournalFull> {
        let at = visit.at;
        let host = if is_host(visit.referrer) { visit.referrer } else { "" };
        // Browsers send it in lower case.
        let lower = host.bytes().any(|byte| byte.is_ascii_uppercase()).then(|| host.to_ascii_lowercase());
        let id = ClickId::of(at, self.ids.timeless_uuid());
        let kept = self.journal.append(ClickRef {
            id,
            handle: visit.handle,
            link: visit.link,
            slug: visit.slug,
            at,
            device: visit.device,
            visitor: visit.visitor,
            referrer: lower.as_deref().unwrap_or(host),
            facts: visit.facts,
        })?;
        Ok(Noted { id, kept })
    }
}

/// The key of visitors' hashes: of the installation's secret, so that all nodes share it, and of use for nothing else.
fn visitor_key(secret: &[u8; 32]) -> [u8; 16] {
    let mut key = [0; 16];
    if let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) {
        let hash = mac.chain_update(b"visitor").finalize().into_bytes();
        key.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    }
    key
}

/// Tells visitors of one day apart without saying who they are: a keyed hash whose input begins with the day, so that
/// the same visitor is another one tomorrow.
///
/// SipHash-2-4 (Aumasson and Bernstein, 2012), a pseudorandom function for short inputs, because every visit is hashed:
/// without the key nobody can try out addresses.
fn visitor(mut keyed: SipHasher24, at: Timestamp, address: IpAddr, agent: u32) -> u64 {
    let day = at.micros().div_euclid(DAY).cast_unsigned();
    let beside = |v4: u32| u128::from(day) << 64 | u128::from(v4) << 32 | u128::from(agent);
    match address {
        IpAddr::V4(v4) => keyed.write(&beside(v4.to_bits()).to_be_bytes()),
        IpAddr::V6(v6) => {
            keyed.write(&beside(0).to_be_bytes());
            keyed.write(&v6.octets());
        }
    }
    keyed.finish()
}

/// At most 253 bytes (RFC 1035), and only what hosts are written with: counts are kept by it, and the visitor chooses it.
fn is_host(text: &str) -> bool {
    let written = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    text.len() <= 253 && text.bytes().all(written)
}
