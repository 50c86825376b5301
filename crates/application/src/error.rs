use std::fmt;
use std::time::Duration;

use lp_access::{Denied, PatFault, SessionRefused, TokenRefused};
use lp_ports::{CommitError, PasswordsBusy, Source, StoreError, StoredReply};
use serde_json::{Map, Value, json};

use crate::Code;

/// The only error that leaves the application: a code, a message for the caller, and a source for the log.
#[derive(Debug)]
pub struct Error {
    /// What went wrong.
    pub code: Code,
    /// For the caller; never says anything about the inside.
    pub message: String,
    /// Every faulty argument.
    pub fields: Vec<Fault>,
    /// Further keys of the reply that belong to the code.
    pub details: Map<String, Value>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
    /// Which limit has nothing left.
    pub limit: Option<Box<Exhausted>>,
    pub(crate) source: Option<Source>,
    pub(crate) cause: Cause,
}

/// What the gate must know of an error beyond its code.
#[derive(Debug, Default)]
pub(crate) enum Cause {
    #[default]
    Plain,
    /// The world changed between reading and writing: try again.
    Stale,
    /// The same call was answered meanwhile.
    Repeated(Box<StoredReply>),
}

/// A limit that has nothing left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// What replies call it.
    pub name: &'static str,
    /// So many at once, or in a window.
    pub quota: u32,
    /// In which that much comes back.
    pub window: Duration,
    /// Until all of it is there again.
    pub reset: Duration,
}

/// One faulty argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901) into the arguments.
    pub pointer: String,
    /// What is wrong, as a stable word.
    pub code: &'static str,
    /// What is wrong, for people.
    pub message: String,
}

impl Error {
    /// An error with the words that its caller reads.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fields: Vec::new(),
            details: Map::new(),
            retry_after: None,
            limit: None,
            source: None,
            cause: Cause::Plain,
        }
    }

    /// There is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NOT_FOUND, format!("{what} was not found"))
    }

    /// Faulty arguments, all of them. A single fault with a code of its own gives the error that code.
    pub fn faults(fields: Vec<Fault>) -> Self {
        let own = |code: &str| {
            [Code::INVALID_SLUG, Code::INVALID_DESTINATION_URL, Code::INVALID_CURSOR]
                .into_iter()
                .find(|known| known.name() == code)
        };
        let code = match fields.as_slice() {
            [only] => own(only.code).unwrap_or(Code::VALIDATION),
            _ => Code::VALIDATION,
        };
        let message = match fields.as_slice() {
            [only] => format!("{}: {}", place(&only.pointer), only.message),
            many => format!("{} arguments are faulty; see fields", many.len()),
        };
        Self { fields, ..Self::new(code, message) }
    }

    /// One faulty argument.
    pub fn field(pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::faults(vec![Fault { pointer: pointer.to_owned(), code, message: message.into() }])
    }

    /// The store failed. What it said goes to the log.
    pub fn store(error: StoreError) -> Self {
        let (code, message) = match &error {
            StoreError::Unavailable(_) => (Code::UNAVAILABLE, "the store does not answer; try again later"),
            StoreError::Corrupt { .. } => (Code::INTERNAL, "something stored is damaged; it was logged"),
        };
        Self::new(code, message).because(error)
    }

    pub(crate) fn internal(source: impl Into<Source>) -> Self {
        Self::new(Code::INTERNAL, "something went wrong on our side; it was logged").because(source)
    }

    pub(crate) fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// What `Retry-After` says (RFC 9110, 10.2.3): whole seconds, rounded up, at least one.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        let seconds = self.retry_after?.as_millis().div_ceil(1_000).max(1);
        Some(u64::try_from(seconds).unwrap_or(u64::MAX))
    }

    /// The reply's body, the same on every surface.
    pub fn body(&self, request_id: &str) -> Value {
        let mut body = Map::new();
        body.insert("error".into(), json!(self.code.name()));
        body.insert("message".into(), json!(self.message));
        body.insert("requestId".into(), json!(request_id));
        if !self.fields.is_empty() {
            let fields = self.fields.iter().map(
                |fault| json!({ "pointer": fault.pointer, "code": fault.code, "message": fault.message }),
            );
            body.insert("fields".into(), fields.collect());
        }
        if let Some(after) = self.retry_after {
            body.insert("retryAfterMs".into(), json!(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)));
        }
        body.extend(self.details.clone());
        Value::Object(body)
    }
}

/// The code and what its caller reads, every fault included.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)?;
        if let [_, _, ..] = self.fields.as_slice() {
            for fault in &self.fields {
                write!(f, "; {} {}", place(&fault.pointer), fault.message)?;
            }
        }
        Ok(())
    }
}

/// Without its source, which was logged at the gate and is shown to nobody.
impl std::error::Error for Error {}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "the request" } else { pointer }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::store(error)
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => Self::store(error),
            CommitError::Stale(_) => Self {
                cause: Cause::Stale,
                ..Self::new(
                    Code::CONFLICT,
                    "others kept changing this while it was tried; read it and try again",
                )
            },
            // Whoever counts says more: see `plans::quota`.
            CommitError::Spent(_) => Self::new(Code::RATE_LIMITED, "no more writes today"),
            CommitError::Repeated(reply) => Self {
                cause: Cause::Repeated(Box::new(reply)),
                ..Self::new(
                    Code::IDEMPOTENCY_CONFLICT,
                    "the idempotency key was used before for something else",
                )
            },
        }
    }
}

impl From<PatFault> for Error {
    fn from(fault: PatFault) -> Self {
        Self::new(Code::INVALID_TOKEN_FORMAT, fault.to_string())
    }
}

impl From<TokenRefused> for Error {
    fn from(refused: TokenRefused) -> Self {
        let code = match refused {
            TokenRefused::Unknown => Code::INVALID_TOKEN,
            TokenRefused::Expired => Code::TOKEN_EXPIRED,
            TokenRefused::Revoked => Code::TOKEN_REVOKED,
        };
        Self::new(code, refused.to_string())
    }
}

impl From<SessionRefused> for Error {
    fn from(refused: SessionRefused) -> Self {
        let code = match refused {
            SessionRefused::Unknown => Code::INVALID_TOKEN,
            SessionRefused::Expired => Code::TOKEN_EXPIRED,
            SessionRefused::Ended | SessionRefused::Reused => Code::TOKEN_REVOKED,
        };
        Self::new(code, refused.to_string())
    }
}

impl From<PasswordsBusy> for Error {
    fn from(busy: PasswordsBusy) -> Self {
        let retry_after = Some(Duration::from_secs(1));
        Self { retry_after, ..Self::new(Code::RATE_LIMITED, format!("{busy}; try again in a second")) }
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        let message = denied.to_string();
        match denied {
            Denied::NoCredential => Self::new(Code::MISSING_BEARER_TOKEN, message),
            Denied::Kind => Self::new(Code::INVALID_TOKEN, message),
            Denied::Scope(scope) => {
                Self::new(Code::INSUFFICIENT_SCOPE, message).detail("requiredScope", scope.as_str())
            }
            Denied::Role(role) => {
                Self::new(Code::INSUFFICIENT_ROLE, message).detail("requiredRole", role.as_str())
            }
            Denied::Stranger => Self::not_found("the handle"),
        }
    }
}
