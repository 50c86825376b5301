use std::fmt;

use thiserror::Error;
use uuid::Uuid;

use crate::Timestamp;
use crate::base32::{decode_u128, encode_u128};

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an id of this kind is '{prefix}' and 26 lower-case base 32 characters")]
pub struct IdFault {
    /// What the id should have begun with; empty for token ids.
    pub prefix: &'static str,
}

/// Declares an id: a prefix that tells its kind and a UUIDv7 in 26 characters, so that ids sort by age.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form begins with.
            pub const PREFIX: &'static str = $prefix;

            pub fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub fn uuid(self) -> Uuid {
                self.0
            }

            pub fn parse(text: &str) -> Result<Self, IdFault> {
                text.strip_prefix($prefix)
                    .and_then(decode_u128)
                    .map(|number| Self(Uuid::from_u128(number)))
                    .ok_or(IdFault { prefix: $prefix })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, encode_u128(self.0.as_u128()))
            }
        }
    };
}

id!(
    /// One account.
    UserId,
    "usr_"
);
id!(
    /// One link, kept when its slug is deleted and made again by a rollback.
    LinkId,
    "lnk_"
);
id!(
    /// One event of the outbox.
    EventId,
    "evt_"
);
id!(
    /// One visit.
    ClickId,
    "clk_"
);
id!(
    /// One signing in: what its refresh tokens and access tokens have in common.
    SessionId,
    "ses_"
);
id!(
    /// One consent: an app that may act in a handle for somebody, until it is taken back.
    ConnectionId,
    "con_"
);
id!(
    /// One mail on its way.
    MailId,
    "mai_"
);
id!(
    /// One access token. Bare, because the documented token form puts it between `patv1_` and `.`.
    TokenId,
    ""
);

impl ClickId {
    /// The id of a visit of that instant: the UUID's random part with this instant in its place for the time (RFC 9562,
    /// 5.7), so that the id alone says when, to the millisecond.
    pub fn of(at: Timestamp, random: Uuid) -> Self {
        const TIME: u32 = 80;
        let millis = u128::from(u64::try_from(at.micros() / 1_000).unwrap_or(0)) & ((1 << 48) - 1);
        let rest = random.as_u128() & ((1 << TIME) - 1);
        Self(Uuid::from_u128(millis << TIME | rest))
    }

    /// When the visit was.
    pub fn instant(self) -> Timestamp {
        let millis = self.0.as_u128() >> 80;
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(0))
    }
}
