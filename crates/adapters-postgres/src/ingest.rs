mod copy;
mod days;

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use lp_analytics::{Count, CountKey, Counts, tally};
use lp_core::{SlugKey, Timestamp};
use lp_ports::{Ingest, JournalId, StoreError, Stretch};
use sqlx::PgConnection;
use tracing::Instrument;

use crate::deadline::{CALL, within};
use crate::fault::{may_go_well_again, stood_in_the_way};
use crate::rows::{count, whole};
use crate::store::{PgStore, int};
use crate::text::stored;

pub(crate) use days::{KnownDays, bounds_of, table_of};

/// How often a stretch is tried that stands in others' way, or whose day is taken away in between.
const TRIES: u32 = 5;
/// How often one that others keep waiting for a lock: each time takes seconds.
const WAITS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(10);

/// Keeps days from being forgotten before the stretch is in. Who finds one that is about to go waits here, and not with
/// the lock on `clicks` that forgetting it takes.
const HOLD: &str =
    "SELECT count(*) FROM (SELECT 1 FROM click_days WHERE day = ANY($1) FOR KEY SHARE) AS held";

const BEGIN_JOURNAL: &str = "INSERT INTO journal_positions AS known (journal, upto) VALUES ($1, $3) \
     ON CONFLICT (journal) DO UPDATE SET upto = excluded.upto WHERE known.upto = $2";

const MOVE_JOURNAL: &str = "UPDATE journal_positions SET upto = $3 WHERE journal = $1 AND upto = $2";

const STANDS: &str = "SELECT upto FROM journal_positions WHERE journal = $1";

/// Rows come in the order of their key: of two intakes that count the same, one waits for the other and none for both.
const ADD_COUNTS: &str = "INSERT INTO click_hours AS known \
         (handle, slug_key, dimension, hour, value, clicks, bot_clicks, last_at) \
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], \
         $8::bigint[]) \
     ON CONFLICT (handle, slug_key, dimension, hour, value) DO UPDATE SET \
         clicks = known.clicks + excluded.clicks, bot_clicks = known.bot_clicks + excluded.bot_clicks, \
         last_at = greatest(known.last_at, excluded.last_at)";

/// A stretch as it goes to the database.
struct Intake<'s> {
    stretch: &'s Stretch,
    rows: Vec<u8>,
    /// Summed up while the database takes the rows in.
    counts: OnceLock<Counts>,
}

/// What became of a stretch.
enum Outcome {
    /// It is in.
    Taken,
    /// The journal does not stand at its start, and nothing was done.
    Elsewhere,
    /// A day that was there went away: its clicks were forgotten meanwhile.
    DayGone,
}

#[async_trait]
impl Ingest for PgStore {
    /// No other write waits for an intake here, only those of other nodes.
    fn longest(&self) -> usize {
        50_000
    }

    async fn ingest(&self, stretch: &Stretch) -> Result<u64, StoreError> {
        let intake = Intake { stretch, rows: copy::encode(&stretch.clicks), counts: OnceLock::new() };
        let span = tracing::debug_span!("db", operation = "db.click.ingest");
        Box::pin(self.try_ingest(&intake)).instrument(span).await
    }

    async fn ingested(&self, journal: &JournalId) -> Result<u64, StoreError> {
        let journal = stored(&journal.0);
        let query = sqlx::query(STANDS).bind(&*journal);
        let row = self.read("db.click.ingested", query.fetch_optional(self.pool())).await?;
        row.map_or(Ok(0), |row| whole(count(&row, "upto"), "journal_positions", || journal.to_string()))
    }

    async fn expire(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.forget_clicks(before).await
    }
}

impl PgStore {
    async fn try_ingest(&self, intake: &Intake<'_>) -> Result<u64, StoreError> {
        let days = days::of(&intake.stretch.clicks);
        let mut tries = 1;
        loop {
            let taken = within(CALL, async {
                self.ensure_days(&days).await?;
                self.take(intake, &days).await
            });
            match taken.await {
                Ok(Outcome::Taken) => return Ok(intake.stretch.upto),
                Ok(Outcome::Elsewhere) => return self.ingested(&intake.stretch.journal).await,
                // It is made again for those that come late.
                Ok(Outcome::DayGone) if tries < TRIES => self.inner.days.forget(&days),
                Ok(Outcome::DayGone) => {
                    return Err(StoreError::Unavailable("its day is forgotten again and again".into()));
                }
                Err(fault) if tries < TRIES && may_go_well_again(&fault) => {}
                Err(fault) if tries < WAITS && stood_in_the_way(&fault) => {}
                Err(fault) => return Err(self.unavailable(fault).await),
            }
            tokio::time::sleep(PAUSE * tries).await;
            tries += 1;
        }
    }

    async fn take(&self, intake: &Intake<'_>, days: &BTreeSet<Timestamp>) -> Result<Outcome, sqlx::Error> {
        let mut transaction = self.begin().await?;
        if !hold(&mut transaction, days).await? {
            transaction.rollback().await?;
            return Ok(Outcome::DayGone);
        }
        if !advance(&mut transaction, intake.stretch).await? {
            transaction.rollback().await?;
            return Ok(Outcome::Elsewhere);
        }
        if !intake.stretch.clicks.is_empty() {
            let copy = copy::begin(&mut transaction, &intake.rows).await?;
            let counts = intake.counts.get_or_init(|| tally(&intake.stretch.clicks));
            copy.finish().await?;
            add(&mut transaction, counts).await?;
        }
        transaction.commit().await?;
        Ok(Outcome::Taken)
    }
}

/// Whether all the days are there, until the transaction ends.
async fn hold(connection: &mut PgConnection, days: &BTreeSet<Timestamp>) -> Result<bool, sqlx::Error> {
    let wanted: Vec<_> = days.iter().map(|day| day.micros()).collect();
    let held: i64 = sqlx::query_scalar(HOLD).bind(wanted).fetch_one(connection).await?;
    Ok(usize::try_from(held).is_ok_and(|held| held == days.len()))
}

/// Moves the journal on from where the stretch begins. Of two that try, one waits and then finds it moved.
async fn advance(connection: &mut PgConnection, stretch: &Stretch) -> Result<bool, sqlx::Error> {
    // A journal that is not known stands at 0.
    let statement = if stretch.from == 0 { BEGIN_JOURNAL } else { MOVE_JOURNAL };
    let moved = sqlx::query(statement)
        .bind(stored(&stretch.journal.0))
        .bind(int(stretch.from))
        .bind(int(stretch.upto))
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == 1)
}

async fn add(connection: &mut PgConnection, counts: &Counts) -> Result<(), sqlx::Error> {
    let keys = || counts.keys();
    let values = || counts.values();
    sqlx::query(ADD_COUNTS)
        .bind(keys().map(|key| key.handle.as_str()).collect::<Vec<_>>())
        .bind(keys().map(slug_of).collect::<Vec<_>>())
        .bind(keys().map(|key| key.dimension.as_str()).collect::<Vec<_>>())
        .bind(keys().map(|key| key.hour.micros()).collect::<Vec<_>>())
        .bind(keys().map(|key| stored(&key.value)).collect::<Vec<_>>())
        .bind(values().map(|count: &Count| int(count.clicks)).collect::<Vec<_>>())
        .bind(values().map(|count| int(count.bot_clicks)).collect::<Vec<_>>())
        .bind(values().map(|count| count.last_at.micros()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}

fn slug_of(key: &CountKey) -> &str {
    key.slug.as_ref().map_or("", SlugKey::as_str)
}
