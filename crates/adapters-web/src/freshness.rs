//! How long a reply says that it stays true (RFC 9111).

use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};

/// What `Cache-Control` says: nothing left where the reply must not be used again unasked, `None` where it says nothing
/// of that. Of contradicting words the shorter one counts.
pub(crate) fn left(headers: &HeaderMap) -> Option<Duration> {
    let said = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let words = said.flat_map(|list| list.split(',')).map(str::trim);
    let lifetimes = words.filter_map(|word| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => Some(0),
            // What is not a number of seconds counts as none (RFC 9111, 4.2.1).
            "max-age" => Some(seconds(value.trim().trim_matches('"')).unwrap_or(0)),
            _ => None,
        }
    });
    let age = headers.get(AGE).and_then(|value| seconds(value.to_str().ok()?)).unwrap_or(0);
    lifetimes.min().map(|lifetime| Duration::from_secs(lifetime.saturating_sub(age)))
}

/// A number however large: what does not fit means very long (RFC 9111, 1.2.2).
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn said(lines: &[(http::HeaderName, &'static str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_static(value));
        }
        left(&headers).map(|left| left.as_secs())
    }

    #[test]
    fn a_lifetime_is_read_whatever_stands_around_it() {
        for (value, expected) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=600", Some(600)),
            ("max-age=\"600\", immutable", Some(600)),
            ("max-age=600, no-store", Some(0)),
            ("no-cache", Some(0)),
            ("max-age=soon", Some(0)),
            ("max-age=99999999999999999999999", Some(u64::MAX)),
            ("max-age=600, max-age=60", Some(60)),
            ("public", None),
            ("s-maxage=600", None),
            ("", None),
        ] {
            assert_eq!(said(&[(CACHE_CONTROL, value)]), expected, "{value}");
        }
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[(CACHE_CONTROL, "max-age=60"), (CACHE_CONTROL, "no-store")]), Some(0));
    }

    #[test]
    fn what_has_passed_already_is_taken_off() {
        assert_eq!(said(&[(CACHE_CONTROL, "max-age=600"), (AGE, "100")]), Some(500));
        assert_eq!(said(&[(CACHE_CONTROL, "max-age=600"), (AGE, "700")]), Some(0));
        assert_eq!(said(&[(CACHE_CONTROL, "max-age=600"), (AGE, "-1")]), Some(600));
    }
}
