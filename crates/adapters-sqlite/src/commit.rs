use lp_core::Handle;
use lp_ports::{Batch, Change, CommitError, Receipt, StoreError};
use sqlx::{Executor, SqliteConnection};

use crate::heads::Head;
use crate::{audit, change_log, changes, guards, outbox, replies};

/// Why a batch goes no further.
pub(crate) enum Halt {
    /// Itself: the others of the transaction are not touched.
    Refused(Box<CommitError>),
    /// The engine: nothing of the transaction can be relied on.
    Failed(sqlx::Error),
}

/// Applies the batch within the open transaction, or leaves the transaction as it was. The outer error is the engine's.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    batch: &Batch,
) -> Result<Result<Receipt, CommitError>, sqlx::Error> {
    match judge(connection, batch).await {
        Ok(()) => {}
        Err(Halt::Refused(why)) => return Ok(Err(*why)),
        Err(Halt::Failed(fault)) => return Err(fault),
    }
    connection.execute(sqlx::query("SAVEPOINT batch")).await?;
    let outcome = match write(connection, batch).await {
        Ok(receipt) => Ok(receipt),
        Err(Halt::Failed(fault)) => return Err(fault),
        Err(Halt::Refused(why)) => {
            connection.execute(sqlx::query("ROLLBACK TO batch")).await?;
            Err(*why)
        }
    };
    connection.execute(sqlx::query("RELEASE batch")).await?;
    Ok(outcome)
}

/// A repeat is a repeat whatever has happened since, so it is looked for before the guards.
async fn judge(connection: &mut SqliteConnection, batch: &Batch) -> Result<(), Halt> {
    if let Some(reply) = batch.reply()
        && let Some(stored) = replies::find(connection, &reply.key, batch.audit().at).await?
    {
        return Err(CommitError::Repeated(stored).into());
    }
    for guard in batch.guards() {
        if !guards::holds(connection, guard).await? {
            return Err(CommitError::Stale(guard.clone()).into());
        }
    }
    Ok(())
}

async fn write(connection: &mut SqliteConnection, batch: &Batch) -> Result<Receipt, Halt> {
    let entry = batch.audit();
    let mut head = Head::load(connection, &entry.handle).await?;
    if !batch.changes().is_empty() {
        head.version += 1;
        for change in batch.changes() {
            own(change, &entry.handle)?;
            changes::apply(connection, entry, change).await?;
        }
        change_log::append(connection, &entry.handle, head.version, batch.changes()).await?;
    }
    for event in batch.events() {
        outbox::append(connection, &mut head, event).await?;
    }
    audit::append(connection, &mut head, entry).await?;
    if let Some(reply) = batch.reply() {
        replies::save(connection, reply).await?;
    }
    head.save(connection, &entry.handle).await?;
    Ok(Receipt { version: head.version })
}

/// A link of another handle would be noted, numbered and audited where nobody looks for it.
fn own(change: &Change, handle: &Handle) -> Result<(), StoreError> {
    match change {
        Change::Link { after, .. } if changes::link_of(after).parts().handle != *handle => {
            Err(StoreError::Corrupt { table: "links", row: changes::subject(change) })
        }
        _ => Ok(()),
    }
}

impl From<CommitError> for Halt {
    fn from(why: CommitError) -> Self {
        Self::Refused(Box::new(why))
    }
}

impl From<StoreError> for Halt {
    fn from(why: StoreError) -> Self {
        CommitError::from(why).into()
    }
}

impl From<sqlx::Error> for Halt {
    fn from(fault: sqlx::Error) -> Self {
        Self::Failed(fault)
    }
}
