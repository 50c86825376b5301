//! A store that answers when the test says so, and routes to answer with.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use lp_application::{Code, Error, JournalFull, Kept, Loaded, Noted, RouteListener as _, Visit};
use lp_core::{ClickId, Device, Handle, Revision, Slug, SlugKey, Timestamp, WebUrl};
use lp_edge::{
    Bounds, Edge, Found, LiveRoutes, LoadRoutes, Loading, LoadingRules, RecordClicks, RouteKey, RouteTable,
};
use lp_personalization::{Decision, HandleRules, Policy, Route, Visitor, compile, compile_rules};
use lp_testkit::{START, Sandbox, link};
use serde_json::json;
use tokio::sync::{OnceCell, mpsc, oneshot};

/// A future under test, polled by hand.
pub(crate) type Running<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// A store whose reads can be held back after they have read.
pub(crate) struct Store {
    slots: Mutex<HashMap<String, Loaded>>,
    rules: Mutex<HashMap<String, Arc<Policy>>>,
    rules_held: AtomicBool,
    rules_reads: AtomicUsize,
    away: AtomicBool,
    held: AtomicBool,
    reads: AtomicUsize,
    arrivals: mpsc::UnboundedSender<oneshot::Sender<()>>,
    pending: tokio::sync::Mutex<mpsc::UnboundedReceiver<oneshot::Sender<()>>>,
}

/// A table in front of such a store.
pub(crate) struct Rig {
    pub(crate) store: Arc<Store>,
    pub(crate) table: Arc<RouteTable>,
    pub(crate) live: LiveRoutes,
}

/// Notes clicks in words, or is full.
#[derive(Default)]
pub(crate) struct Clicks {
    pub(crate) seen: Mutex<Vec<String>>,
    pub(crate) full: AtomicBool,
    /// How the next click becomes durable, where it is not at once.
    pub(crate) settling: Mutex<Option<oneshot::Receiver<bool>>>,
}

impl Store {
    /// From now on the slug holds this.
    pub(crate) fn put(&self, key: &str, loaded: Loaded) {
        let slug = key.rsplit('/').next().expect("a slug");
        self.slots.lock().expect("no poison").insert(key.to_owned(), under(slug, loaded));
    }

    /// From now on these are the rules of `hello`.
    pub(crate) fn put_rules(&self, policy: Arc<Policy>) {
        self.rules.lock().expect("no poison").insert("hello".to_owned(), policy);
    }

    /// From now on each read of rules waits likewise.
    pub(crate) fn hold_rules(&self, held: bool) {
        self.rules_held.store(held, Ordering::Relaxed);
    }

    pub(crate) fn rules_reads(&self) -> usize {
        self.rules_reads.load(Ordering::Relaxed)
    }

    pub(crate) fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// From now on each read waits for [`Store::held_read`] before it is answered.
    pub(crate) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Relaxed);
    }

    /// The oldest read held back; sending lets it go.
    pub(crate) async fn held_read(&self) -> oneshot::Sender<()> {
        self.pending.lock().await.recv().await.expect("the store lives")
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    async fn read(&self, key: String) -> Result<Loaded, Error> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let away = self.away.load(Ordering::Relaxed);
        let loaded = self.slots.lock().expect("no poison").get(&key).cloned();
        if self.held.load(Ordering::Relaxed) {
            let (release, released) = oneshot::channel();
            self.arrivals.send(release).expect("the store lives");
            released.await.expect("the test lets it go");
        }
        if away {
            return Err(Error::new(Code::UNAVAILABLE, "away"));
        }
        Ok(loaded.unwrap_or(Loaded { revision: None, route: None }))
    }

    async fn read_rules(&self, handle: &Handle) -> Result<Arc<Policy>, Error> {
        self.rules_reads.fetch_add(1, Ordering::Relaxed);
        let away = self.away.load(Ordering::Relaxed);
        let read = self.rules.lock().expect("no poison").get(handle.as_str()).cloned();
        if self.rules_held.load(Ordering::Relaxed) {
            let (release, released) = oneshot::channel();
            self.arrivals.send(release).expect("the store lives");
            released.await.expect("the test lets it go");
        }
        if away {
            return Err(Error::new(Code::UNAVAILABLE, "away"));
        }
        Ok(read.unwrap_or_else(|| Arc::new(compile_rules(&HandleRules::default(), |_| None))))
    }
}

impl LoadRoutes for Store {
    fn load<'l>(&'l self, handle: &'l Handle, slug: &'l SlugKey) -> Loading<'l> {
        Box::pin(self.read(format!("{handle}/{slug}")))
    }

    fn load_rules<'l>(&'l self, handle: &'l Handle) -> LoadingRules<'l> {
        Box::pin(self.read_rules(handle))
    }
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::bounded(Bounds::default())
    }

    pub(crate) fn bounded(bounds: Bounds) -> Self {
        let (arrivals, pending) = mpsc::unbounded_channel();
        let store = Arc::new(Store {
            slots: Mutex::default(),
            rules: Mutex::default(),
            rules_held: AtomicBool::new(false),
            rules_reads: AtomicUsize::new(0),
            away: AtomicBool::new(false),
            held: AtomicBool::new(false),
            reads: AtomicUsize::new(0),
            arrivals,
            pending: tokio::sync::Mutex::new(pending),
        });
        let table = Arc::new(RouteTable::new(bounds));
        let live = LiveRoutes::new(table.clone(), store.clone());
        Self { store, table, live }
    }

    /// What a visitor of `hello` finds.
    pub(crate) fn visit(&self, slug: &str) -> Running<'_, Result<String, Code>> {
        let key = RouteKey::of("hello", slug).expect("a key");
        Box::pin(async move {
            let found = self.live.find(&key).await;
            found.map(|found| destination(&found)).map_err(|error| error.code)
        })
    }

    /// What is in memory for a slug of `hello`, without touching the store.
    pub(crate) fn known(&self, slug: &str) -> Option<String> {
        let key = RouteKey::of("hello", slug).expect("a key");
        self.table.find(&key).as_ref().map(destination)
    }

    /// Another node has changed a slug of `hello`.
    pub(crate) fn refresh(&self, slug: &str) -> Running<'_, Result<(), Code>> {
        let slug = Slug::parse(slug).expect("a slug").key();
        Box::pin(async move { self.live.refresh(&hello(), &slug).await.map_err(|error| error.code) })
    }

    /// A writer on this node has changed a slug of `hello`.
    pub(crate) fn commit(&self, slug: &str, loaded: Loaded) {
        self.store.put(&format!("hello/{slug}"), loaded.clone());
        self.notify(slug, loaded);
    }

    /// The news of a commit arrives.
    pub(crate) fn notify(&self, slug: &str, loaded: Loaded) {
        let key = Slug::parse(slug).expect("a slug").key();
        self.table.link_changed(&hello(), &key, under(slug, loaded));
    }

    /// A writer on this node has changed the rules of `hello`.
    pub(crate) fn commit_rules(&self, policy: Arc<Policy>) {
        self.store.put_rules(policy.clone());
        self.table.rules_changed(&hello(), policy);
    }

    /// Another node has changed the rules of `hello`.
    pub(crate) fn refresh_rules(&self) -> Running<'_, Result<(), Code>> {
        Box::pin(async move { self.live.refresh_rules(&hello()).await.map_err(|error| error.code) })
    }

    /// An edge over it.
    pub(crate) fn edge(&self) -> (Edge, Arc<Clicks>) {
        let clicks = Arc::new(Clicks::default());
        (Edge::of(self.live.clone(), clicks.clone(), "node"), clicks)
    }
}

impl RecordClicks for Clicks {
    fn record(&self, visit: Visit<'_>) -> Result<Noted, JournalFull> {
        let Visit { handle, slug, device, referrer, .. } = visit;
        let full = self.full.load(Ordering::Relaxed);
        if !full {
            let line = format!("{handle}/{slug} {} {referrer}", device.as_str());
            self.seen.lock().expect("no poison").push(line);
        }
        if full {
            return Err(JournalFull);
        }
        let settling = self.settling.lock().expect("no poison").take();
        let kept = settling
            .map_or(Kept::Now, |settled| Kept::Once(Box::pin(async move { settled.await.unwrap_or(false) })));
        Ok(Noted { id: ClickId::parse("clk_01jcp8w000e008000000000001").expect("an id"), kept })
    }

    fn now(&self) -> Timestamp {
        START
    }

    fn agent(&self, user_agent: &str) -> u32 {
        user_agent.bytes().fold(7, |number, byte| number.wrapping_mul(31).wrapping_add(u32::from(byte)))
    }

    fn stranger(&self, _: Timestamp, _: IpAddr, agent: u32) -> u64 {
        agent.into()
    }
}

pub(crate) fn hello() -> Handle {
    Handle::parse("hello").expect("a handle")
}

/// Lets a future run until it waits.
pub(crate) async fn start<T>(running: &mut Running<'_, T>) {
    let ended = poll_fn(|cx| Poll::Ready(running.as_mut().poll(cx).is_ready())).await;
    assert!(!ended, "it should be waiting");
}

/// The slug at this revision: a link to `https://example.com/{revision}`.
pub(crate) async fn linked(revision: u64) -> Loaded {
    static ROUTES: OnceCell<Vec<Route>> = OnceCell::const_new();
    let routes = ROUTES.get_or_init(routes).await;
    let route = usize::try_from(revision).ok().and_then(|at| routes.get(at)).expect("ten routes");
    Loaded { revision: Some(Revision(revision)), route: Some(route.clone()) }
}

/// The slug without a link since this revision.
pub(crate) fn deleted(revision: u64) -> Loaded {
    Loaded { revision: Some(Revision(revision)), route: None }
}

/// What [`linked`] leads to.
pub(crate) fn to(revision: u64) -> String {
    format!("https://example.com/{revision}")
}

/// What is found where no link answers.
pub(crate) fn nothing() -> String {
    "nothing".to_owned()
}

async fn routes() -> Vec<Route> {
    let sandbox = Sandbox::new().await;
    let mut routes = Vec::new();
    for number in 0..10 {
        routes.push(route(&sandbox, "welcome", json!({ "destinationUrl": to(number) })).await);
    }
    routes
}

/// The compiled form of a link of `hello`, made as its owner would.
pub(crate) async fn route(sandbox: &Sandbox, slug: &str, payload: serde_json::Value) -> Route {
    let answer = sandbox.call("links_upsert", json!({ "slug": slug, "payload": payload })).await;
    answer.result.expect("the link is made");
    let key = Slug::parse(slug).expect("a slug").key();
    let loaded = sandbox.app.routes().load(&hello(), &key).await.expect("the store answers");
    loaded.route.expect("the link lives")
}

/// The same under this slug.
fn under(slug: &str, loaded: Loaded) -> Loaded {
    let slug = Slug::parse(slug).expect("a slug");
    let route = loaded.route.map(|route| match route.decide(Policy::none(), &Visitor::UNKNOWN) {
        Decision::Redirect(redirect) if route.slug().key() != slug.key() => {
            let destination = WebUrl::parse(&redirect.location(None)).expect("an address");
            compile(&link(route.link(), hello(), slug, destination))
        }
        Decision::Redirect(_) | Decision::Locked | Decision::Closed(_) => route,
    });
    Loaded { revision: loaded.revision, route }
}

fn destination(found: &Found) -> String {
    let Some((_, route)) = found.link() else { return nothing() };
    match route.decide(Policy::none(), &Visitor { device: Device::Desktop, ..Visitor::UNKNOWN }) {
        Decision::Redirect(redirect) => redirect.location(None),
        Decision::Locked => "locked".to_owned(),
        Decision::Closed(closed) => format!("{closed:?}"),
    }
}

pub(crate) const VISITOR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// The head of a request.
pub(crate) fn asked(method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request").into_parts().0
}

/// Status, a header's text, and the body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) async fn of(response: Response<Full<Bytes>>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body in memory").to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("text");
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }
}
