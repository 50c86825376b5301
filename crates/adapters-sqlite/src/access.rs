use async_trait::async_trait;
use lp_access::{Account, Email, HandleRecord, SecretHash, Subscription, TokenRecord};
use lp_core::{Handle, Role, Timestamp, TokenId, UserId};
use lp_ports::{AccessReader, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::handles::{handle_columns, handle_record};
use crate::plans;
use crate::rows::{Broken, bytes, count, field, instant, instant_or_none, scopes, whole};
use crate::store::{SqliteStore, read};

const HANDLES_OF: &str = concat!(
    "SELECT role, ",
    handle_columns!(),
    " FROM members JOIN handles ON handles.handle = members.handle WHERE user = ?1 ORDER BY name"
);

const HANDLE: &str = concat!("SELECT ", handle_columns!(), " FROM handles WHERE handle = ?1");

const COLLABORATORS: &str = "SELECT count(*) AS others FROM members WHERE handle = ?1 AND role <> ?2";

const USED: &str = "UPDATE tokens SET last_used_at = max(coalesce(last_used_at, ?2), ?2) WHERE id = ?1";

/// Notes uses of tokens; an earlier one than is noted changes nothing.
pub(crate) async fn note_token_uses(
    connection: &mut SqliteConnection,
    uses: &[(TokenId, Timestamp)],
) -> Result<(), sqlx::Error> {
    for (id, at) in uses {
        let query = sqlx::query(USED).bind(id.uuid()).bind(at.micros());
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

#[async_trait]
impl AccessReader for SqliteStore {
    async fn account(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query("SELECT * FROM accounts WHERE email = ?1").bind(email.as_str());
        let row = read("db.access.account", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(account(&row), "accounts", || email.to_string())).transpose()
    }

    async fn account_of(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query("SELECT * FROM accounts WHERE id = ?1").bind(id.uuid());
        let row = read("db.access.account_of", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(account(&row), "accounts", || id.to_string())).transpose()
    }

    async fn subscription(&self, id: UserId) -> Result<Option<Subscription>, StoreError> {
        self.read_subscription(id).await
    }

    async fn collaborators(&self, handle: &Handle) -> Result<u64, StoreError> {
        let query = sqlx::query(COLLABORATORS).bind(handle.as_str()).bind(Role::Owner.as_str());
        let row = read("db.access.collaborators", query.fetch_one(&self.reads)).await?;
        whole(count(&row, "others"), "members", || handle.to_string())
    }

    async fn handles_of(&self, user: UserId) -> Result<Vec<(HandleRecord, Role)>, StoreError> {
        let query = sqlx::query(HANDLES_OF).bind(user.uuid());
        let rows = read("db.access.handles_of", query.fetch_all(&self.reads)).await?;
        let members = rows.iter().map(|row| {
            let record = whole(handle_record(row), "handles", || field(row, "handle").unwrap_or_default())?;
            let role = whole(role(row), "members", || format!("{}/{user}", record.handle))?;
            Ok((record, role))
        });
        members.collect()
    }

    async fn handle(&self, handle: &Handle) -> Result<Option<HandleRecord>, StoreError> {
        let query = sqlx::query(HANDLE).bind(handle.as_str());
        let row = read("db.access.handle", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(handle_record(&row), "handles", || handle.to_string())).transpose()
    }

    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM tokens WHERE id = ?1").bind(id.uuid());
        let row = read("db.access.token", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(token(&row), "tokens", || id.to_string())).transpose()
    }

    async fn tokens(&self, handle: &Handle) -> Result<Vec<TokenRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM tokens WHERE handle = ?1 ORDER BY created_at, id")
            .bind(handle.as_str());
        let rows = read("db.access.tokens", query.fetch_all(&self.reads)).await?;
        rows.iter().map(|row| whole(token(row), "tokens", || token_name(row))).collect()
    }

    async fn note_token_uses(&self, uses: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        self.writer.note_token_uses(uses.to_vec()).await
    }

    async fn role(&self, user: UserId, handle: &Handle) -> Result<Option<Role>, StoreError> {
        let query = sqlx::query("SELECT role FROM members WHERE handle = ?1 AND user = ?2")
            .bind(handle.as_str())
            .bind(user.uuid());
        let row = read("db.access.role", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(role(&row), "members", || format!("{handle}/{user}"))).transpose()
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM accounts)");
        read("db.access.is_empty", query.fetch_one(&self.reads)).await
    }
}

fn account(row: &SqliteRow) -> Result<Account, Broken> {
    Ok(Account {
        id: UserId::new(field(row, "id")?),
        email: Email::parse(field(row, "email")?)?,
        password_hash: field(row, "password_hash")?,
        created_at: instant(row, "created_at")?,
        terms: plans::terms(row)?,
    })
}

fn token(row: &SqliteRow) -> Result<TokenRecord, Broken> {
    Ok(TokenRecord {
        id: TokenId::new(field(row, "id")?),
        handle: Handle::parse(field(row, "handle")?)?,
        owner: UserId::new(field(row, "owner")?),
        name: field(row, "name")?,
        scopes: scopes(row, "scopes")?,
        secret: SecretHash(bytes(row, "secret")?),
        created_at: instant(row, "created_at")?,
        expires_at: instant_or_none(row, "expires_at")?,
        revoked_at: instant_or_none(row, "revoked_at")?,
        last_used_at: instant_or_none(row, "last_used_at")?,
    })
}

fn role(row: &SqliteRow) -> Result<Role, Broken> {
    Role::parse(field(row, "role")?).ok_or_else(|| Broken::new("role"))
}

fn token_name(row: &SqliteRow) -> String {
    field(row, "id").map_or_else(|_| "?".to_owned(), |id| TokenId::new(id).to_string())
}
