//! Who may import whom: every dependency of every manifest against the table of layers.

mod layers;
mod picture;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs;

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata};

use self::layers::{LAYERS, Layer, pair_allowed};
use crate::workspace;

/// What the check looks at in one manifest.
pub(crate) struct Crate {
    name: String,
    /// `[package.metadata.layer] name`.
    layer: Option<String>,
    /// Whether it says `[lints] workspace = true`.
    workspace_lints: bool,
    uses: Vec<Use>,
}

/// One line of a dependency table.
struct Use {
    name: String,
    purpose: Purpose,
}

/// Build scripts count as `Shipped`: what runs at build time decides what is shipped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Shipped,
    Tests,
}

/// Checks the layers and the picture of them; with `write` draws the picture anew.
pub(crate) fn run(write: bool) -> Result<()> {
    let crates = crates(&workspace::metadata()?)?;
    workspace::report("arch", &faults(&crates))?;
    if write {
        picture::write(&crates)?;
    } else {
        picture::check(&crates)?;
    }
    println!("arch: {} crates in their layers", crates.len());
    Ok(())
}

/// The members as the check sees them.
fn crates(metadata: &Metadata) -> Result<Vec<Crate>> {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let manifest = fs::read_to_string(&package.manifest_path)
                .with_context(|| format!("cannot read {}", package.manifest_path))?;
            let layer = package.metadata.pointer("/layer/name").and_then(|name| name.as_str());
            let uses = package.dependencies.iter().map(|dependency| Use {
                name: dependency.name.clone(),
                purpose: match dependency.kind {
                    DependencyKind::Development => Purpose::Tests,
                    _ => Purpose::Shipped,
                },
            });
            Ok(Crate {
                name: package.name.to_string(),
                layer: layer.map(str::to_owned),
                workspace_lints: takes_workspace_lints(&manifest)
                    .with_context(|| format!("cannot read {}", package.manifest_path))?,
                uses: uses.collect(),
            })
        })
        .collect()
}

/// Cargo's metadata leaves the lints out, so the manifest itself is asked.
fn takes_workspace_lints(manifest: &str) -> Result<bool> {
    let manifest: toml::Table = manifest.parse()?;
    let value = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    Ok(value.and_then(toml::Value::as_bool) == Some(true))
}

/// Every breach of the table, one sentence each.
fn faults(crates: &[Crate]) -> Vec<String> {
    let members: HashMap<&str, Option<&str>> =
        crates.iter().map(|member| (member.name.as_str(), member.layer.as_deref())).collect();

    let mut faults = Vec::new();
    for member in crates {
        let name = &member.name;
        if !member.workspace_lints {
            faults.push(format!("{name} does not say `[lints] workspace = true`"));
        }
        let Some(stated) = member.layer.as_deref() else {
            faults.push(format!("{name} states no layer: add `[package.metadata.layer] name = \"…\"`"));
            continue;
        };
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == stated) else {
            faults.push(format!("{name} states the unknown layer {stated}"));
            continue;
        };
        faults.extend(member.uses.iter().filter_map(|used| breach(name, layer, used, &members)));
    }
    faults
}

/// What is wrong with this one dependency, if anything.
fn breach(name: &str, layer: &Layer, used: &Use, members: &HashMap<&str, Option<&str>>) -> Option<String> {
    let tests = used.purpose == Purpose::Tests;
    let place = if tests { " in its tests" } else { "" };
    let from = layer.name;
    match members.get(used.name.as_str()) {
        // A member without a layer is reported under its own name.
        Some(None) => None,
        Some(Some(to)) => {
            let seen = layer.inside.contains(to) || (tests && layer.inside_tests.contains(to));
            let allowed = seen && pair_allowed(name, from, &used.name, to);
            (!allowed).then(|| format!("{name} ({from}) may not use {} ({to}){place}", used.name))
        }
        None => {
            let allowed =
                layer.outside.allows(&used.name) || (tests && layer.outside_tests.allows(&used.name));
            (!allowed).then(|| format!("{name} ({from}) may not use the outside crate {}{place}", used.name))
        }
    }
}
