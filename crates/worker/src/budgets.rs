use std::time::Duration;

use lp_application::Budgets;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often it is looked for clicks that nobody came for.
const PAUSE: Duration = Duration::from_secs(1);

/// Gives back what this node holds of links with a limit and nobody comes for, until cancelled; then all of it.
pub async fn return_budgets(budgets: Budgets, cancelled: CancellationToken) {
    let mut seconds = interval(PAUSE);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = seconds.tick() => budgets.tidy().await,
            () = cancelled.cancelled() => return budgets.close().await,
        }
    }
}
