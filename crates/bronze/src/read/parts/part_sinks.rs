//! What a part of a file is read into.

use crate::read::row_sink::RowSink;
use crate::read_error::ReadError;

/// A reading of rows, which does not know yet into what.
pub trait ReadInto {
    fn read_into<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError>;
}

/// How much of the file comes before a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Before {
    pub rows: u64,
    pub lines: u64,
}

/// Sinks for the parts of one file, which is as a whole read into an `S`. In a part, rows and lines are counted from its
/// beginning; byte offsets are those of the file.
pub trait PartSinks<S>: Sync {
    /// What a part gave.
    type Part: Send;

    /// Reads a part into a sink of its own.
    fn read(&self, rows: impl ReadInto) -> Result<Self::Part, ReadError>;

    /// Hands a part to the file's sink. Parts come in their order.
    fn hand_over(&self, part: Self::Part, before: Before, sink: &mut S) -> Result<(), ReadError>;
}
