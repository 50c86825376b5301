//! Where somebody goes after signing in.

use std::fmt;

/// Longer addresses than any page of ours has, as they stand in a query. The request of an app is the longest of them.
const LONGEST: usize = 12 * 1024;

/// A path on this host, with its query: what a browser cannot read as another host whatever it does about slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Next(String);

impl Next {
    /// Takes what begins with exactly one slash and is plain: browsers read `//host`, `/\host` and, because they drop tabs
    /// and line feeds, `/<tab>/host` as other hosts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let plain = rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let in_query = || form_urlencoded::byte_serialize(text.as_bytes()).map(str::len).sum::<usize>();
        (plain && !rest.starts_with('/') && in_query() <= LONGEST).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this page is where it leads, with whatever query.
    pub(crate) fn is(&self, path: &str) -> bool {
        self.0.split('?').next() == Some(path)
    }

    /// A page of ours that hands it on: `path?next=…`.
    pub(crate) fn behind(next: Option<&Self>, path: &str) -> String {
        match next {
            None => path.to_owned(),
            Some(next) => {
                let query =
                    form_urlencoded::Serializer::new(String::new()).append_pair("next", &next.0).finish();
                format!("{path}?{query}")
            }
        }
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn only_paths_of_this_host_are_taken() {
        for good in
            ["/", "/password", "/oauth/authorize?client_id=a&redirect_uri=https%3A%2F%2Fb", "/a?b=//c#d"]
        {
            assert!(Next::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "password",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/a b",
            "/ä",
            "/a\\b",
            "?next=/",
            "#",
        ] {
            assert_eq!(Next::parse(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_stays_on_this_host(text in r"[/\\]{0,3}[ -~\t\n]{0,20}") {
            if let Some(next) = Next::parse(&text) {
                let here = Url::parse("https://app.example.com/sign-in").expect("an address");
                let there = here.join(next.as_str()).expect("an address");
                prop_assert_eq!(there.origin(), here.origin());
            }
        }
    }
}
