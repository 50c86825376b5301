use async_trait::async_trait;
use lp_core::{EventId, Handle};
use lp_ports::{Event, EventReader, StoreError, StoredEvent};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::heads::Head;
use crate::rows::{Broken, count, field, instant, text, whole};
use crate::store::{PgStore, int};
use crate::text::stored;

const APPEND: &str = "INSERT INTO outbox (handle, seq, id, name, at, actor, facts) \
     SELECT $1, $2 + place, id, name, at, actor, facts::json \
     FROM unnest($3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[]) \
         WITH ORDINALITY AS happened (id, name, at, actor, facts, place)";

const EVENTS: &str = "SELECT seq, id, name, at, actor, facts::text AS facts FROM outbox \
     WHERE handle = $1 AND seq > $2 ORDER BY seq LIMIT $3";

/// Appends events under the handle's next numbers.
pub(crate) async fn append(
    connection: &mut PgConnection,
    head: &mut Head,
    handle: &Handle,
    events: &[Event],
) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    sqlx::query(APPEND)
        .bind(handle.as_str())
        .bind(int(head.event_seq))
        .bind(events.iter().map(|event| event.id.uuid()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.kind.name()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.at.micros()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| stored(&event.actor)).collect::<Vec<_>>())
        .bind(events.iter().map(facts).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    head.event_seq += events.len() as u64;
    Ok(())
}

#[async_trait]
impl EventReader for PgStore {
    async fn events(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let query = sqlx::query(EVENTS).bind(handle.as_str()).bind(int(after)).bind(i64::from(limit));
        let rows = self.read("db.event.list", query.fetch_all(self.pool())).await?;
        let events = rows.iter().map(|row| {
            let name = || format!("{handle}/{}", field::<i64>(row, "seq").unwrap_or_default());
            whole(event(row), "outbox", name)
        });
        events.collect()
    }
}

fn facts(event: &Event) -> String {
    let facts = event.kind.facts().into_iter().map(|(key, value)| vec![key.to_owned(), value]);
    facts.collect::<serde_json::Value>().to_string()
}

fn event(row: &PgRow) -> Result<StoredEvent, Broken> {
    Ok(StoredEvent {
        seq: count(row, "seq")?,
        id: EventId::new(field(row, "id")?),
        name: field(row, "name")?,
        at: instant(row, "at")?,
        actor: text(row, "actor")?,
        facts: serde_json::from_str(field(row, "facts")?)?,
    })
}
