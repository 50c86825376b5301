//! What goes into the operations on links.

#![expect(
    missing_docs,
    reason = "what is said of a field stands in the schema, and is read by models that pay for it"
)]

use lp_core::{Country, Device, Slug, Timestamp, WebUrl};
use lp_links::{
    Background, CampaignId, ClickLimit, Color, ControlsChange, Description, Label, Labels, LinkChange,
    Position, QrStyle, QueryPassThrough, RedirectStatus, Title,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::controls::{RoutingRule, Tracking, rules};
use super::social::SocialPreview;
use crate::Error;
use crate::wire::{CursorText, LinkSecret, Patch, Search, Wire, Word, is_default};

/// What tools say of tracking and rules; their schemas in full are for those who do not pay by the word.
const TRACKING: &str = "Parameters for destinations: utmSource, utmMedium, utmCampaign, utmTerm, utmContent.";
const RULES: &str = "Rules {id, priority: 100, when: {sourceIn, campaignIn, countryIn, deviceIn, segmentIn}, \
                     destinationUrl, trafficAllocation: 0 to 1, enabled}; the first that is met, lowest priority \
                     first, chooses. when: lists of values, one of each to be met.";

const SOCIAL: &str = "Card where the link is posted: title, description, imageUrl.";

/// Fields of a link: absent ones are kept, `null` clears.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LinkFields {
    /// Where visitors go. A new link needs one.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schemars(with = "Wire<WebUrl>")]
    pub destination_url: Patch<Wire<WebUrl>>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub title: Patch<Wire<Title>>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<Wire<Description>>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 50))]
    pub tags: Patch<Vec<Wire<Label>>>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 50))]
    pub categories: Patch<Vec<Wire<Label>>>,
    /// A disabled link answers 404.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub enabled: Patch<bool>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub position: Patch<Wire<Position>>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub redirect_status: Patch<Wire<RedirectStatus>>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub query_pass_through: Patch<Wire<QueryPassThrough>>,
    /// Before it visitors get 404.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub scheduled_start_at: Patch<Wire<Timestamp>>,
    /// From then on visitors get 410, or go to fallbackUrl.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub scheduled_end_at: Patch<Wire<Timestamp>>,
    /// As scheduledEndAt.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub expires_at: Patch<Wire<Timestamp>>,
    /// Where visitors go once the link has ended.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub fallback_url: Patch<Wire<WebUrl>>,
    /// Campaign of visitors who name none.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub campaign_id: Patch<Wire<CampaignId>>,
    /// Parameters that destinations get.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schemars(extend("x-brief" = TRACKING))]
    pub tracking: Patch<Tracking>,
    /// Rules that send some visitors elsewhere; the first one that is met chooses.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 50), extend("x-brief" = RULES))]
    pub routing_rules: Patch<Vec<RoutingRule>>,
    /// How many clicks of people it is for; then as scheduledEndAt.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub max_clicks: Patch<Wire<ClickLimit>>,
    /// What visitors have to say before they are sent on. Never shown again.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub password: Patch<Wire<LinkSecret>>,
    /// What is shown where the link is posted.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schemars(extend("x-brief" = SOCIAL))]
    pub social_preview: Patch<SocialPreview>,
    /// Whether destinations get a context token as parameter ctx; null: as the handle has it.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub append_context: Patch<bool>,
}

impl LinkFields {
    /// Where visitors go, and nothing else.
    pub fn to(destination: WebUrl) -> Self {
        Self { destination_url: destination.into(), ..Self::default() }
    }

    /// As the domain says it, but for the password, which has to be hashed first; `pointer` is where the fields stand in
    /// the arguments.
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
            controls: ControlsChange {
                start: self.scheduled_start_at.field(|at| at.0),
                end: self.scheduled_end_at.field(|at| at.0),
                expiry: self.expires_at.field(|at| at.0),
                fallback: self.fallback_url.field(|url| url.0),
                campaign: self.campaign_id.field(|id| id.0),
                tracking: self.tracking.field(Tracking::said),
                rules: rules(self.routing_rules, &format!("{pointer}/routingRules"))?,
                limit: self.max_clicks.field(|most| most.0),
                password: lp_links::Field::Keep,
                social: self.social_preview.field(SocialPreview::said),
                append_context: self.append_context.field(|append| append),
            },
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
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListLinks {
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<u32>,
    /// Where to go on.
    pub cursor: Option<Wire<CursorText>>,
    /// Only links with this tag; case does not matter.
    pub tag: Option<Wire<Label>>,
    /// Only links with this text in slug, title, description or destination; case does not matter.
    pub q: Option<Wire<Search>>,
}

/// Which link is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneLink {
    pub slug: Wire<Slug>,
}

/// A link to make.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLink {
    pub payload: NewLink,
}

/// A new link: its fields, and its slug where it is not to be a random one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLink {
    pub slug: Option<Wire<Slug>>,
    pub destination_url: Wire<WebUrl>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub title: Patch<Wire<Title>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<Wire<Description>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 50))]
    pub tags: Patch<Vec<Wire<Label>>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 50))]
    pub categories: Patch<Vec<Wire<Label>>>,
    /// A disabled link answers 404.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub enabled: Patch<bool>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub position: Patch<Wire<Position>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub redirect_status: Patch<Wire<RedirectStatus>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub query_pass_through: Patch<Wire<QueryPassThrough>>,
    /// Before it visitors get 404.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub scheduled_start_at: Patch<Wire<Timestamp>>,
    /// From then on visitors get 410, or go to fallbackUrl.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub scheduled_end_at: Patch<Wire<Timestamp>>,
    /// As scheduledEndAt.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub expires_at: Patch<Wire<Timestamp>>,
    /// Where visitors go once the link has ended.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub fallback_url: Patch<Wire<WebUrl>>,
    /// Campaign of visitors who name none.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub campaign_id: Patch<Wire<CampaignId>>,
    /// Parameters that destinations get.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(extend("x-brief" = TRACKING))]
    pub tracking: Patch<Tracking>,
    /// Rules that send some visitors elsewhere; the first one that is met chooses.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 50), extend("x-brief" = RULES))]
    pub routing_rules: Patch<Vec<RoutingRule>>,
    /// How many clicks of people it is for; then as scheduledEndAt.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub max_clicks: Patch<Wire<ClickLimit>>,
    /// What visitors have to say before they are sent on. Never shown again.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub password: Patch<Wire<LinkSecret>>,
    /// What is shown where the link is posted.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(extend("x-brief" = SOCIAL))]
    pub social_preview: Patch<SocialPreview>,
    /// Whether destinations get a context token as parameter ctx; null: as the handle has it.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub append_context: Patch<bool>,
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
            scheduled_start_at: self.scheduled_start_at,
            scheduled_end_at: self.scheduled_end_at,
            expires_at: self.expires_at,
            fallback_url: self.fallback_url,
            campaign_id: self.campaign_id,
            tracking: self.tracking,
            routing_rules: self.routing_rules,
            max_clicks: self.max_clicks,
            password: self.password,
            social_preview: self.social_preview,
            append_context: self.append_context,
        }
    }
}

/// A link to make or change.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpsertLink {
    pub slug: Wire<Slug>,
    /// Fields to set.
    pub payload: LinkFields,
    /// Whether absent fields are reset instead of kept; the position is kept.
    #[serde(default)]
    pub replace: bool,
}

impl UpsertLink {
    /// Sets these fields; others are kept.
    pub fn new(slug: Slug, fields: LinkFields) -> Self {
        Self { slug: slug.into(), payload: fields, replace: false }
    }
}

/// A link to change.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateLink {
    pub slug: Wire<Slug>,
    /// Fields to set.
    pub payload: LinkFields,
}

/// Whose revisions are listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListRevisions {
    pub slug: Wire<Slug>,
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<u32>,
    /// Where to go on.
    pub cursor: Option<Wire<CursorText>>,
}

/// Which revision comes back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollbackLink {
    pub slug: Wire<Slug>,
    pub payload: ChosenRevision,
}

/// A revision by number.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChosenRevision {
    /// Its number in the link's history.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991u64))]
    pub revision: u64,
}

/// Which links are checked.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckHealth {
    #[serde(default, skip_serializing_if = "is_default")]
    pub payload: HealthSelection,
}

/// Some links, or a page of all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthSelection {
    /// Only these; without them the first 100 links.
    #[schemars(length(max = 100))]
    pub slugs: Option<Vec<Wire<Slug>>>,
    /// The nextCursor of the check before.
    pub cursor: Option<Wire<CursorText>>,
}

/// Which visit is tried out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewRoute {
    pub slug: Wire<Slug>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub payload: Conditions,
}

/// What is known of the imagined visitor; what is left out is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conditions {
    pub country: Option<Wire<Country>>,
    pub device: Option<Wire<Device>>,
    /// Where the visitor comes from: a source parameter or referrer category. Left out, the query may say it.
    pub source: Option<Wire<Word>>,
    /// Left out, the query may say it.
    pub campaign: Option<Wire<Word>>,
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(length(max = 50))]
    pub segments: Vec<Wire<Word>>,
    /// What the visitor's cookie _lp_vid holds; without it the visitor is in no allocation below 1.
    pub visitor_key: Option<Wire<Word>>,
    /// When the visitor comes; now unless said otherwise.
    pub at: Option<Wire<Timestamp>>,
    /// What the visitor brings behind the '?'.
    pub query: Option<Wire<Word>>,
}

/// How links are exported.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportLinks {
    #[serde(default)]
    pub format: Format,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Format {
    #[default]
    Csv,
    Ndjson,
}

/// How a QR code is drawn.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DrawQr {
    pub slug: Wire<Slug>,
    #[serde(default)]
    pub format: Picture,
    /// Width and height in pixels.
    #[serde(default = "size")]
    #[schemars(range(min = QrStyle::LEAST_SIZE, max = QrStyle::MOST_SIZE))]
    pub size: u32,
    /// Empty modules on each side; scanners want 4.
    #[serde(default = "margin")]
    #[schemars(range(max = QrStyle::MOST_MARGIN))]
    pub margin: u32,
    /// Of the modules, as #rrggbb.
    #[serde(default = "black")]
    pub color: Wire<Color>,
    /// As #rrggbb, or transparent.
    #[serde(default = "white")]
    pub background: Wire<Background>,
    #[serde(default)]
    pub error_level: ErrorLevel,
}

impl DrawQr {
    /// As a code looks where nothing else is said.
    pub fn of(slug: Slug) -> Self {
        Self {
            slug: slug.into(),
            format: Picture::default(),
            size: size(),
            margin: margin(),
            color: black(),
            background: white(),
            error_level: ErrorLevel::default(),
        }
    }
}

fn size() -> u32 {
    QrStyle::SIZE
}

fn margin() -> u32 {
    QrStyle::MARGIN
}

fn black() -> Wire<Color> {
    Color::BLACK.into()
}

fn white() -> Wire<Background> {
    Background::Color(Color::WHITE).into()
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Picture {
    #[default]
    Svg,
    Png,
}

/// How much of a code may be lost: 7, 15, 25 or 30 %.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ErrorLevel {
    L,
    #[default]
    M,
    Q,
    H,
}

/// How links are imported.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportLinks {
    /// How the rows are written; on REST the header of that name says it.
    #[serde(default)]
    pub content_type: ContentType,
    /// Whether to check every row and write nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// How rows come in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ContentType {
    #[default]
    #[serde(rename = "text/csv")]
    Csv,
    #[serde(rename = "application/x-ndjson")]
    Lines,
}
