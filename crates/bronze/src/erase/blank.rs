//! What an erasure leaves in a raw file in the place of a row, so that the numbers and places of the other rows stay.

use ingot_contract::RawForm;

/// Whether a row has nothing but marks: no letter, no digit.
pub(crate) fn is_blank(raw: &[u8]) -> bool {
    !raw.iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
}

/// A row of CSV with as many fields and bytes as `raw`, as far as there is room, and without a value. Breaks of lines stay
/// where they are, so that the lines of a file are counted as before.
pub(super) fn blank_csv(raw: &[u8], fields: usize, form: &RawForm) -> Vec<u8> {
    let delimiters = fields.saturating_sub(1);
    let (delimiter, quote) = (form.csv.delimiter, form.csv.quote);
    let inner = raw.len().saturating_sub(delimiters + 2 * usize::from(quote.is_some()));
    let mut blank = Vec::with_capacity(raw.len());
    if inner > 0 || fields == 1 {
        blank.extend(quote);
        let breaks = raw.iter().filter(|byte| matches!(byte, b'\n' | b'\r'));
        let breaks: Vec<u8> = if quote.is_some() { breaks.copied().collect() } else { Vec::new() };
        blank.resize(blank.len() + inner.saturating_sub(breaks.len()), b' ');
        blank.extend(breaks);
        blank.extend(quote);
    }
    blank.resize(blank.len() + delimiters, delimiter);
    blank
}

/// An empty object with as many bytes as `raw`.
pub(super) fn blank_object(raw: &[u8]) -> Vec<u8> {
    let mut blank = vec![b'{'];
    blank.resize(raw.len().max(2) - 1, b' ');
    blank.push(b'}');
    blank
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_contract::{CsvForm, Encoding, Format, RecordPath, TablePlace};

    fn form() -> RawForm {
        RawForm {
            format: Format::Csv,
            path: String::new(),
            encoding: Encoding::Utf8,
            csv: CsvForm::default(),
            wide_csv: None,
            place: TablePlace::default(),
            record_path: RecordPath::of_documents(),
            sheet: None,
        }
    }

    #[test]
    fn a_blank_row_takes_the_same_room() {
        let raw = b"4711,\"Ann\nLee\",x";
        let blank = blank_csv(raw, 3, &form());
        assert_eq!(blank, b"\"           \n\",,");
        assert_eq!(blank.len(), raw.len());
        assert!(is_blank(&blank) && !is_blank(raw));
        assert_eq!(blank_csv(b"1,2", 2, &form()), b",");
        let object = blank_object(br#"{"a": 1}"#);
        assert_eq!(object, b"{      }");
        assert!(is_blank(&object));
    }
}
