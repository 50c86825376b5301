use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lp_application::{Credential, Limits, Rate, Request};
use lp_ports::{Clock, Counters, StoreError, Taken};
use lp_testkit::{FixedClock, Sandbox, SandboxOptions};
use serde_json::json;

use crate::{error, value};

#[tokio::test]
async fn a_caller_above_the_rate_is_told_when_to_go_on() {
    let rate = Rate { per_second: 2, burst: 3 };
    let limits = Some(Limits { actor: rate, address: rate });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    for left in [2, 1, 0] {
        let answer = sandbox.call("system_health", json!({})).await;
        assert_eq!(answer.allowance.map(|allowance| allowance.remaining), Some(left));
        value(answer);
    }
    let limited = error(sandbox.call("system_health", json!({})).await);
    assert_eq!(
        (limited.code.name(), limited.retry_after),
        ("rate_limited", Some(Duration::from_millis(500)))
    );
    assert_eq!(limited.body("r")["retryAfterMs"], json!(500));
    sandbox.clock.advance(Duration::from_millis(500));
    value(sandbox.call("system_health", json!({})).await);
    assert_eq!(error(sandbox.call("system_health", json!({})).await).code.name(), "rate_limited");
    let other = sandbox.pat_with(&["*"]).await;
    let request = sandbox.request("system_health", json!({}), Credential::Bearer(other));
    value(sandbox.app.call(request).await);
}

#[tokio::test]
async fn failed_attempts_count_against_their_address_and_nobody_else() {
    let actor = Rate { per_second: 100, burst: 1_000 };
    let limits = Some(Limits { actor, address: Rate { per_second: 1, burst: 2 } });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    let from = |credential| {
        let request = sandbox.request("links_list", json!({}), credential);
        sandbox.app.call(Request { address: Some([192, 0, 2, 1].into()), ..request })
    };
    for code in ["invalid_token", "missing_bearer_token", "rate_limited"] {
        let credential =
            if code == "missing_bearer_token" { Credential::None } else { Credential::Bearer("x".into()) };
        assert_eq!(error(from(credential).await).code.name(), code);
    }
    value(from(Credential::Bearer(sandbox.pat.clone())).await);
}

#[tokio::test]
async fn a_connector_that_only_asks_for_tools_is_limited_too() {
    let rate = Rate { per_second: 1, burst: 2 };
    let limits = Some(Limits { actor: rate, address: rate });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    let credential = Credential::Bearer(sandbox.pat.clone());
    let ask = async |counts| {
        let connect = lp_core::Scope::MCP_CONNECT;
        sandbox
            .app
            .admit_connector(&credential, Some("hello"), connect, None, counts)
            .await
            .map_err(|e| e.code.name())
    };
    assert_eq!((ask(true).await, ask(true).await, ask(true).await), (Ok(()), Ok(()), Err("rate_limited")));
    assert_eq!(ask(false).await, Ok(()), "a tool call is counted by its own gate");
}

/// Buckets that nodes share, as a store keeps them; on the clock of a sandbox. Can be taken away.
struct Shared {
    full_at: Mutex<HashMap<String, Duration>>,
    clock: Arc<FixedClock>,
    asked: AtomicU32,
    away: AtomicBool,
}

#[async_trait]
impl Counters for Shared {
    async fn take(&self, caller: &str, rate: Rate, wanted: u32) -> Result<Taken, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        // Others get their turn here, as they do where a store is far away.
        tokio::task::yield_now().await;
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("away".into()));
        }
        let now = self.clock.monotonic();
        let mut full_at = self.full_at.lock().expect("no poison");
        let before = full_at.get(caller).copied().unwrap_or_default();
        let (granted, then) = rate.take(before, now, wanted);
        full_at.insert(caller.to_owned(), then);
        Ok(Taken { granted, full_in: then.saturating_sub(now) })
    }

    async fn forget_full(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// Two nodes that share their buckets; a burst of 200 and ten a second.
async fn two_nodes() -> ([Sandbox; 2], Arc<Shared>) {
    let rate = Rate { per_second: 10, burst: 200 };
    let limits = Some(Limits { actor: rate, address: rate });
    let shared = Arc::new(Shared {
        full_at: Mutex::default(),
        clock: Arc::new(FixedClock::new()),
        asked: AtomicU32::new(0),
        away: AtomicBool::new(false),
    });
    let options = || SandboxOptions { limits, counters: Some(shared.clone()), ..SandboxOptions::default() };
    ([Sandbox::with(options()).await, Sandbox::with(options()).await], shared)
}

/// How many of so many calls in turn on both nodes are let through.
async fn let_through(nodes: &[Sandbox; 2], calls: u32) -> u32 {
    let mut through = 0;
    for _ in 0..calls {
        for node in nodes {
            through += u32::from(node.call("system_health", json!({})).await.result.is_ok());
        }
    }
    through
}

#[tokio::test]
async fn nodes_together_let_no_more_through_than_one() {
    let (nodes, shared) = two_nodes().await;
    let through = let_through(&nodes, 300).await;
    // What a node has leased and not spent is the only thing that may be missing.
    assert!((190..=200).contains(&through), "{through}");
    let asked = shared.asked.load(Ordering::SeqCst);
    assert!(asked < 60, "600 calls cost {asked} looks at the store");
    for node in &nodes {
        node.clock.advance(Duration::from_secs(3));
    }
    shared.clock.advance(Duration::from_secs(3));
    let through = let_through(&nodes, 100).await;
    assert!((20..=30).contains(&through), "three seconds bring thirty back, not {through}");
}

#[tokio::test]
async fn who_has_nothing_left_is_refused_without_the_store_and_let_in_when_told() {
    let (nodes, shared) = two_nodes().await;
    let_through(&nodes, 300).await;
    let asked = shared.asked.load(Ordering::SeqCst);
    assert_eq!(let_through(&nodes, 100).await, 0);
    assert_eq!(shared.asked.load(Ordering::SeqCst), asked);
    let refused = error(nodes[0].call("system_health", json!({})).await);
    let wait = refused.retry_after.expect("when to come back");
    nodes[0].clock.advance(wait);
    shared.clock.advance(wait);
    value(nodes[0].call("system_health", json!({})).await);
}

#[tokio::test]
async fn every_node_counts_for_itself_while_the_shared_buckets_are_away() {
    let (nodes, shared) = two_nodes().await;
    shared.away.store(true, Ordering::SeqCst);
    assert_eq!(let_through(&nodes, 300).await, 400);
}

#[tokio::test]
async fn calls_at_once_share_a_lease_and_lose_nothing_of_it() {
    let (nodes, shared) = two_nodes().await;
    let calls = (0..150).map(|_| nodes[0].call("system_health", json!({})));
    let answers = futures_util::future::join_all(calls).await;
    let through = answers.iter().filter(|answer| answer.result.is_ok()).count();
    assert_eq!(through, 150, "the burst holds 200");
    let asked = shared.asked.load(Ordering::SeqCst);
    assert!(asked <= 20, "150 calls at once cost {asked} looks at the store");
}

#[tokio::test]
async fn addresses_of_one_ipv6_network_share_a_bucket() {
    let rate = Rate { per_second: 1, burst: 2 };
    let limits = Some(Limits { actor: rate, address: rate });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    for (address, code) in [
        ("2001:db8:1:1::1", "missing_bearer_token"),
        ("2001:db8:1:1:2:3:4:5", "missing_bearer_token"),
        ("2001:db8:1:1::ffff", "rate_limited"),
        ("2001:db8:1:2::1", "missing_bearer_token"),
        ("192.0.2.1", "missing_bearer_token"),
    ] {
        let request = sandbox.request("links_list", json!({}), Credential::None);
        let address = Some(address.parse().expect("an address"));
        assert_eq!(
            error(sandbox.app.call(Request { address, ..request }).await).code.name(),
            code,
            "{address:?}"
        );
    }
}
