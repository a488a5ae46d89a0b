//! Python's `str()` and `repr()` of every value: what ends up in the rendered text.

use super::types::{Range, Value};
use std::fmt::{self, Write};

impl fmt::Display for Value {
    /// `str(value)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Str(text) => f.write_str(text),
            Value::Undefined(_) => Ok(()),
            Value::Object(object) => f.write_str(&object.to_str()),
            other => write_repr(f, other, &mut Vec::new()),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_repr(f, self, &mut Vec::new())
    }
}

impl Value {
    /// `repr(value)`.
    pub fn repr(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = write_repr(&mut out, self, &mut Vec::new());
        out
    }

    /// Appends `str(value)`.
    pub(crate) fn write_to(&self, out: &mut String) {
        match self {
            Value::Str(text) => out.push_str(text),
            Value::Undefined(_) => {}
            Value::Object(object) => out.push_str(&object.to_str()),
            other => {
                let _ = write_repr(out, other, &mut Vec::new());
            }
        }
    }
}

/// `open` holds the containers being written, so that one inside itself ends as `[...]`.
fn write_repr(out: &mut dyn Write, value: &Value, open: &mut Vec<usize>) -> fmt::Result {
    match value {
        Value::Undefined(_) => out.write_str("Undefined"),
        Value::None => out.write_str("None"),
        Value::Bool(true) => out.write_str("True"),
        Value::Bool(false) => out.write_str("False"),
        Value::Int(int) => write!(out, "{int}"),
        Value::Float(float) => out.write_str(&float_repr(*float)),
        Value::Str(text) => write_quoted(out, text),
        Value::List(list) => {
            nested(out, list.address(), open, "[...]", |out, open| items(out, "[", &list.items(), "]", open))
        }
        Value::Tuple(tuple) => {
            let close = if tuple.len() == 1 { ",)" } else { ")" };
            items(out, "(", tuple, close, open)
        }
        Value::Dict(dict) => nested(out, dict.address(), open, "{...}", |out, open| {
            out.write_char('{')?;
            for (index, (key, value)) in dict.entries().iter().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_repr(out, key, open)?;
                out.write_str(": ")?;
                write_repr(out, value, open)?;
            }
            out.write_char('}')
        }),
        Value::Set(set) if set.is_empty() => out.write_str("set()"),
        Value::Set(set) => {
            nested(out, set.address(), open, "{...}", |out, open| items(out, "{", &set.items(), "}", open))
        }
        Value::Range(Range { start, stop, step: 1 }) => write!(out, "range({start}, {stop})"),
        Value::Range(Range { start, stop, step }) => write!(out, "range({start}, {stop}, {step})"),
        Value::Iter(iter) => write!(out, "<{} object>", iter.type_name()),
        Value::Function(function) => write!(out, "<function {}>", function.name),
        Value::Method(method) => {
            write!(out, "<built-in method {} of {} object>", method.name, method.receiver.type_name())
        }
        Value::Object(object) => out.write_str(&object.repr()),
    }
}

fn nested(
    out: &mut dyn Write,
    address: usize,
    open: &mut Vec<usize>,
    again: &str,
    write: impl FnOnce(&mut dyn Write, &mut Vec<usize>) -> fmt::Result,
) -> fmt::Result {
    // Deeper than any honest value; without an end the stack would be.
    if open.contains(&address) || open.len() > 200 {
        return out.write_str(again);
    }
    open.push(address);
    let result = write(out, open);
    open.pop();
    result
}

fn items(
    out: &mut dyn Write,
    before: &str,
    values: &[Value],
    after: &str,
    open: &mut Vec<usize>,
) -> fmt::Result {
    out.write_str(before)?;
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write_repr(out, value, open)?;
    }
    out.write_str(after)
}

/// A text in quotes as Python writes it: single ones, unless it has those and no double ones.
fn write_quoted(out: &mut dyn Write, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for character in text.chars() {
        match character {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c == quote => {
                out.write_char('\\')?;
                out.write_char(c)?;
            }
            c if (c as u32) < 0x20 || (0x7f..0xa1).contains(&(c as u32)) || c as u32 == 0xad => {
                write!(out, "\\x{:02x}", c as u32)?;
            }
            c if matches!(c as u32, 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000 | 0xfeff | 0xe000..=0xf8ff) =>
            {
                write!(out, "\\u{:04x}", c as u32)?;
            }
            c => out.write_char(c)?,
        }
    }
    out.write_char(quote)
}

/// Python's `repr` of a float: the shortest digits that read back as the same number.
pub(super) fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
