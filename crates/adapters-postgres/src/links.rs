use async_trait::async_trait;
use lp_core::{Handle, Revision, SlugKey};
use lp_links::{Link, LinkRevision, Position, Slot};
use lp_ports::{LinkCursor, LinkQuery, LinkReader, Page, StoreError};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::rows::{Broken, count, field, link, link_columns, link_revision, position, whole};
use crate::store::{PgStore, int};
use crate::text::stored;

/// One statement, so that link and latest revision are of one moment.
const SLOT: &str = concat!(
    "SELECT ",
    link_columns!(),
    ", (SELECT max(revision) FROM link_revisions WHERE handle = $1 AND slug_key = $2) AS latest \
     FROM (SELECT 1) AS always LEFT JOIN links ON handle = $1 AND slug_key = $2"
);

/// Texts are compared with `strpos`: what a caller looks for holds no wildcards. `lower` folds ASCII only, as meant.
/// Labels that are no list pass the filter, so that they are found corrupt and not overlooked.
const LIST: &str = concat!(
    "SELECT ",
    link_columns!(),
    " FROM links WHERE handle = $1 AND (position, id) > ($2, $3) \
     AND ($4::text IS NULL OR CASE WHEN jsonb_typeof(tags) = 'array' \
          THEN EXISTS (SELECT 1 FROM jsonb_array_elements_text(tags) AS labels (label) \
                       WHERE lower(label COLLATE \"C\") = $4) ELSE TRUE END) \
     AND ($5::text IS NULL OR strpos(lower(slug), $5) > 0 OR strpos(lower(destination), $5) > 0 \
          OR strpos(lower(title), $5) > 0 OR strpos(lower(description), $5) > 0) \
     ORDER BY position, id LIMIT $6"
);

const REVISIONS: &str = concat!(
    "SELECT ",
    link_columns!(),
    ", action, at, actor FROM link_revisions WHERE handle = $1 AND slug_key = $2 AND revision < $3 \
     ORDER BY revision DESC LIMIT $4"
);

const REVISION: &str = concat!(
    "SELECT ",
    link_columns!(),
    ", action, at, actor FROM link_revisions WHERE handle = $1 AND slug_key = $2 AND revision = $3"
);

#[async_trait]
impl LinkReader for PgStore {
    async fn slot(&self, handle: &Handle, slug: &SlugKey) -> Result<Slot, StoreError> {
        let query = sqlx::query(SLOT).bind(handle.as_str()).bind(slug.as_str());
        let row = self.read("db.link.slot", query.fetch_one(self.pool())).await?;
        whole(slot(&row, handle), "links", || format!("{handle}/{slug}"))
    }

    async fn list(&self, handle: &Handle, query: &LinkQuery) -> Result<Page<Link, LinkCursor>, StoreError> {
        let limit = usize::try_from(query.limit.max(1)).unwrap_or(usize::MAX);
        let after =
            query.after.map_or((-1, Uuid::nil()), |last| (i64::from(last.position.number()), last.id.uuid()));
        let folded = |text: &Option<String>| text.as_deref().map(|text| stored(text).to_ascii_lowercase());
        let rows = sqlx::query(LIST)
            .bind(handle.as_str())
            .bind(after.0)
            .bind(after.1)
            .bind(folded(&query.tag))
            .bind(folded(&query.text))
            .bind(i64::from(query.limit.max(1)) + 1);
        let filtered = query.tag.is_some() || query.text.is_some();
        let rows = if filtered {
            self.scan("db.link.list", rows.fetch_all(self.scans())).await?
        } else {
            self.read("db.link.list", rows.fetch_all(self.pool())).await?
        };
        let more = rows.len() > limit;
        let items = rows
            .iter()
            .take(limit)
            .map(|row| whole(link(row, handle), "links", || format!("{handle}/{}", named(row))));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        let last = items.last().filter(|_| more).map(Link::parts);
        let next = last.map(|last| LinkCursor { position: last.position, id: last.id });
        Ok(Page { items, next })
    }

    async fn count(&self, handle: &Handle) -> Result<u64, StoreError> {
        let query = sqlx::query("SELECT count(*) AS live FROM links WHERE handle = $1").bind(handle.as_str());
        let row = self.read("db.link.count", query.fetch_one(self.pool())).await?;
        whole(count(&row, "live"), "links", || handle.to_string())
    }

    async fn greatest_position(&self, handle: &Handle) -> Result<Option<Position>, StoreError> {
        let query = sqlx::query("SELECT max(position) AS greatest FROM links WHERE handle = $1")
            .bind(handle.as_str());
        let row = self.read("db.link.greatest_position", query.fetch_one(self.pool())).await?;
        whole(greatest(&row), "links", || handle.to_string())
    }

    async fn revisions(
        &self,
        handle: &Handle,
        slug: &SlugKey,
        before: Option<Revision>,
        limit: u32,
    ) -> Result<Vec<LinkRevision>, StoreError> {
        let query = sqlx::query(REVISIONS)
            .bind(handle.as_str())
            .bind(slug.as_str())
            .bind(before.map_or(i64::MAX, |before| int(before.0)))
            .bind(i64::from(limit));
        let rows = self.read("db.link.revisions", query.fetch_all(self.pool())).await?;
        rows.iter().map(|row| revision_of(row, handle, slug)).collect()
    }

    async fn revision(
        &self,
        handle: &Handle,
        slug: &SlugKey,
        revision: Revision,
    ) -> Result<Option<LinkRevision>, StoreError> {
        let query = sqlx::query(REVISION).bind(handle.as_str()).bind(slug.as_str()).bind(int(revision.0));
        let row = self.read("db.link.revision", query.fetch_optional(self.pool())).await?;
        row.map(|row| revision_of(&row, handle, slug)).transpose()
    }
}

fn slot(row: &PgRow, handle: &Handle) -> Result<Slot, Broken> {
    let latest = field::<Option<i64>>(row, "latest")?;
    let latest = latest.map(|latest| u64::try_from(latest).map(Revision)).transpose()?;
    let live = field::<Option<Uuid>>(row, "id")?.map(|_| link(row, handle)).transpose()?;
    if live.as_ref().is_some_and(|link| Some(link.parts().revision) != latest) {
        return Err(Broken::new("the live link is not the latest revision"));
    }
    Ok(Slot { live, latest })
}

fn greatest(row: &PgRow) -> Result<Option<Position>, Broken> {
    field::<Option<i64>>(row, "greatest")?.map(|number| position(u32::try_from(number)?)).transpose()
}

fn revision_of(row: &PgRow, handle: &Handle, slug: &SlugKey) -> Result<LinkRevision, StoreError> {
    whole(link_revision(row, handle), "link_revisions", || {
        format!("{handle}/{slug}/{}", field::<i64>(row, "revision").unwrap_or_default())
    })
}

fn named(row: &PgRow) -> &str {
    field(row, "slug_key").unwrap_or("?")
}
