//! Which pair of columns tells the rows of a feed apart, by a second reading of feeds whose key is not one column.

use super::read_files::Rows;
use ingot_bronze::inspect::{Member, Position, ReadError, RowSink, json_text, read_rows};
use ingot_contract::{DataType, RawFile};
use ingot_lake::arrow::array::{Array, AsArray, RecordBatch};
use ingot_lake::arrow::compute::cast;
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Schema};
use std::collections::HashSet;
use xxhash_rust::xxh3::xxh3_64;

/// Of a feed with more rows, nothing is said: about 10 MB for a pair.
const MOST_ROWS: usize = 500_000;

/// The first of the pairs, by names in the files, that no two rows have in common; `None` if there is none, or too many
/// rows to tell.
pub(crate) fn unique_pair(rows: Rows<'_>, files: &[RawFile], pairs: &[[String; 2]]) -> Option<usize> {
    let mut sink = PairSink {
        own_names: rows.own_names,
        pairs: pairs
            .iter()
            .map(|names| Pair { names: names.clone(), places: None, seen: Some(HashSet::new()) })
            .collect(),
        text: Vec::new(),
    };
    for file in files {
        match read_rows(rows.form, file, &mut sink) {
            Ok(()) if sink.is_settled() => return None,
            Ok(()) => {}
            Err(ReadError::File(failure)) if failure.code == "EMPTY_FILE" => {}
            Err(_) => return None,
        }
    }
    sink.pairs.iter().position(|pair| pair.seen.is_some())
}

struct Pair {
    names: [String; 2],
    /// Where the columns are in the file.
    places: Option<[usize; 2]>,
    /// Hashes of the values; `None` once two rows had the same.
    seen: Option<HashSet<u64>>,
}

struct PairSink<'a> {
    own_names: Option<&'a [String]>,
    pairs: Vec<Pair>,
    text: Vec<u8>,
}

impl PairSink<'_> {
    fn find_columns(&mut self, names: &[String]) {
        let place = |wanted: &String| names.iter().position(|name| name == wanted);
        for pair in &mut self.pairs {
            pair.places = place(&pair.names[0]).zip(place(&pair.names[1])).map(|(one, other)| [one, other]);
        }
    }

    /// Takes the values of a pair in one row; a pair without both values is not a key.
    fn take(&mut self, pair: usize, values: Option<[&[u8]; 2]>) {
        let Some(pair) = self.pairs.get_mut(pair) else { return };
        let Some(seen) = &mut pair.seen else { return };
        let is_new =
            values.filter(|both| both.iter().all(|value| !value.is_empty())).is_some_and(|[one, other]| {
                self.text.clear();
                self.text.extend_from_slice(&one.len().to_le_bytes());
                self.text.extend_from_slice(one);
                self.text.extend_from_slice(other);
                seen.len() < MOST_ROWS && seen.insert(xxh3_64(&self.text))
            });
        if !is_new {
            pair.seen = None;
        }
    }

    /// Whether no pair is left that may be a key.
    fn is_settled(&self) -> bool {
        self.pairs.iter().all(|pair| pair.seen.is_none())
    }

    fn go_on(&self) -> Result<(), ReadError> {
        if self.is_settled() { Err(ReadError::Enough) } else { Ok(()) }
    }
}

impl RowSink for PairSink<'_> {
    fn header(&mut self, names: &[String]) -> Result<Vec<Option<DataType>>, ReadError> {
        let trimmed: Vec<String> =
            names.iter().map(|name| name.trim().trim_start_matches('\u{feff}').to_owned()).collect();
        self.find_columns(&trimmed);
        Ok(vec![None; names.len()])
    }

    fn no_header(&mut self, width: Option<usize>) -> Result<Vec<(String, DataType)>, ReadError> {
        let names: Vec<String> = match self.own_names {
            Some(names) => names.to_vec(),
            None => (1..=width.unwrap_or(0)).map(|number| format!("column_{number}")).collect(),
        };
        self.find_columns(&names);
        Ok(names.into_iter().map(|name| (name, DataType::Str)).collect())
    }

    fn schema(&mut self, schema: &Schema) -> Result<(), ReadError> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        self.find_columns(&names);
        Ok(())
    }

    fn row<'c>(
        &mut self,
        _position: Position,
        _raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        _is_typed: impl Fn(usize) -> bool,
    ) -> Result<(), ReadError> {
        for pair in 0..self.pairs.len() {
            let values = self.pairs[pair].places.and_then(|[one, other]| Some([cell(one)?, cell(other)?]));
            self.take(pair, values);
        }
        self.go_on()
    }

    fn object(&mut self, _position: Position, _raw: &str, members: &[Member<'_>]) -> Result<(), ReadError> {
        let text = |name: &str| {
            let member = members.iter().find(|member| member.name.as_ref() == name)?;
            json_text(member.value).map(|(text, _)| text.into_owned())
        };
        for pair in 0..self.pairs.len() {
            let names = self.pairs[pair].names.clone();
            let both = text(&names[0]).zip(text(&names[1]));
            self.take(pair, both.as_ref().map(|(one, other)| [one.as_bytes(), other.as_bytes()]));
        }
        self.go_on()
    }

    fn batch(&mut self, _first_row: u64, batch: &RecordBatch) -> Result<(), ReadError> {
        if self.pairs.iter().all(|pair| pair.places.is_none()) {
            self.schema(&batch.schema())?;
        }
        let texts = |place: usize| cast(batch.column(place), &ArrowType::Utf8).ok();
        for pair in 0..self.pairs.len() {
            let both = self.pairs[pair].places.and_then(|[one, other]| texts(one).zip(texts(other)));
            let Some((one, other)) = both else {
                self.take(pair, None);
                continue;
            };
            let (one, other) = (one.as_string::<i32>(), other.as_string::<i32>());
            for row in 0..batch.num_rows() {
                let has_both = one.is_valid(row) && other.is_valid(row);
                let values = has_both.then(|| [one.value(row).as_bytes(), other.value(row).as_bytes()]);
                self.take(pair, values);
            }
        }
        self.go_on()
    }
}
