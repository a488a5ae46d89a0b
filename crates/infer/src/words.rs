//! Numbers and words that fit each other in sentences.

/// `1 row`, `2 rows`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// Damaged rows: how many there are, and what becomes of them.
pub(crate) fn damaged(rows: u64, such_as: &[String]) -> String {
    let what = if rows == 1 { "1 row is damaged" } else { &format!("{rows} rows are damaged") };
    let such_as = such_as.join(", ");
    if rows == 1 {
        format!("{what} and will be rejected: {such_as}.")
    } else {
        format!("{what} and will be rejected, such as {such_as}.")
    }
}
