use lp_analytics::{
    Click, Count, Counts, Dimension, Facts, Range, day_of, day_range, differences, hour_of, tally,
};
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

const HOUR: i64 = 3_600_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + millis)
}

fn click() -> impl Strategy<Value = Click> {
    (0..2_u8, 0..3_u8, 0..3_i64, 0..1_000_i64, 0..3_u8, 0..3_u8).prop_map(
        |(handle, slug, hour, millis, device, referrer)| Click {
            id: ClickId::new(Uuid::from_u128(1)),
            handle: Handle::parse(["hello", "other"][usize::from(handle)]).expect("a handle"),
            link: LinkId::new(Uuid::from_u128(1)),
            slug: Slug::parse(["launch", "LAUNCH", "sale"][usize::from(slug)]).expect("a slug"),
            at: at(hour * HOUR + millis),
            device: [Device::Bot, Device::Mobile, Device::Desktop][usize::from(device)],
            visitor: 7,
            referrer: ["", "news.example", "all"][usize::from(referrer)].to_owned(),
            facts: Facts::default(),
        },
    )
}

fn sum(counts: &Counts, wanted: impl Fn(&lp_analytics::CountKey) -> bool) -> (u64, u64) {
    counts
        .iter()
        .filter(|(key, _)| wanted(key))
        .fold((0, 0), |sum, (_, count)| (sum.0 + count.clicks, sum.1 + count.bot_clicks))
}

proptest! {
    #[test]
    fn every_dimension_counts_every_click_once(clicks in prop::collection::vec(click(), 0..60)) {
        let counts = tally(&clicks);
        for dimension in Dimension::EVERY {
            // Direct visits have no referrer.
            let told = |click: &&Click| dimension != Dimension::Referrer || !click.referrer.is_empty();
            let told: Vec<&Click> = clicks.iter().filter(told).collect();
            let bots = told.iter().filter(|click| click.device == Device::Bot).count() as u64;
            for whole in [true, false] {
                let found = sum(&counts, |key| key.dimension == dimension && key.slug.is_none() == whole);
                prop_assert_eq!(found, (told.len() as u64, bots), "{:?}", dimension);
            }
        }
        for (key, count) in &counts {
            prop_assert_eq!(key.hour, hour_of(count.last_at));
            prop_assert!(key.dimension != Dimension::All || key.value.is_empty());
        }
    }

    #[test]
    fn tallies_of_parts_add_up_to_that_of_the_whole(
        clicks in prop::collection::vec(click(), 0..60),
        at in 0..60_usize,
    ) {
        let (one, other) = clicks.split_at(at.min(clicks.len()));
        let mut sum = tally(one);
        for (key, count) in tally(other) {
            sum.entry(key).and_modify(|sum| sum.add(count)).or_insert(count);
        }
        prop_assert_eq!(&sum, &tally(&clicks));
        prop_assert!(differences(&sum, &tally(&clicks)).is_empty());
    }

    /// Every millisecond of the range lies in exactly one piece.
    #[test]
    fn a_range_is_split_without_gap_or_overlap(from in -4 * HOUR..4 * HOUR, length in -HOUR..6 * HOUR) {
        let range = Range { from: at(from), to: at(from + length) };
        let split = range.split(Timestamp::from_micros(i64::MIN));
        let pieces = [split.clicks[0], split.hours, split.clicks[1]];
        let mut end = range.from;
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            prop_assert_eq!(piece.from, end);
            end = piece.to;
        }
        prop_assert_eq!(end, range.to.max(range.from));
        for edge in [split.hours.from, split.hours.to] {
            prop_assert!(split.hours.is_empty() || hour_of(edge) == edge);
        }
    }

    #[test]
    fn where_clicks_are_forgotten_no_click_is_asked_for(from in -72..72_i64, length in 1..96_i64, kept in -2..3_i64) {
        let range = Range { from: at(from * HOUR / 2 + 1), to: at((from + length) * HOUR / 2 + 2) };
        let kept = day_of(at(kept * 24 * HOUR));
        let split = range.split(kept);
        for piece in split.clicks.into_iter().filter(|piece| !piece.is_empty()) {
            prop_assert!(piece.from >= kept, "{:?} before {}", piece, kept);
        }
        let covered = [split.clicks[0], split.hours, split.clicks[1]];
        let first = covered.iter().filter(|piece| !piece.is_empty()).map(|piece| piece.from).min();
        prop_assert!(first.is_some_and(|first| first <= range.from));
    }
}

#[test]
fn a_difference_is_told_from_both_sides() {
    let count = |clicks| Count { clicks, bot_clicks: 0, last_at: at(0) };
    let key = |value: &str| lp_analytics::CountKey {
        handle: Handle::parse("hello").expect("a handle"),
        slug: None,
        dimension: Dimension::Referrer,
        hour: at(0),
        value: value.to_owned(),
    };
    let derived = Counts::from([(key("a"), count(1)), (key("b"), count(2)), (key("c"), count(3))]);
    let stored = Counts::from([(key("b"), count(2)), (key("c"), count(4)), (key("d"), count(5))]);
    let found = differences(&derived, &stored);
    let told: Vec<_> = found.iter().map(|one| (one.key.value.as_str(), one.derived, one.stored)).collect();
    let expected =
        [("a", Some(count(1)), None), ("c", Some(count(3)), Some(count(4))), ("d", None, Some(count(5)))];
    assert_eq!(told, expected);
    assert_eq!(found[0].key.to_string(), "hello/* 2026-01-01T00:00:00.000Z referrer 'a'");
}

#[test]
fn a_day_begins_at_midnight_utc() {
    let range = day_range(at(17 * HOUR + 5));
    assert_eq!((range.from, range.to), (at(0), at(24 * HOUR)));
    assert_eq!(day_of(at(-1)), at(-24 * HOUR));
}
