use lp_core::{Handle, LinkId, Revision, ScopePattern, Scopes, Slug, SlugKey, Timestamp, WebUrl};
use lp_links::{
    Controls, Description, Label, Labels, Link, LinkParts, LinkRevision, PlainControls, Position,
    QueryPassThrough, RedirectStatus, RevisionAction, Title,
};
use lp_ports::StoreError;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type};

use crate::text::original;

/// The columns that make a link, as `links` and `link_revisions` have them.
macro_rules! link_columns {
    () => {
        "slug_key, slug, id, destination, title, description, tags::text AS tags, categories::text AS categories, \
         enabled, position, redirect_status, query, revision, created_at, updated_at, \
         controls::text AS controls"
    };
}
pub(crate) use link_columns;

/// A row that the domain does not accept, or not the row that was looked for.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) String);

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

pub(crate) fn field<'r, T>(row: &'r PgRow, column: &str) -> Result<T, Broken>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    row.try_get(column).map_err(Broken::from)
}

/// A number within its bounds; all are stored as wide as there are.
pub(crate) fn number<T>(row: &PgRow, column: &str) -> Result<T, Broken>
where
    T: TryFrom<i64>,
    T::Error: std::error::Error,
{
    Ok(T::try_from(field(row, column)?)?)
}

/// A number that is never below zero.
pub(crate) fn count(row: &PgRow, column: &str) -> Result<u64, Broken> {
    number(row, column)
}

/// A text of any content.
pub(crate) fn text(row: &PgRow, column: &str) -> Result<String, Broken> {
    field(row, column).map(original)
}

pub(crate) fn instant(row: &PgRow, column: &str) -> Result<Timestamp, Broken> {
    exact(field(row, column)?)
}

pub(crate) fn instant_or_none(row: &PgRow, column: &str) -> Result<Option<Timestamp>, Broken> {
    field::<Option<i64>>(row, column)?.map(exact).transpose()
}

pub(crate) fn bytes<const N: usize>(row: &PgRow, column: &str) -> Result<[u8; N], Broken> {
    Ok(field::<&[u8]>(row, column)?.try_into()?)
}

/// The link of a row of `links` or `link_revisions`.
pub(crate) fn link(row: &PgRow, handle: &Handle) -> Result<Link, Broken> {
    let slug = Slug::parse(field(row, "slug")?)?;
    if slug.key().as_str() != field::<&str>(row, "slug_key")? {
        return Err(Broken::new("the slug and its key differ"));
    }
    let title = field::<Option<&str>>(row, "title")?.map(Title::parse).transpose()?;
    let description = field::<Option<&str>>(row, "description")?.map(Description::parse).transpose()?;
    let redirect_status = RedirectStatus::of(number(row, "redirect_status")?);
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
        position: position(number(row, "position")?)?,
        redirect_status: redirect_status.ok_or_else(|| Broken::new("redirect_status"))?,
        query: QueryPassThrough::parse(field(row, "query")?).ok_or_else(|| Broken::new("query"))?,
        controls: controls(field(row, "controls")?)?,
        revision: Revision(count(row, "revision")?),
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
    };
    Ok(Link::restore(parts)?)
}

pub(crate) fn link_revision(row: &PgRow, handle: &Handle) -> Result<LinkRevision, Broken> {
    let action = RevisionAction::parse(field(row, "action")?).ok_or_else(|| Broken::new("action"))?;
    let link = link(row, handle)?;
    Ok(LinkRevision { action, at: instant(row, "at")?, actor: text(row, "actor")?, link })
}

pub(crate) fn position(number: u32) -> Result<Position, Broken> {
    Position::of(number).ok_or_else(|| Broken::new("position"))
}

pub(crate) fn slug_key(text: &str) -> Result<SlugKey, Broken> {
    let key = Slug::parse(text)?.key();
    if key.as_str() == text { Ok(key) } else { Err(Broken::new("a slug key with capitals")) }
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
pub(crate) fn scopes(row: &PgRow, column: &str) -> Result<Scopes, Broken> {
    let scopes = parse_json_list(field(row, column)?)?;
    Ok(Scopes::parse(scopes.iter().map(String::as_str))?)
}
