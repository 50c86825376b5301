//! What one decision costs by the rules of a handle, without finding the link and without HTTP. Started by `cargo xtask
//! bench rules`.

#![expect(clippy::print_stdout, reason = "a benchmark answers on its streams")]

use std::hint::black_box;

use bench::{COUNTRIES, nanos_a_call};
use lp_core::{Country, Device, Handle, LinkId, Revision, Slug, WebUrl};
use lp_links::{Allocation, Link, Priority, RuleId, Term, When};
use lp_personalization::{
    Decision, HandleRules, PersonalizationRule, Policy, Route, RulesItem, Variant, VariantId, Visitor,
    compile, compile_rules,
};
use uuid::Uuid;

const CALLS: u32 = 2_000_000;

fn main() -> anyhow::Result<()> {
    println!("| rules of the handle | a decision, CPU ns | of it by none | rule chosen |\n|---|---|---|---|");
    let route = compile(&link()?);
    let visitors = visitors()?;
    let none = cost(&route, Policy::none(), &visitors);
    for count in [20, 100, 1_000] {
        let policy = compile_rules(&rules(count)?, |_| None);
        let chosen = visitors.iter().filter(|visitor| is_chosen(&route, &policy, visitor)).count();
        let took = cost(&route, &policy, &visitors);
        println!("| {count} | {took:.0} | {none:.0} | {} % |", chosen * 100 / visitors.len());
    }
    Ok(())
}

fn cost(route: &Route, policy: &Policy, visitors: &[Visitor<'_>]) -> f64 {
    nanos_a_call(CALLS, |number| {
        let visitor = usize::try_from(number).ok().and_then(|number| visitors.get(number % visitors.len()));
        if let Some(visitor) = visitor {
            black_box(route.decide(policy, black_box(visitor)));
        }
    })
}

fn is_chosen(route: &Route, policy: &Policy, visitor: &Visitor<'_>) -> bool {
    matches!(route.decide(policy, visitor), Decision::Redirect(redirect) if redirect.rule().is_some())
}

/// Rules that ask for source, campaign, country and device, every fifth with an allocation. Few visitors meet one, and
/// those meet one of the last.
fn rules(count: usize) -> anyhow::Result<HandleRules> {
    let mut items = Vec::new();
    for number in 0..count {
        let last = number + 3 >= count;
        let source = if last { "newsletter".to_owned() } else { format!("source-{number}") };
        let countries = [COUNTRIES[number % 8], COUNTRIES[(number + 3) % 8]];
        let countries = countries.into_iter().map(Country::parse).collect::<Result<Vec<_>, _>>()?;
        let when = When::default()
            .sources([Term::parse(&source)?, Term::parse("everywhere")?])?
            .campaigns([Term::parse("spring")?, Term::parse(&format!("campaign-{}", number % 50))?])?
            .countries(countries)?
            .devices([Device::Mobile, Device::Desktop])?;
        items.push(RulesItem::Rule(PersonalizationRule {
            id: RuleId::parse(&format!("rule-{number}"))?,
            enabled: true,
            priority: Priority::default(),
            when,
            variant: Variant {
                id: VariantId::parse("b")?,
                title: None,
                cta: None,
                destination: Some(WebUrl::parse("https://example.com/b")?),
                metadata: None,
            },
            allocation: Allocation::of(if number % 5 == 0 { 0.5 } else { 1.0 }).unwrap_or_default(),
        }));
    }
    Ok(HandleRules::restore(Revision::FIRST, items))
}

fn visitors() -> anyhow::Result<Vec<Visitor<'static>>> {
    let mut visitors = Vec::new();
    for (at, code) in COUNTRIES.iter().enumerate() {
        for (source, campaign) in [("newsletter", "spring"), ("search", ""), ("direct", "campaign-7")] {
            visitors.push(Visitor {
                country: Some(Country::parse(code)?),
                device: if at % 2 == 0 { Device::Mobile } else { Device::Desktop },
                source,
                campaign,
                key: "0123456789abcdef",
                ..Visitor::UNKNOWN
            });
        }
    }
    Ok(visitors)
}

fn link() -> anyhow::Result<Link> {
    Ok(lp_testkit::link(
        LinkId::new(Uuid::from_u128(1)),
        Handle::parse("hello")?,
        Slug::parse("launch")?,
        WebUrl::parse("https://example.com/launch")?,
    ))
}
