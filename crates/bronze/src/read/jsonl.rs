//! JSON lines. A contract of one text column with a rule on JSON members takes each line whole; any other
//! contract takes the members of each line's object as its columns.
//!
//! LF or CRLF ends a line; a line of white space is no row. Of members that the contract names there may be
//! one each. A member that it does not name is left out and noted, or, if the contract is frozen, rejects the row.

use super::super::intake::{FileFailure, Intake, Stop};
use super::super::rejects::{Position, Reason};
use super::csv::too_long;
use super::json::{self, Problem};
use super::text_buffer::{LONGEST_ROW, TextBuffer};
use super::{ColumnNotes, Reader};
use ingot_contract::{Check, Contract, DataType, Evolution, Severity};
use memchr::memchr;
use std::borrow::Cow;
use std::io::Read;

/// Members unknown to the contract that are noted, at most.
const MOST_NOTED: usize = 100;

pub struct JsonlReader<R> {
    text: TextBuffer<R>,
    line: u64,
}

/// One line; positions are those of the window.
struct Line {
    from: usize,
    to: usize,
    number: u64,
    byte_offset: u64,
    /// The beginning of a line that is too long, and its length.
    too_long: Option<(Vec<u8>, u64)>,
}

impl<R: Read> JsonlReader<R> {
    pub fn new(text: TextBuffer<R>) -> Self {
        Self { text, line: 0 }
    }

    fn next_line(&mut self) -> Result<Option<Line>, FileFailure> {
        let mut searched = 0;
        loop {
            let unread = self.text.unread();
            let found = memchr(b'\n', &unread[searched..]).map(|distance| searched + distance);
            let (end, next) = match found {
                Some(end) => (end, end + 1),
                None if self.text.at_end() && unread.is_empty() => return Ok(None),
                None if self.text.at_end() => (unread.len(), unread.len()),
                None if self.text.is_full() => (unread.len(), unread.len()),
                None => {
                    searched = unread.len();
                    self.text.fill()?;
                    continue;
                }
            };
            self.line += 1;
            let mut line = Line {
                from: self.text.position(),
                to: self.text.position() + end,
                number: self.line,
                byte_offset: self.text.offset(),
                too_long: None,
            };
            if end > LONGEST_ROW {
                line.too_long = Some(self.text.skip_line(false)?);
                return Ok(Some(line));
            }
            if unread[..end].ends_with(b"\r") {
                line.to -= 1;
            }
            self.text.advance(next);
            return Ok(Some(line));
        }
    }
}

impl<R: Read> Reader for JsonlReader<R> {
    fn read(&mut self, contract: &Contract, intake: &mut Intake<'_>) -> Result<ColumnNotes, Stop> {
        let mut wanted = Wanted::of(contract);
        let mut row = 0;
        while let Some(line) = self.next_line()? {
            let position =
                Position { row: row + 1, line: Some(line.number), byte_offset: Some(line.byte_offset) };
            if let Some((kept, length)) = &line.too_long {
                row += 1;
                intake.reject(position, kept, vec![too_long(*length)])?;
                continue;
            }
            let raw = self.text.slice(line.from, line.to);
            if raw.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            row += 1;
            match std::str::from_utf8(raw) {
                Ok(text) => wanted.take(text, position, intake)?,
                Err(_) => intake.reject(position, raw, vec![Reason::of_row("NOT_UTF8", "text in UTF-8")])?,
            }
        }
        Ok(wanted.notes(row))
    }
}

/// The members that are looked for.
struct Wanted<'c> {
    names: Vec<&'c str>,
    /// For each member that must be there the code of the rule that says so. Set if lines are taken whole.
    envelope: Option<Vec<&'c str>>,
    /// The column that all reasons name if lines are taken whole.
    column: Option<&'c str>,
    is_frozen: bool,
    /// Which members came in any row.
    seen: Vec<bool>,
    unknown: Vec<String>,
}

impl<'c> Wanted<'c> {
    fn of(contract: &'c Contract) -> Self {
        let mut wanted = Self {
            names: contract.columns.iter().map(|column| column.name.as_str()).collect(),
            envelope: None,
            column: None,
            is_frozen: contract.evolution == Evolution::Freeze,
            seen: vec![false; contract.columns.len()],
            unknown: Vec::new(),
        };
        let [column] = contract.columns.as_slice() else { return wanted };
        let rules: Vec<_> = column
            .rules
            .iter()
            .filter_map(|rule| match &rule.check {
                Check::JsonMembers(names) => Some((rule, names)),
                _ => None,
            })
            .collect();
        if rules.is_empty() || column.data_type != DataType::Str {
            return wanted;
        }
        wanted.column = Some(&column.name);
        wanted.names.clear();
        let mut codes = Vec::new();
        for (rule, names) in rules {
            if rule.severity == Severity::Error {
                wanted.names.extend(names.iter().map(String::as_str));
                codes.resize(wanted.names.len(), rule.code.as_str());
            }
        }
        wanted.envelope = Some(codes);
        wanted
    }

    fn take(&mut self, text: &str, position: Position, intake: &mut Intake<'_>) -> Result<(), Stop> {
        let mut values: Vec<Option<&str>> = vec![None; self.names.len()];
        let mut reasons = Vec::new();
        // Members mostly come in the contract's order.
        let mut next = 0;
        let outcome = json::members(text, |name, value| {
            let index = match self.names.get(next) {
                Some(expected) if *expected == name => Some(next),
                _ => self.names.iter().position(|wanted| *wanted == name),
            };
            let Some(index) = index else {
                if self.envelope.is_none() {
                    if self.is_frozen {
                        let expected =
                            format!("no member '{name}'; the contract, which is frozen, does not know it");
                        reasons.push(Reason::of_row("COLUMN_UNKNOWN", expected));
                    } else if self.unknown.len() < MOST_NOTED
                        && !self.unknown.iter().any(|known| *known == name)
                    {
                        self.unknown.push(name.into_owned());
                    }
                }
                return;
            };
            next = index + 1;
            if values[index].replace(value).is_some() {
                reasons.push(self.reason("MEMBER_TWICE", format!("the member '{name}' once")));
            }
        });
        if let Err(problem) = outcome {
            let reason = match problem {
                Problem::NotAnObject => {
                    self.reason("NOT_A_JSON_OBJECT", "a JSON object on one line".to_owned())
                }
                Problem::NotJson { at, expected } => self.reason(
                    "NOT_JSON",
                    format!("a JSON object on one line; at its byte {} {expected}", at + 1),
                ),
            };
            return intake.reject(position, text.as_bytes(), vec![reason]);
        }
        if let Some(codes) = &self.envelope {
            for ((name, value), code) in self.names.iter().zip(&values).zip(codes) {
                if value.is_none_or(|value| value == "null") {
                    reasons.push(self.reason(code, format!("the member '{name}', not null")));
                }
            }
        }
        if !reasons.is_empty() {
            return intake.reject(position, text.as_bytes(), reasons);
        }
        if self.envelope.is_some() {
            return intake.row(position, text.as_bytes(), |_| Some(text.as_bytes()));
        }
        for (seen, value) in self.seen.iter_mut().zip(&values) {
            *seen |= value.is_some();
        }
        let cells: Vec<Option<Cow<'_, str>>> =
            values.into_iter().map(|value| value.and_then(json::cell)).collect();
        intake.row(position, text.as_bytes(), |column| cells[column].as_deref().map(str::as_bytes))
    }

    fn reason(&self, code: &str, expected: String) -> Reason {
        Reason { code: code.to_owned(), column: self.column.map(str::to_owned), value: None, expected }
    }

    fn notes(self, rows: u64) -> ColumnNotes {
        let mut notes = ColumnNotes { extra: self.unknown, ..ColumnNotes::default() };
        notes.extra.sort();
        if rows > 0 && self.envelope.is_none() {
            let missing = self.names.iter().zip(&self.seen).filter(|(_, seen)| !**seen);
            notes.missing = missing.map(|(name, _)| (*name).to_owned()).collect();
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_contract::Encoding;

    #[test]
    fn lines_keep_their_places() {
        let long = "x".repeat(LONGEST_ROW + 1);
        let text = format!("\u{feff}one\r\n\ntwo\n{long}\nlast");
        let mut reader = JsonlReader::new(TextBuffer::open(text.as_bytes(), Encoding::Utf8).unwrap());
        let mut seen = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            let length = line.too_long.as_ref().map_or(line.to - line.from, |(_, length)| *length as usize);
            seen.push((line.number, line.byte_offset, length, line.too_long.is_some()));
        }
        let after = (LONGEST_ROW + 15) as u64;
        assert_eq!(
            seen,
            [
                (1, 3, 3, false),
                (2, 8, 0, false),
                (3, 9, 3, false),
                (4, 13, LONGEST_ROW + 1, true),
                (5, after, 4, false)
            ]
        );
    }
}
