//! The partitions of the clicks, one for each UTC day.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use lp_analytics::{Click, day_of};
use lp_core::Timestamp;
use sqlx::{AssertSqlSafe, Executor};

use crate::store::PgStore;

/// Makes itself the maker of a day: another who tries waits, and finds it made.
const CLAIM: &str = "INSERT INTO click_days (day) VALUES ($1) ON CONFLICT (day) DO NOTHING";

/// The days this node knows to have a partition. It may be wrong about those that were forgotten since.
#[derive(Default)]
pub(crate) struct KnownDays(Mutex<HashSet<Timestamp>>);

impl KnownDays {
    pub(crate) fn forget<'d>(&self, days: impl IntoIterator<Item = &'d Timestamp>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for day in days {
            known.remove(day);
        }
    }

    fn has(&self, day: Timestamp) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&day)
    }

    fn add(&self, day: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(day);
    }
}

/// The days of these clicks.
pub(super) fn of(clicks: &[Click]) -> BTreeSet<Timestamp> {
    clicks.iter().map(|click| day_of(click.at)).collect()
}

/// The table that holds a day. Made of the digits of a date, so it can stand in a statement.
pub(crate) fn table_of(day: Timestamp) -> String {
    let date = day.to_string();
    let digits: String = date.chars().take(10).filter(char::is_ascii_digit).collect();
    format!("clicks_{digits}")
}

/// Where the day begins, and where the next one would: the last of all has none that is an instant.
pub(crate) fn bounds_of(day: Timestamp) -> (i64, i64) {
    (day.micros(), day.micros() + 86_400_000_000)
}

impl PgStore {
    /// Makes the partitions that are missing. Any day will do: clocks jump.
    pub(super) async fn ensure_days(&self, days: &BTreeSet<Timestamp>) -> Result<(), sqlx::Error> {
        for day in days {
            if !self.inner.days.has(*day) {
                self.make_day(*day).await?;
                self.inner.days.add(*day);
            }
        }
        Ok(())
    }

    /// The table is made beside the others and then attached, which neither reads nor intakes wait for.
    async fn make_day(&self, day: Timestamp) -> Result<(), sqlx::Error> {
        let mut transaction = self.begin().await?;
        let claimed = sqlx::query(CLAIM).bind(day.micros()).execute(&mut *transaction).await?;
        if claimed.rows_affected() == 1 {
            let (table, (from, to)) = (table_of(day), bounds_of(day));
            let make = format!(
                "CREATE TABLE {table} (LIKE clicks INCLUDING ALL); \
                 ALTER TABLE clicks ATTACH PARTITION {table} FOR VALUES FROM ({from}) TO ({to})"
            );
            transaction.execute(AssertSqlSafe(make)).await?;
        }
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests {
    use lp_core::Timestamp;

    use super::table_of;

    #[test]
    fn a_day_is_found_by_its_date_in_any_year() {
        let table = |text: &str| table_of(Timestamp::parse(text).expect("an instant"));
        assert_eq!(table("2026-03-02T00:00:00Z"), "clicks_20260302");
        assert_eq!(table("0001-12-31T00:00:00Z"), "clicks_00011231");
        assert_eq!(table("9999-12-31T00:00:00Z"), "clicks_99991231");
    }
}
