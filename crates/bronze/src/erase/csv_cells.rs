//! The cells of one row of CSV as ranges of its bytes, so that one of them can be emptied and the others stay as they are.

use ingot_contract::CsvForm;
use std::ops::Range;

/// The ranges of the cells, quotes included.
pub(super) fn cell_ranges(raw: &[u8], form: &CsvForm) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut begin, mut at, mut is_quoted) = (0, 0, false);
    while at < raw.len() {
        let byte = raw[at];
        if is_quoted {
            if form.escape == Some(byte) && form.escape != form.quote {
                at += 1;
            } else if form.quote == Some(byte) {
                is_quoted = false;
            }
        } else if form.quote == Some(byte) && (at == begin || raw[at - 1] == byte) {
            // A doubled quote goes on with the text.
            is_quoted = true;
        } else if byte == form.delimiter {
            ranges.push(begin..at);
            begin = at + 1;
        }
        at += 1;
    }
    ranges.push(begin..raw.len());
    ranges
}

/// The row with these cells empty.
pub(super) fn emptied(raw: &[u8], form: &CsvForm, places: &[usize]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for (index, range) in cell_ranges(raw, form).into_iter().enumerate() {
        if index > 0 {
            out.push(form.delimiter);
        }
        if !places.contains(&index) {
            out.extend_from_slice(&raw[range]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cells_that_are_named_are_emptied() {
        let form = CsvForm::default();
        let empty =
            |raw: &str, places: &[usize]| String::from_utf8(emptied(raw.as_bytes(), &form, places)).unwrap();
        assert_eq!(empty("1,2,3", &[1]), "1,,3");
        assert_eq!(empty("1,\"a, \"\"b\"\"\",3", &[2]), "1,\"a, \"\"b\"\"\",");
        assert_eq!(empty("1,\"a, \"\"b\"\"\",3", &[1]), "1,,3");
        assert_eq!(empty("1,\"a\nb\",3", &[0, 2]), ",\"a\nb\",");
        assert_eq!(empty("5\",6", &[0]), ",6", "a quote inside of a cell is a character");
        let escaped = CsvForm { escape: Some(b'\\'), ..CsvForm::default() };
        assert_eq!(emptied(b"\"a\\\",b\",c", &escaped, &[1]), b"\"a\\\",b\",");
    }
}
