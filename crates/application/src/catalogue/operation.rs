use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jsonschema::Validator;
use lp_access::{Feature, Need};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Auth, Body, Dialect, Method, Mount, Op, Query, View};
use crate::cx::Cx;
use crate::schema::{self, ARGUMENT_CODES};
use crate::{ByteStream, Code, Error, StreamReply};

/// One row: what an operation is called, what it demands, where it is reached, what goes in and out, and the function.
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own of the row")]
pub struct Operation {
    /// Its name on every surface: context first, then what it does.
    pub name: &'static str,
    /// A few words for lists.
    pub title: &'static str,
    /// What it does, returns, and does not do.
    pub about: &'static str,
    /// What it demands of its caller.
    pub need: Need,
    /// Whether it acts within a handle.
    pub realm: Realm,
    /// What the plan behind a call must have: that of the handle's owner, or of the account where there is no handle.
    pub feature: Option<Feature>,
    /// What it may change.
    pub effect: Effect,
    /// Whether it is an MCP tool.
    pub tool: bool,
    /// Whether what it answers is only that it will be done: 202 on REST.
    pub accepted: bool,
    /// Whether it may be called in a handle that was given up.
    pub on_closed: bool,
    /// Whether arguments that it does not know are dropped rather than refused.
    pub lenient: bool,
    /// Whether pages of every origin may read what it answers where it needs no credential.
    pub for_pages: bool,
    /// In whose words it refuses over HTTP.
    pub dialect: Dialect,
    /// What goes in and out beside JSON.
    pub kind: Kind,
    /// The schema of its arguments, the handle apart.
    pub input: Value,
    /// The schema of its reply; of a stream, `null`.
    pub output: Value,
    /// The codes it may answer beside those that every operation may.
    pub codes: Vec<Code>,
    metered: bool,
    /// What faults of its arguments are called.
    pub(super) fault: Code,
    mounts: Vec<Mount>,
    pub(crate) validator: Validator,
    pub(crate) run: Run,
}

/// Whether an operation acts within one handle or for the whole installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Realm {
    /// Within one handle, which the path, the host or the argument `handle` names.
    Handle,
    /// Without a handle.
    Platform,
}

/// What an operation may change, in the words of MCP's tool annotations.
#[expect(clippy::struct_excessive_bools, reason = "the four annotations of the protocol, each on its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Changes nothing.
    pub read_only: bool,
    /// Takes away what cannot be brought back.
    pub destructive: bool,
    /// Done twice is done once.
    pub idempotent: bool,
    /// Reaches beyond the store: changes what the public sees, or asks other networks.
    pub open_world: bool,
}

/// Whether an operation speaks JSON or moves bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JSON object in, a JSON value out.
    Json,
    /// Bytes on REST; on MCP a signed address where the bytes can be sent or fetched.
    Stream(Stream),
}

/// What a stream takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// The content types it takes; none where it takes no bytes.
    pub consumes: &'static [&'static str],
    /// The content types it gives.
    pub produces: &'static [&'static str],
    /// How many bytes it takes at most.
    pub max_bytes: u64,
}

type JsonFunction = dyn Fn(Cx, Value) -> BoxFuture<'static, Result<(Value, bool), Error>> + Send + Sync;
type StreamFunction =
    dyn Fn(Cx, Value, ByteStream) -> BoxFuture<'static, Result<StreamReply, Error>> + Send + Sync;

/// The function of a row, with its types erased.
pub(crate) enum Run {
    Json(Box<JsonFunction>),
    Stream(Box<StreamFunction>),
}

impl Effect {
    /// Looks, in the store only.
    pub const READ: Self = Self { read_only: true, destructive: false, idempotent: true, open_world: false };
    /// Looks, and asks other networks.
    pub const PROBE: Self = Self { open_world: true, ..Self::READ };
    /// Changes what the public sees, in a way that a kept revision can undo.
    pub const PUBLISH: Self =
        Self { read_only: false, destructive: false, idempotent: true, open_world: true };
    /// Changes what only members see.
    pub const PRIVATE: Self = Self { open_world: false, ..Self::PUBLISH };
    /// As [`Effect::PUBLISH`], but doing it twice does it twice.
    pub const PUBLISH_ANEW: Self = Self { idempotent: false, ..Self::PUBLISH };
}

impl Operation {
    /// A row that looks. Its context refuses to commit.
    pub fn read<I, O, F, R>(key: impl Into<Op<I, O>>, need: Need, run: F) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: View,
        F: Fn(Cx, I) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, Error>> + Send + 'static,
    {
        Self::json(key.into(), need, Effect::READ, run)
    }

    /// A row that changes.
    pub fn write<I, O, F, R>(key: impl Into<Op<I, O>>, need: Need, run: F) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: View,
        F: Fn(Cx, I) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, Error>> + Send + 'static,
    {
        Self::json(key.into(), need, Effect::PUBLISH, run)
    }

    fn json<I, O, F, R>(key: Op<I, O>, need: Need, effect: Effect, run: F) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: View,
        F: Fn(Cx, I) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, Error>> + Send + 'static,
    {
        let erased = move |cx: Cx, arguments: Value| -> BoxFuture<'static, Result<(Value, bool), Error>> {
            let input = match decode::<I>(arguments) {
                Ok(input) => input,
                Err(error) => return async move { Err(error) }.boxed(),
            };
            let answer = run(cx, input);
            async move {
                let view = answer.await?;
                let value = serde_json::to_value(&view).map_err(Error::internal)?;
                Ok((value, view.created()))
            }
            .boxed()
        };
        Self::row::<I>(key.name(), need, effect, Kind::Json, key.output_schema(), Run::Json(Box::new(erased)))
    }

    /// A row that moves bytes.
    pub fn stream<I, F, R>(
        key: impl Into<Op<I, StreamReply>>,
        need: Need,
        effect: Effect,
        stream: Stream,
        run: F,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        F: Fn(Cx, I, ByteStream) -> R + Send + Sync + 'static,
        R: Future<Output = Result<StreamReply, Error>> + Send + 'static,
    {
        let erased = move |cx: Cx,
                           arguments: Value,
                           bytes: ByteStream|
              -> BoxFuture<'static, Result<StreamReply, Error>> {
            match decode::<I>(arguments) {
                Ok(input) => run(cx, input, bytes).boxed(),
                Err(error) => async move { Err(error) }.boxed(),
            }
        };
        let name = key.into().name();
        Self::row::<I>(name, need, effect, Kind::Stream(stream), Value::Null, Run::Stream(Box::new(erased)))
    }

    fn row<I: JsonSchema>(
        name: &'static str,
        need: Need,
        effect: Effect,
        kind: Kind,
        output: Value,
        run: Run,
    ) -> Self {
        let input = schema::of_input::<I>();
        let realm = match need {
            Need::Public | Need::Account => Realm::Platform,
            Need::Role(_) | Need::Member { .. } => Realm::Handle,
        };
        Self {
            name,
            title: name,
            about: "",
            need,
            realm,
            feature: None,
            effect,
            tool: true,
            accepted: false,
            on_closed: false,
            lenient: false,
            for_pages: false,
            dialect: Dialect::Platform,
            kind,
            validator: schema::validator(&input),
            input,
            output,
            codes: Vec::new(),
            metered: true,
            fault: Code::VALIDATION,
            mounts: Vec::new(),
            run,
        }
    }

    /// Says what it is called in lists, and what it does.
    #[must_use]
    pub fn about(mut self, title: &'static str, about: &'static str) -> Self {
        (self.title, self.about) = (title, about);
        self
    }

    /// Says what it may change.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Says where it acts.
    #[must_use]
    pub fn realm(mut self, realm: Realm) -> Self {
        self.realm = realm;
        self
    }

    /// Says what the plan behind a call must have.
    #[must_use]
    pub fn feature(mut self, feature: Feature) -> Self {
        self.feature = Some(feature);
        self
    }

    /// Keeps it from counting against the writes of a day.
    #[must_use]
    pub fn unmetered(mut self) -> Self {
        self.metered = false;
        self
    }

    /// Whether it counts against the writes that an account may do a day, where it is the account that calls: what
    /// changes something in handles or about accounts does, signing in and out and paying do not.
    pub fn is_metered(&self) -> bool {
        let counts = |mount: &Mount| {
            let families = ["/v2/handles", "/v2/account"];
            mount.auth == Auth::Jwt && families.iter().any(|family| mount.path.starts_with(family))
        };
        self.metered && !self.effect.read_only && self.mounts.iter().any(counts)
    }

    /// Keeps it from being an MCP tool.
    #[must_use]
    pub fn no_tool(mut self) -> Self {
        self.tool = false;
        self
    }

    /// Says that it answers before it is done.
    #[must_use]
    pub fn accepts(mut self) -> Self {
        self.accepted = true;
        self
    }

    /// Lets its owner call it in a handle that was given up.
    #[must_use]
    pub fn on_closed(mut self) -> Self {
        self.on_closed = true;
        self
    }

    /// Lets callers say more than it knows, where a standard demands that (RFC 7591, 2).
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Lets pages of every origin call it, where it needs no credential.
    #[must_use]
    pub fn for_pages(mut self) -> Self {
        self.for_pages = true;
        self
    }

    /// Says what faults of its arguments are called, where a standard has a word for them.
    #[must_use]
    pub fn faulty(mut self, code: Code) -> Self {
        self.fault = code;
        self.fails(&[code])
    }

    /// Names codes of its own.
    #[must_use]
    pub fn fails(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// Mounts it for accounts and for tokens, at a path below the handle.
    #[must_use]
    pub fn at(mut self, method: Method, path: &str) -> Self {
        let bytes = matches!(self.kind, Kind::Stream(stream) if !stream.consumes.is_empty());
        let body = if bytes { Body::Bytes } else { Body::None };
        for (family, auth) in [("/v2/handles", Auth::Jwt), ("/v2/public/handles", Auth::Pat)] {
            let path = format!("{family}/{{handle}}/{path}");
            self.mounts.push(Mount { body, ..Mount::new(method, path, auth) });
        }
        self
    }

    /// Mounts it for accounts only, at a path below the handle.
    #[must_use]
    pub fn at_for_accounts(self, method: Method, path: &str) -> Self {
        self.mount(Mount::new(method, format!("/v2/handles/{{handle}}/{path}"), Auth::Jwt))
    }

    /// Mounts it somewhere of its own.
    #[must_use]
    pub fn mount(mut self, mount: Mount) -> Self {
        self.mounts.push(mount);
        self
    }

    /// Says what becomes of the body on every mount so far.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.mounts.iter_mut().for_each(|mount| mount.body = body);
        self
    }

    /// Says what becomes of the query on every mount so far.
    #[must_use]
    pub fn query(mut self, query: Query) -> Self {
        self.mounts.iter_mut().for_each(|mount| mount.query = query);
        self
    }

    /// Where it is reached over REST.
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// Every code that a call may end with, by status.
    pub fn all_codes(&self) -> Vec<Code> {
        let mut codes = self.codes.clone();
        codes.extend([Code::RATE_LIMITED, Code::INTERNAL, Code::UNAVAILABLE]);
        codes.extend(ARGUMENT_CODES);
        if self.need != Need::Public {
            codes.extend([
                Code::MISSING_BEARER_TOKEN,
                Code::INVALID_TOKEN,
                Code::TOKEN_EXPIRED,
                Code::TOKEN_REVOKED,
            ]);
        }
        if let Need::Role(_) = self.need {
            codes.push(Code::INSUFFICIENT_ROLE);
        }
        if let Need::Member { .. } = self.need {
            codes.extend([
                Code::MISSING_BEARER_TOKEN,
                Code::INVALID_TOKEN,
                Code::INVALID_TOKEN_FORMAT,
                Code::TOKEN_EXPIRED,
                Code::TOKEN_REVOKED,
                Code::INSUFFICIENT_SCOPE,
                Code::INSUFFICIENT_ROLE,
            ]);
        }
        if self.feature.is_some() {
            codes.push(Code::FEATURE_LOCKED);
        }
        if self.realm == Realm::Handle {
            codes.extend([Code::MISSING_HANDLE, Code::HANDLE_MISMATCH, Code::NOT_FOUND]);
        }
        if !self.effect.read_only {
            codes.extend([Code::CONFLICT, Code::IDEMPOTENCY_CONFLICT]);
        }
        if self.mounts.iter().any(|mount| mount.body != Body::None) {
            codes.extend([Code::REQUEST_TIMEOUT, Code::PAYLOAD_TOO_LARGE, Code::UNSUPPORTED_MEDIA_TYPE]);
        }
        Code::ALL.iter().copied().filter(|code| codes.contains(code)).collect()
    }

    /// Whether there is an argument of this name, the handle apart.
    pub fn knows(&self, argument: &str) -> bool {
        self.input["properties"].get(argument).is_some()
    }

    /// Every fault of the arguments.
    pub(crate) fn check(&self, arguments: &Value) -> Result<(), Error> {
        let faults = schema::faults(&self.validator, arguments);
        if faults.is_empty() {
            return Ok(());
        }
        let error = Error::faults(faults);
        let code = if error.code == Code::VALIDATION { self.fault } else { error.code };
        Err(Error { code, ..error })
    }
}

/// Reads arguments that the schema has passed.
pub(crate) fn decode<I: DeserializeOwned>(mut arguments: Value) -> Result<I, Error> {
    whole(&mut arguments);
    serde_json::from_value(arguments).map_err(|error| Error::field("", "invalid", error.to_string()))
}

/// Writes `5.0` as `5`: to JSON Schema both are integers, and some languages write the one for the other.
fn whole(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or(f64::NAN);
            // Up to 2^53 every whole float is the integer it looks like.
            if float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0 {
                #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
                let integer = float as i64;
                *value = integer.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole),
        Value::Object(object) => object.values_mut().for_each(whole),
        _ => {}
    }
}
