//! Values to JSON as Python writes it, and back.

use super::display::float_repr;
use super::types::{Dict, Key, Value};
use crate::error::{Error, Result};
use std::fmt::Write;

pub(crate) struct Style {
    /// Spaces a level; `None`: all on one line.
    pub indent: Option<usize>,
    pub sort_keys: bool,
    /// Everything beyond ASCII as `\uXXXX`.
    pub ascii: bool,
}

/// `json.dumps(value)`.
pub(crate) fn write(value: &Value, style: &Style) -> Result<String> {
    let mut out = String::new();
    write_value(&mut out, value, style, 0)?;
    Ok(out)
}

fn write_value(out: &mut String, value: &Value, style: &Style, depth: usize) -> Result<()> {
    if depth > 200 {
        return Err(Error::value("Circular reference detected"));
    }
    match value {
        Value::None => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(int) => {
            let _ = write!(out, "{int}");
        }
        Value::Float(float) if float.is_nan() => out.push_str("NaN"),
        Value::Float(float) if float.is_infinite() => {
            out.push_str(if *float > 0.0 { "Infinity" } else { "-Infinity" });
        }
        Value::Float(float) => out.push_str(&float_repr(*float)),
        Value::Str(text) => write_text(out, text, style.ascii),
        Value::List(list) => write_items(out, &list.items(), style, depth)?,
        Value::Tuple(items) => write_items(out, items, style, depth)?,
        Value::Dict(dict) => {
            let mut entries = Vec::new();
            for (key, value) in dict.entries() {
                let key = match &key {
                    Value::Str(text) => text.to_string(),
                    Value::None => "null".to_owned(),
                    Value::Bool(flag) => if *flag { "true" } else { "false" }.to_owned(),
                    Value::Int(_) | Value::Float(_) => key.to_string(),
                    other => {
                        return Err(Error::type_error(format!(
                            "keys must be str, int, float, bool or None, not {}",
                            other.type_name()
                        )));
                    }
                };
                entries.push((key, value));
            }
            if style.sort_keys {
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            }
            let count = entries.len();
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                separate(out, index, style, depth);
                write_text(out, &key, style.ascii);
                out.push_str(": ");
                write_value(out, &value, style, depth + 1)?;
            }
            close(out, count, '}', style, depth);
        }
        Value::Object(object) => match object.to_plain() {
            Some(plain) => write_value(out, &plain, style, depth + 1)?,
            None => return Err(not_serializable(value)),
        },
        Value::Undefined(undefined) => return Err(Error::undefined(undefined.message())),
        _ => return Err(not_serializable(value)),
    }
    Ok(())
}

fn not_serializable(value: &Value) -> Error {
    Error::type_error(format!("Object of type {} is not JSON serializable", value.type_name()))
}

fn separate(out: &mut String, index: usize, style: &Style, depth: usize) {
    match style.indent {
        Some(width) => {
            out.push_str(if index > 0 { ",\n" } else { "\n" });
            out.extend(std::iter::repeat_n(' ', width * (depth + 1)));
        }
        None if index > 0 => out.push_str(", "),
        None => {}
    }
}

fn close(out: &mut String, count: usize, bracket: char, style: &Style, depth: usize) {
    if let Some(width) = style.indent
        && count > 0
    {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', width * depth));
    }
    out.push(bracket);
}

fn write_items(out: &mut String, items: &[Value], style: &Style, depth: usize) -> Result<()> {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        separate(out, index, style, depth);
        write_value(out, item, style, depth + 1)?;
    }
    close(out, items.len(), ']', style, depth);
    Ok(())
}

fn write_text(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || (ascii && (c as u32) >= 0x7f) => {
                let mut buffer = [0; 2];
                if c == '\u{7f}' {
                    out.push(c);
                    continue;
                }
                for unit in c.encode_utf16(&mut buffer) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl Value {
    /// `json.dumps(value)` with Python's defaults.
    pub fn to_json_text(&self, sort_keys: bool) -> Result<String> {
        write(self, &Style { indent: None, sort_keys, ascii: true })
    }

    /// Fails for what JSON does not know (functions, host objects without a plain form).
    pub fn to_json(&self) -> Result<serde_json::Value> {
        let text = write(self, &Style { indent: None, sort_keys: false, ascii: false })?;
        serde_json::from_str(&text).map_err(|error| Error::value(error.to_string()))
    }

    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::None,
            serde_json::Value::Bool(flag) => Self::Bool(*flag),
            serde_json::Value::Number(number) => {
                let text = number.to_string();
                match text.parse() {
                    Ok(int) => Self::Int(int),
                    Err(_) => Self::Float(text.parse().unwrap_or(f64::NAN)),
                }
            }
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => Self::list(items.iter().map(Self::from_json)),
            serde_json::Value::Object(entries) => {
                let entries =
                    entries.iter().map(|(key, value)| (Key::str(key.as_str()), Self::from_json(value)));
                Self::Dict(Dict::new(entries.collect()))
            }
        }
    }
}
