//! The counts against the clicks that they were made of.

use lp_analytics::{Difference, differences};
use lp_ports::StoreError;

use crate::Platform;

/// What came of a check of all counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountsChecked {
    /// Days of handles.
    pub days: u64,
    /// Clicks that were looked at.
    pub clicks: u64,
    /// Hourly counts that were held against them.
    pub counts: u64,
    /// Counts that say something else than the clicks.
    pub differences: u64,
}

/// Derives the hourly counts of all clicks that are kept anew, day by day, and tells each difference.
///
/// May run beside a platform that counts on: each day is read at one moment. Days whose clicks are forgotten, wholly or
/// in part, are not looked at.
pub async fn verify_counts(
    platform: &Platform,
    mut tell: impl FnMut(&Difference),
) -> Result<CountsChecked, StoreError> {
    platform.store.health.ping().await?;
    let counts = &platform.store.counts;
    let mut checked = CountsChecked::default();
    for (handle, day) in counts.countable_days().await? {
        let of_day = counts.day_counts(&handle, day).await?;
        checked.days += 1;
        checked.clicks += of_day.clicks;
        checked.counts += of_day.stored.len() as u64;
        for difference in differences(&of_day.derived, &of_day.stored) {
            checked.differences += 1;
            tell(&difference);
        }
    }
    Ok(checked)
}
