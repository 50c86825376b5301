//! A rule tried on visits that were, before it is saved.

use std::collections::{BTreeMap, HashMap};

use lp_analytics::{Click, share};
use lp_core::SlugKey;
use lp_links::{Allocation, Priority, RuleId};
use lp_personalization::{Asks, Decision, Policy, Redirect, Route, Visitor, compile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::When;
use super::change::refused;
use super::input::{RuleFields, UpsertRule, Variant};
use crate::Error;
use crate::analytics::again;
use crate::breath::breathe;
use crate::catalogue::View;
use crate::cx::Cx;
use crate::wire::{Patch, Wire};

/// How many links are looked at: a handle may have millions.
const MOST_LINKS: usize = 1_000;
/// How many pairs of destinations are told.
const MOST_PAIRS: usize = 20;
/// How many visits are decided before others are let go on: a millisecond or two of rules by the thousand.
const AT_ONCE: u64 = 256;

/// Which rule is tried on how many visits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulateRule {
    /// One that is there, or a new one.
    pub rule_id: Wire<RuleId>,
    /// What it would say.
    #[serde(default)]
    pub payload: TriedRule,
}

/// A rule as it would be saved, and on how many visits it is tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "they are those of a rule")]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TriedRule {
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub enabled: Patch<bool>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub priority: Patch<Wire<Priority>>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub when: Patch<When>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Variant")]
    pub variant: Option<Variant>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub traffic_allocation: Patch<Wire<Allocation>>,
    /// The newest so many visits of people; 1000 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 10_000))]
    pub visits: Option<u32>,
}

/// What a rule would have made of visits that were.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    /// Which rule.
    pub rule_id: String,
    /// How many visits were looked at: fewer than wanted where there were no more.
    pub visits: u64,
    /// How many of them the rule would take.
    pub matched: u64,
    /// How many would be led elsewhere than the rules lead them that are saved.
    pub moved: u64,
    /// Of the visits, to four places.
    pub share: f64,
    /// Links whose visits would be led elsewhere, most of them first.
    pub by_slug: Vec<MovedSlug>,
    /// From where to where, most visits first; 20 at most.
    pub by_destination: Vec<MovedDestination>,
    /// Visits of links that are gone or lead nowhere now, or of which too little was kept.
    pub undecidable: u64,
}

/// Visits of a link that would be led elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "their names say it")]
#[serde(rename_all = "camelCase")]
pub struct MovedSlug {
    pub slug: String,
    pub moved: u64,
}

/// Visits that would be led from one destination to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "their names say it")]
#[serde(rename_all = "camelCase")]
pub struct MovedDestination {
    pub from: String,
    pub to: String,
    pub visits: u64,
}

impl View for Simulation {}

/// What the visits come to under the rules as they are and as they would be.
struct Trial {
    rule: String,
    now: Policy,
    then: Policy,
    /// Links as they are now; `None`: nothing answers there.
    routes: HashMap<SlugKey, Option<Route>>,
}

/// Decides the newest visits of the handle by the rules as they are and as they would be. Writes nothing.
pub(super) async fn simulate(cx: Cx, input: SimulateRule) -> Result<Simulation, Error> {
    let TriedRule { enabled, priority, when, variant, traffic_allocation, visits } = input.payload;
    let payload = RuleFields { enabled, priority, when, variant, traffic_allocation };
    let (id, change, mode) = UpsertRule { rule_id: input.rule_id, payload, replace: false }.said()?;
    let handle = cx.handle()?;
    let rules = cx.rules().rules(handle, None).await?;
    let changed = rules.change(id.clone(), change, mode).map_err(refused)?.after;
    let clicks = cx.analytics().newest_visits(handle, None, visits.unwrap_or(1_000)).await?;
    let mut routes = HashMap::new();
    for click in &clicks {
        let key = click.slug.key();
        if routes.len() < MOST_LINKS && !routes.contains_key(&key) {
            let live = cx.slot(&key).await?.live;
            routes.insert(key, live.as_ref().map(compile));
        }
    }
    let (now, then) = (cx.policy(handle, &rules), cx.policy(handle, &changed));
    let trial = Trial { rule: id.as_str().to_owned(), now, then, routes };
    Ok(trial.of(&clicks).await)
}

impl Trial {
    async fn of(&self, clicks: &[Click]) -> Simulation {
        let mut said = Simulation { rule_id: self.rule.clone(), ..Simulation::default() };
        let mut slugs: BTreeMap<&str, u64> = BTreeMap::new();
        let mut pairs: BTreeMap<(String, String), u64> = BTreeMap::new();
        for click in clicks {
            said.visits += 1;
            if said.visits.is_multiple_of(AT_ONCE) {
                breathe().await;
            }
            let key = key(click);
            let visitor = Visitor { key: key.as_deref().unwrap_or_default(), ..again::visitor(click) };
            let Some((route, now, then)) = self.decide(click, &visitor, key.is_some()) else {
                said.undecidable += 1;
                continue;
            };
            // A rule of the link goes before those of the handle, and may have the same id.
            said.matched += u64::from(then.personal().is_some() && then.rule() == Some(&*self.rule));
            let (from, to) = (now.location(None), then.location(None));
            if from != to {
                said.moved += 1;
                *slugs.entry(route.slug().as_str()).or_default() += 1;
                *pairs.entry((from, to)).or_default() += 1;
            }
        }
        said.share = share(said.moved, said.visits);
        said.by_slug =
            slugs.into_iter().map(|(slug, moved)| MovedSlug { slug: slug.to_owned(), moved }).collect();
        said.by_slug.sort_by_key(|slug| std::cmp::Reverse(slug.moved));
        said.by_destination =
            pairs.into_iter().map(|((from, to), visits)| MovedDestination { from, to, visits }).collect();
        said.by_destination.sort_by_key(|pair| std::cmp::Reverse(pair.visits));
        said.by_destination.truncate(MOST_PAIRS);
        said
    }

    /// Both decisions; `None` where either cannot be made.
    fn decide<'t>(
        &'t self,
        click: &Click,
        visitor: &Visitor<'_>,
        keyed: bool,
    ) -> Option<(&'t Route, Redirect<'t>, Redirect<'t>)> {
        click.facts.link_revision?;
        let route = self.routes.get(&click.slug.key())?.as_ref()?;
        let asks = route.asks().also(self.now.asks()).also(self.then.asks());
        if asks.has(Asks::KEY) && !keyed {
            return None;
        }
        match (route.decide(&self.now, visitor), route.decide(&self.then, visitor)) {
            (Decision::Redirect(now), Decision::Redirect(then)) => Some((route, now, then)),
            _ => None,
        }
    }
}

/// What the visitor's lots are drawn by: what was kept, or for one who brought nothing what such are told apart by. `None`
/// for one who came back where no lot was drawn.
fn key(click: &Click) -> Option<String> {
    let kept = &click.facts.key;
    if !kept.is_empty() {
        return Some(kept.clone());
    }
    (!click.facts.returning).then(|| format!("{:016x}", click.visitor))
}
