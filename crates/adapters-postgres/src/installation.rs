use lp_ports::StoreError;

use crate::store::PgStore;
use crate::text::{original, stored};

const KEEP: &str = "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

/// A value that needs new room on the database's disk: on one that is full, small ones may fit in here and there for long.
/// Digits that do not repeat, or the database would compress them.
const TOUCH: &str = "INSERT INTO installation (name, value) \
     SELECT 'write-probe', string_agg(md5(random()::text), '') FROM generate_series(1, 8192) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

const UNTOUCH: &str = "UPDATE installation SET value = '0' WHERE name = 'write-probe'";

/// Partitions are attached by the owner of their table, or one of its members.
const OWNS: &str = "SELECT pg_has_role(relowner, 'USAGE'), current_user::text FROM pg_class \
     WHERE oid = 'clicks'::regclass";

impl PgStore {
    /// Keeps the first value that is given under a name.
    pub(crate) async fn keep_first(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (stored(name), stored(value));
        let keep = sqlx::query(KEEP).bind(&*name).bind(&*value);
        self.read("db.store.agree", keep.execute(self.pool())).await.map(drop)
    }

    pub(crate) async fn kept(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = stored(name);
        let kept = sqlx::query_scalar("SELECT value FROM installation WHERE name = $1").bind(&*name);
        let kept = self.read("db.store.agreed", kept.fetch_optional(self.pool())).await?;
        Ok(kept.map(original))
    }

    pub(crate) async fn touch(&self) -> Result<(), StoreError> {
        for statement in [TOUCH, UNTOUCH] {
            self.read("db.store.write_probe", sqlx::query(statement).execute(self.pool())).await?;
        }
        Ok(())
    }

    /// Fails where this role cannot make the partitions of new days.
    pub(crate) async fn may_make_days(&self) -> Result<(), StoreError> {
        let query = sqlx::query_as::<_, (bool, String)>(OWNS);
        let (owns, role) = self.read("db.store.owns", query.fetch_one(self.pool())).await?;
        if owns {
            return Ok(());
        }
        let words =
            format!("the role '{role}' may not make the days' partitions; serve as the role that migrated");
        Err(StoreError::Unavailable(words.into()))
    }
}
