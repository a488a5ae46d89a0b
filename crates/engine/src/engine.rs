//! What an engine is: an open database, and sessions that run SQL in it.

use crate::{Dialect, Rows};
use ingot_core::error::Result;

/// An open database. Its sessions share one catalog and the same files.
pub trait Engine: Send + Sync {
    /// A further connection, with the settings that the engine was opened with.
    ///
    /// # Errors
    /// The engine gives no further connection, or refuses one of those settings.
    fn session(&self) -> Result<Box<dyn Session>>;

    /// The engine's SQL, as far as callers must know it.
    fn dialect(&self) -> Dialect;
}

/// One connection, used by one thread at a time. Its statements run one after the other.
///
/// Where the engine refuses or fails a statement, the error carries a [`SqlError`](crate::SqlError) as a value:
/// [`SqlError::of`](crate::SqlError::of) finds it.
pub trait Session: Send {
    /// The engine's SQL.
    fn dialect(&self) -> Dialect;

    /// Runs one or several statements separated by `;`. Returns the rows that the last one changed
    /// (0 for a statement that changes none, such as `CREATE VIEW`).
    ///
    /// # Errors
    /// A statement is not valid SQL (then none is run) or fails (then those before it have run).
    fn execute(&mut self, sql: &str) -> Result<u64>;

    /// Runs one or several statements and returns the whole result of the last one.
    ///
    /// # Errors
    /// As [`Session::execute`].
    fn query(&mut self, sql: &str) -> Result<Rows>;

    /// A handle that any thread may call to stop what this session is running. It does nothing once the
    /// session is closed.
    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync>;
}
