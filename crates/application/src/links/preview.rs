use std::borrow::Cow;

use lp_core::Device;
use lp_personalization::{Closed, Decision, Step, Visitor, compile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::PreviewRoute;
use super::read::missing;
use crate::Error;
use crate::catalogue::View;
use crate::cx::Cx;

/// Where a visitor would go, and why.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct RoutePreview {
    pub slug: String,
    /// The `Location` a visitor would get; null where the link does not lead anywhere.
    pub resolved_url: Option<String>,
    /// The id of the rule that chose; null where none did.
    pub rule_applied: Option<String>,
    /// Whether no rule chose and the link's own destination stands.
    pub fallback: bool,
    /// The HTTP status a visitor would get.
    pub status: u16,
    /// What was looked at, in order.
    pub trace: Vec<TraceStep>,
}

/// One thing looked at.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct TraceStep {
    /// `enabled`: is the link switched on? `default`: the link's own destination.
    pub step: Cow<'static, str>,
    /// Whether it let the visitor on, or chose.
    pub matched: bool,
    pub explanation: String,
}

impl View for RoutePreview {}

/// Decides for an imagined visitor, by the function that decides for real ones.
pub(super) async fn preview(cx: Cx, input: PreviewRoute) -> Result<RoutePreview, Error> {
    let slot = cx.slot(&input.slug.0.key()).await?;
    let link = slot.live.ok_or_else(|| missing(&input.slug.0))?;
    let conditions = input.payload;
    let visitor = Visitor {
        country: conditions.country.as_ref().map_or("", |country| country.0.as_str()),
        device: conditions.device.as_ref().map_or(Device::Unknown, |device| device.0),
        source: conditions.source.as_ref().map_or("", |source| source.0.as_str()),
        campaign: conditions.campaign.as_ref().map_or("", |campaign| campaign.0.as_str()),
    };
    let query = conditions.query.as_ref().map(|query| query.0.as_str().trim_start_matches('?'));
    let route = compile(&link);
    let mut trace = Vec::new();
    let decision = route.explain(&visitor, &mut |step| trace.push(told(step)));
    let slug = route.slug().to_string();
    Ok(match decision {
        Decision::Redirect(redirect) => RoutePreview {
            slug,
            resolved_url: Some(redirect.location(query)),
            rule_applied: redirect.rule.map(ToOwned::to_owned),
            fallback: redirect.rule.is_none(),
            status: redirect.status.code(),
            trace,
        },
        Decision::Closed(Closed::Disabled) => {
            RoutePreview { slug, resolved_url: None, rule_applied: None, fallback: false, status: 404, trace }
        }
    })
}

fn told(step: Step<'_>) -> TraceStep {
    match step {
        Step::Switch { on: true } => {
            TraceStep { step: "enabled".into(), matched: true, explanation: "the link is enabled".to_owned() }
        }
        Step::Switch { on: false } => {
            let explanation = "the link is disabled: visitors get 404".to_owned();
            TraceStep { step: "enabled".into(), matched: false, explanation }
        }
        Step::Default { destination } => {
            let explanation = format!("no rule chose, so the link's own destination stands: {destination}");
            TraceStep { step: "default".into(), matched: true, explanation }
        }
    }
}
