//! One record of a JSON file handed over, or rejected for what it is instead of a JSON object.

use super::json::{self, KnownNames, MEMBERS, Member, Problem};
use super::row_sink::RowSink;
use crate::read_error::ReadError;
use crate::row::{Position, Reason};
use smallvec::SmallVec;

/// What a format says about a record that is not a JSON object.
pub(super) struct Expected {
    /// Another JSON value is there.
    pub(super) of_another_value: &'static str,
    /// It is not JSON from some byte on, which the message goes on to name: `a JSON object; at byte`.
    pub(super) up_to_byte: &'static str,
}

/// Hands over the record with this text. `known` are the names of the one before it.
pub(super) fn take_record<S: RowSink>(
    text: &str,
    known: &mut KnownNames,
    position: Position,
    sink: &mut S,
    expected: &Expected,
) -> Result<(), ReadError> {
    let mut members = SmallVec::<[Member<'_>; MEMBERS]>::new();
    let problem = match json::members_of_next(text, known, |member| members.push(member)) {
        Ok(()) => return sink.object(position, text, &members),
        Err(problem) => problem,
    };
    let (code, expected) = match problem {
        Problem::AnotherValue => ("NOT_A_JSON_OBJECT", expected.of_another_value.to_owned()),
        Problem::NotJson { at, expected: here } => {
            ("NOT_JSON", format!("{} {} {here}", expected.up_to_byte, at + 1))
        }
    };
    let column = sink.column_of_lines().map(str::to_owned);
    let reason = Reason { code: code.to_owned(), column, value: None, expected };
    sink.bad_row(position, text.as_bytes(), vec![reason])
}
