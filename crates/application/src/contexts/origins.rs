use lp_personalization::{Contexts, Origin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::View;
use crate::cx::Cx;
use crate::system::NoInput;
use crate::{Error, Wire};

/// The origins there shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateContextOrigins {
    pub payload: ContextOrigins,
}

/// Whose pages may ask for contexts, and whether redirects carry them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContextOrigins {
    /// All of them: the list replaces the one before.
    #[schemars(length(max = 100))]
    pub origins: Vec<Wire<Origin>>,
    /// Whether redirects give destinations a context token, unless the link says otherwise; kept as it is where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub append_context: Option<bool>,
}

/// Whose pages may ask for contexts, and whether redirects carry them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct ContextOriginsView {
    pub handle: String,
    pub origins: Vec<String>,
    pub append_context: bool,
}

impl View for ContextOriginsView {}

pub(super) async fn list(cx: Cx, _: NoInput) -> Result<ContextOriginsView, Error> {
    let rules = cx.rules().rules(cx.handle()?, None).await?;
    ContextOriginsView::of(&cx, &rules.contexts)
}

/// Replaces the list.
pub(super) async fn update(cx: Cx, input: UpdateContextOrigins) -> Result<ContextOriginsView, Error> {
    let rules = cx.rules().rules(cx.handle()?, None).await?;
    let append = input.payload.append_context.unwrap_or(rules.contexts.append);
    let origins = input.payload.origins.into_iter().map(|Wire(origin)| origin);
    let contexts = Contexts::of(origins, append)
        .map_err(|fault| Error::field("/payload/origins", "too_many", fault.to_string()))?;
    let view = ContextOriginsView::of(&cx, &contexts)?;
    let batch = cx.batch("context origins")?.rules(rules.set_contexts(contexts));
    cx.finish(batch, view).await
}

impl ContextOriginsView {
    fn of(cx: &Cx, contexts: &Contexts) -> Result<Self, Error> {
        Ok(Self {
            handle: cx.name()?.to_string(),
            origins: contexts.origins().map(ToString::to_string).collect(),
            append_context: contexts.append,
        })
    }
}
