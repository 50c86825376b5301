use lp_core::{Slug, Timestamp};
use lp_links::{Description, Link, LinkRevision, Title};
use schemars::JsonSchema;
use serde::Serialize;

use crate::PublicUrls;
use crate::catalogue::View;

/// A link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkView {
    pub(super) slug: String,
    pub(super) destination_url: String,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) enabled: bool,
    pub(super) position: u32,
    pub(super) redirect_status: u16,
    pub(super) query_pass_through: &'static str,
    /// How often it has been changed; the number in its history.
    revision: u64,
    /// What to give to visitors.
    short_url: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    #[serde(skip)]
    created: bool,
}

/// Some links of a handle.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkList {
    pub(super) handle: String,
    pub(super) links: Vec<LinkView>,
    /// What to ask with for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

/// That a link is gone.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeletedLink {
    pub(super) slug: String,
    pub(super) deleted: bool,
    /// The revision of the deletion; links_rollback to one before brings the link back.
    pub(super) revision: u64,
}

/// Some of what a link was.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevisionList {
    pub(super) slug: String,
    /// Newest first.
    pub(super) revisions: Vec<RevisionView>,
    /// What to ask with for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

/// What a link was, who made it so, and when.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevisionView {
    revision: u64,
    /// CREATED, UPDATED, DELETED or RESTORED.
    action: &'static str,
    at: String,
    actor: String,
    /// The link with this revision; of a deletion, what was deleted.
    link: LinkView,
}

impl View for LinkView {
    fn created(&self) -> bool {
        self.created
    }
}

impl View for LinkList {}

impl View for DeletedLink {}

impl View for RevisionList {}

impl LinkView {
    pub(super) fn of(link: &Link, urls: &PublicUrls) -> Self {
        let parts = link.parts();
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
            query_pass_through: parts.query.as_str(),
            revision: parts.revision.0,
            short_url: urls.short(&parts.handle, &parts.slug),
            created_at: parts.created_at.to_string(),
            updated_at: parts.updated_at.to_string(),
            created: false,
        }
    }

    /// Says that the call made it.
    pub(super) fn created(self, created: bool) -> Self {
        Self { created, ..self }
    }
}

impl RevisionView {
    pub(super) fn of(revision: &LinkRevision, urls: &PublicUrls) -> Self {
        Self {
            revision: revision.link.parts().revision.0,
            action: revision.action.as_str(),
            at: Timestamp::to_string(&revision.at),
            actor: revision.actor.clone(),
            link: LinkView::of(&revision.link, urls),
        }
    }
}

impl DeletedLink {
    pub(super) fn of(slug: &Slug, revision: u64) -> Self {
        Self { slug: slug.to_string(), deleted: true, revision }
    }
}
