use std::sync::Arc;

use lp_access::{
    Audience, ConnectedClient, Connection, CredentialRecord, Grants, HandleRecord, ProofChallenge, verify,
};
use lp_core::{ConnectionId, Handle, Scopes, Timestamp};
use lp_ports::{Batch, Change, ChangeNote, Changed, CommitError, ConnectionChange, Guard, StoreError};

use super::batches::{TRACES, commit, stale, traces};
use super::{RIVALS, heats, race};
use crate::fixtures::{
    account, at, connection, entry, handle, handle_record, household, other_handle, owner, refresh as hash,
    uuid,
};
use crate::{Author, Store};

const REDIRECT: &str = "https://desk.example/callback?a=1";

/// One who writes for `hello`, whose owner has `other` besides.
async fn settled(store: &Arc<dyn Store>) -> Author {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let other = Author::of(Arc::clone(store), other_handle());
    write(&other, Change::Handle(HandleRecord::new(other_handle(), owner().id, at(0)))).await;
    Author::new(Arc::clone(store))
}

/// Commits one change.
async fn write(author: &Author, change: Change) {
    let batch = author.batch("oauth").change(change);
    author.store.commit(batch).await.expect("should be committed: nothing is against it");
}

fn begun(connection: &Connection, code: u64) -> Change {
    Change::Connection(ConnectionChange::Begun {
        connection: Box::new(connection.clone()),
        code: hash(code),
        redirect_uri: REDIRECT.to_owned(),
        challenge: ProofChallenge([7; 32]),
    })
}

/// The refresh token that follows has the number `next`, the access token the one behind it.
fn renewal(id: ConnectionId, used: u64, next: u64, at: Timestamp) -> Change {
    Change::Connection(ConnectionChange::Renewed {
        id,
        used: hash(used),
        refresh: hash(next),
        access: hash(next + 1),
        scopes: granted(),
        at,
        access_expires_at: at.plus(Connection::ACCESS_LIFE),
        expires_at: at.plus(Connection::LIFE),
    })
}

fn ended(id: ConnectionId, at: Timestamp) -> Change {
    Change::Connection(ConnectionChange::Ended { id, at })
}

fn revoked(access: u64) -> Change {
    Change::Connection(ConnectionChange::AccessRevoked(hash(access)))
}

/// Of an access token: less than what the connection has.
fn granted() -> Scopes {
    Scopes::parse(["links.read", "mcp.connect"]).expect("scopes")
}

fn renewed(connection: &Connection, at: Timestamp) -> Connection {
    Connection { renewed_at: at, expires_at: at.plus(Connection::LIFE), ..connection.clone() }
}

async fn begin(author: &Author, connection: &Connection, code: u64) {
    write(author, begun(connection, code)).await;
}

async fn find(store: &dyn Store, id: ConnectionId) -> Option<Connection> {
    store.connection(id).await.expect("the connection should be read")
}

async fn credential(store: &dyn Store, number: u64) -> Option<CredentialRecord> {
    store.credential(hash(number)).await.expect("the credential should be read")
}

fn unused(number: u64) -> Guard {
    Guard::CredentialUnused(hash(number))
}

pub(super) async fn a_connection_reads_back_as_it_was_begun(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    assert_eq!(find(&*store, connection(5).id).await, None);
    let plain = connection(5);
    let strange = "a\0b\u{1a}c'\\\u{1f600}".to_owned();
    let odd = Connection {
        client: ConnectedClient { id: strange.clone(), name: strange.clone(), place: strange },
        audience: Audience::Shared,
        scopes: Scopes::default(),
        created_at: at(1),
        renewed_at: at(2),
        expires_at: at(3),
        ended_at: Some(at(4)),
        last_used_at: Some(at(5)),
        ..connection(6)
    };
    let nameless = ConnectedClient { name: String::new(), ..plain.client.clone() };
    let nameless = Connection { client: nameless, ..connection(7) };
    for (number, connection) in (1..).zip([&plain, &odd, &nameless]) {
        begin(&author, connection, number).await;
        assert_eq!(find(&*store, connection.id).await.as_ref(), Some(connection));
    }
}

pub(super) async fn a_credential_reads_back_with_its_connection(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    assert_eq!(credential(&*store, 1).await, None);
    begin(&author, &connection(5), 1).await;
    begin(&author, &connection(6), 9).await;
    let code = |connection: Connection, expires_at, used_at| {
        let (redirect_uri, challenge) = (REDIRECT.to_owned(), ProofChallenge([7; 32]));
        CredentialRecord { connection, grants: Grants::Code { redirect_uri, challenge }, expires_at, used_at }
    };
    let sent = connection(5).expires_at;
    assert_eq!(credential(&*store, 1).await, Some(code(connection(5), sent, None)), "before its use");

    write(&author, renewal(connection(5).id, 1, 11, at(30))).await;
    write(&author, renewal(connection(5).id, 11, 21, at(40))).await;
    let now = renewed(&connection(5), at(40));
    assert_eq!(find(&*store, now.id).await.as_ref(), Some(&now));
    assert_eq!(credential(&*store, 1).await, Some(code(now.clone(), sent, Some(at(30)))), "the code");
    for (number, given, used_at) in [(11, at(30), Some(at(40))), (21, at(40), None)] {
        let expires_at = given.plus(Connection::LIFE);
        let refresh =
            CredentialRecord { connection: now.clone(), grants: Grants::Refresh, expires_at, used_at };
        assert_eq!(credential(&*store, number).await, Some(refresh), "refresh token {number}");
        let (grants, expires_at) = (Grants::Access(granted()), given.plus(Connection::ACCESS_LIFE));
        let access = CredentialRecord { connection: now.clone(), grants, expires_at, used_at: None };
        assert_eq!(credential(&*store, number + 1).await, Some(access), "access token {}", number + 1);
    }
    let other = code(connection(6), sent, None);
    assert_eq!(credential(&*store, 9).await, Some(other), "that of another connection");
    assert_eq!(credential(&*store, 23).await, None);
}

pub(super) async fn a_code_or_refresh_token_is_good_for_one_renewal(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    begin(&author, &connection(5), 1).await;
    begin(&author, &connection(6), 9).await;
    let id = connection(5).id;
    for (used, next, when) in [(1, 11, 30), (11, 21, 40)] {
        let batch = author.batch("oauth_token").guard(unused(used));
        let batch = batch.change(renewal(id, used, next, at(when)));
        store.commit(batch).await.expect("should be committed: it is unused");
    }

    let before = traces(&*store, &author.handle).await;
    // Both kinds that were used; an access token, which renews nothing; one that is not there.
    for shown in [1, 11, 12, 77] {
        let stated = author.batch("oauth_token").guard(unused(shown));
        assert_eq!(stale(store.commit(stated).await), unused(shown), "the guard");
        let implied = author.batch("oauth_token").change(ended(connection(6).id, at(60)));
        let implied = implied.change(renewal(id, shown, 31, at(60)));
        assert_eq!(stale(store.commit(implied).await), unused(shown), "as if it had been guarded");
    }
    let foreign = author.batch("oauth_token").change(renewal(connection(6).id, 21, 31, at(60)));
    assert_eq!(stale(store.commit(foreign).await), unused(21), "the token of another connection");

    assert_eq!(traces(&*store, &author.handle).await, before, "{TRACES}");
    assert_eq!(find(&*store, id).await, Some(renewed(&connection(5), at(40))));
    let left = credential(&*store, 21).await.map(|record| record.used_at);
    assert_eq!(left, Some(None), "the refresh token that follows");
    for number in [31, 32] {
        assert_eq!(credential(&*store, number).await, None, "a token of a refused renewal");
    }
    let untouched = find(&*store, connection(6).id).await;
    assert_eq!(untouched, Some(connection(6)), "ended by a batch that was refused");
    write(&author, renewal(id, 21, 31, at(70))).await;
}

pub(super) async fn of_racing_renewals_of_one_code_exactly_one_wins(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    for heat in heats() {
        let mut rivals: Vec<Vec<_>> = (0..RIVALS).map(|_| Vec::new()).collect();
        for round in heat.clone() {
            begin(&author, &connection(round), round * 100).await;
            for (number, rival) in (0..).zip(&mut rivals) {
                // Half of them say what the others leave unsaid.
                let batch = Batch::new(entry(&handle(), at(number), "oauth_token"));
                let batch = if number % 2 == 0 { batch.guard(unused(round * 100)) } else { batch };
                let next = round * 100 + 1 + 2 * number;
                let renewal = renewal(connection(round).id, round * 100, next, at(number));
                rival.push(commit(&store, batch.change(renewal)));
            }
        }
        for (round, outcomes) in heat.zip(race(rivals).await) {
            let won = (0..).zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(number, _)| number);
            let won: Vec<u64> = won.collect();
            let [winner] = won[..] else { panic!("one of the rivals should have renewed it, not {won:?}") };
            for lost in outcomes.into_iter().filter(Result::is_err) {
                assert_eq!(stale(lost), unused(round * 100), "the guard that a loser was told");
            }
            let code = credential(&*store, round * 100).await.expect("the code should be there");
            assert_eq!(code.used_at, Some(at(winner)), "when the code was used");
            assert_eq!(code.connection, renewed(&connection(round), at(winner)));
            for number in 0..RIVALS {
                for token in [1, 2].map(|token| round * 100 + token + 2 * number) {
                    let found = credential(&*store, token).await;
                    assert_eq!(found.is_some(), number == winner, "a token of rival {number}");
                }
            }
        }
    }
}

pub(super) async fn an_ended_connection_stays_ended_since_the_first_time(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    begin(&author, &connection(5), 1).await;
    begin(&author, &connection(6), 9).await;
    for at in [at(50), at(55)] {
        write(&author, ended(connection(5).id, at)).await;
    }
    let over = Connection { ended_at: Some(at(50)), ..connection(5) };
    assert_eq!(find(&*store, over.id).await.as_ref(), Some(&over));
    let code = credential(&*store, 1).await.expect("its code is read still");
    assert_eq!((code.connection, code.used_at), (over.clone(), None));
    assert_eq!(find(&*store, connection(6).id).await, Some(connection(6)));
    write(&author, renewal(over.id, 1, 11, at(57))).await;
    assert_eq!(find(&*store, over.id).await, Some(renewed(&over, at(57))), "a renewal brought it back");
}

pub(super) async fn a_revoked_access_token_is_unknown(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    begin(&author, &connection(5), 1).await;
    write(&author, renewal(connection(5).id, 1, 11, at(30))).await;
    write(&author, renewal(connection(5).id, 11, 21, at(40))).await;
    // Its own kind only, and one that is not there is passed over.
    for number in [12, 12, 77, 1, 11, 21] {
        write(&author, revoked(number)).await;
    }
    assert_eq!(credential(&*store, 12).await, None, "the one that was revoked");
    for number in [1, 11, 21, 22] {
        assert!(credential(&*store, number).await.is_some(), "credential {number} is gone");
    }
    assert_eq!(find(&*store, connection(5).id).await, Some(renewed(&connection(5), at(40))));
}

pub(super) async fn connections_are_read_newest_first(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let other = Author::of(Arc::clone(&store), other_handle());
    write(&author, Change::Account(account(9))).await;
    let old = Connection { created_at: at(10), ended_at: Some(at(95)), ..connection(7) };
    let new = Connection { created_at: at(20), expires_at: at(21), ..connection(5) };
    let twin = Connection { created_at: at(10), renewed_at: at(90), ..connection(6) };
    let theirs = Connection { user: account(9).id, created_at: at(15), ..connection(8) };
    let elsewhere = Connection { handle: other_handle(), created_at: at(16), ..connection(4) };
    for (number, connection) in (1..).zip([&old, &new, &twin, &theirs]) {
        begin(&author, connection, number).await;
    }
    begin(&other, &elsewhere, 9).await;
    let of = async |user| store.connections_of(user).await.expect("should answer");
    let within = async |handle: &Handle| store.connections_in(handle).await.expect("should answer");
    assert_eq!(of(owner().id).await, [new.clone(), elsewhere.clone(), old.clone(), twin.clone()]);
    assert_eq!(of(account(9).id).await, std::slice::from_ref(&theirs));
    assert_eq!(of(account(10).id).await, []);
    assert_eq!(within(&handle()).await, [new, theirs, old, twin]);
    assert_eq!(within(&other_handle()).await, [elsewhere]);
    assert_eq!(within(&Handle::installation()).await, []);
}

pub(super) async fn the_latest_use_of_a_connection_is_kept(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    begin(&author, &connection(5), 1).await;
    begin(&author, &connection(6), 2).await;
    let (five, six, nobody) = (connection(5).id, connection(6).id, ConnectionId::new(uuid(99)));
    let before = traces(&*store, &author.handle).await;
    for uses in
        [vec![(six, at(9)), (nobody, at(9)), (five, at(3))], vec![(five, at(7)), (six, at(8))], vec![]]
    {
        store.note_connection_uses(&uses).await.expect("should be noted");
    }
    let last = async |id| find(&*store, id).await.and_then(|connection| connection.last_used_at);
    assert_eq!((last(five).await, last(six).await), (Some(at(7)), Some(at(9))));
    assert_eq!(traces(&*store, &author.handle).await, before, "a use is no change; {TRACES}");
}

pub(super) async fn forgetting_drops_what_has_expired_and_nothing_else(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    // Each has a code that expires at 60, an access token that does at 90, and a refresh token that does with it.
    for (number, expires_at, over) in [(1, 100, false), (2, 150, true), (3, 200, false), (4, 300, true)] {
        let begun = Connection { ended_at: over.then(|| at(10)), ..connection(number) };
        begin(&author, &begun, number * 10).await;
        let renewed = ConnectionChange::Renewed {
            id: begun.id,
            used: hash(number * 10),
            refresh: hash(number * 10 + 1),
            access: hash(number * 10 + 2),
            scopes: granted(),
            at: at(20),
            access_expires_at: at(90),
            expires_at: at(expires_at),
        };
        write(&author, Change::Connection(renewed)).await;
    }
    let forget = async |before, credentials_before| {
        store.forget_connections(at(before), at(credentials_before)).await.expect("should forget")
    };
    let left = async || {
        let mut left = (Vec::new(), Vec::new());
        for number in 1..=4 {
            left.0.extend(find(&*store, connection(number).id).await.map(|_| number));
            for number in [0, 1, 2].map(|kind| number * 10 + kind) {
                left.1.extend(credential(&*store, number).await.map(|_| number));
            }
        }
        left
    };
    let before = traces(&*store, &author.handle).await;
    assert_eq!(forget(100, 60).await, 0);
    assert_eq!(left().await, (vec![1, 2, 3, 4], vec![10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42]));
    assert_eq!(forget(50, 61).await, 0, "codes are no connections");
    assert_eq!(left().await, (vec![1, 2, 3, 4], vec![11, 12, 21, 22, 31, 32, 41, 42]));
    assert_eq!(forget(200, 90).await, 2, "connections forgotten");
    assert_eq!(left().await, (vec![3, 4], vec![31, 32, 41, 42]));
    assert_eq!(forget(200, 91).await, 0, "they are forgotten already");
    assert_eq!(left().await, (vec![3, 4], vec![31, 41]));
    assert_eq!(forget(200, 900).await, 0, "connections outlive what is theirs");
    assert_eq!(left().await, (vec![3, 4], vec![]));
    assert_eq!(traces(&*store, &author.handle).await, before, "{TRACES}");

    let late = author.batch("oauth_token").change(renewal(connection(1).id, 11, 51, at(95)));
    assert_eq!(stale(store.commit(late).await), unused(11), "a token that was forgotten");
}

pub(super) async fn connections_belong_to_the_handle_of_the_batch(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let other = Author::of(Arc::clone(&store), other_handle());
    let before = traces(&*store, &other_handle()).await;
    let foreign = store.commit(other.batch("oauth").change(begun(&connection(5), 1))).await;
    assert!(
        matches!(foreign, Err(CommitError::Store(StoreError::Corrupt { table: "connections", .. }))),
        "{foreign:?}"
    );
    assert_eq!(traces(&*store, &other_handle()).await, before, "{TRACES}");
    assert_eq!(find(&*store, connection(5).id).await, None);

    begin(&author, &connection(5), 1).await;
    write(&author, renewal(connection(5).id, 1, 11, at(30))).await;
    let renewed = find(&*store, connection(5).id).await;
    let foreign = other.batch("oauth_token").change(renewal(connection(5).id, 11, 21, at(40)));
    assert_eq!(stale(store.commit(foreign).await), unused(11), "the token of another handle's connection");
    write(&other, ended(connection(5).id, at(40))).await;
    write(&other, revoked(12)).await;
    assert_eq!(find(&*store, connection(5).id).await, renewed);
    assert!(credential(&*store, 12).await.is_some(), "another handle's batch revoked it");
    assert_eq!(credential(&*store, 21).await, None);
}

pub(super) async fn connections_are_noted_and_audited_in_their_handle(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let start = store.position().await.expect("should answer");
    let id = connection(5).id;
    let batches = [
        author.batch("oauth_consent").change(begun(&connection(5), 1)),
        author.batch("oauth_token").change(renewal(id, 1, 11, at(30))).change(revoked(12)),
        author.batch("oauth_revoke").change(ended(id, at(40))),
    ];
    for batch in batches {
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }
    let notes = store.changes(start, 10).await.expect("the log should be read").notes;
    let note = |version| ChangeNote { handle: handle(), version, changed: Changed::Access };
    assert_eq!(notes, [note(2), note(3), note(4)]);
    let records = store.audit(&handle(), 0, 100).await.expect("the audit should be read");
    assert_eq!(verify(None, &records), Ok(()));
    let told: Vec<_> = records.iter().map(|record| record.entry.operation.as_str()).collect();
    assert_eq!(told, ["bootstrap", "oauth_consent", "oauth_token", "oauth_revoke"]);
}

pub(super) async fn a_purged_handle_takes_its_connections_away(store: Arc<dyn Store>) {
    let author = settled(&store).await;
    let other = Author::of(Arc::clone(&store), other_handle());
    let theirs = Connection { handle: other_handle(), ..connection(6) };
    begin(&author, &connection(5), 1).await;
    write(&author, renewal(connection(5).id, 1, 11, at(10))).await;
    begin(&other, &theirs, 9).await;
    let closed = handle_record().closed(at(20));
    let purging = closed.record.purged(at(21).plus(HandleRecord::GRACE)).expect("it is time");
    for write in [closed, purging] {
        assert_eq!(store.purge(&handle()).await.expect("should answer"), 0, "it is not to be purged yet");
        assert!(find(&*store, connection(5).id).await.is_some(), "its connection is gone");
        let batch = author.batch("handles").handle(write);
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }
    assert!(store.purge(&handle()).await.expect("should purge") > 0, "nothing was there");
    assert_eq!(find(&*store, connection(5).id).await, None);
    assert_eq!(store.connections_in(&handle()).await.expect("should answer"), []);
    for number in [1, 11, 12] {
        assert_eq!(credential(&*store, number).await, None, "credential {number}");
    }
    assert_eq!(store.connections_of(owner().id).await.expect("should answer"), [theirs]);
    assert!(credential(&*store, 9).await.is_some(), "the code of another handle's connection");
}
