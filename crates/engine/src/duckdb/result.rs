//! The result of a statement, chunk by chunk.

use super::c_text::borrowed_text;
use super::error_text::Failure;
use super::logical_type::LogicalType;
use libduckdb_sys as ffi;

/// The result of one statement.
pub(crate) struct Outcome {
    raw: ffi::duckdb_result,
}

impl Outcome {
    /// Takes over a result that a call has filled, be it one of rows or of a failure.
    pub(crate) fn of(raw: ffi::duckdb_result) -> Self {
        Self { raw }
    }

    pub(crate) fn rows_changed(&mut self) -> u64 {
        // SAFETY: the result is alive.
        unsafe { ffi::duckdb_rows_changed(&mut self.raw) }
    }

    pub(crate) fn column_count(&mut self) -> usize {
        // SAFETY: the result is alive.
        unsafe { ffi::duckdb_column_count(&mut self.raw) as usize }
    }

    pub(crate) fn column_name(&mut self, column: usize) -> String {
        // SAFETY: the result is alive and owns the text; an index out of range gives null.
        unsafe { borrowed_text(ffi::duckdb_column_name(&mut self.raw, column as ffi::idx_t)) }
            .unwrap_or_default()
    }

    pub(crate) fn column_type(&mut self, column: usize) -> LogicalType {
        // SAFETY: the result is alive.
        LogicalType(unsafe { ffi::duckdb_column_logical_type(&mut self.raw, column as ffi::idx_t) })
    }

    /// The next rows, or `None` at the end.
    ///
    /// # Errors
    /// The statement fails only now, or was interrupted.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Chunk>, Failure> {
        // SAFETY: the result is alive; a chunk it gives is ours.
        let raw = unsafe { ffi::duckdb_fetch_chunk(self.raw) };
        if !raw.is_null() {
            return Ok(Some(Chunk(raw)));
        }
        // Null means the end or an error, which the result then carries.
        self.failure().map_or(Ok(None), Err)
    }

    /// Why the statement failed, if it did.
    pub(crate) fn failure(&mut self) -> Option<Failure> {
        // SAFETY: the result is alive; a failed one carries its message until it is destroyed.
        let message = unsafe { borrowed_text(ffi::duckdb_result_error(&mut self.raw)) };
        message.filter(|message| !message.is_empty()).map(Failure)
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        // SAFETY: ours, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_result(&mut self.raw) }
    }
}

/// Up to 2048 rows of a result.
pub(crate) struct Chunk(ffi::duckdb_data_chunk);

impl Chunk {
    pub(crate) fn size(&self) -> usize {
        // SAFETY: the chunk is alive.
        unsafe { ffi::duckdb_data_chunk_get_size(self.0) as usize }
    }

    /// The column's vector, valid as long as the chunk.
    pub(crate) fn vector(&self, column: usize) -> ffi::duckdb_vector {
        // SAFETY: the chunk is alive.
        unsafe { ffi::duckdb_data_chunk_get_vector(self.0, column as ffi::idx_t) }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: ours, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_data_chunk(&mut self.0) }
    }
}
