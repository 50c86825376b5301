use std::sync::Arc;
use std::time::Duration;

use lp_application::Application;
use lp_core::Timestamp;
use lp_ports::{ChangeLog, Clock, Counters, Ingest};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

const MINUTE: Duration = Duration::from_mins(1);
/// Replies are kept for a day; forgetting them can be late by minutes.
const FORGET_EVERY: u32 = 15;
/// Clicks are forgotten by whole days.
const EXPIRE_EVERY: u32 = 60;

/// How much of the change log is kept: readers are seconds behind, and one that was away for longer reads all anew.
const NOTES_KEPT: u64 = 100_000;
/// How far the machine's clock may be from where the last look expected it.
const JUMP: Duration = Duration::from_secs(5);

/// What has to be kept in order.
pub struct House {
    /// Whose refusals and replies.
    pub app: Application,
    /// Whose old notes.
    pub log: Arc<dyn ChangeLog>,
    /// Whose old clicks.
    pub ingest: Arc<dyn Ingest>,
    /// Whose full buckets.
    pub counters: Option<Arc<dyn Counters>>,
    /// How long clicks are kept; `None`: for ever.
    pub retention: Option<Duration>,
    /// Whose jumps are noticed.
    pub clock: Arc<dyn Clock>,
}

/// Every minute writes refusals to the audit, now and then forgets old replies, changes, buckets and clicks, until
/// cancelled; then writes the last refusals.
pub async fn keep_house(house: House, cancelled: CancellationToken) {
    let mut minutes = interval(MINUTE);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut passed = 0u32;
    let mut shown = (house.clock.now(), house.clock.monotonic());
    loop {
        let going = tokio::select! {
            _ = minutes.tick() => true,
            () = cancelled.cancelled() => false,
        };
        if let Err(error) = house.app.audit_refusals().await {
            warn!(error.code = error.code.name(), "refusals could not be written to the audit");
        }
        if !going {
            return;
        }
        shown = house.watch_clock(shown);
        if passed.is_multiple_of(FORGET_EVERY) {
            house.forget().await;
        }
        if passed.is_multiple_of(EXPIRE_EVERY) {
            // May take its time where a month of clicks is due at once; the end does not wait for it.
            tokio::select! {
                () = house.expire() => {}
                () = cancelled.cancelled() => {}
            }
        }
        passed = passed.wrapping_add(1);
    }
}

impl House {
    async fn forget(&self) {
        if let Err(error) = self.app.forget_replies().await {
            warn!(error.code = error.code.name(), "old replies could not be forgotten");
        }
        if let Err(error) = self.log.trim(NOTES_KEPT).await {
            warn!(error.source = %error, "old changes could not be forgotten");
        }
        if let Some(counters) = &self.counters
            && let Err(error) = counters.forget_full().await
        {
            warn!(error.source = %error, "full buckets could not be forgotten");
        }
    }

    async fn expire(&self) {
        let Some(retention) = self.retention else { return };
        match self.ingest.expire(self.clock.now().minus(retention)).await {
            Ok(0) => {}
            Ok(count) => info!(clicks.count = count, "old clicks were forgotten; their counts are kept"),
            Err(error) => warn!(error.source = %error, "old clicks could not be forgotten"),
        }
    }

    /// Compares the clock that can be set with the one that cannot.
    fn watch_clock(&self, (at, since): (Timestamp, Duration)) -> (Timestamp, Duration) {
        let (now, monotonic) = (self.clock.now(), self.clock.monotonic());
        let expected = at.plus(monotonic.saturating_sub(since));
        let (ahead, behind) = (expected.until(now), now.until(expected));
        if ahead.max(behind) > JUMP {
            warn!(
                clock.expected = %expected,
                clock.shows = %now,
                "the machine's clock was set: expiries and the times of clicks go by the new time from here"
            );
        }
        (now, monotonic)
    }
}
