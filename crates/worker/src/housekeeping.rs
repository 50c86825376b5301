use std::sync::Arc;
use std::time::Duration;

use lp_application::Application;
use lp_ports::ChangeLog;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

const MINUTE: Duration = Duration::from_mins(1);
/// Replies are kept for a day; forgetting them can be late by minutes.
const FORGET_EVERY: u32 = 15;

/// How much of the change log is kept: readers are seconds behind, never so many notes.
const NOTES_KEPT: u64 = 100_000;

/// Every minute writes refusals to the audit, now and then forgets old replies and changes, until cancelled; then writes
/// the last refusals.
pub async fn keep_house(app: Application, log: Arc<dyn ChangeLog>, cancelled: CancellationToken) {
    let mut minutes = interval(MINUTE);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut passed = 0u32;
    loop {
        let going = tokio::select! {
            _ = minutes.tick() => true,
            () = cancelled.cancelled() => false,
        };
        if let Err(error) = app.audit_refusals().await {
            warn!(error.code = error.code.name(), "refusals could not be written to the audit");
        }
        if !going {
            return;
        }
        if passed.is_multiple_of(FORGET_EVERY) {
            if let Err(error) = app.forget_replies().await {
                warn!(error.code = error.code.name(), "old replies could not be forgotten");
            }
            if let Err(error) = log.trim(NOTES_KEPT).await {
                warn!(error.source = %error, "old changes could not be forgotten");
            }
        }
        passed = passed.wrapping_add(1);
    }
}
