use async_trait::async_trait;
use lp_access::{Bio, DisplayName, FormerName, HandleRecord, HandleState, Members, Profile};
use lp_core::{Handle, Role, TimeZone, Timestamp, UserId, WebUrl};
use lp_ports::{HandleReader, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, count, field, instant, instant_or_none, whole};
use crate::store::{SqliteStore, read};

/// The columns of [`handle_record`]. One statement, so that a record and its names are of one moment.
macro_rules! handle_columns {
    () => {
        "handles.handle, owner, handles.created_at, revision, state, closed_until, \
         coalesce((SELECT name FROM handle_names WHERE handle = handles.handle AND until IS NULL), \
             handles.handle) AS name, \
         (SELECT json_group_array(json_array(name, until)) FROM handle_names \
             WHERE handle = handles.handle AND until IS NOT NULL) AS former"
    };
}
pub(crate) use handle_columns;

const APART: &str = concat!(
    "SELECT ",
    handle_columns!(),
    " FROM handles WHERE handle IN (SELECT handle FROM handle_names WHERE until IS NOT NULL \
         UNION SELECT handle FROM handles WHERE state <> 'ACTIVE') ORDER BY handle"
);

const PURGING: &str = "SELECT EXISTS (SELECT 1 FROM handles WHERE handle = ?1 AND state = 'PURGING')";

/// What belongs to a handle, the record apart: `heads`, `audit` and `handle_names` stay. Replies and notes of changes are
/// forgotten by themselves.
const PURGE: &[&str] = &[
    "DELETE FROM connection_credentials WHERE hash IN ( \
         SELECT hash FROM connections JOIN connection_credentials ON connection = id WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM connections WHERE id IN (SELECT id FROM connections WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM members WHERE handle = ?1 AND user IN (SELECT user FROM members WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM handle_profiles WHERE handle IN (SELECT handle FROM handle_profiles WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM links WHERE rowid IN (SELECT rowid FROM links WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM link_revisions WHERE rowid IN (SELECT rowid FROM link_revisions WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM handle_rules WHERE rowid IN (SELECT rowid FROM handle_rules WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM outbox WHERE handle = ?1 AND seq IN (SELECT seq FROM outbox WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM clicks WHERE (handle, at, id) IN ( \
         SELECT handle, at, id FROM clicks WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM click_hours WHERE (handle, slug_key, dimension, hour, value) IN ( \
         SELECT handle, slug_key, dimension, hour, value FROM click_hours WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM visitor_days WHERE (handle, slug_key, day) IN ( \
         SELECT handle, slug_key, day FROM visitor_days WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM click_budgets WHERE handle = ?1 AND link IN ( \
         SELECT link FROM click_budgets WHERE handle = ?1 LIMIT ?2)",
    "DELETE FROM clicks_forgotten WHERE handle IN ( \
         SELECT handle FROM clicks_forgotten WHERE handle = ?1 LIMIT ?2)",
];

/// How many rows are deleted in one transaction: commits wait for that long at most.
const PIECE: u64 = 20_000;

/// What one transaction has taken away.
pub(crate) struct Purged {
    rows: u64,
    /// Whether there may be more.
    more: bool,
}

/// Takes away some of a handle that is to be purged; with the last piece its record.
pub(crate) async fn purge_some(
    connection: &mut SqliteConnection,
    handle: &Handle,
) -> Result<Purged, sqlx::Error> {
    let purging: bool = sqlx::query_scalar(PURGING).bind(handle.as_str()).fetch_one(&mut *connection).await?;
    let mut rows = 0;
    if !purging {
        return Ok(Purged { rows, more: false });
    }
    for statement in PURGE {
        let query = sqlx::query(*statement).bind(handle.as_str()).bind((PIECE - rows).cast_signed());
        rows += query.execute(&mut *connection).await?.rows_affected();
        if rows >= PIECE {
            return Ok(Purged { rows, more: true });
        }
    }
    let record = sqlx::query("DELETE FROM handles WHERE handle = ?1").bind(handle.as_str());
    rows += record.execute(connection).await?.rows_affected();
    Ok(Purged { rows, more: false })
}

#[async_trait]
impl HandleReader for SqliteStore {
    async fn members(&self, handle: &Handle) -> Result<Option<Members>, StoreError> {
        let query = sqlx::query("SELECT user, role FROM members WHERE handle = ?1").bind(handle.as_str());
        let rows = read("db.handle.members", query.fetch_all(&self.reads)).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        whole(members(&rows), "members", || handle.to_string()).map(Some)
    }

    async fn profile(&self, handle: &Handle) -> Result<Profile, StoreError> {
        let query = sqlx::query("SELECT * FROM handle_profiles WHERE handle = ?1").bind(handle.as_str());
        let Some(row) = read("db.handle.profile", query.fetch_optional(&self.reads)).await? else {
            return Ok(Profile::default());
        };
        whole(profile(&row), "handle_profiles", || handle.to_string())
    }

    async fn named(&self, name: &Handle) -> Result<Option<Handle>, StoreError> {
        let query = sqlx::query("SELECT handle FROM handle_names WHERE name = ?1").bind(name.as_str());
        let row = read("db.handle.named", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(key(&row), "handle_names", || name.to_string())).transpose()
    }

    async fn handles_apart(&self) -> Result<Vec<HandleRecord>, StoreError> {
        let rows = read("db.handle.apart", sqlx::query(APART).fetch_all(&self.reads)).await?;
        rows.iter().map(|row| whole(handle_record(row), "handles", || name(row))).collect()
    }

    async fn purge(&self, handle: &Handle) -> Result<u64, StoreError> {
        let mut rows = 0;
        loop {
            let piece = self.writer.purge_some(handle.clone()).await?;
            rows += piece.rows;
            if !piece.more {
                return Ok(rows);
            }
        }
    }
}

/// The record of a row with the columns of [`handle_columns`].
pub(crate) fn handle_record(row: &SqliteRow) -> Result<HandleRecord, Broken> {
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
        revision: lp_core::Revision(count(row, "revision")?),
        state: state.ok_or_else(|| Broken::new("state"))?,
    })
}

fn former_name(name: &str, until: i64) -> Result<FormerName, Broken> {
    Ok(FormerName { name: Handle::parse(name)?, until: Timestamp::from_micros(until) })
}

fn key(row: &SqliteRow) -> Result<Handle, Broken> {
    Ok(Handle::parse(field(row, "handle")?)?)
}

fn name(row: &SqliteRow) -> String {
    field(row, "handle").unwrap_or_default()
}

fn members(rows: &[SqliteRow]) -> Result<Members, Broken> {
    let member = |row: &SqliteRow| {
        let role = Role::parse(field(row, "role")?).ok_or_else(|| Broken::new("role"))?;
        Ok::<_, Broken>((UserId::new(field(row, "user")?), role))
    };
    Ok(Members::restore(rows.iter().map(member).collect::<Result<Vec<_>, _>>()?)?)
}

fn profile(row: &SqliteRow) -> Result<Profile, Broken> {
    let text = |column| field::<Option<&str>>(row, column);
    Ok(Profile {
        display_name: text("display_name")?.map(DisplayName::parse).transpose()?,
        bio: text("bio")?.map(Bio::parse).transpose()?,
        avatar: text("avatar")?.map(WebUrl::parse).transpose()?,
        website: text("website")?.map(WebUrl::parse).transpose()?,
        time_zone: text("time_zone")?.map(TimeZone::parse).transpose()?,
    })
}
