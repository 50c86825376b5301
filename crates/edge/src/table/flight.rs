use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lp_application::Error;
use tokio::sync::Mutex;
use triomphe::Arc as Shared;

use super::RouteTable;
use super::home::Home;
use crate::{Found, RouteKey};

/// One load that several visitors wait for. Whoever holds the lock reads; the others find the outcome behind it.
#[derive(Default)]
pub(crate) struct Flight {
    /// Counted while the entry is locked, so that the last one knows that it is the last.
    waiting: AtomicUsize,
    pub(crate) outcome: Mutex<Option<Result<Found, Arc<Error>>>>,
}

/// What joining found.
pub(crate) enum Joined<'t> {
    Known(Found),
    Waiting(Seat<'t>),
}

/// One who waits for a load. Dropping it is leaving, however that comes about.
pub(crate) struct Seat<'t> {
    table: &'t RouteTable,
    pub(super) key: RouteKey,
    pub(super) home: Shared<Home>,
    pub(crate) flight: Arc<Flight>,
}

impl Flight {
    /// Whether nobody waits any more.
    pub(super) fn leave(&self) -> bool {
        self.waiting.fetch_sub(1, Ordering::Relaxed) == 1
    }
}

impl<'t> Seat<'t> {
    pub(super) fn take(
        table: &'t RouteTable,
        key: &RouteKey,
        home: Shared<Home>,
        flight: Arc<Flight>,
    ) -> Self {
        flight.waiting.fetch_add(1, Ordering::Relaxed);
        Self { table, key: *key, home, flight }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.table.leave(self);
    }
}
