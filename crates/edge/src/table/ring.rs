use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::shards::KeyHash;

/// Whether a link answers under a slug. Each kind has its own bound, so that neither can displace the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Present,
    Absent,
}

/// Where an entry of this hash stood in line, when its own number was this.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) hash: KeyHash,
    pub(super) number: u32,
}

/// The order in which entries of one kind are looked at for eviction.
///
/// A place whose entry has gone or changed its kind stays behind until it comes to the front; its number tells it from a
/// valid one. The ring's lock is never held together with an entry's.
pub(super) struct Ring {
    places: Mutex<VecDeque<Place>>,
    live: AtomicUsize,
    bytes: AtomicUsize,
    bound: usize,
    byte_bound: usize,
}

impl Ring {
    pub(super) fn new(bound: usize, byte_bound: usize) -> Self {
        Self {
            places: Mutex::default(),
            live: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            bound,
            byte_bound,
        }
    }

    /// How many entries are of this kind.
    pub(super) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// What they weigh together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn is_over(&self) -> bool {
        self.live() > self.bound || self.bytes() > self.byte_bound
    }

    /// An entry of this weight has become one of this kind.
    pub(super) fn gain(&self, bytes: usize) {
        self.live.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// An entry that was gained with this weight is no longer one of this kind.
    pub(super) fn lose(&self, bytes: usize) {
        self.live.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn push(&self, place: Place) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).push_back(place);
    }

    pub(super) fn pop(&self) -> Option<Place> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// How many places there are, left-over ones included.
    pub(super) fn places(&self) -> usize {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How many places to look at so that left-over ones cannot pile up: four for each new one while they are the
    /// majority, else none.
    pub(super) fn overgrown(&self) -> usize {
        const AT_ONCE: usize = 4;
        if self.places() > self.live().saturating_mul(2) + 64 { AT_ONCE } else { 0 }
    }
}
