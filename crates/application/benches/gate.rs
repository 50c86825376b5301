//! What the gate costs a caller whose token it holds: `cargo bench -p lp-application`.
//!
//! Processor time of the one thread that does everything, so a busy machine counts little.

#![expect(clippy::print_stdout, reason = "a benchmark answers on its streams")]

use std::time::Duration;

use lp_application::{Accepts, Credential, Limits, Request};
use lp_core::Scope;
use lp_ports::Clock;
use lp_testkit::{Sandbox, SandboxOptions};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use sha2::{Digest, Sha256};

const CALLS: u32 = 100_000;

/// Of this thread, since some start.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn tell(what: &str, took: Duration) {
    println!("| {what} | {:.2} |", took.as_secs_f64() * 1e6 / f64::from(CALLS));
}

fn main() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(measure());
}

async fn measure() {
    let limits = Some(Limits::default());
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    let credential = Credential::Bearer(sandbox.pat.clone());
    println!("| CPU µs a call | |\n|---|---|");

    let secret = sandbox.pat.clone();
    let began = processor();
    for _ in 0..CALLS {
        std::hint::black_box(Sha256::digest(std::hint::black_box(&secret)));
    }
    tell("one SHA-256 of a token (floor)", processor().saturating_sub(began));

    let began = processor();
    for _ in 0..CALLS {
        // As the loop that follows the change log does, and a second passes so that the bucket is full.
        sandbox.clock.advance(Duration::from_secs(1));
        sandbox.app.caught_up(sandbox.clock.monotonic());
        let admitted =
            sandbox.app.admit_connector(&credential, Some("hello"), Scope::MCP_CONNECT, None, true);
        admitted.await.expect("the token opens it");
    }
    tell("who it is, its limit, whether it may", processor().saturating_sub(began));

    let began = processor();
    for _ in 0..CALLS {
        sandbox.clock.advance(Duration::from_secs(1));
        sandbox.app.caught_up(sandbox.clock.monotonic());
        let arguments = json!({ "payload": { "slugs": 5 } });
        let request = sandbox.request("links_health_check", arguments, credential.clone());
        let answer = sandbox.app.call(Request { accepts: Accepts::Pat, ..request }).await;
        std::hint::black_box(&answer);
    }
    tell("a whole call that its schema refuses", processor().saturating_sub(began));
}
