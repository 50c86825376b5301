use lp_access::{Bio, DisplayName, HandleRecord, HandleWrite, Members, Profile};
use lp_core::{Handle, Role, TimeZone, Timestamp, WebUrl};
use lp_ports::Guard;
use sqlx::SqliteConnection;

const ADD: &str = "INSERT INTO handles (handle, owner, created_at) VALUES (?1, ?2, ?3)";

const ADD_MEMBER: &str = "INSERT INTO members (handle, user, role) VALUES (?1, ?2, ?3)";

/// Once, on the revision before.
const SET: &str = "UPDATE handles SET owner = ?2, revision = ?3, state = ?4, closed_until = ?5 \
     WHERE handle = ?1 AND revision = ?3 - 1";

/// A name that is new, or was its own before.
const SET_NAME: &str = "INSERT INTO handle_names (name, handle, until) VALUES (?1, ?2, ?3) \
     ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE handle_names.handle = excluded.handle";

const SET_PROFILE: &str = "INSERT INTO handle_profiles (handle, display_name, bio, avatar, website, time_zone) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (handle) DO UPDATE SET display_name = excluded.display_name, \
     bio = excluded.bio, avatar = excluded.avatar, website = excluded.website, time_zone = excluded.time_zone";

pub(super) async fn add(connection: &mut SqliteConnection, new: &HandleRecord) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO handle_names (name, handle) VALUES (?1, ?1)")
        .bind(new.handle.as_str())
        .execute(&mut *connection)
        .await?;
    sqlx::query(ADD)
        .bind(new.handle.as_str())
        .bind(new.owner.uuid())
        .bind(new.created_at.micros())
        .execute(&mut *connection)
        .await?;
    sqlx::query(ADD_MEMBER)
        .bind(new.handle.as_str())
        .bind(new.owner.uuid())
        .bind(Role::Owner.as_str())
        .execute(connection)
        .await
        .map(drop)
}

/// Writes a handle as it is from now on; the guard that does not hold, where one does not.
pub(super) async fn set(
    connection: &mut SqliteConnection,
    write: &HandleWrite,
) -> Result<Option<Guard>, sqlx::Error> {
    let HandleWrite { record, members, profile } = write;
    let set = sqlx::query(SET)
        .bind(record.handle.as_str())
        .bind(record.owner.uuid())
        .bind(crate::store::int(record.revision.0))
        .bind(record.state.as_str())
        .bind(record.deletes_at().map(Timestamp::micros));
    if set.execute(&mut *connection).await?.rows_affected() == 0 {
        return Ok(Some(Guard::HandleAt { handle: record.handle.clone(), revision: write.before() }));
    }
    // The former ones first: one name at a time is the present one.
    let former = record.former.iter().map(|former| (&former.name, Some(former.until.micros())));
    for (name, until) in former.chain([(&record.name, None)]) {
        let query = sqlx::query(SET_NAME).bind(name.as_str()).bind(record.handle.as_str()).bind(until);
        if query.execute(&mut *connection).await?.rows_affected() == 0 {
            return Ok(Some(Guard::HandleFree(name.clone())));
        }
    }
    if let Some(members) = members {
        set_members(connection, &record.handle, members).await?;
    }
    if let Some(profile) = profile {
        set_profile(connection, &record.handle, profile).await?;
    }
    Ok(None)
}

async fn set_members(
    connection: &mut SqliteConnection,
    handle: &Handle,
    members: &Members,
) -> Result<(), sqlx::Error> {
    let gone = sqlx::query("DELETE FROM members WHERE handle = ?1").bind(handle.as_str());
    gone.execute(&mut *connection).await?;
    for (user, role) in members.all() {
        let query = sqlx::query(ADD_MEMBER).bind(handle.as_str()).bind(user.uuid()).bind(role.as_str());
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn set_profile(
    connection: &mut SqliteConnection,
    handle: &Handle,
    profile: &Profile,
) -> Result<(), sqlx::Error> {
    sqlx::query(SET_PROFILE)
        .bind(handle.as_str())
        .bind(profile.display_name.as_ref().map(DisplayName::as_str))
        .bind(profile.bio.as_ref().map(Bio::as_str))
        .bind(profile.avatar.as_ref().map(WebUrl::as_str))
        .bind(profile.website.as_ref().map(WebUrl::as_str))
        .bind(profile.time_zone.as_ref().map(TimeZone::name))
        .execute(connection)
        .await
        .map(drop)
}
