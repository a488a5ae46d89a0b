//! Counts rejects by reason and keeps the first of each, so that a summary can show why.

use crate::check::any_item;
use crate::row::{Position, Reason};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Rejects of each reason that are kept as samples.
const KEPT: usize = 3;
/// Bytes of a sample's text that are kept.
const TEXT: usize = 400;

/// A reason code and the column it is about, `None` for the row as a whole.
pub type ReasonKey = (String, Option<String>);

/// One reject, shortened for people to read.
#[derive(Debug, Clone)]
pub struct Sample {
    pub file: String,
    pub position: Position,
    pub value: Option<String>,
    pub expected: String,
    pub raw: String,
}

/// How often a reason was given, and its first rejects.
#[derive(Debug, Clone, Default)]
pub struct ReasonCount {
    pub rows: u64,
    pub first: Vec<Sample>,
}

/// Rejected rows by reason.
#[derive(Debug, Clone, Default)]
pub struct RejectCounts(BTreeMap<ReasonKey, ReasonCount>);

impl RejectCounts {
    pub(crate) fn add(&mut self, file: &str, position: Position, raw: &str, reasons: &[Reason]) {
        for (key, reason) in once_each(reasons) {
            let count = self.0.entry(key).or_default();
            count.rows += 1;
            if count.first.len() < KEPT {
                count.first.push(Sample {
                    file: file.to_owned(),
                    position,
                    value: reason.value.as_deref().map(shortened),
                    expected: reason.expected.clone(),
                    raw: shortened(raw),
                });
            }
        }
    }

    /// The sum of many, in their order.
    pub(crate) fn merged<'t>(counts: impl Iterator<Item = &'t RejectCounts>) -> Self {
        let mut all = Self::default();
        for tally in counts {
            for (key, count) in &tally.0 {
                let sum = all.0.entry(key.clone()).or_default();
                sum.rows += count.rows;
                let room = KEPT.saturating_sub(sum.first.len());
                sum.first.extend(count.first.iter().take(room).cloned());
            }
        }
        all
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ReasonKey, &ReasonCount)> {
        self.0.iter()
    }

    /// A list of reasons, each with its count and its first rejects.
    pub(crate) fn json(&self) -> Value {
        self.iter()
            .map(|((code, column), count)| {
                let first: Vec<Value> = count
                    .first
                    .iter()
                    .map(|sample| {
                        json!({
                            "file": sample.file, "row_number": sample.position.row, "line": sample.position.line,
                            "byte_offset": sample.position.byte_offset, "value": sample.value,
                            "expected": sample.expected, "raw_text": sample.raw,
                        })
                    })
                    .collect();
                json!({"code": code, "column": column, "rows": count.rows, "first": first})
            })
            .collect::<Vec<_>>()
            .into()
    }
}

/// The reasons against a row with what they are counted by. A row counts once for a reason, however often it applies.
pub(crate) fn once_each(reasons: &[Reason]) -> impl Iterator<Item = (ReasonKey, &Reason)> {
    reasons.iter().enumerate().filter_map(|(index, reason)| {
        let column = reason.column.as_deref().map(any_item);
        let same =
            |other: &Reason| other.code == reason.code && other.column.as_deref().map(any_item) == column;
        let is_first = !reasons[..index].iter().any(same);
        is_first.then(|| ((reason.code.clone(), column.map(Cow::into_owned)), reason))
    })
}

/// The text, cut at a character near the length that is kept.
fn shortened(text: &str) -> String {
    if text.len() <= TEXT {
        return text.to_owned();
    }
    let end = (0..=TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", &text[..end])
}
