use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lp_application::Loaded;
use lp_core::{Handle, Revision, SlugKey, prefetch};
use lp_personalization::Route;
use triomphe::Arc as Shared;

use super::flight::Flight;
use super::home::Home;
use super::ring::Kind;
use crate::{Found, RouteKey};

/// What a route takes beside its destination: entry, place, its part of the table. Roughly.
const ROUTE_BYTES: usize = 170;

/// What is known of one slug. It never changes, so that visitors can hold it without a lock: news put another into its
/// place.
///
/// Kept small, because there may be millions: one allocation with the route inside, and numbers of 32 bits. Should those
/// come round, an entry could only be taken for one that was given up four thousand million entries earlier.
pub(crate) struct Entry {
    pub(super) home: Shared<Home>,
    /// Tells this entry and its successors from earlier and later ones of the slug.
    pub(super) birth: u32,
    /// Its valid place in the ring of its kind; others of it are left over.
    pub(super) place: u32,
    /// Of the slug; 0 where it was never used.
    revision: u64,
    state: State,
    /// Visited since eviction last looked at it.
    visited: AtomicBool,
}

enum State {
    Known(Known),
    Loading(Box<Loading>),
}

#[derive(Clone)]
enum Known {
    Link(Route),
    Absent(SlugKey),
}

/// A load under way, and what news told meanwhile.
struct Loading {
    slug: SlugKey,
    flight: Arc<Flight>,
    learnt: Option<Known>,
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
    Moved { to: Kind, place: u32 },
}

impl Entry {
    pub(super) fn loading(home: Shared<Home>, slug: SlugKey, birth: u32) -> Self {
        let loading = Loading { slug, flight: Arc::default(), learnt: None };
        Self::new(home, birth, State::Loading(Box::new(loading)))
    }

    /// Of a route that is in no table.
    pub(super) fn detached(home: Shared<Home>, revision: Option<Revision>, route: Route) -> Self {
        Self { revision: number(revision), ..Self::new(home, 0, State::Known(Known::Link(route))) }
    }

    fn new(home: Shared<Home>, birth: u32, state: State) -> Self {
        let visited = AtomicBool::new(false);
        Self { home, birth, place: birth, revision: 0, state, visited }
    }

    /// Asks memory for all of it.
    pub(super) fn prefetch(&self) {
        prefetch(self);
        prefetch(ptr::from_ref(self).cast::<u8>().wrapping_add(size_of::<Self>() - 1));
    }

    pub(super) fn is_of(&self, key: &RouteKey) -> bool {
        let (handle, slug) = key.halves();
        self.slug().as_bytes().eq_ignore_ascii_case(slug) && self.home.handle.as_str().as_bytes() == handle
    }

    /// What it is found by.
    pub(super) fn key(&self) -> RouteKey {
        RouteKey::of(self.home.handle.as_str(), self.slug()).unwrap_or(RouteKey::EMPTY)
    }

    /// In some case: a link's own is not kept twice.
    fn slug(&self) -> &str {
        match &self.state {
            State::Known(Known::Link(route)) => route.slug().as_str(),
            State::Known(Known::Absent(slug)) => slug.as_str(),
            State::Loading(loading) => loading.slug.as_str(),
        }
    }

    fn slug_key(&self) -> SlugKey {
        match &self.state {
            State::Known(Known::Link(route)) => route.slug().key(),
            State::Known(Known::Absent(slug)) => slug.clone(),
            State::Loading(loading) => loading.slug.clone(),
        }
    }

    /// Whose link, and its route, if one is known to answer.
    pub(crate) fn link(&self) -> Option<(&Handle, &Route)> {
        match self.known()? {
            Known::Link(route) => Some((&self.home.handle, route)),
            Known::Absent(_) => None,
        }
    }

    /// The handle, with what is decided for it.
    pub(crate) fn home(&self) -> &Shared<Home> {
        &self.home
    }

    /// Of the slug; `None` where it was never used.
    pub(crate) fn revision(&self) -> Option<Revision> {
        Some(Revision(self.revision)).filter(|revision| revision.0 > 0)
    }

    fn known(&self) -> Option<&Known> {
        match &self.state {
            State::Known(known) => Some(known),
            State::Loading(loading) => loading.learnt.as_ref(),
        }
    }

    /// What is known.
    pub(super) fn found(entry: &Shared<Self>) -> Option<Found> {
        entry.known().map(|known| match known {
            Known::Link(_) => Found::of(entry.clone()),
            Known::Absent(_) => Found::NOTHING,
        })
    }

    /// What is known, and that somebody came to use it again.
    pub(super) fn visit(entry: &Shared<Self>) -> Option<Found> {
        let found = Self::found(entry)?;
        // Writing what stands there already would still take the cache line from the other cores.
        if !entry.visited.load(Ordering::Relaxed) {
            entry.visited.store(true, Ordering::Relaxed);
        }
        Some(found)
    }

    /// Whether somebody asked since the last time this was called.
    pub(super) fn take_visited(&self) -> bool {
        self.visited.swap(false, Ordering::Relaxed)
    }

    /// How it counts in the ring of its kind, if it does yet. Absent slugs are all alike, so counting them is enough.
    pub(super) fn weight(&self) -> Option<(Kind, usize)> {
        self.known().map(|known| match known {
            Known::Link(route) => (Kind::Present, ROUTE_BYTES + route.heap_len()),
            Known::Absent(_) => (Kind::Absent, 0),
        })
    }

    /// The load under way.
    pub(super) fn flight(&self) -> Option<&Arc<Flight>> {
        match &self.state {
            State::Loading(loading) => Some(&loading.flight),
            State::Known(_) => None,
        }
    }

    /// Whether it waits for that load.
    pub(super) fn awaits(&self, flight: &Arc<Flight>) -> bool {
        self.flight().is_some_and(|own| Arc::ptr_eq(own, flight))
    }

    /// Its successor that knows what was read or told, if that is newer.
    pub(super) fn learn(&self, loaded: Loaded, place: impl FnOnce() -> u32) -> Option<(Self, Learned)> {
        if self.known().is_some() && number(loaded.revision) <= self.revision {
            return None;
        }
        if loaded.route.as_ref().is_some_and(|route| !route.slug().as_str().eq_ignore_ascii_case(self.slug()))
        {
            tracing::error!("another link was read than the one asked for");
            return None;
        }
        let from = self.weight().map(|(kind, _)| kind);
        let to = if loaded.route.is_some() { Kind::Present } else { Kind::Absent };
        let (place, learned) = if from == Some(to) {
            (self.place, Learned::Renewed(to))
        } else {
            let place = place();
            (place, Learned::Moved { to, place })
        };
        let known = loaded.route.map_or_else(|| Known::Absent(self.slug_key()), Known::Link);
        let state = match &self.state {
            State::Known(_) => State::Known(known),
            State::Loading(loading) => {
                let Loading { slug, flight, .. } = &**loading;
                let learnt = Some(known);
                State::Loading(Box::new(Loading { slug: slug.clone(), flight: flight.clone(), learnt }))
            }
        };
        Some((Self { place, revision: number(loaded.revision), ..self.with(state) }, learned))
    }

    /// Its successor after the load, if anything is known.
    pub(super) fn landed(&self) -> Option<Self> {
        self.known().map(|known| self.with(State::Known(known.clone())))
    }

    fn with(&self, state: State) -> Self {
        Self {
            home: self.home.clone(),
            birth: self.birth,
            place: self.place,
            revision: self.revision,
            state,
            visited: AtomicBool::new(self.visited.load(Ordering::Relaxed)),
        }
    }
}

fn number(revision: Option<Revision>) -> u64 {
    revision.map_or(0, |revision| revision.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_with_all_that_the_table_keeps_of_it_fits_into_112_bytes() {
        // Beside the counter of its references and one word of the allocator.
        assert!(size_of::<Entry>() <= 112 - 16, "{}", size_of::<Entry>());
    }
}
