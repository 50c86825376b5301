use std::sync::Arc;

use lp_ports::{CommitError, Receipt, ReplyKey, StoredReply};

use super::batches::{commit, racer};
use super::{RIVALS, heats, race};
use crate::fixtures::{at, handle, reply, to};
use crate::{Author, Store};

fn repeated(outcome: Result<Receipt, CommitError>) -> StoredReply {
    match outcome {
        Err(CommitError::Repeated(stored)) => stored,
        other => panic!("not recognised as a repeat: {other:?}"),
    }
}

async fn audit_length(store: &dyn Store) -> usize {
    store.audit(&handle(), 0, 100).await.expect("the audit should be read").len()
}

pub(super) async fn a_repeat_is_answered_from_memory_and_changes_nothing(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let first = reply("key", "{\"slug\":\"aa\"}", at(86_400));
    let write = author.decide("aa", to("https://example.com")).await;
    let batch = author.batch("links_upsert").link(&write, author.event()).remember(first.clone());
    store.commit(batch).await.expect("should be committed: it is the first time");
    let position = store.position().await.expect("should answer");

    let write = author.decide("bb", to("https://example.com")).await;
    let second = StoredReply { fingerprint: [8; 32], created: false, ..reply("key", "another", at(99_999)) };
    let batch = author.batch("links_upsert").link(&write, author.event()).remember(second);
    assert_eq!(repeated(store.commit(batch).await), first);
    assert_eq!(author.slot("bb").await.latest, None);
    assert_eq!(audit_length(&*store).await, 1);
    assert_eq!(store.position().await.expect("should answer"), position);
    assert_eq!(store.reply(&first.key, at(1)).await.expect("should answer"), Some(first));
}

pub(super) async fn a_repeat_is_a_repeat_even_when_its_guards_are_stale(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let write = author.decide("aa", to("https://example.com")).await;
    let batch =
        author.batch("links_upsert").link(&write, author.event()).remember(reply("key", "1", at(86_400)));
    store.commit(batch.clone()).await.expect("should be committed: it is the first time");
    assert_eq!(repeated(store.commit(batch).await).body, "1");
}

pub(super) async fn a_forgotten_reply_makes_room(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let once = author.batch("look").remember(reply("key", "old", at(3)));
    store.commit(once).await.expect("should be committed: it is the first time");
    let again = author.batch("look").remember(reply("key", "new", at(86_400)));
    assert_eq!(repeated(store.commit(again).await).body, "old", "still known at second 2");
    let later = author.batch("look").remember(reply("key", "new", at(86_400)));
    store.commit(later).await.expect("should be committed: the reply is forgotten at second 3");
    let stored = store.reply(&reply("key", "", at(0)).key, at(4)).await.expect("should answer");
    assert_eq!(stored, Some(reply("key", "new", at(86_400))));
}

pub(super) async fn keys_of_actors_and_operations_never_meet(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let base = reply("key", "base", at(86_400));
    let with = |key: ReplyKey| StoredReply { body: format!("{key:?}"), key, ..base.clone() };
    let replies = [
        base.clone(),
        with(ReplyKey { actor: "user:someone".to_owned(), ..base.key.clone() }),
        with(ReplyKey { operation: "links_delete".to_owned(), ..base.key.clone() }),
        with(ReplyKey { key: "Key".to_owned(), ..base.key.clone() }),
    ];
    for reply in &replies {
        store
            .commit(author.batch("look").remember(reply.clone()))
            .await
            .expect("should be committed: the keys differ");
    }
    for reply in replies {
        assert_eq!(store.reply(&reply.key, at(5)).await.expect("should answer"), Some(reply));
    }
}

pub(super) async fn a_refused_batch_is_not_remembered(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let write = author.decide("aa", to("https://example.com")).await;
    author.put("aa", to("https://example.com/first")).await;
    let batch =
        author.batch("links_upsert").link(&write, author.event()).remember(reply("key", "1", at(86_400)));
    let refused = store.commit(batch).await;
    assert!(matches!(refused, Err(CommitError::Stale(_))), "a batch with a stale guard came to {refused:?}");
    let write = author.decide("aa", to("https://example.com")).await;
    let batch =
        author.batch("links_upsert").link(&write, author.event()).remember(reply("key", "2", at(86_400)));
    store.commit(batch).await.expect("should be committed: the first attempt was refused");
}

pub(super) async fn a_reply_is_read_until_it_expires(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let kept = reply("key", "1", at(100));
    assert_eq!(store.reply(&kept.key, at(0)).await.expect("should answer"), None);
    store
        .commit(author.batch("look").remember(kept.clone()))
        .await
        .expect("should be committed: it is the first time");
    assert_eq!(store.reply(&kept.key, at(99)).await.expect("should answer").as_ref(), Some(&kept));
    assert_eq!(store.reply(&kept.key, at(100)).await.expect("should answer"), None);
}

pub(super) async fn forgetting_drops_only_what_has_expired(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    for (key, expires) in [("a", 100), ("b", 200), ("c", 300)] {
        let batch = author.batch("look").remember(reply(key, key, at(expires)));
        store.commit(batch).await.expect("should be committed: it is the first time");
    }
    assert_eq!(store.forget(at(200)).await.expect("should forget"), 2);
    assert_eq!(store.forget(at(200)).await.expect("should forget"), 0);
    for (key, left) in [("a", false), ("b", false), ("c", true)] {
        let found = store.reply(&reply(key, "", at(0)).key, at(0)).await.expect("should answer");
        assert_eq!(found.is_some(), left, "{key}");
    }
}

pub(super) async fn of_racing_repeats_exactly_one_is_done(store: Arc<dyn Store>) {
    for heat in heats() {
        let mut rivals: Vec<Vec<_>> = (0..RIVALS).map(|_| Vec::new()).collect();
        for round in heat.clone() {
            let author = Author::of(Arc::clone(&store), racer(round));
            for (number, rival) in rivals.iter_mut().enumerate() {
                let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
                let batch = author.batch("links_upsert").link(&write, author.event());
                let reply = reply(&round.to_string(), &number.to_string(), at(86_400));
                rival.push(commit(&store, batch.remember(reply)));
            }
        }
        for (round, outcomes) in heat.zip(race(rivals).await) {
            let won: Vec<_> = (0..outcomes.len()).filter(|number| outcomes[*number].is_ok()).collect();
            let [winner] = won[..] else { panic!("one of the rivals should have been applied, not {won:?}") };
            for lost in outcomes.into_iter().filter(Result::is_err) {
                assert_eq!(repeated(lost).body, winner.to_string(), "the reply that a loser was given");
            }
            assert_eq!(store.count(&racer(round)).await.expect("should answer"), 1, "links that were made");
            let audit = store.audit(&racer(round), 0, 100).await.expect("should answer");
            assert_eq!(audit.len(), 1, "audit entries");
        }
    }
}
