//! What parsing gives.

use crate::graph::manifest::Manifest;
use crate::warnings::Warning;

/// A manifest, and what is worth a warning.
pub(crate) struct Parsed {
    pub(crate) manifest: Manifest,
    pub(crate) warnings: Vec<Warning>,
    /// `None` if nothing could be kept of it.
    pub(crate) kept: Option<Kept>,
}

/// A parse of which something was kept.
pub(crate) struct Kept {
    /// The invocation that parsed.
    pub(crate) parse: String,
    /// Whether it was an earlier one, whose result was used again.
    pub(crate) read_back: bool,
}
