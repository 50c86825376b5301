use std::time::Duration;

use lp_core::Timestamp;

/// Counts of one range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// All redirects, bots included.
    pub clicks: u64,
    pub bot_clicks: u64,
    /// Different visitors among the clicks that are no bots'.
    pub unique_visitors: u64,
    pub conversions: u64,
    /// When the newest of these clicks happened.
    pub last_at: Option<Timestamp>,
}

/// Whether counts are as new as promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    pub status: FreshnessStatus,
    pub last_updated_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreshnessStatus {
    Fresh,
    Stale,
    Unknown,
}

impl Freshness {
    /// How old counts may be before they are called stale (documented: 60 minutes).
    pub const SLA_MINUTES: u32 = 60;

    /// Judges by when the click journal was last found empty or moved (`None`: never since the start).
    pub fn of(last_updated_at: Option<Timestamp>, now: Timestamp) -> Self {
        let sla = Duration::from_secs(u64::from(Self::SLA_MINUTES) * 60);
        let status = match last_updated_at {
            None => FreshnessStatus::Unknown,
            Some(at) if at.until(now) > sla => FreshnessStatus::Stale,
            Some(_) => FreshnessStatus::Fresh,
        };
        Self { status, last_updated_at }
    }
}

impl FreshnessStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "FRESH",
            Self::Stale => "STALE",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl Totals {
    pub fn qualified_clicks(&self) -> u64 {
        self.clicks.saturating_sub(self.bot_clicks)
    }

    /// Conversions per click, rounded to four places; 0 where nothing was clicked.
    pub fn conversion_rate(&self) -> f64 {
        share(self.conversions, self.clicks)
    }
}

/// One number by another, rounded to four places; 0 where the other is nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let scaled = (u128::from(part) * 20_000 / u128::from(whole)).div_ceil(2);
    u32::try_from(scaled).map_or(f64::MAX, |scaled| f64::from(scaled) / 10_000.0)
}
