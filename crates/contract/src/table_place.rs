//! Where the table is in a file of cells (CSV, Excel): which of its rows name the columns, and which belong to the table.

/// The place of the table. Rows are lines of a CSV file, and rows of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePlace {
    /// Rows at the beginning of the file or sheet, in front of the table.
    pub skip_rows: u64,
    /// Rows that name the columns together. 0: the columns are the contract's, in its order.
    pub header_rows: usize,
    /// Rows at the end that do not belong to the table. Empty ones do not count.
    pub footer_rows: usize,
    /// The table ends at the first empty row after a row of data.
    pub until_empty_row: bool,
    /// CSV: a line that begins with this text is not a row.
    pub comment: Option<String>,
    /// Excel: the sheet by its 1-based place, instead of its name.
    pub sheet_number: Option<usize>,
    /// Excel: only cells in this range count.
    pub range: Option<CellRange>,
    /// Excel: the name of a table, or of a range, that the workbook defines.
    pub table: Option<String>,
}

impl Default for TablePlace {
    fn default() -> Self {
        Self {
            skip_rows: 0,
            header_rows: 1,
            footer_rows: 0,
            until_empty_row: false,
            comment: None,
            sheet_number: None,
            range: None,
            table: None,
        }
    }
}

/// A range of cells; rows and columns are 0-based and inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellRange {
    pub first_row: u32,
    pub first_column: u32,
    /// `None`: to the end of the sheet.
    pub last_row: Option<u32>,
    pub last_column: Option<u32>,
}

impl CellRange {
    /// Reads `B3:F20`, `B3:F` (to the last row), `B:F` (all rows) or `B3` (from there on), with or without `$`.
    /// `None` if the text is not a range.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace('$', "");
        let (from, to) = match text.split_once(':') {
            Some((from, to)) => (from, Some(to)),
            None => (text.as_str(), None),
        };
        let (first_column, first_row) = corner(from)?;
        let (last_column, last_row) = match to {
            Some(to) => corner(to).map(|(column, row)| (Some(column), row))?,
            None => (None, None),
        };
        let first_row = first_row.unwrap_or(0);
        if last_column.is_some_and(|last| last < first_column)
            || last_row.is_some_and(|last| last < first_row)
        {
            return None;
        }
        Some(Self { first_row, first_column, last_row, last_column })
    }

    /// Whether the cell of this row and column is in it.
    pub fn contains(&self, row: u32, column: u32) -> bool {
        row >= self.first_row
            && column >= self.first_column
            && self.last_row.is_none_or(|last| row <= last)
            && self.last_column.is_none_or(|last| column <= last)
    }
}

/// `B3` as column 1 and row 2; `B` as column 1.
fn corner(text: &str) -> Option<(u32, Option<u32>)> {
    let digits = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (letters, digits) = text.split_at(digits);
    // Excel's last column is XFD.
    if letters.is_empty() || letters.len() > 3 || !letters.bytes().all(|letter| letter.is_ascii_alphabetic())
    {
        return None;
    }
    let column = letters
        .bytes()
        .fold(0, |number, letter| number * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row = match digits {
        "" => None,
        digits => Some(digits.parse::<u32>().ok()?.checked_sub(1)?),
    };
    Some((column - 1, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_as_in_excel() {
        let range =
            |text| CellRange::parse(text).map(|r| (r.first_row, r.first_column, r.last_row, r.last_column));
        assert_eq!(range("B3:F20"), Some((2, 1, Some(19), Some(5))));
        assert_eq!(range("$B$3:$AA"), Some((2, 1, None, Some(26))));
        assert_eq!(range("b:c"), Some((0, 1, None, Some(2))));
        assert_eq!(range("B3"), Some((2, 1, None, None)));
        for wrong in ["", "3", "B0:C1", "C1:B2", "B3:F2", "B3-F4", "ABCD1", "B3:F4:G5"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
