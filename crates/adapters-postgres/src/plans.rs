use lp_access::{Plan, Subscription, Terms, TermsChange, WriteDay};
use lp_core::{Day, TimeZone, UserId};
use lp_ports::{CountedWrite, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::commit::Halt;
use crate::rows::{Broken, field, number, whole};
use crate::store::PgStore;

/// One statement, so that terms and writes are of one moment.
const SUBSCRIPTION: &str = "SELECT plan, time_zone, openanalyst, day, writes FROM accounts \
     LEFT JOIN write_days ON account = id WHERE id = $1";

/// As [`WriteDay::counted_on`] and [`WriteDay::has_room`] say it; nothing, where there is no room. Who has to wait for
/// another write of the account looks at what that one left.
const COUNT: &str = "INSERT INTO write_days AS held (account, day, writes) \
     SELECT id, $2, 1 FROM accounts WHERE id = $1 AND $3 > 0 \
     ON CONFLICT (account) DO UPDATE SET day = greatest(held.day, excluded.day), \
     writes = CASE WHEN held.day >= excluded.day THEN held.writes + 1 ELSE 1 END \
     WHERE held.day < excluded.day OR held.writes < $3";

const CHANGE: &str = "UPDATE accounts SET plan = coalesce($2, plan), time_zone = coalesce($3, time_zone), \
     openanalyst = coalesce($4, openanalyst) WHERE id = $1";

/// Counts a write, or says the account's day where there is no room for it. Its row is locked behind those of the heads,
/// so that no two transactions wait for each other.
pub(crate) async fn count(
    connection: &mut PgConnection,
    write: &CountedWrite,
) -> Result<Option<WriteDay>, Halt> {
    let most = write.most.map_or(i64::MAX, i64::from);
    let query = sqlx::query(COUNT).bind(write.account.uuid()).bind(i64::from(write.day.number())).bind(most);
    if query.execute(&mut *connection).await?.rows_affected() == 1 {
        return Ok(None);
    }
    let found = sqlx::query(SUBSCRIPTION).bind(write.account.uuid()).fetch_optional(connection).await?;
    let Some(row) = found else {
        return Err(StoreError::Corrupt { table: "write_days", row: write.account.to_string() }.into());
    };
    let written = whole(written(&row), "write_days", || write.account.to_string())?;
    Ok(Some(WriteDay::counted_on(written, write.day)))
}

/// Sets what is given of an account's terms.
pub(crate) async fn change(
    connection: &mut PgConnection,
    account: UserId,
    set: &TermsChange,
) -> Result<(), sqlx::Error> {
    sqlx::query(CHANGE)
        .bind(account.uuid())
        .bind(set.plan.map(Plan::as_str))
        .bind(set.time_zone.as_ref().map(TimeZone::name))
        .bind(set.openanalyst)
        .execute(connection)
        .await
        .map(drop)
}

impl PgStore {
    pub(crate) async fn read_subscription(&self, id: UserId) -> Result<Option<Subscription>, StoreError> {
        let query = sqlx::query(SUBSCRIPTION).bind(id.uuid());
        let row = self.read("db.access.subscription", query.fetch_optional(self.pool())).await?;
        let subscription = |row: &PgRow| Ok(Subscription { terms: terms(row)?, written: written(row)? });
        row.map(|row| whole(subscription(&row), "accounts", || id.to_string())).transpose()
    }
}

pub(crate) fn terms(row: &PgRow) -> Result<Terms, Broken> {
    let plan = field::<Option<&str>>(row, "plan")?;
    let plan = plan.map(|plan| Plan::parse(plan).ok_or_else(|| Broken::new("plan"))).transpose()?;
    let time_zone = TimeZone::parse(field(row, "time_zone")?)?;
    Ok(Terms { plan, time_zone, openanalyst: field(row, "openanalyst")? })
}

fn written(row: &PgRow) -> Result<Option<WriteDay>, Broken> {
    if field::<Option<i64>>(row, "day")?.is_none() {
        return Ok(None);
    }
    let day = Day::of(number(row, "day")?).ok_or_else(|| Broken::new("day"))?;
    Ok(Some(WriteDay { day, writes: number(row, "writes")? }))
}
