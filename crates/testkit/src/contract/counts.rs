use std::sync::Arc;
use std::time::Duration;

use lp_analytics::{Click, Range, Totals, day_of, tally};
use lp_core::{Device, Handle, SlugKey, Timestamp};

use super::analytics::stretch;
use crate::fixtures::{at, click, handle, key, other_handle, slug};
use crate::{START, Store};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Clicks of five days, every half hour one, on two slugs by twenty visitors, some of them bots.
fn clicks() -> Vec<Click> {
    let one = |number: u64| Click {
        at: at(number * HOUR / 2 + number % 7),
        visitor: number % 20,
        slug: slug(if number.is_multiple_of(3) { "Other" } else { "launch" }),
        device: if number.is_multiple_of(5) { Device::Bot } else { Device::Mobile },
        referrer: if number.is_multiple_of(2) {
            String::new()
        } else {
            format!("host{}.example", number % 4)
        },
        ..click(number)
    };
    (0..240).map(one).collect()
}

async fn filled(store: &dyn Store) -> Vec<Click> {
    let clicks = clicks();
    for (number, part) in (0_u64..).zip(clicks.chunks(50)) {
        let stretch = stretch("node-1", number, number + 1, part);
        store.ingest(&stretch).await.expect("should be taken in");
    }
    clicks
}

/// What a plain look at all clicks says.
fn counted(clicks: &[Click], range: Range, slug: Option<&SlugKey>) -> Totals {
    let within = |click: &&Click| {
        click.at >= range.from && click.at < range.to && slug.is_none_or(|slug| click.slug.key() == *slug)
    };
    let mut visitors = std::collections::HashSet::new();
    let mut totals = Totals::default();
    for click in clicks.iter().filter(within) {
        totals.clicks += 1;
        if click.device == Device::Bot {
            totals.bot_clicks += 1;
        } else {
            visitors.insert(click.visitor);
        }
        totals.last_at = totals.last_at.max(Some(click.at));
    }
    totals.unique_visitors = visitors.len() as u64;
    totals
}

async fn totals(store: &dyn Store, range: Range, slug: Option<&SlugKey>) -> Totals {
    store.totals(&handle(), range, slug).await.expect("the totals should be read")
}

pub(super) async fn any_range_is_counted_as_its_clicks_say(store: Arc<dyn Store>) {
    let clicks = filled(&*store).await;
    let slugs = [None, Some(key("launch")), Some(key("other")), Some(key("none"))];
    for (from, to) in [
        (0, 5 * DAY),
        (0, HOUR),
        (1, HOUR + 1),
        (HOUR / 2, HOUR / 2 + 4),
        (HOUR - 1, HOUR + 1),
        (DAY / 2 + 17, 3 * DAY + 5 * HOUR + 1_801),
        (7 * HOUR, 7 * HOUR),
        (9 * HOUR, 8 * HOUR),
        (4 * DAY, 40 * DAY),
    ] {
        let range = Range { from: at(from), to: at(to) };
        for slug in &slugs {
            let slug = slug.as_ref();
            assert_eq!(
                totals(&*store, range, slug).await,
                counted(&clicks, range, slug),
                "{range:?} {slug:?}"
            );
        }
    }
}

pub(super) async fn stored_counts_are_what_the_clicks_say(store: Arc<dyn Store>) {
    let mut clicks = filled(&*store).await;
    let theirs = Click { handle: other_handle(), ..click(7) };
    store.ingest(&stretch("node-2", 0, 1, std::slice::from_ref(&theirs))).await.expect("should be taken in");
    clicks.push(theirs);
    let days = store.countable_days().await.expect("should answer");
    let mut expected: Vec<_> = clicks.iter().map(|click| (click.handle.clone(), day_of(click.at))).collect();
    expected.sort();
    expected.dedup();
    assert_eq!(days, expected);
    for (handle, day) in days {
        let found = store.day_counts(&handle, day).await.expect("should answer");
        let of_day: Vec<_> =
            clicks.iter().filter(|click| click.handle == handle && day_of(click.at) == day).collect();
        assert_eq!(found.clicks, of_day.len() as u64);
        assert_eq!(found.derived, tally(of_day));
        assert_eq!(found.stored, found.derived, "{handle} {day}");
    }
    let nothing = store.day_counts(&handle(), at(90 * DAY)).await.expect("should answer");
    assert_eq!(nothing, lp_ports::DayCounts::default());
}

pub(super) async fn forgotten_clicks_leave_their_counts(store: Arc<dyn Store>) {
    let clicks = filled(&*store).await;
    let noon = day_of(START).plus(Duration::from_secs(3 * DAY + DAY / 2));
    let kept = day_of(noon);
    let old: Vec<_> = clicks.iter().filter(|click| click.at < kept).collect();
    let listed = store.countable_days().await.expect("should answer");
    assert_eq!(store.expire(noon).await.expect("should forget"), old.len() as u64);
    assert_eq!(store.expire(noon).await.expect("should forget"), 0, "once is enough");
    let whole = Range { from: day_of(START), to: at(20 * DAY) };
    for slug in [None, Some(key("launch")), Some(key("other"))] {
        let now = totals(&*store, whole, slug.as_ref()).await;
        let was = counted(&clicks, whole, slug.as_ref());
        assert_eq!((now.clicks, now.bot_clicks, now.last_at), (was.clicks, was.bot_clicks, was.last_at));
        assert_eq!(now.unique_visitors, day_by_day(&clicks, kept, whole, slug.as_ref()));
    }
    // Before it, whole hours only; behind it, every click.
    let narrow = Range { from: START.plus(Duration::from_mins(10)), to: kept.plus(Duration::from_secs(5)) };
    let wide = Range { from: lp_analytics::hour_of(narrow.from), to: narrow.to };
    assert_eq!(totals(&*store, narrow, None).await.clicks, counted(&clicks, wide, None).clicks);
    for day in listed.iter().filter(|(_, day)| *day < kept) {
        let none = store.day_counts(&day.0, day.1).await.expect("should answer");
        assert_eq!(none, lp_ports::DayCounts::default(), "a day that was forgotten since it was listed");
    }
    let countable = store.countable_days().await.expect("should answer");
    assert!(!countable.is_empty() && countable.iter().all(|(_, day)| *day >= kept), "{countable:?}");
}

pub(super) async fn a_click_of_a_forgotten_day_is_counted_still(store: Arc<dyn Store>) {
    let clicks = filled(&*store).await;
    store.expire(at(10 * DAY)).await.expect("should forget");
    let late = Click { visitor: 999, ..click(5) };
    store.ingest(&stretch("node-9", 0, 1, std::slice::from_ref(&late))).await.expect("should be taken in");
    let whole = Range { from: day_of(START), to: at(20 * DAY) };
    assert_eq!(totals(&*store, whole, None).await.clicks, clicks.len() as u64 + 1);
    assert_eq!(store.expire(at(10 * DAY)).await.expect("should forget"), 1);
    assert_eq!(totals(&*store, whole, None).await.clicks, clicks.len() as u64 + 1);
}

/// Visitors of forgotten days are told apart day by day.
fn day_by_day(clicks: &[Click], kept: Timestamp, range: Range, slug: Option<&SlugKey>) -> u64 {
    let mut visitors = 0;
    let mut day = day_of(range.from);
    while day < kept {
        let next = day.plus(Duration::from_secs(DAY));
        visitors += counted(clicks, Range { from: day, to: next }, slug).unique_visitors;
        day = next;
    }
    visitors + counted(clicks, Range { from: kept, to: range.to }, slug).unique_visitors
}

pub(super) async fn handles_are_forgotten_together(store: Arc<dyn Store>) {
    let theirs = |number: u64, handle: Handle| Click { handle, ..click(number) };
    let clicks: Vec<_> = [handle(), other_handle()]
        .into_iter()
        .flat_map(|of| (0..4).map(move |n| theirs(n, of.clone())))
        .collect();
    store.ingest(&stretch("node-1", 0, 1, &clicks)).await.expect("should be taken in");
    assert_eq!(store.expire(at(3 * DAY)).await.expect("should forget"), 8);
    for handle in [handle(), other_handle()] {
        let range = Range { from: day_of(START), to: at(DAY) };
        let totals = store.totals(&handle, range, None).await.expect("should answer");
        assert_eq!((totals.clicks, totals.unique_visitors), (4, 4));
    }
}
