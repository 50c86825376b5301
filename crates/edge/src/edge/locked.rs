//! Links that ask their visitors for a password: the question, the answer, and the cookie of those who gave it.

mod page;

use std::error::Error as StdError;

use bytes::Bytes;
use http::header::{REFERRER_POLICY, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method, Response};
use http_body::Body;
use http_body_util::Full;
use lp_application::{Attempt, Code, Error, LinkLocks, refusal};
use lp_personalization::{Decision, Policy, Route, Visitor};

use super::facts::Rooms;
use super::fields::{Fields, cookies, text};
use super::form::{self, Form};
use super::limited::Fare;
use super::reply::{self, Asked, Shown};
use super::{Begun, Client, Edge, Entrance, Head, Inner, Visiting, pages};

/// The cookie of those who said the password.
const COOKIE_NAME: &str = "_lp_pw";
/// A browser sends those of the longest paths first, and only one of them can be ours.
const MOST_COOKIES: usize = 4;
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// How a visit goes on whose password was right.
static GET: Method = Method::GET;

/// What is asked, and what was wrong with the answer before.
struct Question<'q> {
    slug: &'q str,
    title: Option<&'q str>,
    /// Where the visitor came from before.
    from: &'q str,
    fault: Option<&'q Error>,
}

impl Edge {
    /// Answers a form that a visitor sends to a link: its password. Who says the right one is sent on as a visitor is, but
    /// always with 303, so that nothing of the form is sent on too; everything else goes as [`Edge::visit`].
    pub async fn submit<'r, B>(
        &self,
        entrance: Entrance<'_>,
        head: impl Into<Head<'r>>,
        client: impl Into<Client>,
        body: B,
    ) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let (head, client) = (head.into(), client.into());
        if *head.method != Method::POST || pages::wanted(head.uri.path()).is_some() {
            return self.visit(entrance, head, client).await;
        }
        let referrer;
        let mut visit = match self.wanted(entrance, head, client) {
            Begun::Unknown(visit) => visit,
            Begun::Answered(reply) => return reply,
            Begun::Settling(reply, settling) => return self.settle(reply, settling).await,
        };
        let (found, policy) = match self.find(&visit.key).await {
            Ok(found) => found,
            Err(error) => return reply::refused(visit.asked, error.code),
        };
        let Some((_, route)) = found.link() else { return reply::refused(visit.asked, Code::NOT_FOUND) };
        let mut cookie = None;
        match self.inner.decide(&visit, route, &policy) {
            Decision::Closed(closed) => return reply::refused(visit.asked, refusal(closed)),
            Decision::Redirect(_) if route.password().is_none() => {
                return reply::refused(visit.asked, Code::METHOD_NOT_ALLOWED);
            }
            // Over, or unlocked before: there is nothing to be said.
            Decision::Redirect(_) => {}
            Decision::Locked => {
                let form = match form::read(head.headers, body).await {
                    Ok(form) => form,
                    Err(code) => return reply::refused(visit.asked, code),
                };
                referrer = HeaderValue::try_from(site(&form.from)).ok();
                visit.visitor.fields.referer = referrer.as_ref();
                match self.inner.unlock(route, &form, client).await {
                    Ok(grant) => cookie = keep(&grant, entrance, head.uri.path(), self.inner.secure),
                    Err(error) => return question(visit.asked, route, visit.visitor.fields, Some(&error)),
                }
                visit.unlocked = true;
            }
        }
        visit.asked.head.method = &GET;
        let (mut reply, settling) = match self.answer(visit, &found, &policy, Fare::AtHand) {
            Ok(answered) => answered,
            Err(visit) => self.answer_limited(visit, &found, &policy).await,
        };
        reply::see_other(&mut reply, cookie);
        match settling {
            Some(settling) => self.settle(reply, settling).await,
            None => reply,
        }
    }
}

impl Inner {
    /// Whether the visitor may go on without being asked: nobody is to ask, or was answered just now or within hours.
    pub(super) fn has_unlocked(&self, visit: &Visiting<'_>, route: &Route) -> bool {
        let (Some(locks), Some(hash)) = (&self.locks, route.password()) else { return visit.unlocked };
        let mut grants = cookies(visit.asked.head.headers, COOKIE_NAME).take(MOST_COOKIES);
        visit.unlocked || grants.any(|grant| locks.is_open(route.link(), hash, grant))
    }

    /// What is decided for a visitor who has said nothing yet.
    fn decide<'f>(&self, visit: &Visiting<'_>, route: &'f Route, policy: &'f Policy) -> Decision<'f> {
        let mut rooms = Rooms::default();
        let at = self.clicks.now();
        let seen = self.look(at, visit.visitor, route.asks().also(policy.asks()), &mut rooms);
        let unlocked = self.has_unlocked(visit, route);
        route.decide(policy, &Visitor { unlocked, ..seen.visitor() })
    }

    async fn unlock(&self, route: &Route, form: &Form, client: Client) -> Result<String, Error> {
        let (Some(locks), Some(hash)) = (&self.locks, route.password()) else {
            return Err(Error::new(Code::UNAVAILABLE, "no passwords can be checked here"));
        };
        let attempt = Attempt { link: route.link(), hash, said: &form.password, address: client.address };
        locks.unlock(attempt).await
    }
}

/// Asks for the password of a link, and says what was wrong with the answer before where there was one. Of the link
/// nothing is told but the title of its card.
pub(super) fn question(
    asked: Asked<'_>,
    route: &Route,
    fields: Fields<'_>,
    fault: Option<&Error>,
) -> Response<Full<Bytes>> {
    let title = route.card().and_then(|card| card.title.as_deref());
    let question = Question { slug: route.slug().as_str(), title, from: site(text(fields.referer)), fault };
    let required = || Error::new(Code::PASSWORD_REQUIRED, "the link asks for a password");
    let mut reply = if reply::takes_html(asked.head.headers) {
        let status = fault.map_or(200, |fault| fault.code.status());
        reply::shown(asked, status, Shown::Page(page::render(&question).into_string(), page::POLICY))
    } else {
        let missing = required();
        let error = fault.unwrap_or(&missing);
        reply::shown(asked, error.code.status(), Shown::Json(error))
    };
    let headers = reply.headers_mut();
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let wait = fault.and_then(Error::retry_after_seconds);
    headers.extend(wait.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
    reply
}

/// For the link's own path. Below a place of the program's own the edge does not know the whole of it: there the cookie is
/// for what stands beside the link, too, and the grant inside it for this link alone as everywhere.
fn keep(grant: &str, entrance: Entrance<'_>, path: &str, secure: bool) -> Option<HeaderValue> {
    let path = match entrance {
        Entrance::Mounted(_) => String::new(),
        Entrance::Host(_) | Entrance::Api => format!("; Path={path}"),
    };
    let (age, secure) = (LinkLocks::LIFE.as_secs(), if secure { "; Secure" } else { "" });
    HeaderValue::try_from(format!(
        "{COOKIE_NAME}={grant}{path}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// Of a referrer, what is kept while the visitor is asked: the site, without the page on it.
fn site(referrer: &str) -> &str {
    let Some((scheme, rest)) = referrer.split_once("://") else { return "" };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    referrer
        .get(..scheme.len() + "://".len() + host.len())
        .filter(|site| site.len() <= 300)
        .unwrap_or_default()
}
