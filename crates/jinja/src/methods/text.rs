//! Methods of `str`.

use super::super::args::Args;
use super::super::environment::State;
use super::super::error::{Error, Result};
use super::super::eval::iterate;
use super::super::format;
use super::super::value::Value;
use std::sync::Arc;

pub const NAMES: &[&str] = &[
    "format",
    "split",
    "rsplit",
    "splitlines",
    "strip",
    "lstrip",
    "rstrip",
    "startswith",
    "endswith",
    "replace",
    "join",
    "upper",
    "lower",
    "title",
    "capitalize",
    "swapcase",
    "casefold",
    "find",
    "rfind",
    "index",
    "rindex",
    "count",
    "isdigit",
    "isdecimal",
    "isnumeric",
    "isalpha",
    "isalnum",
    "isupper",
    "islower",
    "isspace",
    "istitle",
    "isidentifier",
    "isascii",
    "isprintable",
    "zfill",
    "ljust",
    "rjust",
    "center",
    "partition",
    "rpartition",
    "removeprefix",
    "removesuffix",
    "expandtabs",
    "encode",
    "format_map",
    "translate",
    "maketrans",
];

pub fn call(state: &mut State<'_>, text: &Arc<str>, name: &str, args: Args) -> Result<Value> {
    let str_name = format!("str.{name}");
    let none = |args: Args| args.bind(&str_name, &[]).map(|_| ());
    Ok(match name {
        "format" => Value::from(format::str_format(state, text, &args)?),
        "format_map" => {
            let entries =
                super::super::eval::mapping_entries(&args.bind(&str_name, &["mapping"])?.value("mapping"))?;
            let named = entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
            Value::from(format::str_format(state, text, &Args { positional: Vec::new(), named })?)
        }
        "split" | "rsplit" => split(text, name == "rsplit", args)?,
        "splitlines" => {
            let keep = args.bind(&str_name, &["keepends?"])?.truth("keepends", false);
            Value::list(split_lines(text, keep).into_iter().map(Value::from))
        }
        "strip" | "lstrip" | "rstrip" => {
            let characters = args.bind(&str_name, &["chars?"])?.optional_text("chars")?;
            Value::from(strip(text, characters.as_deref(), name != "rstrip", name != "lstrip"))
        }
        "startswith" | "endswith" => affix(text, name == "startswith", args)?,
        "removeprefix" => {
            let prefix = args.bind(&str_name, &["prefix"])?.text("prefix")?;
            Value::from(text.strip_prefix(&*prefix).unwrap_or(text))
        }
        "removesuffix" => {
            let suffix = args.bind(&str_name, &["suffix"])?.text("suffix")?;
            Value::from(text.strip_suffix(&*suffix).unwrap_or(text))
        }
        "replace" => {
            let mut bound = args.bind(&str_name, &["old", "new", "count?"])?;
            let (old, new) = (bound.text("old")?, bound.text("new")?);
            let count = bound.optional_int("count")?.and_then(|count| usize::try_from(count).ok());
            Value::from(match count {
                Some(count) => text.replacen(&old, &new, count),
                None => text.replace(&old, &new),
            })
        }
        "join" => {
            let items = iterate(&args.bind(&str_name, &["iterable"])?.value("iterable"))?;
            let mut out = String::new();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(text);
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
            Value::from(out)
        }
        "upper" => none(args).map(|()| Value::from(text.to_uppercase()))?,
        "lower" | "casefold" => {
            none(args)?;
            let folded = if name == "casefold" { text.replace('ß', "ss") } else { text.to_string() };
            Value::from(folded.to_lowercase())
        }
        "title" => none(args).map(|()| Value::from(title(text)))?,
        "capitalize" => none(args).map(|()| Value::from(capitalize(text)))?,
        "swapcase" => {
            none(args)?;
            let swap = |c: char| {
                if c.is_uppercase() {
                    c.to_lowercase().collect()
                } else {
                    c.to_uppercase().collect::<String>()
                }
            };
            Value::from(text.chars().map(swap).collect::<String>())
        }
        "find" | "rfind" | "index" | "rindex" | "count" => search(text, name, args)?,
        "zfill" => {
            let width = width_of(args.bind(&str_name, &["width"])?.optional_int("width")?)?;
            let missing = width.saturating_sub(text.chars().count());
            let sign = usize::from(text.starts_with(['+', '-']));
            Value::from(format!("{}{}{}", &text[..sign], "0".repeat(missing), &text[sign..]))
        }
        "ljust" | "rjust" | "center" => {
            let mut bound = args.bind(&str_name, &["width", "fillchar?"])?;
            let width = width_of(bound.optional_int("width")?)?;
            let fill = bound.optional_text("fillchar")?.unwrap_or_else(|| " ".to_owned());
            if fill.chars().count() != 1 {
                return Err(Error::type_error("The fill character must be exactly one character long"));
            }
            Value::from(justify(text, width, &fill, name))
        }
        "partition" | "rpartition" => {
            let separator = args.bind(&str_name, &["sep"])?.text("sep")?;
            if separator.is_empty() {
                return Err(Error::value("empty separator"));
            }
            let split = if name == "partition" {
                text.split_once(&*separator)
            } else {
                text.rsplit_once(&*separator)
            };
            let parts = match split {
                Some((before, after)) => [before, &separator, after],
                None if name == "partition" => [text, "", ""],
                None => ["", "", text],
            };
            Value::tuple(parts.map(Value::from))
        }
        "expandtabs" => {
            let size = args.bind(&str_name, &["tabsize?"])?.optional_int("tabsize")?.unwrap_or(8);
            Value::from(expand_tabs(text, usize::try_from(size).unwrap_or(0).min(1000)))
        }
        // There are no bytes here; text is always UTF-8, and what is done with the bytes works on text as well.
        "encode" => {
            args.bind(&str_name, &["encoding?", "errors?"])?;
            Value::Str(text.clone())
        }
        "maketrans" => maketrans(args)?,
        "translate" => translate(text, &args.bind(&str_name, &["table"])?.value("table"))?,
        _ => {
            none(args)?;
            Value::Bool(is(text, name))
        }
    })
}

fn width_of(width: Option<i128>) -> Result<usize> {
    let width =
        width.ok_or_else(|| Error::type_error("'NoneType' object cannot be interpreted as an integer"))?;
    match usize::try_from(width.max(0)) {
        Ok(width) if width <= 1 << 24 => Ok(width),
        _ => Err(Error::value("too wide")),
    }
}

pub fn justify(text: &str, width: usize, fill: &str, how: &str) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let left = match how {
        "ljust" => 0,
        "rjust" => missing,
        // Python puts the odd one to the left where both numbers are odd.
        _ => missing / 2 + (missing & width & 1),
    };
    format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left))
}

fn split(text: &str, from_right: bool, args: Args) -> Result<Value> {
    let mut bound = args.bind("str.split", &["sep?", "maxsplit?"])?;
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

/// Python's `splitlines`: a last line break makes no empty line.
pub fn split_lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let breaks = matches!(
            character,
            '\n' | '\r'
                | '\u{b}'
                | '\u{c}'
                | '\u{1c}'
                | '\u{1d}'
                | '\u{1e}'
                | '\u{85}'
                | '\u{2028}'
                | '\u{2029}'
        );
        if !breaks {
            continue;
        }
        let mut end = at + character.len_utf8();
        if character == '\r' && characters.next_if(|(_, next)| *next == '\n').is_some() {
            end += 1;
        }
        lines.push(&text[start..if keep_ends { end } else { at }]);
        start = end;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

pub fn strip<'t>(text: &'t str, characters: Option<&str>, left: bool, right: bool) -> &'t str {
    let strips = |c: char| match characters {
        Some(characters) => characters.contains(c),
        None => c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c),
    };
    let text = if left { text.trim_start_matches(strips) } else { text };
    if right { text.trim_end_matches(strips) } else { text }
}

fn affix(text: &str, prefix: bool, args: Args) -> Result<Value> {
    let mut bound = args.bind("startswith", &["prefix", "start?", "end?"])?;
    let wanted = bound.value("prefix");
    let (start, end) = (bound.optional_int("start")?, bound.optional_int("end")?);
    let (start, end) = byte_range(text, start, end);
    let part = text.get(start..end).unwrap_or_default();
    let fits = |affix: &Value| match affix {
        Value::Str(affix) if prefix => Ok(part.starts_with(&**affix)),
        Value::Str(affix) => Ok(part.ends_with(&**affix)),
        other => Err(Error::type_error(format!(
            "{} first arg must be str or a tuple of str, not {}",
            if prefix { "startswith" } else { "endswith" },
            other.type_name()
        ))),
    };
    if let Value::Tuple(affixes) = &wanted {
        for affix in affixes.iter() {
            if fits(affix)? {
                return Ok(Value::Bool(true));
            }
        }
        return Ok(Value::Bool(false));
    }
    fits(&wanted).map(Value::Bool)
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

fn search(text: &str, name: &str, args: Args) -> Result<Value> {
    let mut bound = args.bind("find", &["sub", "start?", "end?"])?;
    let wanted = bound.text("sub")?;
    let (start, end) = (bound.optional_int("start")?, bound.optional_int("end")?);
    let (start, end) = byte_range(text, start, end);
    let part = text.get(start..end).unwrap_or_default();
    if name == "count" {
        let count = if wanted.is_empty() { part.chars().count() + 1 } else { part.matches(&*wanted).count() };
        return Ok(Value::from(count));
    }
    let found = if name.starts_with('r') { part.rfind(&*wanted) } else { part.find(&*wanted) };
    match found {
        Some(at) => Ok(Value::from(text[..start + at].chars().count())),
        None if name.ends_with("index") => Err(Error::value("substring not found")),
        None => Ok(Value::Int(-1)),
    }
}

/// Every letter after a non-letter upper, the others lower.
pub fn title(text: &str) -> String {
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

pub fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters.as_str().to_lowercase().chars()).collect(),
        None => String::new(),
    }
}

fn is(text: &str, name: &str) -> bool {
    let every = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    match name {
        "isdigit" | "isdecimal" => every(|c| c.is_ascii_digit()),
        "isnumeric" => every(char::is_numeric),
        "isalpha" => every(char::is_alphabetic),
        "isalnum" => every(char::is_alphanumeric),
        "isspace" => every(char::is_whitespace),
        "isascii" => text.is_ascii(),
        "isprintable" => text.chars().all(|c| !c.is_control()),
        "isupper" => text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase),
        "islower" => text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase),
        "istitle" => text.chars().any(char::is_alphabetic) && title(text) == text,
        "isidentifier" => {
            !text.starts_with(|c: char| c.is_numeric()) && every(|c| c.is_alphanumeric() || c == '_')
        }
        _ => false,
    }
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

fn maketrans(args: Args) -> Result<Value> {
    use super::super::collections::{Dict, Key};
    let mut bound = args.bind("str.maketrans", &["x", "y?", "z?"])?;
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
            for (key, value) in super::super::eval::mapping_entries(&mapping)? {
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
        match table.get(&super::super::collections::Key::new(Value::from(character as u32))?) {
            None => out.push(character),
            Some(Value::None) => {}
            Some(Value::Int(code)) => out.extend(u32::try_from(code).ok().and_then(char::from_u32)),
            Some(other) => out.push_str(&other.to_string()),
        }
    }
    Ok(Value::from(out))
}
