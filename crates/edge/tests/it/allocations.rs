//! For a loaded route nothing is allocated from host and slug to decision.
#![expect(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use lp_core::{Country, Device};
use lp_edge::{Edge, Entrance, RouteKey, Whereabouts};
use lp_personalization::{Decision, Policy, Room, Visitor, campaign_in, host_of, referred_by, source_in};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::json;

use crate::fixture::{Rig, VISITOR, asked, linked, route};

/// The system's allocator, counting for each thread.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local!(static ALLOCATIONS: Cell<u64> = const { Cell::new(0) });

fn count() {
    // A thread that is ending has no counter any more, and nobody looks at it.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: everything is passed on to the system's allocator as it came; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `GlobalAlloc::dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[tokio::test]
async fn deciding_on_a_loaded_route_allocates_nothing() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    rig.visit("nobody").await.expect("loaded");
    let agent = "Mozilla/5.0 (X11; Linux x86_64) Safari/537.36";
    let decide = |handle: &str, slug: &str| {
        let key = RouteKey::of(handle, slug)?;
        let found = rig.table.find(&key)?;
        let (_, route) = found.link()?;
        let visitor = Visitor { device: Device::of(agent), ..Visitor::UNKNOWN };
        Some(matches!(black_box(route.decide(Policy::none(), &visitor)), Decision::Redirect(_)))
    };
    for (slug, expected) in
        [("WelCome", Some(true)), ("%77elcome", Some(true)), ("nobody", None), ("%x", None)]
    {
        let mut decided = None;
        let allocated = allocations(|| decided = decide(black_box("Hello"), black_box(slug)));
        assert_eq!((decided, allocated), (expected, 0), "{slug}");
    }
    assert_ne!(allocations(|| drop(black_box(Box::new(1)))), 0, "the counter counts");
}

#[tokio::test]
async fn deciding_by_rules_and_finding_out_what_they_ask_allocates_nothing() {
    let sandbox = Sandbox::new().await;
    let rules: Vec<_> = (0..20)
        .map(|number| {
            json!({
                "id": format!("r{number}"), "destinationUrl": "https://e.com/", "trafficAllocation": 0.01,
                "when": {
                    "sourceIn": ["Newsletter", format!("s{number}")], "campaignIn": ["spring"],
                    "countryIn": ["US"], "deviceIn": ["DESKTOP"], "segmentIn": ["vip", "returning"],
                },
            })
        })
        .collect();
    let payload = json!({
        "destinationUrl": "https://e.com/", "routingRules": rules, "expiresAt": "2030-01-01T00:00:00Z",
    });
    let route = route(&sandbox, "ruled", payload).await;
    let decide = |query: &str| {
        let (mut source, mut campaign) = (Room::default(), Room::default());
        let visitor = Visitor {
            country: Country::parse("us").ok(),
            device: Device::Desktop,
            source: source_in(query, &mut source).unwrap_or_else(|| referred_by(host_of("https://t.co/"))),
            campaign: campaign_in(query, &mut campaign).unwrap_or(""),
            segments: &["returning"],
            key: "somebody",
            ..Visitor::UNKNOWN
        };
        match route.decide(Policy::none(), &visitor) {
            Decision::Redirect(redirect) => black_box(redirect).drawn,
            Decision::Locked | Decision::Closed(_) => false,
        }
    };
    for (query, expected) in [("utm_source=news%6Cetter&utm_campaign=SPRING", true), ("ref=s1", false)] {
        let mut drawn = false;
        let allocated = allocations(|| drawn = decide(black_box(query)));
        assert_eq!((drawn, allocated), (expected, 0), "{query}");
    }
}

#[tokio::test]
async fn finding_a_renamed_handle_allocates_nothing() {
    let table = std::sync::Arc::new(lp_edge::RouteTable::default());
    let options = SandboxOptions { listener: Some(table.clone()), ..SandboxOptions::default() };
    let sandbox = Sandbox::with(options).await;
    let link = json!({ "slug": "go", "payload": { "destinationUrl": "https://example.com/" } });
    sandbox.call("links_upsert", link).await.result.expect("made");
    let name = json!({ "newHandle": "acme" });
    sandbox.call_by(sandbox.owner, "hello", "handles_rename", name).await.result.expect("renamed");
    let edge = Edge::new(&sandbox.app, table, Whereabouts::default());
    edge.visit(Entrance::Host("acme"), &asked("GET", "/go", &[]), VISITOR).await;
    let names = sandbox.app.names();
    let decide = |label: &str| {
        let folded = RouteKey::of(label, "")?;
        let meant = names.meant(folded.handle())?;
        let key = RouteKey::of(meant.key().as_str(), "go")?;
        let found = edge.routes().table().find(&key)?;
        let (_, route) = found.link()?;
        Some(matches!(black_box(route.decide(Policy::none(), &Visitor::UNKNOWN)), Decision::Redirect(_)))
    };
    let mut decided = None;
    let allocated = allocations(|| decided = decide(black_box("ACME")));
    assert_eq!((decided, allocated), (Some(true), 0));
}
