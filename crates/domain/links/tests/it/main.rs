//! What links may hold and how they change.

mod controls;
mod lease;
mod qr;

use lp_core::{Handle, LinkId, Revision, Slug, Timestamp, WebUrl};
use lp_links::{
    Birth, Description, Field, Label, Labels, Link, LinkChange, LinkParts, LinkRefused, LinkRevision,
    LinkState, LinkWrite, Mode, Position, QueryPassThrough, RedirectStatus, RevisionAction, Slot, Title,
    create, delete, generated_slug, healthy, restore, update, upsert,
};
use proptest::prelude::*;
use uuid::Uuid;

const AT: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const LATER: Timestamp = Timestamp::from_millis(1_767_225_601_000);

fn birth(slug: &str) -> Birth {
    Birth {
        id: LinkId::new(Uuid::from_u128(1)),
        handle: Handle::parse("hello").expect("a handle"),
        slug: Slug::parse(slug).expect("a slug"),
        position: Position::FIRST,
        at: AT,
    }
}

fn to(url: &str) -> LinkChange {
    LinkChange { destination: Field::Set(WebUrl::parse(url).expect("an address")), ..LinkChange::default() }
}

fn made() -> Link {
    let write = create(&Slot::default(), birth("launch"), to("https://example.com/a")).expect("a link");
    live(&write).clone()
}

fn live(write: &LinkWrite) -> &Link {
    match &write.after {
        LinkState::Live(link) => link,
        LinkState::Deleted(_) => panic!("the link is gone"),
    }
}

fn slot(link: &Link) -> Slot {
    Slot { live: Some(link.clone()), latest: Some(link.parts().revision) }
}

#[test]
fn a_new_link_is_enabled_and_redirects_with_302() {
    let link = made();
    let parts = link.parts();
    assert!(parts.enabled);
    assert_eq!((parts.redirect_status, parts.query), (RedirectStatus::Found, QueryPassThrough::Append));
    assert_eq!((parts.revision, parts.position), (Revision::FIRST, Position::FIRST));
}

#[test]
fn a_new_link_needs_a_destination() {
    let refused = upsert(&Slot::default(), birth("launch"), LinkChange::default(), Mode::Merge);
    assert_eq!(refused, Err(LinkRefused::DestinationRequired));
}

#[test]
fn setting_a_title_wipes_nothing() {
    let change = LinkChange {
        title: Field::Set(Title::parse("Launch").expect("a title")),
        position: Field::Set(Position::of(7).expect("a position")),
        enabled: Field::Set(false),
        ..LinkChange::default()
    };
    let first = update(&made(), change, Mode::Merge, LATER).expect("allowed");
    let title =
        LinkChange { title: Field::Set(Title::parse("New").expect("a title")), ..LinkChange::default() };
    let second = upsert(&slot(live(&first)), birth("LAUNCH"), title, Mode::Merge).expect("allowed");
    let parts = live(&second).parts();
    assert_eq!(parts.destination.as_str(), "https://example.com/a");
    assert!(!parts.enabled);
    assert_eq!((parts.position.number(), parts.slug.as_str()), (7, "launch"));
}

#[test]
fn replacing_resets_everything_but_the_position() {
    let change = LinkChange {
        title: Field::Set(Title::parse("Launch").expect("a title")),
        position: Field::Set(Position::of(7).expect("a position")),
        redirect_status: Field::Set(RedirectStatus::PermanentRedirect),
        ..LinkChange::default()
    };
    let full = update(&made(), change, Mode::Merge, LATER).expect("allowed");
    let replaced = update(live(&full), to("https://example.com/b"), Mode::Replace, LATER).expect("allowed");
    let parts = live(&replaced).parts();
    assert_eq!((parts.title.as_ref(), parts.redirect_status), (None, RedirectStatus::Found));
    assert_eq!(parts.position.number(), 7);
    assert_eq!(
        update(live(&full), LinkChange::default(), Mode::Replace, LATER),
        Err(LinkRefused::DestinationRequired)
    );
}

#[test]
fn clearing_the_destination_is_refused() {
    let change = LinkChange { destination: Field::Clear, ..LinkChange::default() };
    assert_eq!(update(&made(), change, Mode::Merge, LATER), Err(LinkRefused::DestinationRequired));
}

#[test]
fn a_change_that_changes_nothing_makes_no_revision() {
    let write = update(&made(), to("https://example.com/a"), Mode::Merge, LATER).expect("allowed");
    assert_eq!(write.event, None);
    assert_eq!(live(&write), &made());
}

#[test]
fn a_deleted_link_can_be_restored_under_its_old_id() {
    let link = made();
    let gone = delete(&link, LATER);
    let empty = Slot { live: None, latest: Some(gone.link().parts().revision) };
    let chosen = LinkRevision {
        action: RevisionAction::Created,
        at: AT,
        actor: "operator".into(),
        link: link.clone(),
    };
    let back = restore(&chosen, &empty, LATER).expect("allowed");
    assert_eq!((live(&back).parts().id, live(&back).parts().revision), (link.parts().id, Revision(3)));
    let deletion = LinkRevision { action: RevisionAction::Deleted, ..chosen };
    assert_eq!(restore(&deletion, &empty, LATER), Err(LinkRefused::RevisionDeleted));
}

#[test]
fn revisions_go_on_when_a_slug_is_used_again() {
    let empty = Slot { live: None, latest: Some(Revision(5)) };
    let write = create(&empty, birth("launch"), to("https://example.com")).expect("allowed");
    assert_eq!((live(&write).parts().revision, write.before), (Revision(6), Some(Revision(5))));
    assert_eq!(
        create(&slot(&made()), birth("launch"), to("https://example.com")),
        Err(LinkRefused::SlugTaken)
    );
}

#[test]
fn a_clock_set_back_does_not_make_a_link_older_than_it_is() {
    let back = Timestamp::from_millis(0);
    let write = update(&made(), to("https://example.com/b"), Mode::Merge, back).expect("allowed");
    assert_eq!(live(&write).parts().updated_at, AT);
}

#[test]
fn a_stored_link_that_contradicts_itself_is_refused() {
    let parts = LinkParts { revision: Revision(0), ..made().into_parts() };
    assert!(matches!(Link::restore(parts), Err(LinkRefused::Inconsistent(_))));
    let parts = LinkParts { created_at: LATER, ..made().into_parts() };
    assert!(matches!(Link::restore(parts), Err(LinkRefused::Inconsistent(_))));
}

#[test]
fn labels_are_kept_once_and_are_bounded() {
    let label = |text: &str| Label::parse(text).expect("a label");
    let labels = Labels::of([label("News"), label("news"), label("shop")]).expect("few");
    assert_eq!(labels.iter().collect::<Vec<_>>(), ["News", "shop"]);
    assert!(labels.has("NEWS") && !labels.has("new"));
    assert!(Labels::of((0..51).map(|n| label(&format!("l{n}")))).is_err());
    for bad in ["", "a\nb", "\u{202e}evil", "x".repeat(65).as_str()] {
        assert!(Label::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn texts_have_bounds() {
    assert!(Title::parse(&"ä".repeat(300)).is_ok() && Title::parse(&"ä".repeat(301)).is_err());
    assert!(Description::parse("two\nlines").is_ok() && Description::parse("bell\u{7}").is_err());
}

#[test]
fn only_answers_for_visitors_are_healthy() {
    for (status, well) in
        [(Some(200), true), (Some(304), true), (Some(404), false), (Some(500), false), (None, false)]
    {
        assert_eq!(healthy(status), well, "{status:?}");
    }
}

proptest! {
    #[test]
    fn random_slugs_are_slugs_of_seven_characters(random: [u8; 8]) {
        if let Ok(slug) = generated_slug(random) {
            prop_assert_eq!(slug.as_str().len(), 7);
            let key = slug.key();
            prop_assert_eq!(key.as_str(), slug.as_str());
        }
    }

    #[test]
    fn revisions_only_grow_and_always_name_the_one_before(steps in prop::collection::vec(0u8..4, 1..30)) {
        let mut slot = Slot::default();
        let mut history: Vec<LinkRevision> = Vec::new();
        for (at, step) in steps.into_iter().enumerate() {
            let now = AT.plus(std::time::Duration::from_secs(at as u64));
            let write = match (step, &slot.live) {
                (0 | 1, _) => upsert(&slot, Birth { at: now, ..birth("launch") }, to(&format!("https://example.com/{step}")), Mode::Merge).ok(),
                (2, Some(link)) => Some(delete(link, now)),
                (3, _) => history.first().and_then(|first| restore(first, &slot, now).ok()),
                _ => None,
            };
            let Some(write) = write else { continue };
            prop_assert_eq!(write.before, slot.latest);
            if write.event.is_none() { continue }
            let revision = write.link().parts().revision;
            prop_assert!(Some(revision) > slot.latest);
            history.push(LinkRevision { action: write.action, at: now, actor: String::new(), link: write.link().clone() });
            slot = match write.after {
                LinkState::Live(link) => Slot { live: Some(link), latest: Some(revision) },
                LinkState::Deleted(_) => Slot { live: None, latest: Some(revision) },
            };
        }
    }
}
