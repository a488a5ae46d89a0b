//! The rows that name the columns of a file of cells, and where they are if they are not where the contract says.

use super::row_sink::RowSink;
use crate::read_error::FileFailure;

/// Rows after a header that cannot be one in which the real header is looked for.
pub(super) const ROWS_SEARCHED: usize = 50;

/// One name for each column out of several rows of names, joined with `_`. An empty cell above others continues the cell
/// to its left, as merged cells do.
pub(super) fn joined(mut rows: Vec<Vec<String>>) -> Vec<String> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let Some(last) = rows.pop() else { return Vec::new() };
    for row in &mut rows {
        row.resize(width, String::new());
        for column in 1..width {
            if row[column].is_empty() {
                row[column] = row[column - 1].clone();
            }
        }
    }
    rows.push(last);
    (0..width)
        .map(|column| {
            let parts = rows.iter().filter_map(|row| row.get(column)).map(|part| part.trim());
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
        })
        .collect()
}

/// Whether these cells are most likely the header.
pub(super) fn is_likely<S: RowSink>(sink: &S, names: &[String]) -> bool {
    let known = sink.known_columns(names);
    known > 0 && known * 2 >= names.len()
}

/// Whether an error says that a row is not the header, so that another may be.
pub(super) fn is_no_header(failure: &FileFailure) -> bool {
    matches!(failure.code, "HEADER_MISSING" | "BAD_HEADER")
}

/// Adds to the failure where the header seems to be.
pub(super) fn found_at(mut failure: FileFailure, row: u64, names: &[String]) -> FileFailure {
    failure.message = format!(
        "the table does not begin where the contract says: row {row} looks like its header ({}); write `headerRow: {row}` in the contract",
        names.join(", ")
    );
    failure.code = "HEADER_ELSEWHERE";
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_rows_are_joined() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let rows = vec![row(&["", "2023", "", "2024"]), row(&["id", "a", "b", "a", "b"])];
        assert_eq!(joined(rows), ["id", "2023_a", "2023_b", "2024_a", "2024_b"]);
        assert_eq!(joined(vec![row(&["id", "", "x "])]), ["id", "", "x"]);
        assert_eq!(joined(Vec::new()), Vec::<String>::new());
    }
}
