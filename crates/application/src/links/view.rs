//! What the operations on links answer.

#![expect(
    missing_docs,
    reason = "what is said of a field stands in the schema, and is read by models that pay for it"
)]

use std::borrow::Cow;

use lp_core::{Slug, Timestamp};
use lp_links::{ClickLimit, Description, Link, LinkRevision, Title};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::controls::{RoutingRuleView, TrackingView};
use super::social::SocialPreviewView;
use crate::catalogue::View;
use crate::settings::Home;

/// A link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkView {
    pub slug: String,
    pub destination_url: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub tags: Vec<String>,
    pub categories: Vec<String>,
    pub enabled: bool,
    pub position: u32,
    pub redirect_status: u16,
    pub query_pass_through: Cow<'static, str>,
    pub scheduled_start_at: Option<String>,
    pub scheduled_end_at: Option<String>,
    pub expires_at: Option<String>,
    pub fallback_url: Option<String>,
    pub campaign_id: Option<String>,
    pub tracking: Option<TrackingView>,
    pub routing_rules: Vec<RoutingRuleView>,
    pub max_clicks: Option<u32>,
    pub has_password: bool,
    pub social_preview: Option<SocialPreviewView>,
    pub append_context: Option<bool>,
    /// How often it has been changed; the number in its history.
    pub revision: u64,
    /// What to give to visitors.
    pub short_url: String,
    pub created_at: String,
    pub updated_at: String,
    #[serde(skip)]
    created: bool,
}

/// Some links of a handle.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkList {
    pub handle: String,
    pub links: Vec<LinkView>,
    /// What to ask with for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// That a link is gone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedLink {
    pub slug: String,
    pub deleted: bool,
    /// The revision of the deletion; links_rollback to one before brings the link back.
    pub revision: u64,
}

/// Some of what a link was.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionList {
    pub slug: String,
    /// Newest first.
    pub revisions: Vec<RevisionView>,
    /// What to ask with for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What a link was, who made it so, and when.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionView {
    pub revision: u64,
    /// CREATED, UPDATED, DELETED or RESTORED.
    pub action: Cow<'static, str>,
    pub at: String,
    pub actor: String,
    /// The link with this revision; of a deletion, what was deleted.
    pub link: LinkView,
}

impl View for LinkView {
    fn created(&self) -> bool {
        self.created
    }

    fn with_created(self, created: bool) -> Self {
        Self { created, ..self }
    }
}

impl View for LinkList {}

impl View for DeletedLink {}

impl View for RevisionList {}

impl LinkView {
    pub(super) fn of(link: &Link, home: Home<'_>) -> Self {
        let parts = link.parts();
        let controls = &parts.controls;
        Self {
            slug: parts.slug.to_string(),
            destination_url: parts.destination.to_string(),
            title: parts.title.as_ref().map(Title::as_str).map(ToOwned::to_owned),
            description: parts.description.as_ref().map(Description::as_str).map(ToOwned::to_owned),
            tags: parts.tags.iter().map(ToOwned::to_owned).collect(),
            categories: parts.categories.iter().map(ToOwned::to_owned).collect(),
            enabled: parts.enabled,
            position: parts.position.number(),
            redirect_status: parts.redirect_status.code(),
            query_pass_through: parts.query.as_str().into(),
            scheduled_start_at: controls.schedule.start.map(|at| at.to_string()),
            scheduled_end_at: controls.schedule.end.map(|at| at.to_string()),
            expires_at: controls.schedule.expiry.map(|at| at.to_string()),
            fallback_url: controls.fallback.as_ref().map(ToString::to_string),
            campaign_id: controls.campaign.as_ref().map(|id| id.as_str().to_owned()),
            tracking: TrackingView::of(&controls.tracking),
            routing_rules: controls.rules.iter().map(RoutingRuleView::of).collect(),
            max_clicks: controls.limit.map(ClickLimit::number),
            has_password: controls.password.is_some(),
            social_preview: SocialPreviewView::of(&controls.social),
            append_context: controls.append_context,
            revision: parts.revision.0,
            short_url: home.short(&parts.slug),
            created_at: parts.created_at.to_string(),
            updated_at: parts.updated_at.to_string(),
            created: false,
        }
    }
}

impl RevisionView {
    pub(super) fn of(revision: &LinkRevision, home: Home<'_>) -> Self {
        Self {
            revision: revision.link.parts().revision.0,
            action: revision.action.as_str().into(),
            at: Timestamp::to_string(&revision.at),
            actor: revision.actor.clone(),
            link: LinkView::of(&revision.link, home),
        }
    }
}

impl DeletedLink {
    pub(super) fn of(slug: &Slug, revision: u64) -> Self {
        Self { slug: slug.to_string(), deleted: true, revision }
    }
}
