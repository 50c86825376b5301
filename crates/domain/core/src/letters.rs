/// One to three letters or digits of ASCII, in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Letters([u8; 3]);

impl Letters {
    /// Takes what `allowed` lets pass, each byte as it answers; `None` where there are none or more than three.
    pub(crate) fn of(text: &str, allowed: impl Fn(u8) -> Option<u8>) -> Option<Self> {
        let mut letters = [0; 3];
        let places = letters.get_mut(..text.len()).filter(|places| !places.is_empty())?;
        for (place, byte) in places.iter_mut().zip(text.bytes()) {
            *place = allowed(byte)?;
        }
        Some(Self(letters))
    }

    pub(crate) fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        // They are of ASCII, so the fallback is never taken.
        self.0.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}
