use std::borrow::Cow;

use lp_core::Device;
use lp_personalization::{Closed, Decision, Room, Step, Verdict, Visitor, campaign_in, compile, source_in};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::PreviewRoute;
use super::read::missing;
use crate::Error;
use crate::catalogue::View;
use crate::cx::Cx;
use crate::personalization::VariantView;
use crate::routes::refusal;
use crate::wire::{Wire, Word};

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
    /// What the visitor sees by a rule of the handle; null where none chose.
    pub variant: Option<VariantView>,
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
    /// `enabled`: is the link switched on? `start`, `end`: is it the time? `limit`: are there clicks left? `fallback`: where
    /// late visitors go. `password`: one is asked for. `rule`: is it for this visitor? `personalization`: is this one of the
    /// handle? `default`: the link's own destination.
    pub step: Cow<'static, str>,
    /// Of a rule, its id.
    pub rule_id: Option<String>,
    /// Whether it let the visitor on, or chose.
    pub matched: bool,
    pub explanation: String,
    /// Of `limit`, the link's maxClicks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_clicks: Option<u32>,
    /// Of `limit`, how many of them are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
}

impl View for RoutePreview {}

/// Decides for an imagined visitor, by the function that decides for real ones.
pub(super) async fn preview(cx: Cx, input: PreviewRoute) -> Result<RoutePreview, Error> {
    let slot = cx.slot(&input.slug.0.key()).await?;
    let link = slot.live.ok_or_else(|| missing(&input.slug.0))?;
    let conditions = input.payload;
    let query = conditions.query.as_ref().map(|query| query.0.as_str().trim_start_matches('?'));
    let brought = query.unwrap_or_default();
    let (mut source, mut campaign) = (Room::default(), Room::default());
    let segments: Vec<_> = conditions.segments.iter().map(|segment| segment.0.as_str()).collect();
    let (route, handle) = (compile(&link), cx.handle()?);
    let left = match route.limit() {
        Some(limit) => Some(cx.app.budgets.left(handle, route.link(), limit).await?),
        None => None,
    };
    let visitor = Visitor {
        at: conditions.at.as_ref().map_or(cx.at(), |at| at.0),
        country: conditions.country.as_ref().map(|country| country.0),
        device: conditions.device.as_ref().map_or(Device::Unknown, |device| device.0),
        source: word(conditions.source.as_ref()).or_else(|| source_in(brought, &mut source)).unwrap_or(""),
        campaign: word(conditions.campaign.as_ref())
            .or_else(|| campaign_in(brought, &mut campaign))
            .unwrap_or(""),
        segments: &segments,
        key: word(conditions.visitor_key.as_ref()).unwrap_or(""),
        used_up: left == Some(0),
        // Where the visitor goes who knows the password; that there is one, the trace says.
        unlocked: true,
    };
    let policy = cx.policy(handle, &cx.rules().rules(handle, None).await?);
    let mut trace = Vec::new();
    let decision = route.explain(&policy, &visitor, &mut |step| trace.push(told(step, left)));
    let slug = route.slug().to_string();
    Ok(match decision {
        Decision::Redirect(redirect) => RoutePreview {
            slug,
            resolved_url: Some(redirect.location(query)),
            rule_applied: redirect.rule().map(ToOwned::to_owned),
            variant: redirect.personal().map(VariantView::chosen).transpose()?,
            fallback: redirect.rule().is_none(),
            status: redirect.status.code(),
            trace,
        },
        Decision::Locked => nowhere(slug, 200, trace),
        Decision::Closed(closed) => nowhere(slug, refusal(closed).status(), trace),
    })
}

fn nowhere(slug: String, status: u16, trace: Vec<TraceStep>) -> RoutePreview {
    RoutePreview {
        slug,
        resolved_url: None,
        rule_applied: None,
        variant: None,
        fallback: false,
        status,
        trace,
    }
}

fn word(word: Option<&Wire<Word>>) -> Option<&str> {
    word.map(|word| word.0.as_str())
}

/// A step as callers are told of it; `left` says how many visits are left of a limit, where that is known.
pub(crate) fn told(step: Step<'_>, left: Option<u32>) -> TraceStep {
    let look = |step: &'static str, matched, explanation| TraceStep {
        step: step.into(),
        rule_id: None,
        matched,
        explanation,
        max_clicks: None,
        left: None,
    };
    match step {
        Step::Switch { on: true } => look("enabled", true, "the link is enabled".to_owned()),
        Step::Switch { on: false } => {
            look("enabled", false, "the link is disabled: visitors get 404".to_owned())
        }
        Step::Start { at, reached: true } => look("start", true, format!("the link started at {at}")),
        Step::Start { at, reached: false } => {
            look("start", false, format!("the link starts at {at}: until then visitors get 404"))
        }
        Step::End { at, reached, by } => {
            let said = match (by, reached) {
                (Closed::Expired, true) => "expired",
                (Closed::Expired, false) => "expires",
                (_, true) => "ended",
                (_, false) => "ends",
            };
            look("end", !reached, format!("the link {said} at {at}"))
        }
        Step::Fallback { destination } => {
            look("fallback", true, format!("late visitors go to its fallbackUrl: {destination}"))
        }
        Step::Limit { most, used_up } => {
            let most = most.number();
            let said = match left {
                _ if used_up => "and there were those".to_owned(),
                Some(left) => format!("of which {left} are left"),
                None => "and there were some left".to_owned(),
            };
            let step = look("limit", !used_up, format!("the link is for {most} clicks, {said}"));
            TraceStep { max_clicks: Some(most), left, ..step }
        }
        Step::Password { .. } => {
            let explanation = "the link asks for a password: who says it, or said it within 12 hours, is sent on as told \
                               here; anybody else gets the page that asks";
            look("password", true, explanation.to_owned())
        }
        Step::Rule { id, own, verdict } => {
            let step = if own { "rule" } else { "personalization" };
            let step = look(step, verdict == Verdict::Matched, explained(&verdict));
            TraceStep { rule_id: Some(id.to_owned()), ..step }
        }
        Step::Kept { destination } => {
            look("default", true, format!("the rule leaves the destination to the link: {destination}"))
        }
        Step::Default { destination } => look(
            "default",
            true,
            format!("no rule chose, so the link's own destination stands: {destination}"),
        ),
    }
}

fn explained(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Off => "the rule is disabled".to_owned(),
        Verdict::Failed { fact, value } if value.is_empty() => {
            format!("{} is not met: nothing of the kind is known of the visitor", fact.condition())
        }
        Verdict::Failed { fact, value } => {
            format!("{} is not met: the visitor has '{value}'", fact.condition())
        }
        Verdict::NotAllocated { share, lot: Some(lot) } => {
            format!(
                "the conditions are met, but trafficAllocation takes lots below {share} and the visitor's is {lot}"
            )
        }
        Verdict::NotAllocated { share, lot: None } => format!(
            "the conditions are met, but trafficAllocation takes lots below {share} and the visitor has none without a visitorKey"
        ),
        Verdict::Matched => "all conditions are met: the rule chose".to_owned(),
    }
}
