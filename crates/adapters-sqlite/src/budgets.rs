use async_trait::async_trait;
use lp_core::{Handle, LinkId};
use lp_ports::{ClickBudgets, HandedOut, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, count, whole};
use crate::store::{SqliteStore, read};

/// Takes and says how much. No row where nothing is left, which writes nothing either.
const HAND_OUT: &str = "INSERT INTO click_budgets (handle, link, handed_out, granted) \
     VALUES (?1, ?2, min(?3, ?4), min(?3, ?4)) \
     ON CONFLICT (handle, link) DO UPDATE SET handed_out = handed_out + min(?3 - handed_out, ?4), \
         granted = min(?3 - handed_out, ?4) \
     WHERE handed_out < ?3 RETURNING handed_out, granted";

const TAKE_BACK: &str = "UPDATE click_budgets SET handed_out = max(handed_out - ?3, 0) \
     WHERE handle = ?1 AND link = ?2";

const FIND: &str = "SELECT handed_out FROM click_budgets WHERE handle = ?1 AND link = ?2";

/// What the writer does for the budget of a link.
pub(crate) struct BudgetWork {
    handle: Handle,
    link: LinkId,
    what: What,
}

enum What {
    HandOut { limit: u32, wanted: u32 },
    TakeBack(u32),
}

/// Does it within the open transaction.
pub(crate) async fn work(
    connection: &mut SqliteConnection,
    work: &BudgetWork,
) -> Result<Result<HandedOut, StoreError>, sqlx::Error> {
    let BudgetWork { handle, link, what } = work;
    let mut out = Ok(HandedOut { granted: 0, left: 0 });
    match *what {
        What::HandOut { limit, wanted } => {
            let query = sqlx::query(HAND_OUT).bind(handle.as_str()).bind(link.uuid());
            if let Some(row) = query.bind(limit).bind(wanted).fetch_optional(connection).await? {
                out = whole(handed_out(&row, limit), "click_budgets", || format!("{handle}/{link}"));
            }
        }
        What::TakeBack(count) => {
            let query = sqlx::query(TAKE_BACK).bind(handle.as_str()).bind(link.uuid()).bind(count);
            query.execute(connection).await?;
        }
    }
    Ok(out)
}

#[async_trait]
impl ClickBudgets for SqliteStore {
    async fn hand_out(
        &self,
        handle: &Handle,
        link: LinkId,
        limit: u32,
        wanted: u32,
    ) -> Result<HandedOut, StoreError> {
        let what = What::HandOut { limit, wanted };
        self.writer.budget(BudgetWork { handle: handle.clone(), link, what }).await
    }

    async fn take_back(&self, handle: &Handle, link: LinkId, count: u32) -> Result<(), StoreError> {
        let what = What::TakeBack(count);
        self.writer.budget(BudgetWork { handle: handle.clone(), link, what }).await.map(drop)
    }

    async fn handed_out(&self, handle: &Handle, link: LinkId) -> Result<u64, StoreError> {
        let query = sqlx::query(FIND).bind(handle.as_str()).bind(link.uuid());
        let row = read("db.budget.find", query.fetch_optional(&self.reads)).await?;
        let found = row.map(|row| count(&row, "handed_out")).transpose();
        Ok(whole(found, "click_budgets", || format!("{handle}/{link}"))?.unwrap_or(0))
    }
}

fn handed_out(row: &SqliteRow, limit: u32) -> Result<HandedOut, Broken> {
    let left = u64::from(limit).saturating_sub(count(row, "handed_out")?);
    Ok(HandedOut { granted: u32::try_from(count(row, "granted")?)?, left: u32::try_from(left)? })
}
