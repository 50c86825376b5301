use std::sync::Arc;

use lp_access::Session;
use lp_core::Handle;
use lp_ports::{Change, ChangeNote, ChangePosition, Changed};

use crate::fixtures::{at, handle, household, key, other_handle, refresh, session, to, token};
use crate::{Author, Store};

fn note(handle: Handle, version: u64, slug: &str) -> ChangeNote {
    ChangeNote { handle, version, changed: Changed::Link(key(slug)) }
}

/// Everything behind a position, in stretches of `limit`.
async fn follow(
    store: &dyn Store,
    mut position: ChangePosition,
    limit: u32,
) -> (Vec<ChangeNote>, ChangePosition) {
    let mut notes = Vec::new();
    loop {
        let changes = store.changes(position, limit).await.expect("the log should be read");
        assert!(changes.notes.len() <= limit as usize, "{} notes, of at most {limit}", changes.notes.len());
        notes.extend(changes.notes);
        if changes.position == position {
            return (notes, position);
        }
        position = changes.position;
    }
}

pub(super) async fn a_fresh_log_is_empty_at_its_position(store: Arc<dyn Store>) {
    let position = store.position().await.expect("should answer");
    assert_eq!(follow(&*store, position, 10).await, (vec![], position));
}

pub(super) async fn every_note_is_read_once_in_order(store: Arc<dyn Store>) {
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    let start = store.position().await.expect("should answer");
    mine.put("Aa", to("https://example.com")).await;
    theirs.put("aa", to("https://example.com")).await;
    mine.put("bb", to("https://example.com")).await;
    let (notes, position) = follow(&*store, start, 10).await;
    assert_eq!(notes, [note(handle(), 1, "aa"), note(other_handle(), 1, "aa"), note(handle(), 2, "bb")]);
    assert_eq!(store.position().await.expect("should answer"), position);
    mine.delete("aa").await;
    mine.restore("aa", 1).await;
    let (notes, _) = follow(&*store, position, 10).await;
    assert_eq!(notes, [note(handle(), 3, "aa"), note(handle(), 4, "aa")]);
}

pub(super) async fn notes_are_read_in_stretches(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let start = store.position().await.expect("should answer");
    let mut batch = author.batch("links_import");
    for slug in ["aa", "bb", "cc"] {
        batch = batch.link(&author.decide(slug, to("https://example.com")).await, author.event());
    }
    store.commit(batch).await.expect("should be committed: nothing is against it");
    author.put("dd", to("https://example.com")).await;
    let expected =
        [note(handle(), 1, "aa"), note(handle(), 1, "bb"), note(handle(), 1, "cc"), note(handle(), 2, "dd")];
    for limit in 1..=5 {
        assert_eq!(follow(&*store, start, limit).await.0, expected, "in stretches of {limit}");
    }
}

pub(super) async fn access_is_noted(store: Arc<dyn Store>) {
    let start = store.position().await.expect("should answer");
    store.commit(household()).await.expect("should be committed: the store is empty");
    let author = Author::new(Arc::clone(&store));
    let made = author.batch("tokens_create").change(Change::Token(token(5)));
    store.commit(made).await.expect("should be committed: nothing is against it");
    let (id, at) = (token(5).id, token(5).created_at);
    let revoked = author.batch("tokens_revoke").change(Change::TokenRevoked { id, at });
    store.commit(revoked).await.expect("should be committed: nothing is against it");
    let notes = follow(&*store, start, 10).await.0;
    let expected: Vec<_> =
        (1..=3).map(|version| ChangeNote { handle: handle(), version, changed: Changed::Access }).collect();
    assert_eq!(notes, expected);
}

pub(super) async fn sessions_are_noted_of_the_installation(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let author = Author::of(Arc::clone(&store), Handle::installation());
    let start = store.position().await.expect("should answer");
    let Session { id, expires_at, .. } = session(5);
    let (used, next) = (refresh(1), refresh(2));
    let changes = [
        Change::SessionBegun { session: session(5), refresh: used },
        Change::SessionRenewed { id, used, next, at: at(50), expires_at },
        Change::SessionEnded { id, at: at(60) },
    ];
    for change in changes {
        let batch = author.batch("sessions").change(change);
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }
    let note = |version| ChangeNote { handle: Handle::installation(), version, changed: Changed::Access };
    assert_eq!(follow(&*store, start, 10).await.0, [note(1), note(2), note(3)]);
}

pub(super) async fn a_batch_notes_each_thing_once(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let start = store.position().await.expect("should answer");
    let write = author.decide("aa", to("https://example.com")).await;
    let gone = lp_links::delete(write.link(), write.link().parts().created_at);
    let batch = author.batch("links_churn").link(&write, author.event());
    let batch = batch.change(Change::Link { after: gone.after, action: gone.action });
    store.commit(batch).await.expect("should be committed: nothing is against it");
    assert_eq!(follow(&*store, start, 10).await.0, [note(handle(), 1, "aa")]);
    assert_eq!(author.slot("aa").await.latest, Some(lp_core::Revision(2)));
}

pub(super) async fn what_changes_nothing_is_not_noted(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    author.put("aa", to("https://example.com")).await;
    let start = store.position().await.expect("should answer");
    let same = author.put("aa", to("https://example.com")).await;
    assert_eq!(same.parts().revision, lp_core::Revision::FIRST);
    store.commit(author.batch("look")).await.expect("should be committed: nothing is against it");
    assert_eq!(follow(&*store, start, 10).await, (vec![], start));
}

pub(super) async fn a_reader_left_behind_is_told_that_it_missed_notes(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let start = store.position().await.expect("should answer");
    for slug in ["aa", "bb", "cc"] {
        author.put(slug, to("https://example.com")).await;
    }
    let first = store.changes(start, 1).await.expect("should answer");
    assert!(!first.missed, "nothing is forgotten yet, and some were missed");
    store.trim(2).await.expect("should trim");
    let there = store.changes(first.position, 10).await.expect("should answer");
    assert!(!there.missed, "the first note was read before it went");
    let behind = store.changes(start, 10).await.expect("should answer");
    assert!(behind.missed, "the first note is forgotten, and who has not read it is not told");
    assert_eq!(behind.notes, [note(handle(), 2, "bb"), note(handle(), 3, "cc")]);
    let there = store.changes(behind.position, 10).await.expect("should answer");
    assert!(!there.missed, "it is at the end, and is told that it missed some");
    store.trim(0).await.expect("should trim");
    assert!(store.changes(first.position, 10).await.expect("should answer").missed, "though nothing is left");
    let there = store.changes(behind.position, 10).await.expect("should answer");
    assert!(!there.missed, "it is at the end, and is told that it missed some");
}

pub(super) async fn trimming_keeps_the_newest_notes_and_the_position(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let start = store.position().await.expect("should answer");
    assert_eq!(store.trim(2).await.expect("should trim"), 0);
    for slug in ["aa", "bb", "cc", "dd"] {
        author.put(slug, to("https://example.com")).await;
    }
    let end = store.position().await.expect("should answer");
    assert_eq!(store.trim(2).await.expect("should trim"), 2);
    assert_eq!(store.trim(2).await.expect("should trim"), 0);
    let kept = vec![note(handle(), 3, "cc"), note(handle(), 4, "dd")];
    assert_eq!(follow(&*store, start, 10).await, (kept, end));
    assert_eq!(store.trim(0).await.expect("should trim"), 2);
    assert_eq!(store.position().await.expect("should answer"), end);
    author.put("ee", to("https://example.com")).await;
    assert_eq!(follow(&*store, end, 10).await.0, [note(handle(), 5, "ee")]);
}
