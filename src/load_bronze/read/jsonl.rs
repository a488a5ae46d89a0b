//! JSON lines. A contract of one text column with a rule on JSON members takes each line whole; any other
//! contract takes the members of each line's object as its columns.

use super::super::intake::{FileFailure, Intake, Stop};
use super::super::rejects::{Position, Reason};
use super::{ColumnNotes, Reader};
use crate::contract::{Check, Contract, DataType, Severity};
use memchr::memchr;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::io::Read;

const CHUNK: usize = 1 << 20;
const LONGEST_LINE: usize = 256 << 20;

pub struct JsonlReader<R> {
    input: R,
}

impl<R: Read> JsonlReader<R> {
    pub fn new(input: R) -> Self {
        Self { input }
    }
}

impl<R: Read> Reader for JsonlReader<R> {
    fn read(&mut self, contract: &Contract, intake: &mut Intake<'_>) -> Result<ColumnNotes, Stop> {
        let envelope = Envelope::of(contract);
        let mut row = 0;
        lines(&mut self.input, |line, byte_offset, text| {
            // A line of white space is no row.
            if text.iter().all(u8::is_ascii_whitespace) {
                return Ok(());
            }
            row += 1;
            let position = Position { row, line: Some(line), byte_offset: Some(byte_offset) };
            if std::str::from_utf8(text).is_err() {
                return intake.reject(position, text, vec![Reason::of_row("NOT_UTF8", "text in UTF-8")]);
            }
            match &envelope {
                Some(envelope) => {
                    let reasons = envelope.judge(text);
                    if reasons.is_empty() {
                        intake.row(position, text, |_| Some(text))
                    } else {
                        intake.reject(position, text, reasons)
                    }
                }
                None => members(contract, intake, position, text),
            }
        })?;
        Ok(ColumnNotes::default())
    }
}

/// Each line with its number, its place and its text without the line end.
fn lines(
    input: &mut impl Read,
    mut take: impl FnMut(u64, u64, &[u8]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut chunk: Vec<u8> = Vec::new();
    let mut chunk_offset = 0_u64;
    let mut line = 1;
    loop {
        let have = chunk.len();
        if have > LONGEST_LINE {
            let message = format!("line {line} has more than {} MiB", LONGEST_LINE >> 20);
            return Err(FileFailure::new("LINE_TOO_LONG", message).into());
        }
        chunk.resize(have + CHUNK.max(have), 0);
        let count = loop {
            match input.read(&mut chunk[have..]) {
                Ok(count) => break count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(FileFailure::new("CANNOT_READ", error.to_string()).into()),
            }
        };
        chunk.truncate(have + count);
        let mut start = 0;
        if line == 1 && chunk_offset == 0 && chunk.starts_with(b"\xEF\xBB\xBF") {
            start = 3;
        }
        // What was there before holds no line end.
        let mut search = start.max(have);
        while let Some(distance) = memchr(b'\n', &chunk[search..]) {
            let end = search + distance;
            let text = &chunk[start..end];
            take(line, chunk_offset + start as u64, text.strip_suffix(b"\r").unwrap_or(text))?;
            line += 1;
            start = end + 1;
            search = start;
        }
        if count == 0 {
            if start < chunk.len() {
                take(line, chunk_offset + start as u64, &chunk[start..])?;
            }
            return Ok(());
        }
        if start > 0 {
            chunk.drain(..start);
            chunk_offset += start as u64;
        }
    }
}

/// What each line must be: a JSON object with these members, not null.
struct Envelope {
    column: String,
    members: Vec<(String, String)>,
}

impl Envelope {
    fn of(contract: &Contract) -> Option<Self> {
        let [column] = contract.columns.as_slice() else { return None };
        let mut is_envelope = false;
        let mut members = Vec::new();
        for rule in &column.rules {
            if let Check::JsonMembers(names) = &rule.check {
                is_envelope = true;
                if rule.severity == Severity::Error {
                    members.extend(names.iter().map(|name| (name.clone(), rule.code.clone())));
                }
            }
        }
        (is_envelope && column.data_type == DataType::Str)
            .then(|| Self { column: column.name.clone(), members })
    }

    fn judge(&self, text: &[u8]) -> Vec<Reason> {
        let mut present = vec![false; self.members.len()];
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let outcome = Members { wanted: &self.members, present: &mut present }
            .deserialize(&mut deserializer)
            .and_then(|()| deserializer.end());
        if let Err(error) = outcome {
            let code = if error.is_data() { "NOT_A_JSON_OBJECT" } else { "NOT_JSON" };
            return vec![Reason {
                code: code.to_owned(),
                column: Some(self.column.clone()),
                value: None,
                expected: format!("a JSON object on one line: {error}"),
            }];
        }
        self.members
            .iter()
            .zip(present)
            .filter(|(_, present)| !present)
            .map(|((name, code), _)| Reason {
                code: code.clone(),
                column: Some(self.column.clone()),
                value: None,
                expected: format!("the member '{name}', not null"),
            })
            .collect()
    }
}

/// Goes through an object without keeping it, and notes which wanted members have a value.
struct Members<'m> {
    wanted: &'m [(String, String)],
    present: &'m mut [bool],
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            // `Option` tells null from anything else without reading further into it.
            let has_value = map.next_value::<Option<IgnoredAny>>()?.is_some();
            if has_value && let Some(index) = self.wanted.iter().position(|(name, _)| *name == key) {
                self.present[index] = true;
            }
        }
        Ok(())
    }
}

/// The members of a line's object as cells.
fn members(
    contract: &Contract,
    intake: &mut Intake<'_>,
    position: Position,
    text: &[u8],
) -> Result<(), Stop> {
    let object = match serde_json::from_slice::<Value>(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => {
            let reason = Reason::of_row("NOT_A_JSON_OBJECT", "a JSON object on one line");
            return intake.reject(position, text, vec![reason]);
        }
        Err(error) => {
            let reason = Reason::of_row("NOT_JSON", format!("a JSON object on one line: {error}"));
            return intake.reject(position, text, vec![reason]);
        }
    };
    let cells: Vec<Option<String>> = contract
        .columns
        .iter()
        .map(|column| match object.get(&column.name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        })
        .collect();
    intake.row(position, text, |column| cells[column].as_deref().map(str::as_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_wrong_with_a_line() {
        let envelope = Envelope {
            column: "json".into(),
            members: vec![("id".into(), "ENVELOPE".into()), ("ts".into(), "ENVELOPE".into())],
        };
        let codes = |text: &str| -> Vec<String> {
            envelope.judge(text.as_bytes()).into_iter().map(|reason| reason.code).collect()
        };
        assert!(codes(r#"{"id":1,"ts":"x","payload":{"id":null,"deep":[1.5e3]}}"#).is_empty());
        assert_eq!(codes(r#"{"id":null,"payload":{"ts":1}}"#), ["ENVELOPE", "ENVELOPE"]);
        assert_eq!(codes(r#"{"id":1,"#), ["NOT_JSON"]);
        assert_eq!(codes(r#"{"id":1} x"#), ["NOT_JSON"]);
        assert_eq!(codes("[1]"), ["NOT_A_JSON_OBJECT"]);
        assert_eq!(codes(&"[".repeat(100_000)), ["NOT_A_JSON_OBJECT"]);
        assert_eq!(codes(&format!("{{\"id\":{}", "[".repeat(100_000))), ["NOT_JSON"]);
    }

    #[test]
    fn lines_keep_their_places() {
        let mut seen = Vec::new();
        lines(&mut &b"\xEF\xBB\xBFone\r\n\ntwo"[..], |line, offset, text| {
            seen.push((line, offset, String::from_utf8_lossy(text).into_owned()));
            Ok(())
        })
        .map_err(|_| "stopped")
        .unwrap();
        assert_eq!(seen, vec![(1, 3, "one".into()), (2, 8, String::new()), (3, 9, "two".into())]);
    }
}
