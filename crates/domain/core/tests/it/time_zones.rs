//! Days of the calendar, wherever clocks are changed.

use std::time::Duration;

use lp_core::{Day, TimeZone, Timestamp};
use proptest::prelude::*;

/// Some without changes, some that change at midnight, by half an hour, or are far from UTC.
const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Asuncion",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Atlantic/Azores",
];
const HOUR: Duration = Duration::from_hours(1);

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

fn zone(name: &str) -> TimeZone {
    TimeZone::parse(name).expect("a zone")
}

fn day(number: u32) -> Day {
    Day::of(number).expect("a day")
}

fn next(zone: &TimeZone, at: Timestamp) -> Timestamp {
    zone.end_of(zone.day(at), at)
}

#[test]
fn a_zone_is_one_of_the_database_in_its_spelling() {
    assert_eq!(zone("europe/berlin").name(), "Europe/Berlin");
    assert_eq!((zone("utc"), TimeZone::default()), (TimeZone::UTC, TimeZone::UTC));
    assert_eq!(TimeZone::UTC.to_string(), "UTC");
    for bad in ["", "Berlin", "Europe/Atlantis", "+01:00", "Etc/Unknown", "../etc/passwd", "Europe/Berlin\0"]
    {
        assert!(TimeZone::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_day_is_its_number() {
    assert_eq!(zone("UTC").day(at("2026-02-25T10:00:00Z")).number(), 20_260_225);
    assert_eq!(day(20_260_225).to_string(), "20260225");
    for bad in [0, 20_260_230, 20_261_301, 20_260_229, u32::MAX] {
        assert_eq!(Day::of(bad), None, "{bad}");
    }
}

#[test]
fn midnight_is_that_of_the_zone() {
    let now = at("2026-02-25T22:59:59.999Z");
    assert_eq!(zone("UTC").day(now), day(20_260_225));
    let berlin = zone("Europe/Berlin");
    assert_eq!((berlin.day(now), next(&berlin, now)), (day(20_260_225), at("2026-02-25T23:00:00Z")));
    let then = next(&berlin, now);
    assert_eq!((berlin.day(then), next(&berlin, then)), (day(20_260_226), at("2026-02-26T23:00:00Z")));
}

#[test]
fn days_of_changed_clocks_are_shorter_or_longer() {
    let berlin = zone("Europe/Berlin");
    // Clocks go from two to three on 29 March, and from three to two on 25 October.
    for (midnight, hours) in [("2026-03-28T23:00:00Z", 23), ("2026-10-24T22:00:00Z", 25)] {
        assert_eq!(next(&berlin, at(midnight)), at(midnight).plus(HOUR * hours), "{midnight}");
    }
    // In Cairo on 24 April 2026 they go from midnight to one: the day begins at one.
    let cairo = zone("Africa/Cairo");
    let before = at("2026-04-23T21:59:59Z");
    assert_eq!((cairo.day(before), next(&cairo, before)), (day(20_260_423), at("2026-04-23T22:00:00Z")));
    assert_eq!(cairo.day(at("2026-04-23T22:00:00Z")), day(20_260_424));
}

#[test]
fn a_day_that_was_left_out_is_passed_over() {
    // Samoa went from 29 to 31 December 2011.
    let apia = zone("Pacific/Apia");
    let last = at("2011-12-30T09:00:00Z");
    assert_eq!((apia.day(last), next(&apia, last)), (day(20_111_229), at("2011-12-30T10:00:00Z")));
    assert_eq!(apia.day(at("2011-12-30T10:00:00Z")), day(20_111_231));
}

#[test]
fn a_midnight_that_comes_twice_ends_the_day_the_second_time_too() {
    // In Newfoundland clocks went from one past midnight to 23:01 until 2011.
    let st_johns = zone("America/St_Johns");
    let again = at("2010-11-07T02:45:00Z");
    assert_eq!(st_johns.day(again), day(20_101_106));
    assert_eq!(next(&st_johns, again), at("2010-11-07T03:30:00Z"));
}

#[test]
fn months_begin_at_their_first_midnight() {
    let berlin = zone("Europe/Berlin");
    assert_eq!(berlin.month_of(at("2026-02-25T10:00:00Z")), at("2026-01-31T23:00:00Z"));
    assert_eq!(berlin.month_of(at("2026-01-31T23:00:00Z")), at("2026-01-31T23:00:00Z"));
    assert_eq!(TimeZone::UTC.month_of(at("2026-01-31T23:00:00Z")), at("2026-01-01T00:00:00Z"));
}

#[test]
fn the_ends_of_the_calendar_have_days_too() {
    for micros in [i64::MIN, i64::MAX] {
        let edge = Timestamp::from_micros(micros);
        for name in ZONES {
            let zone = zone(name);
            let _ = (zone.day(edge).number(), next(&zone, edge), zone.month_of(edge));
        }
    }
}

proptest! {
    /// Every instant from now to the end of the day is of this day, and that end is of a later one.
    #[test]
    fn a_day_lasts_until_its_end_and_no_longer(
        zone in prop::sample::select(ZONES),
        seconds in 0..2_500_000_000_u32,
        part in 0..1_000_u64,
    ) {
        // From 2012: what was tried with calendars before is another story.
        let now = at("2012-01-01T00:00:00Z").plus(Duration::from_secs(seconds.into()));
        let zone = TimeZone::parse(zone).expect("a zone");
        let today = zone.day(now);
        let end = zone.end_of(today, now);
        let left = now.until(end);
        prop_assert!(left > Duration::ZERO && left <= HOUR * 25, "{:?}", left);
        prop_assert!(zone.day(end) > today);
        let between = now.plus(Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(0) * part / 1_000));
        prop_assert_eq!(zone.day(between), today);
        prop_assert_eq!(zone.day(end.minus(Duration::from_millis(1))), today);
        prop_assert!(zone.month_of(now) <= now);
        prop_assert_eq!(zone.day(zone.month_of(now)).number(), today.number() / 100 * 100 + 1);
    }

    #[test]
    fn days_read_back_from_their_numbers_in_order(a in 0..3_000_000_u32, b in 0..3_000_000_u32) {
        let day = |number: u32| TimeZone::UTC.day(Timestamp::from_millis(i64::from(number) * 86_400_000));
        let (one, other) = (day(a), day(b));
        prop_assert_eq!(Day::of(one.number()), Some(one));
        prop_assert_eq!(one.cmp(&other), one.number().cmp(&other.number()));
    }
}
