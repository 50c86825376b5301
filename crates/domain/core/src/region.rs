use std::fmt;

use thiserror::Error;

use crate::Country;
use crate::letters::Letters;

/// A part of a country by its code of ISO 3166-2 without the country: `CA` of `US-CA`, in capitals. It means nothing
/// without the country, and is not held against the list of those there are: that changes too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(Letters);

/// Why a text is no region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not the code of a region in ISO 3166-2 without the country, such as CA")]
pub struct RegionFault;

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Territory {
    pub country: Country,
    /// `None` where only the country is known.
    pub region: Option<Region>,
}

impl Region {
    /// Reads a code of one to three letters and digits, in any case.
    pub fn parse(text: &str) -> Result<Self, RegionFault> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric().then(|| byte.to_ascii_uppercase());
        Letters::of(text, allowed).map(Self).ok_or(RegionFault)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
