//! Telling other nodes that there is something to read. Only a hint: what is lost here costs time and nothing else.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::deadline::within;

const CHANNEL: &str = "link_platform_changes";
/// A notification takes a lock that all of the database share, so there is one for all commits of this span.
const PAUSE: Duration = Duration::from_millis(20);
/// How long nothing may be heard before the line is tried.
const SILENCE: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(5);
/// Between attempts to listen.
const RETRY: Duration = Duration::from_secs(1);

/// The two tasks that send and receive hints. They end with the store.
pub(crate) struct Hints {
    heard: Arc<Notify>,
    committed: Arc<Notify>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Hints {
    /// Sends through the pool, and listens on a connection of its own.
    pub(crate) fn start(pool: &PgPool, target: PgConnectOptions) -> Self {
        let hints = Self {
            heard: Arc::default(),
            committed: Arc::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let sending = send(pool.clone(), Arc::clone(&hints.committed));
        let listening = Box::pin(listen(target, Arc::clone(&hints.heard)));
        let (stop, stopped) = (hints.stop.clone(), hints.stop.clone());
        hints.tasks.spawn(async move { stop.run_until_cancelled(sending).await });
        hints.tasks.spawn(async move { stopped.run_until_cancelled(listening).await });
        hints.tasks.close();
        hints
    }

    /// Something was committed. Never waits.
    pub(crate) fn tell(&self) {
        self.committed.notify_one();
    }

    /// Ends when something was heard since it was last asked.
    pub(crate) async fn next(&self) {
        self.heard.notified().await;
    }

    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn send(pool: PgPool, committed: Arc<Notify>) {
    loop {
        committed.notified().await;
        let query = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL);
        if let Err(fault) = within(PATIENCE, query.execute(&pool)).await {
            tracing::debug!(%fault, "other nodes were not told of a commit");
        }
        sleep(PAUSE).await;
    }
}

async fn listen(target: PgConnectOptions, heard: Arc<Notify>) {
    loop {
        let Err(fault) = follow(&target, &heard).await;
        tracing::debug!(%fault, "commits of other nodes are not heard of");
        sleep(RETRY).await;
    }
}

/// Listens until the line breaks.
async fn follow(target: &PgConnectOptions, heard: &Notify) -> Result<std::convert::Infallible, sqlx::Error> {
    let line = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let line = line.acquire_timeout(PATIENCE).connect_lazy_with(target.clone());
    let mut listener = PgListener::connect_with(&line).await?;
    within(PATIENCE, listener.listen(CHANNEL)).await?;
    // Nobody knows what was said before.
    heard.notify_one();
    loop {
        if let Ok(received) = timeout(SILENCE, listener.try_recv()).await {
            // A hint, or a line that was lost and made again.
            received?;
            heard.notify_one();
        } else {
            within(PATIENCE, sqlx::query("SELECT 1").execute(&mut listener)).await?;
        }
    }
}
