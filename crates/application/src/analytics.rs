//! Counts of visits.

use lp_access::Need;
use lp_analytics::{Freshness, Period};
use lp_core::{Role, Scope, Slug, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Method, Operation, Query, View};
use crate::cx::Cx;
use crate::wire::Wire;
use crate::{Code, Error};

/// Which counts are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GetAnalytics {
    /// Filters.
    #[serde(default)]
    query: AnalyticsQuery,
}

/// Filters of counts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AnalyticsQuery {
    /// Only this link.
    slug: Option<Wire<Slug>>,
    /// How far back to look; 7d unless said otherwise.
    period: Option<Wire<Period>>,
}

/// Counts of a handle or one of its links.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnalyticsView {
    handle: String,
    period: String,
    /// All redirects, bots included.
    clicks: u64,
    /// Clicks that are not bots'.
    qualified_clicks: u64,
    bot_clicks: u64,
    /// Different visitors behind the qualified clicks, told apart within a day.
    unique_visitors: u64,
    conversions: u64,
    /// Conversions per click, to four places.
    conversion_rate: f64,
    /// Sum of the conversions' values.
    revenue: f64,
    /// When the newest of the clicks happened; null without clicks.
    last_click_at: Option<String>,
    freshness: FreshnessView,
}

/// How new the counts are.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FreshnessView {
    /// FRESH, STALE or UNKNOWN.
    status: &'static str,
    last_updated_at: Option<String>,
    sla_minutes: u32,
}

impl View for AnalyticsView {}

pub(crate) fn operations() -> Vec<Operation> {
    let need = Need::Member { role: Role::Creator, scope: Scope::ANALYTICS_READ };
    vec![
        Operation::read("analytics_get", need, get)
            .about(
                "Get click counts",
                "Get click and conversion counts of a handle, or of one link, over a period. Counts include visits of \
                 the last seconds; bots are counted apart.",
            )
            .at(Method::Get, "analytics")
            .query(Query::Under("query"))
            .fails(&[Code::INVALID_SLUG]),
    ]
}

async fn get(cx: Cx, input: GetAnalytics) -> Result<AnalyticsView, Error> {
    let handle = cx.handle()?;
    let period = input.query.period.map_or(Period::DEFAULT, |period| period.0);
    let slug = input.query.slug.map(|slug| slug.0.key());
    let totals = cx.analytics().totals(handle, period.ending(cx.at()), slug.as_ref()).await?;
    let freshness = Freshness::of(cx.ingested_at(), cx.at());
    Ok(AnalyticsView {
        handle: handle.to_string(),
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
            status: freshness.status.as_str(),
            last_updated_at: freshness.last_updated_at.as_ref().map(Timestamp::to_string),
            sla_minutes: Freshness::SLA_MINUTES,
        },
    })
}
