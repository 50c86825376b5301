use lp_core::{Browser, Country, Language, Os, Region, Revision};

/// What is kept of a visit beside the device: by what it was decided, and what the decision was. Never an address.
///
/// Empty texts and `None` are unknown. Of visits before these were kept all is unknown; they are told by
/// [`link_revision`](Self::link_revision), which every later one has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts<T = String> {
    pub country: Option<Country>,
    pub region: Option<Region>,
    pub os: Os,
    pub browser: Browser,
    pub language: Option<Language>,
    /// Bounded by [`LONGEST_SAYING`]: visitors choose it.
    pub source: T,
    /// Bounded by [`LONGEST_SAYING`]: visitors choose it.
    pub campaign: T,
    /// The rule that chose the destination.
    pub rule: T,
    /// Which of the rule's variants.
    pub variant: T,
    /// Which link it was.
    pub link_revision: Option<Revision>,
    /// Which rules the handle had; `None` where it had none.
    pub rules_revision: Option<Revision>,
    /// What the visitor's lot was drawn by. Kept only where one was.
    pub key: T,
    /// The visitor brought the cookie of an earlier visit.
    pub returning: bool,
}

/// How many characters of a source or campaign are kept: as many as a condition may name.
pub const LONGEST_SAYING: usize = 100;

impl<T> Facts<T> {
    /// The same with other texts.
    pub fn map<'f, U>(&'f self, mut text: impl FnMut(&'f T) -> U) -> Facts<U> {
        Facts {
            country: self.country,
            region: self.region,
            os: self.os,
            browser: self.browser,
            language: self.language,
            source: text(&self.source),
            campaign: text(&self.campaign),
            rule: text(&self.rule),
            variant: text(&self.variant),
            link_revision: self.link_revision,
            rules_revision: self.rules_revision,
            key: text(&self.key),
            returning: self.returning,
        }
    }
}

impl Facts {
    pub fn borrowed(&self) -> Facts<&str> {
        self.map(String::as_str)
    }
}

impl Facts<&str> {
    pub fn to_owned(&self) -> Facts {
        self.map(|text| (*text).to_owned())
    }
}

/// As much of a source or campaign as is kept.
pub fn bounded(saying: &str) -> &str {
    // Nearly all are short enough whatever their characters are.
    if saying.len() <= LONGEST_SAYING {
        return saying;
    }
    let end = saying.char_indices().nth(LONGEST_SAYING).map_or(saying.len(), |(at, _)| at);
    saying.get(..end).unwrap_or_default()
}
