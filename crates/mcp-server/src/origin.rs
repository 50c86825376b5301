//! Which web pages may speak to the server (the protocol's defence against DNS rebinding), and what browsers are told.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HOST, ORIGIN, VARY,
};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Uri};
use lp_application::PublicUrls;

const TAKEN: &str = "accept, authorization, content-type, mcp-method, mcp-name, mcp-protocol-version, x-api-key, \
                     x-request-id";
const SHOWN: &str = "www-authenticate, x-request-id";

/// The origins whose pages may call.
#[derive(Debug)]
pub(crate) struct Origins(Vec<Origin>);

/// What a request says of the page it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Page {
    /// Nothing: no browser sent it.
    None,
    /// One that may call.
    Allowed(HeaderValue),
    /// One that may not, or nothing that names one.
    Refused,
}

/// An origin as browsers compare it (RFC 6454, 4).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origins {
    /// The platform's own origins, and those that an installation adds. What is no origin matches nothing.
    ///
    /// Hosted assistants call from their servers and send no origin, so none of theirs stands here.
    pub(crate) fn new(urls: &PublicUrls, more: &[String]) -> Self {
        let port = urls.port.map_or_else(String::new, |port| format!(":{port}"));
        let console = format!("{}://app.{}{port}", urls.scheme, urls.domain);
        let own = [urls.api.clone(), console];
        Self(own.iter().chain(more).filter_map(|text| Origin::parse(text)).collect())
    }

    pub(crate) fn judge(&self, headers: &HeaderMap) -> Page {
        let mut sent = headers.get_all(ORIGIN).iter();
        let Some(first) = sent.next() else {
            return Page::None;
        };
        let origin = first.to_str().ok().and_then(Origin::parse);
        match origin {
            Some(origin)
                if sent.next().is_none()
                    && (self.0.contains(&origin) || origin.is_host_without_name(headers)) =>
            {
                Page::Allowed(first.clone())
            }
            _ => Page::Refused,
        }
    }
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim_end_matches('/').parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let authority = uri.authority()?;
        if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return None;
        }
        let port = authority.port_u16().or(usual_port(&scheme));
        Some(Self { scheme, host: authority.host().to_ascii_lowercase(), port })
    }

    /// Whether this is the very server that is asked, by its address. A name would prove nothing, because whoever owns
    /// a name can point it here (DNS rebinding); an address cannot be pointed elsewhere.
    fn is_host_without_name(&self, headers: &HeaderMap) -> bool {
        let asked = headers.get(HOST).and_then(|value| value.to_str().ok()?.parse::<Authority>().ok());
        let v6 = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_address = match v6 {
            Some(host) => host.parse::<Ipv6Addr>().is_ok(),
            None => self.host.parse::<Ipv4Addr>().is_ok(),
        };
        is_address
            && asked.is_some_and(|asked| {
                asked.host() == self.host && asked.port_u16().or(usual_port(&self.scheme)) == self.port
            })
    }
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

/// Says to a browser that the page may read the reply. Credentials are never cookies here, so none are allowed.
pub(crate) fn may_read(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
    headers.append(VARY, HeaderValue::from_static("origin"));
}

/// Says to a browser what the page may send.
pub(crate) fn may_send(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(TAKEN));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(more: &[&str]) -> Origins {
        let urls = PublicUrls {
            domain: "links.example".to_owned(),
            scheme: "https".to_owned(),
            port: None,
            api: "https://ai.links.example".to_owned(),
        };
        Origins::new(&urls, &more.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    fn judged(origins: &Origins, sent: &[&str]) -> Page {
        let mut headers = HeaderMap::new();
        for origin in sent {
            headers.append(ORIGIN, HeaderValue::from_str(origin).expect("a header"));
        }
        origins.judge(&headers)
    }

    #[test]
    fn the_platform_s_own_pages_and_added_ones_may_call() {
        let origins = origins(&["https://inspector.example:8443/", "http://localhost:6274"]);
        for origin in [
            "https://ai.links.example",
            "https://AI.links.example:443",
            "https://app.links.example",
            "https://inspector.example:8443",
            "http://localhost:6274",
        ] {
            assert!(matches!(judged(&origins, &[origin]), Page::Allowed(_)), "{origin}");
        }
    }

    #[test]
    fn every_other_page_and_whatever_is_no_origin_is_refused() {
        let origins = origins(&["not an origin", "https://inspector.example"]);
        for origin in [
            "http://ai.links.example",
            "https://ai.links.example:8443",
            "https://links.example",
            "https://evil.example",
            "https://inspector.example.evil.example",
            "https://user@ai.links.example",
            "https://ai.links.example/path",
            "null",
            "",
            "ai.links.example",
        ] {
            assert_eq!(judged(&origins, &[origin]), Page::Refused, "{origin}");
        }
        let twice = ["https://ai.links.example", "https://evil.example"];
        assert_eq!(judged(&origins, &twice), Page::Refused);
    }

    #[test]
    fn a_page_of_the_asked_address_may_call_but_a_name_proves_nothing() {
        for (host, origin, allowed) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("192.0.2.1", "https://192.0.2.1", true),
            ("127.0.0.1:8080", "http://127.0.0.1:8081", false),
            ("127.0.0.1:8080", "http://192.0.2.1:8080", false),
            ("evil.example:8080", "http://evil.example:8080", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            let judged = origins(&[]).judge(&headers);
            assert_eq!(judged != Page::Refused, allowed, "{origin} asks {host}");
        }
    }

    #[test]
    fn a_request_without_an_origin_passes() {
        assert_eq!(judged(&origins(&[]), &[]), Page::None);
    }
}
