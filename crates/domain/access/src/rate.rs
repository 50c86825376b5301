use std::time::Duration;

/// How fast a bucket of calls refills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls a second in the long run; at least 1, at most a million.
    pub per_second: u32,
    /// Calls at once; at least 1.
    pub burst: u32,
}

impl Rate {
    /// Takes up to `wanted` calls at `now` out of a bucket that will be full again at `full_at`, and says how many were
    /// there and when it is full from now on. Both instants are on one clock, whichever.
    ///
    /// The generic cell rate algorithm (ITU-T I.371): one instant says how much a bucket holds.
    #[must_use]
    pub fn take(self, full_at: Duration, now: Duration, wanted: u32) -> (u32, Duration) {
        // Further ahead than a whole bucket it cannot be: the clock that it was told by was set back since.
        let full_at = if full_at > now + self.whole() { now } else { full_at.max(now) };
        let free = self.left(full_at.saturating_sub(now));
        let granted = wanted.min(free);
        (granted, full_at + self.each() * granted)
    }

    /// How many calls a bucket holds that is full again in `full_in`.
    #[must_use]
    pub fn left(self, full_in: Duration) -> u32 {
        let free = self.whole().saturating_sub(full_in);
        u32::try_from(free.as_nanos() / self.each().as_nanos()).unwrap_or(u32::MAX)
    }

    /// How long until a bucket that is full again in `full_in` holds one call; zero where it does.
    #[must_use]
    pub fn wait(self, full_in: Duration) -> Duration {
        (full_in + self.each()).saturating_sub(self.whole())
    }

    /// In how long an empty bucket is full again, in whole seconds, rounded up.
    #[must_use]
    pub fn window(self) -> Duration {
        Duration::from_secs(u64::from(self.burst.div_ceil(self.per_second.max(1)).max(1)))
    }

    /// How long one call takes to come back.
    fn each(self) -> Duration {
        Duration::from_secs(1) / self.per_second.clamp(1, 1_000_000)
    }

    fn whole(self) -> Duration {
        self.each() * self.burst.max(1)
    }
}
