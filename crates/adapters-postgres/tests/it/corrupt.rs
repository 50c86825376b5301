use std::sync::Arc;

use lp_access::ProofChallenge;
use lp_adapters_postgres::PgStore;
use lp_core::Revision;
use lp_ports::{
    AccessReader, AuditReader, Batch, Change, ChangeLog, ChangePosition, CommitError, Committer,
    ConnectionChange, ConnectionReader, EventReader, HandleReader, IdempotencyReader, LinkQuery, LinkReader,
    SessionReader, StoreError,
};
use lp_testkit::Author;
use lp_testkit::fixtures::{
    at, connection, handle, household, key, owner, refresh, reply, session, to, token,
};

use crate::database::Database;

const ALL: LinkQuery = LinkQuery { after: None, limit: 10, tag: None, text: None };

/// A store with one of everything, damaged behind its back.
async fn damaged(statement: &'static str) -> Option<(Database, Arc<PgStore>)> {
    let database = Database::fresh().await?;
    let store = database.store().await;
    store.commit(household()).await.expect("the store is empty");
    let author = Author::new(store.clone());
    author.put("launch", to("https://example.com")).await;
    let begun = Change::SessionBegun { session: session(5), refresh: refresh(5) };
    let batch = author.batch("tokens_create").change(Change::Token(token(5))).change(begun);
    let batch = batch.change(begun_connection()).change(renewed_connection());
    store.commit(batch.remember(reply("key", "{}", at(9_000)))).await.expect("writes");
    database.damage(statement).await;
    Some((database, store))
}

/// With a code.
fn begun_connection() -> Change {
    Change::Connection(ConnectionChange::Begun {
        connection: Box::new(connection(5)),
        code: refresh(1),
        redirect_uri: "https://desk.example/callback".to_owned(),
        challenge: ProofChallenge([7; 32]),
    })
}

/// With a refresh token and an access token.
fn renewed_connection() -> Change {
    Change::Connection(ConnectionChange::Renewed {
        id: connection(5).id,
        used: refresh(1),
        refresh: refresh(2),
        access: refresh(3),
        scopes: connection(5).scopes,
        at: at(10),
        access_expires_at: at(60),
        expires_at: at(900),
    })
}

/// Reads everything there is; the first row found corrupt.
async fn first_corrupt(store: &PgStore) -> Option<(&'static str, String)> {
    let (handle, slug, now) = (handle(), key("launch"), at(0));
    let outcomes = [
        store.account(&owner().email).await.map(drop),
        store.handle(&handle).await.map(drop),
        store.role(owner().id, &handle).await.map(drop),
        store.members(&handle).await.map(drop),
        store.profile(&handle).await.map(drop),
        store.named(&handle).await.map(drop),
        store.handles_apart().await.map(drop),
        store.session(session(5).id).await.map(drop),
        store.sessions(owner().id).await.map(drop),
        store.refresh(refresh(5)).await.map(drop),
        store.connection(connection(5).id).await.map(drop),
        store.connections_of(owner().id).await.map(drop),
        store.connections_in(&handle).await.map(drop),
        store.credential(refresh(1)).await.map(drop),
        store.credential(refresh(2)).await.map(drop),
        store.credential(refresh(3)).await.map(drop),
        store.token(token(5).id).await.map(drop),
        store.tokens(&handle).await.map(drop),
        store.slot(&handle, &slug).await.map(drop),
        store.list(&handle, &ALL).await.map(drop),
        store.revision(&handle, &slug, Revision::FIRST).await.map(drop),
        store.revisions(&handle, &slug, None, 10).await.map(drop),
        store.greatest_position(&handle).await.map(drop),
        store.events(&handle, 0, 10).await.map(drop),
        store.audit(&handle, 0, 10).await.map(drop),
        store.audited_handles().await.map(drop),
        store.audit_head(&handle).await.map(drop),
        store.reply(&reply("key", "", now).key, now).await.map(drop),
        store.changes(ChangePosition(0), 10).await.map(drop),
    ];
    outcomes.into_iter().find_map(|outcome| match outcome {
        Err(StoreError::Corrupt { table, row }) => Some((table, row)),
        Err(StoreError::Unavailable(source)) => panic!("a bad row is not an outage: {source}"),
        Ok(()) => None,
    })
}

#[tokio::test]
async fn a_row_that_breaks_a_rule_is_reported_with_its_table() {
    let damages = [
        ("links", "hello/launch", "UPDATE links SET destination = 'javascript:alert(1)'"),
        ("links", "hello/launch", "UPDATE links SET slug = 'other'"),
        ("links", "hello/launch", "UPDATE links SET tags = '{}'"),
        ("links", "hello/launch", "UPDATE links SET tags = '[1]'"),
        ("links", "hello/launch", "UPDATE links SET tags = '[\"a\",\"A\"]'"),
        ("links", "hello/launch", "UPDATE links SET redirect_status = 200"),
        ("links", "hello/launch", "UPDATE links SET updated_at = created_at - 1000"),
        ("links", "hello/launch", "UPDATE links SET created_at = 1"),
        ("links", "hello/launch", "UPDATE links SET revision = 9"),
        ("links", "hello/launch", "UPDATE links SET position = -1"),
        ("links", "hello/launch", "UPDATE links SET position = 9000000000"),
        ("links", "hello/launch", "UPDATE links SET query = 'maybe'"),
        ("links", "hello/launch", "UPDATE links SET title = ''"),
        ("links", "hello/launch", "UPDATE links SET controls = '{\"start\":2000000,\"end\":1000000}'"),
        ("links", "hello/launch", "UPDATE links SET controls = '{\"of a later version\":1}'"),
        ("link_revisions", "hello/launch/1", "UPDATE link_revisions SET action = 'STOLEN'"),
        ("link_revisions", "hello/launch/1", "UPDATE link_revisions SET destination = ''"),
        ("accounts", "owner@example.com", "UPDATE accounts SET created_at = 1"),
        ("handles", "hello", "UPDATE handles SET created_at = 1"),
        ("members", "", "UPDATE members SET role = 'KING'"),
        ("members", "hello", "UPDATE members SET role = 'CREATOR'"),
        ("handles", "hello", "UPDATE handles SET closed_until = 1"),
        ("handles", "hello", "UPDATE handle_names SET name = 'Not A Handle'"),
        ("handles", "hello", "INSERT INTO handle_names VALUES ('a b', 'hello', 0)"),
        ("handle_names", "hello", "UPDATE handle_names SET handle = 'Not A Handle'"),
        ("handle_profiles", "hello", "INSERT INTO handle_profiles (handle, bio) VALUES ('hello', '')"),
        ("tokens", "", "UPDATE tokens SET scopes = '[\"everything\"]'"),
        ("tokens", "", "UPDATE tokens SET secret = '\\x00'"),
        ("sessions", "", "UPDATE sessions SET renewed_at = 1"),
        ("refresh_tokens", "", "UPDATE refresh_tokens SET used_at = 1"),
        ("connections", "", "UPDATE connections SET audience = 'ALL'"),
        ("connections", "", "UPDATE connections SET scopes = '[\"everything\"]'"),
        ("connections", "", "UPDATE connections SET expires_at = 1"),
        ("connection_credentials", "", "UPDATE connection_credentials SET kind = 'KEY'"),
        ("connection_credentials", "", "UPDATE connection_credentials SET challenge = NULL"),
        ("connection_credentials", "", "UPDATE connection_credentials SET granted = NULL"),
        (
            "connection_credentials",
            "",
            "UPDATE connection_credentials SET valid_until = 1 WHERE kind = 'REFRESH'",
        ),
        ("outbox", "hello/1", "UPDATE outbox SET facts = '[1]'"),
        ("audit", "hello/1", "UPDATE audit SET hash = '\\x00' WHERE seq = 1"),
        ("audit", "hello/1", "UPDATE audit SET refused_times = -1 WHERE seq = 1"),
        ("heads", "hello", "UPDATE heads SET audit_hash = '\\x00'"),
        ("heads", "Not A Handle", "UPDATE heads SET handle = 'Not A Handle'"),
        ("replies", "operator/links_upsert/key", "UPDATE replies SET fingerprint = '\\x00'"),
    ];
    for (table, row, statement) in damages {
        let Some((_database, store)) = damaged(statement).await else { return };
        let (found, named) =
            first_corrupt(&store).await.unwrap_or_else(|| panic!("not noticed: {statement}"));
        assert_eq!(found, table, "{statement}");
        assert!(row.is_empty() || named == row, "{statement}: {named}");
    }
}

#[tokio::test]
async fn a_filter_over_damaged_labels_is_no_outage() {
    for damage in ["UPDATE links SET tags = '{}'", "UPDATE links SET tags = '\"sale\"'"] {
        let Some((_database, store)) = damaged(damage).await else { return };
        let query = LinkQuery { tag: Some("sale".to_owned()), ..ALL };
        let outcome = store.list(&handle(), &query).await;
        assert!(matches!(outcome, Err(StoreError::Corrupt { table: "links", .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_commit_on_a_damaged_head_is_refused_and_the_next_handle_is_served() {
    let Some((_database, store)) = damaged("UPDATE heads SET audit_hash = '\\x00'").await else { return };
    let author = Author::new(store.clone());
    let outcome = store.commit(author.batch("look")).await;
    assert!(
        matches!(outcome, Err(CommitError::Store(StoreError::Corrupt { table: "heads", .. }))),
        "{outcome:?}"
    );
    let other = Author::of(store.clone(), lp_testkit::fixtures::other_handle());
    other.put("launch", to("https://example.com")).await;
}

#[tokio::test]
async fn a_lost_tail_of_the_audit_shows_in_the_chain() {
    let cut = "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)";
    let Some((_database, store)) = damaged(cut).await else { return };
    store.commit(Author::new(store.clone()).batch("look")).await.expect("writes");
    let records = store.audit(&handle(), 0, 100).await.expect("reads");
    assert_eq!(
        lp_access::verify(None, &records),
        Err(lp_access::BrokenChain { seq: 3, flaw: lp_access::Flaw::Misplaced })
    );
}

#[tokio::test]
async fn a_note_that_cannot_be_read_does_not_hold_up_those_behind_it() {
    let damage = "UPDATE change_log SET slug_key = 'UPPER' WHERE slug_key IS NOT NULL";
    let Some((_database, store)) = damaged(damage).await else { return };
    let changes = store.changes(ChangePosition(0), 10).await.expect("the log reads");
    let versions: Vec<_> = changes.notes.iter().map(|note| note.version).collect();
    assert_eq!((versions, changes.position), (vec![1, 3], ChangePosition(3)));
    let skipped = store.changes(ChangePosition(1), 1).await.expect("the log reads");
    assert_eq!((skipped.notes, skipped.position), (vec![], ChangePosition(2)));
}

#[tokio::test]
async fn a_token_of_a_handle_that_is_not_there_is_refused_alone() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let author = Author::new(store.clone());
    let orphan: Batch = author.batch("tokens_create").change(Change::Token(token(5)));
    let (lost, kept) =
        futures_util::future::join(store.commit(orphan), store.commit(author.batch("look"))).await;
    assert!(matches!(lost, Err(CommitError::Store(StoreError::Corrupt { table: "tokens", .. }))), "{lost:?}");
    kept.expect("the other batch is applied");
    assert_eq!(store.token(token(5).id).await.expect("reads"), None);
}

#[tokio::test]
async fn a_session_of_an_account_that_is_not_there_is_refused_alone() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let author = Author::new(store.clone());
    let orphan = Change::SessionBegun { session: session(5), refresh: refresh(5) };
    let orphan = author.batch("login").change(orphan);
    let (lost, kept) =
        futures_util::future::join(store.commit(orphan), store.commit(author.batch("look"))).await;
    assert!(
        matches!(lost, Err(CommitError::Store(StoreError::Corrupt { table: "sessions", .. }))),
        "{lost:?}"
    );
    kept.expect("the other batch is applied");
    assert_eq!(store.session(session(5).id).await.expect("reads"), None);
    assert_eq!(store.refresh(refresh(5)).await.expect("reads"), None);
}

#[tokio::test]
async fn a_connection_of_a_handle_that_is_not_there_is_refused_alone() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let author = Author::new(store.clone());
    let orphan = author.batch("oauth").change(begun_connection());
    let (lost, kept) =
        futures_util::future::join(store.commit(orphan), store.commit(author.batch("look"))).await;
    assert!(
        matches!(lost, Err(CommitError::Store(StoreError::Corrupt { table: "connections", .. }))),
        "{lost:?}"
    );
    kept.expect("the other batch is applied");
    assert_eq!(store.connection(connection(5).id).await.expect("reads"), None);
    assert_eq!(store.credential(refresh(1)).await.expect("reads"), None);
}
