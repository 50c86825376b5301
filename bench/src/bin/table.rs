//! What the table of routes takes: memory of a loaded link, and processor time of a lookup that ends in a decision.
//! Started by `cargo xtask bench table`.
//!
//! All links are those of one handle. The table is filled through the loads that visitors cause; the store behind it is
//! made up here.

#![expect(clippy::print_stdout, reason = "a benchmark answers on its streams")]

use std::fs;
use std::hint::black_box;
use std::sync::Arc;

use anyhow::Context as _;
use bench::{drawn, nanos_a_call};
use clap::Parser;
use lp_application::Loaded;
use lp_core::{Handle, LinkId, Revision, Slug, SlugKey, WebUrl};
use lp_edge::{Bounds, LiveRoutes, LoadRoutes, Loading, LoadingRules, RouteKey, RouteTable};
use lp_personalization::{HandleRules, Policy, Visitor, compile, compile_rules};
use uuid::Uuid;

#[derive(Parser)]
struct Arguments {
    /// How many links the large table has.
    #[arg(long, default_value_t = 10_000_000)]
    links: u64,
}

/// The links of the small table, and the hot ones of the large.
const FEW: u64 = 1_000;
const CALLS: u32 = 4_000_000;

/// Makes up what a store would have.
struct MadeUp;

impl LoadRoutes for MadeUp {
    fn load<'l>(&'l self, handle: &'l Handle, slug: &'l SlugKey) -> Loading<'l> {
        let number = slug.as_str().get(1..).and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0);
        let url = format!("https://example.com/offers/{number}?from=link");
        let made = Slug::parse(slug.as_str()).ok().zip(WebUrl::parse(&url).ok()).map(|(slug, url)| {
            let id = LinkId::new(Uuid::from_u128(number.into()));
            compile(&lp_testkit::link(id, handle.clone(), slug, url))
        });
        Box::pin(async move { Ok(Loaded { revision: Some(Revision::FIRST), route: made }) })
    }

    fn load_rules<'l>(&'l self, _: &'l Handle) -> LoadingRules<'l> {
        Box::pin(async { Ok(compile_rules(&HandleRules::default(), |_| None).into()) })
    }
}

fn main() -> anyhow::Result<()> {
    let links = Arguments::parse().links.max(FEW);
    let small = filled(FEW)?;
    let before = resident()?;
    let large = filled(links)?;
    let taken = resident()? - before;
    let hot_small = lookups(&small, FEW);
    let hot_large = lookups(&large, FEW);
    let uniform = lookups(&large, links);
    println!("One handle, key from host and path, lookup and decision; CPU ns each, {CALLS} lookups:\n");
    println!(
        "| {FEW} links | {links} links, {FEW} hot ones | ratio | {links} links, uniformly |\n|---|---|---|---|"
    );
    println!("| {hot_small:.0} | {hot_large:.0} | {:.2} | {uniform:.0} |\n", hot_large / hot_small);
    #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
    let each = taken / links as f64;
    println!(
        "Resident memory: {each:.0} bytes a loaded link, its texts included ({:.0} MB in all).",
        taken / 1e6
    );
    Ok(())
}

/// A table that holds the links `l0`, `l1`, … of the handle.
fn filled(links: u64) -> anyhow::Result<LiveRoutes> {
    let bounds = Bounds { routes: usize::MAX, bytes: usize::MAX, absent: 1_000 };
    let routes = LiveRoutes::new(Arc::new(RouteTable::new(bounds)), Arc::new(MadeUp));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        for number in 0..links {
            let key = key(number).context("a key")?;
            routes.find(&key).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        }
        Ok(routes)
    })
}

/// Of links drawn from the first so many.
fn lookups(routes: &LiveRoutes, among: u64) -> f64 {
    // The keys are made beforehand: what a visitor asks for stands in the request already.
    let keys: Vec<_> = (0..1_u64 << 20).filter_map(|number| key(drawn(number) % among)).collect();
    nanos_a_call(CALLS, |number| {
        let found = keys.get(number as usize & ((1 << 20) - 1)).and_then(|key| routes.table().find(key));
        if let Some((_, route)) = found.as_ref().and_then(|found| found.link()) {
            black_box(route.decide(Policy::none(), &Visitor::UNKNOWN));
        }
    })
}

fn key(number: u64) -> Option<RouteKey> {
    RouteKey::of("hello", &format!("l{number}"))
}

/// Memory of this process that is not backed by files, in bytes.
fn resident() -> anyhow::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("RssAnon")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? * 1_024.0)
}
