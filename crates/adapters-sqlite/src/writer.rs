use std::sync::Arc;

use async_trait::async_trait;
use lp_core::{ConnectionId, Handle, Timestamp, TokenId};
use lp_ports::{Batch, CommitError, Committer, HandedOut, Receipt, StoreError};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::budgets::{self, BudgetWork};
use crate::connections::{self, Expired};
use crate::expire::{self, HandleDay};
use crate::fault::unavailable;
use crate::handles::{self, Purged};
use crate::ingest::{self, Intake};
use crate::mail::{MailWork, MailsDone};
use crate::sessions::Forgotten;
use crate::store::SqliteStore;
use crate::{access, behind, change_log, commit, installation, mail, replies, sessions};

/// How many calls may wait before further ones wait to be let in.
const QUEUE: usize = 1_024;
/// How many calls share a transaction, and with it one sync of the disk.
const GROUP: usize = 256;

/// The way to the one task that writes. The task ends when it is told to, or when the last clone is gone.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    task: TaskTracker,
    connection: SqlitePool,
}

enum Job {
    Commit(Call<Box<Batch>, Receipt, CommitError>),
    Ingest(Call<Intake, u64, StoreError>),
    CloseDay(Call<Arc<HandleDay>, u64, StoreError>),
    ForgetSome(Call<Arc<HandleDay>, u64, StoreError>),
    Keep(Call<(String, String), (), StoreError>),
    Forget(Call<Timestamp, u64, StoreError>),
    ForgetSessions(Call<Timestamp, Forgotten, StoreError>),
    NoteUses(Call<Vec<(TokenId, Timestamp)>, (), StoreError>),
    ForgetConnections(Call<Expired, connections::Forgotten, StoreError>),
    NoteConnectionUses(Call<Vec<(ConnectionId, Timestamp)>, (), StoreError>),
    Mail(Call<MailWork, MailsDone, StoreError>),
    Budget(Call<BudgetWork, HandedOut, StoreError>),
    PurgeSome(Call<Handle, Purged, StoreError>),
    Trim(Call<u64, u64, StoreError>),
    Stop,
}

/// Work, and who waits for it. The answer is given once the fate of the transaction is known.
struct Call<W, T, E> {
    work: W,
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl Writer {
    pub(crate) fn start(connection: SqlitePool) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let task = TaskTracker::new();
        let running = task.token();
        behind::run("sqlite-writer", work(connection.clone(), queue), move |()| drop(running))?;
        task.close();
        Ok(Self { jobs, task, connection })
    }

    pub(crate) async fn ingest(&self, intake: Intake) -> Result<u64, StoreError> {
        self.ask(intake, Job::Ingest).await
    }

    pub(crate) async fn close_day(&self, day: Arc<HandleDay>) -> Result<u64, StoreError> {
        self.ask(day, Job::CloseDay).await
    }

    pub(crate) async fn forget_some(&self, day: Arc<HandleDay>) -> Result<u64, StoreError> {
        self.ask(day, Job::ForgetSome).await
    }

    /// Keeps the first value given under a name of the installation.
    pub(crate) async fn keep(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.ask((name.to_owned(), value.to_owned()), Job::Keep).await
    }

    pub(crate) async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.ask(now, Job::Forget).await
    }

    /// Forgets some of the sessions that expired before an instant.
    pub(crate) async fn forget_sessions(&self, before: Timestamp) -> Result<Forgotten, StoreError> {
        self.ask(before, Job::ForgetSessions).await
    }

    pub(crate) async fn note_token_uses(&self, uses: Vec<(TokenId, Timestamp)>) -> Result<(), StoreError> {
        self.ask(uses, Job::NoteUses).await
    }

    /// Forgets some of the connections, codes and tokens that have expired.
    pub(crate) async fn forget_connections(
        &self,
        expired: Expired,
    ) -> Result<connections::Forgotten, StoreError> {
        self.ask(expired, Job::ForgetConnections).await
    }

    pub(crate) async fn note_connection_uses(
        &self,
        uses: Vec<(ConnectionId, Timestamp)>,
    ) -> Result<(), StoreError> {
        self.ask(uses, Job::NoteConnectionUses).await
    }

    /// Does something for the queue of mails.
    pub(crate) async fn mail(&self, work: MailWork) -> Result<MailsDone, StoreError> {
        self.ask(work, Job::Mail).await
    }

    /// Does something for the budget of a link.
    pub(crate) async fn budget(&self, work: BudgetWork) -> Result<HandedOut, StoreError> {
        self.ask(work, Job::Budget).await
    }

    /// Takes away some of a handle that is to be purged.
    pub(crate) async fn purge_some(&self, handle: Handle) -> Result<Purged, StoreError> {
        self.ask(handle, Job::PurgeSome).await
    }

    pub(crate) async fn trim(&self, keep: u64) -> Result<u64, StoreError> {
        self.ask(keep, Job::Trim).await
    }

    /// Waits until what came before is applied and the task has ended.
    pub(crate) async fn stop(&self) {
        // It fails where the task has ended already: then there is nothing to wait for.
        let _ = self.jobs.send(Job::Stop).await;
        self.task.wait().await;
    }

    pub(crate) async fn disconnect(&self) {
        self.connection.close().await;
    }

    async fn ask<W, T, E: From<StoreError>>(
        &self,
        work: W,
        job: impl FnOnce(Call<W, T, E>) -> Job,
    ) -> Result<T, E> {
        let (answer, answered) = oneshot::channel();
        let call = Call { work, outcome: None, answer };
        self.jobs.send(job(call)).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

#[async_trait]
impl Committer for SqliteStore {
    async fn commit(&self, batch: Batch) -> Result<Receipt, CommitError> {
        let span = tracing::debug_span!("db", operation = "db.commit");
        self.writer.ask(Box::new(batch), Job::Commit).instrument(span).await
    }
}

/// Takes what waits, applies it as one transaction, answers, and so on.
async fn work(connection: SqlitePool, mut queue: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        if group.iter().any(|job| matches!(job, Job::Stop)) {
            queue.close();
        }
        let fault = transact(&connection, &mut group).await.err().map(Arc::new);
        for job in group.drain(..) {
            job.answer(fault.as_ref());
        }
    }
}

/// Applies the group or nothing of it: what an engine fails at halfway says nothing about the rest either.
async fn transact(pool: &SqlitePool, group: &mut [Job]) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut fate = Ok(());
    for job in group {
        fate = job.perform(&mut transaction).await;
        if fate.is_err() {
            break;
        }
    }
    let ended = if fate.is_ok() { transaction.commit().await } else { transaction.rollback().await };
    // A full disk makes SQLite roll back by itself; the connection then no longer knows where it stands.
    if ended.is_err() {
        connection.close_on_drop();
    }
    fate.and(ended)
}

impl Job {
    async fn perform(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        match self {
            Self::Commit(call) => call.outcome = Some(commit::apply(connection, &call.work).await?),
            Self::Ingest(call) => call.outcome = Some(Ok(ingest::take(connection, &call.work).await?)),
            Self::CloseDay(call) => call.outcome = Some(Ok(expire::close(connection, &call.work).await?)),
            Self::ForgetSome(call) => call.outcome = Some(Ok(expire::forget(connection, &call.work).await?)),
            Self::Keep(call) => call.outcome = Some(Ok(installation::keep(connection, &call.work).await?)),
            Self::Forget(call) => call.outcome = Some(Ok(replies::forget(connection, call.work).await?)),
            Self::ForgetSessions(call) => {
                call.outcome = Some(Ok(sessions::forget(connection, call.work).await?));
            }
            Self::NoteUses(call) => {
                call.outcome = Some(Ok(access::note_token_uses(connection, &call.work).await?));
            }
            Self::ForgetConnections(call) => {
                call.outcome = Some(Ok(connections::forget(connection, call.work).await?));
            }
            Self::NoteConnectionUses(call) => {
                call.outcome = Some(Ok(connections::note_uses(connection, &call.work).await?));
            }
            Self::Mail(call) => call.outcome = Some(Ok(mail::work(connection, call.work).await?)),
            Self::Budget(call) => call.outcome = Some(budgets::work(connection, &call.work).await?),
            Self::PurgeSome(call) => {
                call.outcome = Some(Ok(handles::purge_some(connection, &call.work).await?));
            }
            Self::Trim(call) => call.outcome = Some(Ok(change_log::trim(connection, call.work).await?)),
            Self::Stop => {}
        }
        Ok(())
    }

    fn answer(self, fault: Option<&Arc<sqlx::Error>>) {
        match self {
            Self::Commit(call) => call.answer(fault),
            Self::Ingest(call) => call.answer(fault),
            Self::CloseDay(call) | Self::ForgetSome(call) => call.answer(fault),
            Self::Keep(call) => call.answer(fault),
            Self::NoteUses(call) => call.answer(fault),
            Self::Forget(call) => call.answer(fault),
            Self::ForgetSessions(call) => call.answer(fault),
            Self::ForgetConnections(call) => call.answer(fault),
            Self::NoteConnectionUses(call) => call.answer(fault),
            Self::Mail(call) => call.answer(fault),
            Self::Budget(call) => call.answer(fault),
            Self::PurgeSome(call) => call.answer(fault),
            Self::Trim(call) => call.answer(fault),
            Self::Stop => {}
        }
    }
}

impl<W, T, E: From<StoreError>> Call<W, T, E> {
    fn answer(self, fault: Option<&Arc<sqlx::Error>>) {
        let outcome = match fault {
            Some(fault) => Err(unavailable(Arc::clone(fault)).into()),
            None => self.outcome.unwrap_or_else(|| Err(stopped().into())),
        };
        // Who no longer waits gets no answer; what was applied stays applied.
        let _ = self.answer.send(outcome);
    }
}

fn stopped() -> StoreError {
    unavailable("the writer has stopped")
}
