use lp_core::{Handle, SlugKey};
use lp_core::{LinkId, Revision, ScopePattern, Scopes, Slug, Timestamp, WebUrl};
use lp_links::{
    Controls, Description, Label, Labels, Link, LinkParts, LinkRevision, PlainControls, Position,
    QueryPassThrough, RedirectStatus, RevisionAction, Title,
};
use lp_ports::StoreError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Decode, Row, Sqlite, Type};

use crate::script::Script;

/// The columns that `links` and `link_revisions` share, in the order of [`bind_link`].
macro_rules! link_columns {
    () => {
        "handle, slug_key, slug, id, destination, title, description, tags, categories, enabled, position, \
         redirect_status, query, revision, created_at, updated_at, controls"
    };
}
pub(crate) use link_columns;

/// A row that the domain does not accept, or not the row that was looked for.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) String);

/// A statement with its values.
pub(crate) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// Says which row is broken; the reason goes to the log only.
pub(crate) fn whole<T>(
    parsed: Result<T, Broken>,
    table: &'static str,
    row: impl FnOnce() -> String,
) -> Result<T, StoreError> {
    parsed.map_err(|Broken(reason)| {
        let row = row();
        tracing::debug!(table, row, reason, "a stored row breaks a rule");
        StoreError::Corrupt { table, row }
    })
}

pub(crate) fn field<'r, T>(row: &'r SqliteRow, column: &str) -> Result<T, Broken>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(column).map_err(Broken::from)
}

/// A number that is never below zero.
pub(crate) fn count(row: &SqliteRow, column: &str) -> Result<u64, Broken> {
    Ok(u64::try_from(field::<i64>(row, column)?)?)
}

pub(crate) fn instant(row: &SqliteRow, column: &str) -> Result<Timestamp, Broken> {
    exact(field(row, column)?)
}

pub(crate) fn instant_or_none(row: &SqliteRow, column: &str) -> Result<Option<Timestamp>, Broken> {
    field::<Option<i64>>(row, column)?.map(exact).transpose()
}

pub(crate) fn bytes<const N: usize>(row: &SqliteRow, column: &str) -> Result<[u8; N], Broken> {
    Ok(field::<&[u8]>(row, column)?.try_into()?)
}

/// The link of a row of `links` or `link_revisions`.
pub(crate) fn link(row: &SqliteRow, handle: &Handle) -> Result<Link, Broken> {
    let slug = Slug::parse(field(row, "slug")?)?;
    if slug.key().as_str() != field::<&str>(row, "slug_key")? {
        return Err(Broken::new("the slug and its key differ"));
    }
    let title = field::<Option<&str>>(row, "title")?.map(Title::parse).transpose()?;
    let description = field::<Option<&str>>(row, "description")?.map(Description::parse).transpose()?;
    let position = Position::of(field(row, "position")?).ok_or_else(|| Broken::new("position"))?;
    let redirect_status =
        RedirectStatus::of(field(row, "redirect_status")?).ok_or_else(|| Broken::new("redirect_status"))?;
    let query = QueryPassThrough::parse(field(row, "query")?).ok_or_else(|| Broken::new("query"))?;
    let parts = LinkParts {
        id: LinkId::new(field(row, "id")?),
        handle: handle.clone(),
        slug,
        destination: WebUrl::parse(field(row, "destination")?)?,
        title,
        description,
        tags: labels(field(row, "tags")?)?,
        categories: labels(field(row, "categories")?)?,
        enabled: field(row, "enabled")?,
        position,
        redirect_status,
        query,
        controls: controls(field(row, "controls")?)?,
        revision: Revision(count(row, "revision")?),
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
    };
    Ok(Link::restore(parts)?)
}

pub(crate) fn link_revision(row: &SqliteRow, handle: &Handle) -> Result<LinkRevision, Broken> {
    let action = RevisionAction::parse(field(row, "action")?).ok_or_else(|| Broken::new("action"))?;
    let link = link(row, handle)?;
    Ok(LinkRevision { action, at: instant(row, "at")?, actor: field(row, "actor")?, link })
}

/// The values of [`link_columns`].
pub(crate) fn bind_link<'s>(script: &'s mut Script, parts: &LinkParts, key: &SlugKey) -> &'s mut Script {
    script
        .bind(parts.handle.as_str())
        .bind(key.as_str())
        .bind(parts.slug.as_str())
        .bind(parts.id.uuid())
        .bind(parts.destination.as_str())
        .bind(parts.title.as_ref().map(Title::as_str))
        .bind(parts.description.as_ref().map(Description::as_str))
        .bind(json_list(parts.tags.iter()))
        .bind(json_list(parts.categories.iter()))
        .bind(parts.enabled)
        .bind(parts.position.number())
        .bind(parts.redirect_status.code())
        .bind(parts.query.as_str())
        .bind(crate::store::int(parts.revision.0))
        .bind(parts.created_at.micros())
        .bind(parts.updated_at.micros())
        .bind(parts.controls.plain().map(|plain| serde_json::json!(plain).to_string()))
}

pub(crate) fn json_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<serde_json::Value>().to_string()
}

pub(crate) fn parse_json_list(json: &str) -> Result<Vec<String>, Broken> {
    Ok(serde_json::from_str(json)?)
}

impl Broken {
    pub(crate) fn new(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl<E: std::error::Error> From<E> for Broken {
    fn from(fault: E) -> Self {
        Self(fault.to_string())
    }
}

/// Refuses what an instant would silently cut off.
fn exact(micros: i64) -> Result<Timestamp, Broken> {
    let at = Timestamp::from_micros(micros);
    if at.micros() == micros { Ok(at) } else { Err(Broken::new("not an instant of whole milliseconds")) }
}

fn controls(json: Option<&str>) -> Result<Controls, Broken> {
    let Some(json) = json else { return Ok(Controls::default()) };
    Ok(serde_json::from_str::<PlainControls>(json)?.controls()?)
}

fn labels(json: &str) -> Result<Labels, Broken> {
    let texts = parse_json_list(json)?;
    let parsed = texts.iter().map(|text| Label::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let labels = Labels::of(parsed)?;
    if labels.iter().len() == texts.len() {
        Ok(labels)
    } else {
        Err(Broken::new("labels that differ only in case"))
    }
}

/// A list of scopes as it is stored.
pub(crate) fn scope_list(scopes: &Scopes) -> String {
    json_list(scopes.patterns().iter().map(ScopePattern::as_str))
}

/// The list of scopes in a column.
pub(crate) fn scopes(row: &SqliteRow, column: &str) -> Result<Scopes, Broken> {
    let scopes = parse_json_list(field(row, column)?)?;
    Ok(Scopes::parse(scopes.iter().map(String::as_str))?)
}
