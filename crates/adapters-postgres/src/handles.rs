use async_trait::async_trait;
use lp_access::{Bio, DisplayName, FormerName, HandleRecord, HandleState, Members, Profile};
use lp_analytics::day_range;
use lp_core::{Handle, Revision, Role, TimeZone, Timestamp, UserId, WebUrl};
use lp_ports::{HandleReader, StoreError};
use sqlx::postgres::PgRow;

use crate::rows::{Broken, count, field, instant, instant_or_none, whole};
use crate::store::{PIECE, PgStore, in_pieces, int};

/// The columns of [`handle_record`]. One statement, so that a record and its names are of one moment.
macro_rules! handle_columns {
    () => {
        "handles.handle, owner, handles.created_at, revision, state, closed_until, \
         coalesce((SELECT name FROM handle_names \
             WHERE handle_names.handle = handles.handle AND until IS NULL), handles.handle) AS name, \
         coalesce((SELECT json_agg(json_build_array(name, until))::text FROM handle_names \
             WHERE handle_names.handle = handles.handle AND until IS NOT NULL), '[]') AS former"
    };
}
pub(crate) use handle_columns;

const MEMBERS: &str = "SELECT account, role FROM members WHERE handle = $1";

const PROFILE: &str =
    "SELECT display_name, bio, avatar, website, time_zone FROM handle_profiles WHERE handle = $1";

const APART: &str = concat!(
    "SELECT ",
    handle_columns!(),
    " FROM handles WHERE handle IN (SELECT handle FROM handle_names WHERE until IS NOT NULL \
         UNION SELECT handle FROM handles WHERE state <> 'ACTIVE') ORDER BY handle"
);

const PURGING: &str = "SELECT EXISTS (SELECT 1 FROM handles WHERE handle = $1 AND state = 'PURGING')";

/// What belongs to a handle, clicks and the record apart: `heads`, `audit` and `handle_names` stay. Replies and notes of
/// changes are forgotten by themselves.
const PURGE: &[&str] = &[
    "DELETE FROM connection_credentials WHERE hash = ANY (ARRAY( \
         SELECT hash FROM connections JOIN connection_credentials ON connection = id \
             WHERE connections.handle = $1 LIMIT $2))",
    "DELETE FROM connections WHERE ctid = ANY (ARRAY(SELECT ctid FROM connections WHERE handle = $1 LIMIT $2))",
    "DELETE FROM tokens WHERE ctid = ANY (ARRAY(SELECT ctid FROM tokens WHERE handle = $1 LIMIT $2))",
    "DELETE FROM members WHERE ctid = ANY (ARRAY(SELECT ctid FROM members WHERE handle = $1 LIMIT $2))",
    "DELETE FROM handle_profiles WHERE ctid = ANY (ARRAY( \
         SELECT ctid FROM handle_profiles WHERE handle = $1 LIMIT $2))",
    "DELETE FROM links WHERE ctid = ANY (ARRAY(SELECT ctid FROM links WHERE handle = $1 LIMIT $2))",
    "DELETE FROM link_revisions WHERE ctid = ANY (ARRAY( \
         SELECT ctid FROM link_revisions WHERE handle = $1 LIMIT $2))",
    "DELETE FROM handle_rules WHERE ctid = ANY (ARRAY( \
         SELECT ctid FROM handle_rules WHERE handle = $1 LIMIT $2))",
    "DELETE FROM outbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM outbox WHERE handle = $1 LIMIT $2))",
    "DELETE FROM click_hours WHERE ctid = ANY (ARRAY(SELECT ctid FROM click_hours WHERE handle = $1 LIMIT $2))",
    "DELETE FROM click_budgets WHERE ctid = ANY (ARRAY( \
         SELECT ctid FROM click_budgets WHERE handle = $1 LIMIT $2))",
    "DELETE FROM visitor_days WHERE ctid = ANY (ARRAY( \
         SELECT ctid FROM visitor_days WHERE handle = $1 LIMIT $2))",
];

const CLICK_DAYS: &str = "SELECT day FROM click_days ORDER BY day";

/// The bounds of a day leave one partition, in which a `ctid` is one row.
const PURGE_CLICKS: &str = "DELETE FROM clicks WHERE handle = $1 AND at >= $3 AND at < $4 AND ctid = ANY (ARRAY( \
     SELECT ctid FROM clicks WHERE handle = $1 AND at >= $3 AND at < $4 LIMIT $2))";

/// At the end: nothing refers to it any more.
const PURGE_RECORD: &str = "DELETE FROM handles WHERE handle = $1 AND state = 'PURGING'";

#[async_trait]
impl HandleReader for PgStore {
    async fn members(&self, handle: &Handle) -> Result<Option<Members>, StoreError> {
        let query = sqlx::query(MEMBERS).bind(handle.as_str());
        let rows = self.read("db.handle.members", query.fetch_all(self.pool())).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        whole(members(&rows), "members", || handle.to_string()).map(Some)
    }

    async fn profile(&self, handle: &Handle) -> Result<Profile, StoreError> {
        let query = sqlx::query(PROFILE).bind(handle.as_str());
        let Some(row) = self.read("db.handle.profile", query.fetch_optional(self.pool())).await? else {
            return Ok(Profile::default());
        };
        whole(profile(&row), "handle_profiles", || handle.to_string())
    }

    async fn named(&self, name: &Handle) -> Result<Option<Handle>, StoreError> {
        let query = sqlx::query("SELECT handle FROM handle_names WHERE name = $1").bind(name.as_str());
        let row = self.read("db.handle.named", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(key(&row), "handle_names", || name.to_string())).transpose()
    }

    async fn handles_apart(&self) -> Result<Vec<HandleRecord>, StoreError> {
        let rows = self.read("db.handle.apart", sqlx::query(APART).fetch_all(self.pool())).await?;
        rows.iter().map(|row| whole(handle_record(row), "handles", || name(row))).collect()
    }

    async fn purge(&self, handle: &Handle) -> Result<u64, StoreError> {
        let purging = sqlx::query_scalar::<_, bool>(PURGING).bind(handle.as_str());
        if !self.read("db.handle.purging", purging.fetch_one(self.pool())).await? {
            return Ok(0);
        }
        let mut rows = self.purge_clicks(handle).await?;
        for statement in PURGE {
            rows += in_pieces(|| async {
                let query = sqlx::query(*statement).bind(handle.as_str()).bind(int(PIECE));
                let gone = self.read("db.handle.purge", query.execute(self.pool())).await?;
                Ok(gone.rows_affected())
            })
            .await?;
        }
        let query = sqlx::query(PURGE_RECORD).bind(handle.as_str());
        let record = self.read("db.handle.purge", query.execute(self.pool())).await?;
        Ok(rows + record.rows_affected())
    }
}

impl PgStore {
    async fn purge_clicks(&self, handle: &Handle) -> Result<u64, StoreError> {
        let days = self.read("db.click.days", sqlx::query(CLICK_DAYS).fetch_all(self.pool())).await?;
        let mut rows = 0;
        for day in &days {
            let day = day_range(whole(instant(day, "day"), "click_days", String::new)?);
            rows += in_pieces(|| async {
                let query = sqlx::query(PURGE_CLICKS).bind(handle.as_str()).bind(int(PIECE));
                let query = query.bind(day.from.micros()).bind(day.to.micros());
                let gone = self.read("db.click.purge", query.execute(self.pool())).await?;
                Ok(gone.rows_affected())
            })
            .await?;
        }
        Ok(rows)
    }
}

/// The record of a row with the columns of [`handle_columns`].
pub(crate) fn handle_record(row: &PgRow) -> Result<HandleRecord, Broken> {
    let former: Vec<(String, i64)> = serde_json::from_str(field(row, "former")?)?;
    let former = former.into_iter().map(|(name, until)| former_name(&name, until));
    let mut former = former.collect::<Result<Vec<_>, _>>()?;
    former.sort_by(|one, other| one.name.cmp(&other.name));
    let state = HandleState::parse(field(row, "state")?, instant_or_none(row, "closed_until")?);
    Ok(HandleRecord {
        handle: key(row)?,
        name: Handle::parse(field(row, "name")?)?,
        former,
        owner: UserId::new(field(row, "owner")?),
        created_at: instant(row, "created_at")?,
        revision: Revision(count(row, "revision")?),
        state: state.ok_or_else(|| Broken::new("state"))?,
    })
}

fn former_name(name: &str, until: i64) -> Result<FormerName, Broken> {
    Ok(FormerName { name: Handle::parse(name)?, until: Timestamp::from_micros(until) })
}

fn key(row: &PgRow) -> Result<Handle, Broken> {
    Ok(Handle::parse(field(row, "handle")?)?)
}

fn name(row: &PgRow) -> String {
    field(row, "handle").unwrap_or_default()
}

fn members(rows: &[PgRow]) -> Result<Members, Broken> {
    let member = |row: &PgRow| {
        let role = Role::parse(field(row, "role")?).ok_or_else(|| Broken::new("role"))?;
        Ok::<_, Broken>((UserId::new(field(row, "account")?), role))
    };
    Ok(Members::restore(rows.iter().map(member).collect::<Result<Vec<_>, _>>()?)?)
}

fn profile(row: &PgRow) -> Result<Profile, Broken> {
    let text = |column| field::<Option<&str>>(row, column);
    Ok(Profile {
        display_name: text("display_name")?.map(DisplayName::parse).transpose()?,
        bio: text("bio")?.map(Bio::parse).transpose()?,
        avatar: text("avatar")?.map(WebUrl::parse).transpose()?,
        website: text("website")?.map(WebUrl::parse).transpose()?,
        time_zone: text("time_zone")?.map(TimeZone::parse).transpose()?,
    })
}
