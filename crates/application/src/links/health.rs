use std::borrow::Cow;
use std::collections::HashSet;

use futures_util::{StreamExt, stream};
use lp_core::{Slug, WebUrl};
use lp_links::healthy;
use lp_ports::{LinkQuery, Probe};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::{CheckHealth, HealthSelection};
use super::read::PAGE;
use crate::catalogue::View;
use crate::cx::Cx;
use crate::wire::CursorText;
use crate::{Error, cursor};

/// How many destinations of a call are asked at the same time: two rounds for the most it can name. The prober bounds
/// what a node asks in all.
const AT_ONCE: usize = 50;

/// Which destinations answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct HealthReport {
    pub results: Vec<HealthResult>,
    /// How many links were asked for.
    pub checked: usize,
    /// How many of them are not healthy.
    pub failing: usize,
    /// What to ask with for the next links; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What became of one destination.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct HealthResult {
    pub slug: String,
    /// The destination's last HTTP status; null where it gave none.
    pub status: Option<u16>,
    pub healthy: bool,
    /// Why there is no status; null where there is one.
    pub reason: Option<Cow<'static, str>>,
}

impl View for HealthReport {}

/// Asks destinations whether they live.
pub(super) async fn check(cx: Cx, input: CheckHealth) -> Result<HealthReport, Error> {
    let (targets, next_cursor) = match input.payload {
        HealthSelection { slugs: Some(slugs), cursor: None } => {
            (named(&cx, slugs.into_iter().map(|slug| slug.0).collect()).await?, None)
        }
        HealthSelection { slugs: Some(_), cursor: Some(_) } => {
            return Err(Error::field(
                "/payload/cursor",
                "unexpected",
                "goes on through all links; leave slugs out",
            ));
        }
        HealthSelection { slugs: None, cursor } => page(&cx, cursor.map(|text| text.0)).await?,
    };
    let results: Vec<_> = stream::iter(targets.into_iter().map(|target| ask(cx.clone(), target)))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let failing = results.iter().filter(|result| !result.healthy).count();
    Ok(HealthReport { checked: results.len(), failing, results, next_cursor })
}

/// A slug, and where it leads; `None` where there is no such link.
type Target = (String, Option<WebUrl>);

/// Each once, however often it is named: a call is no way to have one destination asked a hundred times.
async fn named(cx: &Cx, mut slugs: Vec<Slug>) -> Result<Vec<Target>, Error> {
    let mut seen = HashSet::new();
    slugs.retain(|slug| seen.insert(slug.key()));
    let mut targets = Vec::with_capacity(slugs.len());
    for slug in slugs {
        let link = cx.slot(&slug.key()).await?.live;
        targets.push((slug.to_string(), link.map(|link| link.parts().destination.clone())));
    }
    Ok(targets)
}

async fn page(cx: &Cx, cursor: Option<CursorText>) -> Result<(Vec<Target>, Option<String>), Error> {
    let after = cursor.map(|text| cursor::to_links(text.as_str(), "/payload/cursor")).transpose()?;
    let query = LinkQuery { after, limit: PAGE, tag: None, text: None };
    let page = cx.links().list(cx.handle()?, &query).await?;
    let targets =
        page.items.iter().map(|link| (link.parts().slug.to_string(), Some(link.parts().destination.clone())));
    Ok((targets.collect(), page.next.map(cursor::of_links)))
}

async fn ask(cx: Cx, (slug, destination): Target) -> HealthResult {
    let Some(destination) = destination else {
        return HealthResult { slug, status: None, healthy: false, reason: Some("not_found".into()) };
    };
    let (status, reason) = match cx.probe().probe(destination).await {
        Probe::Answered(status) => (Some(status), None),
        Probe::Failed(fault) => (None, Some(fault.as_str().into())),
    };
    HealthResult { slug, status, healthy: healthy(status), reason }
}
