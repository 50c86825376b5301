mod connections;
mod handles;
mod mail;
mod sessions;

use lp_access::{Account, AuditEntry, Plan, TokenRecord};
use lp_core::Revision;
use lp_links::{Link, LinkState, RevisionAction};
use lp_ports::{Change, CommitError, ConnectionChange, Guard, MailChange, StoreError};
use sqlx::SqliteConnection;

use crate::commit::Halt;
use crate::plans;
use crate::rows::{bind_link, link_columns, scope_list};
use crate::rules;
use crate::script::Script;

const ADD_REVISION: &str = concat!(
    "INSERT INTO link_revisions (",
    link_columns!(),
    ", action, at, actor) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
);

const SET_LINK: &str = concat!(
    "INSERT INTO links (",
    link_columns!(),
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
     ON CONFLICT (handle, slug_key) DO UPDATE SET slug = excluded.slug, id = excluded.id, \
     destination = excluded.destination, title = excluded.title, description = excluded.description, \
     tags = excluded.tags, categories = excluded.categories, enabled = excluded.enabled, \
     position = excluded.position, redirect_status = excluded.redirect_status, query = excluded.query, \
     revision = excluded.revision, created_at = excluded.created_at, updated_at = excluded.updated_at, \
     controls = excluded.controls"
);

const ADD_ACCOUNT: &str = "INSERT INTO accounts (id, email, password_hash, created_at, plan, time_zone, openanalyst) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const ADD_TOKEN: &str = "INSERT INTO tokens (id, handle, owner, name, scopes, secret, created_at, expires_at, \
     revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// Writes one change, behind what the script says already. One that cannot stand beside what is stored is refused as if the batch had guarded against it.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    script: &mut Script,
    entry: &AuditEntry,
    change: &Change,
) -> Result<(), Halt> {
    if let Change::Link { after, action } = change {
        link(script, entry, after, *action);
    }
    // Each change is run by itself, so that what stands in its way is known.
    script.run(connection).await.map_err(|fault| refused(fault, change))?;
    let written = match change {
        Change::Link { .. } => Ok(()),
        Change::Rules(write) => match rules::write(connection, &entry.handle, write).await {
            Ok(Some(stale)) => return Err(CommitError::Stale(stale).into()),
            written => written.map(drop),
        },
        Change::Account(new) => account(connection, new).await,
        Change::Handle(new) => handles::add(connection, new).await,
        Change::HandleWritten(write) => match handles::set(connection, write).await {
            Ok(Some(stale)) => return Err(CommitError::Stale(stale).into()),
            set => set.map(drop),
        },
        Change::Token(new) => token(connection, new).await,
        Change::TokenRevoked { id, at } => {
            sqlx::query("UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")
                .bind(id.uuid())
                .bind(at.micros())
                .execute(connection)
                .await
                .map(drop)
        }
        Change::Terms { account, set } => plans::change(connection, *account, set).await,
        Change::SessionBegun { session, refresh } => sessions::begin(connection, session, *refresh).await,
        Change::SessionRenewed { id, used, next, at, expires_at } => {
            match sessions::renew(connection, *id, *used, *next, *at, *expires_at).await {
                Ok(false) => return Err(CommitError::Stale(Guard::RefreshUnused(*used)).into()),
                renewed => renewed.map(drop),
            }
        }
        Change::SessionEnded { id, at } => sessions::end(connection, *id, *at).await,
        Change::SessionsEnded { user, except, at } => {
            sessions::end_all(connection, *user, *except, *at).await
        }
        Change::PasswordSet { user, hash } => {
            let query = sqlx::query("UPDATE accounts SET password_hash = ?2 WHERE id = ?1");
            query.bind(user.uuid()).bind(hash).execute(connection).await.map(drop)
        }
        Change::Connection(about) => match connections::apply(connection, &entry.handle, about).await {
            Err(Halt::Failed(fault)) => Err(fault),
            written => return written,
        },
        Change::Mail(about) => match mail::apply(connection, about).await {
            Err(Halt::Failed(fault)) => Err(fault),
            written => return written,
        },
    };
    written.map_err(|fault| refused(fault, change))
}

/// The link that is left, or was taken away.
pub(crate) fn link_of(state: &LinkState) -> &Link {
    match state {
        LinkState::Live(link) | LinkState::Deleted(link) => link,
    }
}

fn link(script: &mut Script, entry: &AuditEntry, after: &LinkState, action: RevisionAction) {
    let parts = link_of(after).parts();
    let key = parts.slug.key();
    bind_link(script.say(ADD_REVISION), parts, &key)
        .bind(action.as_str())
        .bind(entry.at.micros())
        .bind(&entry.actor);
    match after {
        LinkState::Live(_) => bind_link(script.say(SET_LINK), parts, &key),
        LinkState::Deleted(_) => script
            .say("DELETE FROM links WHERE handle = ?1 AND slug_key = ?2")
            .bind(parts.handle.as_str())
            .bind(key.as_str()),
    };
}

async fn account(connection: &mut SqliteConnection, new: &Account) -> Result<(), sqlx::Error> {
    sqlx::query(ADD_ACCOUNT)
        .bind(new.id.uuid())
        .bind(new.email.as_str())
        .bind(&new.password_hash)
        .bind(new.created_at.micros())
        .bind(new.terms.plan.map(Plan::as_str))
        .bind(new.terms.time_zone.name())
        .bind(new.terms.openanalyst)
        .execute(connection)
        .await
        .map(drop)
}

async fn token(connection: &mut SqliteConnection, new: &TokenRecord) -> Result<(), sqlx::Error> {
    sqlx::query(ADD_TOKEN)
        .bind(new.id.uuid())
        .bind(new.handle.as_str())
        .bind(new.owner.uuid())
        .bind(&new.name)
        .bind(scope_list(&new.scopes))
        .bind(&new.secret.0[..])
        .bind(new.created_at.micros())
        .bind(new.expires_at.map(lp_core::Timestamp::micros))
        .bind(new.revoked_at.map(lp_core::Timestamp::micros))
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
    match (implied(change), database.is_unique_violation()) {
        (Some(guard), true) => CommitError::Stale(guard).into(),
        _ => StoreError::Corrupt { table: table(change), row: subject(change) }.into(),
    }
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
        | Change::Mail(_) => None,
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

pub(crate) fn subject(change: &Change) -> String {
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
