//! The authorization server: the official suite's scenarios, and mcp-authlab's marks.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Output;
use std::{fs, str};

use anyhow::{Context as _, Result};

use super::server::Server;
use super::{Verdict, suite, tools};
use crate::outside::server::{EMAIL, PASSWORD};

/// Both scenarios there are.
const SCENARIOS: usize = 2;
/// The rest of a hundred is for plain HTTP, which is right on loopback and nowhere else.
const MARKS: u32 = 98;

/// The official suite, which no revision requires of anybody, but we do of ourselves.
pub(super) fn suite(server: &Server, logs: &Path) -> Result<Vec<Verdict>> {
    let mut command = tools::python_script("authorization.py", Path::new("python3"));
    command.arg(tools::node()?).arg(tools::suite()?).args([&server.url(""), &server.mcp(), EMAIL, PASSWORD]);
    command.arg(logs.join("authorization"));
    let output = command.output().context("cannot run python3")?;
    let said = logged(&output, &logs.join("suite-authorization.log"))?;
    let summary = suite::read(&said).unwrap_or_default();
    let mut told = format!("{} of {SCENARIOS} scenarios pass", summary.passed.len());
    if !summary.failed.is_empty() {
        let _ = write!(told, "; failed: {}", summary.failed.join(", "));
    }
    let passed = output.status.success() && summary.passed.len() == SCENARIOS && summary.failed.is_empty();
    Ok(vec![Verdict { what: "suite, authorization server".to_owned(), said: told, passed }])
}

/// Signs in through the whole flow with a few attacks on the way, then looks at everything.
pub(super) fn authlab(server: &Server, logs: &Path) -> Result<Vec<Verdict>> {
    let tool = tools::authlab()?;
    let tokens = logs.join("authlab-tokens.json");
    let scopes = "mcp.connect skills.read links.read";
    let mut login = tools::python_program(&tool);
    login.args(["login", "--thorough", "--no-color", "--timeout", "30", "--scope", scopes]);
    // A server of the same installation for which the first one's tokens are no good.
    login.args(["--foreign-resource", &server.url("/mcp"), &server.mcp()]);
    let person =
        format!("'{}' '{}' %s", tool.with_file_name("python3").display(), tools::own("consent.py").display());
    login.env("BROWSER", person).env("MCP_AUTHLAB_TOKENS", &tokens);
    login.env("LINK_PLATFORM_API", server.url(""));
    login.env("LINK_PLATFORM_EMAIL", EMAIL).env("LINK_PLATFORM_PASSWORD", PASSWORD);
    let login = login.output().context("cannot run mcp-authlab")?;
    logged(&login, &logs.join("authlab-login.log"))?;
    let mut scan = tools::python_program(&tool);
    scan.args(["scan", "--fail-under", "A", "--verbose", "--no-color", &server.mcp()]);
    let scan = scan.env("MCP_AUTHLAB_TOKENS", &tokens).output().context("cannot run mcp-authlab")?;
    let said = logged(&scan, &logs.join("authlab-scan.log"))?;
    let (grade, marks, mut told) = marks(&said).unwrap_or_default();
    if !login.status.success() {
        told += "; the login failed";
    }
    let passed = login.status.success() && scan.status.success() && grade == "A" && marks >= MARKS;
    Ok(vec![Verdict { what: "mcp-authlab".to_owned(), said: told, passed }])
}

/// The grade, the marks of a hundred, and both in words with the warnings.
pub(super) fn marks(said: &str) -> Option<(String, u32, String)> {
    let line = said.lines().find(|line| line.starts_with("level "))?;
    let word = |name: &str| line.split_once(name)?.1.split_whitespace().next();
    let (grade, score) = (word("grade ")?, word("score ")?);
    let marks = score.split('/').next()?.parse().ok()?;
    let more = ["checks ", "warnings: "].iter().filter_map(|name| {
        let line = said.lines().map(str::trim).find(|line| line.starts_with(name))?;
        Some(line.strip_prefix("checks ").unwrap_or(line).trim())
    });
    let told = more.fold(format!("grade {grade}, {score}"), |told, more| told + "; " + more);
    Some((grade.to_owned(), marks, told))
}

/// What a program said on both streams, which is kept in a file too.
pub(super) fn logged(output: &Output, file: &Path) -> Result<String> {
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    fs::write(file, &said).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}
