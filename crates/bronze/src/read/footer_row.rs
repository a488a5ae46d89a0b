//! Rows that `footerRows` leaves out, and that are rows of the table all the same, because a file came without its footer: they
//! are rejected, so that nothing is lost without a word.

use super::total::is_only_total;
use crate::row::Reason;

/// Whether the cells are those of a row rather than of a total or a note: most have a value, and the first of these is not the
/// word for a total. Whether they fit their columns is for the sink to say.
pub(crate) fn is_like_a_row<'c>(cells: impl Iterator<Item = Option<&'c [u8]>>) -> bool {
    let (mut all, mut filled, mut first) = (0_usize, 0_usize, None);
    for cell in cells {
        all += 1;
        if let Some(text) = cell.filter(|text| !text.is_empty()) {
            filled += 1;
            first.get_or_insert(text);
        }
    }
    let is_total = first.is_some_and(|text| is_only_total(&String::from_utf8_lossy(text)));
    filled * 2 > all && !is_total
}

/// Why it is rejected.
pub(crate) fn reason() -> Reason {
    Reason::of_row(
        "FOOTER_IS_A_ROW",
        "a row that is not of the table, because `footerRows` in the contract leaves out the last rows of each file, and this one \
         fits the columns; if files do not end with other rows, remove `footerRows`",
    )
}
