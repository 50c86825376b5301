use std::ops::Deref;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwapOption, Guard};
use lp_application::Error;
use lp_core::{Handle, Revision};
use lp_personalization::Policy;

/// Nothing is known of its rules: they have to be loaded before anybody is sent on.
const UNKNOWN: u8 = 0;
/// Nothing was ever decided for it. Most handles stay like this, and their visitors pay for one look at a byte.
const NEVER: u8 = 1;
/// There are rules, or were.
const RULED: u8 = 2;

/// A handle, and what is decided for all its links: there once, however many entries point to it.
pub(crate) struct Home {
    pub(crate) handle: Handle,
    stage: AtomicU8,
    /// `None` until something was decided.
    policy: ArcSwapOption<Policy>,
    /// HeldRules while a policy is put in its place.
    told: Mutex<Told>,
    pub(crate) loading: Loading,
}

/// What happened while nothing was known: a load that began before may have read what is old by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// The greatest revision that was told.
    revision: Revision,
    /// How often all was given up.
    forgotten: u32,
}

/// The load of a handle's rules. Whoever holds the lock reads; those who waited behind a failed read share its failure.
#[derive(Default)]
pub(crate) struct Loading {
    pub(crate) failure: tokio::sync::Mutex<Option<Arc<Error>>>,
    pub(crate) ended: AtomicU64,
}

/// The rules of a handle, held as they were at one moment.
pub struct HeldRules(Option<Guard<Option<Arc<Policy>>>>);

impl Home {
    pub(super) fn new(handle: Handle) -> Self {
        Self {
            handle,
            stage: AtomicU8::new(UNKNOWN),
            policy: ArcSwapOption::empty(),
            told: Mutex::new(Told { revision: Revision(0), forgotten: 0 }),
            loading: Loading::default(),
        }
    }

    /// Its rules as far as they are known; `None` where they have to be loaded. Neither waits nor allocates.
    pub(crate) fn policy(&self) -> Option<HeldRules> {
        match self.stage.load(Ordering::Acquire) {
            UNKNOWN => None,
            NEVER => Some(HeldRules::NOTHING),
            // Given up since the look at the stage: then there is nothing.
            _ => Some(self.policy.load()).filter(|held| held.is_some()).map(|held| HeldRules(Some(held))),
        }
    }

    /// Takes over what was told of a commit, or read because of one: what is known gives way to what is not older. Where
    /// nothing is known the news is only remembered by its number: it may have come late, and a load brings nothing older.
    pub(crate) fn learn(&self, news: Arc<Policy>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match self.known() {
            Some(known) if news.revision() >= known => self.put(news),
            Some(_) => {}
            None => told.revision = told.revision.max(news.revision()),
        }
    }

    /// Gives up what is known: not even its number is believed any more.
    pub(super) fn forget(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        *told = Told { revision: Revision(0), forgotten: told.forgotten.wrapping_add(1) };
        self.stage.store(UNKNOWN, Ordering::Release);
        self.policy.store(None);
    }

    /// What was told up to now: for whoever begins a load.
    pub(crate) fn told(&self) -> Told {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a load that began when `before` had been told; false where it has to be repeated because something newer was
    /// told in between, or all was given up.
    pub(crate) fn land(&self, read: Arc<Policy>, before: Told) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let outdone = *told != before && read.revision() < told.revision;
        if outdone || told.forgotten != before.forgotten {
            return false;
        }
        if self.known().is_none_or(|known| read.revision() >= known) {
            self.put(read);
        }
        true
    }

    fn known(&self) -> Option<Revision> {
        self.policy().map(|held| held.revision())
    }

    /// With `told` locked.
    fn put(&self, policy: Arc<Policy>) {
        if *policy == *Policy::none() {
            self.stage.store(NEVER, Ordering::Release);
        } else {
            self.policy.store(Some(policy));
            self.stage.store(RULED, Ordering::Release);
        }
    }
}

impl HeldRules {
    pub(crate) const NOTHING: Self = Self(None);
}

impl Deref for HeldRules {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        self.0.as_ref().and_then(|held| held.as_deref()).unwrap_or_else(|| Policy::none())
    }
}

#[cfg(test)]
mod tests {
    use lp_personalization::{Contexts, HandleRules, RulesItem, compile_rules};

    use super::*;

    fn policy(revision: u64) -> Arc<Policy> {
        let items = (revision > 0).then(|| RulesItem::Contexts(Contexts::default()));
        Arc::new(compile_rules(&HandleRules::restore(Revision(revision), items), |_| None))
    }

    fn home() -> Home {
        Home::new(Handle::parse("hello").expect("a handle"))
    }

    #[test]
    fn what_is_known_gives_way_to_what_is_newer_only() {
        let home = home();
        assert!(home.policy().is_none());
        assert!(home.land(policy(0), home.told()));
        assert_eq!(home.known(), Some(Revision(0)));
        for (told, known) in [(2, 2), (1, 2), (3, 3)] {
            home.learn(policy(told));
            assert_eq!(home.known(), Some(Revision(known)));
        }
    }

    #[test]
    fn a_load_that_was_overtaken_is_repeated() {
        let home = home();
        let before = home.told();
        home.learn(policy(2));
        assert!(home.policy().is_none(), "news alone are not believed");
        assert!(!home.land(policy(1), before));
        let before = home.told();
        assert!(home.land(policy(1), before), "nothing was told since: the store knows best");
        assert_eq!(home.known(), Some(Revision(1)));
    }

    #[test]
    fn a_load_from_before_all_was_given_up_is_repeated() {
        let home = home();
        assert!(home.land(policy(5), home.told()));
        let before = home.told();
        home.forget();
        assert!(home.policy().is_none());
        assert!(!home.land(policy(5), before));
        assert!(home.land(policy(1), home.told()), "the store was set back");
        assert_eq!(home.known(), Some(Revision(1)));
    }
}
