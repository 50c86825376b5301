use lp_core::Handle;
use lp_ports::{Batch, Change, CommitError, ConnectionChange, Receipt, StoreError};
use sqlx::SqliteConnection;

use crate::heads::Head;
use crate::script::Script;
use crate::{audit, change_log, changes, guards, outbox, plans, replies};

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
    let head = match judge(connection, batch).await {
        Ok(head) => head,
        Err(Halt::Refused(why)) => return Ok(Err(*why)),
        Err(Halt::Failed(fault)) => return Err(fault),
    };
    match write(connection, batch, head).await {
        Ok(receipt) => Ok(Ok(receipt)),
        Err(Halt::Failed(fault)) => Err(fault),
        Err(Halt::Refused(why)) => {
            let mut script = Script::default();
            script.say("ROLLBACK TO batch").say("RELEASE batch");
            script.run(connection).await?;
            Ok(Err(*why))
        }
    }
}

/// What can be told before anything is written, and where the handle stands. A repeat is a repeat whatever has happened
/// since, so it is looked for before the guards.
async fn judge(connection: &mut SqliteConnection, batch: &Batch) -> Result<Head, Halt> {
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
    if let Some(write) = batch.counted()
        && let Some(spent) = plans::spent(connection, &write).await?
    {
        return Err(CommitError::Spent(spent).into());
    }
    let handle = &batch.audit().handle;
    for change in batch.changes() {
        own(change, handle)?;
    }
    Head::load(connection, handle).await
}

async fn write(connection: &mut SqliteConnection, batch: &Batch, mut head: Head) -> Result<Receipt, Halt> {
    let entry = batch.audit();
    let mut script = Script::default();
    script.say("SAVEPOINT batch");
    if let Some(write) = batch.counted() {
        plans::count(&mut script, &write);
    }
    if !batch.changes().is_empty() {
        head.version += 1;
        for change in batch.changes() {
            changes::apply(connection, &mut script, entry, change).await?;
        }
        change_log::append(connection, &mut script, &entry.handle, head.version, batch.changes()).await?;
    }
    for event in batch.events() {
        if script.is_long() {
            script.run(connection).await?;
        }
        outbox::append(&mut script, &mut head, event);
    }
    audit::append(&mut script, &mut head, entry);
    if let Some(reply) = batch.reply() {
        replies::save(&mut script, reply);
    }
    head.save(&mut script, &entry.handle);
    script.say("RELEASE batch");
    script.run(connection).await?;
    Ok(Receipt { version: head.version })
}

/// A link or connection of another handle, or another handle, would be noted, numbered and audited where nobody looks for it.
fn own(change: &Change, handle: &Handle) -> Result<(), StoreError> {
    match change {
        Change::Link { after, .. } if changes::link_of(after).parts().handle != *handle => {
            Err(StoreError::Corrupt { table: "links", row: changes::subject(change) })
        }
        Change::Connection(ConnectionChange::Begun { connection, .. }) if connection.handle != *handle => {
            Err(StoreError::Corrupt { table: "connections", row: changes::subject(change) })
        }
        Change::HandleWritten(write) if write.record.handle != *handle => {
            Err(StoreError::Corrupt { table: "handles", row: changes::subject(change) })
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
