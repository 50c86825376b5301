use std::sync::Arc;

use lp_access::HandleRecord;
use lp_core::{Country, Device, Handle, Revision};
use lp_links::{Allocation, Priority, RuleId, Term, When};
use lp_personalization::{
    Contexts, Cta, HandleRules, Metadata, Origin, PersonalizationRule, RulesWrite, Variant, VariantId,
};
use lp_ports::{Change, ChangeNote, Changed, Guard};

use super::batches::{commit, racer, stale};
use super::{RIVALS, heats, race};
use crate::fixtures::{at, handle, handle_record, household, other_handle, owner, title, to, url};
use crate::{Author, Store};

fn id(text: &str) -> RuleId {
    RuleId::parse(text).expect("an id")
}

/// A rule for everybody, whose variant is nothing but a name.
fn rule(text: &str, priority: i32) -> PersonalizationRule {
    PersonalizationRule {
        id: id(text),
        enabled: true,
        priority: Priority::of(priority).expect("a priority"),
        when: When::default(),
        variant: Variant {
            id: VariantId::parse("a").expect("an id"),
            title: None,
            cta: None,
            destination: None,
            metadata: None,
        },
        allocation: Allocation::default(),
    }
}

/// A rule that says all there is to say.
fn full() -> PersonalizationRule {
    let term = |text: &str| Term::parse(text).expect("a term");
    let when = When::default()
        .sources(["Newsletter", "größer als \"%\\"].map(term))
        .and_then(|when| when.campaigns([term("spring")]))
        .and_then(|when| when.countries(["US", "XK"].map(|code| Country::parse(code).expect("a country"))))
        .and_then(|when| when.devices(Device::ALL))
        .and_then(|when| when.segments([term("returning")]));
    PersonalizationRule {
        enabled: false,
        when: when.expect("few values"),
        variant: Variant {
            id: VariantId::parse("Variant_a.1-x").expect("an id"),
            title: Some(title("Größer & \"besser\"")),
            cta: Some(Cta::parse("Jetzt \\ \u{1F680}").expect("a line")),
            destination: Some(url("https://example.com/?a=%25#b")),
            metadata: Some(Metadata::of(r#"{"a":[1.50,"\u0000\u001a0"],"b":{"c":null}}"#).expect("short")),
        },
        allocation: Allocation::of(0.1).expect("a share"),
        ..rule("full", -7)
    }
}

fn contexts() -> Contexts {
    let origins =
        ["https://example.com", "http://localhost:8080"].map(|text| Origin::parse(text).expect("one"));
    Contexts::of(origins, false).expect("few")
}

async fn now(store: &dyn Store, handle: &Handle) -> HandleRules {
    store.rules(handle, None).await.expect("the rules should be read")
}

async fn then(store: &dyn Store, revision: u64) -> HandleRules {
    store.rules(&handle(), Some(Revision(revision))).await.expect("the rules should be read")
}

/// Commits a decision; says what the rules are then.
async fn write(author: &Author, write: RulesWrite) -> HandleRules {
    let after = write.after.clone();
    let batch = author.batch("rules").rules(write);
    author.store.commit(batch).await.expect("should be committed: nothing is against it");
    after
}

fn rules_at(handle: Handle, revision: u64) -> Guard {
    Guard::RulesAt { handle, revision: Revision(revision) }
}

pub(super) async fn rules_read_back_as_they_were_written(store: Arc<dyn Store>) {
    assert_eq!(now(&*store, &handle()).await, HandleRules::default());
    assert_eq!(then(&*store, 7).await, HandleRules::default());
    let author = Author::new(Arc::clone(&store));
    let first = write(&author, HandleRules::default().upsert(full()).expect("few")).await;
    assert_eq!(now(&*store, &handle()).await, first);
    let second = write(&author, first.upsert(rule("earlier", -8)).expect("few")).await;
    assert_eq!(now(&*store, &handle()).await, second);
    let third = write(&author, second.set_contexts(contexts())).await;
    let read = now(&*store, &handle()).await;
    assert_eq!(read, third);
    let ids: Vec<_> = read.rules().map(|rule| rule.id.as_str()).collect();
    assert_eq!((ids, read.revision), (vec!["earlier", "full"], Revision(3)));
}

pub(super) async fn rules_of_every_revision_read_back(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let mut all = vec![HandleRules::default()];
    for name in ["bb", "aa", "rule", "contexts"] {
        let next = all[all.len() - 1].upsert(rule(name, 100)).expect("few");
        all.push(write(&author, next).await);
    }
    let rules = |all: &[HandleRules]| all[all.len() - 1].clone();
    let changed = rules(&all).upsert(PersonalizationRule { enabled: false, ..rule("aa", 7) });
    all.push(write(&author, changed.expect("few")).await);
    all.push(write(&author, rules(&all).set_contexts(contexts())).await);
    all.push(write(&author, rules(&all).delete(&id("bb")).expect("it is there")).await);
    let order = ["contexts", "aa", "rule"].map(id);
    all.push(write(&author, rules(&all).reorder(&order).expect("all of them")).await);
    all.push(write(&author, rules(&all).upsert(rule("bb", 1)).expect("few")).await);
    for (revision, rules) in all.iter().enumerate() {
        assert_eq!(then(&*store, revision as u64).await, *rules, "at revision {revision}");
    }
    assert_eq!(then(&*store, u64::MAX).await, rules(&all), "at one that is not reached");
    assert_eq!(now(&*store, &handle()).await, rules(&all));
}

pub(super) async fn rules_change_once_on_a_revision(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let ahead = author.batch("look").guard(rules_at(handle(), 1));
    assert_eq!(stale(store.commit(ahead).await), rules_at(handle(), 1), "nothing was decided");
    let nothing = HandleRules::default();
    let first = write(&author, nothing.upsert(rule("aa", 1)).expect("few")).await;
    let held = author.batch("look").guard(rules_at(handle(), 1));
    store.commit(held).await.expect("should be committed: they are at their first revision");
    for other in ["aa", "bb"] {
        let again = nothing.upsert(rule(other, 2)).expect("few");
        let guarded = author.batch("rules").rules(again.clone());
        assert_eq!(stale(store.commit(guarded).await), rules_at(handle(), 0));
        let bare = author.batch("rules").change(Change::Rules(Box::new(again)));
        assert_eq!(stale(store.commit(bare).await), rules_at(handle(), 0), "without the guard");
    }
    assert_eq!(now(&*store, &handle()).await, first);
}

pub(super) async fn of_racing_changes_of_rules_exactly_one_wins(store: Arc<dyn Store>) {
    let mut rounds = 0..0;
    for heat in heats() {
        rounds = heat.clone();
        let rivals = (0..RIVALS).map(|rival| {
            let rounds = heat.clone().map(|round| {
                let author = Author::of(Arc::clone(&store), racer(round));
                let name = format!("rival-{rival}");
                let change = HandleRules::default().upsert(rule(&name, 1)).expect("few");
                let batch = author.batch("rules");
                // Every other one states no guard: it is judged all the same.
                let batch = if rival % 2 == 0 {
                    batch.rules(change)
                } else {
                    batch.change(Change::Rules(Box::new(change)))
                };
                commit(&store, batch)
            });
            rounds.collect()
        });
        let outcomes = race(rivals.collect()).await;
        for (round, outcomes) in heat.zip(outcomes) {
            let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
            assert_eq!(won.len(), 1, "winners in round {round}");
            for outcome in lost {
                assert_eq!(stale(outcome), rules_at(racer(round), 0));
            }
        }
    }
    let last = now(&*store, &racer(rounds.end - 1)).await;
    assert_eq!((last.rules().len(), last.revision), (1, Revision::FIRST));
}

pub(super) async fn handles_do_not_see_each_others_rules(store: Arc<dyn Store>) {
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    let own = write(&mine, HandleRules::default().upsert(rule("aa", 1)).expect("few")).await;
    assert_eq!(now(&*store, &other_handle()).await, HandleRules::default());
    let other = write(&theirs, HandleRules::default().upsert(rule("aa", 2)).expect("few")).await;
    let other = write(&theirs, other.set_contexts(contexts())).await;
    assert_eq!(now(&*store, &handle()).await, own);
    assert_eq!(now(&*store, &other_handle()).await, other);
    let look = mine.batch("look").guard(rules_at(other_handle(), 2)).guard(rules_at(handle(), 1));
    store.commit(look).await.expect("should be committed: each guard names its own handle");
    let look = mine.batch("look").guard(rules_at(other_handle(), 1));
    assert_eq!(stale(store.commit(look).await), rules_at(other_handle(), 1));
}

pub(super) async fn what_is_refused_or_nothing_changes_no_rules(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let first = write(&author, HandleRules::default().upsert(rule("aa", 1)).expect("few")).await;
    let change = first.upsert(rule("bb", 2)).expect("few");
    let stale_write = author.decide("launch", to("https://example.com")).await;
    author.put("launch", to("https://example.com/other")).await;
    let link = Change::Link { after: stale_write.after.clone(), action: stale_write.action };
    let refused = author.batch("both").rules(change).change(link);
    assert!(matches!(stale(store.commit(refused).await), Guard::SlugAt { .. }));
    assert_eq!(now(&*store, &handle()).await, first);

    let look = async || store.commit(author.batch("look")).await.expect("should be committed").version;
    let before = look().await;
    write(&author, first.upsert(rule("aa", 1)).expect("few")).await;
    assert_eq!((now(&*store, &handle()).await, look().await), (first, before));
}

pub(super) async fn rules_are_noted_once_a_batch(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let start = store.position().await.expect("should answer");
    let first = HandleRules::default().upsert(rule("aa", 1)).expect("few");
    let second = first.after.set_contexts(contexts());
    let link = author.decide("launch", to("https://example.com")).await;
    let both = author.batch("rules").rules(first).change(Change::Rules(Box::new(second.clone())));
    let batch = both.link(&link, author.event());
    store.commit(batch).await.expect("should be committed: nothing is against it");
    assert_eq!(now(&*store, &handle()).await, second.after);
    let changes = store.changes(start, 10).await.expect("the log should be read");
    let note = |changed| ChangeNote { handle: handle(), version: 1, changed };
    assert_eq!(changes.notes, [note(Changed::Rules), note(Changed::Link(crate::fixtures::key("launch")))]);
}

pub(super) async fn a_purged_handle_takes_its_rules_away(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    let first = write(&mine, HandleRules::default().upsert(full()).expect("few")).await;
    write(&mine, first.set_contexts(contexts())).await;
    let other = write(&theirs, HandleRules::default().upsert(full()).expect("few")).await;
    let closed = handle_record().closed(at(20));
    assert_eq!(closed.record.owner, owner().id);
    let over = closed.record.purged(at(21).plus(HandleRecord::GRACE)).expect("it is time");
    for write in [closed, over] {
        let batch = mine.batch("handles").handle(write);
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }
    store.purge(&handle()).await.expect("should purge");
    assert_eq!(now(&*store, &handle()).await, HandleRules::default());
    assert_eq!(then(&*store, 1).await, HandleRules::default());
    assert_eq!(now(&*store, &other_handle()).await, other, "the rules of another handle");
}
