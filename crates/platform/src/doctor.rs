//! What an operator should know before trusting an installation.

use std::time::Duration;

use lp_adapters_journal::{JournalOptions, inspect};
use lp_core::Timestamp;
use lp_core::text::with_causes;

use crate::agreement::{Standing, standing};
use crate::audit::{AuditWanted, verify_audit};
use crate::{Journal, Platform};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub what: &'static str,
    /// What is wrong; `Ok` says what is right.
    pub result: Result<String, String>,
}

/// 2026-01-01T00:00:00Z: no right clock shows less.
const BUILT: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// How far the clocks of a node and its store may be from each other.
const APART: Duration = Duration::from_secs(2);

/// Looks at the store, whether it takes writes, its audit chains, the secret, the click journal, where mails go, the clock
/// the addresses and the database of countries.
pub async fn doctor(platform: &Platform) -> Vec<Finding> {
    let finding = |what, result| Finding { what, result };
    vec![
        finding("store", store(platform).await),
        finding("writes", writes(platform).await),
        finding("audit", audit(platform).await),
        finding("secret", secret(platform).await),
        finding("journal", journal(&platform.journal)),
        finding("mail", platform.mailer.check().await.map_err(|error| with_causes(&error))),
        finding("clock", clock(platform).await),
        finding("addresses", addresses(platform).await),
        finding("countries", Ok(countries(platform))),
    ]
}

async fn store(platform: &Platform) -> Result<String, String> {
    platform.store.health.ping().await.map_err(|error| with_causes(&error))?;
    Ok(format!("{} reachable, schema as expected", platform.database))
}

async fn writes(platform: &Platform) -> Result<String, String> {
    platform.store.health.write_probe().await.map_err(|error| with_causes(&error))?;
    Ok("taken".to_owned())
}

/// Nodes that share a store must share their secret: addresses that one has signed are opened by another, and a visitor
/// is the same one to both.
async fn secret(platform: &Platform) -> Result<String, String> {
    let ephemeral = platform.parts.secret_is_fresh;
    let standing = standing(platform.store.health.as_ref(), &platform.parts.app.settings().secret).await;
    match standing.map_err(|error| with_causes(&error))? {
        Standing::Unmarked if ephemeral => Ok("not there yet; serve makes it".to_owned()),
        _ if ephemeral => Err("its file is not there: copy it from another node or a backup".to_owned()),
        Standing::Unmarked | Standing::Shared => Ok("the one of this installation".to_owned()),
        Standing::Next => {
            Ok("the next one of this installation; nodes use it from their start on".to_owned())
        }
        Standing::Behind => {
            Err("it was rotated: give this node the new secret key file and start it again".to_owned())
        }
        Standing::Foreign => {
            Err("another one than the installation's: give every node the same secret key file".to_owned())
        }
    }
}

fn journal(journal: &Journal) -> Result<String, String> {
    let Journal::Folder { path, capacity, .. } = journal else { return Ok("in memory".to_owned()) };
    if !path.exists() {
        return Ok(format!("not there yet; serve makes it at {}", path.display()));
    }
    let fault = |error: std::io::Error| format!("{}: {error}", path.display());
    let found = inspect(path).map_err(fault)?;
    found.writable.as_ref().map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    let (waiting, free) = (found.bytes() >> 10, found.free >> 20);
    if !found.fits(JournalOptions::default().segment) {
        return Err(format!(
            "the disk under {} is full: {free} MB free, {waiting} kB of clicks lie there",
            path.display()
        ));
    }
    if found.bytes() > capacity / 5 * 4 {
        return Err(format!("{} is nearly full: {waiting} kB of clicks wait to be counted", path.display()));
    }
    Ok(format!("{waiting} kB of clicks in {}, {free} MB free on the disk", path.display()))
}

async fn audit(platform: &Platform) -> Result<String, String> {
    let mut first = None;
    let wanted = AuditWanted::default();
    let checked = verify_audit(platform, &wanted, |fault| {
        first.get_or_insert_with(|| fault.to_string());
    });
    let checked = checked.await.map_err(|error| with_causes(&error))?;
    match first {
        None => Ok(format!("{} entries of {} handles, every chain whole", checked.entries, checked.chains)),
        Some(first) if checked.faults == 1 => Err(first),
        Some(first) => Err(format!("{first}, and {} more: link-platform audit verify", checked.faults - 1)),
    }
}

async fn clock(platform: &Platform) -> Result<String, String> {
    let now = platform.application().now();
    if now <= BUILT {
        return Err(format!("it shows {now}, which is in the past"));
    }
    // A store that does not answer is another finding.
    let Ok(Some(theirs)) = platform.store.health.clock().await else { return Ok(now.to_string()) };
    let (ahead, behind) = (theirs.until(now), now.until(theirs));
    match ahead.max(behind) {
        apart if apart <= APART => Ok(format!("{now}, as the store's")),
        apart => Err(format!("it shows {now}, {} s from the store's {theirs}", apart.as_secs())),
    }
}

/// What the database of addresses says of itself. An old one is no fault: most addresses stay where they are.
#[cfg(feature = "edge")]
fn countries(platform: &Platform) -> String {
    const OLD: u64 = 120;
    let Some(file) = &platform.parts.geo else {
        return "no database of addresses; a trusted proxy may name them".to_owned();
    };
    let about = file.about();
    let days = about.built.until(platform.application().now()).as_secs() / 86_400;
    let advice = if days > OLD { "; a newer one knows more addresses" } else { "" };
    let built = about.built.to_string();
    let date = built.get(..10).unwrap_or_default();
    format!("{}, made on {date}, {days} days old{advice}", about.kind)
}

#[cfg(not(feature = "edge"))]
fn countries(_: &Platform) -> String {
    "this program answers no visitors".to_owned()
}

/// Whether hosts of handles lead to this machine can only be asked by name; `*.localhost` does by RFC 6761.
async fn addresses(platform: &Platform) -> Result<String, String> {
    let urls = &platform.application().settings().urls;
    if urls.domain == "localhost" {
        return Ok(format!("API at {}; *.localhost leads to this machine", urls.api));
    }
    let name = format!("doctor-check.{}:443", urls.domain);
    let found = tokio::net::lookup_host(&name).await.map(Iterator::count);
    match found {
        Ok(count) if count > 0 => Ok(format!("API at {}; *.{} resolves", urls.api, urls.domain)),
        _ => Err(format!("hosts below {} do not resolve; a wildcard DNS record is missing", urls.domain)),
    }
}
