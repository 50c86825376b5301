use std::sync::Arc;

use futures_util::future::join_all;
use lp_core::{Handle, Revision};
use lp_ports::{Change, CommitError, Guard, Receipt, StoreError};

use crate::fixtures::{account, at, handle, handle_record, household, key, other_handle, owner, reply, to};
use crate::{Author, Store};

/// The guard that a batch was refused for.
fn stale(outcome: Result<Receipt, CommitError>) -> Guard {
    match outcome {
        Err(CommitError::Stale(guard)) => guard,
        other => panic!("not refused by a guard: {other:?}"),
    }
}

fn slug_at(slug: &str, latest: Option<u64>) -> Guard {
    Guard::SlugAt { handle: handle(), slug: key(slug), latest: latest.map(Revision) }
}

/// Everything that a batch of a handle leaves behind, in numbers.
async fn traces(store: &dyn Store, handle: &Handle) -> (u64, usize, usize, u64) {
    let links = store.count(handle).await.expect("reads");
    let events = store.events(handle, 0, 1_000).await.expect("reads").len();
    let audit = store.audit(handle, 0, 1_000).await.expect("reads").len();
    (links, events, audit, store.position().await.expect("reads").0)
}

pub(super) async fn what_was_committed_is_seen_by_the_next_read(store: Arc<dyn Store>) {
    let author = Author::new(store);
    for number in 0..50 {
        let link = author.put("launch", to(&format!("https://example.com/{number}"))).await;
        assert_eq!(author.slot("launch").await.live, Some(link));
    }
}

pub(super) async fn the_first_failing_guard_is_named(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    author.put("taken", to("https://example.com")).await;
    let batch = author
        .batch("links_upsert")
        .guard(slug_at("free", None))
        .guard(slug_at("TAKEN", Some(7)))
        .guard(slug_at("free", Some(1)));
    assert_eq!(stale(store.commit(batch).await), slug_at("taken", Some(7)));
}

pub(super) async fn every_kind_of_guard_is_judged(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let guards = [
        Guard::StoreEmpty,
        Guard::HandleFree(handle()),
        Guard::EmailFree(owner().email),
        slug_at("aa", None),
    ];
    let free = guards.iter().fold(author.batch("look"), |batch, guard| batch.guard(guard.clone()));
    store.commit(free).await.expect("all hold in an empty store");
    store.commit(household()).await.expect("the store is empty");
    author.put("aa", to("https://example.com")).await;
    for guard in guards {
        let batch = author.batch("look").guard(guard.clone());
        assert_eq!(stale(store.commit(batch).await), guard);
    }
    let held =
        [Guard::HandleFree(other_handle()), Guard::EmailFree(account(9).email), slug_at("aa", Some(1))];
    let batch = held.into_iter().fold(author.batch("look"), lp_ports::Batch::guard);
    store.commit(batch).await.expect("these hold still");
    author.delete("aa").await;
    let batch = author.batch("look").guard(slug_at("aa", None));
    assert_eq!(stale(store.commit(batch).await), slug_at("aa", None), "a deleted slug was used");
}

pub(super) async fn a_batch_with_a_stale_guard_leaves_nothing(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    author.put("aa", to("https://example.com")).await;
    let before = traces(&*store, &handle()).await;
    let write = author.decide("bb", to("https://example.com")).await;
    let batch = author
        .batch("links_upsert")
        .link(&write, author.event())
        .change(Change::Account(owner()))
        .guard(slug_at("aa", None))
        .remember(reply("key", "{}", at(9_000)));
    assert_eq!(stale(store.commit(batch).await), slug_at("aa", None));
    assert_eq!(traces(&*store, &handle()).await, before);
    assert!(store.is_empty().await.expect("reads"));
    assert_eq!(author.slot("bb").await.latest, None);
    assert_eq!(store.reply(&reply("key", "", at(0)).key, at(0)).await.expect("reads"), None);
    let next = author.commit("links_upsert", &write).await.expect("it is still possible");
    assert_eq!(next.version, 2);
}

pub(super) async fn a_batch_whose_last_change_fails_leaves_nothing(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("the store is empty");
    let author = Author::new(Arc::clone(&store));
    let before = traces(&*store, &handle()).await;
    let write = author.decide("aa", to("https://example.com")).await;
    let same_mailbox = lp_access::Account { id: account(9).id, ..owner() };
    let batch =
        author.batch("links_upsert").link(&write, author.event()).change(Change::Account(same_mailbox));
    let batch = batch.remember(reply("key", "{}", at(9_000)));
    assert_eq!(
        stale(store.commit(batch).await),
        Guard::EmailFree(owner().email),
        "as if it had been guarded"
    );
    let again = lp_access::HandleRecord { owner: owner().id, ..handle_record() };
    let batch = author.batch("links_upsert").link(&write, author.event()).change(Change::Handle(again));
    assert_eq!(stale(store.commit(batch).await), Guard::HandleFree(handle()));
    assert_eq!(traces(&*store, &handle()).await, before);
    assert_eq!(author.slot("aa").await.latest, None);
    assert_eq!(store.reply(&reply("key", "", at(0)).key, at(0)).await.expect("reads"), None);
    assert_eq!(author.commit("links_upsert", &write).await.expect("it is still possible").version, 2);
}

pub(super) async fn a_refused_batch_does_not_touch_those_committed_beside_it(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let mut batches = Vec::new();
    for number in 0..20 {
        let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
        let batch = author.batch("links_upsert").link(&write, author.event());
        // Every other one fails in its last change, after it has written.
        let doomed = Change::Handle(lp_access::HandleRecord { handle: other_handle(), ..handle_record() });
        batches.push(if number % 2 == 0 { batch } else { batch.change(doomed) });
    }
    let outcomes = join_all(batches.into_iter().map(|batch| store.commit(batch))).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 2 == 0, "{number}: {outcome:?}");
    }
    assert_eq!(store.count(&handle()).await.expect("reads"), 10);
    let mut versions: Vec<_> = outcomes.into_iter().flatten().map(|receipt| receipt.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>());
}

pub(super) async fn of_racing_batches_on_one_revision_exactly_one_wins(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    author.put("launch", to("https://example.com")).await;
    for round in 1..=5 {
        let mut batches = Vec::new();
        for rival in 0..10 {
            let write = author.decide("launch", to(&format!("https://example.com/{round}/{rival}"))).await;
            batches.push(author.batch("links_upsert").link(&write, author.event()));
        }
        let outcomes = join_all(batches.into_iter().map(|batch| store.commit(batch))).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for lost in outcomes.into_iter().filter(Result::is_err) {
            assert_eq!(stale(lost), slug_at("launch", Some(round)));
        }
        assert_eq!(author.slot("launch").await.latest, Some(Revision(round + 1)));
    }
}

pub(super) async fn racing_batches_on_many_slugs_all_win(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let mut batches = Vec::new();
    for number in 0..60 {
        let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
        batches.push(author.batch("links_upsert").link(&write, author.event()));
    }
    let outcomes = join_all(batches.into_iter().map(|batch| store.commit(batch))).await;
    let mut versions: Vec<_> =
        outcomes.into_iter().map(|outcome| outcome.expect("no conflict").version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=60).collect::<Vec<_>>());
    assert_eq!(traces(&*store, &handle()).await.0, 60);
    let records = store.audit(&handle(), 0, 100).await.expect("reads");
    assert_eq!((records.len(), lp_access::verify(None, &records)), (60, Ok(())));
}

pub(super) async fn the_version_rises_by_one_for_every_batch_with_changes(store: Arc<dyn Store>) {
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    let seen = store.commit(mine.batch("look")).await.expect("nothing against it");
    assert_eq!(seen.version, 0, "nothing has changed yet");
    for version in 1..=3 {
        let mut batch = mine.batch("links_import");
        for slug in ["aa", "bb"] {
            let write = mine.decide(slug, to(&format!("https://example.com/{version}"))).await;
            batch = batch.link(&write, mine.event());
        }
        assert_eq!(store.commit(batch).await.expect("nothing against it").version, version);
    }
    let write = theirs.decide("aa", to("https://example.com")).await;
    assert_eq!(theirs.commit("links_upsert", &write).await.expect("their own count").version, 1);
    assert_eq!(store.commit(mine.batch("look")).await.expect("nothing against it").version, 3);
}

pub(super) async fn a_link_of_another_handle_is_refused(store: Arc<dyn Store>) {
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    let write = theirs.decide("aa", to("https://example.com")).await;
    let before = (traces(&*store, &handle()).await, traces(&*store, &other_handle()).await);
    let outcome = mine.commit("links_upsert", &write).await;
    assert!(
        matches!(outcome, Err(CommitError::Store(StoreError::Corrupt { table: "links", .. }))),
        "{outcome:?}"
    );
    assert_eq!((traces(&*store, &handle()).await, traces(&*store, &other_handle()).await), before);
}
