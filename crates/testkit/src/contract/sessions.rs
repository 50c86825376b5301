use std::sync::Arc;

use lp_access::{RefreshRecord, SecretHash, Session};
use lp_core::{Handle, Timestamp};
use lp_ports::{Batch, Change, Guard};

use super::batches::{TRACES, commit, racer, stale, traces};
use super::{RIVALS, heats, race};
use crate::fixtures::{account, at, entry, household, owner, refresh, session};
use crate::{Author, Store};

/// One who writes in the installation's own space, where the owner of `hello` has an account.
async fn settled(store: &Arc<dyn Store>) -> Author {
    store.commit(household()).await.expect("should be committed: the store is empty");
    Author::of(Arc::clone(store), Handle::installation())
}

/// Commits one change.
async fn write(author: &Author, change: Change) {
    let batch = author.batch("sessions").change(change);
    author.store.commit(batch).await.expect("should be committed: nothing is against it");
}

async fn begin(author: &Author, session: &Session, refresh: SecretHash) {
    write(author, Change::SessionBegun { session: session.clone(), refresh }).await;
}

fn renewal(session: &Session, used: SecretHash, next: SecretHash, at: Timestamp) -> Change {
    Change::SessionRenewed { id: session.id, used, next, at, expires_at: at.plus(Session::LIFE) }
}

fn renewed(session: &Session, at: Timestamp) -> Session {
    Session { renewed_at: at, expires_at: at.plus(Session::LIFE), ..session.clone() }
}

async fn find(store: &dyn Store, hash: SecretHash) -> Option<RefreshRecord> {
    store.refresh(hash).await.expect("the refresh token should be read")
}

pub(super) async fn a_session_reads_back_as_it_was_begun(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    assert_eq!(store.session(session(5).id).await.expect("should answer"), None);
    let plain = session(5);
    let odd = Session {
        agent: "a\0b\u{1a}c'\\\u{1f600}".to_owned(),
        created_at: at(1),
        renewed_at: at(2),
        expires_at: at(3),
        ended_at: Some(at(4)),
        ..session(6)
    };
    let nameless = Session { agent: String::new(), ..session(7) };
    for (begun, token) in [(&plain, 1), (&odd, 2), (&nameless, 3)] {
        begin(&author, begun, refresh(token)).await;
        assert_eq!(store.session(begun.id).await.expect("should answer").as_ref(), Some(begun));
    }
}

pub(super) async fn a_refresh_token_reads_back_with_its_session(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    assert_eq!(find(&*store, refresh(1)).await, None);
    begin(&author, &session(5), refresh(1)).await;
    begin(&author, &session(6), refresh(9)).await;
    let unused = RefreshRecord { session: session(5), used_at: None };
    assert_eq!(find(&*store, refresh(1)).await, Some(unused));
    write(&author, renewal(&session(5), refresh(1), refresh(2), at(50))).await;
    write(&author, renewal(&session(5), refresh(2), refresh(3), at(60))).await;
    let session_now = renewed(&session(5), at(60));
    for (token, used_at) in [(1, Some(at(50))), (2, Some(at(60))), (3, None)] {
        let record = RefreshRecord { session: session_now.clone(), used_at };
        assert_eq!(find(&*store, refresh(token)).await, Some(record), "token {token}");
    }
    let other = RefreshRecord { session: session(6), used_at: None };
    assert_eq!(find(&*store, refresh(9)).await, Some(other), "that of another session");
    assert_eq!(find(&*store, refresh(4)).await, None);
}

pub(super) async fn a_refresh_token_is_good_for_one_renewal(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    begin(&author, &session(5), refresh(1)).await;
    begin(&author, &session(6), refresh(9)).await;
    let unused = Guard::RefreshUnused(refresh(1));
    let first = author.batch("refresh").guard(unused.clone());
    let first = first.change(renewal(&session(5), refresh(1), refresh(2), at(50)));
    store.commit(first).await.expect("should be committed: the token is unused");

    let before = traces(&*store, &author.handle).await;
    let again = renewal(&session(5), refresh(1), refresh(3), at(60));
    let stated = author.batch("refresh").guard(unused.clone()).change(again.clone());
    assert_eq!(stale(store.commit(stated).await), unused, "the guard");
    let implied = author.batch("refresh").change(Change::SessionEnded { id: session(6).id, at: at(60) });
    assert_eq!(stale(store.commit(implied.change(again)).await), unused, "as if it had been guarded");
    let foreign = author.batch("refresh").change(renewal(&session(6), refresh(2), refresh(3), at(60)));
    let unused = Guard::RefreshUnused(refresh(2));
    assert_eq!(stale(store.commit(foreign).await), unused, "the token of another session");
    let unknown = Guard::RefreshUnused(refresh(7));
    let stated = author.batch("refresh").guard(unknown.clone());
    assert_eq!(stale(store.commit(stated).await), unknown, "a token that is not there");
    let implied = author.batch("refresh").change(renewal(&session(5), refresh(7), refresh(3), at(60)));
    assert_eq!(stale(store.commit(implied).await), unknown, "a token that is not there");

    assert_eq!(traces(&*store, &author.handle).await, before, "{TRACES}");
    let used = RefreshRecord { session: renewed(&session(5), at(50)), used_at: Some(at(50)) };
    assert_eq!(find(&*store, refresh(1)).await, Some(used.clone()), "used once");
    assert_eq!(find(&*store, refresh(2)).await, Some(RefreshRecord { used_at: None, ..used }));
    assert_eq!(find(&*store, refresh(3)).await, None, "the token of a refused renewal");
    let untouched = store.session(session(6).id).await.expect("should answer");
    assert_eq!(untouched, Some(session(6)), "ended by a batch that was refused");
    let batch = author.batch("refresh").guard(Guard::RefreshUnused(refresh(2)));
    let batch = batch.change(renewal(&session(5), refresh(2), refresh(3), at(70)));
    store.commit(batch).await.expect("should be committed: the token that followed is unused");
}

pub(super) async fn a_refresh_token_is_of_one_session(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let begun = |number, token| Change::SessionBegun { session: session(number), refresh: refresh(token) };
    let free = Guard::RefreshFree(refresh(1));
    let first = author.batch("login").guard(free.clone()).change(begun(5, 1));
    store.commit(first).await.expect("should be committed: nobody has the token");
    for used in [false, true] {
        if used {
            write(&author, renewal(&session(5), refresh(1), refresh(2), at(50))).await;
        }
        let before = traces(&*store, &author.handle).await;
        let stated = author.batch("login").guard(free.clone());
        assert_eq!(stale(store.commit(stated).await), free, "the guard");
        assert_eq!(stale(store.commit(author.batch("login").change(begun(6, 1))).await), free, "unstated");
        assert_eq!(traces(&*store, &author.handle).await, before, "{TRACES}");
    }
    assert_eq!(store.session(session(6).id).await.expect("should answer"), None);

    let mut rivals: Vec<Vec<_>> = (0..RIVALS).map(|_| Vec::new()).collect();
    for (number, rival) in (0..).zip(&mut rivals) {
        let batch = Batch::new(entry(&racer(number), at(number), "login"));
        let batch = if number % 2 == 0 { batch.guard(Guard::RefreshFree(refresh(9))) } else { batch };
        rival.push(commit(&store, batch.change(begun(10 + number, 9))));
    }
    for outcomes in race(rivals).await {
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "one of them begins");
        for lost in outcomes.into_iter().filter(Result::is_err) {
            assert_eq!(stale(lost), Guard::RefreshFree(refresh(9)), "the guard that a loser was told");
        }
    }
    let begun = find(&*store, refresh(9)).await.expect("the winner's");
    assert_eq!(store.sessions(owner().id).await.expect("should answer").len(), 2, "and {begun:?}");
}

pub(super) async fn of_racing_renewals_of_one_token_exactly_one_wins(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    for heat in heats() {
        let mut rivals: Vec<Vec<_>> = (0..RIVALS).map(|_| Vec::new()).collect();
        for round in heat.clone() {
            let used = refresh(round * 100);
            begin(&author, &session(round), used).await;
            for (number, rival) in (0..).zip(&mut rivals) {
                // Of handles of their own, so that nothing but the token keeps them apart; half of them say what it is.
                let batch = Batch::new(entry(&racer(number), at(number), "refresh"));
                let batch = if number % 2 == 0 { batch.guard(Guard::RefreshUnused(used)) } else { batch };
                let next = refresh(round * 100 + 1 + number);
                rival.push(commit(&store, batch.change(renewal(&session(round), used, next, at(number)))));
            }
        }
        for (round, outcomes) in heat.zip(race(rivals).await) {
            let used = refresh(round * 100);
            let won = (0..).zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(number, _)| number);
            let won: Vec<u64> = won.collect();
            let [winner] = won[..] else { panic!("one of the rivals should have renewed it, not {won:?}") };
            for lost in outcomes.into_iter().filter(Result::is_err) {
                assert_eq!(stale(lost), Guard::RefreshUnused(used), "the guard that a loser was told");
            }
            let session = renewed(&session(round), at(winner));
            let record = RefreshRecord { session, used_at: Some(at(winner)) };
            assert_eq!(find(&*store, used).await.as_ref(), Some(&record), "the token that was shown");
            for number in 0..RIVALS {
                let next = find(&*store, refresh(round * 100 + 1 + number)).await;
                assert_eq!(next.is_some(), number == winner, "the next token of rival {number}");
            }
        }
    }
}

pub(super) async fn an_ended_session_stays_ended_since_the_first_time(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    begin(&author, &session(5), refresh(1)).await;
    begin(&author, &session(6), refresh(9)).await;
    for at in [at(50), at(60)] {
        write(&author, Change::SessionEnded { id: session(5).id, at }).await;
    }
    let ended = Session { ended_at: Some(at(50)), ..session(5) };
    assert_eq!(store.session(ended.id).await.expect("should answer").as_ref(), Some(&ended));
    let record = find(&*store, refresh(1)).await;
    assert_eq!(record, Some(RefreshRecord { session: ended.clone(), used_at: None }));
    assert_eq!(store.session(session(6).id).await.expect("should answer"), Some(session(6)));
    write(&author, renewal(&ended, refresh(1), refresh(2), at(70))).await;
    let now = store.session(ended.id).await.expect("should answer");
    assert_eq!(now, Some(renewed(&ended, at(70))), "a renewal brought it back");
}

pub(super) async fn sessions_of_an_account_are_read_newest_first(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    write(&author, Change::Account(account(9))).await;
    let old = Session { created_at: at(10), renewed_at: at(90), ended_at: Some(at(95)), ..session(7) };
    let new = Session { created_at: at(20), renewed_at: at(20), ..session(5) };
    let twin = Session { created_at: at(10), renewed_at: at(10), ..session(6) };
    let theirs = Session { user: account(9).id, ..session(8) };
    for (begun, token) in [(&old, 1), (&new, 2), (&twin, 3), (&theirs, 4)] {
        begin(&author, begun, refresh(token)).await;
    }
    assert_eq!(store.sessions(owner().id).await.expect("should answer"), [new, old, twin]);
    assert_eq!(store.sessions(account(9).id).await.expect("should answer"), [theirs]);
    assert_eq!(store.sessions(account(10).id).await.expect("should answer"), []);
}

pub(super) async fn forgetting_drops_sessions_that_have_expired_and_no_others(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let until = |number, expires| Session { expires_at: at(expires), ..session(number) };
    let expired = until(1, 100);
    let ended = Session { ended_at: Some(at(10)), ..until(2, 150) };
    let last = until(3, 200);
    let lasting = Session { ended_at: Some(at(10)), ..until(4, 300) };
    let prolonged = until(5, 100);
    for (number, begun) in (1..).zip([&expired, &ended, &last, &lasting, &prolonged]) {
        begin(&author, begun, refresh(number * 10)).await;
        let renewal = Change::SessionRenewed {
            id: begun.id,
            used: refresh(number * 10),
            next: refresh(number * 10 + 1),
            at: at(20),
            expires_at: if number == 5 { at(400) } else { begun.expires_at },
        };
        write(&author, renewal).await;
    }
    let before = traces(&*store, &author.handle).await;
    assert_eq!(store.forget_sessions(at(50)).await.expect("should forget"), 0);
    assert_eq!(store.forget_sessions(at(200)).await.expect("should forget"), 2);
    assert_eq!(store.forget_sessions(at(200)).await.expect("should forget"), 0);
    assert_eq!(traces(&*store, &author.handle).await, before, "{TRACES}");

    for (number, left) in [(1, false), (2, false), (3, true), (4, true), (5, true)] {
        let found = store.session(session(number).id).await.expect("should answer");
        assert_eq!(found.is_some(), left, "session {number}");
        for token in [number * 10, number * 10 + 1] {
            assert_eq!(find(&*store, refresh(token)).await.is_some(), left, "token {token}");
        }
    }
    let left: Vec<_> = store.sessions(owner().id).await.expect("should answer");
    let left: Vec<_> = left.into_iter().map(|session| session.id).collect();
    assert_eq!(left, [prolonged.id, lasting.id, last.id]);
    let gone = Guard::RefreshUnused(refresh(11));
    let late = author.batch("refresh").change(renewal(&expired, refresh(11), refresh(12), at(90)));
    assert_eq!(stale(store.commit(late).await), gone, "a token that was forgotten");
}

pub(super) async fn all_sessions_of_an_account_end_but_the_excepted_one(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    write(&author, Change::Account(account(9))).await;
    let theirs = Session { user: account(9).id, ..session(8) };
    let over = Session { ended_at: Some(at(5)), ..session(7) };
    for (begun, token) in [(&session(5), 1), (&session(6), 2), (&over, 3), (&theirs, 4)] {
        begin(&author, begun, refresh(token)).await;
    }
    let user = owner().id;
    write(&author, Change::SessionsEnded { user, except: Some(session(6).id), at: at(50) }).await;
    let ended = |at| Session { ended_at: Some(at), ..session(5) };
    for (id, should) in [(session(5), ended(at(50))), (session(6), session(6)), (over.clone(), over.clone())]
    {
        let found = store.session(id.id).await.expect("should answer");
        assert_eq!(found, Some(should), "after all others were ended");
    }
    write(&author, Change::SessionsEnded { user, except: None, at: at(60) }).await;
    let found = store.session(session(6).id).await.expect("should answer");
    assert_eq!(found.and_then(|session| session.ended_at), Some(at(60)), "the one that was excepted before");
    let found = store.session(session(5).id).await.expect("should answer");
    assert_eq!(found, Some(ended(at(50))), "the first instant stays");
    assert_eq!(store.session(theirs.id).await.expect("should answer"), Some(theirs), "another account's");
}
