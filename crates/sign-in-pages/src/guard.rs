//! Which forms are ours.
//!
//! The sites of handles stand below the same domain, so to a browser they are the same *site*, and `SameSite` cookies are
//! sent with their forms, too. What counts is the origin (RFC 6454): a form is ours only if the page it stood on was.

use http::HeaderMap;
use http::header::{HeaderName, ORIGIN};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the browser says that a form was sent from a page of this very origin.
///
/// Browsers say so in `Sec-Fetch-Site`, which no page can set; where one does not know that header, `Origin` must name us.
/// Who says neither may be any page in an old browser.
pub(crate) fn is_from_here(headers: &HeaderMap, origin: &str) -> bool {
    match only(headers, &SEC_FETCH_SITE) {
        Said::Nothing => only(headers, &ORIGIN) == Said::Once(origin.as_bytes()),
        said => said == Said::Once(b"same-origin"),
    }
}

#[derive(PartialEq, Eq)]
enum Said<'h> {
    Nothing,
    Once(&'h [u8]),
    Several,
}

fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Said<'h> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Said::Nothing,
        (Some(value), None) => Said::Once(value.as_bytes()),
        (Some(_), Some(_)) => Said::Several,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const OWN: &str = "https://app.example.com";

    fn judged(headers: &[(HeaderName, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        is_from_here(&map, OWN)
    }

    #[test]
    fn only_what_comes_from_this_origin_is_ours() {
        for (headers, ours) in [
            (&[(SEC_FETCH_SITE, "same-origin")][..], true),
            (&[(SEC_FETCH_SITE, "same-site")], false),
            (&[(SEC_FETCH_SITE, "cross-site")], false),
            (&[(SEC_FETCH_SITE, "none")], false),
            (&[(SEC_FETCH_SITE, "")], false),
            (&[(SEC_FETCH_SITE, "same-origin"), (SEC_FETCH_SITE, "same-origin")], false),
            (&[(SEC_FETCH_SITE, "same-site"), (ORIGIN, OWN)], false),
            (&[(ORIGIN, OWN)], true),
            (&[(ORIGIN, "https://app.example.com:443")], false),
            (&[(ORIGIN, "https://app.example.com.evil.example")], false),
            (&[(ORIGIN, "http://app.example.com")], false),
            (&[(ORIGIN, "https://evil.example.com")], false),
            (&[(ORIGIN, "null")], false),
            (&[(ORIGIN, OWN), (ORIGIN, "https://evil.example.com")], false),
            (&[], false),
        ] {
            assert_eq!(judged(headers), ours, "{headers:?}");
        }
    }
}
