//! The cookies that keep a browser signed in.

use http::HeaderValue;
use http::header::{COOKIE, HeaderMap};

/// The access token.
pub(crate) const ACCESS: &str = "lp-access";
/// The refresh token.
pub(crate) const REFRESH: &str = "lp-refresh";
/// The address that a code was sent to, for the form that asks for the code.
pub(crate) const MAIL: &str = "lp-mail";

/// A browser takes a cookie with this prefix only when it is `Secure`, for `/` and for this host alone: no other host, and
/// be it the site of a handle next door, can set or read it (RFC 6265bis, 4.1.3.2).
const HOST_ONLY: &str = "__Host-";

/// How cookies are written here. Over plain HTTP browsers refuse the prefix and the attribute that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jar {
    pub(crate) secure: bool,
}

impl Jar {
    /// The value that a browser sends. Where it sends two of one name, one was put there by somebody else, and neither is
    /// believed.
    pub(crate) fn read(self, headers: &HeaderMap, name: &str) -> Option<String> {
        let name = self.name(name);
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value);
        let only = values.next().filter(|value| !value.is_empty())?;
        values.next().is_none().then(|| only.to_owned())
    }

    /// Keeps a value for so many seconds.
    pub(crate) fn keep(self, name: &str, value: &str, seconds: u64) -> Option<HeaderValue> {
        let (name, secure) = (self.name(name), if self.secure { "; Secure" } else { "" });
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}{secure}; HttpOnly; SameSite=Lax");
        HeaderValue::try_from(text).ok()
    }

    /// Takes a value away.
    pub(crate) fn forget(self, name: &str) -> Option<HeaderValue> {
        self.keep(name, "", 0)
    }

    fn name(self, name: &str) -> String {
        format!("{}{name}", if self.secure { HOST_ONLY } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::try_from(*line).expect("a header"))).collect()
    }

    #[test]
    fn under_https_only_the_name_with_the_prefix_counts() {
        let headers = sent(&["lp-access=a; __Host-lp-access=b"]);
        assert_eq!(Jar { secure: true }.read(&headers, ACCESS).as_deref(), Some("b"));
        assert_eq!(Jar { secure: false }.read(&headers, ACCESS).as_deref(), Some("a"));
    }

    #[test]
    fn a_cookie_that_comes_twice_is_none() {
        for lines in
            [&["lp-access=a; lp-access=b"][..], &["lp-access=a", "x=y; lp-access=a"], &["lp-access="], &[]]
        {
            assert_eq!(Jar { secure: false }.read(&sent(lines), ACCESS), None, "{lines:?}");
        }
    }
}
