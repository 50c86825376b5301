use lp_core::{Language, Region};
use proptest::prelude::*;

#[test]
fn the_language_liked_best_is_the_one_of_the_greatest_weight_and_of_several_the_first() {
    for (accepted, expected) in [
        ("de-CH", Some("de")),
        ("DE", Some("de")),
        ("en-US,en;q=0.9,de;q=0.8", Some("en")),
        ("fr;q=0.5, de-CH;q=0.7, en;q=0.7", Some("de")),
        ("en;q=0.1,haw", Some("haw")),
        ("*", None),
        ("*;q=0.9, da;q=0.1", Some("da")),
        ("da;q=0", None),
        ("da;q=0.000, nl;q=0.001", Some("nl")),
        ("da;q=1.5, nl;q=0.2", Some("nl")),
        ("da;q=0.1234, nl", Some("nl")),
        ("da;level=1, nl;q=0.1", Some("nl")),
        (" da ;q=1.000", Some("da")),
        ("i-klingon, x-private, toolong, d1", None),
        ("", None),
        (",,;q=1,", None),
    ] {
        let preferred = Language::preferred(accepted).map(|language| language.to_string());
        assert_eq!(preferred.as_deref(), expected, "{accepted}");
    }
}

#[test]
fn a_region_has_one_to_three_letters_and_digits() {
    for (text, expected) in [
        ("ca", Some("CA")),
        ("75c", Some("75C")),
        ("9", Some("9")),
        ("", None),
        ("long", None),
        ("é", None),
        ("a-", None),
    ] {
        assert_eq!(Region::parse(text).ok().map(|region| region.to_string()).as_deref(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_header_is_read_and_a_language_it_gives_is_one(accepted in "([a-zA-Z*-]{0,4}(;q=[0-9.]{0,5})?,? ?|\\PC{0,4}){0,20}") {
        if let Some(language) = Language::preferred(&accepted) {
            prop_assert_eq!(Language::parse(language.as_str()), Ok(language));
            prop_assert!(accepted.to_ascii_lowercase().contains(language.as_str()));
        }
    }
}
