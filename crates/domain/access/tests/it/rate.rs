use std::time::Duration;

use lp_access::Rate;
use proptest::prelude::*;

const START: Duration = Duration::from_secs(1_000);

proptest! {
    /// However calls come, no more get through than the burst and what has come back since.
    #[test]
    fn no_more_than_burst_and_rate_get_through(
        per_second in 1..1_000_u32,
        burst in 1..500_u32,
        steps in prop::collection::vec((0..3_000_u64, 0..300_u32), 1..60),
    ) {
        let rate = Rate { per_second, burst };
        let (mut now, mut full_at, mut through) = (START, Duration::ZERO, 0_u128);
        for (millis, wanted) in steps {
            now += Duration::from_millis(millis);
            let (granted, then) = rate.take(full_at, now, wanted);
            prop_assert!(granted <= wanted && granted <= burst);
            prop_assert_eq!(rate.left(full_at.saturating_sub(now)).min(wanted), granted);
            full_at = then;
            through += u128::from(granted);
            let since = now.saturating_sub(START);
            let back = since.as_millis() * u128::from(per_second) / 1_000;
            prop_assert!(through <= u128::from(burst) + back + 1, "{} after {:?}", through, since);
        }
    }

    #[test]
    fn whoever_waits_as_told_gets_one(per_second in 1..1_000_u32, burst in 1..500_u32) {
        let rate = Rate { per_second, burst };
        let (all, full_at) = rate.take(Duration::ZERO, START, u32::MAX);
        prop_assert_eq!(all, burst);
        prop_assert_eq!(rate.take(full_at, START, 1).0, 0);
        let wait = rate.wait(full_at.saturating_sub(START));
        prop_assert!(!wait.is_zero());
        prop_assert_eq!(rate.take(full_at, START + wait, 2).0, 1);
        prop_assert_eq!(rate.wait(Duration::ZERO), Duration::ZERO);
    }
}

#[test]
fn a_clock_that_was_set_back_locks_nobody_out() {
    let rate = Rate { per_second: 10, burst: 20 };
    let (_, full_at) = rate.take(Duration::ZERO, START, 20);
    let ten_minutes_ago = START.saturating_sub(Duration::from_mins(10));
    assert_eq!(rate.take(full_at, ten_minutes_ago, 5).0, 5);
}
