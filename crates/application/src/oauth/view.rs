//! What the operations of the authorization server answer.

#![expect(missing_docs, reason = "what is said of a field stands in the schema")]

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::View;

/// What is to be done about a request for access: show what is asked, or send the browser on at once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// Where the browser goes with a refusal, without anybody being asked; null where there is something to decide.
    pub redirect_to: Option<String>,
    /// What there is to decide.
    pub requested: Option<Requested>,
}

/// What an app asks for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Requested {
    pub client: ClientView,
    /// The handles that can be meant: the one of the resource, or all of the person's. None where the resource's is
    /// not theirs.
    pub handles: Vec<HandleChoice>,
    /// The handle that the resource names, whether or not it is the person's.
    pub handle: Option<String>,
    pub scopes: Vec<ScopeChoice>,
    /// Whether all of it was allowed before and need not be asked again.
    pub remembered: bool,
}

/// An app, as far as anybody can know.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientView {
    pub client_id: String,
    /// As it calls itself, which proves nothing.
    pub name: Option<String>,
    /// REGISTERED by itself, VOUCHED for by the operator, or described by a DOCUMENT at its own address.
    pub kind: String,
    /// The host of that address.
    pub host: Option<String>,
    /// The origin that the answer goes to.
    pub answers_to: String,
    /// Whether any program on the person's machine can receive the answer.
    pub local: bool,
}

/// A handle that an app can be let into.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HandleChoice {
    pub handle: String,
    /// The person's role there.
    pub role: String,
    /// The scopes that this role can use.
    pub scopes: Vec<String>,
}

/// A thing that an app could be allowed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScopeChoice {
    pub scope: String,
    /// In words.
    pub title: String,
    /// CONNECT, READ, PRIVATE, WRITE: what it could do at worst.
    pub risk: String,
    /// Whether the app asks for it.
    pub asked: bool,
    /// Whether the person allows it to this app already.
    pub allowed: bool,
}

/// Where the browser goes.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedirectTo {
    pub redirect_to: String,
}

/// What an app acts with (RFC 6749, 5.1).
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Tokens {
    /// For the header `Authorization: Bearer …` at the MCP server that was granted.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// For one exchange.
    pub refresh_token: String,
    /// What the access token allows, separated by spaces.
    pub scope: String,
}

/// That a token opens nothing any more, whatever it was (RFC 7009, 2.2).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Revoked {}

/// Apps that were let in, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionList {
    pub connections: Vec<ConnectionView>,
}

/// An app that was let in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    pub connection_id: String,
    pub handle: String,
    /// Who let it in.
    pub user_id: String,
    pub client_id: String,
    /// As it calls itself.
    pub client_name: Option<String>,
    /// The origin that its answers go to.
    pub answers_to: String,
    pub scopes: Vec<String>,
    pub created_at: String,
    /// To about a minute; null where it was never used.
    pub last_used_at: Option<String>,
    /// When it ends unless it is used.
    pub expires_at: String,
}

/// That an app is out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndedConnection {
    pub connection_id: String,
    pub ended: bool,
}

impl View for Authorization {}
impl View for RedirectTo {}
impl View for Tokens {}
impl View for Revoked {}
impl View for ConnectionList {}
impl View for EndedConnection {}

/// Shows no code.
impl fmt::Debug for RedirectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedirectTo").finish_non_exhaustive()
    }
}

/// Shows no token.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("scope", &self.scope).finish_non_exhaustive()
    }
}
