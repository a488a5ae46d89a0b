//! Numbers and words that fit each other in sentences.

use ingot_core::report::{noun, verb};

/// `1 row`, `2345 rows`: contracts and the pages beside them have no marks between thousands.
pub(crate) fn counted(number: u64, one: &str) -> String {
    format!("{number} {}", noun(number, one))
}

/// Damaged rows: how many there are, and what becomes of them.
pub(crate) fn damaged(rows: u64, such_as: &[String]) -> String {
    format!(
        "{} {} damaged and will be rejected{} {}.",
        counted(rows, "row"),
        verb(rows, "is", "are"),
        verb(rows, ":", ", such as"),
        such_as.join(", ")
    )
}
