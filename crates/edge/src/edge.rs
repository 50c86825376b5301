mod agents;
mod assets;
mod card;
mod carried;
mod entrance;
mod facts;
mod fields;
mod form;
mod limited;
mod locked;
mod page;
mod pages;
mod remembered;
mod reply;
mod request_id;
mod signs;
mod whereabouts;

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::Full;
use lp_application::contexts::SCRIPT_PATH;
use lp_application::{
    Application, Budgets, ClickSink, Code, Error, Facts, JournalFull, Kept, LinkLocks, Noted, Settling,
    Visit, counts_as_click, refusal,
};
use lp_core::{Timestamp, prefetch};
use lp_personalization::{Choice, Decision, Policy, Visitor};

use self::agents::Agents;
pub use self::entrance::Entrance;
use self::facts::{LookedAt, Rooms, Seen};
use self::fields::Fields;
use self::limited::{Fare, Toll};
use self::pages::Pages;
use self::reply::Asked;
use self::request_id::RequestIds;
use self::signs::{Host, Signs};
use self::whereabouts::Places;
pub use self::whereabouts::{Client, Whereabouts};
use crate::table::HeldRules;
use crate::{Found, LiveRoutes, RouteKey, RouteTable, TableStats};

/// Where clicks go. [`ClickSink`] is the one in use.
pub trait RecordClicks: Send + Sync {
    /// Notes a visit without waiting; an error where it could not be kept.
    fn record(&self, visit: Visit<'_>) -> Result<Noted, JournalFull>;

    /// The time, by the clock that visits are noted with.
    fn now(&self) -> Timestamp;

    /// What a user agent goes by, always.
    fn agent(&self, user_agent: &str) -> u32;

    /// Tells visitors of a day apart, whatever they bring, by their address and what their user agent goes by.
    fn stranger(&self, at: Timestamp, address: IpAddr, agent: u32) -> u64;
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

/// What an answer depends on.
#[derive(Debug, Clone, Copy)]
pub struct Head<'r> {
    pub method: &'r Method,
    pub uri: &'r Uri,
    pub headers: &'r HeaderMap,
}

/// How a visit went that was not to wait for a route.
pub enum Visited {
    Answered(Response<Full<Bytes>>),
    /// The answer comes once the click is as durable as promised; it does within a second.
    Settling(Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>),
}

/// How far a visit comes without waiting.
enum Begun<'r> {
    Answered(Response<Full<Bytes>>),
    Settling(Response<Full<Bytes>>, Settling),
    /// A route has to be loaded, or it has to be asked whether a click is left.
    Unknown(Visiting<'r>),
}

/// What a visitor is answered, and what has to be waited for before.
type Answered = (Response<Full<Bytes>>, Option<Settling>);

/// A visit of something that may be a link.
struct Visiting<'r> {
    key: RouteKey,
    asked: Asked<'r>,
    visitor: LookedAt<'r>,
    /// The visitor has just said the link's password.
    unlocked: bool,
}

/// Answers visitors. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    inner: Arc<Inner>,
}

/// What an edge has of an application beside its routes and clicks.
struct Whole {
    signs: Signs,
    pages: Pages,
    budgets: Budgets,
    locks: LinkLocks,
}

struct Inner {
    routes: LiveRoutes,
    /// `None`: every name is its handle's key.
    signs: Option<Signs>,
    /// `None`: pages are told nothing.
    pages: Option<Pages>,
    clicks: Arc<dyn RecordClicks>,
    /// `None`: nobody knows how many visits a link with a limit has had.
    budgets: Option<Budgets>,
    /// `None`: nobody can say a password.
    locks: Option<LinkLocks>,
    places: Places,
    /// Whether visitors come over HTTPS.
    secure: bool,
    request_ids: RequestIds,
    agents: Agents,
    clicks_lost: AtomicU64,
    clicks_unsettled: AtomicU64,
}

impl<'r> From<&'r Parts> for Head<'r> {
    fn from(parts: &'r Parts) -> Self {
        Self { method: &parts.method, uri: &parts.uri, headers: &parts.headers }
    }
}

impl<'r, B> From<&'r Request<B>> for Head<'r> {
    fn from(request: &'r Request<B>) -> Self {
        Self { method: request.method(), uri: request.uri(), headers: request.headers() }
    }
}

impl RecordClicks for ClickSink {
    fn record(&self, visit: Visit<'_>) -> Result<Noted, JournalFull> {
        Self::record(self, visit)
    }

    fn now(&self) -> Timestamp {
        Self::now(self)
    }

    fn agent(&self, user_agent: &str) -> u32 {
        Self::agent(self, user_agent)
    }

    fn stranger(&self, at: Timestamp, address: IpAddr, agent: u32) -> u64 {
        Self::stranger(self, at, address, agent)
    }
}

impl Edge {
    /// The edge of an application. The table has to be the one that hears of the application's commits.
    pub fn new(app: &Application, table: Arc<RouteTable>, whereabouts: Whereabouts) -> Self {
        let routes = LiveRoutes::new(table, Arc::new(app.routes()));
        let whole = Whole {
            signs: Signs { names: app.names(), urls: app.settings().urls.clone() },
            pages: Pages { app: app.clone(), mint: app.contexts() },
            budgets: app.budgets(),
            locks: app.locks(),
        };
        Self::with(routes, Some(whole), Arc::new(app.clicks()), whereabouts, &app.request_id())
    }

    /// Puts an edge together whose handles are called by their keys, and whose links with a limit lead nowhere, because nobody
    /// counts for them. `node` begins the ids of requests that bring none, so it is another at each start.
    pub fn of(routes: LiveRoutes, clicks: Arc<dyn RecordClicks>, node: &str) -> Self {
        Self::with(routes, None, clicks, Whereabouts::default(), node)
    }

    fn with(
        routes: LiveRoutes,
        whole: Option<Whole>,
        clicks: Arc<dyn RecordClicks>,
        whereabouts: Whereabouts,
        node: &str,
    ) -> Self {
        let (signs, pages, budgets, locks) = match whole {
            Some(whole) => (Some(whole.signs), Some(whole.pages), Some(whole.budgets), Some(whole.locks)),
            None => (None, None, None, None),
        };
        Self {
            inner: Arc::new(Inner {
                routes,
                secure: signs.as_ref().is_some_and(|signs| signs.urls.scheme == "https"),
                signs,
                pages,
                clicks,
                budgets,
                locks,
                agents: Agents::new(whereabouts.agents.clone()),
                places: Places::new(whereabouts),
                request_ids: RequestIds::new(node),
                clicks_lost: AtomicU64::new(0),
                clicks_unsettled: AtomicU64::new(0),
            }),
        }
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

    /// Answers a visitor, who waits where a route has to be loaded or a click has to settle.
    pub async fn visit<'r>(
        &self,
        entrance: Entrance<'_>,
        head: impl Into<Head<'r>>,
        client: impl Into<Client>,
    ) -> Response<Full<Bytes>> {
        let (head, client) = (head.into(), client.into());
        if let Some(handle) = pages::wanted(head.uri.path()) {
            // Boxed, so that visitors of links do not carry its state.
            return Box::pin(self.page(entrance, handle, head, client)).await;
        }
        match self.begin(entrance, head, client) {
            Begun::Answered(reply) => reply,
            Begun::Settling(reply, settling) => self.settle(reply, settling).await,
            Begun::Unknown(visit) => {
                let answered = match self.find(&visit.key).await {
                    Ok((found, policy)) => match self.answer(visit, &found, &policy, Fare::AtHand) {
                        Ok(answered) => answered,
                        // Boxed, so that visitors of other links do not carry its state.
                        Err(visit) => Box::pin(self.answer_limited(visit, &found, &policy)).await,
                    },
                    Err(error) => (reply::refused(visit.asked, error.code), None),
                };
                match answered {
                    (reply, None) => reply,
                    (reply, Some(settling)) => self.settle(reply, settling).await,
                }
            }
        }
    }

    /// Answers a visitor at once if nothing has to be waited for: most visits, and without the cost of a future. `None`:
    /// the route is not in memory, or it has to be asked whether its link takes a further click, or a form is sent, which
    /// [`Edge::submit`] answers; nothing has happened yet.
    pub fn visit_at_once<'r>(
        &self,
        entrance: Entrance<'_>,
        head: impl Into<Head<'r>>,
        client: impl Into<Client>,
    ) -> Option<Visited> {
        let head = head.into();
        if *head.method == Method::POST || pages::wanted(head.uri.path()).is_some() {
            return None;
        }
        match self.begin(entrance, head, client.into()) {
            Begun::Answered(reply) => Some(Visited::Answered(reply)),
            Begun::Settling(reply, settling) => {
                let edge = self.clone();
                Some(Visited::Settling(Box::pin(async move { edge.settle(reply, settling).await })))
            }
            Begun::Unknown(_) => None,
        }
    }

    fn begin<'r>(&self, entrance: Entrance<'_>, head: Head<'r>, client: Client) -> Begun<'r> {
        let visit = match self.wanted(entrance, head, client) {
            Begun::Unknown(visit) => visit,
            begun => return begun,
        };
        if *head.method == Method::POST {
            return Begun::Answered(reply::refused(visit.asked, Code::METHOD_NOT_ALLOWED));
        }
        let known = self.inner.routes.table().find(&visit.key);
        match known.and_then(|found| found.policy().map(|policy| (found, policy))) {
            None => Begun::Unknown(visit),
            Some((found, policy)) => match self.answer(visit, &found, &policy, Fare::AtHand) {
                Ok((reply, None)) => Begun::Answered(reply),
                Ok((reply, Some(settling))) => Begun::Settling(reply, settling),
                Err(visit) => Begun::Unknown(visit),
            },
        }
    }

    /// Which link a request is for, or what it is told in any case.
    fn wanted<'r>(&self, entrance: Entrance<'_>, head: Head<'r>, client: Client) -> Begun<'r> {
        let wanted = entrance.wanted(head.uri.path());
        let called = wanted.and_then(|(handle, slug)| RouteKey::of(handle, slug));
        if let Some(key) = &called {
            self.inner.routes.table().prefetch(key);
        }
        let fields = Fields::of(head.headers);
        let asked = Asked { head, request_id: self.inner.request_ids.of(fields.request_id) };
        let host = match self.inner.signs.as_ref().map_or(Host::Plain, |signs| signs.host(entrance)) {
            Host::Moved(origin) => return Begun::Answered(reply::moved(asked, &origin)),
            host => host,
        };
        if head.uri.path() == SCRIPT_PATH {
            return Begun::Answered(assets::script(asked));
        }
        let signs = self.inner.signs.as_ref();
        let foreign = wanted.filter(|(handle, _)| entrance.label() != Some(*handle));
        let named = foreign.and_then(|(handle, _)| signs?.meant(handle));
        let Some((handle, slug)) =
            wanted.and_then(|(handle, slug)| Some((host.key(entrance, handle, named.as_ref())?, slug)))
        else {
            return Begun::Answered(reply::refused(asked, Code::NOT_FOUND));
        };
        match *head.method {
            Method::GET | Method::HEAD | Method::POST => {}
            Method::OPTIONS => return Begun::Answered(reply::options(asked)),
            _ => return Begun::Answered(reply::refused(asked, Code::METHOD_NOT_ALLOWED)),
        }
        let as_called = wanted.is_some_and(|(called, _)| called == handle);
        let Some(key) = (if as_called { called } else { RouteKey::of(handle, slug) }) else {
            return Begun::Answered(reply::refused(asked, Code::NOT_FOUND));
        };
        let visitor = self.inner.looked_at(head, fields, client);
        Begun::Unknown(Visiting { key, asked, visitor, unlocked: false })
    }

    /// The link and the rules of its handle, which may have to be loaded.
    async fn find(&self, key: &RouteKey) -> Result<(Found, HeldRules), Arc<Error>> {
        let found = self.inner.routes.find(key).await?;
        let policy = self.inner.routes.policy(&found).await?;
        Ok((found, policy))
    }

    /// Sends a visitor where the link leads, once the visit is as durable as promised where that has to be waited for. The
    /// visit comes back where it has to be asked first whether the link takes a further one.
    fn answer<'r>(
        &self,
        visit: Visiting<'r>,
        found: &Found,
        policy: &Policy,
        fare: Fare,
    ) -> Result<Answered, Visiting<'r>> {
        let Some((handle, route)) = found.link() else {
            return Ok((reply::refused(visit.asked, Code::NOT_FOUND), None));
        };
        // They lie somewhere in memory, and it is a while until they are read.
        prefetch(route.destination());
        policy.prefetch();
        let mut rooms = Rooms::default();
        let at = self.inner.clicks.now();
        let seen = self.inner.look(at, visit.visitor, route.asks().also(policy.asks()), &mut rooms);
        let unlocked = self.inner.has_unlocked(&visit, route);
        let visitor = Visitor { unlocked, ..seen.visitor() };
        let mut decision = route.decide(policy, &visitor);
        if route.limit().is_some() {
            match self.inner.toll(route, &visit, seen.agent.device, &decision, fare) {
                Toll::Free => {}
                Toll::Unknown => return Err(visit),
                Toll::UsedUp => decision = route.decide(policy, &Visitor { used_up: true, ..visitor }),
            }
        }
        let card = route.card().filter(|_| seen.agent.previews);
        Ok(match decision {
            Decision::Redirect(redirect) => {
                prefetch(redirect.destination());
                let late = matches!(redirect.choice, Choice::Fallback(_));
                let (mut token, mut kept) = (None, None);
                if !late && is_click(visit.asked.head.method, visit.visitor.fields) {
                    let facts = seen.facts(route, found.revision(), policy, &redirect);
                    let noted = self.count(&seen, found, facts);
                    token = self.inner.token(at, found, policy, &facts, noted.as_ref());
                    kept = noted.map(|noted| noted.kept);
                }
                let cookie = seen.cookie(redirect.drawn, visit.asked.head.headers, self.inner.secure);
                let reply = match card.filter(|_| !late) {
                    Some(card) => self.show_card(visit.asked, card, handle, route.slug()),
                    None => reply::redirect(visit.asked, &redirect, token.as_deref(), cookie),
                };
                match kept {
                    Some(Kept::Once(settling)) => (reply, Some(settling)),
                    Some(Kept::Now) | None => (reply, None),
                }
            }
            Decision::Locked => {
                let reply = match card {
                    Some(card) => self.show_card(visit.asked, card, handle, route.slug()),
                    None => locked::question(visit.asked, route, visit.visitor.fields, None),
                };
                (reply, None)
            }
            Decision::Closed(closed) => (reply::refused(visit.asked, refusal(closed)), None),
        })
    }

    /// Waits until the visit is kept as durably as promised, or cannot be.
    async fn settle(&self, reply: Response<Full<Bytes>>, settling: Settling) -> Response<Full<Bytes>> {
        if !settling.await {
            self.inner.clicks_unsettled.fetch_add(1, Ordering::Relaxed);
        }
        reply
    }

    fn count(&self, seen: &Seen<'_>, found: &Found, facts: Facts<&str>) -> Option<Noted> {
        let (handle, route) = found.link()?;
        let noted = self.inner.clicks.record(Visit {
            at: seen.at,
            handle,
            link: route.link(),
            slug: route.slug(),
            visitor: seen.stranger,
            device: seen.agent.device,
            referrer: seen.referrer,
            facts,
        });
        if noted.is_err() {
            self.inner.clicks_lost.fetch_add(1, Ordering::Relaxed);
        }
        noted.ok()
    }
}

fn is_click(method: &Method, fields: Fields<'_>) -> bool {
    [fields.sec_purpose, fields.purpose].iter().all(|purpose| {
        let purpose = purpose.and_then(|value| value.to_str().ok());
        counts_as_click(method.as_str(), purpose)
    })
}
