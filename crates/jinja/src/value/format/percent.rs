//! `'%s' % x`.
//! <https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting>

use super::specification::{Specification, WIDEST, parse_number};
use crate::error::{Error, Kind, Result};
use crate::value::{Key, Value};

/// `template % values`.
pub(crate) fn percent(template: &str, values: &Value) -> Result<String> {
    let items: Vec<Value> = match values {
        Value::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    };
    let mut used = 0;
    let mut by_name = false;
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut named = None;
        if let Some(after) = rest.strip_prefix('(') {
            let end = after.find(')').ok_or_else(|| Error::value("incomplete format key"))?;
            let Value::Dict(dict) = values else {
                return Err(Error::type_error("format requires a mapping"));
            };
            let key = &after[..end];
            let found = dict.get(&Key::str(key));
            named = Some(found.ok_or_else(|| Error::new(Kind::Key, format!("'{key}'")))?);
            by_name = true;
            rest = &after[end + 1..];
        }
        let mut next = || {
            used += 1;
            items
                .get(used - 1)
                .cloned()
                .ok_or_else(|| Error::type_error("not enough arguments for format string"))
        };
        let mut specification = Specification::default();
        let mut left = false;
        while let Some(flag) = rest.chars().next().filter(|c| matches!(c, '-' | '+' | ' ' | '#' | '0')) {
            match flag {
                '-' => left = true,
                '#' => specification.alternate = true,
                '0' => specification.zero = true,
                ' ' if specification.sign == Some('+') => {}
                sign => specification.sign = Some(sign),
            }
            rest = &rest[1..];
        }
        if let Some(after) = rest.strip_prefix('*') {
            rest = after;
            let width = next()?.as_int().ok_or_else(|| Error::type_error("* wants int"))?;
            left |= width < 0;
            specification.width = usize::try_from(width.abs()).unwrap_or(WIDEST).min(WIDEST);
        } else {
            specification.width = parse_number(&mut rest)?.unwrap_or(0);
        }
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            if let Some(after) = rest.strip_prefix('*') {
                rest = after;
                let precision = next()?.as_int().ok_or_else(|| Error::type_error("* wants int"))?;
                specification.precision = Some(usize::try_from(precision).unwrap_or(0).min(WIDEST));
            } else {
                specification.precision = Some(parse_number(&mut rest)?.unwrap_or(0));
            }
        }
        rest = rest.trim_start_matches(['l', 'h', 'L']);
        let Some(kind) = rest.chars().next() else {
            return Err(Error::value("incomplete format"));
        };
        rest = &rest[kind.len_utf8()..];
        if kind == '%' {
            out.push('%');
            continue;
        }
        if left {
            specification.align = Some('<');
            specification.fill = Some(' ');
        }
        let value = match named {
            Some(value) => value,
            None => next()?,
        };
        out.push_str(&percent_one(specification, kind, &value)?);
    }
    out.push_str(rest);
    if used < items.len() && !by_name && !matches!(values, Value::Dict(_) | Value::List(_) | Value::Object(_))
    {
        return Err(Error::type_error("not all arguments converted during string formatting"));
    }
    Ok(out)
}

fn percent_one(mut specification: Specification, kind: char, value: &Value) -> Result<String> {
    let wrong = |needed: &str| {
        Err(Error::type_error(format!("%{kind} format: {needed} is required, not {}", value.type_name())))
    };
    match kind {
        's' | 'r' | 'a' => {
            let mut text = if kind == 's' { value.to_string() } else { value.repr() };
            if let Some(precision) = specification.precision {
                text = text.chars().take(precision).collect();
            }
            specification.zero = false;
            Ok(specification.pad(&text, '>'))
        }
        'd' | 'i' | 'u' => match value {
            Value::Float(float) if float.is_finite() => specification.int(*float as i128, 'd'),
            other => other
                .as_int()
                .or_else(|| other.as_object()?.to_plain()?.as_float().map(|float| float as i128))
                .map_or_else(|| wrong("a real number"), |int| specification.int(int, 'd')),
        },
        'x' | 'X' | 'o' => {
            value.as_int().map_or_else(|| wrong("an integer"), |int| specification.int(int, kind))
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => value
            .as_float()
            .map_or_else(|| wrong("a real number"), |float| Ok(specification.float(float, kind))),
        'c' => match value {
            Value::Str(text) if text.chars().count() == 1 => Ok(specification.pad(text, '>')),
            other => other
                .as_int()
                .map_or_else(|| wrong("an int or a character"), |int| specification.int(int, 'c')),
        },
        other => Err(Error::value(format!("unsupported format character '{other}'"))),
    }
}
