//! An app asks, a person answers.

use lp_access::{Client, ClientName, ConnectedClient, Connection, ConnectionSecret, Denied};
use lp_core::{Handle, Role, Scope, UserId};
use lp_ports::{Batch, Change, ConnectionChange};

use super::input::{AuthorizationRequest, Decision};
use super::request::{Asked, Checked, check};
use super::scopes::{list, offered_scopes, reachable, words};
use super::view::{Authorization, ClientView, HandleChoice, RedirectTo, Requested, ScopeChoice};
use crate::cx::Cx;
use crate::names::Named;
use crate::{Code, Error};

/// A handle of the person's, and what they may do there.
struct Membership {
    named: Named,
    role: Role,
}

/// What is asked, and what could be allowed.
pub(super) async fn show(cx: Cx, request: AuthorizationRequest) -> Result<Authorization, Error> {
    let asked = match check(&cx, &request).await? {
        Checked::Ask(asked) => asked,
        Checked::Refuse(redirect_to) => {
            return Ok(Authorization { redirect_to: Some(redirect_to), requested: None });
        }
    };
    let (user, _) = cx.account()?;
    let memberships = memberships(&cx, user, &asked).await?;
    let before = standing(&cx, user, &asked.client).await?;
    let allowed = |scope: Scope| {
        let meant = |one: &&Connection| memberships.iter().any(|member| member.named.key == one.handle);
        before.iter().filter(meant).any(|one| one.scopes.allow(scope))
    };
    let offered = offered_scopes(&cx.app.catalogue);
    let scopes = offered.iter().map(|&scope| {
        let (title, risk) = words(scope);
        ScopeChoice {
            scope: scope.to_string(),
            title: title.to_owned(),
            risk: risk.as_str().to_owned(),
            asked: asked.scopes.contains(&scope),
            allowed: allowed(scope),
        }
    });
    let requested = Requested {
        client: client_view(&asked),
        handle: asked.target.handle.as_ref().map(|named| named.name.to_string()),
        scopes: scopes.collect(),
        remembered: remembered(&cx, &asked, &memberships, &before).is_some(),
        handles: memberships.iter().map(|member| choice(&cx, member)).collect(),
    };
    Ok(Authorization { redirect_to: None, requested: Some(requested) })
}

/// Lets the app in, or does not; either way it is told.
pub(super) async fn decide(cx: Cx, decision: Decision) -> Result<RedirectTo, Error> {
    let asked = match check(&cx, &decision.request()).await? {
        Checked::Ask(asked) => asked,
        Checked::Refuse(redirect_to) => return Ok(RedirectTo { redirect_to }),
    };
    match decision.decision.as_str() {
        "approve" => approve(&cx, &asked, &decision).await,
        "deny" => deny(&cx, &asked).await,
        _ => Err(Error::field("/decision", "unknown_value", "must be approve or deny")),
    }
}

async fn approve(cx: &Cx, asked: &Asked, decision: &Decision) -> Result<RedirectTo, Error> {
    let (user, _) = cx.account()?;
    let before = standing(cx, user, &asked.client).await?;
    let memberships = memberships(cx, user, asked).await?;
    let member = chosen(memberships, asked, decision.handle.as_deref())?;
    let scopes = allowed(cx, asked, &member, &before, decision.scopes.as_deref())?;
    let at = cx.at();
    let code = ConnectionSecret::code(cx.random());
    let connection = Connection {
        id: cx.connection_id(),
        handle: member.named.key.clone(),
        user,
        client: ConnectedClient {
            id: asked.client.id.clone(),
            name: asked.client.name.as_ref().map_or("", ClientName::as_str).to_owned(),
            place: asked.answer.redirect.origin().to_owned(),
        },
        audience: asked.target.audience,
        scopes: list(&scopes),
        created_at: at,
        renewed_at: at,
        expires_at: at.plus(Connection::CODE_LIFE),
        ended_at: None,
        last_used_at: None,
    };
    let subject = format!("{} {}", connection.id, connection.client.place);
    let batch = cx.batch_in(&connection.handle, &cx.call.actor, &subject);
    let batch = making_room(batch, &before, &connection);
    let begun = ConnectionChange::Begun {
        connection: Box::new(connection),
        code: code.hash(),
        redirect_uri: asked.answer.redirect.to_string(),
        challenge: asked.challenge,
    };
    // Not remembered for repeats: codes are never stored.
    cx.commit(batch.change(Change::Connection(begun))).await?;
    Ok(RedirectTo { redirect_to: asked.answer.code(&code.text()) })
}

/// Nothing comes of it but an entry in the audit.
async fn deny(cx: &Cx, asked: &Asked) -> Result<RedirectTo, Error> {
    let (user, _) = cx.account()?;
    let space = match &asked.target.handle {
        Some(named) if cx.access().role(user, &named.key).await?.is_some() => named.key.clone(),
        _ => Handle::installation(),
    };
    let subject = format!("denied {}", asked.answer.redirect.origin());
    cx.commit(cx.batch_in(&space, &cx.call.actor, &subject)).await?;
    Ok(RedirectTo { redirect_to: asked.answer.refusal(Code::ACCESS_DENIED, "the person declined") })
}

/// What this app may do already where this person let it in.
async fn standing(cx: &Cx, user: UserId, client: &Client) -> Result<Vec<Connection>, Error> {
    let all = cx.connections().connections_of(user).await?;
    let goes_on = |one: &Connection| one.is_taken_up() && one.standing(cx.at()).is_ok();
    Ok(all.into_iter().filter(|one| one.client.id == client.id && goes_on(one)).collect())
}

/// The handles that can be meant.
async fn memberships(cx: &Cx, user: UserId, asked: &Asked) -> Result<Vec<Membership>, Error> {
    if let Some(named) = &asked.target.handle {
        let role = cx.access().role(user, &named.key).await?;
        return Ok(role.map(|role| Membership { named: named.clone(), role }).into_iter().collect());
    }
    let all = cx.access().handles_of(user).await?;
    let active = all.into_iter().filter(|(record, _)| record.is_active());
    let named = active.map(|(record, role)| {
        let named = Named { key: record.handle, name: record.name, active: true };
        Membership { named, role }
    });
    Ok(named.collect())
}

/// The handle that is meant.
fn chosen(memberships: Vec<Membership>, asked: &Asked, named: Option<&str>) -> Result<Membership, Error> {
    let only = memberships.len() == 1;
    let mut fitting = memberships.into_iter().filter(|member| {
        named.map_or(only, |name| member.named.name.as_str() == name || member.named.key.as_str() == name)
    });
    match (fitting.next(), named) {
        (Some(member), _) => Ok(member),
        (None, Some(_)) if asked.target.handle.is_some() => {
            Err(Error::new(Code::HANDLE_MISMATCH, "the resource is of another handle; leave the handle out"))
        }
        (None, None) if asked.target.handle.is_none() => {
            Err(Error::new(Code::MISSING_HANDLE, "name the handle that the app is let into"))
        }
        (None, _) => Err(Denied::Stranger.into()),
    }
}

/// What is allowed: what the person names, else what is asked for and what was allowed before; never more than they may
/// do themselves.
fn allowed(
    cx: &Cx,
    asked: &Asked,
    member: &Membership,
    before: &[Connection],
    named: Option<&[String]>,
) -> Result<Vec<Scope>, Error> {
    let own = reachable(&cx.app.catalogue, member.role);
    let Some(named) = named else {
        let earlier =
            |scope: Scope| before.iter().any(|one| one.handle == member.named.key && one.scopes.allow(scope));
        return Ok(own.into_iter().filter(|scope| asked.scopes.contains(scope) || earlier(*scope)).collect());
    };
    let beyond: Vec<_> =
        named.iter().filter(|name| !own.iter().any(|scope| scope.as_str() == name.as_str())).collect();
    if let Some(first) = beyond.first() {
        let message = format!("'{first:.80}' is no scope that your role in the handle can use");
        return Err(Error::new(Code::INVALID_SCOPE, message));
    }
    let is_named = |scope: &Scope| named.iter().any(|name| name == scope.as_str());
    Ok(own.into_iter().filter(|scope| is_named(scope) || *scope == Scope::MCP_CONNECT).collect())
}

/// The handle into which this app was let before with all that it asks for now. Not of apps on the person's machine:
/// whatever runs there could ask in their name (RFC 8252, 8.6).
fn remembered<'m>(
    cx: &Cx,
    asked: &Asked,
    memberships: &'m [Membership],
    before: &[Connection],
) -> Option<&'m Membership> {
    if asked.insists || asked.answer.redirect.is_loopback() {
        return None;
    }
    let [only] = memberships else { return None };
    let own = reachable(&cx.app.catalogue, only.role);
    let wanted = asked.scopes.iter().filter(|scope| own.contains(scope));
    let covers = |one: &&Connection| {
        one.handle == only.named.key
            && one.audience == asked.target.audience
            && wanted.clone().all(|scope| one.scopes.allow(*scope))
    };
    before.iter().find(covers).map(|_| only)
}

/// Ends the oldest connections of the same app where there would be too many.
fn making_room(batch: Batch, before: &[Connection], new: &Connection) -> Batch {
    let same = |one: &&Connection| one.handle == new.handle;
    let mut others: Vec<_> = before.iter().filter(same).collect();
    others.sort_by_key(|one| std::cmp::Reverse(one.renewed_at));
    others.iter().skip(Connection::MOST - 1).fold(batch, |batch, one| {
        batch.change(Change::Connection(ConnectionChange::Ended { id: one.id, at: new.created_at }))
    })
}

fn choice(cx: &Cx, member: &Membership) -> HandleChoice {
    let scopes = reachable(&cx.app.catalogue, member.role);
    HandleChoice {
        handle: member.named.name.to_string(),
        role: member.role.to_string(),
        scopes: scopes.iter().map(ToString::to_string).collect(),
    }
}

fn client_view(asked: &Asked) -> ClientView {
    let client = &asked.client;
    let document = client.id.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    ClientView {
        client_id: client.id.clone(),
        name: client.name.as_ref().map(|name| name.as_str().to_owned()),
        kind: client.kind.as_str().to_owned(),
        host: document.map(ToOwned::to_owned),
        answers_to: asked.answer.redirect.origin().to_owned(),
        local: asked.answer.redirect.is_loopback(),
    }
}
