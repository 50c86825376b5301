//! Codes and refresh tokens become tokens, and tokens are given back.

use lp_access::{
    Actor, Client, Connection, ConnectionSecret, CredentialKind, CredentialRecord, Exchange, ExchangeRefused,
    Grants, Proof, asked_scopes,
};
use lp_core::Scopes;
use lp_ports::{Batch, Change, ConnectionChange, Guard};

use super::clients;
use super::input::{Revocation, TokenRequest};
use super::resource;
use super::scopes::{list, text};
use super::view::{Revoked, Tokens};
use crate::cx::Cx;
use crate::refusals::Refusal;
use crate::{Code, Error};

/// Gives tokens for a code or a refresh token.
pub(super) async fn token(cx: Cx, input: TokenRequest) -> Result<Tokens, Error> {
    let grant = input.grant_type.as_deref();
    if !matches!(grant, Some("authorization_code" | "refresh_token")) {
        let message = "grant_type must be authorization_code or refresh_token";
        let code = if grant.is_some() { Code::UNSUPPORTED_GRANT_TYPE } else { Code::INVALID_REQUEST };
        return Err(Error::new(code, message));
    }
    let client =
        clients::authenticate(&cx, input.client_id.as_deref(), input.client_secret.as_deref()).await?;
    if grant == Some("refresh_token") {
        renew(&cx, &client, &input).await
    } else {
        redeem(&cx, &client, &input).await
    }
}

/// Takes a token back. A refresh token takes its connection with it; what is no token of this client is none to take back
/// (RFC 7009, 2.2).
pub(super) async fn revoke(cx: Cx, input: Revocation) -> Result<Revoked, Error> {
    let client =
        clients::authenticate(&cx, input.client_id.as_deref(), input.client_secret.as_deref()).await?;
    let shown = required(input.token.as_deref(), "token")?;
    let Some(shown) = ConnectionSecret::parse(shown) else { return Ok(Revoked {}) };
    let found = cx.connections().credential(shown.hash()).await?;
    let Some(record) = found.filter(|record| record.connection.client.id == client.id) else {
        return Ok(Revoked {});
    };
    let connection = &record.connection;
    let change = match record.grants {
        Grants::Access(_) => ConnectionChange::AccessRevoked(shown.hash()),
        Grants::Code { .. } | Grants::Refresh => ConnectionChange::Ended { id: connection.id, at: cx.at() },
    };
    cx.commit(batch(&cx, connection).change(Change::Connection(change))).await?;
    Ok(Revoked {})
}

/// The first tokens.
async fn redeem(cx: &Cx, client: &Client, input: &TokenRequest) -> Result<Tokens, Error> {
    let code = required(input.code.as_deref(), "code")?;
    let redirect_uri = required(input.redirect_uri.as_deref(), "redirect_uri")?;
    let verifier = required(input.code_verifier.as_deref(), "code_verifier")?;
    let proof = Proof::parse(verifier)
        .map_err(|fault| Error::new(Code::INVALID_GRANT, format!("code_verifier {fault}")))?;
    let (shown, record) = find(cx, code).await?;
    match record.redeem(&client.id, redirect_uri, &proof, cx.at()) {
        Ok(()) => give(cx, input, &shown, &record).await,
        Err(why) => Err(refuse(cx, &record, why).await?),
    }
}

/// The next tokens.
async fn renew(cx: &Cx, client: &Client, input: &TokenRequest) -> Result<Tokens, Error> {
    let (shown, record) = find(cx, required(input.refresh_token.as_deref(), "refresh_token")?).await?;
    match record.renew(&client.id, cx.at()) {
        Ok(Exchange::Give) => give(cx, input, &shown, &record).await,
        Ok(Exchange::Repeat) => {
            resource::still(cx, &record.connection, input.resource.as_deref())?;
            let scopes = narrowed(&record.connection, input.scope.as_deref())?;
            Ok(tokens(cx, &shown, &scopes))
        }
        Err(why) => Err(refuse(cx, &record, why).await?),
    }
}

async fn find(cx: &Cx, text: &str) -> Result<(ConnectionSecret, CredentialRecord), Error> {
    let unknown = || refused(ExchangeRefused::Unknown);
    let shown = ConnectionSecret::parse(text).ok_or_else(unknown)?;
    let record = cx.connections().credential(shown.hash()).await?.ok_or_else(unknown)?;
    Ok((shown, record))
}

async fn give(
    cx: &Cx,
    input: &TokenRequest,
    shown: &ConnectionSecret,
    record: &CredentialRecord,
) -> Result<Tokens, Error> {
    let connection = &record.connection;
    resource::still(cx, connection, input.resource.as_deref())?;
    let scopes = narrowed(connection, input.scope.as_deref())?;
    let (at, key) = (cx.at(), cx.secret().now());
    let renewed = ConnectionChange::Renewed {
        id: connection.id,
        used: shown.hash(),
        refresh: shown.next(CredentialKind::Refresh, key).hash(),
        access: shown.next(CredentialKind::Access, key).hash(),
        scopes: scopes.clone(),
        at,
        access_expires_at: at.plus(Connection::ACCESS_LIFE),
        expires_at: at.plus(Connection::LIFE),
    };
    let batch = batch(cx, connection).guard(Guard::CredentialUnused(shown.hash()));
    // Not remembered for repeats: tokens are never stored.
    cx.commit(batch.change(Change::Connection(renewed))).await?;
    Ok(tokens(cx, shown, &scopes))
}

/// What follows what was shown, today and when it is asked again a moment later.
fn tokens(cx: &Cx, shown: &ConnectionSecret, scopes: &Scopes) -> Tokens {
    let key = cx.secret().now();
    Tokens {
        access_token: shown.next(CredentialKind::Access, key).text(),
        token_type: "Bearer".to_owned(),
        expires_in: Connection::ACCESS_LIFE.as_secs(),
        refresh_token: shown.next(CredentialKind::Refresh, key).text(),
        scope: text(scopes),
    }
}

/// What an access token allows: what was granted, or less of it; nothing is widened here (RFC 6749, 6).
fn narrowed(connection: &Connection, asked: Option<&str>) -> Result<Scopes, Error> {
    let Some(asked) = asked else { return Ok(connection.scopes.clone()) };
    let invalid = |message: String| Error::new(Code::INVALID_SCOPE, message);
    let asked = asked_scopes(asked).map_err(|fault| invalid(fault.to_string()))?;
    if let Some(beyond) = asked.iter().find(|scope| !connection.scopes.allow(**scope)) {
        return Err(invalid(format!("'{beyond}' was not granted; ask the person for it")));
    }
    Ok(if asked.is_empty() { connection.scopes.clone() } else { list(&asked) })
}

/// Ends the connection of something that came a second time, and says why there are no tokens.
async fn refuse(cx: &Cx, record: &CredentialRecord, why: ExchangeRefused) -> Result<Error, Error> {
    let connection = &record.connection;
    if why == ExchangeRefused::Reused {
        let ended = ConnectionChange::Ended { id: connection.id, at: cx.at() };
        cx.commit(batch(cx, connection).change(Change::Connection(ended))).await?;
    }
    cx.app.refusals.add(Refusal {
        handle: connection.handle.clone(),
        actor: actor(connection).to_string(),
        surface: cx.call.surface.as_str().to_owned(),
        operation: cx.call.operation.to_owned(),
        code: Code::INVALID_GRANT.name().to_owned(),
    });
    Ok(refused(why))
}

fn refused(why: ExchangeRefused) -> Error {
    Error::new(Code::INVALID_GRANT, why.to_string())
}

fn batch(cx: &Cx, connection: &Connection) -> Batch {
    cx.batch_in(&connection.handle, &actor(connection), &connection.id.to_string())
}

/// The app, which proves only here that it is the one that was let in.
fn actor(connection: &Connection) -> Actor {
    Actor::Connector {
        id: connection.id,
        user: connection.user,
        handle: connection.handle.clone(),
        scopes: connection.scopes.clone(),
        audience: connection.audience,
    }
}

fn required<'t>(text: Option<&'t str>, name: &str) -> Result<&'t str, Error> {
    text.ok_or_else(|| Error::new(Code::INVALID_REQUEST, format!("the request lacks {name}")))
}
