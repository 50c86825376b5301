//! What is decided for a whole handle: when it is read, and how fresh it is.

use std::sync::Arc;

use lp_application::Code;
use lp_core::Revision;
use lp_edge::{Entrance, RouteKey};
use lp_personalization::{Contexts, HandleRules, Policy, RulesItem, compile_rules};

use crate::fixture::{Reply, Rig, Running, VISITOR, asked, deleted, linked, start};

/// The rules of a handle at this revision.
fn policy(revision: u64) -> Arc<Policy> {
    let items = (revision > 0).then(|| RulesItem::Contexts(Contexts::default()));
    Arc::new(compile_rules(&HandleRules::restore(Revision(revision), items), |_| None))
}

/// By which revision of its handle's rules a visitor of a slug is decided.
fn visit<'r>(rig: &'r Rig, slug: &str) -> Running<'r, Result<u64, Code>> {
    let key = RouteKey::of("hello", slug).expect("a key");
    Box::pin(async move {
        let found = rig.live.find(&key).await.map_err(|error| error.code)?;
        let policy = rig.live.policy(&found).await.map_err(|error| error.code)?;
        Ok(policy.revision().0)
    })
}

/// The same without touching the store.
fn known(rig: &Rig) -> Option<u64> {
    let key = RouteKey::of("hello", "aa").expect("a key");
    Some(rig.table.find(&key)?.policy()?.revision().0)
}

async fn rig() -> Rig {
    let rig = Rig::new();
    for slug in ["aa", "bb", "cc"] {
        rig.store.put(&format!("hello/{slug}"), linked(1).await);
    }
    rig
}

#[tokio::test]
async fn rules_are_read_once_for_all_links_of_a_handle() {
    let rig = rig().await;
    rig.store.put_rules(policy(3));
    rig.store.hold_rules(true);
    let mut visits: Vec<_> = ["aa", "bb", "aa", "cc"].map(|slug| visit(&rig, slug)).into();
    for visit in &mut visits {
        start(visit).await;
    }
    rig.store.hold_rules(false);
    rig.store.held_read().await.send(()).expect("the reader waits");
    for visit in visits {
        assert_eq!(visit.await, Ok(3));
    }
    assert_eq!((visit(&rig, "bb").await, known(&rig)), (Ok(3), Some(3)));
    assert_eq!((rig.store.reads(), rig.store.rules_reads()), (3, 1));
}

#[tokio::test]
async fn where_no_link_answers_no_rules_are_read() {
    let rig = Rig::new();
    rig.store.put("hello/gone", deleted(2));
    assert_eq!((visit(&rig, "nobody").await, visit(&rig, "gone").await), (Ok(0), Ok(0)));
    assert_eq!(rig.store.rules_reads(), 0);
}

#[tokio::test]
async fn rules_that_cannot_be_read_are_answered_as_a_link_that_cannot_be() {
    let rig = rig().await;
    let (edge, clicks) = rig.edge();
    visit(&rig, "bb").await.expect("loaded");
    rig.table.forget_all();
    // The route alone is read.
    rig.live.find(&RouteKey::of("hello", "aa").expect("a key")).await.expect("loaded");
    rig.store.go_away(true);
    let ask = async || {
        let parts = asked("GET", "/aa", &[]);
        assert!(
            edge.visit_at_once(Entrance::Host("hello"), &parts, VISITOR).is_none(),
            "it has to be waited for"
        );
        Reply::of(edge.visit(Entrance::Host("hello"), &parts, VISITOR).await).await
    };
    let reply = ask().await;
    assert_eq!((reply.status, reply.header("retry-after").is_some()), (503, true));
    assert!(clicks.seen.lock().expect("no poison").is_empty());
    rig.store.go_away(false);
    assert_eq!(ask().await.status, 302, "a failure is not remembered");
}

#[tokio::test]
async fn who_waits_for_a_read_that_fails_shares_its_failure() {
    let rig = rig().await;
    rig.live.find(&RouteKey::of("hello", "aa").expect("a key")).await.expect("loaded");
    rig.live.find(&RouteKey::of("hello", "bb").expect("a key")).await.expect("loaded");
    rig.store.go_away(true);
    rig.store.hold_rules(true);
    let (mut first, mut second) = (visit(&rig, "aa"), visit(&rig, "bb"));
    start(&mut first).await;
    start(&mut second).await;
    rig.store.hold_rules(false);
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!((first.await, second.await), (Err(Code::UNAVAILABLE), Err(Code::UNAVAILABLE)));
    assert_eq!(rig.store.rules_reads(), 1);
}

#[tokio::test]
async fn a_visitor_who_leaves_passes_the_read_on() {
    let rig = rig().await;
    rig.store.put_rules(policy(2));
    rig.store.hold_rules(true);
    let (mut first, mut second) = (visit(&rig, "aa"), visit(&rig, "aa"));
    start(&mut first).await;
    start(&mut second).await;
    drop(first);
    rig.store.hold_rules(false);
    assert_eq!(second.await, Ok(2));
    assert_eq!(rig.store.rules_reads(), 2);
}

#[tokio::test]
async fn an_own_commit_is_seen_at_once_and_nothing_older_after_it() {
    let rig = rig().await;
    visit(&rig, "aa").await.expect("loaded");
    assert_eq!(known(&rig), Some(0));
    rig.commit_rules(policy(2));
    assert_eq!(known(&rig), Some(2));
    rig.commit_rules(policy(1));
    assert_eq!(known(&rig), Some(2), "news that came late");
    assert_eq!(rig.refresh_rules().await, Ok(()));
    assert_eq!(known(&rig), Some(2), "a read that was overtaken");
}

#[tokio::test]
async fn a_commit_during_the_first_read_is_not_lost() {
    let rig = rig().await;
    rig.store.put_rules(policy(1));
    rig.store.hold_rules(true);
    let mut first = visit(&rig, "aa");
    start(&mut first).await;
    rig.commit_rules(policy(2));
    rig.store.hold_rules(false);
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!(first.await, Ok(2));
}

#[tokio::test]
async fn commits_of_other_nodes_are_read_where_somebody_asked_for_the_handle() {
    let rig = rig().await;
    rig.store.put_rules(policy(4));
    assert_eq!(rig.refresh_rules().await, Ok(()));
    assert_eq!(rig.store.rules_reads(), 0, "nobody has asked");
    visit(&rig, "aa").await.expect("loaded");
    rig.store.put_rules(policy(5));
    assert_eq!((rig.refresh_rules().await, known(&rig)), (Ok(()), Some(5)));
    rig.store.put_rules(policy(6));
    rig.store.go_away(true);
    assert_eq!(rig.refresh_rules().await, Err(Code::UNAVAILABLE));
    assert_eq!((known(&rig), visit(&rig, "aa").await), (Some(5), Ok(5)), "what is known keeps answering");
    rig.store.go_away(false);
    assert_eq!((rig.refresh_rules().await, known(&rig)), (Ok(()), Some(6)));
}

#[tokio::test]
async fn who_lost_track_reads_all_anew() {
    let rig = rig().await;
    rig.store.put_rules(policy(5));
    visit(&rig, "aa").await.expect("loaded");
    rig.store.put_rules(policy(2));
    rig.table.forget_all();
    assert_eq!((known(&rig), visit(&rig, "aa").await), (None, Ok(2)), "even of a store that was set back");
    rig.commit_rules(policy(3));
    assert_eq!(known(&rig), Some(3));
}

#[tokio::test]
async fn rules_of_a_read_from_before_all_was_given_up_are_not_kept() {
    let rig = rig().await;
    rig.store.put_rules(policy(5));
    rig.store.hold_rules(true);
    let mut first = visit(&rig, "aa");
    start(&mut first).await;
    rig.store.put_rules(policy(2));
    rig.table.forget_all();
    rig.store.hold_rules(false);
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!((first.await, visit(&rig, "aa").await), (Ok(2), Ok(2)));
}
