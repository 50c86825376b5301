//! What of the gate's refusals the audit learns, and in whose chain it stands.

use lp_access::{Actor, Connection, TokenRecord};
use lp_core::Handle;

use super::Surface;
use crate::application::Inner;
use crate::refusals::Refusal;
use crate::{Code, Error};

/// The way somebody wanted in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) surface: Surface,
    pub(super) operation: &'static str,
}

impl Inner {
    /// Remembers for the audit that somebody known was refused in a handle.
    ///
    /// What a token tried elsewhere stands in the chain of its own handle, what a stranger tried in that of the
    /// installation: nobody can write into a chain that is not theirs, and its readers learn of nobody else's tokens.
    pub(super) fn note_refusal(&self, way: Way, actor: &Actor, handle: &Handle, error: &Error) {
        if !is_refusal(error.code) {
            return;
        }
        let space = match actor {
            Actor::Token { handle: own, .. } | Actor::Connector { handle: own, .. } => own.clone(),
            Actor::User { .. } if error.code == Code::NOT_FOUND => Handle::installation(),
            Actor::User { .. } => handle.clone(),
            Actor::Anonymous | Actor::Operator => return,
        };
        self.add_refusal(way, space, actor.to_string(), error);
    }

    /// Remembers that a token was shown that opens nothing any more, or with a wrong secret.
    pub(super) fn note_token_refused(&self, way: Way, record: &TokenRecord, error: &Error) {
        self.add_refusal(way, record.handle.clone(), format!("token:{}", record.id), error);
    }

    /// The same of an app's token.
    pub(super) fn note_connector_refused(&self, way: Way, connection: &Connection, error: &Error) {
        self.add_refusal(way, connection.handle.clone(), format!("connector:{}", connection.id), error);
    }

    fn add_refusal(&self, way: Way, handle: Handle, actor: String, error: &Error) {
        self.refusals.add(Refusal {
            handle,
            actor,
            surface: way.surface.as_str().to_owned(),
            operation: way.operation.to_owned(),
            code: error.code.name().to_owned(),
        });
    }
}

/// Faults of ours and arguments that do not fit are no refusals.
fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::INSUFFICIENT_SCOPE
            | Code::INSUFFICIENT_ROLE
            | Code::INVALID_TOKEN
            | Code::NOT_FOUND
            | Code::FEATURE_LOCKED
            // Of an account that has no writes left; who calls too often is not told here.
            | Code::RATE_LIMITED
    )
}
