//! What can be wrong with the form of a record.

/// Why a record cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    UnterminatedQuote,
    TextAfterQuote,
    /// A line of this many bytes, of which the beginning is kept.
    TooLong(u64),
}
