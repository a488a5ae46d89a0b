//! The evidence of one column.

use super::distinct::Distinct;
use super::moment::Moments;
use super::number::{NotANumber, Numbers};
use super::seen::Seen;
use ingot_contract::{DataType, Format};

/// Texts that often stand for no value. They count as such only in columns whose other values are all of one type.
const NULL_TEXTS: [&str; 22] = [
    "NULL", "null", "Null", "N/A", "n/a", "NA", "na", "#N/A", "\\N", "None", "none", "NaN", "nan", "NaT",
    "<NA>", "-", "--", "?", "(null)", "nil", "NIL", "unknown",
];

/// Values that are shown as examples.
const EXAMPLES: usize = 3;

/// What was seen of one column.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnEvidence {
    /// The column's name in the files; empty if they do not name it.
    pub(crate) name: String,
    /// Cells that were looked at; rows of files without the column are not among them.
    pub(crate) cells: u64,
    pub(crate) empty: u64,
    /// Texts that may stand for no value, and how often each came.
    pub(crate) null_texts: Vec<(&'static str, u64)>,
    /// Values that are neither.
    pub(crate) values: u64,
    /// Values that were numbers or truth values in the file, not text.
    pub(crate) typed: u64,
    pub(crate) numbers: Numbers,
    /// Why the column is not one of numbers, and the cell that showed it.
    pub(crate) not_numbers: Option<(NotANumber, Seen)>,
    pub(crate) moments: Moments,
    pub(crate) distinct: Distinct,
    pub(crate) examples: Vec<String>,
    pub(crate) longest: usize,
    /// Values that are objects or lists.
    pub(crate) nested: u64,
    /// Values with an `@` inside and a point after it.
    pub(crate) like_email: u64,
    /// The type that the files themselves state, for formats that have types.
    pub(crate) stated: Option<DataType>,
    /// The type in the files has no zone.
    pub(crate) stated_without_zone: bool,
}

impl ColumnEvidence {
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Takes one cell. `is_typed` says that it was not text in the file.
    pub(crate) fn take(
        &mut self,
        cell: Option<&[u8]>,
        is_typed: bool,
        format: Format,
        seen: impl Fn() -> Seen,
    ) {
        self.cells += 1;
        let Some(text) = cell.filter(|text| !text.is_empty()) else {
            self.empty += 1;
            return;
        };
        if !is_typed
            && text.len() <= 7
            && !text[0].is_ascii_digit()
            && let Some(null) = NULL_TEXTS.into_iter().find(|null| null.as_bytes() == text)
        {
            match self.null_texts.iter_mut().find(|(known, _)| *known == null) {
                Some((_, count)) => *count += 1,
                None => self.null_texts.push((null, 1)),
            }
            return;
        }
        self.values += 1;
        self.typed += u64::from(is_typed);
        self.longest = self.longest.max(text.len());
        if self.examples.len() < EXAMPLES {
            let example = String::from_utf8_lossy(text).into_owned();
            if !self.examples.contains(&example) {
                self.examples.push(example);
            }
        }
        if is_typed && matches!(text.first(), Some(b'{' | b'[')) {
            self.nested += 1;
        }
        // A number in quotes is a text to the program that wrote the JSON.
        let may_be_number = is_typed || !matches!(format, Format::Json | Format::Jsonl);
        if self.numbers.is_alive()
            && self.not_numbers.is_none()
            && let Err(why) =
                if may_be_number { self.numbers.take(text, is_typed) } else { Err(NotANumber::Text) }
        {
            self.not_numbers = Some((why, seen()));
        }
        if self.moments.is_alive() {
            self.moments.take(text, format, &seen);
        }
        if self.values <= 1000 && is_like_email(text) {
            self.like_email += 1;
        }
        self.distinct.take(text);
    }

    /// Takes what a format with types says of cells: how many there are, and how many of them are null.
    pub(crate) fn take_counts(&mut self, cells: u64, nulls: u64) {
        self.cells += cells;
        self.empty += nulls;
        self.values += cells - nulls;
    }

    /// Takes the text of a value that was counted already.
    pub(crate) fn note_value(&mut self, text: &[u8]) {
        self.longest = self.longest.max(text.len());
        if self.examples.len() < EXAMPLES {
            self.examples.push(String::from_utf8_lossy(text).into_owned());
        }
        self.like_email += u64::from(is_like_email(text));
        self.distinct.take(text);
    }

    /// Cells without a value, those with a text that may stand for none included.
    pub(crate) fn without_value(&self) -> u64 {
        self.empty + self.null_texts.iter().map(|(_, count)| count).sum::<u64>()
    }
}

/// Whether the text has an `@` with something before it and a point after it.
fn is_like_email(text: &[u8]) -> bool {
    text.iter()
        .position(|byte| *byte == b'@')
        .is_some_and(|at| at > 0 && text[at..].contains(&b'.') && !text.contains(&b' '))
}
