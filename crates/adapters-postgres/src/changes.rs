mod connections;
mod handles;
mod links;
mod mail;
mod sessions;

use lp_access::{Account, AuditEntry, Plan, TokenRecord};
use lp_core::{Handle, Revision, Timestamp};
use lp_links::{Link, LinkState, RevisionAction};
use lp_ports::{Change, CommitError, ConnectionChange, Guard, MailChange, StoreError};
use sqlx::PgConnection;

use crate::commit::Halt;
use crate::plans;
use crate::rows::scope_list;
use crate::rules;
use crate::text::stored;

const ADD_ACCOUNT: &str = "INSERT INTO accounts (id, email, password_hash, created_at, plan, time_zone, openanalyst) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

const ADD_TOKEN: &str = "INSERT INTO tokens (id, handle, owner, name, scopes, secret, created_at, expires_at, \
     revoked_at) VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9)";

const REVOKE_TOKEN: &str = "UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

const SET_PASSWORD: &str = "UPDATE accounts SET password_hash = $2 WHERE id = $1";

/// Writes what a batch changes, in its order; links that follow each other together. A change that cannot stand beside
/// what is stored is refused as if the batch had guarded against it.
pub(crate) async fn apply(
    connection: &mut PgConnection,
    entry: &AuditEntry,
    changes: &[Change],
) -> Result<(), Halt> {
    let mut rest = changes;
    while let Some(change) = rest.first() {
        let run: Vec<LinkChange<'_>> = rest.iter().map_while(LinkChange::of).collect();
        if run.is_empty() {
            own(change, &entry.handle)?;
            let written =
                one(connection, &entry.handle, change).await.map_err(|fault| refused(fault, change))?;
            if let Err(stale) = written {
                return Err(CommitError::Stale(stale).into());
            }
        } else {
            links::write(connection, entry, &run).await?;
        }
        rest = &rest[run.len().max(1)..];
    }
    Ok(())
}

/// Another handle, or a connection of one, would be noted and audited where nobody looks for it.
fn own(change: &Change, handle: &Handle) -> Result<(), Halt> {
    let of = match change {
        Change::HandleWritten(write) => &write.record.handle,
        Change::Connection(ConnectionChange::Begun { connection, .. }) => &connection.handle,
        _ => return Ok(()),
    };
    if of == handle { Ok(()) } else { Err(corrupt(change)) }
}

/// The link that is left, or was taken away.
pub(crate) fn link_of(state: &LinkState) -> &Link {
    match state {
        LinkState::Live(link) | LinkState::Deleted(link) => link,
    }
}

/// A change of a link, known to be one.
struct LinkChange<'b> {
    after: &'b LinkState,
    action: RevisionAction,
    change: &'b Change,
}

impl<'b> LinkChange<'b> {
    fn of(change: &'b Change) -> Option<Self> {
        match change {
            Change::Link { after, action } => Some(Self { after, action: *action, change }),
            Change::Rules(_)
            | Change::Account(_)
            | Change::Handle(_)
            | Change::HandleWritten(_)
            | Change::Token(_)
            | Change::TokenRevoked { .. }
            | Change::Terms { .. }
            | Change::SessionBegun { .. }
            | Change::SessionRenewed { .. }
            | Change::SessionEnded { .. }
            | Change::SessionsEnded { .. }
            | Change::PasswordSet { .. }
            | Change::Connection(_)
            | Change::Mail(_) => None,
        }
    }
}

/// Writes it, unless what it takes up is used up, or is another's: then the inner error is the guard that does not hold.
async fn one(
    connection: &mut PgConnection,
    handle: &Handle,
    change: &Change,
) -> Result<Result<(), Guard>, sqlx::Error> {
    let written = match change {
        // These go together, elsewhere.
        Change::Link { .. } => Ok(()),
        Change::Rules(write) => {
            return Ok(rules::write(connection, handle, write).await?.map_or(Ok(()), Err));
        }
        Change::Account(new) => account(connection, new).await,
        Change::Handle(new) => handles::add(connection, new).await,
        Change::HandleWritten(write) => {
            return Ok(handles::set(connection, write).await?.map_or(Ok(()), Err));
        }
        Change::Token(new) => token(connection, new).await,
        Change::TokenRevoked { id, at } => {
            let query = sqlx::query(REVOKE_TOKEN).bind(id.uuid()).bind(at.micros());
            query.execute(connection).await.map(drop)
        }
        Change::Terms { account, set } => plans::change(connection, *account, set).await,
        Change::SessionBegun { session, refresh } => sessions::begin(connection, session, *refresh).await,
        Change::SessionRenewed { id, used, next, at, expires_at } => {
            let renewed = sessions::renew(connection, *id, *used, *next, *at, *expires_at).await?;
            return Ok(if renewed { Ok(()) } else { Err(Guard::RefreshUnused(*used)) });
        }
        Change::SessionEnded { id, at } => sessions::end(connection, *id, *at).await,
        Change::SessionsEnded { user, except, at } => {
            sessions::end_all(connection, *user, *except, *at).await
        }
        Change::PasswordSet { user, hash } => {
            let query = sqlx::query(SET_PASSWORD).bind(user.uuid()).bind(stored(hash));
            query.execute(connection).await.map(drop)
        }
        Change::Connection(about) => {
            let written = connections::apply(connection, handle, about).await?;
            return Ok(implied(change).filter(|_| !written).map_or(Ok(()), Err));
        }
        Change::Mail(about) => {
            let written = mail::apply(connection, about).await?;
            return Ok(implied(change).filter(|_| !written).map_or(Ok(()), Err));
        }
    };
    written.map(Ok)
}

async fn account(connection: &mut PgConnection, new: &Account) -> Result<(), sqlx::Error> {
    sqlx::query(ADD_ACCOUNT)
        .bind(new.id.uuid())
        .bind(new.email.as_str())
        .bind(stored(&new.password_hash))
        .bind(new.created_at.micros())
        .bind(new.terms.plan.map(Plan::as_str))
        .bind(new.terms.time_zone.name())
        .bind(new.terms.openanalyst)
        .execute(connection)
        .await
        .map(drop)
}

async fn token(connection: &mut PgConnection, new: &TokenRecord) -> Result<(), sqlx::Error> {
    sqlx::query(ADD_TOKEN)
        .bind(new.id.uuid())
        .bind(new.handle.as_str())
        .bind(new.owner.uuid())
        .bind(stored(&new.name))
        .bind(scope_list(&new.scopes))
        .bind(&new.secret.0[..])
        .bind(new.created_at.micros())
        .bind(new.expires_at.map(Timestamp::micros))
        .bind(new.revoked_at.map(Timestamp::micros))
        .execute(connection)
        .await
        .map(drop)
}

/// What stands in the way of a change is named as the guard that would have found it. A violated constraint without
/// such a guard (a token of a handle that is not there) is a row that must not come to be.
fn refused(fault: sqlx::Error, change: &Change) -> Halt {
    let Some(database) = fault.as_database_error() else { return Halt::Failed(fault) };
    let constraint = database.is_unique_violation()
        || database.is_foreign_key_violation()
        || database.is_check_violation();
    if !constraint {
        return Halt::Failed(fault);
    }
    if database.is_unique_violation() { taken(change) } else { corrupt(change) }
}

/// There is one already, or it is used up.
fn taken(change: &Change) -> Halt {
    match implied(change) {
        Some(guard) => CommitError::Stale(guard).into(),
        None => corrupt(change),
    }
}

fn corrupt(change: &Change) -> Halt {
    StoreError::Corrupt { table: table(change), row: subject(change) }.into()
}

fn implied(change: &Change) -> Option<Guard> {
    match change {
        Change::Link { after, .. } => {
            let parts = link_of(after).parts();
            let before = parts.revision.0.checked_sub(1).filter(|before| *before > 0);
            let (handle, slug) = (parts.handle.clone(), parts.slug.key());
            Some(Guard::SlugAt { handle, slug, latest: before.map(Revision) })
        }
        Change::Account(new) => Some(Guard::EmailFree(new.email.clone())),
        Change::Handle(new) => Some(Guard::HandleFree(new.handle.clone())),
        Change::SessionBegun { refresh, .. } => Some(Guard::RefreshFree(*refresh)),
        Change::SessionRenewed { used, .. } => Some(Guard::RefreshUnused(*used)),
        Change::Connection(ConnectionChange::Renewed { used, .. }) => Some(Guard::CredentialUnused(*used)),
        Change::Mail(MailChange::Tried(hash) | MailChange::Used(hash)) => Some(Guard::CodeOpen(*hash)),
        Change::Rules(_)
        | Change::HandleWritten(_)
        | Change::Token(_)
        | Change::TokenRevoked { .. }
        | Change::Terms { .. }
        | Change::SessionEnded { .. }
        | Change::SessionsEnded { .. }
        | Change::PasswordSet { .. }
        | Change::Connection(
            ConnectionChange::Begun { .. }
            | ConnectionChange::Ended { .. }
            | ConnectionChange::AccessRevoked(_),
        )
        | Change::Mail(MailChange::Issued(_) | MailChange::Queued(_)) => None,
    }
}

fn table(change: &Change) -> &'static str {
    match change {
        Change::Link { .. } => "links",
        Change::Rules(_) => "handle_rules",
        Change::Account(_) | Change::PasswordSet { .. } | Change::Terms { .. } => "accounts",
        Change::Handle(_) | Change::HandleWritten(_) => "handles",
        Change::Token(_) | Change::TokenRevoked { .. } => "tokens",
        Change::SessionBegun { .. }
        | Change::SessionRenewed { .. }
        | Change::SessionEnded { .. }
        | Change::SessionsEnded { .. } => "sessions",
        Change::Connection(_) => "connections",
        Change::Mail(_) => "mails",
    }
}

fn subject(change: &Change) -> String {
    match change {
        Change::Link { after, .. } => {
            let parts = link_of(after).parts();
            format!("{}/{}", parts.handle, parts.slug)
        }
        Change::Rules(write) => format!("revision {}", write.after.revision.0),
        Change::Account(new) => new.id.to_string(),
        Change::Handle(new) => new.handle.to_string(),
        Change::HandleWritten(write) => write.record.handle.to_string(),
        Change::Token(new) => new.id.to_string(),
        Change::TokenRevoked { id, .. } => id.to_string(),
        Change::Terms { account, .. } => account.to_string(),
        Change::SessionBegun { session, .. } => session.id.to_string(),
        Change::SessionRenewed { id, .. } | Change::SessionEnded { id, .. } => id.to_string(),
        Change::SessionsEnded { user, .. } | Change::PasswordSet { user, .. } => user.to_string(),
        Change::Connection(ConnectionChange::Begun { connection, .. }) => connection.id.to_string(),
        Change::Connection(ConnectionChange::Renewed { id, .. } | ConnectionChange::Ended { id, .. }) => {
            id.to_string()
        }
        Change::Connection(ConnectionChange::AccessRevoked(_)) => "an access token".to_owned(),
        Change::Mail(MailChange::Queued(mail)) => mail.id.to_string(),
        Change::Mail(_) => "a code".to_owned(),
    }
}
