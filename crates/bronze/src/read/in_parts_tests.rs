//! A text that is read in parts gives what it gives when it is read as a whole, whatever the size of the parts and the
//! number of threads.

use super::json::Member;
use super::jsonl::JsonLines;
use super::parts::{Before, Crew, PartSinks, PartedText as _, Place, ReadInto, read_text_in_parts};
use super::row_sink::RowSink;
use super::text_buffer::TextBuffer;
use crate::read_error::ReadError;
use crate::row::{Position, Reason};
use ingot_contract::{DataType, Encoding};
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
        unreachable!("JSON lines name their own columns")
    }

    fn known_columns(&self, _: &[String]) -> usize {
        unreachable!("JSON lines name their own columns")
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

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
