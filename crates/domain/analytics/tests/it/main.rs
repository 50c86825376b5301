//! Periods, rates and what counts as a click.

mod counts;

use std::time::Duration;

use lp_analytics::{Freshness, FreshnessStatus, Period, Totals, counts};
use lp_core::Timestamp;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

#[test]
fn a_period_is_a_number_and_a_unit() {
    for (text, hours) in [("1h", 1), ("7d", 168), ("2w", 336), ("3m", 2_160), ("0d", 0)] {
        let range = Period::parse(text).expect(text).ending(NOW);
        assert_eq!(range.from, NOW.minus(Duration::from_hours(hours)), "{text}");
        assert!(range.from <= NOW && NOW < range.to, "{text}");
    }
    for bad in ["", "d", "7", "7x", "1000d", "-1d", "7 d", "7D", "٣d"] {
        assert!(Period::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn head_and_prefetch_are_not_clicks() {
    assert!(counts("GET", None) && counts("GET", Some("navigate")));
    for purpose in ["prefetch", "prefetch;prerender", "Prefetch", "preview"] {
        assert!(!counts("GET", Some(purpose)), "{purpose}");
    }
    assert!(!counts("HEAD", None));
}

#[test]
fn the_documented_sample_rate_comes_out() {
    let totals = Totals { clicks: 1_842, conversions: 94, bot_clicks: 42, ..Totals::default() };
    assert!((totals.conversion_rate() - 0.051).abs() < f64::EPSILON);
    assert_eq!(totals.qualified_clicks(), 1_800);
}

#[test]
fn counts_grow_stale_after_an_hour() {
    let status = |minutes| Freshness::of(Some(NOW.minus(Duration::from_mins(minutes))), NOW).status;
    assert_eq!((status(60), status(61)), (FreshnessStatus::Fresh, FreshnessStatus::Stale));
    assert_eq!(Freshness::of(None, NOW).status, FreshnessStatus::Unknown);
}

proptest! {
    #[test]
    fn a_period_reads_back(count in 0u16..1_000, unit in "[hdwm]") {
        let text = format!("{count}{unit}");
        prop_assert_eq!(Period::parse(&text).expect("a period").to_string(), text);
    }

    #[test]
    fn a_rate_is_the_quotient_to_four_places(clicks in 1u64..10_000_000, conversions in 0u64..10_000_000) {
        let rate = Totals { clicks, conversions, ..Totals::default() }.conversion_rate();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let exact = conversions as f64 / clicks as f64;
        prop_assert!((rate - exact).abs() <= 0.000_05 + 1e-9, "{} {}", rate, exact);
    }
}
