//! What a request says about where its visitor comes from.

use lp_personalization::{Room, campaign_in, host_of, referred_by, source_in};
use proptest::prelude::*;
use url::form_urlencoded;

fn source(query: &str) -> Option<String> {
    source_in(query, &mut Room::default()).map(ToOwned::to_owned)
}

#[test]
fn the_source_is_the_first_of_three_parameters() {
    for (query, expected) in [
        ("utm_source=mail&source=x&ref=y", Some("mail")),
        ("ref=y&source=x", Some("x")),
        ("ref=y", Some("y")),
        ("UTM_Source=a%20b+c", Some("a b c")),
        ("utm_source=&ref=y", Some("y")),
        ("utm_source=gr%C3%B6%C3%9Fer", Some("größer")),
        ("utm_source=100%", Some("100%")),
        ("utm_source=%FF", None),
        ("xutm_source=a&q=1", None),
        ("", None),
    ] {
        assert_eq!(source(query).as_deref(), expected, "{query}");
    }
    assert_eq!(source(&format!("source={}", "x".repeat(401))), None);
    let mut room = Room::default();
    assert_eq!(campaign_in("a=1&utm_campaign=spring", &mut room), Some("spring"));
}

#[test]
fn referrers_have_a_kind() {
    for (referrer, kind) in [
        ("", "direct"),
        ("nonsense", "direct"),
        ("https://www.google.com/", "search"),
        ("https://google.co.uk/search?q=x", "search"),
        ("https://google.evil.com/", "referral"),
        ("https://notgoogle.com/", "referral"),
        ("https://mail.google.com/mail/u/0/", "email"),
        ("android-app://com.google.android.gm/", "email"),
        ("https://t.co/abc", "social"),
        ("https://nott.co/abc", "referral"),
        ("http://user@L.Facebook.com:443/x", "social"),
        ("https://blog.example/post", "referral"),
    ] {
        assert_eq!(referred_by(host_of(referrer)), kind, "{referrer}");
    }
}

proptest! {
    #[test]
    fn a_source_is_read_as_browsers_write_it(value in "\\PC{1,60}") {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("utm_source", &value);
        prop_assert_eq!(source(&query.finish()), Some(value));
    }

    #[test]
    fn no_query_and_no_referrer_makes_it_panic(query in "\\PC{0,80}", referrer in "\\PC{0,80}") {
        source(&query);
        referred_by(host_of(&referrer));
    }
}
