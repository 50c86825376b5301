//! The store as it is, past the platform.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use link_platform::adapter::core::{ConnectionId, TokenId, UserId};
use link_platform::adapter::uuid::Uuid;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{PgPool, SqlitePool};

/// Rows of either store.
pub(super) enum Rows {
    Embedded(SqlitePool),
    Postgres(PgPool),
}

/// One statement for both, with the parameters of each.
macro_rules! all {
    ($rows:expr, $ty:ty, $sqlite:literal, $postgres:literal $(, $bind:expr)*) => {
        match $rows {
            Rows::Embedded(pool) => sqlx::query_as::<_, $ty>($sqlite)$(.bind($bind))*.fetch_all(pool).await,
            Rows::Postgres(pool) => sqlx::query_as::<_, $ty>($postgres)$(.bind($bind))*.fetch_all(pool).await,
        }
        .expect("the store answers")
    };
}

impl Rows {
    pub(super) fn embedded(file: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        Self::Embedded(SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options))
    }

    pub(super) fn postgres(database: &str) -> Self {
        let options = PgConnectOptions::from_str(database).expect("an address");
        Self::Postgres(PgPoolOptions::new().max_connections(1).connect_lazy_with(options))
    }

    /// How many changes a handle has seen.
    pub(super) async fn version(&self, handle: &str) -> i64 {
        let found = all!(
            self,
            (i64,),
            "SELECT version FROM heads WHERE handle = ?1",
            "SELECT version FROM heads WHERE handle = $1",
            handle
        );
        found.first().map_or(0, |row| row.0)
    }

    pub(super) async fn is_member(&self, mailbox: &str, handle: &str) -> bool {
        let found = all!(
            self,
            (String,),
            "SELECT role FROM members JOIN accounts ON accounts.id = members.user WHERE email = ?1 AND handle = ?2",
            "SELECT role FROM members JOIN accounts ON accounts.id = members.account WHERE email = $1 AND handle = $2",
            mailbox,
            handle
        );
        !found.is_empty()
    }

    /// Ids of tokens and accounts, as they are written.
    pub(super) async fn ids(&self) -> Vec<String> {
        let tokens = all!(self, (Uuid,), "SELECT id FROM tokens", "SELECT id FROM tokens");
        let accounts = all!(self, (Uuid,), "SELECT id FROM accounts", "SELECT id FROM accounts");
        let tokens = tokens.into_iter().map(|(id,)| TokenId::new(id).to_string());
        tokens.chain(accounts.into_iter().map(|(id,)| UserId::new(id).to_string())).collect()
    }

    /// Handle and actor of everything that was done in a handle.
    pub(super) async fn done(&self) -> BTreeSet<(String, String)> {
        let done = all!(
            self,
            (String, String),
            "SELECT DISTINCT handle, actor FROM audit WHERE refused_code IS NULL AND handle <> '_'",
            "SELECT DISTINCT handle, actor FROM audit WHERE refused_code IS NULL AND handle <> '_'"
        );
        done.into_iter().collect()
    }

    /// Tokens, apps and members that a handle has or had, as the audit writes them.
    pub(super) async fn actors_of(&self, handle: &str) -> BTreeSet<String> {
        let tokens = all!(
            self,
            (Uuid,),
            "SELECT id FROM tokens WHERE handle = ?1",
            "SELECT id FROM tokens WHERE handle = $1",
            handle
        );
        let members = all!(
            self,
            (Uuid,),
            "SELECT user FROM members WHERE handle = ?1",
            "SELECT account FROM members WHERE handle = $1",
            handle
        );
        let apps = all!(
            self,
            (Uuid,),
            "SELECT id FROM connections WHERE handle = ?1",
            "SELECT id FROM connections WHERE handle = $1",
            handle
        );
        let tokens = tokens.into_iter().map(|(id,)| format!("token:{}", TokenId::new(id)));
        let apps = apps.into_iter().map(|(id,)| format!("connector:{}", ConnectionId::new(id)));
        let members = members.into_iter().map(|(id,)| format!("user:{}", UserId::new(id)));
        tokens.chain(apps).chain(members).collect()
    }
}
