//! What templates know of a table or view: its name, its columns, and what is in the database.

pub mod cache;
pub mod relation;
