//! What the beginning of a text is looked at as.

/// A record of the text.
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) is_broken: bool,
    pub(super) cells: Vec<String>,
}
