//! The single values of a link.

use lp_core::text::{self, TextFault};
use thiserror::Error;

/// A title: one line of 1 to 300 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(Box<str>);

/// A description: up to 2,000 characters, line breaks allowed, not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(Box<str>);

/// One tag or category: one line of 1 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(Box<str>);

/// Up to 50 labels, each once (ASCII case ignored), in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(Vec<Label>);

/// More labels than a link can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a link carries at most {max} of these")]
pub struct TooMany {
    pub max: usize,
}

/// Where a link stands among its siblings; smaller first, ties in order of creation. 0 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u32);

/// The HTTP status a visitor is answered with (RFC 9110, 15.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RedirectStatus {
    MovedPermanently,
    #[default]
    Found,
    TemporaryRedirect,
    PermanentRedirect,
}

/// What becomes of the query that a visitor brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum QueryPassThrough {
    /// It follows the destination's own.
    #[default]
    Append,
    /// It replaces parameters of the same name.
    Override,
    /// It is dropped.
    Off,
}

impl Title {
    pub const MAX: usize = 300;

    pub fn parse(text: &str) -> Result<Self, TextFault> {
        text::line(text, Self::MAX).map(|()| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Description {
    pub const MAX: usize = 2_000;

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

impl Label {
    pub const MAX: usize = 64;

    pub fn parse(text: &str) -> Result<Self, TextFault> {
        text::line(text, Self::MAX).map(|()| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Labels {
    pub const MAX: usize = 50;

    /// Keeps the first of labels that differ only in case.
    pub fn of(labels: impl IntoIterator<Item = Label>) -> Result<Self, TooMany> {
        let mut kept: Vec<Label> = Vec::new();
        for label in labels {
            if !kept.iter().any(|other| other.0.eq_ignore_ascii_case(&label.0)) {
                kept.push(label);
            }
        }
        if kept.len() > Self::MAX { Err(TooMany { max: Self::MAX }) } else { Ok(Self(kept)) }
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(Label::as_str)
    }

    /// Whether one of them is this, ASCII case ignored.
    pub fn has(&self, label: &str) -> bool {
        self.0.iter().any(|own| own.0.eq_ignore_ascii_case(label))
    }
}

impl Position {
    pub const MAX: u32 = 1_000_000_000;
    pub const FIRST: Self = Self(1);

    /// `None` above the greatest position.
    pub fn of(number: u32) -> Option<Self> {
        (number <= Self::MAX).then_some(Self(number))
    }

    pub fn number(self) -> u32 {
        self.0
    }

    /// Where a new link goes: behind the greatest position in use, and beside it once that is the last there is.
    #[must_use]
    pub fn after(greatest: Option<Self>) -> Self {
        greatest.map_or(Self::FIRST, |last| Self((last.0 + 1).min(Self::MAX)))
    }
}

impl RedirectStatus {
    pub fn code(self) -> u16 {
        match self {
            Self::MovedPermanently => 301,
            Self::Found => 302,
            Self::TemporaryRedirect => 307,
            Self::PermanentRedirect => 308,
        }
    }

    pub fn of(code: u16) -> Option<Self> {
        [Self::MovedPermanently, Self::Found, Self::TemporaryRedirect, Self::PermanentRedirect]
            .into_iter()
            .find(|status| status.code() == code)
    }

    /// Whether browsers may remember it by default, so that repeated visits would go uncounted.
    pub fn is_permanent(self) -> bool {
        matches!(self, Self::MovedPermanently | Self::PermanentRedirect)
    }
}

impl QueryPassThrough {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Override => "override",
            Self::Off => "off",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Append, Self::Override, Self::Off].into_iter().find(|mode| mode.as_str() == text)
    }
}
