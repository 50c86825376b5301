use std::sync::Arc;

use lp_core::{Handle, Revision};
use lp_ports::{Batch, Change, CommitError, Guard, Receipt, StoreError};

use super::{RIVALS, heats, race, race_once};
use crate::fixtures::{account, at, handle, handle_record, household, key, other_handle, owner, reply, to};
use crate::{Author, Store};

/// The guard that a batch was refused for.
pub(super) fn stale(outcome: Result<Receipt, CommitError>) -> Guard {
    match outcome {
        Err(CommitError::Stale(guard)) => guard,
        other => panic!("not refused by a guard: {other:?}"),
    }
}

/// What each of the batches came to, handed in at the same moment.
pub(super) async fn commit_at_once(
    store: &Arc<dyn Store>,
    batches: Vec<Batch>,
) -> Vec<Result<Receipt, CommitError>> {
    race_once(batches.into_iter().map(|batch| commit(store, batch))).await
}

/// One of several that are committed at once.
pub(super) fn commit(
    store: &Arc<dyn Store>,
    batch: Batch,
) -> impl Future<Output = Result<Receipt, CommitError>> + use<> {
    let store = Arc::clone(store);
    async move { store.commit(batch).await }
}

/// A handle for each round: what has gathered in one must not slow the next.
pub(super) fn racer(round: u64) -> Handle {
    Handle::parse(&format!("racer-{round}")).expect("a handle")
}

fn slug_at(slug: &str, latest: Option<u64>) -> Guard {
    Guard::SlugAt { handle: handle(), slug: key(slug), latest: latest.map(Revision) }
}

/// What is in [`traces`].
pub(super) const TRACES: &str =
    "what is left behind: (links, events, audit entries, position of the change log)";

/// Everything that a batch of a handle leaves behind, in numbers.
pub(super) async fn traces(store: &dyn Store, handle: &Handle) -> (u64, usize, usize, u64) {
    let links = store.count(handle).await.expect("should answer");
    let events = store.events(handle, 0, 1_000).await.expect("should answer").len();
    let audit = store.audit(handle, 0, 1_000).await.expect("should answer").len();
    (links, events, audit, store.position().await.expect("should answer").0)
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
    store.commit(free).await.expect("should be committed: all guards hold in an empty store");
    store.commit(household()).await.expect("should be committed: the store is empty");
    author.put("aa", to("https://example.com")).await;
    for guard in guards {
        let batch = author.batch("look").guard(guard.clone());
        assert_eq!(stale(store.commit(batch).await), guard);
    }
    let held =
        [Guard::HandleFree(other_handle()), Guard::EmailFree(account(9).email), slug_at("aa", Some(1))];
    let batch = held.into_iter().fold(author.batch("look"), Batch::guard);
    store.commit(batch).await.expect("should be committed: these guards hold still");
    author.delete("aa").await;
    let batch = author.batch("look").guard(slug_at("aa", None));
    assert_eq!(stale(store.commit(batch).await), slug_at("aa", None), "a deleted slug was used");
}

pub(super) async fn a_guard_is_judged_on_the_handle_that_it_names(store: Arc<dyn Store>) {
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    mine.put("aa", to("https://example.com")).await;
    let used = theirs.batch("look").guard(slug_at("aa", Some(1)));
    store.commit(used).await.expect("should be committed: the guard names a slug that was used");
    let unused = Guard::SlugAt { handle: other_handle(), slug: key("aa"), latest: None };
    store
        .commit(mine.batch("look").guard(unused))
        .await
        .expect("should be committed: the guard names a slug that was never used");
    let batch = theirs.batch("look").guard(slug_at("aa", None));
    assert_eq!(stale(store.commit(batch).await), slug_at("aa", None), "the guard that failed");
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
    assert_eq!(traces(&*store, &handle()).await, before, "{TRACES}");
    assert!(store.is_empty().await.expect("should answer"), "the account was not taken back");
    assert_eq!(author.slot("bb").await.latest, None);
    assert_eq!(store.reply(&reply("key", "", at(0)).key, at(0)).await.expect("should answer"), None);
    let next =
        author.commit("links_upsert", &write).await.expect("should be committed: it is still possible");
    assert_eq!(next.version, 2);
}

pub(super) async fn a_batch_whose_last_change_fails_leaves_nothing(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
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
    assert_eq!(traces(&*store, &handle()).await, before, "{TRACES}");
    assert_eq!(author.slot("aa").await.latest, None);
    assert_eq!(store.reply(&reply("key", "", at(0)).key, at(0)).await.expect("should answer"), None);
    assert_eq!(
        author
            .commit("links_upsert", &write)
            .await
            .expect("should be committed: it is still possible")
            .version,
        2
    );
}

pub(super) async fn a_second_revision_of_a_number_is_refused_without_a_guard(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let first = author.decide("aa", to("https://example.com/1")).await;
    author.commit("links_upsert", &first).await.expect("should be committed: the slug is free");
    let second = author.decide("aa", to("https://example.com/2")).await;
    author.commit("links_upsert", &second).await.expect("should be committed: it follows the first");
    let before = traces(&*store, &handle()).await;
    for (write, latest) in [(first, None), (second, Some(1))] {
        let again = Change::Link { after: write.after, action: write.action };
        let batch = author.batch("links_upsert").change(Change::Account(owner())).change(again);
        assert_eq!(stale(store.commit(batch).await), slug_at("aa", latest), "as if it had been guarded");
    }
    assert_eq!(traces(&*store, &handle()).await, before, "{TRACES}");
    assert!(store.is_empty().await.expect("should answer"), "the account was not taken back");
    let live = author.slot("aa").await.live.expect("the link should be live");
    assert_eq!(live.parts().destination.as_str(), "https://example.com/2");
}

pub(super) async fn a_refused_batch_does_not_touch_those_committed_beside_it(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let mut batches = Vec::new();
    for number in 0..20 {
        let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
        let batch = author.batch("links_upsert").link(&write, author.event());
        // Every other one fails in its last change, after it has written.
        let doomed = Change::Handle(lp_access::HandleRecord::new(other_handle(), owner().id, at(0)));
        batches.push(if number % 2 == 0 { batch } else { batch.change(doomed) });
    }
    let outcomes = commit_at_once(&store, batches).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 2 == 0, "{number}: {outcome:?}");
    }
    assert_eq!(store.count(&handle()).await.expect("should answer"), 10);
    let mut versions: Vec<_> = outcomes.into_iter().flatten().map(|receipt| receipt.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>());
}

pub(super) async fn of_racing_batches_on_one_revision_exactly_one_wins(store: Arc<dyn Store>) {
    for heat in heats() {
        let mut rivals: Vec<Vec<_>> = (0..RIVALS).map(|_| Vec::new()).collect();
        for round in heat.clone() {
            let author = Author::of(Arc::clone(&store), racer(round));
            author.put("launch", to("https://example.com/1")).await;
            let write = author.decide("launch", to("https://example.com/2")).await;
            for rival in &mut rivals {
                let batch = author.batch("links_upsert").link(&write, author.event());
                rival.push(commit(&store, batch));
            }
        }
        for (round, outcomes) in heat.zip(race(rivals).await) {
            let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            assert_eq!(won, 1, "batches on the same revision of a slug that were applied");
            let guard =
                Guard::SlugAt { handle: racer(round), slug: key("launch"), latest: Some(Revision(1)) };
            for lost in outcomes.into_iter().filter(Result::is_err) {
                assert_eq!(stale(lost), guard, "the guard that a loser was told");
            }
            let slot = store.slot(&racer(round), &key("launch")).await.expect("should answer");
            assert_eq!(slot.latest, Some(Revision(2)), "the latest revision");
        }
    }
}

pub(super) async fn racing_batches_on_many_slugs_all_win(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let mut batches = Vec::new();
    for number in 0..60 {
        let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
        batches.push(author.batch("links_upsert").link(&write, author.event()));
    }
    let outcomes = commit_at_once(&store, batches).await;
    let mut versions: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.expect("should be committed: the slugs differ").version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=60).collect::<Vec<_>>());
    assert_eq!(traces(&*store, &handle()).await.0, 60);
    let records = store.audit(&handle(), 0, 100).await.expect("should answer");
    assert_eq!((records.len(), lp_access::verify(None, &records)), (60, Ok(())));
}

pub(super) async fn the_version_rises_by_one_for_every_batch_with_changes(store: Arc<dyn Store>) {
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    let seen = store.commit(mine.batch("look")).await.expect("should be committed: nothing is against it");
    assert_eq!(seen.version, 0, "nothing has changed yet");
    for version in 1..=3 {
        let mut batch = mine.batch("links_import");
        for slug in ["aa", "bb"] {
            let write = mine.decide(slug, to(&format!("https://example.com/{version}"))).await;
            batch = batch.link(&write, mine.event());
        }
        assert_eq!(
            store.commit(batch).await.expect("should be committed: nothing is against it").version,
            version
        );
    }
    let write = theirs.decide("aa", to("https://example.com")).await;
    assert_eq!(
        theirs
            .commit("links_upsert", &write)
            .await
            .expect("should be committed: nothing is against it")
            .version,
        1
    );
    assert_eq!(
        store.commit(mine.batch("look")).await.expect("should be committed: nothing is against it").version,
        3
    );
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
