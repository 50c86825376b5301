use std::collections::HashSet;
use std::sync::Arc;

use lp_access::{Account, CodePurpose, CodeRecord, Email, Mail, MailKind, SecretHash};
use lp_core::{Handle, MailId};
use lp_ports::{Change, Guard, MailChange};

use super::batches::{commit_at_once, stale};
use super::race_once;
use crate::fixtures::{account, at, household, owner, refresh, uuid};
use crate::{Author, Store};

/// One who writes in the installation's own space.
fn author(store: &Arc<dyn Store>) -> Author {
    Author::of(Arc::clone(store), Handle::installation())
}

async fn write(author: &Author, change: MailChange) {
    let batch = author.batch("mail").change(Change::Mail(change));
    author.store.commit(batch).await.expect("should be committed: nothing is against it");
}

fn code(purpose: CodePurpose, email: &Email, hash: SecretHash) -> CodeRecord {
    CodeRecord::issue(purpose, email.clone(), hash, at(0))
}

fn mail(number: u64) -> Mail {
    let seed = [u8::try_from(number).expect("a small number"); 32];
    let kind = MailKind::Code(CodePurpose::Reset);
    Mail::new(MailId::new(uuid(number)), owner().email, kind, seed, at(number))
}

async fn find(store: &dyn Store, purpose: CodePurpose, email: &Email) -> Option<CodeRecord> {
    store.code(purpose, email).await.expect("the code should be read")
}

pub(super) async fn a_code_reads_back_and_is_replaced(store: Arc<dyn Store>) {
    let (author, email) = (author(&store), owner().email);
    assert_eq!(find(&*store, CodePurpose::SignUp, &email).await, None);
    let password_hash = Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$none".to_owned());
    let sign_up = CodeRecord { password_hash, ..code(CodePurpose::SignUp, &email, refresh(1)) };
    let reset = CodeRecord { tries_left: 2, ..code(CodePurpose::Reset, &email, refresh(2)) };
    let other = code(CodePurpose::SignUp, &account(9).email, refresh(3));
    for issued in [&sign_up, &reset, &other] {
        write(&author, MailChange::Issued(issued.clone())).await;
    }
    for issued in [&sign_up, &reset, &other] {
        assert_eq!(find(&*store, issued.purpose, &issued.email).await.as_ref(), Some(issued));
    }
    let again = CodeRecord { expires_at: at(5), ..code(CodePurpose::SignUp, &email, refresh(4)) };
    write(&author, MailChange::Issued(again.clone())).await;
    assert_eq!(find(&*store, CodePurpose::SignUp, &email).await, Some(again));
    assert_eq!(find(&*store, CodePurpose::Reset, &email).await, Some(reset), "of another purpose");
    let gone = author.batch("confirm").change(Change::Mail(MailChange::Used(refresh(1))));
    assert_eq!(stale(store.commit(gone).await), Guard::CodeOpen(refresh(1)), "the one before");
}

pub(super) async fn a_code_is_open_while_it_has_tries_left(store: Arc<dyn Store>) {
    let (author, email) = (author(&store), owner().email);
    let (hash, open) = (refresh(1), Guard::CodeOpen(refresh(1)));
    let unknown = author.batch("look").guard(open.clone());
    assert_eq!(stale(store.commit(unknown).await), open, "a code that was never issued");
    let issued = CodeRecord { tries_left: 2, ..code(CodePurpose::SignIn, &email, hash) };
    write(&author, MailChange::Issued(issued)).await;
    for left in [1, 0] {
        let batch = author.batch("confirm").guard(open.clone()).change(Change::Mail(MailChange::Tried(hash)));
        store.commit(batch).await.expect("should be committed: there are tries left");
        let found = find(&*store, CodePurpose::SignIn, &email).await.map(|code| code.tries_left);
        assert_eq!(found, Some(left), "tries left");
    }
    for change in [MailChange::Tried(hash), MailChange::Used(hash)] {
        let guarded = author.batch("confirm").guard(open.clone()).change(Change::Mail(change.clone()));
        assert_eq!(stale(store.commit(guarded).await), open, "stated");
        let implied = author.batch("confirm").change(Change::Mail(change));
        assert_eq!(stale(store.commit(implied).await), open, "not stated");
    }
    assert!(find(&*store, CodePurpose::SignIn, &email).await.is_some(), "a void code is read still");
    write(&author, MailChange::Issued(code(CodePurpose::SignIn, &email, refresh(2)))).await;
    write(&author, MailChange::Used(refresh(2))).await;
    assert_eq!(find(&*store, CodePurpose::SignIn, &email).await, None, "a code that was used");
}

pub(super) async fn of_racing_uses_of_a_code_exactly_one_wins(store: Arc<dyn Store>) {
    let author = author(&store);
    for round in 0..10 {
        let hash = refresh(round);
        write(&author, MailChange::Issued(code(CodePurpose::SignIn, &owner().email, hash))).await;
        let batches = (0..6).map(|_| author.batch("confirm").change(Change::Mail(MailChange::Used(hash))));
        let (won, lost): (Vec<_>, Vec<_>) =
            commit_at_once(&store, batches.collect()).await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "uses of one code that were taken");
        for lost in lost {
            assert_eq!(stale(lost), Guard::CodeOpen(hash), "the guard that a loser was told");
        }
    }
}

pub(super) async fn racing_tries_never_count_more_than_there_are(store: Arc<dyn Store>) {
    let (author, hash) = (author(&store), refresh(1));
    write(&author, MailChange::Issued(code(CodePurpose::SignIn, &owner().email, hash))).await;
    let batches = (0..12).map(|_| author.batch("confirm").change(Change::Mail(MailChange::Tried(hash))));
    let outcomes = commit_at_once(&store, batches.collect()).await;
    let counted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(counted, 5, "tries that counted");
    let found = find(&*store, CodePurpose::SignIn, &owner().email).await.map(|code| code.tries_left);
    assert_eq!(found, Some(0), "tries left");
}

pub(super) async fn a_new_password_takes_the_place_of_the_one_before(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let author = author(&store);
    let new = "$argon2id$v=19$m=19456,t=2,p=1$b3RoZXJzYWx0$none".to_owned();
    let before = Guard::PasswordIs { email: owner().email, hash: owner().password_hash };
    let after = Guard::PasswordIs { email: owner().email, hash: new.clone() };
    let set = Change::PasswordSet { user: owner().id, hash: new.clone() };
    let batch = author.batch("password").guard(before.clone()).change(set.clone());
    store.commit(batch).await.expect("should be committed: the password is as it was read");
    let changed = Account { password_hash: new, ..owner() };
    assert_eq!(store.account(&owner().email).await.expect("should answer"), Some(changed));
    assert_eq!(stale(store.commit(author.batch("login").guard(before.clone())).await), before);
    store.commit(author.batch("login").guard(after)).await.expect("should be committed: it is this one now");
    let unknown = Guard::PasswordIs { email: account(9).email, hash: String::new() };
    assert_eq!(stale(store.commit(author.batch("login").guard(unknown.clone())).await), unknown);
}

pub(super) async fn a_mail_is_claimed_until_it_is_done(store: Arc<dyn Store>) {
    let author = author(&store);
    for number in [3, 1, 2, 9] {
        write(&author, MailChange::Queued(mail(number))).await;
    }
    let claim = async |now, until, limit| {
        let mut claimed = store.claim_mails(at(now), at(until), limit).await.expect("should answer");
        claimed.sort_by_key(|mail| mail.id);
        claimed
    };
    assert_eq!(claim(0, 50, 10).await, [], "none is due yet");
    let claimed = |number, until, attempts| Mail { due_at: at(until), attempts, ..mail(number) };
    assert_eq!(claim(3, 50, 2).await, [claimed(1, 50, 1), claimed(2, 50, 1)], "those due first");
    assert_eq!(claim(3, 51, 10).await, [claimed(3, 51, 1)], "what is left");
    assert_eq!(claim(49, 60, 10).await, [claimed(9, 60, 1)], "the others are taken");
    store.mail_done(mail(1).id).await.expect("should answer");
    store.mail_done(mail(1).id).await.expect("doing it twice is doing it once");
    assert_eq!(claim(50, 70, 10).await, [claimed(2, 70, 2)], "its claim has run out");
    for number in [2, 3, 9] {
        store.mail_done(mail(number).id).await.expect("should answer");
    }
    assert_eq!(claim(900, 950, 10).await, [], "all are done");
}

pub(super) async fn a_mail_is_put_off_by_who_has_it(store: Arc<dyn Store>) {
    write(&author(&store), MailChange::Queued(mail(1))).await;
    let first = store.claim_mails(at(1), at(10), 10).await.expect("should answer");
    store.mail_later(&first[0], at(5)).await.expect("should answer");
    assert_eq!(store.claim_mails(at(4), at(20), 10).await.expect("should answer"), []);
    let second = store.claim_mails(at(5), at(20), 10).await.expect("should answer");
    assert_eq!(second, [Mail { due_at: at(20), attempts: 2, ..mail(1) }]);
    store.mail_later(&first[0], at(6)).await.expect("should answer");
    assert_eq!(store.claim_mails(at(19), at(30), 10).await.expect("should answer"), [], "the claim is lost");
}

pub(super) async fn of_racing_claims_each_mail_is_given_to_one(store: Arc<dyn Store>) {
    let author = author(&store);
    for number in 0..40 {
        write(&author, MailChange::Queued(mail(number))).await;
    }
    let nodes = (0..6).map(|_| {
        let store = Arc::clone(&store);
        async move {
            let mut mine = Vec::new();
            // One that finds nothing may have been overtaken by others that have not finished.
            for _ in 0..12 {
                mine.extend(store.claim_mails(at(100), at(200), 3).await.expect("should answer"));
            }
            mine
        }
    });
    let claimed: Vec<_> = race_once(nodes).await.into_iter().flatten().map(|mail| mail.id).collect();
    let different: HashSet<_> = claimed.iter().collect();
    assert_eq!((claimed.len(), different.len()), (40, 40), "mails claimed, and different ones among them");
}

pub(super) async fn a_refused_batch_sends_nothing(store: Arc<dyn Store>) {
    let author = author(&store);
    let batch = author
        .batch("forgot")
        .change(Change::Mail(MailChange::Queued(mail(1))))
        .change(Change::Mail(MailChange::Issued(code(CodePurpose::Reset, &owner().email, refresh(1)))))
        .change(Change::Mail(MailChange::Used(refresh(7))));
    assert_eq!(stale(store.commit(batch).await), Guard::CodeOpen(refresh(7)));
    assert_eq!(store.claim_mails(at(100), at(200), 10).await.expect("should answer"), []);
    assert_eq!(find(&*store, CodePurpose::Reset, &owner().email).await, None);
}

pub(super) async fn forgetting_drops_codes_and_mails_that_have_expired(store: Arc<dyn Store>) {
    let author = author(&store);
    for (number, expires_at) in [(1, at(10)), (2, at(20)), (3, at(30))] {
        let email = account(number).email;
        let issued = CodeRecord { expires_at, ..code(CodePurpose::SignIn, &email, refresh(number)) };
        write(&author, MailChange::Issued(issued)).await;
        write(&author, MailChange::Queued(Mail { expires_at, ..mail(number) })).await;
    }
    assert_eq!(store.forget_codes(at(20)).await.expect("should answer"), 1, "codes forgotten");
    for (number, left) in [(1, false), (2, true), (3, true)] {
        let found = find(&*store, CodePurpose::SignIn, &account(number).email).await;
        assert_eq!(found.is_some(), left, "code {number}");
    }
    let left = store.claim_mails(at(100), at(200), 10).await.expect("should answer");
    let left: HashSet<_> = left.into_iter().map(|mail| mail.id).collect();
    assert_eq!(left, HashSet::from([mail(2).id, mail(3).id]), "mails left");
}
