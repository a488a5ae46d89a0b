//! What a reader hands its rows to.

use super::json::Member;
use crate::read_error::ReadError;
use crate::row::{Position, Reason};
use ingot_contract::DataType;
use ingot_lake::arrow::array::RecordBatch;
use ingot_lake::arrow::datatypes::Schema;

/// Takes the rows of one raw file, in the file's order. `Intake` checks them against a contract; another
/// sink may do with them what it likes, for readers know of no contract.
///
/// A reader first says what the file's columns are, in one of four ways, and then hands over rows of that kind:
///
/// | format | columns | rows |
/// |---|---|---|
/// | CSV with a header, Excel | [`header`](Self::header) | [`row`](Self::row) |
/// | CSV and Excel without a header | [`no_header`](Self::no_header) | [`row`](Self::row) |
/// | JSON lines, JSON | none: each row names its own | [`object`](Self::object) |
/// | Parquet | [`schema`](Self::schema) | [`batch`](Self::batch) |
///
/// A row that is damaged goes to [`bad_row`](Self::bad_row) instead. Every method may end the file (or, when the rows
/// cannot be written, the whole table) with an error, and stop the reader with [`ReadError::Enough`]. Readers are generic
/// over the sink, so that a row costs no dynamic call.
///
/// What a sink does not implement it passes over: a sink for one format needs no methods for the others.
pub trait RowSink {
    /// The names of the file's columns. A column without a name is given as an empty text; none of its cells is asked
    /// for. Returns for each the type that its cells will be read as, where the sink knows one: formats with
    /// types of their own write their cells as text of that type.
    fn header(&mut self, names: &[String]) -> Result<Vec<Option<DataType>>, ReadError> {
        Ok(vec![None; names.len()])
    }

    /// The file does not name its columns. Returns the columns that each row must have, with their types. `width` is
    /// the number of fields of the first row, where it is known; a reader may ask again once it is.
    fn no_header(&mut self, width: Option<usize>) -> Result<Vec<(String, DataType)>, ReadError>;

    /// How many of these names are columns that the sink knows.
    fn known_columns(&self, _names: &[String]) -> usize {
        0
    }

    /// The names and types of the file's columns.
    fn schema(&mut self, _schema: &Schema) -> Result<(), ReadError> {
        Ok(())
    }

    /// One row of text cells. `cell` gives the text of the file's n-th column; `None` and the empty text are null.
    /// `is_typed` says whether that cell was not text in the file, but a number.
    /// `raw` is the row as it came, without the end of its line.
    fn row<'c>(
        &mut self,
        position: Position,
        raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        is_typed: impl Fn(usize) -> bool,
    ) -> Result<(), ReadError>;

    /// Whether a row of these cells would be accepted. A sink that checks nothing says no.
    fn would_accept<'c>(
        &self,
        _cell: impl Fn(usize) -> Option<&'c [u8]>,
        _is_typed: impl Fn(usize) -> bool,
    ) -> bool {
        false
    }

    /// One row that is a JSON object. Names may come twice. `raw` is the line as it came.
    fn object(&mut self, _position: Position, _raw: &str, _members: &[Member<'_>]) -> Result<(), ReadError> {
        Ok(())
    }

    /// Many rows, as columns of the types in [`schema`](Self::schema). `first_row` is the 1-based number of the first.
    fn batch(&mut self, _first_row: u64, _batch: &RecordBatch) -> Result<(), ReadError> {
        Ok(())
    }

    /// A row that is rejected before its cells can be examined.
    fn bad_row(&mut self, _position: Position, _raw: &[u8], _reasons: Vec<Reason>) -> Result<(), ReadError> {
        Ok(())
    }

    /// Whether times in the column of this name that have no offset show the clocks of a zone that the sink knows.
    fn has_local_time(&self, _name: &str) -> bool {
        false
    }

    /// Whether this text stands for null in the column of this name.
    fn is_null_text(&self, _name: &str, _text: &str) -> bool {
        false
    }

    /// The one column that takes lines of JSON whole, which reasons against such a line name.
    fn column_of_lines(&self) -> Option<&str> {
        None
    }
}
