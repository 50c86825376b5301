use async_trait::async_trait;
use lp_core::{Handle, Revision};
use lp_personalization::{HandleRules, PlainItem, RulesItem, RulesWrite};
use lp_ports::{Guard, RulesReader, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::rows::{Broken, count, field, whole};
use crate::store::{PgStore, int};

const LATEST: &str = "SELECT coalesce(max(revision), 0) FROM handle_rules WHERE handle = $1";

/// A body is written as a text, and read as the same one.
const ADD: &str = "INSERT INTO handle_rules (handle, item, revision, body) \
     SELECT $1, item, $2, body::json FROM unnest($3::text[], $4::text[]) AS new (item, body)";

/// Of each item the newest row that is not beyond a revision. The index leads from item to item, so that the rows between
/// are not looked at, however often one was changed.
const AT: &str = "WITH RECURSIVE named (item) AS ( \
         (SELECT item FROM handle_rules WHERE handle = $1 ORDER BY item LIMIT 1) \
         UNION ALL SELECT (SELECT rules.item FROM handle_rules AS rules \
             WHERE rules.handle = $1 AND rules.item > named.item ORDER BY rules.item LIMIT 1) FROM named \
         WHERE named.item IS NOT NULL) \
     SELECT newest.item, newest.revision, newest.body::text AS body FROM named CROSS JOIN LATERAL ( \
         SELECT rules.item, rules.revision, rules.body FROM handle_rules AS rules \
         WHERE rules.handle = $1 AND rules.item = named.item AND rules.revision <= $2 \
         ORDER BY rules.revision DESC LIMIT 1) AS newest";

#[async_trait]
impl RulesReader for PgStore {
    async fn rules(&self, handle: &Handle, at: Option<Revision>) -> Result<HandleRules, StoreError> {
        let query = sqlx::query(AT).bind(handle.as_str()).bind(at.map_or(i64::MAX, |at| int(at.0)));
        let rows = self.read("db.rules.at", query.fetch_all(self.pool())).await?;
        let kept = rows.iter().map(|row| whole(kept(row), "handle_rules", || named(row, handle)));
        let kept = kept.collect::<Result<Vec<_>, _>>()?;
        // Every revision has a row, and it is the newest one of its item or there is a later one.
        let revision = kept.iter().map(|(revision, _)| *revision).max().unwrap_or(Revision(0));
        Ok(HandleRules::restore(revision, kept.into_iter().map(|(_, item)| item)))
    }
}

/// Adds what was decided, unless the rules are at another revision than it was decided upon. Writers of a handle take turns,
/// so nobody else adds between.
pub(crate) async fn write(
    connection: &mut PgConnection,
    handle: &Handle,
    write: &RulesWrite,
) -> Result<Option<Guard>, sqlx::Error> {
    let latest: i64 = sqlx::query_scalar(LATEST).bind(handle.as_str()).fetch_one(&mut *connection).await?;
    if latest != int(write.before.0) {
        return Ok(Some(Guard::RulesAt { handle: handle.clone(), revision: write.before }));
    }
    let items: Vec<PlainItem> = write.items.iter().map(RulesItem::plain).collect();
    let json = |item: &PlainItem| item.body.as_ref().map(|body| serde_json::json!(body).to_string());
    sqlx::query(ADD)
        .bind(handle.as_str())
        .bind(int(write.after.revision.0))
        .bind(items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>())
        .bind(items.iter().map(json).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(None)
}

fn kept(row: &PgRow) -> Result<(Revision, RulesItem), Broken> {
    let body = field::<Option<&str>>(row, "body")?.map(serde_json::from_str).transpose()?;
    let item = PlainItem { name: field(row, "item")?, body }.item()?;
    Ok((Revision(count(row, "revision")?), item))
}

fn named(row: &PgRow, handle: &Handle) -> String {
    let item = field(row, "item").unwrap_or("?");
    format!("{handle}/{item}/{}", field::<i64>(row, "revision").unwrap_or_default())
}
