use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::load::Kind;
use super::servers::Servers;
use super::store::{HANDLES, Store, binary};
use super::{instructions, redirects};

const RULES: usize = 20;
const ADDRESSES: u64 = 10_000;
const COUNTRIES: [&str; 8] = ["US", "DE", "FR", "GB", "IN", "BR", "JP", "NG"];

/// Redirects of links whose handles have rules, with countries from a file and a context token each; then what a decision
/// costs by itself.
pub(super) fn table(store: Store, rounds: usize, lasting: Duration) -> Result<String> {
    eprintln!("making {RULES} rules on each handle");
    for handle in 0..HANDLES.min(store.links) {
        for number in 0..RULES {
            store.call("tracking_upsert_personalization_rule", handle, &rule(number))?;
        }
    }
    let geo = store.path().join("countries.mmdb");
    let geo = geo.to_str().context("a folder whose name is text")?;
    told("bench-geo", &[geo])?;
    let settings = [("LINK_PLATFORM_GEOIP_DB", geo), ("LINK_PLATFORM_TRUSTED_PROXIES", "127.0.0.0/8")];
    let counted = if instructions::is_possible() {
        let floor = instructions::of_floor(ADDRESSES)?;
        let platform = instructions::of_platform(&store, &settings, ADDRESSES)?;
        format!(
            "User instructions: bare hyper {floor:.0}, Link Platform {platform:.0}, ratio {:.2}.",
            platform / floor
        )
    } else {
        "Instructions were not counted: valgrind is not installed.".to_owned()
    };
    let servers = Servers::set_up(store, &settings)?;
    let mut table = redirects::table(&servers, rounds, lasting, &Kind::From(ADDRESSES))?;
    drop(servers);
    let _ = write!(
        table,
        "\nEach handle has {RULES} rules for source, campaign, country and device, every fifth with an allocation; countries come from a \
         file, and each redirect carries a context token. {counted}\n\n{}",
        told("bench-decide", &[])?
    );
    Ok(table)
}

/// What a program of the benchmark prints.
pub(super) fn told(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(binary(program))
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    ensure!(output.status.success(), "{program} failed");
    Ok(String::from_utf8(output.stdout)?)
}

/// Few visitors meet one of them, and those one of the last.
fn rule(number: usize) -> Value {
    let source = if number + 3 >= RULES { "newsletter".to_owned() } else { format!("source-{number}") };
    json!({
        "ruleId": format!("rule-{number}"),
        "payload": {
            "when": {
                "sourceIn": [source, "everywhere"],
                "campaignIn": ["spring", format!("campaign-{number}")],
                "countryIn": [COUNTRIES[number % 8], COUNTRIES[(number + 3) % 8]],
                "deviceIn": ["MOBILE", "DESKTOP"],
            },
            "variant": { "id": "b", "destinationUrl": "https://example.com/b" },
            "trafficAllocation": if number.is_multiple_of(5) { 0.5 } else { 1.0 },
        },
    })
}
