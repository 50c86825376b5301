use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use foldhash::quality::RandomState;
use lp_core::Handle;
use triomphe::Arc;

/// The handles of the entries, each kept once: an entry of a handle with a million links takes a pointer for it.
#[derive(Default)]
pub(super) struct Handles {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    handles: HashSet<Arc<Handle>, RandomState>,
    /// With more than so many, those that no entry has any more are given up.
    enough: usize,
}

impl Handles {
    /// The one copy of this handle.
    pub(super) fn intern(&self, handle: &Handle) -> Arc<Handle> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = known.handles.get(handle) {
            return copy.clone();
        }
        if known.handles.len() >= known.enough {
            known.handles.retain(|copy| !copy.is_unique());
            known.enough = 2 * known.handles.len() + 64;
        }
        let copy = Arc::new(handle.clone());
        known.handles.insert(copy.clone());
        copy
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
