//! Instants, periods and ranges: as text, and as the numbers that the bytes make.

use std::time::Duration;

use lp_analytics::{Period, Range, day_of, hour_of};
use lp_core::Timestamp;

const HOUR: i64 = 3_600_000_000;

pub fn check(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        written(text);
    }
    let mut numbers = data.chunks_exact(8).filter_map(|bytes| bytes.try_into().ok()).map(i64::from_le_bytes);
    if let Some(from) = numbers.next() {
        instant(from);
        if let (Some(to), Some(kept)) = (numbers.next(), numbers.next()) {
            let (from, to) = (Timestamp::from_micros(from), Timestamp::from_micros(to));
            split(Range { from, to }, day_of(Timestamp::from_micros(kept)));
        }
    }
}

fn written(text: &str) {
    if let Ok(at) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&at.to_string()), Ok(at));
        assert!(at.to_string().len() == 24 && at.to_string().ends_with('Z'));
        let past = Period::parse("999m").expect("a period").ending(at);
        assert!(past.from <= at);
    }
    if let Ok(period) = Period::parse(text) {
        assert_eq!(Period::parse(&period.to_string()), Ok(period));
        let now = Timestamp::from_millis(1_767_225_600_000);
        let range = period.ending(now);
        assert!(range.from <= now && now < range.to);
    }
}

/// Every instant can be written and read again, and what is done with it stays within the years there are.
fn instant(micros: i64) {
    let at = Timestamp::from_micros(micros);
    assert_eq!(Timestamp::from_micros(at.micros()), at);
    assert_eq!(Timestamp::parse(&at.to_string()), Ok(at));
    let span = Duration::from_micros(micros.unsigned_abs());
    assert!(at.minus(span) <= at && at <= at.plus(span));
    assert_eq!(at.plus(span).until(at), Duration::ZERO);
    assert!(hour_of(at) <= at && day_of(at) <= hour_of(at));
    assert_eq!((hour_of(hour_of(at)), day_of(day_of(at))), (hour_of(at), day_of(at)));
}

/// A range in pieces is the range: without gap or overlap, and widened only before what is kept.
fn split(range: Range, kept_since: Timestamp) {
    let pieces = range.split(kept_since);
    let [before, behind] = pieces.clicks;
    if range.from >= range.to {
        assert!(pieces.hours.is_empty() && before.is_empty() && behind.is_empty());
        return;
    }
    let mut filled: Vec<Range> =
        [before, pieces.hours, behind].into_iter().filter(|piece| !piece.is_empty()).collect();
    filled.sort_by_key(|piece| piece.from);
    assert!(filled.windows(2).all(|pair| pair[0].to == pair[1].from), "{range:?} {filled:?}");
    let (first, last) = (filled.first().expect("something"), filled.last().expect("something"));
    assert!(first.from <= range.from && range.to <= last.to, "{range:?} {filled:?}");
    assert!(first.from == range.from || (range.from < kept_since && first.from == hour_of(range.from)));
    assert!(last.to == range.to || (range.to < kept_since && last.to.micros() - range.to.micros() < HOUR));
    for clicks in [before, behind].into_iter().filter(|piece| !piece.is_empty()) {
        assert!(clicks.from >= kept_since, "clicks before {kept_since} are forgotten: {clicks:?}");
    }
    if !pieces.hours.is_empty() {
        assert_eq!(hour_of(pieces.hours.from), pieces.hours.from);
    }
}
