//! The one safe wrapper around DuckDB's C API: an instance, its configuration, and connections to it.
//!
//! Why `libduckdb-sys` and not the crate `duckdb`, which is a dev-dependency here: read in its sources
//! (1.20000.1) and measured by `benches/duckdb_crate.rs`,
//!
//! - its results are Arrow or values, never chunks, and they lose what SQL shows: TIMETZ its offset, UHUGEINT
//!   above 38 digits (-1), long INTERVALs (nanoseconds overflow), text of nested values; TIME_NS panics in its
//!   rows, VARIANT is refused;
//! - it can register neither casts nor settings, and its scalar functions (`VScalar::invoke`) cannot ask which
//!   session calls them, so `time_zone` could not be written with it;
//! - its `execute` prepares each statement, which plans it twice: 1.6 to 2.1 times the CPU for small statements;
//! - the two do not mix: it keeps its connection private (`Connection::db`, `LogicalTypeHandle::ptr`), so the C
//!   API cannot be called on its connections, and a transaction lives in one connection.
//!
//! `docs/concepts/architecture.md` has the table.

use super::c_text::{borrowed_text, owned_text, statement_for_c, text_for_c};
use super::error_text::Failure;
use super::result::Outcome;
use super::statements;
use ingot_core::error::{Error, Result};
use libduckdb_sys as ffi;
use std::ffi::c_char;
use std::ops::Range;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

/// An open DuckDB instance; closed when the last connection to it is gone.
pub(crate) struct Instance {
    raw: ffi::duckdb_database,
}

// SAFETY: DuckDB's database handle may be used from any thread; it is freed once, by `Drop`.
unsafe impl Send for Instance {}
// SAFETY: as above; nothing changes the handle while it is shared.
unsafe impl Sync for Instance {}

impl Instance {
    /// Opens an instance without a file, with these configuration options.
    ///
    /// # Errors
    /// DuckDB does not know an option, or does not take its value.
    pub(crate) fn in_memory(options: &[(String, String)]) -> Result<Arc<Self>> {
        let config = Config::new(options)?;
        let mut raw = ptr::null_mut();
        let mut message: *mut c_char = ptr::null_mut();
        // SAFETY: the path is a C string, the out pointers are valid, the configuration is alive.
        let state = unsafe { ffi::duckdb_open_ext(c":memory:".as_ptr(), &mut raw, config.0, &mut message) };
        if state == ffi::DuckDBSuccess {
            return Ok(Arc::new(Self { raw }));
        }
        // SAFETY: a failed call gives its message away.
        let text = unsafe { owned_text(message) };
        Err(Failure(text.unwrap_or_else(|| "cannot open DuckDB".to_string())).into())
    }

    /// # Errors
    /// DuckDB gives no further connection.
    pub(crate) fn connect(self: &Arc<Self>) -> Result<Connection> {
        let mut raw = ptr::null_mut();
        // SAFETY: the database is open.
        if unsafe { ffi::duckdb_connect(self.raw, &mut raw) } != ffi::DuckDBSuccess {
            return Err(Error::new("cannot open a further connection to DuckDB"));
        }
        Ok(Connection {
            handle: Arc::new(Handle(Mutex::new(raw))),
            raw,
            transactions: Vec::new(),
            _instance: Arc::clone(self),
        })
    }
}

impl Drop for Instance {
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
            return Err(Error::new("cannot create a configuration of DuckDB"));
        }
        let config = Self(raw);
        for (name, value) in options {
            let (c_name, c_value) = (text_for_c(name)?, text_for_c(value)?);
            // SAFETY: the configuration is alive, both texts end with a nul.
            let state = unsafe { ffi::duckdb_set_config(config.0, c_name.as_ptr(), c_value.as_ptr()) };
            if state != ffi::DuckDBSuccess {
                return Err(Error::new(format!("DuckDB has no setting {name} that takes the value {value}"))
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
// SAFETY: as above.
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
    /// Statements of transactions that were run here.
    transactions: Vec<Prepared>,
    _instance: Arc<Instance>,
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
        if let Some(word) = of_transaction(sql) {
            return self.run_prepared(word).map(Some);
        }
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
        outcome_of(raw, state)
    }

    /// Runs a statement that a connection sends thousands of times: all work but running it is done once.
    fn run_prepared(&mut self, word: &'static str) -> Result<Outcome, Failure> {
        let known = self.transactions.iter().position(|prepared| prepared.word == word);
        let at = match known {
            Some(at) => at,
            None => {
                self.transactions.push(Prepared::new(self.raw, word)?);
                self.transactions.len() - 1
            }
        };
        self.transactions[at].run()
    }

    /// How many statements DuckDB finds in a text; an error if one of them is not valid SQL.
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
        self.transactions.clear();
        let mut shared = self.handle.0.lock().unwrap_or_else(PoisonError::into_inner);
        *shared = ptr::null_mut();
        // SAFETY: connected by us, disconnected here and nowhere else, under the interrupter's lock.
        unsafe { ffi::duckdb_disconnect(&mut self.raw) }
    }
}

/// The statement of a text that does nothing but open or end a transaction, in the usual words.
fn of_transaction(sql: &str) -> Option<&'static str> {
    let text = sql.trim_ascii();
    let text = text.strip_suffix(';').unwrap_or(text);
    ["begin", "commit", "rollback"].into_iter().find(|word| word.eq_ignore_ascii_case(text))
}

/// A statement that DuckDB keeps ready.
struct Prepared {
    word: &'static str,
    raw: ffi::duckdb_prepared_statement,
}

impl Prepared {
    /// `connection` must be open, and stay so for as long as this lives.
    fn new(connection: ffi::duckdb_connection, word: &'static str) -> Result<Self, Failure> {
        let sql = statement_for_c(word)?;
        let mut raw = ptr::null_mut();
        // SAFETY: the connection is open, the text ends with a nul, the out pointer is valid.
        let state = unsafe { ffi::duckdb_prepare(connection, sql.as_ptr(), &mut raw) };
        let prepared = Self { word, raw };
        if state == ffi::DuckDBSuccess {
            return Ok(prepared);
        }
        // SAFETY: a statement that could not be prepared has its message until it is destroyed.
        let message = unsafe { borrowed_text(ffi::duckdb_prepare_error(prepared.raw)) };
        Err(Failure(message.unwrap_or_else(|| format!("the statement {word} cannot be prepared"))))
    }

    fn run(&self) -> Result<Outcome, Failure> {
        // SAFETY: `duckdb_result` is plain data that the call fills.
        let mut raw: ffi::duckdb_result = unsafe { std::mem::zeroed() };
        // SAFETY: the statement is prepared, its connection open, the out pointer valid.
        let state = unsafe { ffi::duckdb_execute_prepared(self.raw, &mut raw) };
        outcome_of(raw, state)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: prepared by us, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_prepare(&mut self.raw) }
    }
}

fn outcome_of(raw: ffi::duckdb_result, state: ffi::duckdb_state) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::of(raw);
    if state == ffi::DuckDBSuccess {
        return Ok(outcome);
    }
    Err(outcome.failure().unwrap_or_else(|| Failure("the statement failed".into())))
}
