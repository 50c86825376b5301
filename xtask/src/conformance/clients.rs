//! Clients of real kits that sign in and go the whole way: registration, consent, token, list, call, step-up, renewal, end.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::authorization::logged;
use super::server::Server;
use super::{Verdict, tools};
use crate::outside::server::{EMAIL, PASSWORD};

/// How the app makes itself known, and the era its kit begins with, where it knows both.
const WAYS: [(&str, &str); 2] = [("register", "auto"), ("document", "legacy")];
/// What each of the scripts says when all was right.
const LAST: &str = "ok: nor does the refresh token";

pub(super) fn run(server: &Server, logs: &Path) -> Result<Vec<Verdict>> {
    let python = tools::python_kit()?;
    let mut kits = vec![("Python mcp 2.3.0", tools::python_script("python_sdk.py", &python))];
    for (name, package, script) in [
        ("TypeScript sdk 1.32.2", tools::TYPESCRIPT_V1, "typescript_v1.mjs"),
        ("TypeScript client 2.4.0", tools::TYPESCRIPT_V2, "typescript_v2.mjs"),
    ] {
        // Node looks for packages beside the script.
        let folder = tools::npm(package)?;
        for file in ["flow.mjs", script] {
            fs::copy(tools::own(file), folder.join(file)).with_context(|| format!("cannot copy {file}"))?;
        }
        kits.push((name, tools::script(&folder.join(script))?));
    }
    let mut verdicts = Vec::new();
    for (name, kit) in &kits {
        for (registration, era) in WAYS {
            let era = if name.contains("sdk 1") { "legacy" } else { era };
            verdicts.push(sign_in(server, logs, name, kit, [registration, era])?);
        }
    }
    Ok(verdicts)
}

fn sign_in(server: &Server, logs: &Path, name: &str, kit: &Command, way: [&str; 2]) -> Result<Verdict> {
    let mut command = Command::new(kit.get_program());
    command.args(kit.get_args()).envs(kit.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args([&server.mcp(), &server.url(""), EMAIL, PASSWORD]).args(way);
    let output = command.output().with_context(|| format!("cannot run {}", kit.get_program().display()))?;
    let [registration, era] = way;
    let file = format!("client-{}-{registration}.log", name.replace(' ', "-"));
    let said = logged(&output, &logs.join(file))?;
    let steps = said.lines().filter(|line| line.starts_with("ok: ")).count();
    let passed = output.status.success() && said.lines().any(|line| line == LAST);
    let mut told = format!("{steps} steps; {registration}, {era}");
    if !passed && let Some(last) = said.lines().rev().find(|line| !line.trim().is_empty()) {
        told = format!("{told}: {last}");
    }
    Ok(Verdict { what: name.to_owned(), said: told, passed })
}
