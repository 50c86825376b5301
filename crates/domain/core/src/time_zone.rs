use std::fmt;

use jiff::civil::{Date, Time};
use jiff::tz;
use thiserror::Error;

use crate::Timestamp;

/// A time zone of the IANA database. The database is part of the program, so that all nodes of a version count the same
/// days, whatever their machines know.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone(tz::TimeZone);

/// Why a text is not a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not a time zone of the IANA database, such as Europe/Berlin or UTC")]
pub struct TimeZoneFault;

/// A day of the calendar, whatever the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// An hour; what is said where the calendar ends.
const HOUR_MICROS: i64 = 3_600_000_000;

impl TimeZone {
    /// Where days begin for who has said nothing else.
    pub const UTC: Self = Self(tz::TimeZone::UTC);

    /// Reads a name of the database, ASCII case ignored.
    pub fn parse(name: &str) -> Result<Self, TimeZoneFault> {
        let zone = tz::TimeZone::get(name).map_err(|_| TimeZoneFault)?;
        if zone.is_unknown() { Err(TimeZoneFault) } else { Ok(Self(zone)) }
    }

    /// Its name as the database spells it.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day that it is here at this instant.
    pub fn day(&self, at: Timestamp) -> Day {
        Day(self.0.to_datetime(instant(at)).date())
    }

    /// When a day is over here: the first instant of the next one that lies behind `at`. Days have 23 hours or 25 where
    /// clocks are changed, begin later than at midnight where that is when they are changed, and some were left out.
    pub fn end_of(&self, day: Day, at: Timestamp) -> Timestamp {
        let next = day.0.tomorrow().unwrap_or(Date::MAX);
        let begins = next.to_zoned(self.0.clone()).and_then(|midnight| midnight.start_of_day());
        match begins.map(|begins| micros(begins.timestamp())) {
            Ok(begins) if begins > at => begins,
            // It has begun before, and clocks were set back into the day then.
            _ => {
                let again = self.0.to_ambiguous_timestamp(next.to_datetime(Time::midnight())).later();
                let again = again.map_or(at, micros);
                if again > at {
                    again
                } else {
                    Timestamp::from_micros(at.micros().saturating_add(HOUR_MICROS))
                }
            }
        }
    }

    /// When the month began here that it is at this instant.
    pub fn month_of(&self, at: Timestamp) -> Timestamp {
        let first = self.day(at).0.first_of_month();
        let begins = first.to_zoned(self.0.clone()).and_then(|midnight| midnight.start_of_day());
        begins.map_or(at, |begins| micros(begins.timestamp()).min(at))
    }
}

impl Day {
    /// Reads the number that [`Day::number`] gives; `None` where the calendar has no such day.
    pub fn of(number: u32) -> Option<Self> {
        let part = |divisor: u32, modulo: u32| i8::try_from(number / divisor % modulo).ok();
        let year = i16::try_from(number / 10_000).ok()?;
        Date::new(year, part(100, 100)?, part(1, 100)?).ok().map(Self)
    }

    /// Year, month and day one behind the other: 20260225. Later days have greater numbers.
    pub fn number(self) -> u32 {
        let part = |number: i16| u32::from(number.unsigned_abs());
        part(self.0.year()) * 10_000 + part(self.0.month().into()) * 100 + part(self.0.day().into())
    }
}

/// What we have lies within what the calendar has, but for its last hours.
fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::MAX)
}

fn micros(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_microsecond())
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeZone({})", self.name())
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Eight digits.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.number())
    }
}
