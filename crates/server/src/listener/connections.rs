//! All connections: how many there may be, which of them are too slow, and which go first where there are too many.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::info;

use super::connection::{Connection, Order};
use super::counts::{Counts, Cut};
use super::limits::Limits;
use super::watch::{Patience, Verdict, Watch};

/// How many are closed at once where there are too many: one of so many.
const SHARE: usize = 32;
/// Ticks between two lines in the log.
const REPORT: u64 = 10;

/// The connections of a listener.
pub(super) struct Connections {
    limits: Limits,
    places: Arc<Semaphore>,
    held: Mutex<Held>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Held {
    entries: HashMap<u64, Entry>,
    addresses: HashMap<IpAddr, Vec<u64>>,
    next: u64,
    tick: u64,
    /// What the log was last told.
    reported: [u64; 4],
}

struct Entry {
    connection: Arc<Connection>,
    watch: Watch,
    /// Where it is counted by address.
    address: Option<IpAddr>,
}

/// A connection without a request, in the order in which they go where there are too many: by what it is, then whoever
/// waits longest.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
struct Rest {
    kind: Kind,
    since: u64,
    id: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Kind {
    /// It asked for nothing for a tick at least.
    Silent,
    /// It asked for something before.
    Used,
    /// It had no time yet to ask.
    New,
}

/// A connection's place among the others, until it is dropped.
pub(super) struct Place {
    id: u64,
    connections: Arc<Connections>,
    pub(super) connection: Arc<Connection>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    pub(super) fn new(limits: Limits, counts: Arc<Counts>) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { limits, places, held: Mutex::default(), counts })
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    pub(super) fn count(&self) -> usize {
        self.held().entries.len()
    }

    /// Room for one more. Where there is none, some that rest are closed, and whatever ends is waited for: meanwhile the
    /// system keeps further connections in its queue.
    pub(super) async fn room(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(permit) = self.places.clone().try_acquire_owned() {
                return permit;
            }
            self.shed();
            // Whoever is busy now may rest a moment later.
            if let Ok(Ok(permit)) = timeout(self.limits.tick, self.places.clone().acquire_owned()).await {
                return permit;
            }
        }
    }

    /// Takes a connection in; `None` where its address has too many that are all busy.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, permit: OwnedSemaphorePermit) -> Option<Place> {
        let counted = self.counted(address);
        let connection = Arc::new(Connection::default());
        let mut held = self.held();
        let id = held.next;
        if let (Some(address), Some(most)) = (counted, self.limits.per_address) {
            if held.addresses.get(&address).is_some_and(|ids| ids.len() >= most) {
                let way = held.make_way(address);
                self.counts.count(if way { Cut::ShedAddress } else { Cut::RefusedAddress });
                if !way {
                    return None;
                }
            }
            held.addresses.entry(address).or_default().push(id);
        }
        held.next += 1;
        let watch = Watch::new(held.tick);
        held.entries.insert(id, Entry { connection: connection.clone(), watch, address: counted });
        drop(held);
        self.counts.opened();
        Some(Place { id, connections: self.clone(), connection, _permit: permit })
    }

    /// One look at all, once a tick.
    pub(super) fn look(&self) {
        let limits = &self.limits;
        let mut held = self.held();
        held.tick += 1;
        let tick = held.tick;
        let patience = Patience::of(limits);
        for entry in held.entries.values_mut() {
            let verdict = entry.watch.look(entry.connection.glance(), tick, &patience);
            let (order, cut) = match verdict {
                Verdict::Fine => continue,
                Verdict::Rested => (Order::Finish, Some(Cut::ShedIdle)),
                Verdict::Gone => (Order::Leave, None),
                Verdict::Late => (Order::Leave, Some(Cut::ShedHead)),
                Verdict::Stalled => (Order::Leave, Some(Cut::ShedAnswer)),
            };
            let is_news = entry.connection.tell(order);
            if let Some(cut) = cut.filter(|_| is_news) {
                self.counts.count(cut);
            }
        }
        if tick.is_multiple_of(REPORT) {
            self.report(&mut held);
        }
    }

    /// Nobody takes further requests from now on.
    pub(super) fn finish(&self) {
        for entry in self.held().entries.values() {
            entry.connection.tell(Order::Finish);
        }
    }

    /// Closes a share of the connections, in the order of [`Rest`]. Whoever has a request under way stays.
    fn shed(&self) {
        let held = self.held();
        let mut resting: Vec<_> = held
            .entries
            .iter()
            .filter_map(|(id, entry)| Some((entry.rest(held.tick, *id)?, entry)))
            .collect();
        let most = self.limits.connections.div_ceil(SHARE).min(resting.len());
        if most > 0 && most < resting.len() {
            resting.select_nth_unstable_by_key(most - 1, |(rest, _)| *rest);
        }
        for (_, entry) in &resting[..most] {
            entry.connection.tell(Order::Leave);
        }
        self.counts.add(Cut::ShedTotal, most as u64);
    }

    /// What an address is counted as: an IPv6 customer has a network of 2⁶⁴ addresses.
    fn counted(&self, address: IpAddr) -> Option<IpAddr> {
        self.limits.per_address?;
        let address = address.to_canonical();
        if self.limits.exempt.iter().any(|network| network.contains(&address)) {
            return None;
        }
        Some(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        })
    }

    fn report(&self, held: &mut Held) {
        let of = |cut| self.counts.of(cut);
        let shed = of(Cut::ShedTotal) + of(Cut::ShedAddress);
        let now = [of(Cut::RefusedAddress), shed, of(Cut::ShedHead), of(Cut::ShedAnswer)];
        if now != held.reported {
            held.reported = now;
            let [refused, shed, late, stalled] = now;
            info!(
                connections.open = held.entries.len(),
                connections.refused = refused,
                connections.shed = shed,
                connections.late = late,
                connections.stalled = stalled,
                "connections were cut off for want of room or patience; the counts are since the start"
            );
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing in here can be left half done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Has the connection of this address that waits longest leave; false where all are busy.
    fn make_way(&mut self, address: IpAddr) -> bool {
        let Some(ids) = self.addresses.get(&address) else { return true };
        let rests = ids.iter().filter_map(|id| self.entries.get(id)?.rest(self.tick, *id));
        let Some(Rest { id, .. }) = rests.min() else { return false };
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.connection.tell(Order::Leave);
            entry.address = None;
        }
        self.leave(address, id);
        true
    }

    fn leave(&mut self, address: IpAddr, id: u64) {
        if let Some(ids) = self.addresses.get_mut(&address) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.addresses.remove(&address);
            }
        }
    }
}

impl Entry {
    /// `None` where something is under way, or it goes already.
    fn rest(&self, tick: u64, id: u64) -> Option<Rest> {
        let glance = self.connection.glance();
        let rests = glance.under_way == 0 && !glance.blocked && glance.order != Order::Leave;
        let since = self.watch.since();
        let kind = match (glance.requests, tick.saturating_sub(since)) {
            (0, 0) => Kind::New,
            (0, _) => Kind::Silent,
            _ => Kind::Used,
        };
        rests.then_some(Rest { kind, since, id })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.connections.held();
        if let Some(address) = held.entries.remove(&self.id).and_then(|entry| entry.address) {
            held.leave(address, self.id);
        }
        drop(held);
        self.connections.counts.closed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(most: usize, per_address: usize) -> Arc<Connections> {
        let exempt = vec!["10.0.0.0/8".parse().expect("a network")];
        let limits =
            Limits { connections: most, per_address: Some(per_address), exempt, ..Limits::default() };
        Connections::new(limits, Arc::default())
    }

    async fn admit(connections: &Arc<Connections>, address: &str) -> Option<Place> {
        let permit = connections.room().await;
        connections.admit(address.parse().expect("an address"), permit)
    }

    fn order(place: &Place) -> Order {
        place.connection.glance().order
    }

    #[tokio::test]
    async fn an_address_with_too_many_busy_connections_gets_no_further_one() {
        let connections = connections(100, 2);
        let first = admit(&connections, "2001:db8::1").await.expect("the first");
        let second = admit(&connections, "2001:db8::2:0:0:1").await.expect("the second of the same network");
        let busy = (first.connection.begin(false), second.connection.begin(false));
        assert!(admit(&connections, "2001:db8::3").await.is_none());
        assert!(admit(&connections, "2001:db8:0:1::3").await.is_some(), "another network");
        drop((busy.0, first));
        assert!(admit(&connections, "2001:db8::3").await.is_some(), "a place is free again");
    }

    #[tokio::test]
    async fn an_address_with_too_many_connections_loses_the_one_that_asked_for_nothing() {
        let connections = connections(100, 2);
        let used = admit(&connections, "192.0.2.1").await.expect("the first");
        drop(used.connection.begin(false));
        let unused = admit(&connections, "::ffff:192.0.2.1").await.expect("the second");
        connections.look();
        connections.look();
        let third = admit(&connections, "192.0.2.1").await.expect("the third");
        assert_eq!([&used, &unused, &third].map(order), [Order::Stay, Order::Leave, Order::Stay]);
        drop(unused);
        drop(admit(&connections, "192.0.2.1").await.expect("the fourth"));
        assert_eq!([&used, &third].map(order), [Order::Leave, Order::Stay], "the third had no time to ask");
    }

    #[tokio::test]
    async fn trusted_networks_have_as_many_as_they_like() {
        let connections = connections(100, 2);
        let mut places = Vec::new();
        for _ in 0..50 {
            places.push(admit(&connections, "10.1.2.3").await.expect("exempt"));
        }
        assert!(places.iter().all(|place| order(place) == Order::Stay));
    }

    #[tokio::test]
    async fn where_all_places_are_taken_those_that_rest_go_and_the_busy_stay() {
        let connections = connections(3, 100);
        let mut places = Vec::new();
        for _ in 0..3 {
            places.push(admit(&connections, "192.0.2.1").await.expect("room"));
        }
        let _busy = places[0].connection.begin(false);
        drop(places[1].connection.begin(false));
        connections.look();
        connections.look();
        let waiting = connections.room();
        let mut waiting = std::pin::pin!(waiting);
        let polled = futures_util::poll!(waiting.as_mut());
        assert!(polled.is_pending(), "nobody is gone yet");
        let orders: Vec<_> = places.iter().map(order).collect();
        assert_eq!(orders, [Order::Stay, Order::Stay, Order::Leave], "who asked for nothing goes first");
        drop(places.pop());
        drop(waiting.await);
        assert_eq!(connections.count(), 2);
    }
}
