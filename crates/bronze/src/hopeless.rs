//! Ends files early of which nearly all rows are rejected for one reason: most likely the contract does not describe them, and
//! what would be kept of them is as many rejects as they have rows.

use crate::read_error::FileFailure;
use crate::rejects::{ReasonKey, once_each};
use crate::row::{Position, Reason};
use std::collections::HashMap;

/// The code of such files.
pub(crate) const HOPELESS: &str = "HOPELESS";

/// Rows after which a file is first judged; it is judged again
const FIRST: u64 = 10_000;
/// after this many, a sample of what comes later, and only if both judgements agree it is refused.
const SECOND: u64 = 50_000;
/// Of a thousand rows so many must be rejected for one reason.
const NEARLY_ALL: u64 = 990;
/// Rows that the message shows.
const SHOWN: usize = 3;
/// Characters of a value that the message shows.
const TEXT: usize = 60;

/// What the first rows of a file show. Nothing is counted once the file is found to be worth reading.
#[derive(Default)]
pub(crate) struct Outlook {
    is_decided: bool,
    is_suspect: bool,
    /// By code and column: how many rows were rejected for it, and the first of them.
    reasons: HashMap<ReasonKey, Seen>,
}

#[derive(Default)]
struct Seen {
    rows: u64,
    expected: String,
    first: Vec<String>,
}

impl Outlook {
    /// Never refuses the file.
    pub(crate) fn decided() -> Self {
        Self { is_decided: true, ..Self::default() }
    }

    /// Counts a rejected row, unless nothing depends on it any more.
    pub(crate) fn note(&mut self, position: Position, reasons: &[Reason]) {
        if self.is_decided {
            return;
        }
        for (key, reason) in once_each(reasons) {
            let seen = self.reasons.entry(key).or_default();
            seen.rows += 1;
            if seen.first.len() < SHOWN {
                seen.expected.clone_from(&reason.expected);
                let value: String = reason.value.iter().flat_map(|value| value.chars().take(TEXT)).collect();
                seen.first.push(format!("row {} has '{value}'", position.row));
            }
        }
    }

    /// Judges the file after this many rows.
    ///
    /// # Errors
    /// `HOPELESS`, with the reason and the first rows.
    pub(crate) fn judge(&mut self, rows: u64) -> Result<(), FileFailure> {
        if self.is_decided || rows < if self.is_suspect { SECOND } else { FIRST } {
            return Ok(());
        }
        let most = self.reasons.iter().max_by_key(|(key, seen)| (seen.rows, std::cmp::Reverse(*key)));
        let Some(((code, column), seen)) = most.filter(|(_, seen)| seen.rows * 1000 >= rows * NEARLY_ALL)
        else {
            *self = Self::decided();
            return Ok(());
        };
        if !self.is_suspect {
            self.is_suspect = true;
            return self.judge(rows);
        }
        let of_column =
            column.as_ref().map(|column| format!(" in the column '{column}'")).unwrap_or_default();
        Err(FileFailure::new(
            HOPELESS,
            format!(
                "{} of the first {rows} rows are rejected for one reason, so nothing of the file is loaded: {code}{of_column}, \
                 expected {}; {}. Correct the contract or the file, or load what can be loaded with --keep-going",
                seen.rows,
                seen.expected,
                seen.first.join(", ")
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: u64, is_bad: impl Fn(u64) -> bool) -> Result<(), FileFailure> {
        let mut outlook = Outlook::default();
        for row in 1..=rows {
            if is_bad(row) {
                let reason =
                    Reason { column: Some("at".to_owned()), ..Reason::of_row("NOT_A_TIMESTAMP", "a zone") };
                outlook.note(Position { row, line: None, byte_offset: None }, &[reason]);
            }
            outlook.judge(row)?;
        }
        Ok(())
    }

    #[test]
    fn nearly_all_rows_for_one_reason_are_hopeless() {
        let failure = read(60_000, |row| row % 200 != 0).unwrap_err();
        assert_eq!(failure.code, "HOPELESS");
        for part in [
            "NOT_A_TIMESTAMP in the column 'at', expected a zone",
            "row 1 has '', row 2 has ''",
            "--keep-going",
        ] {
            assert!(failure.message.contains(part), "{}", failure.message);
        }
    }

    #[test]
    fn what_gets_better_is_read_to_its_end() {
        assert!(read(60_000, |row| row % 50 != 0).is_ok());
        assert!(read(60_000, |row| row <= 10_000).is_ok());
        assert!(read(49_999, |_| true).is_ok());
    }
}
