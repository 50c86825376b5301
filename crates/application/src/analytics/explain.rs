use std::borrow::Cow;

use lp_analytics::{Click, events};
use lp_core::{Browser, ClickId, Os};
use lp_personalization::{Decision, Policy, Route, compile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::again;
use crate::catalogue::View;
use crate::cx::Cx;
use crate::links::TraceStep;
use crate::wire::Wire;
use crate::{Code, Error};

/// Which click.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainClick {
    /// Its id.
    pub click_id: Wire<ClickId>,
}

/// Why a visitor was sent where.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct ClickExplanation {
    pub click_id: String,
    pub at: String,
    pub slug: String,
    /// Which revision of the link decided; null where it was not kept yet.
    pub link_revision: Option<u64>,
    /// Which revision of the handle's rules; null where there were none, or it was not kept yet.
    pub rules_revision: Option<u64>,
    pub visitor: ClickVisitor,
    /// Where the visitor went, without what the visitor's own query added; null where it is not known any more.
    pub resolved_url: Option<String>,
    /// The id of the rule that chose; null where none did.
    pub rule_applied: Option<String>,
    pub variant: Option<String>,
    /// Whether no rule chose and the link's own destination stood.
    pub fallback: bool,
    /// What was looked at, in order, decided again by the link and the rules of then.
    pub trace: Vec<TraceStep>,
    /// What subscribers are told of it.
    pub events: Vec<Cow<'static, str>>,
    /// What was not kept with this click, and is therefore not known here; all else that is null was nothing.
    pub unknown: Vec<Cow<'static, str>>,
}

/// What is known of whoever made a click.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct ClickVisitor {
    pub country: Option<String>,
    pub region: Option<String>,
    pub device: Cow<'static, str>,
    pub os: Option<Cow<'static, str>>,
    pub browser: Option<Cow<'static, str>>,
    pub language: Option<String>,
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub segments: Vec<Cow<'static, str>>,
}

impl View for ClickExplanation {}

/// What clicks of before facts were kept do not tell.
const FACTS: &[&str] = &[
    "country",
    "region",
    "os",
    "browser",
    "language",
    "source",
    "campaign",
    "segments",
    "linkRevision",
    "rulesRevision",
    "resolvedUrl",
    "ruleApplied",
    "variant",
    "trace",
];
/// What nobody can tell where the link of then is gone.
const DECISION: &[&str] = &["resolvedUrl", "trace"];

/// Decides again for a visitor of the past, by what decided then.
pub(super) async fn explain(cx: Cx, input: ExplainClick) -> Result<ClickExplanation, Error> {
    let id = input.click_id.0;
    let handle = cx.handle()?;
    let click = cx.analytics().click(handle, id).await?.ok_or_else(|| missing(id))?;
    let Some(revision) = click.facts.link_revision else {
        return Ok(told(&click, None, Vec::new(), false, FACTS));
    };
    let Some(then) = cx.links().revision(handle, &click.slug.key(), revision).await? else {
        return Ok(told(&click, None, Vec::new(), false, DECISION));
    };
    let route = compile(&then.link);
    let Some(rules) = click.facts.rules_revision else {
        return Ok(decided(&click, &route, Policy::none()));
    };
    let rules = cx.rules().rules(handle, Some(rules)).await?;
    Ok(decided(&click, &route, &cx.policy(handle, &rules)))
}

fn decided(click: &Click, route: &Route, policy: &Policy) -> ClickExplanation {
    let mut trace = Vec::new();
    let visitor = again::visitor(click);
    let decision = route.explain(policy, &visitor, &mut |step| trace.push(crate::links::told(step, None)));
    let resolved = match decision {
        Decision::Redirect(redirect) => Some(redirect.location(None)),
        Decision::Locked | Decision::Closed(_) => None,
    };
    let context = route.append_context().unwrap_or_else(|| policy.contexts().append);
    let unknown = if resolved.is_none() { DECISION } else { &[] };
    told(click, resolved, trace, context, unknown)
}

/// What was kept goes before what deciding again would say.
fn told(
    click: &Click,
    resolved_url: Option<String>,
    trace: Vec<TraceStep>,
    context: bool,
    unknown: &'static [&'static str],
) -> ClickExplanation {
    let facts = &click.facts;
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ClickExplanation {
        click_id: click.id.to_string(),
        at: click.at.to_string(),
        slug: click.slug.to_string(),
        link_revision: facts.link_revision.map(|revision| revision.0),
        rules_revision: facts.rules_revision.map(|revision| revision.0),
        visitor: ClickVisitor {
            country: facts.country.map(|country| country.to_string()),
            region: facts.region.map(|region| region.to_string()),
            device: click.device.as_str().into(),
            os: (facts.os != Os::Unknown).then(|| facts.os.as_str().into()),
            browser: (facts.browser != Browser::Unknown).then(|| facts.browser.as_str().into()),
            language: facts.language.map(|language| language.to_string()),
            source: text(&facts.source),
            campaign: text(&facts.campaign),
            segments: again::segments(click).iter().map(|segment| Cow::Borrowed(*segment)).collect(),
        },
        resolved_url,
        rule_applied: text(&facts.rule),
        variant: text(&facts.variant),
        fallback: facts.link_revision.is_some() && facts.rule.is_empty(),
        trace,
        events: events(click, context).map(Cow::Borrowed).collect(),
        unknown: unknown.iter().map(|name| Cow::Borrowed(*name)).collect(),
    }
}

fn missing(id: ClickId) -> Error {
    Error::new(Code::NOT_FOUND, format!("there is no click '{id}', or it is forgotten"))
}
