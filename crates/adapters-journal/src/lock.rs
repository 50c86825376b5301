use std::sync::{Mutex, MutexGuard, PoisonError};

/// Nothing between the steps of a change under this crate's locks can panic, so a poisoned one is still whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
