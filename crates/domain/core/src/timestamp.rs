use std::fmt;
use std::time::Duration;

use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An instant: microseconds since 1970-01-01T00:00:00Z, cut to whole milliseconds so that every store returns what it
/// was given. Between the years 0000 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text is not an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an instant is written as in RFC 3339, for example 2026-03-02T09:00:00Z")]
pub struct TimestampFault;

const MILLI: i64 = 1_000;
/// 9999-12-31T23:59:59.999Z
const LAST: i64 = 253_402_300_799_999_000;
/// 0000-01-01T00:00:00Z
const EARLIEST: i64 = -62_167_219_200_000_000;

impl Timestamp {
    /// Cuts to milliseconds; outside the years 0000 to 9999 it is the nearest instant inside.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(EARLIEST, LAST).div_euclid(MILLI) * MILLI)
    }

    /// Whole milliseconds since 1970-01-01T00:00:00Z; for constants, so the range is not checked.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(MILLI))
    }

    pub fn micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with any offset.
    pub fn parse(text: &str) -> Result<Self, TimestampFault> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampFault)?;
        let micros = i64::try_from(parsed.unix_timestamp_nanos() / 1_000).map_err(|_| TimestampFault)?;
        Ok(Self::from_micros(micros))
    }

    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long before `later` this is; zero when it is not before it.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_micros(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }
}

/// RFC 3339 in UTC with three decimals and `Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}
