use std::fmt;
use std::time::Duration;

use lp_core::Timestamp;
use thiserror::Error;

/// How far back to look: a number and a unit, as in `24h`, `7d`, `4w`, `3m` (a month is 30 days).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    count: u16,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Hour,
    Day,
    Week,
    Month,
}

/// Instants from `from` up to but not including `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Why a text is not a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a period is 1 to 3 digits and one of h, d, w, m, for example 7d")]
pub struct PeriodFault;

impl Period {
    /// What is meant where nothing is said: seven days.
    pub const DEFAULT: Self = Self { count: 7, unit: Unit::Day };

    pub fn parse(text: &str) -> Result<Self, PeriodFault> {
        let unit = match text.as_bytes().last() {
            Some(b'h') => Unit::Hour,
            Some(b'd') => Unit::Day,
            Some(b'w') => Unit::Week,
            Some(b'm') => Unit::Month,
            _ => return Err(PeriodFault),
        };
        let digits = &text[..text.len() - 1];
        if !(1..=3).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PeriodFault);
        }
        Ok(Self { count: digits.parse().map_err(|_| PeriodFault)?, unit })
    }

    /// The range of this length that ends with `now`, the present instant included.
    pub fn ending(self, now: Timestamp) -> Range {
        let hours = match self.unit {
            Unit::Hour => 1,
            Unit::Day => 24,
            Unit::Week => 7 * 24,
            Unit::Month => 30 * 24,
        };
        let span = Duration::from_secs(u64::from(self.count) * hours * 3_600);
        Range { from: now.minus(span), to: now.plus(Duration::from_millis(1)) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Hour => 'h',
            Unit::Day => 'd',
            Unit::Week => 'w',
            Unit::Month => 'm',
        };
        write!(f, "{}{unit}", self.count)
    }
}
