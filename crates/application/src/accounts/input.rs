//! What goes into the operations on accounts.

#![expect(missing_docs, reason = "what is said of a field stands in the schema")]

use std::fmt;

use lp_access::Email;
use lp_core::SessionId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wire::{Wire, Word};

/// Who signs in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    pub email: Wire<Email>,
    #[schemars(length(min = 1, max = 1024))]
    pub password: String,
    /// What signs in, as the list of sessions shows it: "laptop", "deploy script".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Wire<Word>")]
    pub agent: Option<Wire<Word>>,
}

/// What keeps somebody signed in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refresh {
    #[schemars(length(min = 1, max = 200))]
    pub refresh_token: String,
}

/// Which session.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneSession {
    pub session: Wire<SessionId>,
}

/// Shows who, never the password.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("email", &self.email).finish_non_exhaustive()
    }
}

/// Shows nothing of the token.
impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refresh(…)")
    }
}
