//! CSV text to records with the lines on which they begin, by the rules of Python's `csv` module.
//! <https://docs.python.org/3/library/csv.html>

use csv::StringRecord;

/// One record, and the line (from 1) on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CsvRecord {
    pub line: usize,
    pub fields: StringRecord,
}

/// Why a text is not CSV.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CsvError {
    /// A quoted value begins on this line and does not end.
    OpenQuote(usize),
    /// The delimiter is a quote or the end of a line, or the text uses every character that could stand for it.
    Delimiter,
}

/// A record behind the text, by which a quote that is still open is noticed: it swallows the record.
const END: &str = "\u{2}end of the text\u{3}";

/// Reads all records, the header among them. Records may differ in length. An empty line is no record, except in
/// a text of one column, where it is an empty value.
pub(crate) fn parse(text: &str, delimiter: char) -> Result<Vec<CsvRecord>, CsvError> {
    let text = text.trim_start_matches('\u{feff}');
    let Some(byte) = one_byte(text, delimiter) else { return Err(CsvError::Delimiter) };
    let replaced = !delimiter.is_ascii();
    let mut content =
        if replaced { text.replace(delimiter, &char::from(byte).to_string()) } else { text.to_owned() };
    if !content.ends_with(['\n', '\r']) {
        content.push('\n');
    }
    content.push_str(END);
    let lines = Lines::of(content.as_bytes());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(byte)
        .from_reader(content.as_bytes());
    let mut records: Vec<CsvRecord> = Vec::new();
    let mut fields = StringRecord::new();
    let (mut start, mut last_line) = (0, 0);
    // The text is a string already, so the only error is the end.
    while let Ok(true) = reader.read_record(&mut fields) {
        let end = usize::try_from(reader.position().byte()).unwrap_or(content.len());
        let line = lines.at(start + leading_line_ends(&content.as_bytes()[start..end]));
        if records.first().is_some_and(|header| header.fields.len() == 1) {
            let blank = (last_line + 1)..line;
            records.extend(blank.map(|line| CsvRecord { line, fields: StringRecord::from(vec![""]) }));
        }
        if end >= content.len() {
            return if fields.len() == 1 && fields.get(0) == Some(END) {
                Ok(records)
            } else {
                Err(CsvError::OpenQuote(line + line_ends_before_last(&fields)))
            };
        }
        let kept = if replaced { restored(&fields, byte, delimiter) } else { fields.clone() };
        records.push(CsvRecord { line, fields: kept });
        (start, last_line) = (end, lines.at(end - 1));
    }
    Ok(records)
}

/// The delimiter as the one byte that the reader can split at: itself, or a control character that the text does
/// not use.
fn one_byte(text: &str, delimiter: char) -> Option<u8> {
    match delimiter {
        '"' | '\n' | '\r' => None,
        _ if delimiter.is_ascii() => u8::try_from(delimiter).ok(),
        _ => (1..32)
            .filter(|byte| !matches!(byte, 2 | 3 | b'\n' | b'\r'))
            .find(|byte| !text.as_bytes().contains(byte)),
    }
}

/// Quoted values contain the delimiter itself.
fn restored(fields: &StringRecord, byte: u8, delimiter: char) -> StringRecord {
    fields.iter().map(|field| field.replace(char::from(byte), delimiter.encode_utf8(&mut [0; 4]))).collect()
}

fn leading_line_ends(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count()
}

fn line_ends_before_last(fields: &StringRecord) -> usize {
    let before = fields.len().saturating_sub(1);
    fields.iter().take(before).map(|field| Lines::of(field.as_bytes()).starts.len() - 1).sum()
}

/// Where each line of a text begins; a line ends with LF, CR LF or CR.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn of(bytes: &[u8]) -> Self {
        let ends = bytes
            .iter()
            .enumerate()
            .filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')));
        Self { starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }
    /// The line, from 1, of the byte at this place.
    fn at(&self, place: usize) -> usize {
        self.starts.partition_point(|start| *start <= place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, delimiter: char) -> Vec<(usize, Vec<String>)> {
        let records = parse(text, delimiter).unwrap();
        records
            .into_iter()
            .map(|record| (record.line, record.fields.iter().map(str::to_owned).collect()))
            .collect()
    }
    fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
        (line, fields.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn records_have_the_line_on_which_they_begin() {
        assert_eq!(
            read("\u{feff}a,b\r\n1,\"x, \"\"y\"\"\r\nz\"\r\n\r\n,2\r\n3", ','),
            [row(1, &["a", "b"]), row(2, &["1", "x, \"y\"\r\nz"]), row(5, &["", "2"]), row(6, &["3"])]
        );
        assert_eq!(
            read("a,b\r1,2\r\r3,4\r", ','),
            [row(1, &["a", "b"]), row(2, &["1", "2"]), row(4, &["3", "4"])]
        );
    }

    #[test]
    fn an_empty_line_is_a_value_where_there_is_one_column() {
        assert_eq!(read("c\n\n1\n\n", ','), [row(1, &["c"]), row(2, &[""]), row(3, &["1"]), row(4, &[""])]);
        assert_eq!(read("c\n1", ','), [row(1, &["c"]), row(2, &["1"])]);
        assert_eq!(read("c\n\"1\n2\"\n3\n", ','), [row(1, &["c"]), row(2, &["1\n2"]), row(4, &["3"])]);
    }

    #[test]
    fn a_quote_that_stays_open_is_an_error_with_the_line_where_it_begins() {
        for (text, line) in
            [("a\n\"b", 2), ("a,b\n\"x\ny\",\"z\n\n", 3), ("a\n1\n\"", 3), ("a,b\n1,\"x\"\"", 2)]
        {
            assert_eq!(parse(text, ','), Err(CsvError::OpenQuote(line)), "{text:?}");
        }
        assert_eq!(read("a,b\n1 \"x,\"y\"z\n", ','), [row(1, &["a", "b"]), row(2, &["1 \"x", "yz"])]);
    }

    #[test]
    fn a_delimiter_outside_ascii_splits_and_stays_in_quotes() {
        assert_eq!(read("a§b\n1§\"x§y\"\n", '§'), [row(1, &["a", "b"]), row(2, &["1", "x§y"])]);
        assert_eq!(parse("a", '"'), Err(CsvError::Delimiter));
    }
}
