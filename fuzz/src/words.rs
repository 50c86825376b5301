//! Handles, slugs, ids, scopes, addresses of people, and the key that a visitor's path is looked up by.

use std::fmt::Display;

use lp_access::Email;
use lp_core::{
    ClickId, Device, EventId, Handle, LinkId, Role, ScopePattern, Scopes, Slug, TokenId, UserId, text,
};
use lp_edge::RouteKey;

pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    slug(text);
    handle(text);
    route_key(text);
    ids(text);
    scopes(text);
    email(text);
    lines(text);
    names(text);
}

/// A slug is printed as it was read; its key, and how a visitor finds it, do not depend on case or escapes.
fn slug(text: &str) {
    let (upper, lower) = (text.to_ascii_uppercase(), text.to_ascii_lowercase());
    let read = Slug::parse(text);
    assert_eq!(read.is_ok(), Slug::parse(&upper).is_ok());
    let Ok(slug) = read else { return };
    assert_eq!(slug.to_string(), text);
    assert_eq!(slug.key().as_str(), lower);
    assert_eq!(Slug::parse(&upper).map(|upper| upper.key()), Ok(slug.key()));
    let hello = Handle::parse("hello").expect("a handle");
    let known = RouteKey::parsed(&hello, &slug.key()).expect("every slug has a key");
    let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for typed in [text, &upper, &lower, &escaped] {
        let key = RouteKey::of("HELLO", typed).expect("a key, however it is typed");
        assert_eq!(key.as_str(), known.as_str());
    }
}

fn handle(text: &str) {
    let Ok(handle) = Handle::parse(text) else { return };
    assert_eq!(handle.to_string(), text);
    assert_eq!(text, text.to_ascii_lowercase());
    assert!(!text.contains(['.', '/', ':', '%', '@']));
}

/// What is looked up is folded and bounded, and folding it again changes nothing.
fn route_key(text: &str) {
    let (label, segment) = text.split_once('/').unwrap_or(("hello", text));
    let Some(key) = RouteKey::of(label, segment) else { return };
    assert_eq!(key.as_str(), format!("{}/{}", key.handle(), key.slug()));
    assert_eq!(key.handle(), label.to_ascii_lowercase());
    assert!(key.slug().len() <= 64 && key.as_str().is_ascii());
    assert_eq!(key.slug(), key.slug().to_ascii_lowercase());
    if !key.slug().contains('%') {
        let again = RouteKey::of(key.handle(), key.slug()).expect("what was a key is one");
        assert_eq!(again.as_str(), key.as_str());
    }
    if let (Ok(handle), Ok(slug)) = (Handle::parse(key.handle()), Slug::parse(key.slug())) {
        let parsed = RouteKey::parsed(&handle, &slug.key()).expect("parsed ones have a key");
        assert_eq!(parsed.as_str(), key.as_str());
    }
}

fn ids(text: &str) {
    printed(text, UserId::parse(text));
    printed(text, LinkId::parse(text));
    printed(text, EventId::parse(text));
    printed(text, ClickId::parse(text));
    printed(text, TokenId::parse(text));
}

fn printed<T: Display, E>(text: &str, read: Result<T, E>) {
    if let Ok(read) = read {
        assert_eq!(read.to_string(), text);
    }
}

/// A list of scopes is kept in one spelling and order; reading what is kept gives the same list.
fn scopes(text: &str) {
    let Ok(scopes) = Scopes::parse(text.split(' ')) else { return };
    let kept: Vec<&str> = scopes.patterns().iter().map(ScopePattern::as_str).collect();
    assert!(kept.is_sorted() && kept.windows(2).all(|pair| pair[0] != pair[1]));
    assert_eq!(Scopes::parse(kept.iter().copied()), Ok(scopes.clone()));
    let turned = Scopes::parse(text.split(' ').rev());
    assert_eq!(turned, Ok(scopes));
}

/// One mailbox has one spelling: reading it again changes nothing.
fn email(text: &str) {
    let Ok(email) = Email::parse(text) else { return };
    assert!(email.as_str().len() <= 254);
    assert_eq!(Email::parse(email.as_str()), Ok(email));
}

/// A line is a text of several lines, but for being empty; what begins a request's name begins one.
fn lines(text: &str) {
    if text::line(text, 64).is_ok() {
        assert!(text::lines(text, 64).is_ok() && text::line(text, 65).is_ok());
        assert!(!text.contains(['\n', '\r', '\t', '\0']));
        assert!(text.chars().count() <= 64);
    }
    if text::is_request_id(text) {
        assert!(http::HeaderValue::from_str(text).is_ok() && text::line(text, 128).is_ok());
    }
}

fn names(text: &str) {
    if let Some(device) = Device::parse(text) {
        assert!(device.as_str().eq_ignore_ascii_case(text));
    }
    if let Some(role) = Role::parse(text) {
        assert_eq!(Role::parse(role.as_str()), Some(role));
    }
}
