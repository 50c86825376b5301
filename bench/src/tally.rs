use std::fmt;
use std::time::Duration;

/// What came of a load.
#[derive(Debug, Default)]
pub struct Tally {
    pub requests: u64,
    pub failed: u64,
    pub seconds: f64,
    /// How long each took, where that was measured.
    pub took: Vec<Duration>,
}

impl Tally {
    /// What several clients have counted.
    pub fn merged(parts: impl IntoIterator<Item = Self>, took: Duration) -> Self {
        let mut whole = Self { seconds: took.as_secs_f64(), ..Self::default() };
        for part in parts {
            whole.requests += part.requests;
            whole.failed += part.failed;
            whole.took.extend(part.took);
        }
        whole.took.sort_unstable();
        whole
    }

    /// The duration that so many of ten thousand do not exceed, in microseconds.
    fn at(&self, share: usize) -> u128 {
        let last = self.took.len().saturating_sub(1);
        self.took.get((self.took.len() * share / 10_000).min(last)).map_or(0, Duration::as_micros)
    }
}

/// One line of JSON, for whoever started the load.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{{\"requests\":{},\"failed\":{},\"seconds\":{:.3},\"p50\":{},\"p90\":{},\"p99\":{},\"p999\":{},\"max\":{}}}",
            self.requests,
            self.failed,
            self.seconds,
            self.at(5_000),
            self.at(9_000),
            self.at(9_900),
            self.at(9_990),
            self.took.last().map_or(0, Duration::as_micros),
        )
    }
}
