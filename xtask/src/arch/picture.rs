//! The arrows between the crates, drawn from their manifests into ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result, bail};

use super::{Crate, Purpose};

const PAGE: &str = "ARCHITECTURE.md";
const BEGIN: &str = "<!-- arrows -->\n";
const END: &str = "<!-- /arrows -->";

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Puts the picture into the page.
pub(super) fn write(crates: &[Crate]) -> Result<()> {
    let page = fs::read_to_string(PAGE).with_context(|| format!("cannot read {PAGE}"))?;
    fs::write(PAGE, replaced(&page, &draw(crates))?).with_context(|| format!("cannot write {PAGE}"))
}

/// Fails where the page shows another picture.
pub(super) fn check(crates: &[Crate]) -> Result<()> {
    let page = fs::read_to_string(PAGE).with_context(|| format!("cannot read {PAGE}"))?;
    if replaced(&page, &draw(crates))? != page {
        bail!(
            "{PAGE} shows other arrows than the manifests have; `cargo xtask arch --write` draws them anew"
        );
    }
    Ok(())
}

fn replaced(page: &str, picture: &str) -> Result<String> {
    let (before, rest) = page.split_once(BEGIN).with_context(|| format!("{PAGE} has no line {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{PAGE} has no {END}"))?;
    Ok(format!("{before}{BEGIN}{picture}{END}{after}"))
}

/// A Mermaid graph: a box per layer, an arrow per use in shipped code that does not follow from others.
fn draw(crates: &[Crate]) -> String {
    let members: BTreeSet<&str> = crates.iter().map(|member| member.name.as_str()).collect();
    let arrows: Arrows = crates
        .iter()
        .map(|member| {
            let shipped = member.uses.iter().filter(|used| used.purpose == Purpose::Shipped);
            let inside = shipped.map(|used| used.name.clone()).filter(|name| members.contains(name.as_str()));
            (member.name.clone(), inside.collect())
        })
        .collect();
    let mut text = String::from("```mermaid\nflowchart TD\n");
    for layer in [
        "assembly",
        "front",
        "edge",
        "loop",
        "adapter",
        "application",
        "ports",
        "domain",
        "core",
        "example",
        "test",
        "tool",
    ] {
        let names: Vec<_> = crates
            .iter()
            .filter(|member| member.layer.as_deref() == Some(layer))
            .map(|member| member.name.as_str())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let _ = writeln!(text, "  subgraph {layer}\n    {}\n  end", names.join("\n    "));
    }
    for (from, targets) in &arrows {
        for to in targets.iter().filter(|to| !implied(&arrows, from, to)) {
            let _ = writeln!(text, "  {from} --> {to}");
        }
    }
    text.push_str("```\n");
    text
}

/// Whether another of `from`'s targets leads to `to` too.
fn implied(arrows: &Arrows, from: &str, to: &str) -> bool {
    arrows[from].iter().filter(|other| *other != to).any(|other| leads(arrows, other, to))
}

fn leads(arrows: &Arrows, from: &str, to: &str) -> bool {
    from == to || arrows.get(from).is_some_and(|targets| targets.iter().any(|next| leads(arrows, next, to)))
}
