//! `'{}'.format(x)`.
//! <https://docs.python.org/3/library/string.html#format-string-syntax>

use crate::error::{Error, Kind, Result};
use crate::run::attributes;
use crate::value::format::format_value;
use crate::value::{Args, State, Value};

/// `text.format(*args, **kwargs)`.
pub(super) fn str_format(state: &State<'_>, text: &str, args: &Args) -> Result<String> {
    let mut next = 0;
    fill(state, text, args, &mut next, 2)
}

fn fill(state: &State<'_>, text: &str, args: &Args, next: &mut usize, depth: usize) -> Result<String> {
    if depth == 0 {
        return Err(Error::value("Max string recursion exceeded"));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(Error::value("Single '}' encountered in format string"));
        }
        let mut open = 1;
        let end = rest.find(|c: char| {
            match c {
                '{' => open += 1,
                '}' => open -= 1,
                _ => {}
            }
            open == 0
        });
        let Some(end) = end else {
            return Err(Error::value("expected '}' before end of string"));
        };
        let field = &rest[..end];
        rest = &rest[end + 1..];
        let bracket =
            field.find('[').map_or(0, |open| field[open..].find(']').map_or(0, |close| open + close));
        let split = field[bracket..].find(['!', ':']).map_or(field.len(), |found| bracket + found);
        let (name, mut tail) = field.split_at(split);
        let mut value = look_up(state, name, args, next)?;
        if let Some(conversion) = tail.strip_prefix('!') {
            value = match conversion.chars().next() {
                Some('r' | 'a') => Value::from(value.repr()),
                Some('s') => Value::from(value.to_string()),
                _ => return Err(Error::value(format!("Unknown conversion specifier in '{{{field}}}'"))),
            };
            tail = &conversion[1..];
        }
        let specification = tail.strip_prefix(':').unwrap_or("");
        let specification = if specification.contains('{') {
            fill(state, specification, args, next, depth - 1)?
        } else {
            specification.to_owned()
        };
        out.push_str(&format_value(&value, &specification)?);
    }
    out.push_str(rest);
    Ok(out)
}

/// `0.name[key]` of a field.
fn look_up(state: &State<'_>, field: &str, args: &Args, next: &mut usize) -> Result<Value> {
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (name, mut rest) = field.split_at(end);
    let position = if name.is_empty() {
        *next += 1;
        Some(*next - 1)
    } else {
        name.parse().ok()
    };
    let mut value = match position {
        Some(index) => args.positional.get(index).cloned().ok_or_else(|| {
            Error::new(
                Kind::Index,
                format!("Replacement index {index} out of range for positional args tuple"),
            )
        })?,
        None => args.named.get(name).cloned().ok_or_else(|| {
            Error::new(Kind::Key, format!("'{name}'")).hint("format() got no argument of this name")
        })?,
    };
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let end = after.find(']').ok_or_else(|| Error::value("Missing ']' in format string"))?;
            let key = &after[..end];
            let key = key.parse().map(Value::Int).unwrap_or_else(|_| Value::from(key));
            value = attributes::get_item(state, &value, &key)?;
            rest = &after[end + 1..];
        } else {
            let after = &rest[1..];
            let end = after.find(['.', '[']).unwrap_or(after.len());
            value = attributes::get_attribute(state, &value, &after[..end].into())?;
            rest = &after[end..];
        }
    }
    Ok(value)
}
