//! The words every context shares.
//!
//! This crate decides what a well-formed handle, slug, id, scope, instant, time zone, country, region,
//! language, web address and host is, and nothing else.
//! It does not know links, accounts or any other context, and it knows no clock, randomness, storage, HTTP or JSON:
//! values come in as text and numbers and leave the same way. Beside them stands a hint to the processor, `prefetch`, which
//! decides nothing.

mod agent;
mod base32;
mod country;
mod device;
mod handle;
mod host;
mod id;
mod language;
mod letters;
mod prefetch;
mod region;
mod role;
mod scope;
mod slug;
pub mod text;
mod time_zone;
mod timestamp;
mod web_url;

pub use agent::{Agent, Browser, Os};
pub use base32::encode as base32;
pub use country::{Country, CountryFault};
pub use device::Device;
pub use handle::{Handle, HandleFault};
pub use host::{Place, is_domain, place};
pub use id::{ClickId, ConnectionId, EventId, IdFault, LinkId, MailId, SessionId, TokenId, UserId};
pub use language::{Language, LanguageFault};
pub use prefetch::prefetch;
pub use region::{Region, RegionFault, Territory};
pub use role::Role;
pub use scope::{Scope, ScopeFault, ScopePattern, Scopes};
pub use slug::{Slug, SlugFault, SlugKey};
pub use time_zone::{Day, TimeZone, TimeZoneFault};
pub use timestamp::{Timestamp, TimestampFault};
pub use web_url::{WebUrl, WebUrlFault};

/// How often a stored value has been changed; the first stored form is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// What a value has when it is first stored.
    pub const FIRST: Self = Self(1);

    /// The revision after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
