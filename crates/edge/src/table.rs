mod entry;
mod flight;
mod handles;
mod home;
mod ring;
mod shards;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use lp_application::{Code, Error, Loaded, Policy, RouteListener};
use lp_core::{Handle, SlugKey};
use triomphe::Arc as Shared;

pub(crate) use self::entry::Entry;
use self::entry::Learned;
pub(crate) use self::flight::{Joined, Seat};
use self::handles::Handles;
pub use self::home::HeldRules;
pub(crate) use self::home::Home;
use self::ring::{Kind, Place, Ring};
use self::shards::{Change, KeyHash, Shards};
use crate::{Found, RouteKey};

/// How much is kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// At most so many routes; the least visited go first.
    pub routes: usize,
    /// And at most about so many bytes of them, because destinations differ much in length.
    pub bytes: usize,
    /// At most so many slugs of which it is known that no link answers; the oldest go first.
    pub absent: usize,
}

/// How the table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableStats {
    /// Routes in memory.
    pub loaded: usize,
    /// What they weigh, in bytes: an estimate.
    pub bytes: usize,
    /// Slugs known to hold no link.
    pub absent: usize,
    /// Places in the order of eviction; more than entries, because left-over ones go with a delay.
    pub places: usize,
    /// Reads of the store for visitors since the start, failed ones included.
    pub loads: u64,
    /// Those of them that failed.
    pub failed_loads: u64,
    /// Routes and absent slugs given up for others since the start.
    pub evictions: u64,
    /// How far the change log has been followed.
    pub newest_change: u64,
}

/// The routes in memory: a concurrent map from `handle/slug` to what the slug holds.
///
/// Whatever reaches it, a load, an own commit or news of a foreign one, counts only if its revision is greater than the
/// one known (docs/adr/0003). Lookups neither wait nor allocate.
pub struct RouteTable {
    entries: Shards,
    handles: Handles,
    present: Ring,
    absent: Ring,
    /// Numbers entries and their places in the rings; repeats after four thousand millions.
    serial: AtomicU32,
    loads: AtomicU64,
    failed_loads: AtomicU64,
    evictions: AtomicU64,
    newest_change: AtomicU64,
    store_away: AtomicBool,
}

impl Bounds {
    /// What the routes may take where nothing else is said: some two million.
    pub const BYTES: usize = 512 * 1024 * 1024;

    /// As many routes as go into so much memory.
    pub fn within(bytes: usize) -> Self {
        Self { routes: usize::MAX, bytes, absent: 100_000 }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::within(Self::BYTES)
    }
}

impl Default for RouteTable {
    fn default() -> Self {
        Self::new(Bounds::default())
    }
}

impl RouteTable {
    /// An empty table.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            entries: Shards::default(),
            handles: Handles::default(),
            present: Ring::new(bounds.routes, bounds.bytes),
            absent: Ring::new(bounds.absent, usize::MAX),
            serial: AtomicU32::new(0),
            loads: AtomicU64::new(0),
            failed_loads: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
            newest_change: AtomicU64::new(0),
            store_away: AtomicBool::new(false),
        }
    }

    /// Asks memory for what the slug holds: for whoever will look for it shortly.
    pub fn prefetch(&self, key: &RouteKey) {
        self.entries.prefetch(key);
    }

    /// What the slug holds as far as is known; `None` where it has to be loaded.
    pub fn find(&self, key: &RouteKey) -> Option<Found> {
        Entry::visit(&self.entries.get(key)?)
    }

    /// Says how far the change log has been followed, for the gauge.
    pub fn caught_up(&self, position: u64) {
        self.newest_change.fetch_max(position, Ordering::Relaxed);
    }

    /// Gives up everything, loads under way included: visitors who wait for those are answered, and nothing is kept of
    /// them. For when it is not known any more what has changed.
    pub fn forget_all(&self) {
        self.entries.drain(|entry| {
            if let Some((kind, bytes)) = entry.weight() {
                self.ring(kind).lose(bytes);
            }
        });
        self.handles.forget();
    }

    /// The handle with what is decided for it, if anybody asked for a link of it.
    pub(crate) fn home(&self, handle: &Handle) -> Option<Shared<Home>> {
        self.handles.get(handle)
    }

    /// The handle with what is decided for it, whoever asks for it first.
    pub(crate) fn home_of(&self, handle: &Handle) -> Shared<Home> {
        self.handles.intern(handle)
    }

    /// How it stands.
    pub fn stats(&self) -> TableStats {
        TableStats {
            loaded: self.present.live(),
            bytes: self.present.bytes(),
            absent: self.absent.live(),
            places: self.present.places() + self.absent.places(),
            loads: self.loads.load(Ordering::Relaxed),
            failed_loads: self.failed_loads.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
            newest_change: self.newest_change.load(Ordering::Relaxed),
        }
    }

    /// Joins those who wait for the slug, as the first of them if need be.
    pub(crate) fn join(&self, key: &RouteKey, handle: &Handle, slug: &SlugKey) -> Joined<'_> {
        let home = self.handles.intern(handle);
        let hash = self.entries.hash(key);
        let is = |entry: &Entry| entry.is_of(key);
        self.entries.update(hash, is, |entry| {
            let (change, entry) = if let Some(entry) = entry {
                (Change::Keep, entry.clone())
            } else {
                let entry = Shared::new(Entry::loading(home.clone(), slug.clone(), self.next()));
                (Change::Put(entry.clone()), entry)
            };
            let joined = match (Entry::visit(&entry), entry.flight()) {
                (None, Some(flight)) => Joined::Waiting(Seat::take(self, key, home, flight.clone())),
                (found, _) => Joined::Known(found.unwrap_or(Found::NOTHING)),
            };
            (change, joined)
        })
    }

    /// Ends a load: keeps what it read unless something newer is known by now, and answers with what is known.
    pub(crate) fn finish(&self, seat: &Seat<'_>, read: Result<Loaded, Error>) -> Result<Found, Arc<Error>> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        let read = read.map_err(|error| self.failed(error));

        let hash = self.entries.hash(&seat.key);
        let (known, learned) = self.entries.update(
            hash,
            |entry| entry.awaits(&seat.flight),
            |entry| {
                let Some(entry) = entry else { return (Change::Keep, (None, Learned::Nothing)) };
                let news = read.as_ref().ok().and_then(|loaded| self.learn(entry, loaded.clone()));
                let (landed, learned) = match news {
                    Some((entry, learned)) => (entry.landed(), learned),
                    None => (entry.landed(), Learned::Nothing),
                };
                match landed.map(Shared::new) {
                    Some(entry) => (Change::Put(entry.clone()), (Entry::found(&entry), learned)),
                    None => (Change::Remove, (None, learned)),
                }
            },
        );
        self.settle(hash, learned);
        match known {
            Some(found) => Ok(found),
            None => read.map(|loaded| {
                loaded.route.map_or(Found::NOTHING, |route| {
                    Found::of(Shared::new(Entry::detached(seat.home.clone(), loaded.revision, route)))
                })
            }),
        }
    }

    /// Which entry stands for the slug now, so that news meant for it cannot reach a later one.
    pub(crate) fn birth(&self, key: &RouteKey) -> Option<u32> {
        self.entries.get(key).map(|entry| entry.birth)
    }

    /// Applies what was read for the entry of that birth; `None`: for whichever there is.
    pub(crate) fn apply(&self, key: &RouteKey, birth: Option<u32>, loaded: Loaded) {
        let hash = self.entries.hash(key);
        let is = |entry: &Entry| entry.is_of(key);
        let learned = self.entries.update(hash, is, |entry| {
            let meant = entry.filter(|entry| birth.is_none_or(|birth| birth == entry.birth));
            match meant.and_then(|entry| self.learn(entry, loaded)) {
                Some((entry, learned)) => (Change::Put(Shared::new(entry)), learned),
                None => (Change::Keep, Learned::Nothing),
            }
        });
        self.settle(hash, learned);
    }

    /// One who waited has gone; the last one takes the unfinished entry along.
    fn leave(&self, seat: &Seat<'_>) {
        let hash = self.entries.hash(&seat.key);
        let awaits = |entry: &Entry| entry.awaits(&seat.flight);
        self.entries.update(hash, awaits, |entry| match entry {
            Some(entry) if seat.flight.leave() => {
                (entry.landed().map_or(Change::Remove, |entry| Change::Put(Shared::new(entry))), ())
            }
            _ => (Change::Keep, ()),
        });
    }

    fn learn(&self, entry: &Entry, loaded: Loaded) -> Option<(Entry, Learned)> {
        let (next, learned) = entry.learn(loaded, || self.next())?;
        if let Some((kind, bytes)) = entry.weight() {
            self.ring(kind).lose(bytes);
        }
        if let Some((kind, bytes)) = next.weight() {
            self.ring(kind).gain(bytes);
        }
        Some((next, learned))
    }

    /// Does what must wait until the entry is let go of: queues it, and makes room for it.
    fn settle(&self, hash: KeyHash, learned: Learned) {
        match learned {
            Learned::Nothing => {}
            Learned::Renewed(kind) => self.make_room(kind),
            Learned::Moved { to, place } => {
                self.ring(to).push(Place { hash, number: place });
                self.scrub(to);
                self.make_room(to);
            }
        }
    }

    /// Takes some left-over places out of a ring that has grown to more of them than entries.
    fn scrub(&self, kind: Kind) {
        let ring = self.ring(kind);
        for _ in 0..ring.overgrown() {
            let Some(place) = ring.pop() else { break };
            if self.entries.any(place.hash, |entry| entry.place == place.number) {
                ring.push(place);
            }
        }
    }

    /// Evicts until the bounds hold. The work of one call is bounded, whatever the number of entries; it is enough for one
    /// of the greatest weight among those of the least.
    fn make_room(&self, kind: Kind) {
        const CHANCES: usize = 64;
        const TRIES: usize = 256;
        let ring = self.ring(kind);
        let mut spared = 0;
        for _ in 0..TRIES {
            if !ring.is_over() {
                break;
            }
            let Some(place) = ring.pop() else { break };
            let stands = |entry: &Entry| entry.place == place.number;
            let spare = self.entries.update(place.hash, stands, |entry| {
                let Some(entry) = entry else { return (Change::Keep, false) };
                let again = entry.flight().is_some()
                    || (kind == Kind::Present && spared < CHANCES && entry.take_visited());
                if again {
                    return (Change::Keep, true);
                }
                if let Some((_, bytes)) = entry.weight() {
                    ring.lose(bytes);
                    self.evictions.fetch_add(1, Ordering::Relaxed);
                }
                (Change::Remove, false)
            });
            if spare {
                spared += 1;
                ring.push(place);
            }
        }
    }

    fn failed(&self, error: Error) -> Arc<Error> {
        self.failed_loads.fetch_add(1, Ordering::Relaxed);
        self.unread(error)
    }

    /// Logs that the store went away once, not for each visitor who misses something meanwhile.
    pub(crate) fn unread(&self, error: Error) -> Arc<Error> {
        if error.code != Code::UNAVAILABLE {
            tracing::error!(?error, "a route, or the rules of a handle, cannot be loaded");
        } else if !self.store_away.swap(true, Ordering::Relaxed) {
            tracing::warn!(?error, "the store is away; routes in memory keep answering");
        }
        Arc::new(error)
    }

    /// Notes that the store answered.
    pub(crate) fn store_answered(&self) {
        if self.store_away.load(Ordering::Relaxed) && self.store_away.swap(false, Ordering::Relaxed) {
            tracing::info!("the store is back");
        }
    }

    fn ring(&self, kind: Kind) -> &Ring {
        match kind {
            Kind::Present => &self.present,
            Kind::Absent => &self.absent,
        }
    }

    fn next(&self) -> u32 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }
}

impl RouteListener for RouteTable {
    fn link_changed(&self, handle: &Handle, slug: &SlugKey, now: Loaded) {
        if let Some(key) = RouteKey::parsed(handle, slug) {
            self.apply(&key, None, now);
        }
    }

    fn rules_changed(&self, handle: &Handle, now: Arc<Policy>) {
        if let Some(home) = self.handles.get(handle) {
            home.learn(now);
        }
    }
}
