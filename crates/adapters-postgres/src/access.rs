use async_trait::async_trait;
use lp_access::{Account, Email, HandleRecord, SecretHash, Subscription, TokenRecord};
use lp_core::{Handle, Role, Timestamp, TokenId, UserId};
use lp_ports::{AccessReader, StoreError};
use sqlx::postgres::PgRow;

use crate::handles::{handle_columns, handle_record};
use crate::plans;
use crate::rows::{Broken, bytes, count, field, instant, instant_or_none, scopes, text, whole};
use crate::store::PgStore;

/// Columns are always named: a `*` in a prepared statement fails once a migration has added one.
macro_rules! accounts {
    ($which:literal) => {
        concat!(
            "SELECT id, email, password_hash, created_at, plan, time_zone, openanalyst FROM accounts WHERE ",
            $which
        )
    };
}

const ACCOUNT: &str = accounts!("email = $1");

const ACCOUNT_OF: &str = accounts!("id = $1");

const COLLABORATORS: &str = "SELECT count(*) AS others FROM members WHERE handle = $1 AND role <> $2";

const HANDLES_OF: &str = concat!(
    "SELECT role, ",
    handle_columns!(),
    " FROM members JOIN handles ON handles.handle = members.handle WHERE account = $1 ORDER BY name"
);

const HANDLE: &str = concat!("SELECT ", handle_columns!(), " FROM handles WHERE handle = $1");

macro_rules! tokens {
    ($which:literal) => {
        concat!(
            "SELECT id, handle, owner, name, scopes::text AS scopes, secret, created_at, expires_at, \
             revoked_at, last_used_at \
             FROM tokens WHERE ",
            $which
        )
    };
}

const TOKEN: &str = tokens!("id = $1");

const TOKENS: &str = tokens!("handle = $1 ORDER BY created_at, id");

/// In the order of their ids: nodes that note the same tokens at a time wait for each other and do not lock crosswise.
const USED: &str = "WITH noted AS ( \
         SELECT tokens.id, used.at FROM unnest($1::uuid[], $2::bigint[]) AS used (id, at) \
         JOIN tokens ON tokens.id = used.id ORDER BY tokens.id FOR UPDATE OF tokens) \
     UPDATE tokens SET last_used_at = greatest(last_used_at, noted.at) FROM noted WHERE tokens.id = noted.id";

#[async_trait]
impl AccessReader for PgStore {
    async fn account(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query(ACCOUNT).bind(email.as_str());
        let row = self.read("db.access.account", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(account(&row), "accounts", || email.to_string())).transpose()
    }

    async fn account_of(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query(ACCOUNT_OF).bind(id.uuid());
        let row = self.read("db.access.account_of", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(account(&row), "accounts", || id.to_string())).transpose()
    }

    async fn subscription(&self, id: UserId) -> Result<Option<Subscription>, StoreError> {
        self.read_subscription(id).await
    }

    async fn collaborators(&self, handle: &Handle) -> Result<u64, StoreError> {
        let query = sqlx::query(COLLABORATORS).bind(handle.as_str()).bind(Role::Owner.as_str());
        let row = self.read("db.access.collaborators", query.fetch_one(self.pool())).await?;
        whole(count(&row, "others"), "members", || handle.to_string())
    }

    async fn handles_of(&self, user: UserId) -> Result<Vec<(HandleRecord, Role)>, StoreError> {
        let query = sqlx::query(HANDLES_OF).bind(user.uuid());
        let rows = self.read("db.access.handles_of", query.fetch_all(self.pool())).await?;
        let members = rows.iter().map(|row| {
            let record = whole(handle_record(row), "handles", || field(row, "handle").unwrap_or_default())?;
            let role = whole(role(row), "members", || format!("{}/{user}", record.handle))?;
            Ok((record, role))
        });
        members.collect()
    }

    async fn handle(&self, handle: &Handle) -> Result<Option<HandleRecord>, StoreError> {
        let query = sqlx::query(HANDLE).bind(handle.as_str());
        let row = self.read("db.access.handle", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(handle_record(&row), "handles", || handle.to_string())).transpose()
    }

    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        let query = sqlx::query(TOKEN).bind(id.uuid());
        let row = self.read("db.access.token", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(token(&row), "tokens", || id.to_string())).transpose()
    }

    async fn tokens(&self, handle: &Handle) -> Result<Vec<TokenRecord>, StoreError> {
        let query = sqlx::query(TOKENS).bind(handle.as_str());
        let rows = self.read("db.access.tokens", query.fetch_all(self.pool())).await?;
        rows.iter().map(|row| whole(token(row), "tokens", || token_name(row))).collect()
    }

    async fn note_token_uses(&self, uses: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        let ids: Vec<_> = uses.iter().map(|(id, _)| id.uuid()).collect();
        let instants: Vec<_> = uses.iter().map(|(_, at)| at.micros()).collect();
        let query = sqlx::query(USED).bind(ids).bind(instants);
        self.read("db.access.note_token_uses", query.execute(self.pool())).await.map(drop)
    }

    async fn role(&self, user: UserId, handle: &Handle) -> Result<Option<Role>, StoreError> {
        let query = sqlx::query("SELECT role FROM members WHERE handle = $1 AND account = $2")
            .bind(handle.as_str())
            .bind(user.uuid());
        let row = self.read("db.access.role", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(role(&row), "members", || format!("{handle}/{user}"))).transpose()
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM accounts)");
        self.read("db.access.is_empty", query.fetch_one(self.pool())).await
    }
}

fn account(row: &PgRow) -> Result<Account, Broken> {
    Ok(Account {
        id: UserId::new(field(row, "id")?),
        email: Email::parse(field(row, "email")?)?,
        password_hash: text(row, "password_hash")?,
        created_at: instant(row, "created_at")?,
        terms: plans::terms(row)?,
    })
}

fn token(row: &PgRow) -> Result<TokenRecord, Broken> {
    Ok(TokenRecord {
        id: TokenId::new(field(row, "id")?),
        handle: Handle::parse(field(row, "handle")?)?,
        owner: UserId::new(field(row, "owner")?),
        name: text(row, "name")?,
        scopes: scopes(row, "scopes")?,
        secret: SecretHash(bytes(row, "secret")?),
        created_at: instant(row, "created_at")?,
        expires_at: instant_or_none(row, "expires_at")?,
        revoked_at: instant_or_none(row, "revoked_at")?,
        last_used_at: instant_or_none(row, "last_used_at")?,
    })
}

fn role(row: &PgRow) -> Result<Role, Broken> {
    Role::parse(field(row, "role")?).ok_or_else(|| Broken::new("role"))
}

fn token_name(row: &PgRow) -> String {
    field(row, "id").map_or_else(|_| "?".to_owned(), |id| TokenId::new(id).to_string())
}
