//! The zone that the casts of one database use, whichever session runs them.

use super::zone::Zone;
use std::sync::{Arc, PoisonError, RwLock};

/// The zone that casts of one database use.
#[derive(Clone)]
pub(crate) struct SharedZone(Arc<RwLock<Arc<Zone>>>);

impl SharedZone {
    pub(crate) fn new(zone: Arc<Zone>) -> Self {
        Self(Arc::new(RwLock::new(zone)))
    }
    pub(crate) fn get(&self) -> Arc<Zone> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
    pub(crate) fn set(&self, zone: Arc<Zone>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = zone;
    }
}
