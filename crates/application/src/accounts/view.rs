//! What the operations on accounts answer.

#![expect(missing_docs, reason = "what is said of a field stands in the schema")]

use std::fmt;

use lp_access::{AttemptState, DeviceAttempt, Session};
use lp_core::SessionId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::View;

/// That somebody is signed in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// For the header `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// For one use of auth_refresh.
    pub refresh_token: String,
    pub user: User,
}

/// An account as its own person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub user_id: String,
    pub email: String,
}

/// The account that is signed in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub user_id: String,
    pub email: String,
    pub created_at: String,
    /// The session of the access token.
    pub session_id: Option<String>,
}

/// What an account may use of a product.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    pub product: String,
    pub user: User,
    pub entitlements: Vec<String>,
}

/// Where an account is signed in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionList {
    pub sessions: Vec<SessionView>,
}

/// One signing in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    pub session_id: String,
    /// What signed in, as it named itself.
    pub agent: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
    pub created_at: String,
    /// When it was last renewed.
    pub renewed_at: String,
    /// When it ends unless it is renewed.
    pub expires_at: String,
}

/// That a session is over.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndedSession {
    pub session_id: String,
    pub ended: bool,
}

/// That nobody is signed in any more.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedOut {
    pub signed_out: bool,
}

/// That a code was mailed, if the address is one that gets it: this tells nobody whether it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mailed {
    pub email: String,
    /// Always `CONFIRMATION_REQUIRED`: the code from the mail is awaited.
    pub status: String,
}

/// That the password is another now.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedPassword {
    pub changed: bool,
}

/// Where a person lets a desktop be signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartedDesktop {
    /// For desktop_redeem, with the proof.
    pub attempt_id: String,
    /// To be opened in a browser.
    pub authorize_url: String,
    /// Until when the attempt can be approved and redeemed.
    pub expires_at: String,
}

/// A desktop that wants to be signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttemptView {
    /// As it named itself.
    pub agent: Option<String>,
    pub started_at: String,
    pub expires_at: String,
    /// `WAITING`, `APPROVED`, `DECLINED`, `SIGNED_IN` or `EXPIRED`.
    pub state: String,
}

impl AttemptView {
    pub(super) fn of(attempt: &DeviceAttempt, state: AttemptState) -> Self {
        Self {
            agent: (!attempt.agent.is_empty()).then(|| attempt.agent.clone()),
            started_at: attempt.started_at.to_string(),
            expires_at: attempt.expires_at().to_string(),
            state: state.as_str().to_owned(),
        }
    }
}

impl SessionView {
    pub(super) fn of(session: &Session, current: Option<SessionId>) -> Self {
        Self {
            session_id: session.id.to_string(),
            agent: (!session.agent.is_empty()).then(|| session.agent.clone()),
            current: current == Some(session.id),
            created_at: session.created_at.to_string(),
            renewed_at: session.renewed_at.to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}

impl View for SignedIn {}
impl View for Account {}
impl View for Product {}
impl View for SessionList {}
impl View for EndedSession {}
impl View for SignedOut {}
impl View for Mailed {}
impl View for ChangedPassword {}
impl View for StartedDesktop {}
impl View for AttemptView {}

/// Shows who, never the tokens.
impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("user", &self.user).finish_non_exhaustive()
    }
}
