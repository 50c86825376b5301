//! Rate limits: one bucket per caller, by the generic cell rate algorithm (ITU-T I.371), in this node's memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::{Code, Error};

/// Above so many callers, those whose bucket is full again are forgotten.
const SWEEP_ABOVE: usize = 50_000;

/// How fast a bucket refills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls a second in the long run; at least 1.
    pub per_second: u32,
    /// Calls at once; at least 1.
    pub burst: u32,
}

/// The limits of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Per actor.
    pub actor: Rate,
    /// Per address, on operations that need no credential.
    pub address: Rate,
}

/// What a caller has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The rate it was judged by.
    pub rate: Rate,
    /// Calls that would be let through now.
    pub remaining: u32,
    /// Until the bucket is full again.
    pub reset: Duration,
    /// How long to wait; `None` where this call was let through.
    pub wait: Option<Duration>,
}

/// The buckets, by caller; each holds when it would be full, on the monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    full_at: Mutex<HashMap<String, Duration>>,
}

impl Default for Limits {
    /// 100 a second with a burst of 2,000 per actor; 50 with 500 per address.
    fn default() -> Self {
        Self { actor: Rate { per_second: 100, burst: 2_000 }, address: Rate { per_second: 50, burst: 500 } }
    }
}

impl Buckets {
    /// Takes one call out of the caller's bucket, if it holds one.
    pub(crate) fn take(&self, caller: &str, rate: Rate, now: Duration) -> Allowance {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() > SWEEP_ABOVE {
            full_at.retain(|_, full| *full > now);
        }
        let each = Duration::from_secs(1) / rate.per_second.max(1);
        let whole = each * rate.burst.max(1);
        let full = full_at.get(caller).copied().unwrap_or_default().max(now);
        let taken = full + each;
        let wait = taken.checked_sub(now + whole).filter(|wait| !wait.is_zero());
        let full = if wait.is_none() { taken } else { full };
        full_at.insert(caller.to_owned(), full);
        let reset = full.saturating_sub(now);
        let free = whole.saturating_sub(reset);
        let remaining = u32::try_from(free.as_nanos() / each.as_nanos().max(1)).unwrap_or(u32::MAX);
        Allowance { rate, remaining, reset, wait }
    }
}

/// Refuses whoever has nothing left, and says when that will be over.
pub(crate) fn let_through(allowance: Option<Allowance>) -> Result<(), Error> {
    match allowance.and_then(|allowance| allowance.wait) {
        None => Ok(()),
        Some(wait) => {
            let limited = Error::new(Code::RATE_LIMITED, "too many calls; wait and try again");
            Err(Error { retry_after: Some(wait), ..limited })
        }
    }
}
