use futures_util::future::{join, join_all};
use lp_ports::{
    AccessReader, AuditReader, Batch, Change, ChangeLog, ChangePosition, Changed, CommitError, Committer,
    ConnectionReader, CountedWrite, EventReader, Guard, IdempotencyReader, LinkQuery, LinkReader,
    SessionReader,
};
use lp_testkit::Author;
use lp_testkit::fixtures::{
    account, at, entry, handle, handle_record, household, key, other_handle, owner, refresh, reply, session,
    to, token,
};

use crate::database::Database;

#[tokio::test]
async fn two_stores_on_one_database_see_each_others_commits_and_notes() {
    let Some(database) = Database::fresh().await else { return };
    let (serving, beside) = (database.store().await, database.store().await);
    let start = serving.position().await.expect("reads");
    beside.commit(household()).await.expect("the store is empty");
    let made = Author::new(beside.clone()).batch("tokens_create").change(Change::Token(token(5)));
    beside.commit(made).await.expect("writes");
    assert_eq!(serving.token(token(5).id).await.expect("reads"), Some(token(5)));
    let link = Author::new(serving.clone()).put("launch", to("https://example.com")).await;
    assert_eq!(beside.slot(&handle(), &key("launch")).await.expect("reads").live, Some(link));
    for store in [&serving, &beside] {
        let changes = store.changes(start, 100).await.expect("reads");
        let seen: Vec<_> = changes.notes.into_iter().map(|note| (note.version, note.changed)).collect();
        assert_eq!(seen, [(1, Changed::Access), (2, Changed::Access), (3, Changed::Link(key("launch")))]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_of_several_nodes_at_once_all_succeed() {
    let Some(database) = Database::fresh().await else { return };
    let stores = join_all((0..3).map(|_| database.store())).await;
    let author = Author::new(stores[0].clone());
    let mut batches = Vec::new();
    for number in 0..60 {
        let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
        batches.push(author.batch("links_upsert").link(&write, author.event()));
    }
    let commits = (0..).zip(batches).map(|(number, batch)| stores[number % 3].commit(batch));
    for outcome in join_all(commits).await {
        outcome.expect("writers take turns");
    }
    assert_eq!(stores[2].count(&handle()).await.expect("reads"), 60);
    assert_eq!(stores[2].events(&handle(), 0, 100).await.expect("reads").len(), 60);
    let records = stores[1].audit(&handle(), 0, 100).await.expect("reads");
    assert_eq!((records.len(), lp_access::verify(None, &records)), (60, Ok(())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_nodes_one_gets_the_handle_the_mailbox_the_session_and_the_key() {
    let Some(database) = Database::fresh().await else { return };
    let stores = join_all((0..2).map(|_| database.store())).await;
    stores[0].commit(household()).await.expect("the store is empty");
    // Batches of different handles, so that nothing but the names themselves keeps them apart.
    let batch = |number: u64| {
        let own = lp_core::Handle::parse(&format!("actor{number}")).expect("a handle");
        Batch::new(entry(&own, at(number), "signup"))
    };
    let race = async |make: &dyn Fn(u64) -> Batch| {
        let racing = (0..8).map(|number| stores[usize::from(number % 2 == 0)].commit(make(number)));
        let outcomes = join_all(racing).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        outcomes.into_iter().filter_map(Result::err).collect::<Vec<_>>()
    };
    let mailbox = account(900).email;
    let newcomer = |number: u64| lp_access::Account { email: mailbox.clone(), ..account(100 + number) };
    let guard = Guard::EmailFree(mailbox.clone());
    for lost in race(&|n| batch(n).guard(guard.clone()).change(Change::Account(newcomer(n)))).await {
        assert!(matches!(lost, CommitError::Stale(ref stale) if *stale == guard), "{lost:?}");
    }
    let guard = Guard::HandleFree(other_handle());
    let wanted =
        lp_access::HandleRecord::new(other_handle(), handle_record().owner, handle_record().created_at);
    // What is written belongs to the handle that is wanted.
    let taking = |n: u64| Batch::new(entry(&other_handle(), at(n), "handles_create"));
    for lost in race(&|n| taking(n).guard(guard.clone()).change(Change::Handle(wanted.clone()))).await {
        assert!(matches!(lost, CommitError::Stale(ref stale) if *stale == guard), "{lost:?}");
    }
    let begun = Change::SessionBegun { session: session(5), refresh: refresh(100) };
    stores[0].commit(batch(0).change(begun)).await.expect("nothing is against it");
    let (id, used, expires_at) = (session(5).id, refresh(100), at(90_000));
    let renewal = |n: u64| Change::SessionRenewed { id, used, next: refresh(n), at: at(n), expires_at };
    for lost in race(&|n| batch(n).change(renewal(n))).await {
        assert!(matches!(lost, CommitError::Stale(Guard::RefreshUnused(stale)) if stale == used), "{lost:?}");
    }
    for lost in race(&|n| batch(n).remember(reply("key", "{}", at(90_000)))).await {
        assert!(matches!(lost, CommitError::Repeated(_)), "{lost:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_writes_for_the_last_place_on_several_nodes_one_is_applied() {
    let Some(database) = Database::fresh().await else { return };
    let stores = join_all((0..3).map(|_| database.store())).await;
    stores[0].commit(household()).await.expect("the store is empty");
    let day = lp_core::Day::of(20_260_225).expect("a day");
    let write = CountedWrite { account: owner().id, day, most: Some(10) };
    let batch = |number: u64| {
        let own = lp_core::Handle::parse(&format!("actor{number}")).expect("a handle");
        Batch::new(entry(&own, at(number), "links_upsert")).counting(write)
    };
    for number in 0..9 {
        stores[0].commit(batch(number)).await.expect("there is room");
    }
    let racing =
        (0..100_u64).map(|number| stores[usize::try_from(number % 3).unwrap_or(0)].commit(batch(number)));
    let outcomes = join_all(racing).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for lost in outcomes.into_iter().filter_map(Result::err) {
        assert!(
            matches!(lost, CommitError::Spent(spent) if (spent.day, spent.writes) == (day, 10)),
            "{lost:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_look_at_each_others_slugs_do_not_lock_each_other_up() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let (mine, theirs) = (Author::new(store.clone()), Author::of(store.clone(), other_handle()));
    let foreign = |of: &Author| Guard::SlugAt { handle: of.handle.clone(), slug: key("none"), latest: None };
    let mut batches = Vec::new();
    for number in 0..20 {
        for (author, other) in [(&mine, &theirs), (&theirs, &mine)] {
            let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
            batches.push(author.batch("links_upsert").link(&write, author.event()).guard(foreign(other)));
        }
    }
    for outcome in join_all(batches.into_iter().map(|batch| store.commit(batch))).await {
        outcome.expect("they take turns");
    }
}

#[tokio::test]
async fn a_handle_that_was_only_looked_at_has_no_audit() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let guard = Guard::SlugAt { handle: other_handle(), slug: key("none"), latest: None };
    store.commit(Author::new(store.clone()).batch("look").guard(guard)).await.expect("it holds");
    assert_eq!(store.audited_handles().await.expect("reads"), [handle()]);
    assert_eq!(store.audit_head(&other_handle()).await.expect("reads"), None);
}

#[tokio::test]
async fn connections_that_the_server_has_ended_are_replaced() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let author = Author::new(store.clone());
    for round in 0..5 {
        author.put("launch", to(&format!("https://example.com/{round}"))).await;
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        database.damage(cut).await;
        let link = author.put("launch", to(&format!("https://example.com/{round}/again"))).await;
        assert_eq!(author.slot("launch").await.live, Some(link));
    }
}

#[tokio::test]
async fn an_import_is_written_and_read_whole() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let author = Author::new(store.clone());
    let mut batch = author.batch("links_import");
    for number in 0..500 {
        let write = author.decide(&format!("slug-{number}"), to("https://example.com/x?y=1")).await;
        batch = batch.link(&write, author.event());
    }
    assert_eq!(store.commit(batch).await.expect("writes").version, 1);
    assert_eq!(store.count(&handle()).await.expect("reads"), 500);
    assert_eq!(store.events(&handle(), 499, 10).await.expect("reads").len(), 1);
    let notes = store.changes(ChangePosition(0), 1_000).await.expect("reads").notes;
    let slugs: Vec<_> = notes.into_iter().map(|note| note.changed).collect();
    assert_eq!(slugs, (0..500).map(|n| Changed::Link(key(&format!("slug-{n}")))).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_revision_that_is_there_already_is_refused_by_name() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let author = Author::new(store.clone());
    let mut batch = author.batch("links_import");
    for slug in ["aa", "bb", "cc"] {
        // Only the changes: nothing is guarded.
        let write = author.decide(slug, to("https://example.com")).await;
        batch = batch.change(Change::Link { after: write.after, action: write.action });
    }
    author.put("bb", to("https://example.com/first")).await;
    let stale = Guard::SlugAt { handle: handle(), slug: key("bb"), latest: None };
    let outcome = store.commit(batch).await;
    assert!(matches!(outcome, Err(CommitError::Stale(ref guard)) if *guard == stale), "{outcome:?}");
    let twice = author.decide("dd", to("https://example.com")).await;
    let change = Change::Link { after: twice.after, action: twice.action };
    let outcome = store.commit(author.batch("links_import").change(change.clone()).change(change)).await;
    assert!(matches!(outcome, Err(CommitError::Stale(Guard::SlugAt { .. }))), "{outcome:?}");
    assert_eq!(store.count(&handle()).await.expect("reads"), 1);
}

#[tokio::test]
async fn texts_of_any_content_are_kept() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let strange = "a\0b\u{1a}c'\\\u{1f600}";
    let audited = lp_access::AuditEntry { subject: strange.to_owned(), ..entry(&handle(), at(1), "look") };
    let kept = reply(strange, strange, at(9_000));
    store.commit(Batch::new(audited.clone()).remember(kept.clone())).await.expect("writes");
    let records = store.audit(&handle(), 0, 10).await.expect("reads");
    assert_eq!((&records[0].entry, lp_access::verify(None, &records)), (&audited, Ok(())));
    assert_eq!(store.reply(&kept.key, at(2)).await.expect("reads"), Some(kept));
    let found =
        LinkQuery { after: None, limit: 10, tag: Some(strange.to_owned()), text: Some("\0".to_owned()) };
    assert_eq!(store.list(&handle(), &found).await.expect("reads").items, []);
    let agreed = lp_ports::StoreHealth::agree(&*store, "na\0me", strange).await.expect("kept");
    assert_eq!(agreed, strange);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_prepare_an_empty_store_one_does() {
    let Some(database) = Database::fresh().await else { return };
    let (one, two) = (database.store().await, database.store().await);
    let other = Batch::new(entry(&other_handle(), at(0), "bootstrap"))
        .guard(Guard::StoreEmpty)
        .change(Change::Account(account(7)));
    let outcomes = <[_; 2]>::from(join(one.commit(household()), two.commit(other)).await);
    let lost: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(matches!(lost[..], [CommitError::Stale(Guard::StoreEmpty)]), "{lost:?}");
}

#[tokio::test]
async fn replies_are_forgotten_piece_by_piece() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    database
        .damage(
            "INSERT INTO replies (actor, operation, key, fingerprint, created, body, expires_at) \
             SELECT 'a', 'o', n::text, '', TRUE, '', n FROM generate_series(1, 20001) AS n",
        )
        .await;
    let now = lp_core::Timestamp::from_micros(20_000);
    assert_eq!(store.forget(now).await.expect("forgets"), 20_000);
    assert_eq!(store.forget(now).await.expect("forgets"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_guarded_on_a_refresh_token_comes_before_its_use_or_not_at_all() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    store.commit(household()).await.expect("the store is empty");
    let (mine, theirs) = (Author::new(store.clone()), Author::of(store.clone(), other_handle()));
    for round in 0..20 {
        let (session, used) = (session(round), refresh(round));
        let id = session.id;
        let expires_at = session.expires_at;
        let begun = mine.batch("login").change(Change::SessionBegun { session, refresh: used });
        store.commit(begun).await.expect("nothing is against it");
        let start = store.position().await.expect("reads");
        let renewal =
            Change::SessionRenewed { id, used, next: refresh(1_000 + round), at: at(round), expires_at };
        let guarded = theirs.batch("end").guard(Guard::RefreshUnused(used));
        let guarded = guarded.change(Change::SessionEnded { id, at: at(50) });
        let (renewed, ended) =
            join(store.commit(mine.batch("refresh").change(renewal)), store.commit(guarded)).await;
        renewed.expect("the token was unused");
        let notes = store.changes(start, 10).await.expect("reads").notes;
        let order: Vec<_> = notes.iter().map(|note| note.handle.as_str()).collect();
        let wanted: &[&str] = if ended.is_ok() { &["other", "hello"] } else { &["hello"] };
        assert_eq!(order, wanted, "{ended:?}");
    }
}

#[tokio::test]
async fn sessions_are_forgotten_piece_by_piece() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    store.commit(household()).await.expect("the store is empty");
    database
        .damage(
            "INSERT INTO sessions (id, account, agent, created_at, renewed_at, expires_at) \
             SELECT md5(n::text)::uuid, accounts.id, '', 0, 0, n * 1000 FROM accounts, generate_series(1, 10002) AS n; \
             INSERT INTO refresh_tokens (hash, session) SELECT sha256((m || id::text)::bytea), id \
             FROM sessions, generate_series(1, 2) AS m",
        )
        .await;
    let before = lp_core::Timestamp::from_micros(10_002_000);
    assert_eq!(store.forget_sessions(before).await.expect("forgets"), 10_001);
    assert_eq!(store.forget_sessions(before).await.expect("forgets"), 0);
}

#[tokio::test]
async fn connections_are_forgotten_piece_by_piece() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    store.commit(household()).await.expect("the store is empty");
    database
        .damage(
            "INSERT INTO connections (id, handle, account, client, client_name, client_place, audience, scopes, \
                 created_at, renewed_at, expires_at) \
             SELECT md5(n::text)::uuid, 'hello', accounts.id, '', '', '', 'HANDLE', '[]', 0, 0, n * 1000 \
             FROM accounts, generate_series(1, 10002) AS n; \
             INSERT INTO connection_credentials (hash, connection, handle, kind, valid_until) \
             SELECT sha256((m || id::text)::bytea), id, handle, 'REFRESH', m * 1000 \
             FROM connections, generate_series(1, 3) AS m",
        )
        .await;
    let (before, credentials) = (10_002_000, 2_000);
    let [before, credentials] = [before, credentials].map(lp_core::Timestamp::from_micros);
    assert_eq!(store.forget_connections(before, credentials).await.expect("forgets"), 10_001);
    assert_eq!(store.forget_connections(before, credentials).await.expect("forgets"), 0);
    let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM connection_credentials");
    let left = left.fetch_one(&mut database.connection().await).await.expect("reads");
    assert_eq!(left, 2, "those of the connection that is left, but for the one that expired");
}
