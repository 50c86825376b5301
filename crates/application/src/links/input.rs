use lp_core::{Device, Slug, WebUrl};
use lp_links::{Description, Label, Labels, LinkChange, Position, QueryPassThrough, RedirectStatus, Title};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Error;
use crate::wire::{Country, CursorText, Patch, Search, Wire, Word};

/// Fields of a link: absent ones are kept, `null` clears.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct LinkFields {
    /// Where visitors go. A new link needs one.
    pub(super) destination_url: Patch<Wire<WebUrl>>,
    pub(super) title: Patch<Wire<Title>>,
    pub(super) description: Patch<Wire<Description>>,
    #[schemars(length(max = 50))]
    pub(super) tags: Patch<Vec<Wire<Label>>>,
    #[schemars(length(max = 50))]
    pub(super) categories: Patch<Vec<Wire<Label>>>,
    /// A disabled link answers 404.
    pub(super) enabled: Patch<bool>,
    pub(super) position: Patch<Wire<Position>>,
    pub(super) redirect_status: Patch<Wire<RedirectStatus>>,
    pub(super) query_pass_through: Patch<Wire<QueryPassThrough>>,
}

impl LinkFields {
    /// As the domain says it; `pointer` is where the fields stand in the arguments.
    pub(super) fn change(self, pointer: &str) -> Result<LinkChange, Error> {
        Ok(LinkChange {
            destination: self.destination_url.field(|url| url.0),
            title: self.title.field(|title| title.0),
            description: self.description.field(|text| text.0),
            tags: labels(self.tags, pointer, "tags")?,
            categories: labels(self.categories, pointer, "categories")?,
            enabled: self.enabled.field(|enabled| enabled),
            position: self.position.field(|position| position.0),
            redirect_status: self.redirect_status.field(|status| status.0),
            query: self.query_pass_through.field(|query| query.0),
        })
    }
}

fn labels(
    patch: Patch<Vec<Wire<Label>>>,
    pointer: &str,
    name: &str,
) -> Result<lp_links::Field<Labels>, Error> {
    Ok(match patch {
        Patch::Absent => lp_links::Field::Keep,
        Patch::Null => lp_links::Field::Clear,
        Patch::Value(list) => {
            let labels = Labels::of(list.into_iter().map(|label| label.0));
            lp_links::Field::Set(
                labels.map_err(|many| {
                    Error::field(&format!("{pointer}/{name}"), "too_many", many.to_string())
                })?,
            )
        }
    })
}

/// Which links are listed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListLinks {
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    pub(super) limit: Option<u32>,
    /// Where to go on.
    pub(super) cursor: Option<Wire<CursorText>>,
    /// Only links with this tag; case does not matter.
    pub(super) tag: Option<Wire<Label>>,
    /// Only links with this text in slug, title, description or destination; case does not matter.
    pub(super) q: Option<Wire<Search>>,
}

/// Which link is meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OneLink {
    pub(super) slug: Wire<Slug>,
}

/// A link to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateLink {
    pub(super) payload: NewLink,
}

/// A new link: its fields, and its slug where it is not to be a random one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewLink {
    pub(super) slug: Option<Wire<Slug>>,
    pub(super) destination_url: Wire<WebUrl>,
    #[serde(default)]
    pub(super) title: Patch<Wire<Title>>,
    #[serde(default)]
    pub(super) description: Patch<Wire<Description>>,
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub(super) tags: Patch<Vec<Wire<Label>>>,
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub(super) categories: Patch<Vec<Wire<Label>>>,
    /// A disabled link answers 404.
    #[serde(default)]
    pub(super) enabled: Patch<bool>,
    #[serde(default)]
    pub(super) position: Patch<Wire<Position>>,
    #[serde(default)]
    pub(super) redirect_status: Patch<Wire<RedirectStatus>>,
    #[serde(default)]
    pub(super) query_pass_through: Patch<Wire<QueryPassThrough>>,
}

impl NewLink {
    pub(super) fn fields(self) -> LinkFields {
        LinkFields {
            destination_url: Patch::Value(self.destination_url),
            title: self.title,
            description: self.description,
            tags: self.tags,
            categories: self.categories,
            enabled: self.enabled,
            position: self.position,
            redirect_status: self.redirect_status,
            query_pass_through: self.query_pass_through,
        }
    }
}

/// A link to make or change.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpsertLink {
    pub(super) slug: Wire<Slug>,
    /// Fields to set.
    pub(super) payload: LinkFields,
    /// Whether absent fields are reset instead of kept; the position is kept.
    #[serde(default)]
    pub(super) replace: bool,
}

/// A link to change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdateLink {
    pub(super) slug: Wire<Slug>,
    /// Fields to set.
    pub(super) payload: LinkFields,
}

/// Whose revisions are listed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListRevisions {
    pub(super) slug: Wire<Slug>,
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    pub(super) limit: Option<u32>,
    /// Where to go on.
    pub(super) cursor: Option<Wire<CursorText>>,
}

/// Which revision comes back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RollbackLink {
    pub(super) slug: Wire<Slug>,
    pub(super) payload: ChosenRevision,
}

/// A revision by number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChosenRevision {
    /// Its number in the link's history.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991u64))]
    pub(super) revision: u64,
}

/// Which links are checked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CheckHealth {
    #[serde(default)]
    pub(super) payload: HealthSelection,
}

/// Some links, or a page of all.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct HealthSelection {
    /// Only these; without them the first 100 links.
    #[schemars(length(max = 100))]
    pub(super) slugs: Option<Vec<Wire<Slug>>>,
    /// The nextCursor of the check before.
    pub(super) cursor: Option<Wire<CursorText>>,
}

/// Which visit is tried out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PreviewRoute {
    pub(super) slug: Wire<Slug>,
    #[serde(default)]
    pub(super) payload: Conditions,
}

/// What is known of the imagined visitor; what is left out is unknown.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Conditions {
    pub(super) country: Option<Wire<Country>>,
    pub(super) device: Option<Wire<Device>>,
    /// Where the visitor comes from: a source parameter or referrer category.
    pub(super) source: Option<Wire<Word>>,
    pub(super) campaign: Option<Wire<Word>>,
    /// What the visitor brings behind the '?'.
    pub(super) query: Option<Wire<Word>>,
}

/// How links are exported.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExportLinks {
    #[serde(default)]
    pub(super) format: Format,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Format {
    #[default]
    Csv,
    Ndjson,
}

/// How links are imported.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ImportLinks {
    /// How the rows are written; on REST the header of that name says it.
    #[serde(default)]
    pub(super) content_type: ContentType,
    /// Whether to check every row and write nothing.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// How rows come in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub(super) enum ContentType {
    #[default]
    #[serde(rename = "text/csv")]
    Csv,
    #[serde(rename = "application/x-ndjson")]
    Lines,
}
