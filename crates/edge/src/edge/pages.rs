//! Pages that ask what their visitors shall see.

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, Response};
use http_body_util::Full;
use lp_application::contexts::PAGE_PATH;
use lp_application::{Application, Code, ContextMint, Error, PageAsked};
use lp_core::Handle;
use lp_personalization::{Asks, Policy};

use super::entrance::is_segment;
use super::facts::Rooms;
use super::fields::Fields;
use super::reply::{self, Asked, Shown};
use super::signs::Host;
use super::{Client, Edge, Entrance, Head, Inner};

/// What is needed of the application to answer them.
pub(super) struct Pages {
    pub(super) app: Application,
    pub(super) mint: ContextMint,
}

/// From where a page asks, as its browser says it (the Fetch standard, 3.1 and 4.6).
enum Asking {
    /// No page of another site: one of the handle's own host, or no browser at all.
    Own,
    /// A page of an origin that is let in.
    Allowed(HeaderValue),
    /// Any other, and what is said of it.
    Refused(String),
}

/// A handle by its key and by what it is called now.
struct Whose {
    key: Handle,
    name: Handle,
}

/// The handle that a path asks for contexts of.
pub(super) fn wanted(path: &str) -> Option<&str> {
    path.strip_prefix(PAGE_PATH).filter(|handle| is_segment(handle))
}

impl Edge {
    /// Answers a page, which waits where rules have to be loaded.
    pub(super) async fn page(
        &self,
        entrance: Entrance<'_>,
        handle: &str,
        head: Head<'_>,
        client: Client,
    ) -> Response<Full<Bytes>> {
        let inner = &self.inner;
        let fields = Fields::of(head.headers);
        let asked = Asked { head, request_id: inner.request_ids.of(fields.request_id) };
        let whose = match inner.whose(entrance, handle) {
            Ok(Some(whose)) => whose,
            Ok(None) => return reply::refused(asked, Code::NOT_FOUND),
            Err(origin) => return reply::moved(asked, &origin),
        };
        let Some(pages) = &inner.pages else { return reply::refused(asked, Code::NOT_FOUND) };
        let policy = match inner.routes.policy_of(&whose.key).await {
            Ok(policy) => policy,
            Err(error) => return refused(asked, None, &error),
        };
        let policy = &*policy;
        let asking = inner.asking(&whose, policy, head.headers);
        let origin = match asking {
            Asking::Own => None,
            Asking::Allowed(origin) => Some(origin),
            Asking::Refused(why) => return refused(asked, None, &Error::new(Code::FORBIDDEN, why)),
        };
        match *head.method {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => return preflight(asked, origin),
            _ => {
                let message = "this address takes GET";
                return refused(asked, origin, &Error::new(Code::METHOD_NOT_ALLOWED, message));
            }
        }
        match inner.told(pages, &whose, policy, head, fields, client).await {
            Ok(body) => shown(asked, origin, body),
            Err(error) => refused(asked, origin, &error),
        }
    }
}

impl Inner {
    /// Which handle is meant; an error with its origin where its host moved there.
    fn whose(&self, entrance: Entrance<'_>, handle: &str) -> Result<Option<Whose>, String> {
        let signs = self.signs.as_ref();
        let host = match signs.map_or(Host::Plain, |signs| signs.host(entrance)) {
            Host::Moved(origin) => return Err(origin),
            host => host,
        };
        let named = signs.and_then(|signs| signs.meant(handle));
        let key = host.key(entrance, handle, named.as_ref());
        let whose = key.and_then(|key| {
            let key = Handle::parse(&key.to_ascii_lowercase()).ok()?;
            let name = named.as_ref().map_or_else(|| key.clone(), |meant| meant.name().clone());
            Some(Whose { key, name })
        });
        Ok(whose)
    }

    /// From where a request comes. A browser says it of every page that could read the answer; what comes without a word
    /// is judged by the other word that browsers have for it, and who sends neither is no browser, whom a list of origins
    /// would not hold up.
    fn asking(&self, whose: &Whose, policy: &Policy, headers: &HeaderMap) -> Asking {
        let to = |what: &str| {
            let (name, path) = (&whose.name, "context-origins");
            Asking::Refused(format!(
                "{what} may not ask for contexts of '{name}'; its owner lets origins in at PUT /v2/handles/{name}/{path}"
            ))
        };
        let mut sent = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = sent.next() else {
            let site = headers.get("sec-fetch-site").map_or(&b"none"[..], HeaderValue::as_bytes);
            let own = matches!(site, b"same-origin" | b"none");
            return if own { Asking::Own } else { to("pages of other sites that do not name their origin") };
        };
        let said = origin.to_str().ok().filter(|_| sent.next().is_none());
        match said {
            Some("null") => {
                to("pages without an origin of their own (null), such as files and sandboxed frames,")
            }
            Some(text) if policy.contexts().lets_in(text) || self.is_home(&whose.name, text) => {
                Asking::Allowed(origin.clone())
            }
            Some(text) => to(&format!("pages of {text:.300}")),
            None => to("pages of several origins at once"),
        }
    }

    /// Whether an origin is the handle's own.
    fn is_home(&self, name: &Handle, origin: &str) -> bool {
        self.signs.as_ref().is_some_and(|signs| signs.urls.host(name) == origin)
    }

    async fn told(
        &self,
        pages: &Pages,
        whose: &Whose,
        policy: &Policy,
        head: Head<'_>,
        fields: Fields<'_>,
        client: Client,
    ) -> Result<String, Error> {
        pages.app.admit_page(client.address).await?;
        // Whoever has decided anything is there.
        if policy.revision().0 == 0 && !pages.app.is_handle(&whose.key).await? {
            return Err(Error::not_found("the handle"));
        }
        let mut rooms = Rooms::default();
        let at = self.clicks.now();
        let seen = self.look(at, self.looked_at(head, fields, client), Asks::KEY, &mut rooms);
        let asked = PageAsked::of(head.uri.query().unwrap_or(""));
        pages.mint.page(policy, &whose.key, &whose.name, &asked, seen.visitor())
    }
}

/// What a page may send: nothing out of the ordinary, and no credentials.
fn preflight(asked: Asked<'_>, origin: Option<HeaderValue>) -> Response<Full<Bytes>> {
    let mut reply = reply::options(asked);
    let headers = reply.headers_mut();
    if origin.is_some() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("content-type, x-request-id"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    shared(headers, origin);
    reply
}

/// Says no, in words that the page's own origin may read where it is let in.
fn refused(asked: Asked<'_>, origin: Option<HeaderValue>, error: &Error) -> Response<Full<Bytes>> {
    let mut reply = reply::shown(asked, error.code.status(), Shown::Json(error));
    let headers = reply.headers_mut();
    headers
        .extend(error.retry_after_seconds().map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
    shared(headers, origin);
    reply
}

/// Tells the page what it shall show.
fn shown(asked: Asked<'_>, origin: Option<HeaderValue>, json: String) -> Response<Full<Bytes>> {
    let mut reply = reply::shown(asked, 200, Shown::Told(json));
    shared(reply.headers_mut(), origin);
    reply
}

/// Lets the page read the reply, if it is one that may, and keeps caches from giving it to another.
fn shared(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("retry-after, x-request-id"),
        );
    }
}
