use std::time::Duration;

use lp_application::Application;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

const MINUTE: Duration = Duration::from_mins(1);
/// Replies are kept for a day; forgetting them can be late by minutes.
const FORGET_EVERY: u32 = 15;

/// Every minute writes refusals to the audit, now and then forgets old replies, until cancelled; then writes the last
/// refusals.
pub async fn keep_house(app: Application, cancelled: CancellationToken) {
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
        if passed.is_multiple_of(FORGET_EVERY)
            && let Err(error) = app.forget_replies().await
        {
            warn!(error.code = error.code.name(), "old replies could not be forgotten");
        }
        passed = passed.wrapping_add(1);
    }
}
