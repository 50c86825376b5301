use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lp_application::Loaded;
use lp_core::Revision;
use lp_personalization::Route;

use super::flight::Flight;
use super::ring::Kind;
use crate::Found;

/// What a route takes beside its destination: key, place, its part of the map, the rest of the compiled form. Roughly.
const ROUTE_BYTES: usize = 200;

/// What is known of one slug, and the load that is under way, if any.
pub(super) struct Entry {
    /// Tells this entry from earlier and later ones of the slug.
    pub(super) birth: u64,
    /// Its valid place in the ring of its kind; others of it are left over.
    pub(super) place: u64,
    known: Option<Known>,
    flight: Option<Arc<Flight>>,
    /// Visited since eviction last looked at it.
    visited: AtomicBool,
}

struct Known {
    revision: Option<Revision>,
    route: Option<Arc<Route>>,
}

/// What news did to an entry.
#[must_use = "a moved entry has to be queued in its ring"]
#[derive(Clone, Copy)]
pub(super) enum Learned {
    /// They are not newer than what is known.
    Nothing,
    /// It is of the kind it was, but may weigh more.
    Renewed(Kind),
    /// It is of another kind than before, or known for the first time.
    Moved { to: Kind, place: u64 },
}

impl Entry {
    pub(super) fn loading(birth: u64) -> Self {
        Self { birth, place: birth, known: None, flight: None, visited: AtomicBool::new(false) }
    }

    /// What is known.
    pub(super) fn found(&self) -> Option<Found> {
        self.known.as_ref().map(|known| known.route.clone())
    }

    /// How it counts in the ring of its kind, if it does yet.
    pub(super) fn weight(&self) -> Option<(Kind, usize)> {
        self.known.as_ref().map(|known| (known.kind(), known.bytes()))
    }

    /// What is known, and that somebody came to use it again.
    pub(super) fn visit(&self) -> Option<Found> {
        let found = self.found()?;
        // Writing what stands there already would still take the cache line from the other cores.
        if !self.visited.load(Ordering::Relaxed) {
            self.visited.store(true, Ordering::Relaxed);
        }
        Some(found)
    }

    /// Whether somebody asked since the last time this was called.
    pub(super) fn take_visited(&mut self) -> bool {
        std::mem::take(self.visited.get_mut())
    }

    pub(super) fn is_loading(&self) -> bool {
        self.flight.is_some()
    }

    /// Takes over what is newer than what is known.
    pub(super) fn learn(&mut self, loaded: Loaded, place: impl FnOnce() -> u64) -> Learned {
        if self.known.as_ref().is_some_and(|known| loaded.revision <= known.revision) {
            return Learned::Nothing;
        }
        let known = Known { revision: loaded.revision, route: loaded.route.map(Arc::new) };
        let (from, to) = (self.known.as_ref().map(Known::kind), known.kind());
        self.known = Some(known);
        if from == Some(to) {
            return Learned::Renewed(to);
        }
        self.place = place();
        Learned::Moved { to, place: self.place }
    }

    /// The load under way, or a new one.
    pub(super) fn flight(&mut self) -> &Arc<Flight> {
        self.flight.get_or_insert_default()
    }

    /// Ends that load; `false` where this entry is not waiting for it.
    pub(super) fn land(&mut self, flight: &Arc<Flight>) -> bool {
        let lands = self.flight.as_ref().is_some_and(|own| Arc::ptr_eq(own, flight));
        if lands {
            self.flight = None;
        }
        lands
    }

    /// One waits less for that load; whether nothing is left of the entry by that.
    pub(super) fn leave(&mut self, flight: &Arc<Flight>) -> bool {
        let last = self.flight.as_ref().is_some_and(|own| Arc::ptr_eq(own, flight) && own.leave());
        if last {
            self.flight = None;
        }
        last && self.known.is_none()
    }
}

impl Known {
    fn kind(&self) -> Kind {
        if self.route.is_some() { Kind::Present } else { Kind::Absent }
    }

    /// Absent slugs are all alike, so counting them is enough.
    fn bytes(&self) -> usize {
        self.route.as_ref().map_or(0, |route| ROUTE_BYTES + route.destination_len())
    }
}
