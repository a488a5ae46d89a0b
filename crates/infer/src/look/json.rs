//! The layout of a JSON file: one object on each line, or documents with the records somewhere inside.

use super::form::Look;
use ingot_contract::{Encoding, Format, RecordPath};
use serde_json::Value;

/// Looks at the beginning of a text in UTF-8. `is_whole`: it is all of the text.
pub(crate) fn look_at_json(text: &[u8], is_whole: bool, encoding: Encoding) -> Look {
    let mut look = Look::plain(Format::Jsonl);
    look.form.encoding = encoding;
    let text = String::from_utf8_lossy(text);
    let is_object = |line: &str| matches!(serde_json::from_str(line), Ok(Value::Object(_)));
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    if let Some(first) = lines.next()
        && is_object(first)
        && lines.next().is_none_or(|second| second.trim_start().starts_with('{'))
        && !(records_in(first).is_some() && text.lines().count() <= 1)
    {
        look.reasons.push("Each line is an object.".to_owned());
        return look;
    }
    look.form.format = Format::Json;
    if text.trim_start().starts_with('[') {
        look.reasons.push("It is an array of records.".to_owned());
    } else if is_whole && let Some(path) = records_in(&text) {
        look.reasons
            .push(format!("The records are at {path}; what is beside them in a document is not loaded."));
        if let Ok(path) = RecordPath::parse(&path) {
            look.form.record_path = path;
        }
    } else {
        look.reasons.push("It has one record after the other.".to_owned());
    }
    look
}

/// The path to the longest array of objects in a document that is an object.
fn records_in(text: &str) -> Option<String> {
    let Ok(Value::Object(_)) = serde_json::from_str::<Value>(text) else { return None };
    let document: Value = serde_json::from_str(text).ok()?;
    let mut best: Option<(usize, String)> = None;
    search(&document, "$".to_owned(), 3, &mut best);
    best.map(|(_, path)| path)
}

fn search(value: &Value, path: String, depth: usize, best: &mut Option<(usize, String)>) {
    let Value::Object(members) = value else { return };
    for (name, value) in members {
        let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && !name.starts_with(|letter: char| letter.is_ascii_digit());
        let path = if is_plain { format!("{path}.{name}") } else { format!("{path}['{name}']") };
        match value {
            Value::Array(items)
                if !items.is_empty()
                    && items.iter().all(Value::is_object)
                    && best.as_ref().is_none_or(|(longest, _)| items.len() > *longest) =>
            {
                *best = Some((items.len(), format!("{path}[*]")));
            }
            Value::Object(_) if depth > 0 && !name.contains('\'') => search(value, path, depth - 1, best),
            _ => {}
        }
    }
}
