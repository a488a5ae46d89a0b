//! Whether rows at the end of files are no rows of the table. What is taken for a footer is not loaded, from this file and from
//! each one that comes later; so there must be more to it than that a row is unusual: a row that is cut off or that fits the
//! columns is never one.

use crate::evidence::ColumnEvidence;
use crate::look::{is_count, is_only_total, is_total, plain_form};
use crate::reading::{Asked, Profile, Wish};
use ingot_bronze::inspect::csv_records;
use ingot_contract::{Format, RawForm};

/// Rows that a note shows.
const SHOWN: usize = 5;

/// What files of a form showed of their ends.
pub(crate) struct Ends<'a> {
    pub(crate) form: &'a RawForm,
    pub(crate) profile: &'a Profile,
    /// For each file its name, and what its end asks for.
    pub(crate) asked: Vec<(&'a str, &'a Asked)>,
}

impl Ends<'_> {
    /// Whether what the end of this file shows is no part of the table.
    pub(crate) fn is_footer(&self, file: &str, asked: &Asked) -> bool {
        if asked.are_rows { self.is_total_row(file, asked) } else { self.are_notes(asked) }
    }

    /// A row of the form of the others is a total if a column has numbers or dates in all rows but this one.
    fn is_total_row(&self, file: &str, asked: &Asked) -> bool {
        let is_misfit = |file: &str, asked: &Asked| {
            let is_typed = |column: &ColumnEvidence| {
                asked.rows.first().is_some_and(|row| column.is_typed_without(file, row.line))
            };
            self.profile.columns.iter().any(is_typed)
        };
        // Only the first of them is remembered; the others say the same in the same word.
        let first = |asked: &Asked| self.first_cell(asked, 0);
        let same = |other: &Asked| other.are_rows && first(other) == first(asked);
        is_misfit(file, asked) || self.asked.iter().any(|(file, other)| same(other) && is_misfit(file, other))
    }

    /// Rows of another form are notes if they begin with a word where the others have numbers or dates, and there is more to it:
    /// it is a total, an empty line is before it, or other files end in the same way.
    fn are_notes(&self, asked: &Asked) -> bool {
        if asked.rows.is_empty() {
            return false;
        }
        let column = self.profile.columns.first();
        let is_misfit = |text: &str| {
            column.is_some_and(|column| column.rules_out(text, self.form.format)) && is_words(text)
        };
        let first = self.first_cell(asked, 0);
        let others = self.asked.iter().filter(|(_, other)| {
            !other.are_rows
                && other.rows.len() == asked.rows.len()
                && shape(&self.first_cell(other, 0)) == shape(&first)
        });
        let has_more = asked.is_apart || others.count() > 1;
        let begins = is_count(&first)
            || is_misfit(&first) && (is_total(&first) || has_more)
            || is_only_total(&first) && has_more;
        // A table of its own, or a text of several lines, is what it is as a whole.
        let is_of_table = |at: usize| {
            let cell = self.first_cell(asked, at);
            !is_count(&cell) && !is_only_total(&cell) && !is_misfit(&cell)
        };
        let is_end = matches!(asked.wish, Wish::EndsAtEmptyLine(_));
        begins && (is_end || !(1..asked.rows.len()).any(is_of_table))
    }

    /// The first cell of a row that is not empty.
    fn first_cell(&self, asked: &Asked, at: usize) -> String {
        let Some(row) = asked.rows.get(at) else { return String::new() };
        let mut form = plain_form(Format::Csv);
        form.csv = self.form.csv.clone();
        form.wide_csv.clone_from(&self.form.wide_csv);
        let mut found = None;
        // A text that cannot be read has no cells.
        let _ = csv_records(row.text.as_bytes(), &form, &mut |record| {
            let texts = record.fields.iter().map(|(text, _)| String::from_utf8_lossy(text).trim().to_owned());
            found = texts.into_iter().find(|text| !text.is_empty());
            false
        });
        found.unwrap_or_default()
    }

    /// Totals that are loaded, because they are rows like any other: a sentence about the first of them.
    pub(crate) fn doubtful(&self) -> Option<String> {
        let (file, asked) = self.asked.iter().find(|(file, asked)| {
            asked.are_rows && !self.is_footer(file, asked) && is_only_total(&self.first_cell(asked, 0))
        })?;
        Some(format!(
            "The last row looks like a total, and is loaded as a row, because it has a value of its type in every column: {}. If it \
             is a total, write `footerRows: 1`.",
            shown(&[(*file, *asked)])
        ))
    }
}

/// Whether the text is words rather than a value that was cut off.
fn is_words(text: &str) -> bool {
    text.chars().filter(|letter| letter.is_alphabetic()).count() >= 3
        && !text.starts_with(|letter: char| letter.is_ascii_digit())
}

/// Each run of digits is one zero.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for letter in text.to_lowercase().chars() {
        if !letter.is_ascii_digit() {
            shape.push(letter);
        } else if !shape.ends_with('0') {
            shape.push('0');
        }
    }
    shape
}

/// The rows, with their places.
pub(crate) fn shown(ends: &[(&str, &Asked)]) -> String {
    let rows = ends.iter().flat_map(|(file, asked)| asked.rows.iter().map(move |row| (file, row)));
    let texts: Vec<String> = rows
        .clone()
        .take(SHOWN)
        .map(|(file, row)| {
            let text: String = row.text.chars().take(80).collect();
            format!("{file}:{} '{}'", row.line, text.replace(['\r', '\n'], " "))
        })
        .collect();
    let more = rows.count().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", texts.join(", "))
}
