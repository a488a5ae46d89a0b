//! Locking without poison.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, even after a panic in another thread: nothing here is left half changed by one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
