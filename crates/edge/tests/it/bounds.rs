use lp_application::Loaded;
use lp_core::Revision;
use lp_edge::Bounds;
use lp_testkit::Sandbox;
use serde_json::json;

use crate::fixture::{Rig, deleted, linked, nothing, route, start, to};

fn small() -> Rig {
    Rig::bounded(Bounds { routes: 3, absent: 2, ..Bounds::default() })
}

async fn with_links(slugs: &[&str]) -> Rig {
    let rig = small();
    for slug in slugs {
        rig.store.put(&format!("hello/{slug}"), linked(1).await);
    }
    rig
}

#[tokio::test]
async fn a_scan_of_absent_slugs_displaces_the_oldest_absent_ones_and_no_route() {
    let rig = with_links(&["welcome"]).await;
    rig.visit("welcome").await.expect("loaded");
    for number in 0..500 {
        assert_eq!(rig.visit(&format!("scan-{number}")).await, Ok(nothing()));
    }
    let stats = rig.table.stats();
    assert_eq!((stats.loaded, stats.absent, stats.evictions), (1, 2, 498));
    assert_eq!(rig.known("scan-497"), None);
    assert_eq!(rig.known("scan-498"), Some(nothing()));
    assert_eq!(rig.known("scan-499"), Some(nothing()));
    assert_eq!(rig.known("welcome"), Some(to(1)));
}

#[tokio::test]
async fn routes_are_bounded_and_those_visited_again_outlive_the_others() {
    let slugs = ["hot", "cold", "mild", "new", "newer"];
    let rig = with_links(&slugs).await;
    for slug in ["hot", "cold", "mild", "hot", "mild", "new"] {
        rig.visit(slug).await.expect("loaded");
    }
    let known: Vec<_> = slugs.into_iter().filter(|slug| rig.known(slug).is_some()).collect();
    assert_eq!(known, ["hot", "mild", "new"]);
    assert_eq!(rig.table.stats().loaded, 3);
    assert_eq!(rig.table.stats().evictions, 1);
}

#[tokio::test]
async fn one_route_has_to_go_even_if_all_were_visited() {
    let rig = with_links(&["one", "two", "three", "four"]).await;
    for slug in ["one", "two", "three", "one", "two", "three", "four"] {
        rig.visit(slug).await.expect("loaded");
    }
    assert_eq!(rig.table.stats().loaded, 3);
}

#[tokio::test]
async fn an_evicted_route_is_read_again() {
    let rig = with_links(&["one", "two", "three", "four"]).await;
    for slug in ["one", "two", "three", "four"] {
        rig.visit(slug).await.expect("loaded");
    }
    assert_eq!(rig.known("one"), None);
    rig.store.put("hello/one", linked(2).await);
    assert_eq!(rig.visit("one").await, Ok(to(2)));
}

#[tokio::test]
async fn late_news_of_an_evicted_route_does_not_bring_it_back() {
    let rig = with_links(&["one", "two", "three", "four"]).await;
    for slug in ["one", "two", "three", "four"] {
        rig.visit(slug).await.expect("loaded");
    }
    rig.notify("one", linked(1).await);
    assert_eq!(rig.known("one"), None);
}

#[tokio::test]
async fn a_refresh_that_an_eviction_overtook_does_not_reach_the_next_load() {
    let rig = with_links(&["one", "two", "three", "four"]).await;
    rig.visit("one").await.expect("loaded");
    rig.store.put("hello/one", linked(2).await);
    rig.store.hold(true);
    let mut refresh = rig.refresh("one");
    start(&mut refresh).await;
    let refreshed = rig.store.held_read().await;
    rig.store.hold(false);
    for slug in ["two", "three", "four"] {
        rig.visit(slug).await.expect("loaded");
    }
    assert_eq!(rig.known("one"), None);

    // A newer commit, whose news found no entry, and a visitor who is about to read it.
    rig.commit("one", linked(3).await);
    rig.store.hold(true);
    let mut visit = rig.visit("one");
    start(&mut visit).await;
    refreshed.send(()).expect("the refresh waits");
    assert_eq!(refresh.await, Ok(()));
    assert_eq!(rig.known("one"), None, "the older read must not answer");
    rig.store.held_read().await.send(()).expect("the visitor waits");
    assert_eq!(visit.await, Ok(to(3)));
}

#[tokio::test]
async fn an_entry_that_is_being_loaded_is_not_evicted() {
    let rig = with_links(&["one", "two", "three", "four", "five"]).await;
    rig.store.hold(true);
    let mut visit = rig.visit("one");
    start(&mut visit).await;
    let read = rig.store.held_read().await;
    rig.commit("one", linked(2).await);
    rig.store.hold(false);
    for slug in ["two", "three", "four", "five"] {
        rig.visit(slug).await.expect("loaded");
    }
    assert_eq!(rig.known("one"), Some(to(2)));
    read.send(()).expect("the visitor waits");
    assert_eq!(visit.await, Ok(to(2)));
}

#[tokio::test]
async fn a_slug_made_and_deleted_over_and_over_leaves_nothing_behind() {
    let rig = small();
    rig.visit("flip").await.expect("loaded");
    let link = linked(1).await;
    for turn in 0..2_000 {
        rig.notify("flip", Loaded { revision: deleted(turn * 2 + 1).revision, ..link.clone() });
        rig.notify("flip", deleted(turn * 2 + 2));
    }
    let stats = rig.table.stats();
    assert_eq!((stats.loaded, stats.absent, stats.evictions), (0, 1, 0));
    assert!(stats.places < 200, "{stats:?}");
}

/// What one route of [`linked`] weighs; all of them weigh the same.
async fn weight() -> usize {
    let rig = with_links(&["one"]).await;
    rig.visit("one").await.expect("loaded");
    rig.table.stats().bytes
}

/// Room for so many routes of [`linked`] and half of one more.
async fn with_bytes_for(routes: usize, slugs: &[&str]) -> Rig {
    let weight = weight().await;
    let rig = Rig::bounded(Bounds { bytes: routes * weight + weight / 2, ..Bounds::default() });
    for slug in slugs {
        rig.store.put(&format!("hello/{slug}"), linked(1).await);
    }
    rig
}

/// A route whose destination is about four thousand bytes long.
async fn long(revision: u64) -> Loaded {
    let url = format!("https://example.com/{}", "x".repeat(4_000));
    let route = route(&Sandbox::new().await, "welcome", json!({ "destinationUrl": url })).await;
    Loaded { revision: Some(Revision(revision)), route: Some(route) }
}

#[tokio::test]
async fn routes_are_bounded_in_bytes_too() {
    let rig = with_bytes_for(2, &["one", "two", "three"]).await;
    for slug in ["one", "two", "three"] {
        rig.visit(slug).await.expect("loaded");
    }
    let stats = rig.table.stats();
    assert_eq!((stats.loaded, stats.bytes, stats.evictions), (2, 2 * weight().await, 1));
    assert_eq!((rig.known("one"), rig.known("three")), (None, Some(to(1))));
}

#[tokio::test]
async fn a_long_destination_displaces_as_many_routes_as_it_weighs() {
    let slugs: Vec<_> = (0..40).map(|number| format!("short-{number}")).collect();
    let rig = with_bytes_for(40, &slugs.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for slug in &slugs {
        rig.visit(slug).await.expect("loaded");
    }
    assert_eq!(rig.table.stats().evictions, 0);
    rig.store.put("hello/long", long(1).await);
    rig.visit("long").await.expect("loaded");
    let stats = rig.table.stats();
    assert!(rig.known("long").is_some(), "{stats:?}");
    assert!((15..25).contains(&stats.evictions), "{stats:?}");
    assert!(stats.bytes <= 40 * weight().await + weight().await / 2, "{stats:?}");
}

#[tokio::test]
async fn a_route_that_grows_makes_room_for_itself() {
    let rig = with_bytes_for(30, &["one", "two"]).await;
    for slug in ["one", "two"] {
        rig.visit(slug).await.expect("loaded");
    }
    let before = rig.table.stats().bytes;
    rig.commit("two", long(2).await);
    let grown = rig.table.stats().bytes;
    assert!(grown > before + 3_900, "{grown}");
    rig.commit("one", long(2).await);
    let stats = rig.table.stats();
    assert_eq!((stats.loaded, stats.evictions), (1, 1), "{stats:?}");
    rig.commit("one", linked(3).await);
    rig.commit("two", linked(3).await);
    assert_eq!(rig.table.stats().bytes, weight().await);
}

#[tokio::test]
async fn what_is_absent_or_evicted_weighs_nothing() {
    let rig = with_bytes_for(1, &["one", "two"]).await;
    rig.visit("nobody").await.expect("loaded");
    assert_eq!(rig.table.stats().bytes, 0);
    for slug in ["one", "two", "one", "two"] {
        rig.visit(slug).await.expect("loaded");
        assert_eq!(rig.table.stats().bytes, weight().await);
    }
    rig.commit("one", deleted(2));
    rig.commit("two", deleted(2));
    assert_eq!(rig.table.stats().bytes, 0);
    assert_eq!(rig.known("nobody"), Some(nothing()));
}
