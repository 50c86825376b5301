//! The shared words: what is accepted, what is refused, what comes back.

mod devices;
mod languages;
mod time_zones;

use std::time::Duration;

use lp_core::{Handle, LinkId, Place, Scope, Scopes, Slug, Timestamp, TokenId, WebUrl, WebUrlFault, place};
use proptest::prelude::*;

#[test]
fn a_handle_is_a_dns_label_without_double_hyphens() {
    for good in ["hello", "a1", "my-shop", "x".repeat(32).as_str()] {
        assert!(Handle::parse(good).is_ok(), "{good}");
    }
    for bad in
        ["", "a", "Hello", "-a", "a-", "a--b", "a_b", "häns", "api", "localhost", "x".repeat(33).as_str()]
    {
        assert!(Handle::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_slug_keeps_its_case_and_is_found_without_it() {
    let slug = Slug::parse("Launch_2").expect("a slug");
    assert_eq!((slug.as_str(), slug.key().as_str()), ("Launch_2", "launch_2"));
    for bad in ["", "_edge", "MCP", "v2", "a b", "a/b", "é", "a.b", "x".repeat(65).as_str()] {
        assert!(Slug::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_web_address_stays_as_typed_where_that_is_unambiguous() {
    for (typed, kept) in [
        ("https://example.com", "https://example.com"),
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("https://example.com?b=c", "https://example.com?b=c"),
        ("HTTPS://Example.com/A", "https://example.com/A"),
        ("https:example.com", "https://example.com/"),
        ("https:\\\\example.com\\x", "https://example.com/x"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://0x7f000001/", "http://127.0.0.1/"),
    ] {
        assert_eq!(WebUrl::parse(typed).map(|url| url.as_str().to_owned()), Ok(kept.to_owned()), "{typed}");
    }
}

#[test]
fn a_web_address_says_what_is_wrong_with_it() {
    let long = format!("https://example.com/{}", "a".repeat(5_000));
    for (typed, fault) in [
        ("javascript:alert(1)", WebUrlFault::Scheme),
        ("data:text/html,x", WebUrlFault::Scheme),
        ("ftp://example.com/", WebUrlFault::Scheme),
        ("https://user:pw@example.com/", WebUrlFault::Credentials),
        ("https://user@example.com/", WebUrlFault::Credentials),
        ("https://example.com/a\nb", WebUrlFault::Control),
        (" https://example.com/", WebUrlFault::Control),
        ("java\tscript:alert(1)", WebUrlFault::Control),
        ("/relative", WebUrlFault::Malformed),
        ("https://", WebUrlFault::Malformed),
        ("", WebUrlFault::Malformed),
        (long.as_str(), WebUrlFault::TooLong),
    ] {
        assert_eq!(WebUrl::parse(typed), Err(fault), "{typed}");
    }
}

#[test]
fn hosts_are_sorted_by_the_public_domain() {
    for (host, expected) in [
        ("localhost:8080", Place::Api),
        ("LOCALHOST", Place::Api),
        ("127.0.0.1:8080", Place::Api),
        ("[::1]:8080", Place::Api),
        ("ai.localhost", Place::Api),
        ("api.localhost:1", Place::Api),
        ("app.localhost", Place::App),
        ("login.connect.localhost", Place::Login),
        ("profile.localhost", Place::Profile),
        ("hello.mcp.localhost:8080", Place::Mcp("hello")),
        ("hello--preview.localhost", Place::Preview("hello")),
        ("Hello.localhost.", Place::Handle("Hello")),
        ("a.b.localhost", Place::Elsewhere),
        ("example.com", Place::Elsewhere),
        ("evillocalhost", Place::Elsewhere),
        (".localhost", Place::Elsewhere),
        ("", Place::Elsewhere),
    ] {
        assert_eq!(place(host, "localhost"), expected, "{host}");
    }
}

#[test]
fn an_address_in_brackets_with_anything_but_a_port_behind_it_is_no_address() {
    for (host, expected) in [
        ("[::1]", Place::Api),
        ("[2001:db8::1]:443", Place::Api),
        ("[::1]evil.example", Place::Elsewhere),
        ("[::1].example:80", Place::Elsewhere),
        ("[::1]:80:80", Place::Elsewhere),
        ("[::1", Place::Elsewhere),
    ] {
        assert_eq!(place(host, "localhost"), expected, "{host}");
    }
}

#[test]
fn wildcards_and_aliases_cover_their_family() {
    let scopes = Scopes::parse(["links.*", "personalization.read", "analytics.read"]).expect("known");
    assert!(scopes.allow(Scope::LINKS_WRITE) && scopes.allow(Scope::TRACKING_PERSONALIZATION_READ));
    assert!(!scopes.allow(Scope::TRACKING_PERSONALIZATION_WRITE) && !scopes.allow(Scope::MCP_CONNECT));
    assert!(Scope::ALL.iter().all(|&scope| Scopes::all().allow(scope)));
    for bad in ["link.*", "links", "links.", "*.read", "l*", ""] {
        assert!(Scopes::parse([bad]).is_err(), "{bad}");
    }
}

#[test]
fn instants_are_cut_to_milliseconds_and_written_in_utc() {
    let at = Timestamp::parse("2026-03-02T10:00:00.123456+01:00").expect("an instant");
    assert_eq!(at.to_string(), "2026-03-02T09:00:00.123Z");
    assert_eq!(at.plus(Duration::from_hours(1)).to_string(), "2026-03-02T10:00:00.123Z");
}

proptest! {
    #[test]
    fn ids_read_back_and_sort_as_their_numbers(a: u128, b: u128) {
        let (one, two) = (LinkId::new(uuid::Uuid::from_u128(a)), LinkId::new(uuid::Uuid::from_u128(b)));
        prop_assert_eq!(LinkId::parse(&one.to_string()), Ok(one));
        prop_assert_eq!(a.cmp(&b), one.to_string().cmp(&two.to_string()));
        prop_assert!(TokenId::parse(&one.to_string()).is_err());
    }

    #[test]
    fn whatever_is_accepted_as_an_address_is_visible_ascii_and_reads_back(text in "\\PC{0,60}") {
        for text in [text.clone(), format!("https://{text}")] {
            if let Ok(url) = WebUrl::parse(&text) {
                prop_assert!(url.as_str().bytes().all(|b| b.is_ascii_graphic()));
                prop_assert_eq!(WebUrl::parse(url.as_str()), Ok(url.clone()));
            }
        }
    }

    #[test]
    fn sorting_a_host_never_panics(host in "\\PC{0,40}", domain in "[a-z.]{1,12}") {
        let _ = place(&host, &domain);
        let _ = place(&format!("{host}.{domain}"), &domain);
    }

    #[test]
    fn instants_read_back(micros in -62_167_219_200_000_000i64..253_402_300_799_999_000) {
        let at = Timestamp::from_micros(micros);
        prop_assert_eq!(Timestamp::parse(&at.to_string()), Ok(at));
    }
}
