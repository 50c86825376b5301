//! How often a caller may call: buckets in this process's memory, or, where several nodes serve one store, leases of
//! calls out of buckets that they share.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use lp_access::Rate;
use lp_ports::{Counters, Taken};

use crate::error::Exhausted;
use crate::{Code, Error};

mod turns;

pub(crate) use self::turns::Turns;

/// Above so many callers, those that nothing needs to be known of any more are forgotten.
const SWEEP_ABOVE: usize = 50_000;
/// How long leased calls may be spent: what is left then is given up, so that a node that has become quiet holds nothing
/// back from the others for longer.
const LEASED_FOR: Duration = Duration::from_secs(1);
/// How long a node counts for itself once the shared buckets did not answer.
const AWAY_FOR: Duration = Duration::from_secs(1);
/// A lease is at most this part of the burst, so that what nodes give up is little.
const LEASES_PER_BURST: u32 = 20;
/// How long, at least and at most, a caller who has nothing left is told so from here: a flood costs the store ten looks a
/// second, and a store whose clock was wrong is believed for no longer than that.
const REFUSED_FOR: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

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

/// Judges callers.
pub(crate) struct Limiter {
    /// Of this process alone: by caller, when the bucket would be full.
    own: Mutex<HashMap<String, Duration>>,
    /// Of all nodes.
    shared: Option<Arc<dyn Counters>>,
    leases: Mutex<HashMap<String, Lease>>,
    /// Who is being asked for: of a caller's calls at once one asks, and the others spend what it got.
    asking: Mutex<HashMap<String, Arc<Turn>>>,
    /// Until then the shared buckets are not asked: they did not answer.
    away_until: Mutex<Duration>,
}

/// Calls of a shared bucket that this node may let through by itself, or none for a while.
type Turn = futures_util::lock::Mutex<()>;

/// How often something may be tried that is dear or worth guessing at: so many at once, then one in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub(crate) at_once: u32,
    /// In seconds; what each costs of [`Attempts::rate`], too.
    pub(crate) then_each: u32,
}

#[derive(Debug, Clone, Copy)]
struct Lease {
    left: u32,
    /// How many were asked for.
    size: u32,
    until: Duration,
    /// When the shared bucket is full again.
    full_at: Duration,
}

impl Default for Limits {
    /// 100 a second with a burst of 2,000 per actor; 50 with 500 per address.
    fn default() -> Self {
        Self { actor: Rate { per_second: 100, burst: 2_000 }, address: Rate { per_second: 50, burst: 500 } }
    }
}

impl Limiter {
    /// `shared` where other nodes count the same callers.
    pub(crate) fn new(shared: Option<Arc<dyn Counters>>) -> Self {
        Self {
            own: Mutex::default(),
            shared,
            leases: Mutex::default(),
            asking: Mutex::default(),
            away_until: Mutex::default(),
        }
    }

    /// Takes one call out of the caller's bucket, if it holds one. While the shared buckets cannot be reached, every node
    /// counts for itself.
    pub(crate) async fn take(&self, caller: &str, rate: Rate, now: Duration) -> Allowance {
        let Some(shared) = &self.shared else { return self.take_own(caller, rate, now) };
        if let Ok(allowance) = self.spend(caller, rate, now) {
            return allowance;
        }
        if *lock(&self.away_until) > now {
            return self.take_own(caller, rate, now);
        }
        let turn = lock(&self.asking).entry(caller.to_owned()).or_default().clone();
        let mine = turn.lock().await;
        let allowance = match self.spend(caller, rate, now) {
            Ok(allowance) => allowance,
            Err(_) if *lock(&self.away_until) > now => self.take_own(caller, rate, now),
            Err(size) => match shared.take(caller, rate, size).await {
                Ok(taken) => self.lease(caller, rate, now, size, taken),
                Err(error) => {
                    tracing::debug!(error.source = %error, "shared limits cannot be reached; this node counts for itself");
                    *lock(&self.away_until) = now + AWAY_FOR;
                    self.take_own(caller, rate, now)
                }
            },
        };
        drop(mine);
        let mut asking = lock(&self.asking);
        // This one's and the map's own: nobody waits for it any more.
        if Arc::strong_count(&turn) <= 2 {
            asking.remove(caller);
        }
        allowance
    }

    /// Takes a call that costs so many of the bucket's units; `Err`: it does not hold them, and when it is worth trying
    /// again. What it did hold is gone all the same, so whoever keeps trying keeps waiting.
    ///
    /// For what is dear or worth guessing at: each is asked for on its own, so that all nodes together let through no more
    /// than said.
    pub(crate) async fn pay(
        &self,
        caller: &str,
        rate: Rate,
        cost: u32,
        now: Duration,
    ) -> Result<(), Duration> {
        let taken = match &self.shared {
            Some(shared) => shared.take(caller, rate, cost).await.ok(),
            None => None,
        };
        let Taken { granted, full_in } = taken.unwrap_or_else(|| self.spend_own(caller, rate, cost, now));
        if granted == cost { Ok(()) } else { Err(wait_for(rate, cost, full_in)) }
    }

    /// What [`Limiter::pay`] would say, without taking anything: for what is counted only once it is known how it went.
    pub(crate) async fn could_pay(
        &self,
        caller: &str,
        rate: Rate,
        cost: u32,
        now: Duration,
    ) -> Result<(), Duration> {
        let seen = match &self.shared {
            Some(shared) => shared.take(caller, rate, 0).await.ok(),
            None => None,
        };
        let full_in = seen.unwrap_or_else(|| self.spend_own(caller, rate, 0, now)).full_in;
        if rate.left(full_in) >= cost { Ok(()) } else { Err(wait_for(rate, cost, full_in)) }
    }

    fn take_own(&self, caller: &str, rate: Rate, now: Duration) -> Allowance {
        let taken = self.spend_own(caller, rate, 1, now);
        allowance(rate, taken.granted, 0, taken.full_in)
    }

    /// Takes out of the bucket in this process's memory.
    fn spend_own(&self, caller: &str, rate: Rate, wanted: u32, now: Duration) -> Taken {
        let mut own = lock(&self.own);
        if own.len() > SWEEP_ABOVE {
            own.retain(|_, full_at| *full_at > now);
        }
        let before = own.get(caller).copied().unwrap_or_default();
        let (granted, full_at) = rate.take(before, now, wanted);
        own.insert(caller.to_owned(), full_at);
        Taken { granted, full_in: full_at.saturating_sub(now) }
    }

    /// Spends of the caller's lease; where there is none, says how many calls the next one should be asked for.
    fn spend(&self, caller: &str, rate: Rate, now: Duration) -> Result<Allowance, u32> {
        let mut leases = lock(&self.leases);
        let most = (rate.burst / LEASES_PER_BURST).max(1);
        let lease = leases.get_mut(caller).filter(|lease| lease.until > now).ok_or(1_u32)?;
        let refused = lease.size == 0;
        if lease.left == 0 && !refused {
            return Err(lease.size.saturating_mul(2).min(most));
        }
        if refused {
            return Ok(refusal(rate, lease, now));
        }
        lease.left -= 1;
        Ok(allowance(rate, 1, lease.left, lease.full_at.saturating_sub(now)))
    }

    fn lease(&self, caller: &str, rate: Rate, now: Duration, size: u32, taken: Taken) -> Allowance {
        let mut leases = lock(&self.leases);
        if leases.len() > SWEEP_ABOVE {
            leases.retain(|_, lease| lease.until > now);
        }
        let full_at = now + taken.full_in;
        let granted = taken.granted.min(1);
        let lease = if granted == 0 {
            let told = rate.wait(taken.full_in).clamp(REFUSED_FOR.0, REFUSED_FOR.1);
            Lease { left: 0, size: 0, until: now + told, full_at }
        } else {
            Lease { left: taken.granted - granted, size, until: now + LEASED_FOR, full_at }
        };
        leases.insert(caller.to_owned(), lease);
        if granted == 0 { refusal(rate, &lease, now) } else { allowance(rate, 1, lease.left, taken.full_in) }
    }
}

impl Attempts {
    pub(crate) fn rate(self) -> Rate {
        Rate { per_second: 1, burst: self.at_once.saturating_mul(self.then_each) }
    }

    /// What is said to whoever has to wait so long.
    pub(crate) fn refusal(self, wait: Duration) -> Error {
        let window = self.rate().window();
        let limit = Exhausted { name: "attempts", quota: self.at_once, window, reset: wait };
        let limited = Error::new(Code::RATE_LIMITED, "too many attempts; wait before the next");
        Error { retry_after: Some(wait), limit: Some(Box::new(limit)), ..limited }
    }
}

/// How long until a bucket that is full again in `full_in` holds so many.
fn wait_for(rate: Rate, cost: u32, full_in: Duration) -> Duration {
    rate.wait(full_in) + Duration::from_secs(1) / rate.per_second.max(1) * cost.saturating_sub(1)
}

/// Who calls from an address: of IPv6 its /64, which is what one household or machine is given whole.
pub(crate) fn neighbourhood(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => format!("address:{v4}"),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("address:{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// What to say until the store is asked again.
fn refusal(rate: Rate, lease: &Lease, now: Duration) -> Allowance {
    let reset = lease.full_at.saturating_sub(now);
    Allowance { rate, remaining: 0, reset, wait: Some(lease.until.saturating_sub(now)) }
}

/// What to say of a bucket that is full again in `full_in`, of which `held` calls were taken out and not spent.
fn allowance(rate: Rate, granted: u32, held: u32, full_in: Duration) -> Allowance {
    let wait = (granted == 0).then(|| rate.wait(full_in).max(Duration::from_nanos(1)));
    Allowance { rate, remaining: rate.left(full_in).saturating_add(held), reset: full_in, wait }
}

/// Nothing between the steps of a change under these locks can panic, so a poisoned one is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses whoever has nothing left, and says when that will be over.
pub(crate) fn let_through(allowance: Option<Allowance>) -> Result<(), Error> {
    let Some((allowance, wait)) = allowance.and_then(|allowance| Some((allowance, allowance.wait?))) else {
        return Ok(());
    };
    let limit = Exhausted {
        name: Allowance::NAME,
        quota: allowance.rate.burst,
        window: allowance.rate.window(),
        reset: allowance.reset,
    };
    let limited = Error::new(Code::RATE_LIMITED, "too many calls; wait and try again");
    Err(Error { retry_after: Some(wait), limit: Some(Box::new(limit)), ..limited })
}

impl Allowance {
    /// What replies call the bucket of calls.
    pub const NAME: &str = "default";
}
