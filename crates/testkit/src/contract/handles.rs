use std::sync::Arc;

use lp_access::{Bio, DisplayName, FormerName, HandleRecord, HandleState, HandleWrite, Members, Profile};
use lp_core::{Handle, Revision, Role, TimeZone};
use lp_ports::{Change, CommitError, Guard, JournalId, StoreError, Stretch};

use super::batches::stale;
use super::race_once;
use crate::fixtures::{
    account, at, click, entry, handle, handle_record, household, other_handle, owner, to, token, url,
};
use crate::{Author, Store};

fn named(text: &str) -> Handle {
    Handle::parse(text).expect("a handle")
}

/// The household, and two more accounts.
async fn inhabited(store: &Arc<dyn Store>) -> Author {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let author = Author::new(Arc::clone(store));
    let accounts = author.batch("signup").change(Change::Account(account(8)));
    let accounts = accounts.change(Change::Account(account(9)));
    store.commit(accounts).await.expect("should be committed: nothing is against it");
    author
}

async fn record(store: &dyn Store, handle: &Handle) -> HandleRecord {
    store.handle(handle).await.expect("should answer").expect("the handle should be there")
}

async fn write(author: &Author, write: HandleWrite) {
    let batch = author.batch("handles").handle(write);
    author.store.commit(batch).await.expect("should be committed: nothing is against it");
}

fn profile() -> Profile {
    Profile {
        display_name: Some(DisplayName::parse("Ham & Söhne").expect("a line")),
        bio: Some(Bio::parse("one\n\ttwo").expect("lines")),
        avatar: Some(url("https://example.com/a.png")),
        website: None,
        time_zone: Some(TimeZone::parse("Europe/Berlin").expect("a time zone")),
    }
}

pub(super) async fn a_handle_reads_back_as_it_was_written(store: Arc<dyn Store>) {
    assert_eq!(store.members(&handle()).await.expect("should answer"), None);
    assert_eq!(store.profile(&handle()).await.expect("should answer"), Profile::default());
    let author = inhabited(&store).await;
    assert_eq!(record(&*store, &handle()).await, handle_record());
    let alone = Members::of(owner().id);
    assert_eq!(store.members(&handle()).await.expect("should answer"), Some(alone.clone()));

    let told = handle_record().with_profile(profile());
    write(&author, told.clone()).await;
    assert_eq!(record(&*store, &handle()).await, told.record);
    assert_eq!(store.profile(&handle()).await.expect("should answer"), profile());
    assert_eq!(store.members(&handle()).await.expect("should answer"), Some(alone));

    let team = Members::of(account(8).id).replaced([(owner().id, Role::Creator)]).expect("few");
    let shared = told.record.with_members(team.clone());
    write(&author, shared.clone()).await;
    assert_eq!(record(&*store, &handle()).await, shared.record);
    assert_eq!(shared.record.owner, account(8).id);
    assert_eq!(store.members(&handle()).await.expect("should answer"), Some(team));
    assert_eq!(store.profile(&handle()).await.expect("should answer"), profile(), "it was not mentioned");

    let bare = shared.record.with_profile(Profile::default());
    write(&author, bare.clone()).await;
    assert_eq!(store.profile(&handle()).await.expect("should answer"), Profile::default());
    let closed = bare.record.closed(at(500));
    write(&author, closed.clone()).await;
    assert_eq!(record(&*store, &handle()).await, closed.record);
    let restored = closed.record.restored(at(600)).expect("in time");
    write(&author, restored.clone()).await;
    assert_eq!(record(&*store, &handle()).await, restored.record);
}

pub(super) async fn a_handle_changes_once_on_a_revision(store: Arc<dyn Store>) {
    let guard = |revision| Guard::HandleAt { handle: handle(), revision: Revision(revision) };
    let author = Author::new(Arc::clone(&store));
    assert_eq!(stale(store.commit(author.batch("look").guard(guard(1))).await), guard(1), "there is none");
    let author = inhabited(&store).await;
    let look = author.batch("look").guard(guard(1));
    store.commit(look).await.expect("should be committed: it is at its first revision");
    let first = handle_record().with_profile(profile());
    write(&author, first.clone()).await;
    for guarded in [true, false] {
        let again = handle_record().with_profile(Profile::default());
        let batch = author.batch("handles");
        let batch =
            if guarded { batch.handle(again) } else { batch.change(Change::HandleWritten(Box::new(again))) };
        assert_eq!(stale(store.commit(batch).await), guard(1));
    }
    assert_eq!(store.profile(&handle()).await.expect("should answer"), profile());
    let batch = author.batch("look").guard(guard(1));
    assert_eq!(stale(store.commit(batch).await), guard(1));
}

pub(super) async fn members_are_replaced_whole(store: Arc<dyn Store>) {
    let author = inhabited(&store).await;
    let alone = Members::of(owner().id);
    let both = [(account(8).id, Role::Operator), (account(9).id, Role::Creator)];
    let shared = handle_record().with_members(alone.replaced(both).expect("few"));
    write(&author, shared.clone()).await;
    assert_eq!(store.collaborators(&handle()).await.expect("should answer"), 2);
    let role = async |user| store.role(user, &handle()).await.expect("should answer");
    assert_eq!(role(account(8).id).await, Some(Role::Operator));
    assert_eq!(role(account(9).id).await, Some(Role::Creator));
    let theirs = store.handles_of(account(9).id).await.expect("should answer");
    assert_eq!(theirs, [(shared.record.clone(), Role::Creator)]);

    let one = shared.record.with_members(alone.replaced([(account(8).id, Role::Creator)]).expect("few"));
    write(&author, one.clone()).await;
    assert_eq!((role(account(8).id).await, role(account(9).id).await), (Some(Role::Creator), None));
    assert_eq!(store.handles_of(account(9).id).await.expect("should answer"), []);

    let members = store.members(&handle()).await.expect("should answer").expect("members");
    let passed_on = one.record.with_members(members.transferred(account(8).id).expect("few"));
    write(&author, passed_on).await;
    assert_eq!(role(account(8).id).await, Some(Role::Owner));
    assert_eq!(role(owner().id).await, Some(Role::Operator));

    let unknown = record(&*store, &handle()).await.with_members(Members::of(account(77).id));
    let refused = store.commit(author.batch("handles").handle(unknown)).await;
    assert!(
        matches!(refused, Err(CommitError::Store(StoreError::Corrupt { .. }))),
        "a member without an account: {refused:?}"
    );
}

pub(super) async fn a_name_belongs_to_its_handle_for_ever(store: Arc<dyn Store>) {
    let author = inhabited(&store).await;
    let other = Author::of(Arc::clone(&store), other_handle());
    let theirs = HandleRecord::new(other_handle(), account(9).id, at(1));
    store
        .commit(other.batch("handles_create").change(Change::Handle(theirs.clone())))
        .await
        .expect("should be committed: nothing is against it");
    let who = async |name: &str| store.named(&named(name)).await.expect("should answer");
    assert_eq!((who("hello").await, who("acme").await), (Some(handle()), None));

    let renamed = handle_record().renamed(&named("acme"), at(10)).expect("a first time");
    write(&author, renamed.clone()).await;
    let read = record(&*store, &handle()).await;
    assert_eq!(read, renamed.record);
    assert_eq!(
        (&read.name, &read.former[..]),
        (&named("acme"), &[FormerName { name: handle(), until: at(10).plus(HandleRecord::LEADS_ON) }][..])
    );
    assert_eq!((who("hello").await, who("acme").await), (Some(handle()), Some(handle())));
    assert_eq!(store.handle(&named("acme")).await.expect("should answer"), None, "it is no key");

    for name in ["hello", "acme"] {
        let guard = Guard::HandleFree(named(name));
        let batch = other.batch("look").guard(guard.clone());
        assert_eq!(stale(store.commit(batch).await), guard);
        let author = Author::of(Arc::clone(&store), named(name));
        let anew = Change::Handle(HandleRecord::new(named(name), account(9).id, at(20)));
        assert_eq!(stale(store.commit(author.batch("handles_create").change(anew)).await), guard);
        let taken = theirs.renamed(&named(name), at(20)).expect("a first time");
        assert_eq!(stale(store.commit(other.batch("handles_rename").handle(taken)).await), guard);
    }
    let back = renamed.record.renamed(&handle(), at(30)).expect("its own");
    write(&author, back.clone()).await;
    assert_eq!(record(&*store, &handle()).await, back.record);
    assert_eq!(back.record.former.len(), 1, "its own name is no former one any more");
    assert_eq!(who("acme").await, Some(handle()), "though it is called otherwise");
}

pub(super) async fn handles_apart_are_those_whose_names_do_not_say_all(store: Arc<dyn Store>) {
    let author = inhabited(&store).await;
    assert_eq!(store.handles_apart().await.expect("should answer"), []);
    let other = Author::of(Arc::clone(&store), other_handle());
    let theirs = HandleRecord::new(other_handle(), account(9).id, at(1));
    store
        .commit(other.batch("handles_create").change(Change::Handle(theirs.clone())))
        .await
        .expect("should be committed: nothing is against it");
    let closed = theirs.closed(at(5));
    write(&other, closed.clone()).await;
    assert_eq!(store.handles_apart().await.expect("should answer"), slice(&closed.record));
    let renamed = handle_record().renamed(&named("acme"), at(10)).expect("a first time");
    write(&author, renamed.clone()).await;
    let apart = store.handles_apart().await.expect("should answer");
    assert_eq!(apart, [renamed.record, closed.record.clone()]);
    write(&other, closed.record.restored(at(6)).expect("in time")).await;
    let apart = store.handles_apart().await.expect("should answer");
    assert_eq!(apart.len(), 1, "one that was taken back is like any other");
}

fn slice(record: &HandleRecord) -> [HandleRecord; 1] {
    [record.clone()]
}

pub(super) async fn of_racing_renames_to_one_name_exactly_one_wins(store: Arc<dyn Store>) {
    inhabited(&store).await;
    let mut rivals = Vec::new();
    for number in 0..6 {
        let key = named(&format!("rival-{number}"));
        let author = Author::of(Arc::clone(&store), key.clone());
        let record = HandleRecord::new(key, account(9).id, at(1));
        let made = author.batch("handles_create").change(Change::Handle(record.clone()));
        store.commit(made).await.expect("should be committed: nothing is against it");
        let write = record.renamed(&named("acme"), at(10)).expect("a first time");
        let (batch, store) = (author.batch("handles_rename").handle(write), Arc::clone(&store));
        rivals.push(async move { store.commit(batch).await });
    }
    let (won, lost): (Vec<_>, Vec<_>) = race_once(rivals).await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "handles that got the name");
    for lost in lost {
        assert_eq!(stale(lost), Guard::HandleFree(named("acme")));
    }
}

pub(super) async fn another_handle_is_not_written(store: Arc<dyn Store>) {
    inhabited(&store).await;
    let stranger = Author::of(Arc::clone(&store), other_handle());
    let batch = stranger.batch("handles").handle(handle_record().closed(at(5)));
    let refused = store.commit(batch).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Corrupt { .. }))), "{refused:?}");
    assert_eq!(record(&*store, &handle()).await, handle_record());
}

/// A handle with one of everything.
async fn furnish(store: &Arc<dyn Store>, author: &Author) {
    author.put("launch", to("https://example.com/1")).await;
    author.put("launch", to("https://example.com/2")).await;
    author.put("docs", to("https://example.com")).await;
    author.delete("docs").await;
    let token = author.batch("tokens_create").change(Change::Token(token(5)));
    store.commit(token).await.expect("should be committed: nothing is against it");
    let (mine, theirs) = (click(1), click(2));
    let theirs = lp_analytics::Click { handle: other_handle(), ..theirs };
    let journal = JournalId("j".to_owned());
    let stretch = Stretch { journal, from: 0, upto: 2, clicks: vec![mine, theirs] };
    store.ingest(&stretch).await.expect("should be taken in");
}

pub(super) async fn a_purged_handle_leaves_its_names_and_its_audit(store: Arc<dyn Store>) {
    let author = inhabited(&store).await;
    furnish(&store, &author).await;
    let other = Author::of(Arc::clone(&store), other_handle());
    other.put("launch", to("https://example.com/theirs")).await;
    let renamed = record(&*store, &handle()).await.renamed(&named("acme"), at(10)).expect("a first time");
    write(&author, renamed.clone()).await;
    write(&author, renamed.record.with_profile(profile())).await;
    let closed = record(&*store, &handle()).await.closed(at(20));
    write(&author, closed.clone()).await;
    let over = at(21).plus(HandleRecord::GRACE);
    write(&author, closed.record.purged(over).expect("it is time")).await;
    assert_eq!(record(&*store, &handle()).await.state, HandleState::Purging);
    let before = store.audit_head(&handle()).await.expect("should answer");

    assert!(store.purge(&handle()).await.expect("should purge") > 0, "nothing was there");
    assert_eq!(store.purge(&handle()).await.expect("should purge"), 0, "all of it is gone");
    assert_eq!(store.handle(&handle()).await.expect("should answer"), None);
    assert_eq!(store.members(&handle()).await.expect("should answer"), None);
    assert_eq!(store.role(owner().id, &handle()).await.expect("should answer"), None);
    assert_eq!(store.profile(&handle()).await.expect("should answer"), Profile::default());
    assert_eq!(store.token(token(5).id).await.expect("should answer"), None);
    assert_eq!(store.events(&handle(), 0, 10).await.expect("should answer"), []);
    assert_eq!(author.slot("launch").await, lp_links::Slot::default());
    let week = lp_analytics::Range { from: at(0), to: at(604_800) };
    let clicks =
        async |handle: &Handle| store.totals(handle, week, None).await.expect("should answer").clicks;
    assert_eq!((clicks(&handle()).await, clicks(&other_handle()).await), (0, 1));
    assert_eq!(other.slot("launch").await.latest, Some(Revision::FIRST), "the link of another handle");

    for name in [handle(), named("acme")] {
        assert_eq!(store.named(&name).await.expect("should answer"), Some(handle()), "{name}");
        let guard = Guard::HandleFree(name.clone());
        let batch = other.batch("look").guard(guard.clone());
        assert_eq!(stale(store.commit(batch).await), guard);
    }
    assert_eq!(store.audit_head(&handle()).await.expect("should answer"), before);
    let audit = store.audit(&handle(), 0, 100).await.expect("should answer");
    assert_eq!(lp_access::verify(None, &audit), Ok(()));
    assert_eq!(Some(audit.len() as u64), before.map(|(seq, _)| seq));
    let batch = lp_ports::Batch::new(entry(&handle(), over, "look"));
    let goes_on = store.commit(batch).await.expect("should be committed: the chain goes on");
    assert!(goes_on.version > 5, "the version began anew");
}

pub(super) async fn only_what_is_to_be_purged_is(store: Arc<dyn Store>) {
    assert_eq!(store.purge(&handle()).await.expect("should answer"), 0, "there is none");
    let author = inhabited(&store).await;
    furnish(&store, &author).await;
    assert_eq!(store.purge(&handle()).await.expect("should answer"), 0, "it is active");
    write(&author, handle_record().closed(at(20))).await;
    assert_eq!(store.purge(&handle()).await.expect("should answer"), 0, "it may be taken back");
    assert_eq!(author.slot("launch").await.latest, Some(Revision(2)));
    assert_eq!(store.tokens(&handle()).await.expect("should answer").len(), 1);
}
