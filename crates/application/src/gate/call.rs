//! Limits, repeats, decoding, running, and what is told of it.

use std::mem;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use lp_access::{Actor, Need};
use lp_core::Handle;
use lp_core::text::with_causes;
use lp_ports::StoredReply;
use serde_json::{Map, Value};
use tracing::field::Empty;
use tracing::{Instrument, debug, error, info_span};

use super::refused::Way;
use super::{Reply, Request};
use crate::application::{CallRecord, Inner};
use crate::catalogue::{Auth, Kind, Operation, Run};
use crate::cx::{Call, Cx};
use crate::error::Cause;
use crate::grant::{Bearer, Grant, LIFE};
use crate::names::Named;
use crate::plans::Quota;
use crate::repeat::Repeat;
use crate::{Allowance, Application, ByteStream, Code, Error, SignedUrl, StreamReply, limits};

/// How often a call is run whose world changes under it.
const TRIES: u32 = 3;

/// The end of a call, and what its caller has left.
#[derive(Debug)]
pub struct Answer<T> {
    /// How it ended.
    pub result: Result<T, Error>,
    /// `None` where no limit applies.
    pub allowance: Option<Allowance>,
}

/// A call that has been let in.
struct Entered {
    app: Application,
    /// Without its arguments.
    request: Request,
    arguments: Value,
    actor: Actor,
    handle: Option<Named>,
}

/// What is known of a call however it ends.
struct Seen {
    actor: &'static str,
    allowance: Option<Allowance>,
}

impl Application {
    /// Calls a row that speaks JSON.
    pub async fn call(&self, request: Request) -> Answer<Reply> {
        self.pass(request, async |entered, operation| entered.run_json(operation).await).await
    }

    /// Calls a row that moves bytes; `bytes` is what the caller sends.
    pub async fn stream(&self, request: Request, bytes: ByteStream) -> Answer<StreamReply> {
        self.pass(request, async |entered, operation| entered.run_stream(operation, bytes).await).await
    }

    /// Allows a row that moves bytes to be called later through an address that carries its own proof.
    pub async fn sign(&self, request: Request) -> Answer<SignedUrl> {
        self.pass(request, async |entered, operation| entered.sign(operation)).await
    }

    /// What every call goes through, around what makes it its own.
    async fn pass<T>(
        &self,
        request: Request,
        run: impl AsyncFnOnce(Entered, &Operation) -> Result<T, Error>,
    ) -> Answer<T> {
        let Some(operation) = self.inner.catalogue.find(&request.operation) else {
            let result = Err(Error::not_found(&format!("the operation '{}'", request.operation)));
            return Answer { result, allowance: None };
        };
        let began = self.inner.ports.clock.monotonic();
        let surface = request.surface;
        let span = info_span!(
            "operation",
            operation.name = operation.name,
            operation.surface = surface.as_str(),
            operation.code = Empty,
            actor.kind = Empty,
            request.id = %request.request_id,
        );
        let mut seen = Seen { actor: Actor::Anonymous.kind(), allowance: None };
        // A panic in an operation is our fault, not the connection's: it is answered like any other fault of ours.
        let passed = AssertUnwindSafe(self.enter(operation, request, &mut seen, run)).catch_unwind();
        let result = passed
            .instrument(span.clone())
            .await
            .unwrap_or_else(|_| Err(Error::internal("an operation panicked")));
        let code = result.as_ref().err().map_or("ok", |error| error.code.name());
        span.record("operation.code", code).record("actor.kind", seen.actor);
        if let Err(error) = &result {
            span.in_scope(|| log(error));
        }
        let took = self.inner.ports.clock.monotonic().saturating_sub(began);
        self.inner.observer.called(&CallRecord {
            operation: operation.name,
            surface,
            code,
            actor: seen.actor,
            took,
        });
        Answer { result, allowance: seen.allowance }
    }

    async fn enter<T>(
        &self,
        operation: &Operation,
        mut request: Request,
        seen: &mut Seen,
        run: impl AsyncFnOnce(Entered, &Operation) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let identified = self.inner.identify(operation, &mut request).await;
        // Whoever is refused has called all the same: failed attempts count against the address they come from.
        let caller = identified.as_ref().unwrap_or(&Actor::Anonymous);
        seen.actor = caller.kind();
        seen.allowance = self.inner.allowance(operation.need, caller, request.address).await;
        limits::let_through(seen.allowance)?;
        let actor = identified?;
        let handle = self.inner.admit(operation, &mut request, &actor).await?;
        let mut arguments = mem::take(&mut request.arguments);
        if operation.lenient {
            arguments.retain(|name, _| operation.knows(name));
        }
        let arguments = Value::Object(arguments);
        operation.check(&arguments)?;
        run(Entered { app: self.clone(), request, arguments, actor, handle }, operation).await
    }
}

impl Inner {
    /// Takes one call from the caller's bucket. The machine's own operator is not limited.
    pub(crate) async fn allowance(
        &self,
        need: Need,
        actor: &Actor,
        address: Option<IpAddr>,
    ) -> Option<Allowance> {
        let limits = self.settings.limits?;
        let (caller, rate) = match (need, actor) {
            (_, Actor::Operator) => return None,
            (Need::Public, _) | (_, Actor::Anonymous) => (limits::neighbourhood(address?), limits.address),
            (_, actor) => (actor.to_string(), limits.actor),
        };
        Some(self.limiter.take(&caller, rate, self.ports.clock.monotonic()).await)
    }
}

impl Entered {
    async fn run_json(self, operation: &Operation) -> Result<Reply, Error> {
        let Run::Json(function) = &operation.run else {
            return Err(Error::internal("a stream was called for JSON"));
        };
        let repeat = self.repeat(operation)?;
        if let Some(repeat) = &repeat {
            let replies = &self.app.inner.ports.replies;
            if let Some(stored) = replies.reply(&repeat.key, self.app.now()).await? {
                return replay(repeat, &stored);
            }
        }
        let quota = self.quota(operation).await?;
        let cx = || self.cx(operation, repeat.clone(), quota.clone());
        let mut ended = function(cx(), self.arguments.clone()).await;
        for _ in 1..TRIES {
            let Err(Error { cause: Cause::Stale, .. }) = ended else { break };
            debug!("the world changed under a call; it is run again");
            ended = function(cx(), self.arguments.clone()).await;
        }
        self.settle(ended, repeat.as_ref()).await
    }

    /// The end of a run. One that was refused may have come second in a race with the same call: then what that one was
    /// answered is the answer.
    async fn settle(
        &self,
        ended: Result<(Value, bool), Error>,
        repeat: Option<&Repeat>,
    ) -> Result<Reply, Error> {
        match (ended, repeat) {
            (Ok((value, created)), _) => Ok(Reply { value, created, replayed: false }),
            (Err(Error { cause: Cause::Repeated(stored), .. }), Some(repeat)) => replay(repeat, &stored),
            (Err(error), Some(repeat)) => {
                match self.app.inner.ports.replies.reply(&repeat.key, self.app.now()).await? {
                    Some(stored) => replay(repeat, &stored),
                    None => Err(error),
                }
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn run_stream(self, operation: &Operation, bytes: ByteStream) -> Result<StreamReply, Error> {
        let Run::Stream(function) = &operation.run else {
            return Err(Error::internal("JSON was called as a stream"));
        };
        let repeat = self.repeat(operation)?;
        // A long call that is said again goes on, and was counted when it began.
        let quota = if self.has_begun(repeat.as_ref()).await? { None } else { self.quota(operation).await? };
        let cx = self.cx(operation, repeat, quota);
        function(cx, self.arguments, bytes).await
    }

    /// Whether the first part of a call is remembered.
    async fn has_begun(&self, repeat: Option<&Repeat>) -> Result<bool, Error> {
        let Some(repeat) = repeat else { return Ok(false) };
        let first = repeat.part_key(1);
        Ok(self.app.inner.ports.replies.reply(&first, self.app.now()).await?.is_some())
    }

    /// Against whose writes the call counts, if there is room.
    async fn quota(&self, operation: &Operation) -> Result<Option<Quota>, Error> {
        let inner = &self.app.inner;
        let quota = inner.quota(operation, self.request.accepts, &self.actor, self.app.now()).await;
        if let Err(error) = &quota {
            let space = self.handle.as_ref().map_or_else(Handle::installation, |handle| handle.key.clone());
            let way = Way { surface: self.request.surface, operation: operation.name };
            inner.note_refusal(way, &self.actor, &space, error);
        }
        quota
    }

    fn sign(self, operation: &Operation) -> Result<SignedUrl, Error> {
        let Kind::Stream(stream) = operation.kind else {
            return Err(Error::internal("JSON was to be signed"));
        };
        // Refuses a key that no call could use; the call itself comes later.
        self.repeat(operation)?;
        let Some(handle) = self.handle else {
            return Err(Error::internal("a grant needs a handle"));
        };
        let bearer = match self.actor {
            Actor::Token { id, .. } => Bearer::Token(id),
            Actor::Connector { id, .. } => Bearer::Connection(id),
            _ => return Err(Error::new(Code::INVALID_TOKEN, "signed addresses are given to tokens only")),
        };
        let mount = operation.mounts().iter().find(|mount| matches!(mount.auth, Auth::Pat | Auth::Signed));
        let mount = mount.ok_or_else(|| Error::internal("a stream without a route cannot be signed"))?;
        let settings = self.app.settings();
        let key = self.request.idempotency_key;
        let Value::Object(arguments) = self.arguments else {
            return Err(Error::internal("arguments are an object"));
        };
        let grant = Grant::new(operation.name, &handle.key, bearer, arguments, key, self.app.now());
        let path = address(&mount.path, &handle.name, &grant.arguments);
        Ok(SignedUrl {
            url: format!("{}{path}?grant={}", settings.urls.api, grant.seal(settings.secret.now())?),
            method: mount.method.as_str(),
            consumes: stream.consumes,
            expires_at: grant.expires_at(),
            expires_in: LIFE,
        })
    }

    fn cx(&self, operation: &Operation, repeat: Option<Repeat>, quota: Option<Quota>) -> Cx {
        let call = Call {
            operation: operation.name,
            actor: self.actor.clone(),
            handle: self.handle.clone(),
            surface: self.request.surface,
            request_id: self.request.request_id.clone(),
            at: self.app.now(),
            may_write: !operation.effect.read_only,
            repeat,
            address: self.request.address,
            quota,
        };
        Cx { app: self.app.inner.clone(), call: Arc::new(call) }
    }

    /// Under what this call is remembered; `None` for reads and for callers who did not ask.
    fn repeat(&self, operation: &Operation) -> Result<Option<Repeat>, Error> {
        let key = self.request.idempotency_key.as_ref().filter(|_| !operation.effect.read_only);
        let repeat = |key: &String| {
            let handle = self.handle.as_ref().map(|handle| &handle.key);
            let secret = &self.app.settings().secret;
            Repeat::of(key, operation.name, &self.actor, handle, &self.arguments, secret)
        };
        key.map(repeat).transpose()
    }
}

/// A route's path with its parameters filled in. Path parameters are parsed values, safe in a path as they are.
fn address(path: &str, handle: &Handle, arguments: &Map<String, Value>) -> String {
    let texts = arguments.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    texts.fold(path.replace("{handle}", handle.as_str()), |path, (name, text)| {
        path.replace(&format!("{{{name}}}"), text)
    })
}

fn replay(repeat: &Repeat, stored: &StoredReply) -> Result<Reply, Error> {
    Ok(Reply { value: repeat.recall(stored)?, created: stored.created, replayed: true })
}

/// Failures are logged here and nowhere else: ours loudly, the caller's for whoever looks. Streams, whose failures
/// come after their reply has begun, call it themselves.
pub(crate) fn log(error: &Error) {
    let source = error.source.as_ref().map_or_else(String::new, |source| with_causes(source.as_ref()));
    if error.code.status() >= 500 {
        error!(error.code = error.code.name(), error.source = source, "a call failed");
    } else {
        debug!(error.code = error.code.name(), error.message = error.message, "a call was refused");
    }
}
