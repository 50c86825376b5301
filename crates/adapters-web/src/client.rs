//! The one client for requests to the outside.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, LOCATION};
use http::{Method, StatusCode};
use lp_core::WebUrl;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Response, redirect, retry};
use thiserror::Error;
use url::Url;

use crate::guard::{Guard, Refused};

/// What requests call themselves, where nothing else is said.
const USER_AGENT: &str = concat!("LinkPlatform/", env!("CARGO_PKG_VERSION"), " (+health check)");

/// Redirects that are followed; the next one is a fault.
const MAX_REDIRECTS: usize = 5;

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To a connection, with name and TLS.
    pub connect: Duration,
    /// To the head of the reply, redirects not included.
    pub request: Duration,
    /// To the verdict of a probe, with redirects and the second attempt.
    pub overall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(10),
            // A probe promises 15 seconds; the last one is for everything around it.
            overall: Duration::from_secs(14),
        }
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Failure {
    #[error("not sent: {0}")]
    Refused(#[from] Refused),
    #[error("no connection could be made")]
    Unreachable,
    #[error("TLS could not be agreed or the certificate is not trusted")]
    Insecure,
    #[error("it took too long")]
    Timeout,
    #[error("redirected too often, or to nowhere")]
    Redirects,
    #[error("broke off, or is not HTTP")]
    Broken,
}

/// A client whose connections go only to addresses that the guard has returned for them.
///
/// Nothing of a request outlives it: no cookies, no idle connections, no proxy of the environment, no retries.
pub struct Outbound {
    guard: Arc<Guard>,
    timeouts: Timeouts,
    agent: &'static str,
    /// Built by the first request, because reading the trusted roots takes milliseconds of a start; `None` where that
    /// fails, which must not keep an installation without outbound requests from starting.
    client: OnceLock<Option<Client>>,
}

impl Outbound {
    pub fn new(guard: Guard, timeouts: Timeouts) -> Self {
        Self { guard: Arc::new(guard), timeouts, agent: USER_AGENT, client: OnceLock::new() }
    }

    /// The same under another name.
    #[must_use]
    pub fn called(self, agent: &'static str) -> Self {
        Self { agent, client: OnceLock::new(), ..self }
    }

    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// The status at the end of at most five redirects. Bodies are not read.
    pub async fn status(&self, method: Method, url: &WebUrl) -> Result<StatusCode, Failure> {
        let mut at = Url::parse(url.as_str()).map_err(|_| Failure::Broken)?;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(method.clone(), &at, "*/*").await?;
            if !is_redirect(response.status()) {
                return Ok(response.status());
            }
            at = next_hop(&response, &at)?;
        }
        Err(Failure::Redirects)
    }

    /// The reply of one request that takes this kind; its body comes with [`piece`]. Redirects are replies like others.
    pub(crate) async fn get(&self, url: &WebUrl, accept: &'static str) -> Result<Response, Failure> {
        let url = Url::parse(url.as_str()).map_err(|_| Failure::Broken)?;
        self.send(Method::GET, &url, accept).await
    }

    async fn send(&self, method: Method, url: &Url, accept: &'static str) -> Result<Response, Failure> {
        self.guard.admit(url)?;
        let client = self.client().ok_or(Failure::Insecure)?;
        client.request(method, url.clone()).header(ACCEPT, accept).send().await.map_err(|error| {
            let failure = failure(&error, url.scheme() == "https");
            tracing::debug!(host = url.host_str(), %failure, error = &error as &dyn Error, "no reply from outside");
            failure
        })
    }

    fn client(&self) -> Option<&Client> {
        let built = self.client.get_or_init(|| {
            build(&self.guard, self.timeouts, self.agent)
                .inspect_err(|error| {
                    tracing::error!(error = error as &dyn Error, "outbound requests are off: no TLS client");
                })
                .ok()
        });
        built.as_ref()
    }
}

fn build(guard: &Arc<Guard>, timeouts: Timeouts, agent: &str) -> reqwest::Result<Client> {
    Client::builder()
        .dns_resolver(Vetted(Arc::clone(guard)))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .referer(false)
        .pool_max_idle_per_host(0)
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.request)
        .user_agent(agent)
        .build()
}

/// The next bytes of a body; `None` at its end.
pub(crate) async fn piece(response: &mut Response) -> Result<Option<Bytes>, Failure> {
    response.chunk().await.map_err(|error| failure(&error, false))
}

/// Resolution as the client sees it: what the guard returns is what is connected to, so no second answer of a name
/// server can come between check and use.
struct Vetted(Arc<Guard>);

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let found = guard.resolve(name.as_str()).await?;
            // Port 0 stands for the port of the address or, without one, of its scheme.
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads: only addresses that a link could have, too.
fn next_hop(response: &Response, base: &Url) -> Result<Url, Failure> {
    let location = response.headers().get(LOCATION).ok_or(Failure::Redirects)?;
    let location = str::from_utf8(location.as_bytes()).map_err(|_| Failure::Redirects)?;
    let next = base.join(location).map_err(|_| Failure::Redirects)?;
    WebUrl::parse(next.as_str()).map_err(|_| Failure::Redirects)?;
    Ok(next)
}

/// What went wrong, read from the chain of sources; the client tells only some of it by itself.
fn failure(error: &reqwest::Error, tls: bool) -> Failure {
    if let Some(refused) = causes(error).find_map(|cause| cause.downcast_ref::<Refused>()) {
        return match *refused {
            Refused::Slow => Failure::Timeout,
            refused => Failure::Refused(refused),
        };
    }
    if error.is_timeout() {
        return Failure::Timeout;
    }
    let io = |kind| {
        causes(error).any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == kind))
    };
    // The TLS library reports its faults as invalid data, and a peer that hangs up on its greeting as an early end.
    if tls && (io(io::ErrorKind::InvalidData) || (error.is_connect() && io(io::ErrorKind::UnexpectedEof))) {
        return Failure::Insecure;
    }
    if error.is_connect() { Failure::Unreachable } else { Failure::Broken }
}

/// The error and everything behind it.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| behind(*error))
}

/// An `io::Error` hides what it wraps from `source`, so it is opened.
fn behind<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
