use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use foldhash::quality::RandomState;
use lp_core::Handle;
use triomphe::Arc;

use super::home::Home;

/// The handles of the entries, each kept once and with what is decided for it: an entry of a handle with a million links
/// takes a pointer for it.
#[derive(Default)]
pub(super) struct Handles {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    handles: HashMap<Handle, Arc<Home>, RandomState>,
    /// With more than so many, those that no entry has any more are given up.
    enough: usize,
}

impl Handles {
    /// The one copy of this handle.
    pub(super) fn intern(&self, handle: &Handle) -> Arc<Home> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = known.handles.get(handle) {
            return copy.clone();
        }
        if known.handles.len() >= known.enough {
            known.handles.retain(|_, copy| !copy.is_unique());
            known.enough = 2 * known.handles.len() + 64;
        }
        let copy = Arc::new(Home::new(handle.clone()));
        known.handles.insert(handle.clone(), copy.clone());
        copy
    }

    /// The copy, where somebody may have it.
    pub(super) fn get(&self, handle: &Handle) -> Option<Arc<Home>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).handles.get(handle).cloned()
    }

    /// Gives up all that is known of them. The copies stay: entries that are made meanwhile may point to them.
    pub(super) fn forget(&self) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.handles.values().for_each(|home| home.forget());
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).handles.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(number: usize) -> Handle {
        Handle::parse(&format!("h{number}")).expect("a handle")
    }

    #[test]
    fn a_handle_is_kept_once_and_as_long_as_somebody_has_it() {
        let handles = Handles::default();
        let first = handles.intern(&handle(0));
        for number in 1..10_000 {
            handles.intern(&handle(number));
        }
        assert!(Arc::ptr_eq(&first, &handles.intern(&handle(0))));
        assert!(handles.len() < 200, "{}", handles.len());
    }
}
