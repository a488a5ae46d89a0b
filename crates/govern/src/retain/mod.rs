//! What is older than contracts keep it: who reads it is said before it goes.

mod logs;
mod readers;

pub use logs::{OldLogs, old_logs};
pub use readers::{Reader, readers};
