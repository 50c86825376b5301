use std::net::IpAddr;

use lp_access::Actor;
use lp_core::Handle;
use serde_json::{Map, Value};

use super::{Accepts, Credential, Request, Surface};

/// On whose behalf a program calls, and in which handle.
///
/// Who calls decides what it may: nobody gets past the gate by being in the same process.
#[derive(Debug, Clone)]
pub struct Caller {
    credential: Credential,
    accepts: Accepts,
    handle: Option<String>,
    repeat_key: Option<String>,
    request_id: Option<String>,
    address: Option<IpAddr>,
}

impl Caller {
    /// The operator of the installation, who may everything and is not limited: for what the program does by itself.
    pub fn operator() -> Self {
        Self::known(Actor::Operator)
    }

    /// Somebody that the program has identified and vouches for.
    pub fn known(actor: Actor) -> Self {
        Self::with(Credential::Known(actor), Accepts::Trusted)
    }

    /// Whoever shows this personal access token.
    pub fn token(text: impl Into<String>) -> Self {
        Self::with(Credential::Bearer(text.into()), Accepts::Pat)
    }

    fn with(credential: Credential, accepts: Accepts) -> Self {
        Self { credential, accepts, handle: None, repeat_key: None, request_id: None, address: None }
    }

    /// In this handle. A token without one acts in its own.
    #[must_use]
    pub fn on(self, handle: &Handle) -> Self {
        Self { handle: Some(handle.to_string()), ..self }
    }

    /// Makes repeats harmless: a second call with this key and the same input is answered like the first.
    #[must_use]
    pub fn repeat_key(self, key: impl Into<String>) -> Self {
        Self { repeat_key: Some(key.into()), ..self }
    }

    /// The id under which log and audit know the call; a fresh one where none is given.
    #[must_use]
    pub fn request_id(self, id: impl Into<String>) -> Self {
        Self { request_id: Some(id.into()), ..self }
    }

    /// Where the caller calls from: failed attempts are limited by it.
    #[must_use]
    pub fn address(self, address: IpAddr) -> Self {
        Self { address: Some(address), ..self }
    }

    pub(super) fn request(
        &self,
        operation: &str,
        arguments: Map<String, Value>,
        fresh_id: impl FnOnce() -> String,
    ) -> Request {
        Request {
            operation: operation.to_owned(),
            arguments,
            bound: self.handle.clone(),
            credential: self.credential.clone(),
            accepts: self.accepts,
            surface: Surface::Embedded,
            request_id: self.request_id.clone().unwrap_or_else(fresh_id),
            idempotency_key: self.repeat_key.clone(),
            address: self.address,
        }
    }
}
