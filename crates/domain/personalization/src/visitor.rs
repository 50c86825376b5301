use lp_core::{Country, Device, Timestamp};

/// What is known of a visitor when a link is asked for. Empty text means unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor<'v> {
    /// When the visitor comes.
    pub at: Timestamp,
    pub country: Option<Country>,
    pub device: Device,
    pub source: &'v str,
    pub campaign: &'v str,
    pub segments: &'v [&'v str],
    /// What lots are drawn by: the same visitor has the same. Without one a visitor is in no part of a whole.
    pub key: &'v str,
    /// Of a link for so many visits: whether there were those.
    pub used_up: bool,
    /// Of a link with a password: whether the visitor has said it.
    pub unlocked: bool,
}

/// What a route has to be told of its visitors; the rest may be left unknown, which costs nothing to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asks(u8);

impl Visitor<'_> {
    /// The segment of those who came back.
    pub const RETURNING: &'static str = "returning";

    /// A visitor of whom nothing is known, not even when.
    pub const UNKNOWN: Visitor<'static> = Visitor {
        at: Timestamp::from_millis(0),
        country: None,
        device: Device::Unknown,
        source: "",
        campaign: "",
        segments: &[],
        key: "",
        used_up: false,
        unlocked: false,
    };
}

impl Asks {
    /// Nothing but the device, which clicks are counted by in any case.
    pub const NOTHING: Self = Self(0);
    pub const TIME: Self = Self(1);
    pub const SOURCE: Self = Self(2);
    pub const CAMPAIGN: Self = Self(4);
    pub const COUNTRY: Self = Self(8);
    pub const SEGMENTS: Self = Self(16);
    pub const KEY: Self = Self(32);

    pub fn has(self, asked: Self) -> bool {
        self.0 & asked.0 != 0
    }

    /// This, and more.
    #[must_use]
    pub fn also(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }
}
