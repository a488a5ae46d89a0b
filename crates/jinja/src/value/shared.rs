//! A container that is shared by reference and safe to hand between threads.
//!
//! The lock is never held while anything but a few lines of this crate runs: whoever walks over a container
//! walks over a copy of it, so a list that contains itself, or is appended to while it is printed, cannot
//! deadlock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(super) struct Shared<T>(Arc<Mutex<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Shared<T> {
    pub(super) fn new(inner: T) -> Self {
        Self(Arc::new(Mutex::new(inner)))
    }
    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        // No code that could panic half way through a change runs under these locks.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Whether both are the same container, not only equal ones.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
    /// Tells containers apart.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}
