//! Methods of `str`. <https://docs.python.org/3/library/stdtypes.html#string-methods>

use super::str_format::str_format;
use crate::builtins::text::{capitalize, center, pad, split_lines, strip};
use crate::error::{Error, Result};
use crate::value::{Args, Bound, Dict, Key, Method, MethodTable, State, Value};
use std::sync::Arc;

type Text = Arc<str>;

const fn method(
    name: &'static str,
    parameters: &'static [&'static str],
    call: fn(&mut State<'_>, &Text, &mut Bound<'_>) -> Result<Value>,
) -> Method<Text> {
    Method { name, parameters, call }
}

/// The most used ones come first: they are looked for in this order.
pub(super) static METHODS: MethodTable<Text, 47> = MethodTable::new(
    "str",
    [
        method("upper", &[], |_, text, _| Ok(Value::from(text.to_uppercase()))),
        method("lower", &[], |_, text, _| Ok(Value::from(text.to_lowercase()))),
        method("strip", &["chars?"], |_, text, bound| stripped(text, bound, true, true)),
        method("split", &["sep?", "maxsplit?"], |_, text, bound| split(text, bound, false)),
        method("replace", &["old", "new", "count?"], |_, text, bound| replace(text, bound)),
        method("format", &["*"], |state, text, bound| {
            str_format(state, text, &bound.rest()).map(Value::from)
        }),
        method("startswith", &["prefix", "start?", "end?"], |_, text, bound| {
            affix(text, bound, "startswith", "prefix", |part, affix| part.starts_with(affix))
        }),
        method("endswith", &["suffix", "start?", "end?"], |_, text, bound| {
            affix(text, bound, "endswith", "suffix", |part, affix| part.ends_with(affix))
        }),
        method("join", &["iterable"], |_, text, bound| join(text, bound)),
        method("lstrip", &["chars?"], |_, text, bound| stripped(text, bound, true, false)),
        method("rstrip", &["chars?"], |_, text, bound| stripped(text, bound, false, true)),
        method("rsplit", &["sep?", "maxsplit?"], |_, text, bound| split(text, bound, true)),
        method("splitlines", &["keepends?"], |_, text, bound| {
            let keep = bound.truth("keepends", false);
            Ok(Value::list(split_lines(text, keep).into_iter().map(Value::from)))
        }),
        method("removeprefix", &["prefix"], |_, text, bound| {
            Ok(Value::from(text.strip_prefix(&*bound.text("prefix")?).unwrap_or(text)))
        }),
        method("removesuffix", &["suffix"], |_, text, bound| {
            Ok(Value::from(text.strip_suffix(&*bound.text("suffix")?).unwrap_or(text)))
        }),
        method("title", &[], |_, text, _| Ok(Value::from(title(text)))),
        method("capitalize", &[], |_, text, _| Ok(Value::from(capitalize(text)))),
        method("swapcase", &[], |_, text, _| Ok(Value::from(swap_case(text)))),
        method("casefold", &[], |_, text, _| Ok(Value::from(text.replace('ß', "ss").to_lowercase()))),
        method("find", SEARCH, |_, text, bound| Ok(search(text, bound, false)?.unwrap_or(Value::Int(-1)))),
        method("rfind", SEARCH, |_, text, bound| Ok(search(text, bound, true)?.unwrap_or(Value::Int(-1)))),
        method("index", SEARCH, |_, text, bound| search(text, bound, false)?.ok_or_else(not_found)),
        method("rindex", SEARCH, |_, text, bound| search(text, bound, true)?.ok_or_else(not_found)),
        method("count", SEARCH, |_, text, bound| {
            let wanted = bound.text("sub")?;
            let (_, part) = part_of(text, bound)?;
            Ok(Value::from(match wanted.is_empty() {
                true => part.chars().count() + 1,
                false => part.matches(&*wanted).count(),
            }))
        }),
        method("zfill", &["width"], |_, text, bound| {
            let missing = width_of(bound)?.saturating_sub(text.chars().count());
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
            Ok(Value::from(format!("{sign}{}{digits}", "0".repeat(missing))))
        }),
        method("ljust", JUSTIFY, |_, text, bound| {
            let (width, fill) = (width_of(bound)?, fill_of(bound)?);
            Ok(Value::from(pad(text, 0, width.saturating_sub(text.chars().count()), &fill)))
        }),
        method("rjust", JUSTIFY, |_, text, bound| {
            let (width, fill) = (width_of(bound)?, fill_of(bound)?);
            let missing = width.saturating_sub(text.chars().count());
            Ok(Value::from(pad(text, missing, missing, &fill)))
        }),
        method("center", JUSTIFY, |_, text, bound| {
            let (width, fill) = (width_of(bound)?, fill_of(bound)?);
            Ok(Value::from(center(text, width, &fill)))
        }),
        method("partition", &["sep"], |_, text, bound| {
            let separator = separator_of(bound)?;
            Ok(match text.split_once(&*separator) {
                Some((before, after)) => parts([before, &separator, after]),
                None => parts([text, "", ""]),
            })
        }),
        method("rpartition", &["sep"], |_, text, bound| {
            let separator = separator_of(bound)?;
            Ok(match text.rsplit_once(&*separator) {
                Some((before, after)) => parts([before, &separator, after]),
                None => parts(["", "", text]),
            })
        }),
        method("expandtabs", &["tabsize?"], |_, text, bound| {
            let size = bound.optional_int("tabsize")?.unwrap_or(8);
            Ok(Value::from(expand_tabs(text, usize::try_from(size).unwrap_or(0).min(1000))))
        }),
        // There are no bytes here; text is always UTF-8, and what is done with the bytes works on text as well.
        method("encode", &["encoding?", "errors?"], |_, text, _| Ok(Value::Str(text.clone()))),
        method("format_map", &["mapping"], |state, text, bound| {
            let entries = bound.value("mapping").entries()?;
            let named = entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
            str_format(state, text, &Args { positional: Vec::new(), named }).map(Value::from)
        }),
        method("maketrans", &["x", "y?", "z?"], |_, _, bound| maketrans(bound)),
        method("translate", &["table"], |_, text, bound| translate(text, &bound.value("table"))),
        method("isdigit", &[], |_, text, _| every(text, |c| c.is_ascii_digit())),
        method("isdecimal", &[], |_, text, _| every(text, |c| c.is_ascii_digit())),
        method("isnumeric", &[], |_, text, _| every(text, char::is_numeric)),
        method("isalpha", &[], |_, text, _| every(text, char::is_alphabetic)),
        method("isalnum", &[], |_, text, _| every(text, char::is_alphanumeric)),
        method("isspace", &[], |_, text, _| every(text, char::is_whitespace)),
        method("isascii", &[], |_, text, _| Ok(Value::Bool(text.is_ascii()))),
        method("isprintable", &[], |_, text, _| Ok(Value::Bool(text.chars().all(|c| !c.is_control())))),
        method("isupper", &[], |_, text, _| some(text, char::is_uppercase, char::is_lowercase)),
        method("islower", &[], |_, text, _| some(text, char::is_lowercase, char::is_uppercase)),
        method("istitle", &[], |_, text, _| {
            Ok(Value::Bool(text.chars().any(char::is_alphabetic) && title(text) == **text))
        }),
        method("isidentifier", &[], |_, text, _| match text.starts_with(char::is_numeric) {
            true => Ok(Value::Bool(false)),
            false => every(text, |c| c.is_alphanumeric() || c == '_'),
        }),
    ],
);

const SEARCH: &[&str] = &["sub", "start?", "end?"];
const JUSTIFY: &[&str] = &["width", "fillchar?"];

/// Whether there is a character, and `test` holds for each.
fn every(text: &str, test: fn(char) -> bool) -> Result<Value> {
    Ok(Value::Bool(!text.is_empty() && text.chars().all(test)))
}

/// Whether there is a character of the `wanted` kind and none of the `other`.
fn some(text: &str, wanted: fn(char) -> bool, other: fn(char) -> bool) -> Result<Value> {
    Ok(Value::Bool(text.chars().any(wanted) && !text.chars().any(other)))
}

fn parts(parts: [&str; 3]) -> Value {
    Value::tuple(parts.map(Value::from))
}

fn not_found() -> Error {
    Error::value("substring not found")
}

fn width_of(bound: &mut Bound<'_>) -> Result<usize> {
    let width = bound
        .optional_int("width")?
        .ok_or_else(|| Error::type_error("'NoneType' object cannot be interpreted as an integer"))?;
    match usize::try_from(width.max(0)) {
        Ok(width) if width <= 1 << 24 => Ok(width),
        _ => Err(Error::value("too wide")),
    }
}

fn fill_of(bound: &mut Bound<'_>) -> Result<String> {
    let fill = bound.optional_text("fillchar")?.unwrap_or_else(|| " ".to_owned());
    if fill.chars().count() == 1 {
        return Ok(fill);
    }
    Err(Error::type_error("The fill character must be exactly one character long"))
}

fn separator_of(bound: &mut Bound<'_>) -> Result<String> {
    let separator = bound.text("sep")?;
    if separator.is_empty() {
        return Err(Error::value("empty separator"));
    }
    Ok(separator)
}

fn stripped(text: &str, bound: &mut Bound<'_>, left: bool, right: bool) -> Result<Value> {
    let characters = bound.optional_text("chars")?;
    Ok(Value::from(strip(text, characters.as_deref(), left, right)))
}

fn replace(text: &str, bound: &mut Bound<'_>) -> Result<Value> {
    let (old, new) = (bound.text("old")?, bound.text("new")?);
    let count = bound.optional_int("count")?.and_then(|count| usize::try_from(count).ok());
    Ok(Value::from(match count {
        Some(count) => text.replacen(&old, &new, count),
        None => text.replace(&old, &new),
    }))
}

fn join(separator: &str, bound: &mut Bound<'_>) -> Result<Value> {
    let mut out = String::new();
    for (index, item) in bound.value("iterable").iterate()?.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        match item {
            Value::Str(part) => out.push_str(part),
            Value::Undefined(undefined) => return Err(Error::undefined(undefined.message())),
            other => {
                return Err(Error::type_error(format!(
                    "sequence item {index}: expected str instance, {} found",
                    other.type_name()
                ))
                .hint("the filter 'join' takes values of any type"));
            }
        }
    }
    Ok(Value::from(out))
}

fn swap_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_uppercase() {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
    }
    out
}

fn split(text: &str, bound: &mut Bound<'_>, from_right: bool) -> Result<Value> {
    let separator = bound.optional_text("sep")?;
    let most = bound.optional_int("maxsplit")?.and_then(|most| usize::try_from(most).ok());
    let limit = most.map_or(usize::MAX, |most| most.saturating_add(1));
    let parts: Vec<&str> = match &separator {
        Some(separator) if separator.is_empty() => return Err(Error::value("empty separator")),
        Some(separator) if from_right => {
            let mut parts: Vec<&str> = text.rsplitn(limit, &**separator).collect();
            parts.reverse();
            parts
        }
        Some(separator) => text.splitn(limit, &**separator).collect(),
        None if limit == usize::MAX => text.split_whitespace().collect(),
        None => split_words(text, limit - 1, from_right),
    };
    Ok(Value::list(parts.into_iter().map(Value::from)))
}

fn split_words(text: &str, most: usize, from_right: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = if from_right { text.trim_end() } else { text.trim_start() };
    while !rest.is_empty() {
        if parts.len() == most {
            parts.push(rest);
            break;
        }
        if from_right {
            let (before, word) = match rest.rfind(char::is_whitespace) {
                Some(at) => {
                    let after = at + rest[at..].chars().next().map_or(1, char::len_utf8);
                    (&rest[..at], &rest[after..])
                }
                None => ("", rest),
            };
            parts.push(word);
            rest = before.trim_end();
        } else {
            let at = rest.find(char::is_whitespace).unwrap_or(rest.len());
            parts.push(&rest[..at]);
            rest = rest[at..].trim_start();
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}

/// `startswith` and `endswith`, by the name of the method: `fits` tells of a part and one affix.
fn affix(
    text: &str,
    bound: &mut Bound<'_>,
    method: &str,
    parameter: &str,
    fits: fn(&str, &str) -> bool,
) -> Result<Value> {
    let wanted = bound.value(parameter);
    let (_, part) = part_of(text, bound)?;
    let fits = |affix: &Value| match affix {
        Value::Str(affix) => Ok(fits(part, affix)),
        other => Err(Error::type_error(format!(
            "{method} first arg must be str or a tuple of str, not {}",
            other.type_name()
        ))),
    };
    let Value::Tuple(affixes) = &wanted else { return fits(&wanted).map(Value::Bool) };
    for affix in affixes.iter() {
        if fits(affix)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// The part from `start` to `end`, which are indices of characters, and the byte at which it begins.
fn part_of<'t>(text: &'t str, bound: &mut Bound<'_>) -> Result<(usize, &'t str)> {
    let (start, end) = (bound.optional_int("start")?, bound.optional_int("end")?);
    let (start, end) = byte_range(text, start, end);
    Ok((start, text.get(start..end).unwrap_or_default()))
}

/// Indices of characters, negative ones from the end, to a range of bytes.
fn byte_range(text: &str, start: Option<i128>, end: Option<i128>) -> (usize, usize) {
    if start.is_none() && end.is_none() {
        return (0, text.len());
    }
    let length = text.chars().count() as i128;
    let byte = |index: i128| {
        let index = if index < 0 { index + length } else { index }.clamp(0, length);
        let index = usize::try_from(index).unwrap_or(0);
        text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
    };
    (start.map_or(0, byte), end.map_or(text.len(), byte))
}

fn search(text: &str, bound: &mut Bound<'_>, from_right: bool) -> Result<Option<Value>> {
    let wanted = bound.text("sub")?;
    let (start, part) = part_of(text, bound)?;
    let found = if from_right { part.rfind(&*wanted) } else { part.find(&*wanted) };
    Ok(found.map(|at| Value::from(text[..start + at].chars().count())))
}

/// Every letter after a non-letter upper, the others lower.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        if inside {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        inside = character.is_alphabetic();
    }
    out
}

fn expand_tabs(text: &str, size: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let count = if size == 0 { 0 } else { size - column % size };
                out.extend(std::iter::repeat_n(' ', count));
                column += count;
            }
            '\n' | '\r' => {
                out.push(character);
                column = 0;
            }
            _ => {
                out.push(character);
                column += 1;
            }
        }
    }
    out
}

fn maketrans(bound: &mut Bound<'_>) -> Result<Value> {
    let table = Dict::default();
    let code = |c: char| Key::new(Value::from(c as u32));
    match (bound.value("x"), bound.optional_text("y")?) {
        (Value::Str(from), Some(to)) => {
            if from.chars().count() != to.chars().count() {
                return Err(Error::value("the first two maketrans arguments must have equal length"));
            }
            for (from, to) in from.chars().zip(to.chars()) {
                table.set(code(from)?, Value::from(to as u32));
            }
        }
        (mapping, _) => {
            for (key, value) in mapping.entries()? {
                let key = match key.as_str().and_then(|text| text.chars().next()) {
                    Some(character) => code(character)?,
                    None => Key::new(key)?,
                };
                table.set(key, value);
            }
        }
    }
    for character in bound.optional_text("z")?.unwrap_or_default().chars() {
        table.set(code(character)?, Value::None);
    }
    Ok(Value::Dict(table))
}

fn translate(text: &str, table: &Value) -> Result<Value> {
    let Value::Dict(table) = table else {
        return Err(Error::type_error("translate() needs a dict, such as str.maketrans() makes"));
    };
    let mut out = String::new();
    for character in text.chars() {
        match table.get(&Key::new(Value::from(character as u32))?) {
            None => out.push(character),
            Some(Value::None) => {}
            Some(Value::Int(code)) => out.extend(u32::try_from(code).ok().and_then(char::from_u32)),
            Some(other) => out.push_str(&other.to_string()),
        }
    }
    Ok(Value::from(out))
}
