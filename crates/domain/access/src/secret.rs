use std::fmt;

use zeroize::Zeroizing;

/// The installation's secret: 256 bits that sign what leaves it and comes back, key the hashes of mailed codes, and derive
/// the keys of access tokens.
///
/// What it made stays good when it is followed by another: the one before is remembered, and believed, but makes nothing
/// any more. Wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Secret {
    now: Zeroizing<[u8; 32]>,
    before: Option<Zeroizing<[u8; 32]>>,
}

impl Secret {
    /// One that follows none.
    pub fn new(now: [u8; 32]) -> Self {
        Self { now: Zeroizing::new(now), before: None }
    }

    /// One that follows another, whose own forerunner is not believed any more.
    pub fn following(before: &Self, now: [u8; 32]) -> Self {
        Self { now: Zeroizing::new(now), before: Some(before.now.clone()) }
    }

    /// What new things are made with.
    pub fn now(&self) -> &[u8; 32] {
        &self.now
    }

    /// The one that it follows.
    pub fn before(&self) -> Option<&[u8; 32]> {
        self.before.as_deref()
    }

    /// Everything that is believed, the present one first.
    pub fn believed(&self) -> impl Iterator<Item = &[u8; 32]> {
        [self.now()].into_iter().chain(self.before())
    }
}

/// Tells nothing.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
