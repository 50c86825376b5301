//! Who the members of a handle are, and what it is called.

use std::time::Duration;

use lp_access::{Called, HandleRecord, HandleRefused, HandleState, Members, MembersFault};
use lp_core::{Handle, Revision, Role, Timestamp, UserId};
use proptest::prelude::*;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const DAY: Duration = Duration::from_hours(24);

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

fn named(name: &str) -> Handle {
    Handle::parse(name).expect("a handle")
}

fn hello() -> HandleRecord {
    HandleRecord::new(named("hello"), user(1), NOW)
}

/// One thing an owner does to the members.
#[derive(Debug, Clone)]
enum Step {
    Replace(Vec<(u128, bool)>),
    Transfer(u128),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec((0..130_u128, any::<bool>()), 0..120).prop_map(Step::Replace),
        (0..8_u128).prop_map(Step::Transfer),
    ]
}

proptest! {
    #[test]
    fn whatever_is_done_a_handle_has_one_owner_and_a_hundred_others_at_most(steps in prop::collection::vec(step(), 1..30)) {
        let mut members = Members::of(user(1));
        for step in steps {
            let before = members.clone();
            let after = match &step {
                Step::Replace(wanted) => members.replaced(wanted.iter().map(|(number, operator)| {
                    (user(*number), if *operator { Role::Operator } else { Role::Creator })
                })),
                Step::Transfer(to) => members.transferred(user(*to)),
            };
            let Ok(after) = after else { continue };
            let owners = after.all().filter(|(_, role)| *role == Role::Owner).count();
            prop_assert_eq!(owners, 1);
            prop_assert!(after.collaborators().count() <= Members::MOST);
            prop_assert_eq!(&Members::restore(after.all()), &Ok(after.clone()));
            match step {
                Step::Replace(_) => prop_assert_eq!(after.owner(), before.owner()),
                Step::Transfer(to) => {
                    prop_assert_eq!(after.owner(), user(to));
                    for (member, role) in before.all().filter(|(member, _)| *member != user(to)) {
                        let now = after.all().find(|(other, _)| *other == member).map(|(_, role)| role);
                        let expected = if role == Role::Owner { Role::Operator } else { role };
                        prop_assert_eq!(now, Some(expected));
                    }
                }
            }
            members = after;
        }
    }
}

#[test]
fn the_owner_is_kept_whatever_is_said_of_it() {
    let members = Members::of(user(1));
    let wanted = [(user(1), Role::Creator), (user(2), Role::Operator)];
    let team = members.replaced(wanted).expect("few");
    assert_eq!((team.owner(), team.collaborators().collect::<Vec<_>>()), (user(1), vec![wanted[1]]));
    assert_eq!(members.replaced([(user(2), Role::Owner)]), Err(MembersFault::Owner));
    let many = (2..=102).map(|number| (user(number), Role::Creator));
    assert_eq!(members.replaced(many.clone()), Err(MembersFault::TooMany));
    let full = members.replaced(many.skip(1)).expect("a hundred");
    assert_eq!(full.transferred(user(500)), Err(MembersFault::TooMany), "its owner would be one too many");
    assert!(full.transferred(user(50)).is_ok());
}

#[test]
fn members_without_an_owner_or_with_two_are_none() {
    assert_eq!(Members::restore([(user(1), Role::Operator)]), Err(MembersFault::Owner));
    let two = [(user(1), Role::Owner), (user(2), Role::Owner)];
    assert_eq!(Members::restore(two), Err(MembersFault::Owner));
}

#[test]
fn a_former_name_leads_on_for_ninety_days() {
    let acme = hello().renamed(&named("acme"), NOW).expect("a first time").record;
    assert_eq!((acme.revision, acme.handle.as_str()), (Revision(2), "hello"));
    let called = |name: &str, day: u32| acme.called(name, NOW.plus(DAY * day));
    assert_eq!((called("acme", 0), called("acme", 4_000)), (Called::Now, Called::Now));
    assert_eq!((called("hello", 0), called("hello", 89)), (Called::Before, Called::Before));
    assert_eq!((called("hello", 90), called("other", 0)), (Called::NoMore, Called::NoMore));
    let back = acme.renamed(&named("hello"), NOW.plus(DAY * 200)).expect("its own").record;
    assert_eq!(back.called("hello", NOW.plus(DAY * 200)), Called::Now);
    assert_eq!(back.called("acme", NOW.plus(DAY * 201)), Called::Before);
}

#[test]
fn nobody_collects_names() {
    let mut record = hello();
    for number in 0..HandleRecord::FORMER {
        record = record.renamed(&named(&format!("name-{number}")), NOW).expect("not too many").record;
    }
    assert_eq!(record.renamed(&named("more"), NOW.plus(DAY * 89)), Err(HandleRefused::TooManyNames));
    assert!(record.renamed(&named("hello"), NOW.plus(DAY)).is_ok(), "back to a name it had");
    assert!(record.renamed(&named("more"), NOW.plus(DAY * 90)).is_ok(), "once they have run out");
}

#[test]
fn what_was_given_up_can_be_taken_back_for_thirty_days_and_is_purged_after() {
    let closed = hello().closed(NOW).record;
    let end = NOW.plus(DAY * 30);
    assert_eq!((closed.deletes_at(), closed.is_active()), (Some(end), false));
    assert_eq!(closed.closed(NOW.plus(DAY)).record.deletes_at(), Some(end), "not later for a second time");
    assert!(closed.restored(NOW.plus(DAY * 29)).is_ok_and(|write| write.record.is_active()));
    assert_eq!(closed.restored(end), Err(HandleRefused::NotClosed));
    assert_eq!(closed.purged(NOW.plus(DAY * 29)), Err(HandleRefused::NotClosed));
    let purged = closed.purged(end).expect("it is time").record;
    assert_eq!((purged.state, purged.restored(NOW)), (HandleState::Purging, Err(HandleRefused::NotClosed)));
    assert_eq!(hello().restored(NOW), Err(HandleRefused::NotClosed));
    assert_eq!(hello().purged(end), Err(HandleRefused::NotClosed));
}
