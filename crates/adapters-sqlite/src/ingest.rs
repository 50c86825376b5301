use async_trait::async_trait;
use lp_analytics::{Click, Counts, tally};
use lp_core::{Browser, Country, Language, Os, Region, SlugKey, Timestamp};
use lp_ports::{Ingest, JournalId, StoreError, Stretch};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::rows::{count, whole};
use crate::store::{SqliteStore, int, read};

/// Rows per statement: enough to spread its cost, few enough for the engine's limit of values.
const CHUNK: usize = 250;

/// A stretch of a journal on its way to the writer, with what was worked out before it waits there.
pub(crate) struct Intake {
    stretch: Stretch,
    counts: Counts,
}

/// Takes a stretch in where its journal stands at its start, and answers where the journal stands then.
pub(crate) async fn take(connection: &mut SqliteConnection, intake: &Intake) -> Result<u64, sqlx::Error> {
    let Stretch { journal, from, upto, clicks } = &intake.stretch;
    let stands: Option<i64> = sqlx::query_scalar("SELECT upto FROM journal_positions WHERE journal = ?1")
        .bind(&journal.0)
        .fetch_optional(&mut *connection)
        .await?;
    let stands = u64::try_from(stands.unwrap_or_default()).unwrap_or_default();
    if stands != *from {
        return Ok(stands);
    }
    sqlx::query(
        "INSERT INTO journal_positions (journal, upto) VALUES (?1, ?2) \
         ON CONFLICT (journal) DO UPDATE SET upto = excluded.upto",
    )
    .bind(&journal.0)
    .bind(int(*upto))
    .execute(&mut *connection)
    .await?;
    for chunk in clicks.chunks(CHUNK) {
        keep(connection, chunk).await?;
    }
    let counts: Vec<_> = intake.counts.iter().collect();
    for chunk in counts.chunks(CHUNK) {
        add(connection, chunk).await?;
    }
    Ok(*upto)
}

async fn keep(connection: &mut SqliteConnection, clicks: &[Click]) -> Result<(), sqlx::Error> {
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO clicks (handle, at, id, link, slug, device, visitor, referrer, country, region, os, browser, \
         language, source, campaign, rule, variant, link_revision, rules_revision, visitor_key, came_before) ",
    );
    insert.push_values(clicks, |mut row, click| {
        row.push_bind(click.handle.as_str())
            .push_bind(click.at.micros())
            .push_bind(click.id.uuid())
            .push_bind(click.link.uuid())
            .push_bind(click.slug.as_str())
            .push_bind(click.device.as_str())
            .push_bind(click.visitor.cast_signed())
            .push_bind(&click.referrer);
        let facts = &click.facts;
        row.push_bind(facts.country.as_ref().map(Country::as_str))
            .push_bind(facts.region.as_ref().map(Region::as_str))
            .push_bind((facts.os != Os::Unknown).then_some(facts.os.as_str()))
            .push_bind((facts.browser != Browser::Unknown).then_some(facts.browser.as_str()))
            .push_bind(facts.language.as_ref().map(Language::as_str));
        for text in [&facts.source, &facts.campaign, &facts.rule, &facts.variant] {
            row.push_bind(said(text));
        }
        for revision in [facts.link_revision, facts.rules_revision] {
            row.push_bind(revision.map(|revision| int(revision.0)));
        }
        row.push_bind(said(&facts.key)).push_bind(facts.returning.then_some(true));
    });
    insert.build().persistent(clicks.len() == CHUNK).execute(connection).await.map(drop)
}

/// Nothing for an empty text, which takes no room.
fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

async fn add(
    connection: &mut SqliteConnection,
    counts: &[(&lp_analytics::CountKey, &lp_analytics::Count)],
) -> Result<(), sqlx::Error> {
    let mut upsert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO click_hours (handle, slug_key, dimension, hour, value, clicks, bot_clicks, last_at) ",
    );
    upsert.push_values(counts, |mut row, (key, count)| {
        row.push_bind(key.handle.as_str())
            .push_bind(key.slug.as_ref().map_or("", SlugKey::as_str))
            .push_bind(key.dimension.as_str())
            .push_bind(key.hour.micros())
            .push_bind(&key.value)
            .push_bind(int(count.clicks))
            .push_bind(int(count.bot_clicks))
            .push_bind(count.last_at.micros());
    });
    upsert.push(
        " ON CONFLICT (handle, slug_key, dimension, hour, value) DO UPDATE SET \
         clicks = clicks + excluded.clicks, bot_clicks = bot_clicks + excluded.bot_clicks, \
         last_at = max(last_at, excluded.last_at)",
    );
    upsert.build().persistent(counts.len() == CHUNK).execute(connection).await.map(drop)
}

#[async_trait]
impl Ingest for SqliteStore {
    async fn ingest(&self, stretch: &Stretch) -> Result<u64, StoreError> {
        let counts = tally(&stretch.clicks);
        self.writer.ingest(Intake { stretch: stretch.clone(), counts }).await
    }

    async fn ingested(&self, journal: &JournalId) -> Result<u64, StoreError> {
        let query = sqlx::query("SELECT upto FROM journal_positions WHERE journal = ?1").bind(&journal.0);
        let row = read("db.click.ingested", query.fetch_optional(&self.reads)).await?;
        row.map_or(Ok(0), |row| whole(count(&row, "upto"), "journal_positions", || journal.0.clone()))
    }

    async fn expire(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.forget_clicks(before).await
    }
}
