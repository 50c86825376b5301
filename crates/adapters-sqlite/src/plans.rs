use lp_access::{Plan, Subscription, Terms, WriteDay};
use lp_core::{Day, TimeZone, UserId};
use lp_ports::{CountedWrite, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::commit::Halt;
use crate::rows::{Broken, field, whole};
use crate::script::Script;
use crate::store::{SqliteStore, read};

/// One statement, so that terms and writes are of one moment.
const SUBSCRIPTION: &str = "SELECT plan, time_zone, openanalyst, day, writes FROM accounts \
     LEFT JOIN write_days ON account = id WHERE id = ?1";

/// As [`WriteDay::counted_on`] says it.
const COUNT: &str = "INSERT INTO write_days (account, day, writes) VALUES (?1, ?2, 1) \
     ON CONFLICT (account) DO UPDATE SET day = max(write_days.day, excluded.day), \
     writes = CASE WHEN write_days.day >= excluded.day THEN write_days.writes + 1 ELSE 1 END";

const CHANGE: &str = "UPDATE accounts SET plan = coalesce(?2, plan), time_zone = coalesce(?3, time_zone), \
     openanalyst = coalesce(?4, openanalyst) WHERE id = ?1";

/// The account's day where there is no room for one more write. Nothing can come between this and [`count`]: it is the
/// one task that writes.
pub(crate) async fn spent(
    connection: &mut SqliteConnection,
    write: &CountedWrite,
) -> Result<Option<WriteDay>, Halt> {
    let query = sqlx::query(SUBSCRIPTION).bind(write.account.uuid());
    let Some(row) = query.fetch_optional(connection).await? else {
        return Err(StoreError::Corrupt { table: "write_days", row: write.account.to_string() }.into());
    };
    let written = whole(written(&row), "write_days", || write.account.to_string())?;
    let today = WriteDay::counted_on(written, write.day);
    Ok((!today.has_room(write.most)).then_some(today))
}

pub(crate) fn count(script: &mut Script, write: &CountedWrite) {
    script.say(COUNT).bind(write.account.uuid()).bind(i64::from(write.day.number()));
}

/// Sets what is given of an account's terms.
pub(crate) async fn change(
    connection: &mut SqliteConnection,
    account: UserId,
    set: &lp_access::TermsChange,
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

impl SqliteStore {
    pub(crate) async fn read_subscription(&self, id: UserId) -> Result<Option<Subscription>, StoreError> {
        let query = sqlx::query(SUBSCRIPTION).bind(id.uuid());
        let row = read("db.access.subscription", query.fetch_optional(&self.reads)).await?;
        let subscription = |row: &SqliteRow| Ok(Subscription { terms: terms(row)?, written: written(row)? });
        row.map(|row| whole(subscription(&row), "accounts", || id.to_string())).transpose()
    }
}

pub(crate) fn terms(row: &SqliteRow) -> Result<Terms, Broken> {
    let plan = field::<Option<&str>>(row, "plan")?;
    let plan = plan.map(|plan| Plan::parse(plan).ok_or_else(|| Broken::new("plan"))).transpose()?;
    let time_zone = TimeZone::parse(field(row, "time_zone")?)?;
    Ok(Terms { plan, time_zone, openanalyst: field(row, "openanalyst")? })
}

fn written(row: &SqliteRow) -> Result<Option<WriteDay>, Broken> {
    let Some(day) = field::<Option<u32>>(row, "day")? else { return Ok(None) };
    let day = Day::of(day).ok_or_else(|| Broken::new("day"))?;
    Ok(Some(WriteDay { day, writes: field(row, "writes")? }))
}
