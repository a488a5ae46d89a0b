//! Ctrl-C, as something that long work can ask about. Who starts the work decides what sets it (the command
//! line listens for signals); who does the work asks between two steps and leaves nothing half done.

use crate::error::{Error, Kind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that is raised once and stays up. Clones share it; asking costs one relaxed load.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Raises the flag; true if it was up already.
    pub fn set(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// # Errors
    /// The flag is up: an error of the kind [`Kind::Interrupted`].
    pub fn check(&self) -> Result<()> {
        if self.is_set() { Err(Error::new("interrupted").of_kind(Kind::Interrupted)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_flag() {
        let (one, other) = (Interrupt::default(), Interrupt::default());
        let clone = one.clone();
        assert!(clone.check().is_ok());
        assert!(!one.set() && one.set());
        assert!(clone.is_set() && !other.is_set());
        assert_eq!(clone.check().unwrap_err().kind(), &Kind::Interrupted);
    }
}
