//! Links for so many visits: never one more, whoever races, and none is used up by those who do not count.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lp_core::Slug;
use lp_edge::{Edge, Entrance, RouteTable, Visited, Whereabouts};
use lp_testkit::{Sandbox, SandboxOptions, StubBudgets};
use serde_json::{Value, json};

use crate::fixture::{Rig, Running, VISITOR, asked, hello, route, start};

const BROWSER: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
const BOT: (&str, &str) = ("user-agent", "Googlebot/2.1 (+http://www.google.com/bot.html)");

/// A node over budgets that can be away.
struct World {
    sandbox: Sandbox,
    edge: Edge,
    budgets: Arc<StubBudgets>,
}

impl World {
    async fn new() -> Self {
        let table = Arc::new(RouteTable::default());
        let budgets = Arc::new(StubBudgets::new().await);
        let listener: Arc<dyn lp_application::RouteListener> = table.clone();
        let options = SandboxOptions {
            listener: Some(listener),
            budgets: Some(budgets.clone()),
            ..SandboxOptions::default()
        };
        let sandbox = Sandbox::with(options).await;
        let edge = Edge::new(&sandbox.app, table, Whereabouts::default());
        Self { sandbox, edge, budgets }
    }

    async fn upsert(&self, payload: Value) {
        let arguments = json!({ "slug": "few", "payload": payload });
        self.sandbox.call("links_upsert", arguments).await.result.expect("it is written");
    }

    async fn limited(most: u32) -> Self {
        let world = Self::new().await;
        world.upsert(json!({ "destinationUrl": "https://example.com/", "maxClicks": most })).await;
        world
    }

    async fn ask(&self, method: &str, headers: &[(&str, &str)]) -> (u16, Option<String>) {
        let reply = self.edge.visit(Entrance::Host("hello"), &asked(method, "/few", headers), VISITOR).await;
        let location = reply.headers().get("location").map(|to| to.to_str().expect("ASCII").to_owned());
        (reply.status().as_u16(), location)
    }

    async fn visit(&self) -> u16 {
        self.ask("GET", &[BROWSER]).await.0
    }

    /// What a visitor is answered who shall not wait; `None` where waiting is needed.
    fn at_once(&self) -> Option<u16> {
        let asked = asked("GET", "/few", &[BROWSER]);
        match self.edge.visit_at_once(Entrance::Host("hello"), &asked, VISITOR)? {
            Visited::Answered(reply) => Some(reply.status().as_u16()),
            Visited::Settling(_) => panic!("clicks in memory settle at once"),
        }
    }

    /// What visitors one after the other are answered, by how many.
    async fn visits(&self, count: u32) -> BTreeMap<u16, u32> {
        let mut answers = BTreeMap::new();
        for _ in 0..count {
            *answers.entry(self.visit().await).or_default() += 1;
        }
        answers
    }

    async fn clicks(&self) -> Value {
        self.sandbox.drain().await;
        let counts = self.sandbox.call("analytics_get", json!({})).await.result.expect("counts");
        serde_json::to_value(counts.value).expect("JSON")["clicks"].clone()
    }

    fn pass(&self, seconds: u64) {
        self.sandbox.clock.advance(Duration::from_secs(seconds));
    }
}

/// What 10,000 racing visitors are answered, by how many.
async fn race(most: u32) -> BTreeMap<u16, u32> {
    let world = Arc::new(World::limited(most).await);
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        let world = Arc::clone(&world);
        racing.spawn(async move { world.visit().await });
    }
    let mut answers = BTreeMap::new();
    while let Some(status) = racing.join_next().await {
        *answers.entry(status.expect("a visit ends")).or_default() += 1;
    }
    assert_eq!(world.clicks().await, json!(most), "who passed is a click, who did not is none");
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_thousand_racing_visitors_exactly_as_many_pass_as_the_link_is_for() {
    for most in [1, 37, 5_000] {
        assert_eq!(race(most).await, BTreeMap::from([(302, most), (410, 10_000 - most)]));
    }
}

#[tokio::test]
async fn who_does_not_count_uses_up_none_and_hears_of_it_once_it_is_known() {
    let world = World::limited(2).await;
    let others: [(&str, &[(&str, &str)]); 4] = [
        ("HEAD", &[BROWSER]),
        ("GET", &[BOT]),
        ("GET", &[BROWSER, ("sec-purpose", "prefetch;prerender")]),
        ("GET", &[BROWSER, ("purpose", "prefetch")]),
    ];
    for (method, headers) in others.iter().cycle().take(20) {
        assert_eq!(world.ask(method, headers).await.0, 302);
    }
    assert_eq!(world.budgets.asked(), 0, "nobody asks for them");
    assert_eq!(world.visits(5).await, BTreeMap::from([(302, 2), (410, 3)]));
    for (method, headers) in others {
        assert_eq!(world.ask(method, headers).await.0, 410, "{method} {headers:?}");
    }
}

#[tokio::test]
async fn what_is_lent_is_spent_without_waiting() {
    let world = World::limited(3_000).await;
    assert_eq!(world.at_once(), None, "the route is not loaded");
    assert_eq!(world.visit().await, 302, "the first one is asked for alone");
    assert_eq!(world.at_once(), None, "and so the second one has to wait");
    assert_eq!((world.visit().await, world.budgets.asked()), (302, 2));
    for number in 0..64 {
        assert_eq!(world.at_once(), Some(302), "{number} of those lent with it");
    }
    assert_eq!((world.at_once(), world.budgets.asked()), (None, 2));
    assert_eq!(world.clicks().await, json!(66), "who has to wait is no click yet");
}

#[tokio::test]
async fn that_a_link_is_used_up_is_asked_again_at_most_once_a_second() {
    let world = World::limited(1).await;
    assert_eq!(world.visits(10).await, BTreeMap::from([(302, 1), (410, 9)]));
    assert_eq!((world.at_once(), world.budgets.asked()), (Some(410), 1));
    world.pass(1);
    assert_eq!(world.visits(10).await, BTreeMap::from([(410, 10)]));
    assert_eq!(world.budgets.asked(), 2);
}

#[tokio::test]
async fn late_visitors_go_to_the_fallback_which_is_no_click() {
    let world = World::new().await;
    let payload = json!({
        "destinationUrl": "https://example.com/", "redirectStatus": 308, "maxClicks": 1, "appendContext": false,
        "fallbackUrl": "https://example.com/late",
    });
    world.upsert(payload).await;
    assert_eq!(world.ask("GET", &[BROWSER]).await, (308, Some("https://example.com/".to_owned())));
    for _ in 0..3 {
        assert_eq!(world.ask("GET", &[BROWSER]).await, (302, Some("https://example.com/late".to_owned())));
    }
    assert_eq!(world.clicks().await, json!(1));
}

#[tokio::test]
async fn another_limit_counts_those_of_before() {
    let world = World::limited(100).await;
    assert_eq!(world.visits(20).await, BTreeMap::from([(302, 20)]));
    world.upsert(json!({ "maxClicks": 25 })).await;
    assert_eq!(world.visits(20).await, BTreeMap::from([(302, 5), (410, 15)]), "what was lent went back");
    world.upsert(json!({ "maxClicks": 10 })).await;
    assert_eq!(world.visits(3).await, BTreeMap::from([(410, 3)]));
    world.upsert(json!({ "maxClicks": 28 })).await;
    assert_eq!(world.visits(20).await, BTreeMap::from([(302, 3), (410, 17)]));
    world.upsert(json!({ "maxClicks": null })).await;
    assert_eq!(world.visits(5).await, BTreeMap::from([(302, 5)]));
    world.upsert(json!({ "maxClicks": 30 })).await;
    assert_eq!(
        world.visits(5).await,
        BTreeMap::from([(302, 2), (410, 3)]),
        "it counts while there is a limit"
    );
    world.sandbox.call("links_delete", json!({ "slug": "few" })).await.result.expect("deleted");
    world.upsert(json!({ "destinationUrl": "https://example.com/", "maxClicks": 2 })).await;
    assert_eq!(world.visits(5).await, BTreeMap::from([(302, 2), (410, 3)]), "a new link begins anew");
}

#[tokio::test]
async fn a_link_that_is_not_open_uses_up_none() {
    let world = World::limited(1).await;
    world.upsert(json!({ "enabled": false })).await;
    assert_eq!(world.visits(3).await, BTreeMap::from([(404, 3)]));
    world.upsert(json!({ "enabled": true, "expiresAt": "2020-01-01T00:00:00Z" })).await;
    assert_eq!(world.visits(3).await, BTreeMap::from([(410, 3)]));
    world.upsert(json!({ "expiresAt": null })).await;
    assert_eq!(world.visits(3).await, BTreeMap::from([(302, 1), (410, 2)]));
}

#[tokio::test]
async fn without_the_store_only_what_is_lent_is_spent() {
    let world = World::limited(3_000).await;
    assert_eq!(world.visits(2).await, BTreeMap::from([(302, 2)]));
    world.budgets.go_away(true);
    assert_eq!(world.visits(70).await, BTreeMap::from([(302, 64), (503, 6)]));
    world.budgets.go_away(false);
    assert_eq!(world.visits(5_000).await, BTreeMap::from([(302, 2_934), (410, 2_066)]));
    world.pass(1);
    world.budgets.go_away(true);
    assert_eq!(world.visits(2).await, BTreeMap::from([(410, 2)]), "that it is used up is known");
}

#[tokio::test]
async fn what_nobody_comes_for_goes_back_and_all_of_it_at_the_end() {
    let world = World::limited(3_000).await;
    let slug = Slug::parse("few").expect("a slug").key();
    let loaded = world.sandbox.app.routes().load(&hello(), &slug).await.expect("the store answers");
    let link = loaded.route.expect("the link lives").link();
    let handed_out = async || world.budgets.out_of(&hello(), link).await;
    world.visits(2).await;
    let budgets = world.sandbox.app.budgets();
    budgets.tidy().await;
    assert_eq!(handed_out().await, 66, "somebody was just here");
    world.pass(2);
    world.budgets.go_away(true);
    // It is not known to be away: what is sent there then is lost.
    budgets.tidy().await;
    world.budgets.go_away(false);
    assert_eq!(handed_out().await, 66);
    world.visits(2).await;
    world.pass(2);
    budgets.tidy().await;
    let kept = handed_out().await;
    assert_eq!(kept, 68, "two visits more, and 64 that count as used");
    world.visits(3).await;
    budgets.close().await;
    assert_eq!(handed_out().await, kept + 3);
    world.visits(3).await;
    assert_eq!(handed_out().await, kept + 6, "nothing is taken ahead any more");
}

#[tokio::test]
async fn what_a_visitor_asked_for_who_left_is_not_lost() {
    let world = World::limited(1).await;
    world.budgets.hold();
    {
        let mut visit: Running<'_, u16> = Box::pin(world.visit());
        start(&mut visit).await;
        // The store answers in a thread of its own.
        while world.budgets.asked() == 0 {
            tokio::task::yield_now().await;
            start(&mut visit).await;
        }
    }
    world.budgets.let_go();
    let budgets = world.sandbox.app.budgets();
    budgets.tidy().await;
    assert_eq!((world.at_once(), world.budgets.asked()), (Some(302), 1), "what came for the one who left");
    assert_eq!(world.at_once(), Some(410));
}

#[tokio::test]
async fn an_edge_that_nobody_counts_for_sends_nobody_on() {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "destinationUrl": "https://example.com/", "maxClicks": 1 });
    let route = route(&sandbox, "few", payload).await;
    let rig = Rig::new();
    let (edge, clicks) = rig.edge();
    rig.commit(
        "few",
        lp_application::Loaded { revision: Some(lp_core::Revision::FIRST), route: Some(route) },
    );
    let reply = edge.visit(Entrance::Host("hello"), &asked("GET", "/few", &[BROWSER]), VISITOR).await;
    assert_eq!((reply.status().as_u16(), clicks.seen.lock().expect("no poison").len()), (503, 0));
}
