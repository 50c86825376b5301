use std::sync::Arc;

use lp_access::{Account, Plan, Subscription, Terms, TermsChange, WriteDay};
use lp_core::{Day, TimeZone, UserId};
use lp_ports::{Batch, Change, CommitError, CountedWrite, Guard, Receipt};

use super::batches::{TRACES, commit_at_once, stale, traces};
use super::{RIVALS, heats, race};
use crate::fixtures::{account, at, handle, household, key, owner, reply, to};
use crate::{Author, Store};

async fn settled(store: &Arc<dyn Store>) -> Author {
    store.commit(household()).await.expect("should be committed: the store is empty");
    Author::new(Arc::clone(store))
}

fn day(number: u32) -> Day {
    Day::of(20_260_200 + number).expect("a day")
}

fn write(number: u32, most: Option<u32>) -> CountedWrite {
    CountedWrite { account: owner().id, day: day(number), most }
}

fn on(number: u32, writes: u32) -> WriteDay {
    WriteDay { day: day(number), writes }
}

async fn subscription(store: &dyn Store, id: UserId) -> Option<Subscription> {
    store.subscription(id).await.expect("the subscription should be read")
}

async fn written(store: &dyn Store) -> Option<WriteDay> {
    subscription(store, owner().id).await.expect("there is the account").written
}

/// The day that a batch was refused for.
fn spent(outcome: Result<Receipt, CommitError>) -> WriteDay {
    match outcome {
        Err(CommitError::Spent(day)) => day,
        other => panic!("not refused for want of room: {other:?}"),
    }
}

pub(super) async fn terms_read_back(store: Arc<dyn Store>) {
    assert_eq!(subscription(&*store, owner().id).await, None);
    let author = settled(&store).await;
    assert_eq!(subscription(&*store, owner().id).await, Some(Subscription::default()));
    let time_zone = TimeZone::parse("America/Argentina/Buenos_Aires").expect("a zone");
    let terms = Terms { plan: Some(Plan::Pro), time_zone, openanalyst: false };
    let newcomer = Account { terms: terms.clone(), ..account(9) };
    let batch = author.batch("signup").change(Change::Account(newcomer.clone()));
    store.commit(batch).await.expect("should be committed: nothing is against it");
    assert_eq!(subscription(&*store, newcomer.id).await, Some(Subscription { terms, written: None }));
    assert_eq!(store.account(&newcomer.email).await.expect("should answer"), Some(newcomer.clone()));
    assert_eq!(store.account_of(newcomer.id).await.expect("should answer"), Some(newcomer));
}

pub(super) async fn what_is_not_set_of_terms_is_kept(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let zone = TimeZone::parse("Asia/Tokyo").expect("a zone");
    let steps = [
        TermsChange { plan: Some(Plan::Free), ..TermsChange::default() },
        TermsChange { time_zone: Some(zone), ..TermsChange::default() },
        TermsChange { openanalyst: Some(false), ..TermsChange::default() },
        TermsChange::default(),
        TermsChange { plan: Some(Plan::Enterprise), openanalyst: Some(true), ..TermsChange::default() },
    ];
    let mut expected = Terms::default();
    for set in steps {
        expected = expected.with(set.clone());
        let batch = author.batch("plan").change(Change::Terms { account: owner().id, set });
        store.commit(batch).await.expect("should be committed: nothing is against it");
        let found = subscription(&*store, owner().id).await.expect("there is the account");
        assert_eq!(found.terms, expected);
    }
}

pub(super) async fn a_write_is_counted_with_its_batch(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    assert_eq!(written(&*store).await, None);
    for writes in 1..=3 {
        let decided = author.decide("aa", to(&format!("https://example.com/{writes}"))).await;
        let batch = author.batch("links_upsert").link(&decided, author.event()).counting(write(1, Some(3)));
        store.commit(batch).await.expect("should be committed: there is room");
        assert_eq!(written(&*store).await, Some(on(1, writes)));
    }
    let look = author.batch("look").counting(write(1, None));
    store.commit(look).await.expect("should be committed: there is no most");
    assert_eq!(written(&*store).await, Some(on(1, 4)), "a batch without changes is a write as well");
    assert_eq!(subscription(&*store, account(9).id).await, None, "who is not there is not counted");
}

pub(super) async fn a_write_without_room_is_refused_and_leaves_nothing(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    for _ in 0..2 {
        store.commit(author.batch("look").counting(write(1, Some(2)))).await.expect("there is room");
    }
    let before = traces(&*store, &handle()).await;
    let decided = author.decide("aa", to("https://example.com")).await;
    let batch = || author.batch("links_upsert").link(&decided, author.event());
    assert_eq!(spent(store.commit(batch().counting(write(1, Some(2)))).await), on(1, 2));
    assert_eq!(
        spent(store.commit(batch().counting(write(1, Some(1)))).await),
        on(1, 2),
        "the most was lowered"
    );
    assert_eq!(
        spent(store.commit(batch().counting(write(2, Some(0)))).await),
        on(2, 0),
        "there is never room"
    );
    assert_eq!(traces(&*store, &handle()).await, before, "{TRACES}");
    assert_eq!(written(&*store).await, Some(on(1, 2)));
    store.commit(batch().counting(write(1, Some(3)))).await.expect("should be committed: there is room now");
}

pub(super) async fn what_is_refused_or_repeated_is_not_counted(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let used = Guard::SlugAt { handle: handle(), slug: key("aa"), latest: Some(lp_core::Revision(7)) };
    let batch = author.batch("look").guard(used.clone()).counting(write(1, Some(0)));
    assert_eq!(stale(store.commit(batch).await), used, "guards are judged before");
    let batch = author.batch("signup").change(Change::Account(owner())).counting(write(1, None));
    assert_eq!(stale(store.commit(batch).await), Guard::EmailFree(owner().email), "a change that fails");
    assert_eq!(written(&*store).await, None);
    let named =
        || author.batch("links_upsert").remember(reply("key", "{}", at(9_000))).counting(write(1, Some(1)));
    store.commit(named()).await.expect("should be committed: there is room");
    let again = store.commit(named()).await;
    assert!(
        matches!(again, Err(CommitError::Repeated(_))),
        "a repeat is one even where no room is left: {again:?}"
    );
    assert_eq!(written(&*store).await, Some(on(1, 1)));
}

pub(super) async fn days_only_go_on(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let counted = async |number, most| store.commit(author.batch("look").counting(write(number, most))).await;
    counted(1, Some(1)).await.expect("should be committed: there is room");
    counted(3, Some(1)).await.expect("should be committed: a new day has begun");
    assert_eq!(spent(counted(2, Some(1)).await), on(3, 1), "an earlier day is over");
    counted(1, Some(2)).await.expect("should be committed: there is room on the later day");
    assert_eq!(written(&*store).await, Some(on(3, 2)));
}

pub(super) async fn accounts_have_days_of_their_own(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let batch = author.batch("signup").change(Change::Account(account(9)));
    store.commit(batch).await.expect("should be committed: nothing is against it");
    let theirs = |number| CountedWrite { account: account(9).id, ..write(number, Some(1)) };
    store.commit(author.batch("look").counting(write(1, Some(1)))).await.expect("there is room");
    store.commit(author.batch("look").counting(theirs(1))).await.expect("there is room");
    assert_eq!(spent(store.commit(author.batch("look").counting(theirs(1))).await), on(1, 1));
    let nobodys = CountedWrite { account: account(10).id, ..write(1, None) };
    let outcome = store.commit(author.batch("look").counting(nobodys)).await;
    assert!(matches!(outcome, Err(CommitError::Store(_))), "an account that is not there: {outcome:?}");
    store.commit(author.batch("look")).await.expect("should be committed: nothing is left behind");
}

pub(super) async fn of_a_hundred_racing_writes_for_one_place_one_wins(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    for _ in 0..9 {
        store.commit(author.batch("look").counting(write(1, Some(10)))).await.expect("there is room");
    }
    // Each of a handle of its own, so that nothing else keeps them apart.
    let rivals = (0..100_u64).map(|rival| {
        let author = Author::of(Arc::clone(&store), super::batches::racer(rival));
        author.batch("look").counting(write(1, Some(10)))
    });
    let (won, lost): (Vec<_>, Vec<_>) =
        commit_at_once(&store, rivals.collect()).await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "writes got the last place");
    for lost in lost {
        assert_eq!(spent(lost), on(1, 10));
    }
    assert_eq!(written(&*store).await, Some(on(1, 10)));
}

pub(super) async fn racing_writes_take_no_more_than_there_is_room(store: Arc<dyn Store>) {
    settled(&store).await;
    for heat in heats() {
        let rounds = u32::try_from(heat.end - heat.start).expect("few rounds");
        let before = written(&*store).await.map_or(0, |today| today.writes);
        let most = before + rounds;
        let rivals = (0..RIVALS).map(|rival| {
            let author = Author::of(Arc::clone(&store), super::batches::racer(rival));
            let batches: Vec<Batch> =
                heat.clone().map(|_| author.batch("look").counting(write(1, Some(most)))).collect();
            batches.into_iter().map(|batch| super::batches::commit(&store, batch)).collect()
        });
        let outcomes = race(rivals.collect()).await;
        let won = outcomes.iter().flatten().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(u32::try_from(won), Ok(rounds), "writes that got one of as many places");
        assert_eq!(written(&*store).await, Some(on(1, most)));
    }
}

pub(super) async fn the_owner_is_no_collaborator(store: Arc<dyn Store>) {
    assert_eq!(store.collaborators(&handle()).await.expect("should answer"), 0);
    settled(&store).await;
    assert_eq!(store.collaborators(&handle()).await.expect("should answer"), 0);
}
