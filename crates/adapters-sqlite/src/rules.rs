use async_trait::async_trait;
use lp_core::{Handle, Revision};
use lp_personalization::{HandleRules, PlainItem, RulesItem, RulesWrite};
use lp_ports::{Guard, RulesReader, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, count, field, whole};
use crate::store::{SqliteStore, int, read};

const LATEST: &str = "SELECT coalesce(max(revision), 0) FROM handle_rules WHERE handle = ?1";

const ADD: &str = "INSERT INTO handle_rules (handle, item, revision, body) VALUES (?1, ?2, ?3, ?4)";

/// Of each item the newest row that is not beyond a revision. The index leads from item to item, so that the rows between
/// are not looked at, however often one was changed.
const AT: &str = "WITH RECURSIVE named (item) AS ( \
         SELECT min(item) FROM handle_rules WHERE handle = ?1 \
         UNION ALL SELECT (SELECT min(item) FROM handle_rules WHERE handle = ?1 AND item > named.item) FROM named \
         WHERE named.item IS NOT NULL) \
     SELECT rules.item, rules.revision, rules.body FROM named JOIN handle_rules AS rules \
         ON rules.handle = ?1 AND rules.item = named.item AND rules.revision = ( \
             SELECT max(revision) FROM handle_rules \
             WHERE handle = ?1 AND item = named.item AND revision <= ?2)";

#[async_trait]
impl RulesReader for SqliteStore {
    async fn rules(&self, handle: &Handle, at: Option<Revision>) -> Result<HandleRules, StoreError> {
        let query = sqlx::query(AT).bind(handle.as_str()).bind(at.map_or(i64::MAX, |at| int(at.0)));
        let rows = read("db.rules.at", query.fetch_all(&self.reads)).await?;
        let kept = rows.iter().map(|row| whole(kept(row), "handle_rules", || named(row, handle)));
        let kept = kept.collect::<Result<Vec<_>, _>>()?;
        // Every revision has a row, and it is the newest one of its item or there is a later one.
        let revision = kept.iter().map(|(revision, _)| *revision).max().unwrap_or(Revision(0));
        Ok(HandleRules::restore(revision, kept.into_iter().map(|(_, item)| item)))
    }
}

/// The revision that the rules of a handle are at.
pub(crate) async fn latest(connection: &mut SqliteConnection, handle: &Handle) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(LATEST).bind(handle.as_str()).fetch_one(connection).await
}

/// Adds what was decided, unless the rules are at another revision than it was decided upon.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    handle: &Handle,
    write: &RulesWrite,
) -> Result<Option<Guard>, sqlx::Error> {
    if latest(connection, handle).await? != int(write.before.0) {
        return Ok(Some(Guard::RulesAt { handle: handle.clone(), revision: write.before }));
    }
    for item in &write.items {
        let PlainItem { name, body } = item.plain();
        sqlx::query(ADD)
            .bind(handle.as_str())
            .bind(name)
            .bind(int(write.after.revision.0))
            .bind(body.map(|body| serde_json::json!(body).to_string()))
            .execute(&mut *connection)
            .await?;
    }
    Ok(None)
}

fn kept(row: &SqliteRow) -> Result<(Revision, RulesItem), Broken> {
    let body = field::<Option<&str>>(row, "body")?.map(serde_json::from_str).transpose()?;
    let item = PlainItem { name: field(row, "item")?, body }.item()?;
    Ok((Revision(count(row, "revision")?), item))
}

fn named(row: &SqliteRow, handle: &Handle) -> String {
    let item = field(row, "item").unwrap_or("?");
    format!("{handle}/{item}/{}", field::<i64>(row, "revision").unwrap_or_default())
}
