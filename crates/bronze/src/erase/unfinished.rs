//! An erasure that was begun and is not complete.

use ingot_core::error::{Error, Result};
use std::path::Path;

/// The file of a lake in which an erasure keeps what it is about to do.
pub const ERASURE: &str = ".erasure.json";

/// While raw files and the log do not agree about a person, a load would take what was changed for new, and a model would read
/// who is on the way out.
///
/// # Errors
/// An erasure of people from this lake is not complete.
pub fn refuse_during_erasure(lake: &Path) -> Result<()> {
    if !lake.join(ERASURE).exists() {
        return Ok(());
    }
    Err(Error::new("an erasure of people from this lake is not complete")
        .at(lake)
        .hint("run `ingot erase`, which completes it"))
}
