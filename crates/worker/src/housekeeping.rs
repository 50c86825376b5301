use std::sync::Arc;
use std::time::Duration;

use lp_application::Application;
use lp_core::Timestamp;
use lp_core::text::with_causes;
use lp_ports::{ChangeLog, Clock, Counters, Countries, Ingest, StoreHealth};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

const MINUTE: Duration = Duration::from_mins(1);
/// Replies are kept for a day; forgetting them can be late by minutes.
const FORGET_EVERY: u32 = 15;
/// Clicks are forgotten by whole days, and handles are deleted after 30.
const EXPIRE_EVERY: u32 = 60;
/// Minutes after the start.
const FIRST_EXPIRY: u32 = 5;
/// How far the clocks of node and store may be from each other before nothing is forgotten by either.
const APART: Duration = Duration::from_mins(5);

/// How much of the change log is kept: readers are seconds behind, and one that was away for longer reads all anew.
const NOTES_KEPT: u64 = 100_000;
/// How far the machine's clock may be from where the last look expected it.
const JUMP: Duration = Duration::from_secs(5);

/// What has to be kept in order.
pub struct House {
    /// Whose refusals and replies.
    pub app: Application,
    /// Whose clock is asked before anything is forgotten for good.
    pub health: Arc<dyn StoreHealth>,
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
    /// Who may have newer data.
    pub countries: Option<Arc<dyn Countries>>,
}

/// Every minute writes refusals to the audit and when tokens were used and looks for newer data of addresses, now and then forgets old replies, changes, buckets
/// and clicks, and deletes handles that were given up, until cancelled; then writes the last of both.
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
        if let Err(error) = house.app.note_token_uses().await {
            warn!(error.code = error.code.name(), "when tokens were last used could not be written down");
        }
        if !going {
            return;
        }
        house.renew_countries().await;
        let steady = house.watch_clock(&mut shown);
        if passed.is_multiple_of(FORGET_EVERY) && steady {
            house.forget().await;
        }
        // Not at once: a machine may have started before its clock was set.
        if passed % EXPIRE_EVERY == FIRST_EXPIRY && steady {
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
    /// Where its disk does not answer, nobody else waits for it.
    async fn renew_countries(&self) {
        if let Some(countries) = self.countries.clone() {
            tokio::task::spawn_blocking(move || countries.renew()).await.ok();
        }
    }

    async fn forget(&self) {
        if let Err(error) = self.app.forget_replies().await {
            warn!(error.code = error.code.name(), "old replies could not be forgotten");
        }
        if let Err(error) = self.app.forget_sessions().await {
            warn!(error.code = error.code.name(), "old sessions could not be forgotten");
        }
        if let Err(error) = self.app.forget_connections().await {
            warn!(error.code = error.code.name(), "old connections of apps could not be forgotten");
        }
        if let Err(error) = self.app.forget_codes().await {
            warn!(error.code = error.code.name(), "old codes could not be forgotten");
        }
        if let Err(error) = self.log.trim(NOTES_KEPT).await {
            warn!(error.source = %with_causes(&error), "old changes could not be forgotten");
        }
        if let Some(counters) = &self.counters
            && let Err(error) = counters.forget_full().await
        {
            warn!(error.source = %with_causes(&error), "full buckets could not be forgotten");
        }
    }

    /// Takes away what is due for good.
    async fn expire(&self) {
        let Some(now) = self.agreed_time().await else { return };
        match self.app.purge_handles(now).await {
            Ok(0) => {}
            Ok(rows) => info!(rows.count = rows, "handles that were given up are deleted"),
            Err(error) => {
                warn!(error.code = error.code.name(), "handles that were given up could not be deleted");
            }
        }
        let Some(retention) = self.retention else { return };
        match self.ingest.expire(now.minus(retention)).await {
            Ok(0) => {}
            Ok(count) => info!(clicks.count = count, "old clicks were forgotten; their counts are kept"),
            Err(error) => warn!(error.source = %with_causes(&error), "old clicks could not be forgotten"),
        }
    }

    /// The earlier of the node's time and the store's; `None` where they are so far apart that one of them is wrong. What
    /// is forgotten by a wrong clock is gone.
    async fn agreed_time(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        match self.health.clock().await {
            Ok(None) => Some(now),
            Ok(Some(theirs)) if now.until(theirs).max(theirs.until(now)) <= APART => Some(now.min(theirs)),
            Ok(Some(theirs)) => {
                warn!(clock.shows = %now, clock.store = %theirs, "node and store disagree about the time; nothing is forgotten");
                None
            }
            Err(error) => {
                warn!(error.source = %with_causes(&error), "nothing old could be forgotten");
                None
            }
        }
    }

    /// Compares the clock that can be set with the one that cannot; says whether they agree about the time between.
    fn watch_clock(&self, shown: &mut (Timestamp, Duration)) -> bool {
        let (at, since) = *shown;
        *shown = (self.clock.now(), self.clock.monotonic());
        let expected = at.plus(shown.1.saturating_sub(since));
        let steady = expected.until(shown.0).max(shown.0.until(expected)) <= JUMP;
        if !steady {
            warn!(
                clock.expected = %expected,
                clock.shows = %shown.0,
                "the machine's clock was set, or the machine slept: expiries and the times of clicks go by the new time"
            );
        }
        steady
    }
}
