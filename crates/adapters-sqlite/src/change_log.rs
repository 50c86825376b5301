use async_trait::async_trait;
use lp_core::{Handle, Slug, SlugKey};
use lp_ports::{Change, ChangeLog, ChangeNote, ChangePosition, Changed, Changes, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, count, field, whole};
use crate::script::Script;
use crate::store::{SqliteStore, int, read};

/// What stands for a slug key where the rules of the handle changed; no slug is written like this.
const RULES: &str = "*rules";

/// The greatest number that was trimmed: numbers have no gaps, so it is the one before the smallest that is there.
const TRIMMED: &str = "SELECT coalesce((SELECT min(seq) - 1 FROM change_log), \
     (SELECT seq FROM sqlite_sequence WHERE name = 'change_log'), 0) AS upto";

/// Notes what a batch changed, each thing once.
pub(crate) async fn append(
    connection: &mut SqliteConnection,
    script: &mut Script,
    handle: &Handle,
    version: u64,
    changes: &[Change],
) -> Result<(), sqlx::Error> {
    let mut noted: Vec<Changed> = Vec::new();
    for changed in changes.iter().map(Change::noted) {
        if noted.contains(&changed) {
            continue;
        }
        let key = match &changed {
            Changed::Link(slug) => Some(slug.as_str()),
            Changed::Rules => Some(RULES),
            Changed::Access => None,
        };
        if script.is_long() {
            script.run(connection).await?;
        }
        script
            .say("INSERT INTO change_log (handle, version, slug_key) VALUES (?1, ?2, ?3)")
            .bind(handle.as_str())
            .bind(int(version))
            .bind(key);
        noted.push(changed);
    }
    Ok(())
}

/// Drops all but the newest rows. Numbers have no gaps (a batch that is undone gives its own back), so they count.
pub(crate) async fn trim(connection: &mut SqliteConnection, keep: u64) -> Result<u64, sqlx::Error> {
    let query = sqlx::query("DELETE FROM change_log WHERE seq <= (SELECT max(seq) FROM change_log) - ?1");
    Ok(query.bind(int(keep)).execute(connection).await?.rows_affected())
}

/// Writers take turns, so numbers become visible in their own order: a reader can step over none.
#[async_trait]
impl ChangeLog for SqliteStore {
    async fn position(&self) -> Result<ChangePosition, StoreError> {
        // Not the greatest row: those may have been trimmed.
        let query = sqlx::query(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change_log'), 0) AS position",
        );
        let row = read("db.change.position", query.fetch_one(&self.reads)).await?;
        let position = whole(count(&row, "position"), "change_log", || "position".to_owned())?;
        Ok(ChangePosition(position))
    }

    async fn changes(&self, after: ChangePosition, limit: u32) -> Result<Changes, StoreError> {
        let query = sqlx::query("SELECT * FROM change_log WHERE seq > ?1 ORDER BY seq LIMIT ?2")
            .bind(int(after.0))
            .bind(limit);
        let rows = read("db.change.list", query.fetch_all(&self.reads)).await?;
        let mut changes = Changes { notes: Vec::with_capacity(rows.len()), position: after, missed: false };
        let trimmed = read("db.change.trimmed", sqlx::query(TRIMMED).fetch_one(&self.reads)).await?;
        changes.missed = after.0 < whole(count(&trimmed, "upto"), "change_log", || "trimmed".to_owned())?;
        for row in &rows {
            let seq = whole(count(row, "seq"), "change_log", String::new)?;
            match note(row) {
                Ok(note) => changes.notes.push(note),
                Err(Broken(reason)) => {
                    tracing::error!(
                        table = "change_log",
                        row = seq,
                        reason,
                        "a note cannot be read and is skipped"
                    );
                }
            }
            changes.position = ChangePosition(seq);
        }
        Ok(changes)
    }

    async fn trim(&self, keep: u64) -> Result<u64, StoreError> {
        self.writer.trim(keep).await
    }
}

fn note(row: &SqliteRow) -> Result<ChangeNote, Broken> {
    let changed = match field::<Option<&str>>(row, "slug_key")? {
        Some(RULES) => Changed::Rules,
        Some(key) => Changed::Link(slug_key(key)?),
        None => Changed::Access,
    };
    let handle = Handle::stored(field(row, "handle")?)?;
    Ok(ChangeNote { handle, version: count(row, "version")?, changed })
}

pub(crate) fn slug_key(text: &str) -> Result<SlugKey, Broken> {
    let key = Slug::parse(text)?.key();
    if key.as_str() == text { Ok(key) } else { Err(Broken::new("a slug key with capitals")) }
}
