use lp_application::Code;
use lp_edge::Entrance;

use crate::fixture::{Rig, VISITOR, asked, deleted, linked, nothing, start, to};

#[tokio::test]
async fn a_slug_is_read_once_and_then_answers_from_memory() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    assert_eq!(rig.visit("welcome").await, Ok(to(1)));
    assert_eq!(rig.visit("WelCome").await, Ok(to(1)));
    assert_eq!(rig.store.reads(), 1);
    assert_eq!(rig.table.stats().loaded, 1);
}

#[tokio::test]
async fn an_absent_slug_is_remembered_as_absent() {
    let rig = Rig::new();
    assert_eq!(rig.visit("nobody").await, Ok(nothing()));
    assert_eq!(rig.visit("nobody").await, Ok(nothing()));
    assert_eq!(rig.store.reads(), 1);
    assert_eq!((rig.table.stats().loaded, rig.table.stats().absent), (0, 1));
}

#[tokio::test]
async fn what_cannot_be_a_slug_or_handle_reaches_neither_store_nor_table() {
    let rig = Rig::new();
    let (edge, _) = rig.edge();
    for (label, path) in [
        ("hello", "/_private"),
        ("hello", "/MCP"),
        ("hello", "/a.html"),
        ("hello", "/%zz"),
        ("hello", "/%2"),
        ("hello", "/%00"),
        ("hello", "/%C3%A4"),
        ("hello", "/a%2Fb"),
        ("hello", "/a+b"),
        ("www", "/welcome"),
        ("-x", "/welcome"),
        ("a", "/welcome"),
        ("", "/welcome"),
    ] {
        let reply = edge.visit(Entrance::Host(label), &asked("GET", path, &[]), VISITOR).await;
        assert_eq!(reply.status(), 404, "{label} {path}");
    }
    let long = format!("/{}", "a".repeat(65));
    let reply = edge.visit(Entrance::Host("hello"), &asked("GET", &long, &[]), VISITOR).await;
    assert_eq!(reply.status(), 404);
    assert_eq!(rig.store.reads(), 0);
    assert_eq!(rig.table.stats().absent, 0);
}

#[tokio::test]
async fn visitors_of_one_unknown_slug_share_one_read() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.hold(true);
    let mut visits: Vec<_> = (0..5).map(|_| rig.visit("welcome")).collect();
    for visit in &mut visits {
        start(visit).await;
    }
    assert_eq!(rig.store.reads(), 1);
    rig.store.hold(false);
    rig.store.held_read().await.send(()).expect("the reader waits");
    for visit in visits {
        assert_eq!(visit.await, Ok(to(1)));
    }
    assert_eq!(rig.store.reads(), 1);
}

#[tokio::test]
async fn different_slugs_do_not_wait_for_each_other() {
    let rig = Rig::new();
    rig.store.put("hello/fast", linked(2).await);
    rig.store.hold(true);
    let mut slow = rig.visit("slow");
    start(&mut slow).await;
    rig.store.hold(false);
    assert_eq!(rig.visit("fast").await, Ok(to(2)));
}

#[tokio::test]
async fn when_the_reading_visitor_leaves_the_next_one_reads() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.hold(true);
    let mut first = rig.visit("welcome");
    let mut second = rig.visit("welcome");
    let mut third = rig.visit("welcome");
    start(&mut first).await;
    start(&mut second).await;
    start(&mut third).await;

    drop(first);
    drop(rig.store.held_read().await);
    start(&mut second).await;
    rig.store.hold(false);
    rig.store.held_read().await.send(()).expect("the second visitor reads");
    assert_eq!(second.await, Ok(to(1)));
    assert_eq!(third.await, Ok(to(1)));
    assert_eq!(rig.store.reads(), 2);
}

#[tokio::test]
async fn a_waiting_visitor_who_leaves_disturbs_nobody() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.hold(true);
    let mut first = rig.visit("welcome");
    let mut second = rig.visit("welcome");
    start(&mut first).await;
    start(&mut second).await;
    drop(second);
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!(first.await, Ok(to(1)));
    assert_eq!(rig.known("welcome"), Some(to(1)));
}

#[tokio::test]
async fn when_all_have_left_nothing_remains_and_the_next_visitor_reads_anew() {
    let rig = Rig::new();
    rig.store.hold(true);
    let mut first = rig.visit("welcome");
    let mut second = rig.visit("welcome");
    start(&mut first).await;
    start(&mut second).await;
    drop(first);
    drop(second);
    assert_eq!(rig.table.stats().absent, 0);
    // No entry is left that news could reach.
    rig.notify("welcome", linked(3).await);
    assert_eq!(rig.known("welcome"), None);

    rig.store.hold(false);
    rig.store.put("hello/welcome", linked(4).await);
    assert_eq!(rig.visit("welcome").await, Ok(to(4)));
}

#[tokio::test]
async fn a_store_that_is_away_fails_misses_without_remembering_them() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.go_away(true);
    assert_eq!(rig.visit("welcome").await, Err(Code::UNAVAILABLE));
    assert_eq!(rig.table.stats().absent, 0);
    assert_eq!(rig.table.stats().failed_loads, 1);
    rig.store.go_away(false);
    assert_eq!(rig.visit("welcome").await, Ok(to(1)));
}

#[tokio::test]
async fn loaded_and_absent_slugs_keep_answering_while_the_store_is_away() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    rig.visit("nobody").await.expect("loaded");
    rig.store.go_away(true);
    assert_eq!(rig.visit("welcome").await, Ok(to(1)));
    assert_eq!(rig.visit("nobody").await, Ok(nothing()));
}

#[tokio::test]
async fn visitors_who_wait_for_one_read_share_its_failure() {
    let rig = Rig::new();
    rig.store.go_away(true);
    rig.store.hold(true);
    let mut visits: Vec<_> = (0..4).map(|_| rig.visit("welcome")).collect();
    for visit in &mut visits {
        start(visit).await;
    }
    rig.store.hold(false);
    rig.store.held_read().await.send(()).expect("the reader waits");
    for visit in visits {
        assert_eq!(visit.await, Err(Code::UNAVAILABLE));
    }
    assert_eq!(rig.store.reads(), 1);
}

#[tokio::test]
async fn a_failed_read_answers_with_what_was_committed_meanwhile() {
    let rig = Rig::new();
    rig.store.go_away(true);
    rig.store.hold(true);
    let mut visit = rig.visit("welcome");
    start(&mut visit).await;
    rig.notify("welcome", linked(2).await);
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!(visit.await, Ok(to(2)));
    assert_eq!(rig.known("welcome"), Some(to(2)));
}

#[tokio::test]
async fn a_deletion_makes_a_loaded_slug_an_absent_one() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    rig.commit("welcome", deleted(2));
    assert_eq!(rig.visit("welcome").await, Ok(nothing()));
    assert_eq!((rig.table.stats().loaded, rig.table.stats().absent), (0, 1));
    rig.commit("welcome", linked(3).await);
    assert_eq!(rig.visit("welcome").await, Ok(to(3)));
    assert_eq!((rig.table.stats().loaded, rig.table.stats().absent), (1, 0));
    assert_eq!(rig.store.reads(), 1);
}
