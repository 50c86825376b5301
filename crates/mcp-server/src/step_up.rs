//! Refusals for want of scope as HTTP has them, for clients that ask the person for more of their own accord.

use std::sync::{Arc, OnceLock};

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};

use crate::reply::ReplyBody;

/// How a connector is told that it needs more scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScopeChallenge {
    /// Within the result of the tool, with HTTP status 200.
    #[default]
    Envelope,
    /// With the same body under HTTP status 403 and a challenge (RFC 6750, 3.1): some clients ask the person then, and call
    /// again; others take it for a fault of the server.
    Http,
}

/// The challenge of a call, from where it is refused to where its status is chosen: a handler of the protocol cannot.
#[derive(Debug, Clone, Default)]
pub(crate) struct StepUp(Arc<OnceLock<String>>);

impl StepUp {
    /// What would do. Only the first refusal of a request counts.
    pub(crate) fn demand(&self, challenge: String) {
        let _ = self.0.set(challenge);
    }

    /// The reply as it is, or with status and header where something was demanded.
    pub(crate) fn put(&self, mut response: Response<ReplyBody>) -> Response<ReplyBody> {
        let Some(challenge) = self.0.get() else { return response };
        *response.status_mut() = StatusCode::FORBIDDEN;
        let value = HeaderValue::try_from(challenge);
        response.headers_mut().extend(value.ok().map(|value| (WWW_AUTHENTICATE, value)));
        response
    }
}
