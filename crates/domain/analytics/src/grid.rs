use lp_core::Timestamp;

use crate::Range;

pub(crate) const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// The first instant of the hour that this lies in.
pub fn hour_of(at: Timestamp) -> Timestamp {
    floor(at, HOUR)
}

/// The first instant of the UTC day that this lies in.
pub fn day_of(at: Timestamp) -> Timestamp {
    floor(at, DAY)
}

/// The UTC day that begins at this instant's own.
pub fn day_range(at: Timestamp) -> Range {
    let from = day_of(at);
    Range { from, to: Timestamp::from_micros(from.micros() + DAY) }
}

/// A range in pieces: what hourly counts can answer, and what needs the clicks themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Whole hours; empty where `from` is not before `to`.
    pub hours: Range,
    /// Before and behind them; either may be empty.
    pub clicks: [Range; 2],
}

impl Range {
    /// Takes the range apart. Before `kept_since`, the first instant of a day, clicks are forgotten: there the range is
    /// widened to whole hours.
    pub fn split(self, kept_since: Timestamp) -> Split {
        let nothing = Self { from: self.to, to: self.to };
        if self.from >= self.to {
            return Split { hours: nothing, clicks: [nothing, nothing] };
        }
        let (first, last) = (self.from < kept_since, self.to < kept_since);
        let from = if first { floor(self.from, HOUR) } else { ceil(self.from, HOUR) };
        let to = if last { ceil(self.to, HOUR) } else { floor(self.to, HOUR) };
        if from >= to {
            return Split { hours: nothing, clicks: [self, nothing] };
        }
        let before = Self { from: self.from, to: from };
        let behind = Self { from: to, to: self.to };
        Split { hours: Self { from, to }, clicks: [before, behind] }
    }

    pub fn is_empty(self) -> bool {
        self.from >= self.to
    }
}

fn floor(at: Timestamp, step: i64) -> Timestamp {
    Timestamp::from_micros(at.micros().div_euclid(step) * step)
}

fn ceil(at: Timestamp, step: i64) -> Timestamp {
    let floor = floor(at, step);
    if floor == at { at } else { Timestamp::from_micros(floor.micros() + step) }
}
