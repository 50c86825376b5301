//! What an operator should know before trusting an installation.

use lp_access::{AuditHash, AuditRecord, verify};
use lp_core::{Handle, Timestamp};

use crate::Platform;

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
/// How many entries of an audit chain are read at a time.
const PAGE: u32 = 1_000;

/// Looks at the store, its audit chains, the clock and the addresses.
pub async fn doctor(platform: &Platform) -> Vec<Finding> {
    let app = platform.application();
    let store = app.ready().await.map(|()| "reachable, schema as expected".to_owned());
    vec![
        Finding { what: "store", result: store.map_err(|error| error.message) },
        Finding { what: "audit", result: audit(platform).await },
        Finding { what: "clock", result: clock(app.now()) },
        Finding { what: "addresses", result: addresses(platform).await },
    ]
}

async fn audit(platform: &Platform) -> Result<String, String> {
    let handles = platform.audit().audited_handles().await.map_err(|error| error.to_string())?;
    let mut entries = 0;
    for handle in &handles {
        entries += chain(platform, handle).await.map_err(|why| format!("{handle}: {why}"))?;
    }
    Ok(format!("{entries} entries of {} handles, every chain whole", handles.len()))
}

/// Walks a chain and holds it against its head, which is kept apart from it. The head is read before and after: entries
/// may be added meanwhile.
async fn chain(platform: &Platform, handle: &Handle) -> Result<u64, String> {
    let head = head(platform, handle).await?;
    let mut met = head.is_none();
    let mut before: Option<AuditRecord> = None;
    loop {
        let after = before.as_ref().map_or(0, |record| record.seq);
        let page = platform.audit().audit(handle, after, PAGE).await.map_err(|error| error.to_string())?;
        verify(before.as_ref(), &page).map_err(|broken| broken.to_string())?;
        met |= page.iter().any(|record| Some((record.seq, record.hash)) == head);
        match page.last() {
            Some(last) => before = Some(last.clone()),
            None if !met => {
                let end = head.map_or(0, |(seq, _)| seq);
                return Err(format!(
                    "the audit ends at entry {after} and not as its head says at entry {end}"
                ));
            }
            None => return within(platform, handle, after).await,
        }
    }
}

/// Entries above the head were not written by the store.
async fn within(platform: &Platform, handle: &Handle, entries: u64) -> Result<u64, String> {
    let end = head(platform, handle).await?.map_or(0, |(seq, _)| seq);
    if entries <= end {
        Ok(entries)
    } else {
        Err(format!("the audit has {entries} entries, its head knows {end} of them"))
    }
}

async fn head(platform: &Platform, handle: &Handle) -> Result<Option<(u64, AuditHash)>, String> {
    platform.audit().audit_head(handle).await.map_err(|error| error.to_string())
}

fn clock(now: Timestamp) -> Result<String, String> {
    if now > BUILT { Ok(now.to_string()) } else { Err(format!("it shows {now}, which is in the past")) }
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
