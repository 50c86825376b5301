use std::hash::BuildHasher as _;
use std::sync::{PoisonError, RwLock};

use foldhash::quality::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;
use triomphe::Arc;

use super::entry::Entry;
use crate::RouteKey;

/// A power of two, and far more than cores: writers of two slugs seldom meet.
const SHARDS: usize = 64;

/// The entries by their keys, spread over locks.
///
/// A slot is one pointer: at a million links half of the slots are empty, and entries themselves do not move when the
/// table grows.
pub(super) struct Shards {
    shards: Box<[RwLock<HashTable<Arc<Entry>>>]>,
    /// Another function at each start: visitors choose the keys.
    seed: RandomState,
}

/// The hash of a key. 32 bits of it are enough to spread what fits into memory, and orders of eviction remember them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyHash(u32);

/// What becomes of an entry that was looked at.
pub(super) enum Change {
    Keep,
    Put(Arc<Entry>),
    Remove,
}

impl Default for Shards {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| RwLock::default()).collect(), seed: RandomState::default() }
    }
}

impl KeyHash {
    /// A table takes the place from the lowest bits and a tag from the highest seven.
    fn wide(self) -> u64 {
        u64::from(self.0) << 32 | u64::from(self.0)
    }
}

impl Shards {
    pub(super) fn hash(&self, key: &RouteKey) -> KeyHash {
        let [a, b, c, d, ..] = self.seed.hash_one(key.as_bytes()).to_be_bytes();
        KeyHash(u32::from_be_bytes([a, b, c, d]))
    }

    /// Asks memory for the entry that is most likely meant.
    pub(super) fn prefetch(&self, key: &RouteKey) {
        let hash = self.hash(key);
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = shard.find(hash.wide(), |_| true) {
            entry.prefetch();
        }
    }

    pub(super) fn get(&self, key: &RouteKey) -> Option<Arc<Entry>> {
        let hash = self.hash(key);
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        shard.find(hash.wide(), |entry| entry.is_of(key)).cloned()
    }

    /// Whether there is such an entry.
    pub(super) fn any(&self, hash: KeyHash, is: impl Fn(&Entry) -> bool) -> bool {
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        shard.find(hash.wide(), |entry| is(entry)).is_some()
    }

    /// Shows the entry that `is` the one, or that there is none, and does what is said about it, all under one lock. An
    /// entry that is put has to have the key that was hashed.
    pub(super) fn update<R>(
        &self,
        hash: KeyHash,
        is: impl Fn(&Entry) -> bool,
        decide: impl FnOnce(Option<&Arc<Entry>>) -> (Change, R),
    ) -> R {
        let mut shard = self.shard(hash).write().unwrap_or_else(PoisonError::into_inner);
        let rehash = |entry: &Arc<Entry>| self.hash(&entry.key()).wide();
        match shard.entry(hash.wide(), |entry| is(entry), rehash) {
            Slot::Occupied(mut slot) => {
                let (change, result) = decide(Some(slot.get()));
                match change {
                    Change::Keep => {}
                    Change::Put(entry) => *slot.get_mut() = entry,
                    Change::Remove => drop(slot.remove()),
                }
                result
            }
            Slot::Vacant(slot) => {
                let (change, result) = decide(None);
                if let Change::Put(entry) = change {
                    slot.insert(entry);
                }
                result
            }
        }
    }

    /// Takes all entries out, one shard after another.
    pub(super) fn drain(&self, mut gone: impl FnMut(&Entry)) {
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard.drain().for_each(|entry| gone(&entry));
        }
    }

    /// By bits that neither the place within a shard nor its tag is taken from, as long as a shard has less than half a
    /// million slots.
    fn shard(&self, hash: KeyHash) -> &RwLock<HashTable<Arc<Entry>>> {
        let number = (hash.0 >> 19) as usize % SHARDS;
        &self.shards[number]
    }
}
