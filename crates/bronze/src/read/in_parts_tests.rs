//! A text that is read in parts gives what it gives when it is read as a whole, whatever the dialect, the size of the parts
//! and the number of threads.

use super::csv::{read_csv, read_csv_alone};
use super::json::Member;
use super::jsonl::JsonLines;
use super::parts::{Before, Crew, PartSinks, PartedText as _, Place, ReadInto, read_text_in_parts};
use super::row_sink::RowSink;
use super::text_buffer::TextBuffer;
use crate::read_error::ReadError;
use crate::row::{Position, Reason};
use ingot_contract::{CsvForm, DataType, Encoding, Format, RawForm, RecordPath, TablePlace, WideCsvForm};
use ingot_lake::arrow::array::RecordBatch;
use ingot_lake::arrow::datatypes::Schema;
use proptest::prelude::*;

/// Position, text, and cells or reasons of each row.
#[derive(Default, Debug, Clone, PartialEq)]
struct Seen {
    width: usize,
    rows: Vec<(Position, Vec<u8>, String)>,
}

impl RowSink for Seen {
    fn header(&mut self, names: &[String]) -> Result<Vec<Option<DataType>>, ReadError> {
        self.width = names.len();
        Ok(vec![None; names.len()])
    }

    fn no_header(&mut self, _: Option<usize>) -> Result<Vec<(String, DataType)>, ReadError> {
        self.width = 2;
        Ok(vec![("h".to_owned(), DataType::Str), ("i".to_owned(), DataType::Str)])
    }

    fn known_columns(&self, _: &[String]) -> usize {
        0
    }

    fn schema(&mut self, _: &Schema) -> Result<(), ReadError> {
        unreachable!("a text has no schema")
    }

    fn row<'c>(
        &mut self,
        position: Position,
        raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        _: impl Fn(usize) -> bool,
    ) -> Result<(), ReadError> {
        let cells: Vec<_> =
            (0..self.width).map(|index| cell(index).map(|text| text.escape_ascii().to_string())).collect();
        self.rows.push((position, raw.to_vec(), format!("{cells:?}")));
        Ok(())
    }

    fn object(&mut self, position: Position, raw: &str, members: &[Member<'_>]) -> Result<(), ReadError> {
        let members: Vec<_> = members.iter().map(|member| (&member.name, member.value)).collect();
        self.rows.push((position, raw.into(), format!("{members:?}")));
        Ok(())
    }

    fn batch(&mut self, _: u64, _: &RecordBatch) -> Result<(), ReadError> {
        unreachable!("a text has no batches")
    }

    fn bad_row(&mut self, position: Position, raw: &[u8], reasons: Vec<Reason>) -> Result<(), ReadError> {
        self.rows.push((position, raw.to_vec(), format!("{reasons:?}")));
        Ok(())
    }
}

struct Parts;

impl PartSinks<Seen> for Parts {
    type Part = Seen;

    fn read(&self, rows: impl ReadInto) -> Result<Seen, ReadError> {
        let mut part = Seen::default();
        rows.read_into(&mut part)?;
        Ok(part)
    }

    fn hand_over(&self, part: Seen, before: Before, sink: &mut Seen) -> Result<(), ReadError> {
        for (mut position, raw, cells) in part.rows {
            position.row += before.rows;
            position.line = position.line.map(|line| line + before.lines);
            sink.rows.push((position, raw, cells));
        }
        Ok(())
    }
}

fn csv(text: &[u8], form: &RawForm, encoding: Encoding, parts: Option<(usize, usize)>) -> Option<Seen> {
    let mut seen = Seen::default();
    let text = TextBuffer::open(text, encoding).ok()?;
    match parts {
        None => read_csv_alone(text, form, &mut seen).ok()?,
        Some((bytes, threads)) => {
            let crew = Crew::new(threads);
            let _me = crew.begin();
            read_csv(text, form, &mut seen, &Parts, &crew, bytes).ok()?;
        }
    }
    Some(seen)
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"a"[..],
        b"bb",
        b",",
        b",",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\"",
        b"\"\"",
        b",\"",
        b"\",",
        b"\"\n",
        b",\"x\ny\",",
        b"\\",
        b"#",
        b"\n#",
        b"||",
        b"\\\"",
        b"\xC3\xA9",
        b"\xFF",
    ]);
    prop::collection::vec(piece, 0..120).prop_map(|pieces| [b"h,i\n", pieces.concat().as_slice()].concat())
}

fn plain() -> RawForm {
    RawForm {
        format: Format::Csv,
        path: String::new(),
        encoding: Encoding::Utf8,
        csv: CsvForm::default(),
        wide_csv: None,
        place: TablePlace::default(),
        record_path: RecordPath::default(),
        sheet: None,
    }
}

fn forms() -> impl Strategy<Value = RawForm> {
    let csv = (prop::sample::select(vec![Some(b'"'), None]), any::<bool>()).prop_map(|(quote, escapes)| {
        CsvForm { quote, escape: (escapes && quote.is_some()).then_some(b'\\'), ..CsvForm::default() }
    });
    let place = (0_usize..3, 0_u64..3, 0_usize..3, any::<bool>(), any::<bool>()).prop_map(
        |(header_rows, skip_rows, footer_rows, until_empty_row, comment)| TablePlace {
            header_rows,
            // The rest is read in parts only where these are not set.
            skip_rows,
            footer_rows: footer_rows / 2,
            until_empty_row: until_empty_row && footer_rows == 1,
            comment: comment.then(|| "#".to_owned()),
            ..TablePlace::default()
        },
    );
    (csv, place, any::<bool>(), any::<bool>()).prop_map(|(csv, place, is_wide, everywhere)| RawForm {
        wide_csv: is_wide.then(|| WideCsvForm {
            delimiter: ",".to_owned(),
            quote: csv
                .quote
                .map(|quote| if everywhere { "||".to_owned() } else { char::from(quote).to_string() }),
            escape: csv.escape.map(|escape| char::from(escape).to_string()),
            escapes_everywhere: everywhere && csv.escape.is_some(),
        }),
        csv,
        place,
        ..plain()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn csv_in_parts_is_the_csv(
        text in pieces(),
        form in forms(),
        encoding in prop::sample::select(vec![Encoding::Utf8, Encoding::Latin1, Encoding::Utf16Le]),
        bytes in 1_usize..60,
        threads in 1_usize..4,
    ) {
        let whole = csv(&text, &form, encoding, None);
        prop_assert_eq!(csv(&text, &form, encoding, Some((bytes, threads))), whole);
    }

    #[test]
    fn json_lines_in_parts_are_the_lines(
        lines in prop::collection::vec(
            prop::sample::select(vec!["{\"a\":1}\n", "{\"a\":\"\\n\"}\r\n", "\n", " \n", "{]\n", "7\n", "{\"a\": 2}"]),
            0..40,
        ),
        bytes in 1_usize..60,
        threads in 1_usize..4,
    ) {
        let text = lines.concat();
        let open = || TextBuffer::open(text.as_bytes(), Encoding::Utf8).unwrap();
        let (mut whole, mut parts) = (Seen::default(), Seen::default());
        JsonLines.read_rows(open(), Place::default(), &mut whole).unwrap();
        let crew = Crew::new(threads);
        let _me = crew.begin();
        read_text_in_parts(&JsonLines, open(), Place::default(), &mut parts, &Parts, &crew, bytes).unwrap();
        prop_assert_eq!(parts, whole);
    }
}

/// A quote that is never closed reaches over more than is carried from part to part: one thread reads on from there.
#[test]
fn a_row_that_reaches_too_far_is_left_to_one_thread() {
    let line = "x".repeat(999);
    for opened in ["\"", "", "1,\""] {
        let mut text = "h,i\n1,2\n3,4\n".to_owned() + opened;
        for _ in 0..70_000 {
            text.push_str(&line);
            text.push('\n');
        }
        text.push_str("5,6\n");
        let form = plain();
        let whole = csv(text.as_bytes(), &form, Encoding::Utf8, None);
        assert_eq!(whole.as_ref().unwrap().rows.len(), 70_003);
        assert!(csv(text.as_bytes(), &form, Encoding::Utf8, Some((1 << 20, 3))) == whole);
    }
}
