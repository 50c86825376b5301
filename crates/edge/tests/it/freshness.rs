use lp_application::Code;

use crate::fixture::{Rig, deleted, linked, nothing, start, to};

#[tokio::test]
async fn an_own_commit_shows_at_once() {
    let rig = Rig::new();
    rig.commit("welcome", linked(1).await);
    assert_eq!(rig.visit("welcome").await, Ok(to(1)));
    rig.commit("welcome", linked(2).await);
    assert_eq!(rig.visit("welcome").await, Ok(to(2)));
    assert_eq!(rig.store.reads(), 1);
}

#[tokio::test]
async fn a_link_made_under_a_slug_known_as_absent_shows_at_once() {
    let rig = Rig::new();
    assert_eq!(rig.visit("welcome").await, Ok(nothing()));
    rig.commit("welcome", linked(1).await);
    assert_eq!(rig.visit("welcome").await, Ok(to(1)));
}

#[tokio::test]
async fn news_of_a_slug_nobody_asked_for_is_not_kept() {
    let rig = Rig::new();
    rig.notify("welcome", linked(1).await);
    assert_eq!(rig.known("welcome"), None);
    assert_eq!(rig.table.stats().loaded, 0);
}

#[tokio::test]
async fn news_out_of_order_never_goes_backwards() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    rig.notify("welcome", linked(4).await);
    rig.notify("welcome", deleted(3));
    rig.notify("welcome", linked(2).await);
    assert_eq!(rig.known("welcome"), Some(to(4)));
}

#[tokio::test]
async fn an_edit_during_a_load_answers_at_once_and_beats_the_older_read() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.hold(true);
    let mut visit = rig.visit("welcome");
    start(&mut visit).await;

    rig.commit("welcome", linked(2).await);
    assert_eq!(rig.visit("welcome").await, Ok(to(2)));
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!(visit.await, Ok(to(2)));
    assert_eq!(rig.known("welcome"), Some(to(2)));
    assert_eq!(rig.store.reads(), 1);
}

#[tokio::test]
async fn a_deletion_during_a_load_beats_the_older_read() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.hold(true);
    let mut visit = rig.visit("welcome");
    start(&mut visit).await;
    rig.commit("welcome", deleted(2));
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!(visit.await, Ok(nothing()));
    assert_eq!(rig.known("welcome"), Some(nothing()));
}

#[tokio::test]
async fn a_load_that_read_more_than_the_news_wins() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(3).await);
    rig.store.hold(true);
    let mut visit = rig.visit("welcome");
    start(&mut visit).await;
    rig.notify("welcome", linked(2).await);
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!(visit.await, Ok(to(3)));
    assert_eq!(rig.known("welcome"), Some(to(3)));
}

#[tokio::test]
async fn a_foreign_change_is_read_again_and_the_old_value_answers_until_then() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    rig.store.put("hello/welcome", linked(2).await);
    rig.store.hold(true);
    let mut refresh = rig.refresh("welcome");
    start(&mut refresh).await;
    assert_eq!(rig.visit("welcome").await, Ok(to(1)));
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!(refresh.await, Ok(()));
    assert_eq!(rig.visit("welcome").await, Ok(to(2)));
}

#[tokio::test]
async fn a_foreign_change_during_a_load_is_read_besides_and_wins() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.hold(true);
    let mut visit = rig.visit("welcome");
    start(&mut visit).await;
    let older = rig.store.held_read().await;

    rig.store.put("hello/welcome", linked(2).await);
    let mut refresh = rig.refresh("welcome");
    start(&mut refresh).await;
    rig.store.held_read().await.send(()).expect("the refresh waits");
    assert_eq!(refresh.await, Ok(()));
    assert_eq!(rig.visit("welcome").await, Ok(to(2)));

    older.send(()).expect("the visitor waits");
    assert_eq!(visit.await, Ok(to(2)));
    assert_eq!(rig.known("welcome"), Some(to(2)));
}

#[tokio::test]
async fn a_load_that_ends_before_the_refresh_is_overtaken_by_it() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.hold(true);
    let mut visit = rig.visit("welcome");
    start(&mut visit).await;
    rig.store.put("hello/welcome", linked(2).await);
    let mut refresh = rig.refresh("welcome");
    start(&mut refresh).await;

    rig.store.held_read().await.send(()).expect("the visitor waits");
    assert_eq!(visit.await, Ok(to(1)));
    rig.store.held_read().await.send(()).expect("the refresh waits");
    assert_eq!(refresh.await, Ok(()));
    assert_eq!(rig.known("welcome"), Some(to(2)));
}

#[tokio::test]
async fn a_foreign_change_of_a_slug_nobody_asked_for_costs_no_read() {
    let rig = Rig::new();
    assert_eq!(rig.refresh("welcome").await, Ok(()));
    assert_eq!(rig.store.reads(), 0);
}

#[tokio::test]
async fn a_refresh_fails_while_the_store_is_away_and_the_old_value_keeps_answering() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    rig.store.put("hello/welcome", linked(2).await);
    rig.store.go_away(true);
    assert_eq!(rig.refresh("welcome").await, Err(Code::UNAVAILABLE));
    assert_eq!(rig.visit("welcome").await, Ok(to(1)));
    rig.store.go_away(false);
    assert_eq!(rig.refresh("welcome").await, Ok(()));
    assert_eq!(rig.visit("welcome").await, Ok(to(2)));
}

#[tokio::test]
async fn an_own_commit_during_a_refresh_beats_its_older_read() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    rig.store.put("hello/welcome", linked(2).await);
    rig.store.hold(true);
    let mut refresh = rig.refresh("welcome");
    start(&mut refresh).await;
    rig.commit("welcome", linked(3).await);
    rig.store.held_read().await.send(()).expect("the refresh waits");
    assert_eq!(refresh.await, Ok(()));
    assert_eq!(rig.known("welcome"), Some(to(3)));
}

#[tokio::test]
async fn the_gauge_of_followed_changes_only_rises() {
    let rig = Rig::new();
    rig.table.caught_up(7);
    rig.table.caught_up(5);
    assert_eq!(rig.table.stats().newest_change, 7);
}

#[tokio::test]
async fn after_news_were_missed_everything_is_loaded_anew() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    assert_eq!(rig.visit("absent").await, Ok(nothing()));
    rig.store.put("hello/welcome", linked(2).await);
    rig.store.put("hello/absent", linked(3).await);
    rig.table.forget_all();
    assert_eq!((rig.table.stats().loaded, rig.table.stats().absent, rig.table.stats().bytes), (0, 0, 0));
    assert_eq!(rig.visit("welcome").await, Ok(to(2)));
    assert_eq!(rig.visit("absent").await, Ok(to(3)));
    assert_eq!(rig.table.stats().loaded, 2);
}

#[tokio::test]
async fn a_load_under_way_when_news_were_missed_is_answered_and_not_kept() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.store.hold(true);
    let mut visit = rig.visit("welcome");
    start(&mut visit).await;
    rig.store.put("hello/welcome", linked(2).await);
    rig.table.forget_all();
    rig.store.held_read().await.send(()).expect("the reader waits");
    assert_eq!(visit.await, Ok(to(1)));
    assert_eq!(rig.known("welcome"), None);
    rig.store.hold(false);
    assert_eq!(rig.visit("welcome").await, Ok(to(2)));
}
