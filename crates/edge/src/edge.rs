mod page;
mod reply;
mod request_id;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method, Response};
use http_body_util::Full;
use lp_application::{Application, ClickSink, Code, JournalFull, Kept, Visit, counts_as_click};
use lp_core::{Device, Handle};
use lp_personalization::{Closed, Decision, Route, Visitor};

use self::reply::Asked;
use self::request_id::RequestIds;
use crate::{LiveRoutes, RouteKey, RouteTable, TableStats};

const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
const PURPOSE: HeaderName = HeaderName::from_static("purpose");

/// Where clicks go. [`ClickSink`] is the one in use.
pub trait RecordClicks: Send + Sync {
    /// Notes a visit without waiting; an error where it could not be kept.
    fn record(&self, visit: Visit<'_>) -> Result<Kept, JournalFull>;
}

/// How the edge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EdgeStats {
    /// The routes in memory.
    pub routes: TableStats,
    /// Visits that were redirected and could not be recorded.
    pub clicks_lost: u64,
    /// Visits that were redirected before their record was as durable as promised.
    pub clicks_unsettled: u64,
}

/// Answers visitors. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    inner: Arc<Inner>,
}

struct Inner {
    routes: LiveRoutes,
    clicks: Arc<dyn RecordClicks>,
    request_ids: RequestIds,
    clicks_lost: AtomicU64,
    clicks_unsettled: AtomicU64,
}

impl RecordClicks for ClickSink {
    fn record(&self, visit: Visit<'_>) -> Result<Kept, JournalFull> {
        Self::record(self, visit)
    }
}

impl Edge {
    /// The edge of an application. The table has to be the one that hears of the application's commits.
    pub fn new(app: &Application, table: Arc<RouteTable>) -> Self {
        let routes = LiveRoutes::new(table, Arc::new(app.routes()));
        Self::of(routes, Arc::new(app.clicks()), &app.request_id())
    }

    /// Puts an edge together. `node` begins the ids of requests that bring none, so it is another at each start.
    pub fn of(routes: LiveRoutes, clicks: Arc<dyn RecordClicks>, node: &str) -> Self {
        let request_ids = RequestIds::new(node);
        let (clicks_lost, clicks_unsettled) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { inner: Arc::new(Inner { routes, clicks, request_ids, clicks_lost, clicks_unsettled }) }
    }

    /// What is in memory and behind it, for whoever follows the change log.
    pub fn routes(&self) -> &LiveRoutes {
        &self.inner.routes
    }

    /// How it stands.
    pub fn stats(&self) -> EdgeStats {
        EdgeStats {
            routes: self.inner.routes.table().stats(),
            clicks_lost: self.inner.clicks_lost.load(Ordering::Relaxed),
            clicks_unsettled: self.inner.clicks_unsettled.load(Ordering::Relaxed),
        }
    }

    /// Answers on the host of a handle, whose label is given as the visitor wrote it.
    pub async fn visit_host(&self, label: &str, parts: &Parts, address: IpAddr) -> Response<Full<Bytes>> {
        let path = parts.uri.path();
        if path.starts_with("/_edge/") {
            return self.visit_edge_path(path, Some(label), parts, address).await;
        }
        let slug = path.strip_prefix('/').filter(|slug| is_segment(slug));
        self.answer(slug.map(|slug| (label, slug)), parts, address).await
    }

    /// Answers below `/_edge/`: on the host of a handle, whose label `bound` is, for that handle only; on the API's host for
    /// every handle.
    pub async fn visit_edge_path(
        &self,
        path: &str,
        bound: Option<&str>,
        parts: &Parts,
        address: IpAddr,
    ) -> Response<Full<Bytes>> {
        let wanted = path.strip_prefix("/_edge/redirect/").and_then(|rest| rest.split_once('/')).filter(
            |(handle, slug)| is_segment(slug) && bound.is_none_or(|bound| bound.eq_ignore_ascii_case(handle)),
        );
        self.answer(wanted, parts, address).await
    }

    /// Answers who asked for a link; `None`: for something that cannot be one.
    async fn answer(
        &self,
        wanted: Option<(&str, &str)>,
        parts: &Parts,
        address: IpAddr,
    ) -> Response<Full<Bytes>> {
        let asked = Asked { parts, request_id: self.inner.request_ids.of(&parts.headers) };
        let Some((handle, slug)) = wanted else { return reply::refused(asked, Code::NOT_FOUND) };
        if parts.method == Method::OPTIONS {
            return reply::options(asked);
        }
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return reply::refused(asked, Code::METHOD_NOT_ALLOWED);
        }
        let Some(key) = RouteKey::of(handle, slug) else { return reply::refused(asked, Code::NOT_FOUND) };
        match self.inner.routes.find(&key).await {
            Ok(Some(route)) => self.send(&key, &route, asked, address).await,
            Ok(None) => reply::refused(asked, Code::NOT_FOUND),
            Err(error) => reply::refused(asked, error.code),
        }
    }

    /// Sends a visitor where the link leads, once the visit is kept as durably as promised.
    async fn send(
        &self,
        key: &RouteKey,
        route: &Route,
        asked: Asked<'_>,
        address: IpAddr,
    ) -> Response<Full<Bytes>> {
        let user_agent = text(&asked.parts.headers, &header::USER_AGENT);
        // Country, source and campaign are found out once rules ask for them.
        let visitor = Visitor { device: Device::of(user_agent), ..Visitor::UNKNOWN };
        match route.decide(&visitor) {
            Decision::Redirect(redirect) => {
                if is_click(asked.parts) {
                    let kept = self.count(key, route, asked.parts, visitor.device, address);
                    if let Some(Kept::Once(settling)) = kept
                        && !settling.await
                    {
                        self.inner.clicks_unsettled.fetch_add(1, Ordering::Relaxed);
                    }
                }
                reply::redirect(asked, &redirect)
            }
            Decision::Closed(Closed::Disabled) => reply::refused(asked, Code::NOT_FOUND),
        }
    }

    fn count(
        &self,
        key: &RouteKey,
        route: &Route,
        parts: &Parts,
        device: Device,
        address: IpAddr,
    ) -> Option<Kept> {
        // Under the handle of a loaded route only; were it none, there would be nobody to count for.
        let handle = Handle::parse(key.handle()).ok();
        let kept = handle.and_then(|handle| {
            let visit = Visit {
                handle: &handle,
                link: route.link(),
                slug: route.slug(),
                address: Some(address),
                user_agent: text(&parts.headers, &header::USER_AGENT),
                device,
                referrer: text(&parts.headers, &header::REFERER),
            };
            self.inner.clicks.record(visit).ok()
        });
        if kept.is_none() {
            self.inner.clicks_lost.fetch_add(1, Ordering::Relaxed);
        }
        kept
    }
}

fn is_segment(text: &str) -> bool {
    !text.is_empty() && !text.contains('/')
}

fn is_click(parts: &Parts) -> bool {
    [SEC_PURPOSE, PURPOSE].iter().all(|name| {
        let purpose = parts.headers.get(name).and_then(|value| value.to_str().ok());
        counts_as_click(parts.method.as_str(), purpose)
    })
}

/// A header as text; empty where it is absent or no UTF-8.
fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).unwrap_or("")
}
