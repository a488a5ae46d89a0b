//! The one safe wrapper around DuckDB's C API: a database, a connection, a result and its chunks.
//!
//! Why the C API and not the crate's own `Connection`: results need the engine's exact text for every
//! type, statements need the structured error, and casts can be registered in no other way.

use super::failure::{self, Failure};
use super::statements;
use ingot_core::error::{Error, Result};
use libduckdb_sys as ffi;
use std::ffi::{CStr, CString, c_char};
use std::ops::Range;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

/// An open DuckDB instance; closed when the last connection to it is gone.
pub(crate) struct Database {
    raw: ffi::duckdb_database,
}

// SAFETY: DuckDB's database handle may be used from any thread; it is freed once, by `Drop`.
unsafe impl Send for Database {}
unsafe impl Sync for Database {}

impl Database {
    /// Opens an in-memory instance with these configuration options.
    pub(crate) fn in_memory(options: &[(String, String)]) -> Result<Arc<Self>> {
        let config = Config::new(options)?;
        let mut raw = ptr::null_mut();
        let mut message: *mut c_char = ptr::null_mut();
        // SAFETY: the path is a C string, the out pointers are valid, the configuration is alive.
        let state = unsafe { ffi::duckdb_open_ext(c":memory:".as_ptr(), &mut raw, config.0, &mut message) };
        if state == ffi::DuckDBSuccess {
            return Ok(Arc::new(Self { raw }));
        }
        let text = owned_text(message).unwrap_or_else(|| "DuckDB could not be opened".to_string());
        Err(failure::to_error(&text))
    }

    pub(crate) fn connect(self: &Arc<Self>) -> Result<Connection> {
        let mut raw = ptr::null_mut();
        // SAFETY: the database is open.
        if unsafe { ffi::duckdb_connect(self.raw, &mut raw) } != ffi::DuckDBSuccess {
            return Err(Error::new("DuckDB gave no further connection"));
        }
        Ok(Connection { handle: Arc::new(Handle(Mutex::new(raw))), raw, _database: Arc::clone(self) })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: opened by us, closed here and nowhere else.
        unsafe { ffi::duckdb_close(&mut self.raw) }
    }
}

struct Config(ffi::duckdb_config);

impl Config {
    fn new(options: &[(String, String)]) -> Result<Self> {
        let mut raw = ptr::null_mut();
        // SAFETY: a valid out pointer.
        if unsafe { ffi::duckdb_create_config(&mut raw) } != ffi::DuckDBSuccess {
            return Err(Error::new("DuckDB gave no configuration"));
        }
        let config = Self(raw);
        for (name, value) in options {
            let (c_name, c_value) = (text_for_c(name)?, text_for_c(value)?);
            // SAFETY: the configuration is alive, both texts end with a nul.
            let state = unsafe { ffi::duckdb_set_config(config.0, c_name.as_ptr(), c_value.as_ptr()) };
            if state != ffi::DuckDBSuccess {
                return Err(Error::new(format!(
                    "DuckDB knows no setting {name} that takes the value {value}"
                ))
                .hint("see `settings` and `config_options` of the profile"));
            }
        }
        Ok(config)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: created by us, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_config(&mut self.0) }
    }
}

/// What an interrupter holds: the connection, or null once it is closed.
pub(crate) struct Handle(Mutex<ffi::duckdb_connection>);

// SAFETY: the pointer is only used under the mutex, for `duckdb_interrupt`, which any thread may call.
unsafe impl Send for Handle {}
unsafe impl Sync for Handle {}

impl Handle {
    pub(crate) fn interrupt(&self) {
        let raw = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !raw.is_null() {
            // SAFETY: not null means not yet disconnected, and `Drop` waits for this lock.
            unsafe { ffi::duckdb_interrupt(*raw) }
        }
    }
}

/// One connection. It may move between threads; it is used by one at a time.
pub(crate) struct Connection {
    handle: Arc<Handle>,
    raw: ffi::duckdb_connection,
    _database: Arc<Database>,
}

// SAFETY: DuckDB connections have no thread affinity; `&mut self` keeps use to one thread at a time.
unsafe impl Send for Connection {}

impl Connection {
    pub(crate) fn handle(&self) -> Arc<Handle> {
        Arc::clone(&self.handle)
    }

    pub(crate) fn raw(&self) -> ffi::duckdb_connection {
        self.raw
    }

    /// Runs every statement of `sql` and gives the last one's result; `None` for text without a statement.
    /// Nothing is run where any statement has a syntax error.
    pub(crate) fn run(&mut self, sql: &str) -> Result<Option<Outcome>, Failure> {
        let ranges = statements::split(sql);
        if let [only] = ranges.as_slice() {
            return self.run_one(sql, only.clone()).map(Some);
        }
        let count = self.check_syntax(sql)?;
        if count == 0 {
            return Ok(None);
        }
        if ranges.len() as ffi::idx_t != count {
            return self.query(sql).map(Some);
        }
        let mut last = None;
        for range in ranges {
            // The result before is freed first: DuckDB runs one result of a connection at a time.
            drop(last.take());
            last = Some(self.run_one(sql, range)?);
        }
        Ok(last)
    }

    /// Runs one statement of a text; the lines of its errors are those of the text.
    fn run_one(&mut self, sql: &str, range: Range<usize>) -> Result<Outcome, Failure> {
        let lines_before = sql[..range.start].matches('\n').count();
        self.query(&sql[range]).map_err(|failure| failure.moved_down(lines_before))
    }

    /// One call for parsing, planning and running: a statement that is prepared first is planned twice.
    fn query(&mut self, sql: &str) -> Result<Outcome, Failure> {
        let sql = statement_for_c(sql)?;
        // SAFETY: `duckdb_result` is plain data that the call fills.
        let mut raw: ffi::duckdb_result = unsafe { std::mem::zeroed() };
        // SAFETY: the connection is open, the text ends with a nul, the out pointer is valid.
        let state = unsafe { ffi::duckdb_query(self.raw, sql.as_ptr(), &mut raw) };
        let mut outcome = Outcome { raw };
        if state != ffi::DuckDBSuccess {
            // SAFETY: a failed result carries its message until it is destroyed.
            let message = unsafe { borrowed_text(ffi::duckdb_result_error(&mut outcome.raw)) };
            return Err(Failure(message.unwrap_or_else(|| "the statement failed".into())));
        }
        Ok(outcome)
    }

    /// How many statements DuckDB finds in a text; an error if one of them is no SQL.
    fn check_syntax(&mut self, sql: &str) -> Result<ffi::idx_t, Failure> {
        let sql = statement_for_c(sql)?;
        let mut raw = ptr::null_mut();
        // SAFETY: the connection is open, the text ends with a nul, the out pointer is valid.
        let count = unsafe { ffi::duckdb_extract_statements(self.raw, sql.as_ptr(), &mut raw) };
        // SAFETY: `raw` came from the call above; the message lives until it is destroyed below.
        let message = unsafe { borrowed_text(ffi::duckdb_extract_statements_error(raw)) };
        // SAFETY: extracted above, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_extracted(&mut raw) };
        match message.filter(|message| count == 0 && !message.is_empty()) {
            Some(message) => Err(Failure(message)),
            // None at all: only comments and blanks.
            None => Ok(count),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut shared = self.handle.0.lock().unwrap_or_else(PoisonError::into_inner);
        *shared = ptr::null_mut();
        // SAFETY: connected by us, disconnected here and nowhere else, under the interrupter's lock.
        unsafe { ffi::duckdb_disconnect(&mut self.raw) }
    }
}

fn statement_for_c(sql: &str) -> Result<CString, Failure> {
    CString::new(sql).map_err(|_| Failure("Parser Error: the SQL holds a NUL byte".into()))
}

/// The result of one statement.
pub(crate) struct Outcome {
    raw: ffi::duckdb_result,
}

impl Outcome {
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
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Chunk>, Failure> {
        // SAFETY: the result is alive; a chunk it gives is ours.
        let raw = unsafe { ffi::duckdb_fetch_chunk(self.raw) };
        if !raw.is_null() {
            return Ok(Some(Chunk(raw)));
        }
        // SAFETY: as above; null means the end or an error, which the result then carries.
        let message = unsafe { borrowed_text(ffi::duckdb_result_error(&mut self.raw)) };
        match message.filter(|message| !message.is_empty()) {
            Some(message) => Err(Failure(message)),
            None => Ok(None),
        }
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

/// A type as DuckDB describes it; owned.
pub(crate) struct LogicalType(pub(crate) ffi::duckdb_logical_type);

impl LogicalType {
    pub(crate) fn simple(id: ffi::duckdb_type) -> Self {
        // SAFETY: any id is allowed; unknown ones give an invalid type.
        Self(unsafe { ffi::duckdb_create_logical_type(id) })
    }

    pub(crate) fn list_of(child: &LogicalType) -> Self {
        // SAFETY: the child is alive; the call copies it.
        Self(unsafe { ffi::duckdb_create_list_type(child.0) })
    }

    pub(crate) fn id(&self) -> ffi::duckdb_type {
        // SAFETY: the type is alive.
        unsafe { ffi::duckdb_get_type_id(self.0) }
    }
}

impl Drop for LogicalType {
    fn drop(&mut self) {
        // SAFETY: ours, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_logical_type(&mut self.0) }
    }
}

pub(crate) fn text_for_c(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::new(format!("the text {text:?} holds a NUL byte")))
}

/// A text that DuckDB gave away; freed here.
pub(crate) fn owned_text(raw: *mut c_char) -> Option<String> {
    // SAFETY: the caller got `raw` from a call that gives the text away.
    unsafe { ffi::DuckDbString::from_nullable_ptr(raw) }.map(|text| text.to_string_lossy().into_owned())
}

/// A text that DuckDB still owns.
///
/// # Safety
/// `raw` is null or a C string that lives during the call.
unsafe fn borrowed_text(raw: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned())
}
