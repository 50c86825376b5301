use async_trait::async_trait;
use lp_core::{EventId, Handle};
use lp_ports::{Event, EventReader, StoreError, StoredEvent};
use sqlx::sqlite::SqliteRow;

use crate::heads::Head;
use crate::rows::{Broken, count, field, instant, whole};
use crate::script::Script;
use crate::store::{SqliteStore, int, read};

const APPEND: &str =
    "INSERT INTO outbox (handle, seq, id, name, at, actor, facts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// Appends an event under the handle's next number.
pub(crate) fn append(script: &mut Script, head: &mut Head, event: &Event) {
    let seq = head.event_seq + 1;
    let facts: serde_json::Value =
        event.kind.facts().into_iter().map(|(key, value)| vec![key.to_owned(), value]).collect();
    script
        .say(APPEND)
        .bind(event.handle.as_str())
        .bind(int(seq))
        .bind(event.id.uuid())
        .bind(event.kind.name())
        .bind(event.at.micros())
        .bind(&event.actor)
        .bind(facts.to_string());
    head.event_seq = seq;
}

#[async_trait]
impl EventReader for SqliteStore {
    async fn events(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let query = sqlx::query("SELECT * FROM outbox WHERE handle = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3")
            .bind(handle.as_str())
            .bind(int(after))
            .bind(limit);
        let rows = read("db.event.list", query.fetch_all(&self.reads)).await?;
        let events = rows.iter().map(|row| {
            let name = || format!("{handle}/{}", field::<i64>(row, "seq").unwrap_or_default());
            whole(event(row), "outbox", name)
        });
        events.collect()
    }
}

fn event(row: &SqliteRow) -> Result<StoredEvent, Broken> {
    Ok(StoredEvent {
        seq: count(row, "seq")?,
        id: EventId::new(field(row, "id")?),
        name: field(row, "name")?,
        at: instant(row, "at")?,
        actor: field(row, "actor")?,
        facts: serde_json::from_str(field(row, "facts")?)?,
    })
}
