use lp_ports::StoreError;

use crate::store::PgStore;
use crate::text::{original, stored};

const KEEP: &str = "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

/// Another value each time, or nothing might be written.
const TOUCH: &str = "INSERT INTO installation (name, value) VALUES ('write-probe', '0') \
     ON CONFLICT (name) DO UPDATE SET value = clock_timestamp()::text";

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
        self.read("db.store.write_probe", sqlx::query(TOUCH).execute(self.pool())).await.map(drop)
    }
}
