//! All of a comparison.

use super::change::Change;
use super::edition::Edition;
use super::{documents, feeds};

/// The changes from one edition to another: those of feeds in the order of their names, then those of documents.
pub fn diff(old: &Edition, new: &Edition) -> Vec<Change> {
    let mut changes = feeds::compare(old, new);
    changes.extend(documents::compare(old, new));
    changes
}
