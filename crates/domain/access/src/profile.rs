use lp_core::text::{self, TextFault};
use lp_core::{TimeZone, WebUrl};

/// What a handle tells of itself. Plain data: nothing is decided by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    pub display_name: Option<DisplayName>,
    pub bio: Option<Bio>,
    pub avatar: Option<WebUrl>,
    pub website: Option<WebUrl>,
    pub time_zone: Option<TimeZone>,
}

/// One line of 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(Box<str>);

/// 1 to 500 characters, line breaks allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bio(Box<str>);

impl DisplayName {
    pub const MAX: usize = 100;

    pub fn parse(text: &str) -> Result<Self, TextFault> {
        text::line(text, Self::MAX).map(|()| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Bio {
    pub const MAX: usize = 500;

    pub fn parse(text: &str) -> Result<Self, TextFault> {
        if text.is_empty() {
            return Err(TextFault::Empty);
        }
        text::lines(text, Self::MAX).map(|()| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
