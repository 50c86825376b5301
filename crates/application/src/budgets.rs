//! The clicks that links with a limit may take: this node's leases, and the store behind them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt, Shared, join_all};
use futures_util::stream::{self, StreamExt};
use lp_core::text::with_causes;
use lp_core::{Handle, LinkId};
use lp_links::{ClickLimit, Lease, Spent};
use lp_ports::{ClickBudgets, Clock, StoreError, StoreHealth};
use thiserror::Error;

/// Above so many links, those of which only is known that they are used up are forgotten.
const SWEEP_ABOVE: usize = 50_000;
/// How many leases are given back at a time.
const AT_ONCE: usize = 16;

/// The edge's narrow way to the clicks that links with a limit may take. Cheap to clone.
///
/// What is lent to this node is spent in memory; for more the store is asked, once for all who wait. What a link was lent
/// and nobody uses goes back ([`tidy`](Self::tidy)). What is never given back counts as spent, so that no failure lets
/// through one too many (docs/adr/0024).
#[derive(Clone)]
pub struct Budgets {
    inner: Arc<Inner>,
}

/// The store did not answer, and without it nobody knows whether a click is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it cannot be known whether a click is left")]
pub struct StoreAway;

struct Inner {
    store: Arc<dyn ClickBudgets>,
    health: Arc<dyn StoreHealth>,
    clock: Arc<dyn Clock>,
    budgets: Mutex<HashMap<LinkId, Budget>>,
    /// Nothing is taken ahead any more.
    closing: AtomicBool,
    /// The last call did not reach the store.
    away: AtomicBool,
}

/// What this node has of one link.
struct Budget {
    handle: Handle,
    lease: Lease,
    /// How many visitors wait for [`Self::asking`], or were woken by it and have not spent yet.
    waiting: u32,
    asking: Option<Asking>,
}

/// The store is being asked. Whoever waits drives it; where nobody does any more, [`Budgets::tidy`] brings it to its end, so
/// that what it is handed out is not lost with a visitor who leaves.
type Asking = Shared<BoxFuture<'static, Result<(), StoreAway>>>;

/// One visitor who waits. It is counted until it is dropped.
struct Waiting<'b> {
    inner: &'b Inner,
    link: LinkId,
}

enum Next {
    Ended(Spent),
    Ask(Asking),
}

impl Budgets {
    pub(crate) fn new(
        store: Arc<dyn ClickBudgets>,
        health: Arc<dyn StoreHealth>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (budgets, closing, away) = (Mutex::default(), AtomicBool::new(false), AtomicBool::new(false));
        Self { inner: Arc::new(Inner { store, health, clock, budgets, closing, away }) }
    }

    /// Uses up one click where that can be said at once; `None` where the store has to be asked, and nothing has happened
    /// yet.
    pub fn spend_at_once(&self, link: LinkId, limit: ClickLimit) -> Option<Spent> {
        let now = self.inner.clock.monotonic();
        self.inner.budgets().get_mut(&link)?.lease.spend(limit, now)
    }

    /// Uses up one click. Of those who wait for one link the store is asked once.
    pub async fn spend(&self, handle: &Handle, link: LinkId, limit: ClickLimit) -> Result<Spent, StoreAway> {
        let mut waiting = None;
        loop {
            match self.next(handle, link, limit, &mut waiting) {
                Next::Ended(spent) => return Ok(spent),
                Next::Ask(asking) => asking.await?,
            }
        }
    }

    /// Whether this node knows that none are left: for visits that use up none.
    pub fn is_used_up(&self, link: LinkId, limit: ClickLimit) -> bool {
        self.inner.budgets().get(&link).is_some_and(|budget| budget.lease.is_empty(limit))
    }

    /// How many are left for visitors of this node: of the store's, and of those it was lent.
    pub(crate) async fn left(
        &self,
        handle: &Handle,
        link: LinkId,
        limit: ClickLimit,
    ) -> Result<u32, StoreError> {
        let handed_out = self.inner.store.handed_out(handle, link).await?;
        let held = self.inner.budgets().get(&link).map_or(0, |budget| budget.lease.held());
        let used = handed_out.saturating_sub(held.into());
        Ok(u32::try_from(u64::from(limit.number()).saturating_sub(used)).unwrap_or(u32::MAX))
    }

    /// Gives back what nobody has come for, and forgets what is of no use; the worker calls it every second.
    pub async fn tidy(&self) {
        self.finish_abandoned().await;
        let now = self.inner.clock.monotonic();
        let due = {
            let mut budgets = self.inner.budgets();
            let crowded = budgets.len() > SWEEP_ABOVE;
            budgets.retain(|_, budget| {
                let needed = budget.waiting > 0 || budget.asking.is_some();
                let useless = budget.lease.is_forgettable(now) || (crowded && budget.lease.held() == 0);
                needed || !useless
            });
            let idle = budgets.iter().filter(|(_, budget)| {
                budget.asking.is_none() && budget.lease.held() > 0 && budget.lease.is_idle(now)
            });
            idle.map(|(link, _)| *link).collect::<Vec<_>>()
        };
        self.give_back(due, |lease| lease.is_idle(now)).await;
    }

    /// Gives back everything: the node stops. From now on nothing is taken ahead.
    pub async fn close(&self) {
        self.inner.closing.store(true, Ordering::Relaxed);
        self.finish_abandoned().await;
        let held = |budget: &Budget| budget.lease.held() > 0;
        let all =
            self.inner.budgets().iter().filter(|(_, budget)| held(budget)).map(|(link, _)| *link).collect();
        self.give_back(all, |_| true).await;
    }

    fn next<'b>(
        &'b self,
        handle: &Handle,
        link: LinkId,
        limit: ClickLimit,
        waiting: &mut Option<Waiting<'b>>,
    ) -> Next {
        let now = self.inner.clock.monotonic();
        let mut budgets = self.inner.budgets();
        let budget = match budgets.entry(link) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let lease = Lease::new(limit, now);
                free.insert(Budget { handle: handle.clone(), lease, waiting: 0, asking: None })
            }
        };
        if let Some(spent) = budget.lease.spend(limit, now) {
            drop(budgets);
            return Next::Ended(spent);
        }
        if waiting.is_none() {
            budget.waiting += 1;
            *waiting = Some(Waiting { inner: &self.inner, link });
        }
        let asking = budget.asking.get_or_insert_with(|| {
            let former = budget.lease.turn_to(limit);
            let handle = budget.handle.clone();
            let ahead = !self.inner.closing.load(Ordering::Relaxed);
            let wanted = if ahead { budget.lease.wanted(budget.waiting) } else { budget.waiting };
            let ask = Ask { handle, link, limit, former, waiting: budget.waiting, wanted };
            let inner = Arc::clone(&self.inner);
            async move { inner.ask(ask).await }.boxed().shared()
        });
        Next::Ask(asking.clone())
    }

    /// Brings to its end what visitors have begun who left.
    async fn finish_abandoned(&self) {
        let abandoned: Vec<_> = {
            let budgets = self.inner.budgets();
            budgets
                .values()
                .filter(|budget| budget.waiting == 0)
                .filter_map(|one| one.asking.clone())
                .collect()
        };
        join_all(abandoned).await;
    }

    async fn give_back(&self, links: Vec<LinkId>, still: impl Fn(&Lease) -> bool) {
        // What is sent to a store that is away may arrive or not, and is lost for good.
        if links.is_empty() || self.inner.health.ping().await.is_err() {
            return;
        }
        stream::iter(links)
            .for_each_concurrent(AT_ONCE, |link| {
                let lent = {
                    let mut budgets = self.inner.budgets();
                    let budget = budgets.get_mut(&link).filter(|budget| still(&budget.lease));
                    budget.map(|budget| (budget.handle.clone(), budget.lease.give_back()))
                };
                async move {
                    let Some((handle, lent)) = lent else { return };
                    self.inner.take_back(&handle, link, lent).await;
                }
            })
            .await;
    }
}

/// What the store is asked for.
struct Ask {
    handle: Handle,
    link: LinkId,
    limit: ClickLimit,
    /// Lent under another limit.
    former: u32,
    waiting: u32,
    wanted: u32,
}

impl Inner {
    fn budgets(&self) -> MutexGuard<'_, HashMap<LinkId, Budget>> {
        // Nothing between the steps of a change under this lock can panic, so a poisoned one is still whole.
        self.budgets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, ask: Ask) -> Result<(), StoreAway> {
        let Ask { handle, link, limit, former, waiting, wanted } = ask;
        self.take_back(&handle, link, former).await;
        let answer = self.store.hand_out(&handle, link, limit.number(), wanted).await;
        let now = self.clock.monotonic();
        let (outcome, surplus) = {
            let mut budgets = self.budgets();
            let Some(budget) = budgets.get_mut(&link) else { return Err(StoreAway) };
            budget.asking = None;
            match &answer {
                Ok(out) => (Ok(()), budget.lease.receive(waiting, out.granted, out.left, now)),
                Err(_) => (budget.lease.unanswered(now).map(drop).ok_or(StoreAway), 0),
            }
        };
        self.note(answer.as_ref().err());
        self.take_back(&handle, link, surplus).await;
        outcome
    }

    /// Gives back; where no answer comes, it may have arrived or not, and so counts as spent.
    async fn take_back(&self, handle: &Handle, link: LinkId, count: u32) {
        if count == 0 {
            return;
        }
        if let Err(error) = self.store.take_back(handle, link, count).await {
            tracing::warn!(
                handle = handle.as_str(),
                link.id = %link,
                clicks.count = count,
                error.source = %with_causes(&error),
                "clicks of a link with a limit could not be given back; they count as used"
            );
        }
    }

    /// Tells the log when the store goes, not with every visit that is refused for it.
    fn note(&self, fault: Option<&StoreError>) {
        let before = self.away.swap(fault.is_some(), Ordering::Relaxed);
        if let (Some(error), false) = (fault, before) {
            tracing::warn!(
                error.source = %with_causes(error),
                "links with a limit cannot ask for clicks; their visitors are refused until the store is back"
            );
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(budget) = self.inner.budgets().get_mut(&self.link) {
            budget.waiting = budget.waiting.saturating_sub(1);
        }
    }
}
