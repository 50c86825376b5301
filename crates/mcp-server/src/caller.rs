use std::net::IpAddr;

use http::HeaderMap;
use lp_application::{Accepts, Credential, Request, Surface};
use lp_core::text::is_request_id;
use serde_json::{Map, Value};

use crate::step_up::StepUp;

/// Who sent a request, and through which address: what the transport knows and a tool call needs.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The handle that host or path names.
    pub(crate) bound: Option<String>,
    pub(crate) credential: Credential,
    pub(crate) address: Option<IpAddr>,
    pub(crate) request_id: String,
    /// Where it is said who gives out credentials for this address.
    pub(crate) metadata_url: String,
    /// Where a want of scope is told to HTTP; `None` where it stays in the envelope.
    pub(crate) step_up: Option<StepUp>,
}

impl Caller {
    /// The call of a tool.
    pub(crate) fn request(
        &self,
        operation: &str,
        arguments: Map<String, Value>,
        idempotency_key: Option<String>,
    ) -> Request {
        Request {
            operation: operation.to_owned(),
            arguments,
            bound: self.bound.clone(),
            credential: self.credential.clone(),
            accepts: Accepts::Connector,
            surface: Surface::Mcp,
            request_id: self.request_id.clone(),
            idempotency_key,
            address: self.address,
        }
    }
}

/// The caller's own id of its request, where it is one that can stand in logs and headers.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("x-request-id")?.to_str().ok()?;
    is_request_id(text).then(|| text.to_owned())
}
