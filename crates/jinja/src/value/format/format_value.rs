//! `format(value, specification)`.

use super::specification::Specification;
use crate::error::{Error, Result};
use crate::value::Value;

/// `format(value, specification)`.
pub(crate) fn format_value(value: &Value, specification: &str) -> Result<String> {
    if specification.is_empty() {
        return Ok(value.to_string());
    }
    if let Value::Object(object) = value
        && let Some(text) = object.format(specification)
    {
        return Ok(text);
    }
    let parsed = Specification::parse(specification)?;
    let unknown = |kind: char| {
        Err(Error::value(format!("Unknown format code '{kind}' for object of type '{}'", value.type_name())))
    };
    match (value, parsed.kind) {
        (Value::Int(_) | Value::Bool(_), kind) => {
            let int = value.as_int().unwrap_or(0);
            match kind {
                // A bool without a type is a text to Python, but padded as a number.
                None if matches!(value, Value::Bool(_)) => Ok(parsed.int(int, 'd')?),
                None | Some('d' | 'n' | 'b' | 'o' | 'x' | 'X' | 'c') => parsed.int(int, kind.unwrap_or('d')),
                Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => Ok(parsed.float(int as f64, kind)),
                Some(kind) => unknown(kind),
            }
        }
        (Value::Float(float), None) => Ok(parsed.float(*float, 'r')),
        (Value::Float(float), Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%'))) => {
            Ok(parsed.float(*float, kind))
        }
        (Value::Str(_) | Value::Object(_), None | Some('s')) => {
            let mut text = value.to_string();
            if let Some(precision) = parsed.precision {
                text = text.chars().take(precision).collect();
            }
            Ok(parsed.pad(&text, '<'))
        }
        (Value::Str(_) | Value::Float(_), Some(kind)) => unknown(kind),
        _ => Err(Error::type_error(format!(
            "unsupported format string passed to {}.__format__",
            value.type_name()
        ))),
    }
}
