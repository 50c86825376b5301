use lp_core::Handle;
use lp_personalization::Context;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ContextMint, ContextRefused, ContextRoom};
use crate::catalogue::View;
use crate::cx::Cx;
use crate::{Code, Error, Wire};

/// A token, and whose it has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveContext {
    /// Refuse a token of any other handle; by default the handle of the connection, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Wire<Handle>>,
    /// The value of the ctx parameter of a page's address.
    pub ctx: String,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct ContextView {
    pub handle: String,
    /// The link that was visited; null where a page asked for the token itself.
    pub slug: Option<String>,
    pub attribution: AttributionView,
    pub vars: VarsView,
    /// The rule that chose.
    pub rule_id: Option<String>,
    /// The visit.
    pub click_id: Option<String>,
    pub created_at: String,
    pub expires_at: String,
}

/// Where a visitor came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
pub struct AttributionView {
    pub source: Option<String>,
    pub campaign: Option<String>,
}

/// What was chosen for a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
pub struct VarsView {
    pub variant: Option<String>,
    pub segment: Option<String>,
}

impl View for ContextView {}

pub(super) async fn resolve(cx: Cx, input: ResolveContext) -> Result<ContextView, Error> {
    let mut room = ContextRoom::default();
    let context = cx.app.contexts.open(&input.ctx, &mut room, cx.at())?;
    let key = Handle::parse(context.handle).map_err(|_| ContextRefused::Malformed)?;
    let whose = cx.names().resolve_ever(&key);
    if !whose.active {
        return Err(Error::new(Code::INVALID_CONTEXT, "the handle of the context token was given up"));
    }
    let asked = match &input.handle {
        None => None,
        Some(Wire(name)) => Some(cx.names().resolve(name).ok_or_else(|| Error::not_found("the handle"))?.key),
    };
    if [asked.as_ref(), cx.bound()].into_iter().flatten().any(|wanted| *wanted != key) {
        return Err(Error::new(Code::INVALID_CONTEXT, "the context token is of another handle"));
    }
    Ok(ContextView::of(&context, &whose.name))
}

impl ContextView {
    fn of(context: &Context<'_>, name: &Handle) -> Self {
        Self {
            handle: name.to_string(),
            slug: said(context.slug),
            attribution: AttributionView::of(context.source, context.campaign),
            vars: VarsView { variant: said(context.variant), segment: said(context.segment) },
            rule_id: said(context.rule),
            click_id: context.click.map(|click| click.to_string()),
            created_at: context.at.to_string(),
            expires_at: context.at.plus(ContextMint::LIFE).to_string(),
        }
    }
}

impl AttributionView {
    /// Of texts that are empty where nothing is known.
    pub(super) fn of(source: &str, campaign: &str) -> Self {
        Self { source: said(source), campaign: said(campaign) }
    }
}

/// An empty text says nothing.
pub(super) fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
