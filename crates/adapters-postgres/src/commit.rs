use std::time::Duration;

use async_trait::async_trait;
use lp_ports::{Batch, CommitError, Committer, Receipt, StoreError};
use sqlx::PgConnection;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;
use tracing::Instrument;

use crate::deadline::{CALL, within};
use crate::fault::may_go_well_again;
use crate::heads::Head;
use crate::open::ACQUIRE;
use crate::store::PgStore;
use crate::{audit, change_log, changes, guards, heads, locks, outbox, plans, replies};

/// How often a batch is tried that the database sacrifices for others.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// Why a batch goes no further. Nothing of its transaction remains.
pub(crate) enum Halt {
    /// Itself.
    Refused(Box<CommitError>),
    /// The engine.
    Failed(sqlx::Error),
}

#[async_trait]
impl Committer for PgStore {
    async fn commit(&self, batch: Batch) -> Result<Receipt, CommitError> {
        let span = tracing::debug_span!("db", operation = "db.commit");
        within(CALL, Box::pin(self.try_commit(&batch)).instrument(span)).await
    }
}

impl PgStore {
    async fn try_commit(&self, batch: &Batch) -> Result<Receipt, CommitError> {
        let mut tries = 1;
        loop {
            match self.transact(batch).await {
                Ok(receipt) => {
                    if !batch.changes().is_empty() {
                        self.inner.hints.tell();
                    }
                    return Ok(receipt);
                }
                Err(Halt::Refused(why)) => return Err(*why),
                Err(Halt::Failed(fault)) if tries < TRIES && may_go_well_again(&fault) => {
                    tracing::debug!(%fault, tries, "a batch is tried again");
                    tokio::time::sleep(PAUSE * tries).await;
                    tries += 1;
                }
                // Where the connection is lost at the very end, nobody knows what became of the batch. It is not tried
                // again: a caller who must know names the call and repeats it.
                Err(Halt::Failed(fault)) => return Err(self.unavailable(fault).await.into()),
            }
        }
    }

    /// An upsert of one link takes ten round trips: begin, lock, guards, revision, link, note, event, audit with head,
    /// commit, and one before all to see that the connection lives. An import of 500 takes the same.
    async fn transact(&self, batch: &Batch) -> Result<Receipt, Halt> {
        let _turn = self.turn().await?;
        let mut transaction = self.begin().await?;
        let outcome = match judge(&mut transaction, batch).await {
            Ok(head) => write(&mut transaction, batch, head).await,
            Err(halt) => Err(halt),
        };
        if outcome.is_ok() {
            transaction.commit().await?;
        } else {
            // Before the answer, so that nobody waits for its locks. Where it fails, the connection is gone and they are.
            let _ = transaction.rollback().await;
        }
        outcome
    }

    /// Waits as long for those who commit as it would for a connection.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let turn = timeout(ACQUIRE, self.inner.writers.acquire()).await;
        let words = "too many commits wait for each other";
        turn.ok().and_then(Result::ok).ok_or_else(|| StoreError::Unavailable(words.into()))
    }
}

/// Takes all locks, then judges, and counts what counts. A repeat is a repeat whatever has happened since, so it is looked
/// for before the guards.
async fn judge(connection: &mut PgConnection, batch: &Batch) -> Result<Head, Halt> {
    locks::take(connection, batch).await?;
    let head = heads::lock(connection, batch).await?;
    if let Some(reply) = batch.reply()
        && let Some(stored) = replies::find(connection, &reply.key, batch.audit().at).await?
    {
        return Err(CommitError::Repeated(stored).into());
    }
    if let Some(guard) = guards::first_failing(connection, batch.guards()).await? {
        return Err(CommitError::Stale(guard.clone()).into());
    }
    if let Some(write) = batch.counted()
        && let Some(spent) = plans::count(connection, &write).await?
    {
        return Err(CommitError::Spent(spent).into());
    }
    Ok(head)
}

async fn write(connection: &mut PgConnection, batch: &Batch, mut head: Head) -> Result<Receipt, Halt> {
    let entry = batch.audit();
    if !batch.changes().is_empty() {
        head.version += 1;
        changes::apply(connection, entry, batch.changes()).await?;
        change_log::append(connection, &entry.handle, head.version, batch.changes()).await?;
    }
    outbox::append(connection, &mut head, &entry.handle, batch.events()).await?;
    if let Some(reply) = batch.reply() {
        replies::save(connection, reply).await?;
    }
    let version = head.version;
    audit::append(connection, head, entry).await?;
    Ok(Receipt { version })
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
