//! Personal access tokens: what scripts show instead of a password.

use std::fmt;

use lp_access::{Actor, Feature, Need, TokenRecord, mint};
use lp_core::{Role, ScopePattern, Scopes, Timestamp, TokenId};
use lp_ports::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Code;
use crate::Error;
use crate::catalogue::{Body, Effect, Method, Op, Operation, View};
use crate::cx::Cx;
use crate::system::NoInput;
use crate::wire::{Wire, Word};

/// Makes a token.
pub const CREATE: Op<CreateToken, CreatedToken> = Op::named("tokens_create");
/// Lists the tokens of a handle.
pub const LIST: Op<NoInput, TokenList> = Op::named("tokens_list");
/// Revokes a token.
pub const REVOKE: Op<OneToken, RevokedToken> = Op::named("tokens_revoke");

/// No token may manage tokens, whatever its scopes.
const NEED: Need = Need::Role(Role::Operator);

/// What a new token is called and may do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateToken {
    pub name: Wire<Word>,
    #[schemars(length(min = 1, max = 50))]
    pub scopes: Vec<Wire<ScopePattern>>,
    /// From then on the token opens nothing; without it the token is good until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Wire<Timestamp>")]
    pub expires_at: Option<Wire<Timestamp>>,
}

/// Which token.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneToken {
    pub token_id: Wire<TokenId>,
}

/// A new token, readable this once.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct CreatedToken {
    pub token_id: String,
    pub name: String,
    pub scopes: Vec<String>,
    /// The token itself. It is not kept, so a repeat with the same Idempotency-Key is answered null here.
    pub token: Option<String>,
    pub created_at: String,
    pub expires_at: Option<String>,
    #[serde(skip)]
    created: bool,
}

/// A token without its secret.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    pub token_id: String,
    pub name: String,
    pub scopes: Vec<String>,
    pub created_at: String,
    pub expires_at: Option<String>,
    pub revoked_at: Option<String>,
    /// To about a minute; null where it was never used.
    pub last_used_at: Option<String>,
}

/// The tokens of a handle, oldest first, revoked and expired ones included.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct TokenList {
    pub handle: String,
    pub tokens: Vec<TokenView>,
}

/// That a token opens nothing any more.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct RevokedToken {
    pub token_id: String,
    pub revoked: bool,
}

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::write(CREATE, NEED, create)
            .about(
                "Create a token",
                "Make a personal access token of the handle with these scopes. Its text is in this answer and nowhere else.",
            )
            .effect(Effect { idempotent: false, ..Effect::PRIVATE })
            .no_tool()
            .feature(Feature::GrowthTools)
            .at_for_accounts(Method::Post, "tokens")
            .body(Body::Rest),
        Operation::read(LIST, NEED, list)
            .about("List tokens", "List the tokens of the handle without their secrets, revoked ones included.")
            .no_tool()
            .feature(Feature::GrowthTools)
            .at_for_accounts(Method::Get, "tokens"),
        Operation::write(REVOKE, NEED, revoke)
            .about("Revoke a token", "Revoke a token: from the next call on it opens nothing.")
            .effect(Effect { destructive: true, ..Effect::PRIVATE })
            .no_tool()
            .feature(Feature::GrowthTools)
            .at_for_accounts(Method::Delete, "tokens/{tokenId}")
            .fails(&[Code::NOT_FOUND]),
    ]
}

async fn create(cx: Cx, input: CreateToken) -> Result<CreatedToken, Error> {
    let expires_at = input.expires_at.map(|at| at.0);
    if expires_at.is_some_and(|at| at <= cx.at()) {
        return Err(Error::field("/expiresAt", "in_the_past", "must be in the future"));
    }
    let handle = cx.handle()?;
    let owner = match &cx.call.actor {
        Actor::User { id, .. } => *id,
        // The machine's operator makes it for who has the handle.
        _ => cx.access().handle(handle).await?.ok_or_else(|| Error::not_found("the handle"))?.owner,
    };
    let scopes = Scopes::of(input.scopes.into_iter().map(|scope| scope.0));
    let (name, id) = (input.name.0, cx.token_id());
    let minted = mint(id.uuid(), cx.random(), handle.clone(), owner, name.as_str(), scopes, cx.at());
    let record = TokenRecord { expires_at, ..minted.record };
    let view = CreatedToken {
        token_id: id.to_string(),
        name: record.name.clone(),
        scopes: texts(&record.scopes),
        token: None,
        created_at: record.created_at.to_string(),
        expires_at: expires_at.map(|at| at.to_string()),
        created: true,
    };
    let batch = cx.batch(&id.to_string())?.change(Change::Token(record));
    let view = cx.finish(batch, view).await?;
    Ok(CreatedToken { token: Some(minted.text), ..view })
}

async fn list(cx: Cx, _: NoInput) -> Result<TokenList, Error> {
    let handle = cx.handle()?;
    let tokens = cx.access().tokens(handle).await?;
    Ok(TokenList {
        handle: cx.name()?.to_string(),
        tokens: tokens.iter().map(|record| TokenView::of(record, cx.last_use(record.id))).collect(),
    })
}

async fn revoke(cx: Cx, input: OneToken) -> Result<RevokedToken, Error> {
    let (handle, id) = (cx.handle()?, input.token_id.0);
    let own = cx.access().token(id).await?.filter(|record| record.handle == *handle);
    own.ok_or_else(|| Error::not_found("the token"))?;
    let batch = cx.batch(&id.to_string())?.change(Change::TokenRevoked { id, at: cx.at() });
    cx.finish(batch, RevokedToken { token_id: id.to_string(), revoked: true }).await
}

/// A list of scopes as it is shown.
pub(crate) fn texts(scopes: &Scopes) -> Vec<String> {
    scopes.patterns().iter().map(|pattern| pattern.as_str().to_owned()).collect()
}

impl TokenView {
    /// `used` is a use that the store does not know yet.
    fn of(record: &TokenRecord, used: Option<Timestamp>) -> Self {
        let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            token_id: record.id.to_string(),
            name: record.name.clone(),
            scopes: texts(&record.scopes),
            created_at: record.created_at.to_string(),
            expires_at: instant(record.expires_at),
            revoked_at: instant(record.revoked_at),
            last_used_at: instant(record.last_used_at.max(used)),
        }
    }
}

impl View for TokenList {}
impl View for RevokedToken {}

impl View for CreatedToken {
    fn created(&self) -> bool {
        self.created
    }

    fn with_created(self, created: bool) -> Self {
        Self { created, ..self }
    }
}

/// Shows which, never the secret.
impl fmt::Debug for CreatedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedToken").field("token_id", &self.token_id).finish_non_exhaustive()
    }
}
