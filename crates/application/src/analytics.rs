//! Counts of visits, and what one of them was decided by.

pub(crate) mod again;
mod explain;

use std::borrow::Cow;

use lp_access::Need;
use lp_analytics::Freshness;
use lp_core::{Role, Scope, Slug, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Method, Op, Operation, Query, View};
use crate::cx::Cx;
use crate::wire::{Wire, is_default};
use crate::{Code, Error};

pub use self::explain::{ClickExplanation, ClickVisitor, ExplainClick};
pub use lp_analytics::Period;
pub use lp_core::ClickId;

/// Counts the visits of a handle or a link.
pub const GET: Op<GetAnalytics, AnalyticsView> = Op::named("analytics_get");

/// Says why the visitor of a click was sent where.
pub const EXPLAIN_CLICK: Op<ExplainClick, ClickExplanation> = Op::named("links_explain_click");

/// Which counts are wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetAnalytics {
    /// Filters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub query: AnalyticsQuery,
}

/// Filters of counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnalyticsQuery {
    /// Only this link.
    pub slug: Option<Wire<Slug>>,
    /// How far back to look; 7d unless said otherwise.
    pub period: Option<Wire<Period>>,
}

/// Counts of a handle or one of its links.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct AnalyticsView {
    pub handle: String,
    pub period: String,
    /// All redirects, bots included.
    pub clicks: u64,
    /// Clicks that are not bots'.
    pub qualified_clicks: u64,
    pub bot_clicks: u64,
    /// Different visitors behind the qualified clicks, told apart within a day.
    pub unique_visitors: u64,
    pub conversions: u64,
    /// Conversions per click, to four places.
    pub conversion_rate: f64,
    /// Sum of the conversions' values.
    pub revenue: f64,
    /// When the newest of the clicks happened; null without clicks.
    pub last_click_at: Option<String>,
    pub freshness: FreshnessView,
}

/// How new the counts are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct FreshnessView {
    /// FRESH, STALE or UNKNOWN.
    pub status: Cow<'static, str>,
    pub last_updated_at: Option<String>,
    pub sla_minutes: u32,
}

impl View for AnalyticsView {}

pub(crate) fn operations() -> Vec<Operation> {
    let need = Need::Member { role: Role::Creator, scope: Scope::ANALYTICS_READ };
    vec![
        Operation::read(GET, need, get)
            .about(
                "Get click counts",
                "Get click and conversion counts of a handle, or of one link, over a period. Counts include visits of \
                 the last seconds; bots are counted apart.",
            )
            .at(Method::Get, "analytics")
            .query(Query::Under("query"))
            .fails(&[Code::INVALID_SLUG]),
        Operation::read(EXPLAIN_CLICK, need, explain::explain)
            .about(
                "Explain a click",
                "Say why the visitor of one click was sent where: decides again by the link and the handle's rules as \
                 they were then, and tells each thing looked at.",
            )
            .at(Method::Get, "clicks/{clickId}/explanation")
            .fails(&[Code::NOT_FOUND]),
    ]
}

async fn get(cx: Cx, input: GetAnalytics) -> Result<AnalyticsView, Error> {
    let handle = cx.handle()?;
    let period = input.query.period.map_or(Period::DEFAULT, |period| period.0);
    let slug = input.query.slug.map(|slug| slug.0.key());
    let totals = cx.analytics().totals(handle, period.ending(cx.at()), slug.as_ref()).await?;
    let freshness = Freshness::of(cx.ingested_at(), cx.at());
    Ok(AnalyticsView {
        handle: cx.name()?.to_string(),
        period: period.to_string(),
        clicks: totals.clicks,
        qualified_clicks: totals.qualified_clicks(),
        bot_clicks: totals.bot_clicks,
        unique_visitors: totals.unique_visitors,
        conversions: totals.conversions,
        conversion_rate: totals.conversion_rate(),
        revenue: 0.0,
        last_click_at: totals.last_at.as_ref().map(Timestamp::to_string),
        freshness: FreshnessView {
            status: freshness.status.as_str().into(),
            last_updated_at: freshness.last_updated_at.as_ref().map(Timestamp::to_string),
            sla_minutes: Freshness::SLA_MINUTES,
        },
    })
}
