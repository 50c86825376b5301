use std::collections::{BTreeMap, HashSet};

use lp_access::AuditEntry;
use lp_core::SlugKey;
use lp_links::{Description, LinkParts, LinkState, Title};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};

use super::{LinkChange, corrupt, link_of, taken};
use crate::commit::Halt;
use crate::rows::json_list;
use crate::store::int;
use crate::text::stored;

macro_rules! columns {
    () => {
        "slug_key, slug, id, destination, title, description, tags, categories, enabled, position, \
         redirect_status, query, revision, created_at, updated_at, controls"
    };
}

/// Columns of links come as one list each, in the order of [`bind`]; labels are lists themselves, so they come as JSON.
macro_rules! rows {
    ($more:literal) => {
        concat!(
            "slug_key, slug, id, destination, title, description, tags::jsonb, categories::jsonb, enabled, position, \
             redirect_status, query, revision, created_at, updated_at, controls::jsonb",
            $more,
            " FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], \
             $9::text[], $10::boolean[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[], $15::bigint[], \
             $16::bigint[], $17::text[]"
        )
    };
}

/// Answers those that could be added: one that is there already is no failure of the engine here, so that it can be
/// named.
const ADD_REVISIONS: &str = concat!(
    "INSERT INTO link_revisions (handle, ",
    columns!(),
    ", action, at, actor) SELECT $1, ",
    rows!(", action, $19, $20"),
    ", $18::text[]) AS new (",
    columns!(),
    ", action) ON CONFLICT DO NOTHING RETURNING slug_key, revision"
);

const SET_LINKS: &str = concat!(
    "INSERT INTO links (handle, ",
    columns!(),
    ") SELECT $1, ",
    rows!(""),
    ") AS new (",
    columns!(),
    ") ON CONFLICT (handle, slug_key) DO UPDATE SET slug = excluded.slug, id = excluded.id, \
     destination = excluded.destination, title = excluded.title, description = excluded.description, \
     tags = excluded.tags, categories = excluded.categories, enabled = excluded.enabled, \
     position = excluded.position, redirect_status = excluded.redirect_status, query = excluded.query, \
     revision = excluded.revision, created_at = excluded.created_at, updated_at = excluded.updated_at, \
     controls = excluded.controls"
);

const DROP_LINKS: &str = "DELETE FROM links WHERE handle = $1 AND slug_key = ANY($2)";

/// A link with the key of its slug.
type Keyed<'b> = (SlugKey, &'b LinkParts);

/// Writes the revisions, and what they leave: three statements at most, however many they are.
pub(super) async fn write(
    connection: &mut PgConnection,
    entry: &AuditEntry,
    changes: &[LinkChange<'_>],
) -> Result<(), Halt> {
    // A link of another handle would be noted, numbered and audited where nobody looks for it.
    let own =
        changes.iter().take_while(|change| link_of(change.after).parts().handle == entry.handle).count();
    add_revisions(connection, entry, &changes[..own]).await?;
    if let Some(foreign) = changes.get(own) {
        return Err(corrupt(foreign.change));
    }
    // A slug that is changed several times is left as the last change leaves it.
    let mut left = BTreeMap::new();
    for change in changes {
        left.insert(link_of(change.after).parts().slug.key(), change.after);
    }
    let (mut live, mut gone) = (Vec::new(), Vec::new());
    for (key, state) in left {
        match state {
            LinkState::Live(link) => live.push((key, link.parts())),
            LinkState::Deleted(_) => gone.push(key),
        }
    }
    if !live.is_empty() {
        let query = sqlx::query(SET_LINKS).bind(entry.handle.as_str());
        bind(query, &live).execute(&mut *connection).await?;
    }
    if !gone.is_empty() {
        let keys: Vec<_> = gone.iter().map(SlugKey::as_str).collect();
        sqlx::query(DROP_LINKS).bind(entry.handle.as_str()).bind(keys).execute(connection).await?;
    }
    Ok(())
}

async fn add_revisions(
    connection: &mut PgConnection,
    entry: &AuditEntry,
    changes: &[LinkChange<'_>],
) -> Result<(), Halt> {
    let links: Vec<Keyed<'_>> = changes.iter().map(|change| keyed(link_of(change.after).parts())).collect();
    let query = sqlx::query(ADD_REVISIONS).bind(entry.handle.as_str());
    let rows = bind(query, &links)
        .bind(changes.iter().map(|change| change.action.as_str()).collect::<Vec<_>>())
        .bind(entry.at.micros())
        .bind(stored(&entry.actor))
        .fetch_all(connection)
        .await?;
    let mut added = rows.iter().map(revision).collect::<Result<HashSet<_>, _>>()?;
    let mut wanted = changes.iter().zip(&links);
    // Each was added once: the second of two alike finds the first there.
    let refused = wanted.find(|(_, (key, parts))| !added.remove(&(key.as_str(), int(parts.revision.0))));
    refused.map_or(Ok(()), |(change, _)| Err(taken(change.change)))
}

fn controls(parts: &LinkParts) -> Option<String> {
    parts.controls.plain().map(|plain| serde_json::json!(plain).to_string())
}

fn keyed(parts: &LinkParts) -> Keyed<'_> {
    (parts.slug.key(), parts)
}

fn revision(row: &PgRow) -> Result<(&str, i64), sqlx::Error> {
    Ok((row.try_get("slug_key")?, row.try_get("revision")?))
}

fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    links: &'q [Keyed<'q>],
) -> Query<'q, Postgres, PgArguments> {
    let parts = || links.iter().map(|(_, parts)| *parts);
    query
        .bind(links.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.slug.as_str()).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.id.uuid()).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.destination.as_str()).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.title.as_ref().map(Title::as_str)).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.description.as_ref().map(Description::as_str)).collect::<Vec<_>>())
        .bind(parts().map(|parts| json_list(parts.tags.iter())).collect::<Vec<_>>())
        .bind(parts().map(|parts| json_list(parts.categories.iter())).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.enabled).collect::<Vec<_>>())
        .bind(parts().map(|parts| i64::from(parts.position.number())).collect::<Vec<_>>())
        .bind(parts().map(|parts| i64::from(parts.redirect_status.code())).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.query.as_str()).collect::<Vec<_>>())
        .bind(parts().map(|parts| int(parts.revision.0)).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.created_at.micros()).collect::<Vec<_>>())
        .bind(parts().map(|parts| parts.updated_at.micros()).collect::<Vec<_>>())
        .bind(parts().map(controls).collect::<Vec<_>>())
}
