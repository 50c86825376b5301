use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use lp_core::Timestamp;
use lp_ports::Clock;

/// When the tests' time begins: 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A clock that moves only when it is told to. Begins at [`START`].
#[derive(Debug)]
pub struct FixedClock {
    now: AtomicI64,
    elapsed: AtomicU64,
}

impl FixedClock {
    pub fn new() -> Self {
        Self { now: AtomicI64::new(START.micros()), elapsed: AtomicU64::new(0) }
    }

    /// Lets time pass.
    pub fn advance(&self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.elapsed.fetch_add(micros, Ordering::SeqCst);
        self.now.fetch_add(i64::try_from(micros).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Sets the machine's clock, as an administrator would; monotonic time stands still meanwhile.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.micros(), Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.elapsed.load(Ordering::SeqCst))
    }
}
