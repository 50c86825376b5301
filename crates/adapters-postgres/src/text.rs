//! Texts of any content. PostgreSQL's hold every character but NUL, so that one is written as two others.

use std::borrow::Cow;

/// Begins the two characters that stand for one: nobody types it, and it has no other meaning here.
const ESCAPE: char = '\u{1A}';
/// What follows it in the place of NUL. The escape itself is written twice.
const NUL: char = '0';

/// The text as it can be stored. Different texts stay different, so that keys may be written like this too.
pub(crate) fn stored(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\0' => written.extend([ESCAPE, NUL]),
            ESCAPE => written.extend([ESCAPE, ESCAPE]),
            plain => written.push(plain),
        }
    }
    Cow::Owned(written)
}

/// The text that was stored.
pub(crate) fn original(stored: String) -> String {
    if !stored.contains(ESCAPE) {
        return stored;
    }
    let mut text = String::with_capacity(stored.len());
    let mut characters = stored.chars();
    while let Some(character) = characters.next() {
        if character != ESCAPE {
            text.push(character);
        } else if let Some(meant) = characters.next() {
            text.push(if meant == NUL { '\0' } else { meant });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{original, stored};

    proptest! {
        #[test]
        fn every_text_comes_back_and_is_stored_without_nul(text in "[\\x00\\x1a0a-cä]{0,12}", other in "[\\x00\\x1a0]{0,4}") {
            let written = stored(&text).into_owned();
            prop_assert!(!written.contains('\0'));
            prop_assert_eq!(stored(&other) == written, other == text);
            prop_assert_eq!(original(written), text);
        }
    }
}
