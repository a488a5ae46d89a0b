//! The one safe wrapper around DuckDB's C API: a database, a connection, a result and its chunks.
//!
//! Why the C API and not the crate's own `Connection`: results need the engine's exact text for every
//! type, statements need the structured error, and casts can be registered in no other way.

use super::failure::{self, Failure};
use super::statements;
use crate::error::{Error, Result};
use libduckdb_sys as ffi;
use std::ffi::{CStr, CString, c_char};
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
        let whole = Statements::extract(self.raw, sql)?;
        let ranges = statements::split(sql);
        if ranges.len() as ffi::idx_t != whole.count {
            return whole.run(self.raw);
        }
        drop(whole);
        let mut last = None;
        for range in ranges {
            // The result before is freed first: DuckDB runs one result of a connection at a time.
            drop(last.take());
            let lines_before = sql[..range.start].matches('\n').count();
            last = Statements::extract(self.raw, &sql[range])
                .and_then(|statement| statement.run(self.raw))
                .map_err(|failure| failure.moved_down(lines_before))?;
        }
        Ok(last)
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

struct Statements {
    raw: ffi::duckdb_extracted_statements,
    count: ffi::idx_t,
}

impl Statements {
    fn extract(connection: ffi::duckdb_connection, sql: &str) -> Result<Self, Failure> {
        let sql = CString::new(sql).map_err(|_| Failure("Parser Error: the SQL holds a NUL byte".into()))?;
        let mut raw = ptr::null_mut();
        // SAFETY: the connection is open, the text ends with a nul, the out pointer is valid.
        let count = unsafe { ffi::duckdb_extract_statements(connection, sql.as_ptr(), &mut raw) };
        let statements = Self { raw, count };
        if count == 0 {
            // SAFETY: `raw` came from the call above; the message lives as long as it does.
            let message = unsafe { borrowed_text(ffi::duckdb_extract_statements_error(statements.raw)) };
            // Only comments and blanks: no statement and no message.
            if let Some(message) = message.filter(|message| !message.is_empty()) {
                return Err(Failure(message));
            }
        }
        Ok(statements)
    }

    fn run(&self, connection: ffi::duckdb_connection) -> Result<Option<Outcome>, Failure> {
        let mut last = None;
        for index in 0..self.count {
            drop(last.take());
            last = Some(self.prepare(connection, index)?.execute()?);
        }
        Ok(last)
    }

    fn prepare(&self, connection: ffi::duckdb_connection, index: ffi::idx_t) -> Result<Prepared, Failure> {
        let mut raw = ptr::null_mut();
        // SAFETY: the connection and the extracted statements are alive, `index < count`.
        let state = unsafe { ffi::duckdb_prepare_extracted_statement(connection, self.raw, index, &mut raw) };
        let prepared = Prepared(raw);
        if state != ffi::DuckDBSuccess {
            // SAFETY: a failed statement still carries its message until it is destroyed.
            let message = unsafe { borrowed_text(ffi::duckdb_prepare_error(prepared.0)) };
            return Err(Failure(message.unwrap_or_else(|| "the statement is not valid".into())));
        }
        Ok(prepared)
    }
}

impl Drop for Statements {
    fn drop(&mut self) {
        // SAFETY: extracted by us, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_extracted(&mut self.raw) }
    }
}

struct Prepared(ffi::duckdb_prepared_statement);

impl Prepared {
    fn execute(&self) -> Result<Outcome, Failure> {
        // SAFETY: `duckdb_result` is plain data that the call fills.
        let mut raw: ffi::duckdb_result = unsafe { std::mem::zeroed() };
        // SAFETY: the statement is prepared, the out pointer is valid.
        let state = unsafe { ffi::duckdb_execute_prepared(self.0, &mut raw) };
        let mut outcome = Outcome { raw };
        if state != ffi::DuckDBSuccess {
            // SAFETY: a failed result carries its message until it is destroyed.
            let message = unsafe { borrowed_text(ffi::duckdb_result_error(&mut outcome.raw)) };
            return Err(Failure(message.unwrap_or_else(|| "the statement failed".into())));
        }
        Ok(outcome)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: prepared by us, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_prepare(&mut self.0) }
    }
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
