//! What goes into the operations on accounts.

#![expect(missing_docs, reason = "what is said of a field stands in the schema")]

use std::fmt;

use lp_access::password::NewPassword;
use lp_access::{Email, MailCode, Proof, ProofChallenge};
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

/// Who wants an account.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignUp {
    pub email: Wire<Email>,
    pub password: Wire<NewPassword>,
}

/// Which mailbox.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneMailbox {
    pub email: Wire<Email>,
}

/// The code that came by mail.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShownCode {
    pub email: Wire<Email>,
    pub code: Wire<MailCode>,
    /// What signs in, as the list of sessions shows it: "laptop", "deploy script".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Wire<Word>")]
    pub agent: Option<Wire<Word>>,
}

/// The code that came by mail, and the password that shall be.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResetPassword {
    pub email: Wire<Email>,
    pub code: Wire<MailCode>,
    pub password: Wire<NewPassword>,
    /// What signs in, as the list of sessions shows it: "laptop", "deploy script".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Wire<Word>")]
    pub agent: Option<Wire<Word>>,
}

/// The password that is, and the one that shall be.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePassword {
    #[schemars(length(min = 1, max = 1024))]
    pub current_password: String,
    pub new_password: Wire<NewPassword>,
}

/// A desktop that wants to be signed in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartDesktop {
    pub device_proof_challenge: Wire<ProofChallenge>,
    /// What signs in, as the person who approves and the list of sessions see it: "OpenAnalyst on my laptop".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Wire<Word>")]
    pub agent: Option<Wire<Word>>,
}

/// Which attempt of a desktop.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneAttempt {
    /// As desktop_start answered it.
    #[schemars(length(min = 1, max = 2048))]
    pub attempt_id: String,
}

/// An attempt, and what its desktop has kept to itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedeemAttempt {
    /// As desktop_start answered it.
    #[schemars(length(min = 1, max = 2048))]
    pub attempt_id: String,
    pub device_proof: Wire<Proof>,
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

/// Shows nothing of the passwords.
impl fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangePassword(…)")
    }
}
