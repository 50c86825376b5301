use async_trait::async_trait;
use lp_core::{Handle, LinkId};
use lp_ports::{ClickBudgets, HandedOut, StoreError};
use sqlx::postgres::PgRow;

use crate::rows::{Broken, count, number, whole};
use crate::store::PgStore;

/// Takes and says how much, under the row's own lock: who waited for it sees what the others took. No row where nothing is
/// left, which writes nothing either.
const HAND_OUT: &str = "INSERT INTO click_budgets AS budget (handle, link, handed_out, granted) \
     VALUES ($1, $2, least($3, $4), least($3, $4)) \
     ON CONFLICT (handle, link) DO UPDATE SET handed_out = budget.handed_out + least($3 - budget.handed_out, $4), \
         granted = least($3 - budget.handed_out, $4) \
     WHERE budget.handed_out < $3 RETURNING handed_out, granted";

const TAKE_BACK: &str = "UPDATE click_budgets SET handed_out = greatest(handed_out - $3, 0) \
     WHERE handle = $1 AND link = $2";

const FIND: &str = "SELECT handed_out FROM click_budgets WHERE handle = $1 AND link = $2";

#[async_trait]
impl ClickBudgets for PgStore {
    async fn hand_out(
        &self,
        handle: &Handle,
        link: LinkId,
        limit: u32,
        wanted: u32,
    ) -> Result<HandedOut, StoreError> {
        let query = sqlx::query(HAND_OUT).bind(handle.as_str()).bind(link.uuid());
        let query = query.bind(i64::from(limit)).bind(i64::from(wanted));
        let Some(row) = self.read("db.budget.hand_out", query.fetch_optional(self.pool())).await? else {
            return Ok(HandedOut { granted: 0, left: 0 });
        };
        whole(handed_out(&row, limit), "click_budgets", || format!("{handle}/{link}"))
    }

    async fn take_back(&self, handle: &Handle, link: LinkId, count: u32) -> Result<(), StoreError> {
        let query = sqlx::query(TAKE_BACK).bind(handle.as_str()).bind(link.uuid()).bind(i64::from(count));
        self.read("db.budget.take_back", query.execute(self.pool())).await.map(drop)
    }

    async fn handed_out(&self, handle: &Handle, link: LinkId) -> Result<u64, StoreError> {
        let query = sqlx::query(FIND).bind(handle.as_str()).bind(link.uuid());
        let row = self.read("db.budget.find", query.fetch_optional(self.pool())).await?;
        let found = row.map(|row| count(&row, "handed_out")).transpose();
        Ok(whole(found, "click_budgets", || format!("{handle}/{link}"))?.unwrap_or(0))
    }
}

fn handed_out(row: &PgRow, limit: u32) -> Result<HandedOut, Broken> {
    let left = u64::from(limit).saturating_sub(count(row, "handed_out")?);
    Ok(HandedOut { granted: number(row, "granted")?, left: u32::try_from(left)? })
}
