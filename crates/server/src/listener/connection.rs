//! What is known of one connection, and what it is told.
//!
//! Whoever serves it writes a few counters down as it goes; the [`super::connections`] read them once a second and decide.
//! So no request sets a timer or takes a lock on account of any limit.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64};
use std::task::{Poll, Waker};

use futures_util::task::AtomicWaker;

/// In [`Connection::work`]: one request more.
const REQUEST: u64 = 1;
/// In [`Connection::work`]: one request more that waits for this side.
const OURS: u64 = 1 << 32;
/// Who gives up so many requests, and more than half of all, asks only to have us work.
const ABANDONED: u32 = 100;

/// One connection's counters.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// Bytes of the client, and bytes that the system has taken for it. Written by the connection's own task alone.
    received: AtomicU64,
    sent: AtomicU64,
    /// Requests begun; written by the connection's own task alone.
    requests: AtomicU64,
    /// Low half: requests under way. High half: those of them that wait for this side rather than for the client.
    work: AtomicU64,
    /// Requests whose client did not wait for the answer.
    abandoned: AtomicU32,
    /// The system takes no more bytes for the client at the moment.
    blocked: AtomicBool,
    /// HTTP/2 is spoken.
    multiplexed: AtomicBool,
    order: AtomicU8,
    waker: AtomicWaker,
}

/// What a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Stay,
    /// Take no further requests.
    Finish,
    /// Close at once.
    Leave,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glance {
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) requests: u64,
    pub(super) under_way: u32,
    pub(super) ours: u32,
    pub(super) blocked: bool,
    pub(super) multiplexed: bool,
    pub(super) order: Order,
}

/// One request, from its head to the last byte of its answer.
#[derive(Debug)]
pub(super) struct UnderWay {
    connection: Arc<Connection>,
    ours: bool,
    answered: bool,
}

impl Connection {
    pub(super) fn glance(&self) -> Glance {
        let work = self.work.load(Relaxed);
        Glance {
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
            requests: self.requests.load(Relaxed),
            under_way: low(work),
            ours: low(work >> 32),
            blocked: self.blocked.load(Relaxed),
            multiplexed: self.multiplexed.load(Relaxed),
            order: self.order(),
        }
    }

    /// Bytes came. The caller is the only one who writes this counter, so that nothing need be locked.
    pub(super) fn received(&self, bytes: usize) {
        self.received.store(self.received.load(Relaxed).wrapping_add(bytes as u64), Relaxed);
    }

    /// Bytes went. The same holds of the caller.
    pub(super) fn sent(&self, bytes: usize) {
        self.sent.store(self.sent.load(Relaxed).wrapping_add(bytes as u64), Relaxed);
    }

    /// The system takes bytes for the client again, or takes none now. The same holds of the caller.
    pub(super) fn blocked(&self, blocked: bool) {
        self.blocked.store(blocked, Relaxed);
    }

    /// A request's head is there.
    pub(super) fn begin(self: &Arc<Self>, multiplexed: bool) -> UnderWay {
        let requests = self.requests.load(Relaxed);
        if requests == 0 && multiplexed {
            self.multiplexed.store(true, Relaxed);
        }
        self.requests.store(requests.wrapping_add(1), Relaxed);
        self.work.fetch_add(REQUEST | OURS, Relaxed);
        UnderWay { connection: self.clone(), ours: true, answered: false }
    }

    /// Tells the connection; gives whether it was told less before. An order is never taken back.
    pub(super) fn tell(&self, order: Order) -> bool {
        let before = self.order.fetch_max(order as u8, AcqRel);
        self.waker.wake();
        before < order as u8
    }

    /// Whether its client gave up so many of its requests that they cannot have been meant.
    pub(super) fn gives_up(&self) -> bool {
        let abandoned = self.abandoned.load(Relaxed);
        abandoned > ABANDONED && u64::from(abandoned) > self.requests.load(Relaxed) / 2
    }

    fn order(&self) -> Order {
        match self.order.load(Acquire) {
            0 => Order::Stay,
            1 => Order::Finish,
            _ => Order::Leave,
        }
    }

    /// Does the work of the connection until it ends or must leave: then it is dropped as it stands. `finish` is called
    /// once when it shall take no further requests, and says whether there is anything to finish.
    pub(super) async fn obeying<W: Future>(
        &self,
        work: W,
        mut finish: impl FnMut(Pin<&mut W>) -> bool,
    ) -> Option<W::Output> {
        let mut work = pin!(work);
        let mut told = Order::Stay;
        let mut waker: Option<Waker> = None;
        std::future::poll_fn(|context| {
            loop {
                // An order takes the waker with it.
                if waker.as_ref().is_none_or(|known| !known.will_wake(context.waker())) {
                    self.waker.register(context.waker());
                    waker = Some(context.waker().clone());
                }
                let order = self.order();
                if order == told {
                    return work.as_mut().poll(context).map(Some);
                }
                (told, waker) = (order, None);
                if order == Order::Leave || !finish(work.as_mut()) {
                    return Poll::Ready(None);
                }
            }
        })
        .await
    }
}

impl UnderWay {
    /// The answer's head is there.
    pub(super) fn answered(&mut self) {
        self.answered = true;
        self.waits_for(false);
    }

    /// The answer is its head.
    pub(super) fn ended(mut self) {
        self.answered = true;
    }

    /// Whether this side has to do something next, or the client has to take what there is.
    pub(super) fn waits_for(&mut self, us: bool) {
        if self.ours != us {
            self.ours = us;
            if us {
                self.connection.work.fetch_add(OURS, Relaxed);
            } else {
                self.connection.work.fetch_sub(OURS, Relaxed);
            }
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let connection = &self.connection;
        connection.work.fetch_sub(if self.ours { REQUEST | OURS } else { REQUEST }, Relaxed);
        if !self.answered {
            connection.abandoned.fetch_add(1, Relaxed);
            if connection.gives_up() {
                connection.tell(Order::Leave);
            }
        }
    }
}

fn low(work: u64) -> u32 {
    u32::try_from(work & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use tokio_util::task::TaskTracker;

    use super::*;

    #[test]
    fn requests_are_counted_by_whose_turn_it_is() {
        let connection = Arc::new(Connection::default());
        let counts = || {
            let glance = connection.glance();
            (glance.requests, glance.under_way, glance.ours)
        };
        let mut first = connection.begin(false);
        let second = connection.begin(false);
        assert_eq!(counts(), (2, 2, 2));
        first.answered();
        assert_eq!(counts(), (2, 2, 1), "the first is the client's to take");
        first.waits_for(true);
        assert_eq!(counts(), (2, 2, 2), "its body is not all there yet");
        drop((first, second));
        assert_eq!(counts(), (2, 0, 0));
    }

    #[test]
    fn a_client_that_gives_up_most_of_its_requests_must_leave() {
        let connection = Arc::new(Connection::default());
        for _ in 0..ABANDONED {
            drop(connection.begin(true));
        }
        assert_eq!(connection.glance().order, Order::Stay);
        drop(connection.begin(true));
        assert_eq!(connection.glance().order, Order::Leave);
    }

    #[test]
    fn a_client_that_gives_up_some_requests_may_stay() {
        let connection = Arc::new(Connection::default());
        for _ in 0..ABANDONED * 10 {
            connection.begin(true).answered();
            connection.begin(true).answered();
            drop(connection.begin(true));
        }
        assert_eq!(connection.glance().order, Order::Stay);
    }

    #[tokio::test]
    async fn orders_reach_a_connection_that_waits() {
        let connection = Arc::new(Connection::default());
        let finished = Arc::new(tokio::sync::Notify::new());
        let (obeyed, noted) = (connection.clone(), finished.clone());
        let waiting = TaskTracker::new().spawn(async move {
            let finish = |_: Pin<&mut std::future::Pending<()>>| {
                noted.notify_one();
                true
            };
            obeyed.obeying(std::future::pending::<()>(), finish).await
        });
        connection.tell(Order::Finish);
        finished.notified().await;
        connection.tell(Order::Leave);
        connection.tell(Order::Finish);
        assert_eq!(waiting.await.expect("no panic"), None);
    }
}
