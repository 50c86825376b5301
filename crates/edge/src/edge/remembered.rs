use std::hash::{BuildHasher as _, Hash};
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::quality::RandomState;
use lp_core::prefetch;

/// Remembers words that were found out for things, as long as there is room, without locks.
///
/// A thing is known by its hash alone, all 64 bits of it. The hash is seeded at each start: nobody can prepare two things
/// that are taken for each other, and what is remembered tells nobody what it was remembered for.
pub(super) struct Remembered {
    sets: Box<[Set]>,
    seed: RandomState,
}

/// Where the word of a thing is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sought(u64);

/// The places that a thing may have: a line of the cache.
#[derive(Default)]
#[repr(align(64))]
struct Set([Place; WAYS]);

const WAYS: usize = 4;

/// A word, and the hash of what it was found out for, mixed with the word: of two that are written at once by two threads
/// neither is believed.
#[derive(Default)]
struct Place {
    mixed: AtomicU64,
    /// 0 where there is none.
    word: AtomicU64,
}

impl Remembered {
    /// With so many places, a power of two.
    pub(super) fn new(places: usize) -> Self {
        let sets = (0..(places / WAYS).next_power_of_two()).map(|_| Set::default()).collect();
        Self { sets, seed: RandomState::default() }
    }

    /// Begins to seek the word of a thing.
    pub(super) fn seek(&self, thing: impl Hash) -> Sought {
        let hash = self.seed.hash_one(thing);
        if let Some(set) = self.set(hash) {
            prefetch(set);
        }
        Sought(hash)
    }

    /// The word of a thing: from memory, else what `find` says, which is never 0.
    pub(super) fn of(&self, Sought(hash): Sought, find: impl FnOnce() -> u64) -> u64 {
        let Some(Set(places)) = self.set(hash) else { return find() };
        let mut free = None;
        for place in places {
            let word = place.word.load(Ordering::Relaxed);
            if word != 0 && place.mixed.load(Ordering::Relaxed) ^ word == hash {
                return word;
            }
            if word == 0 && free.is_none() {
                free = Some(place);
            }
        }
        let word = find();
        let chosen = usize::from(hash.to_le_bytes()[0]) % WAYS;
        if let Some(place) = free.or_else(|| places.get(chosen)) {
            place.mixed.store(hash ^ word, Ordering::Relaxed);
            place.word.store(word, Ordering::Relaxed);
        }
        word
    }

    fn set(&self, hash: u64) -> Option<&Set> {
        let at = usize::try_from(hash >> 16).unwrap_or(0) & (self.sets.len() - 1);
        self.sets.get(at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn what_is_remembered_is_what_was_found_however_little_room_there_is() {
        for places in [4, 64, 4_096] {
            let remembered = Remembered::new(places);
            for round in 0..3 {
                for thing in 0_u64..500 {
                    assert_eq!(
                        remembered.of(remembered.seek(thing), || thing * 7 + 1),
                        thing * 7 + 1,
                        "{places} {round}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_thousand_things_are_found_out_once_where_there_is_room_for_several_thousand() {
        // Whatever the seed: numbers in a row are what a weak hash puts into few places.
        for _ in 0..50 {
            let remembered = Remembered::new(8_192);
            let mut found: HashMap<u64, u32> = HashMap::new();
            for thing in (0_u64..1_000).cycle().take(3_000) {
                remembered.of(remembered.seek(thing), || {
                    *found.entry(thing).or_default() += 1;
                    thing + 1
                });
            }
            assert!(found.values().filter(|times| **times > 1).count() < 20);
        }
    }

    #[test]
    fn threads_that_write_at_once_never_read_a_word_of_something_else() {
        let remembered = Remembered::new(8);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for thing in (0_u64..40).cycle().take(40_000) {
                        assert_eq!(remembered.of(remembered.seek(thing), || !thing), !thing);
                    }
                });
            }
        });
    }
}
