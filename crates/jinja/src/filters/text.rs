//! Filters over texts and numbers.

use super::super::args::Args;
use super::super::collections::Dict;
use super::super::environment::State;
use super::super::error::{Error, Kind, Result};
use super::super::eval::{iterate, mapping_entries};
use super::super::format as formatting;
use super::super::json;
use super::super::methods;
use super::super::value::Value;

pub fn default(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("default", &["default_value?", "boolean?"])?;
    let default = bound.take("default_value");
    let replaces = value.is_undefined() || (bound.truth("boolean", false) && !value.is_true());
    Ok(if replaces { default.unwrap_or_else(|| Value::from("")) } else { value })
}

pub fn string(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("string", &[])?;
    Ok(match value {
        Value::Str(_) => value,
        other => Value::from(other.to_string()),
    })
}
pub fn upper(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("upper", &[])?;
    Ok(Value::from(value.to_string().to_uppercase()))
}
pub fn lower(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("lower", &[])?;
    Ok(Value::from(value.to_string().to_lowercase()))
}
pub fn capitalize(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("capitalize", &[])?;
    Ok(Value::from(methods::capitalize(&value.to_string())))
}

/// jinja's own rule: words begin after spaces, dashes and opening brackets.
pub fn title(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("title", &[])?;
    let mut out = String::new();
    let mut begins = true;
    for character in value.to_string().chars() {
        if begins {
            out.extend(character.to_uppercase());
        } else {
            out.extend(character.to_lowercase());
        }
        begins = character.is_whitespace() || matches!(character, '-' | '(' | '{' | '[' | '<');
    }
    Ok(Value::from(out))
}

pub fn center(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let width = args.bind("center", &["width?"])?.optional_int("width")?.unwrap_or(80);
    let width = usize::try_from(width).unwrap_or(0).min(1 << 20);
    Ok(Value::from(methods::justify(&value.to_string(), width, " ", "center")))
}

pub fn trim(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let characters = args.bind("trim", &["chars?"])?.optional_text("chars")?;
    Ok(Value::from(methods::strip(&value.to_string(), characters.as_deref(), true, true)))
}

pub fn replace(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("replace", &["old", "new", "count?"])?;
    let (old, new) = (bound.value("old").to_string(), bound.value("new").to_string());
    let count = bound.optional_int("count")?.and_then(|count| usize::try_from(count).ok());
    let text = value.to_string();
    Ok(Value::from(match count {
        Some(count) => text.replacen(&old, &new, count),
        None => text.replace(&old, &new),
    }))
}

pub fn format(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    if !args.positional.is_empty() && !args.named.is_empty() {
        return Err(Error::value("can't handle positional and keyword arguments at the same time"));
    }
    let values = if args.named.is_empty() {
        Value::tuple(args.positional)
    } else {
        let dict = Dict::default();
        for (name, value) in args.named {
            dict.set_str(name, value);
        }
        Value::Dict(dict)
    };
    formatting::percent(&value.to_string(), &values).map(Value::from)
}

pub fn indent(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("indent", &["width?", "first?", "blank?"])?;
    let indention = match bound.take("width") {
        Some(Value::Str(text)) => text.to_string(),
        Some(other) => {
            let width = other.as_int().ok_or_else(|| Error::type_error("indent needs an int or a text"))?;
            " ".repeat(usize::try_from(width).unwrap_or(0).min(1 << 16))
        }
        None => "    ".to_owned(),
    };
    let first = bound.truth("first", false);
    let blank = bound.truth("blank", false);
    // jinja adds a line break before it splits, so that a last one is kept.
    let text = value.to_string() + "\n";
    let mut out = String::new();
    for (index, line) in methods::split_lines(&text, false).into_iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let indents = if index == 0 { first } else { blank || !line.is_empty() };
        if indents {
            out.push_str(&indention);
        }
        out.push_str(line);
    }
    Ok(Value::from(out))
}

fn parse_int(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let digits = match base {
        16 => lower.strip_prefix("0x").unwrap_or(&lower),
        8 => lower.strip_prefix("0o").unwrap_or(&lower),
        2 => lower.strip_prefix("0b").unwrap_or(&lower),
        _ => &lower,
    };
    let misplaced = digits.starts_with(['_', '+', '-']) || digits.ends_with('_') || digits.contains("__");
    if misplaced || digits.is_empty() {
        return None;
    }
    let value = i128::from_str_radix(&digits.replace('_', ""), base).ok()?;
    Some(if negative { -value } else { value })
}

fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let misplaced = text.starts_with('_') || text.ends_with('_') || text.contains("__");
    if misplaced || text.is_empty() {
        return None;
    }
    match lower.trim_start_matches(['+', '-']) {
        "inf" | "infinity" | "nan" => {}
        other if other.chars().any(|c| c.is_alphabetic() && c != 'e') => return None,
        _ => {}
    }
    lower.replace('_', "").parse().ok()
}

pub fn int(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("int", &["default?", "base?"])?;
    let default = bound.take("default").unwrap_or(Value::Int(0));
    let base = bound.optional_int("base")?.unwrap_or(10);
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    let base = base.ok_or_else(|| Error::value("int() base must be >= 2 and <= 36"))?;
    let whole = |float: f64| (float.is_finite() && float.abs() < 1e38).then_some(float as i128);
    let parsed = match &value {
        Value::Str(text) => parse_int(text, base).or_else(|| whole(parse_float(text)?)),
        Value::Float(float) => whole(*float),
        Value::Undefined(undefined) => return Err(Error::undefined(undefined.message())),
        Value::Object(object) => object.to_plain().and_then(|plain| match plain {
            Value::Str(text) => parse_int(&text, base).or_else(|| whole(parse_float(&text)?)),
            other => other.as_int().or_else(|| whole(other.as_float()?)),
        }),
        other => other.as_int(),
    };
    Ok(parsed.map_or(default, Value::Int))
}

pub fn float(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let default = args.bind("float", &["default?"])?.take("default").unwrap_or(Value::Float(0.0));
    let parsed = match &value {
        Value::Str(text) => parse_float(text),
        Value::Undefined(undefined) => return Err(Error::undefined(undefined.message())),
        Value::Object(object) => object.to_plain().and_then(|plain| match plain {
            Value::Str(text) => parse_float(&text),
            other => other.as_float(),
        }),
        other => other.as_float(),
    };
    Ok(parsed.map_or(default, Value::Float))
}

pub fn abs(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("abs", &[])?;
    match &value {
        Value::Float(float) => Ok(Value::Float(float.abs())),
        Value::Undefined(undefined) => Err(Error::undefined(undefined.message())),
        other => match other.as_int() {
            Some(int) => int
                .checked_abs()
                .map(Value::Int)
                .ok_or_else(|| Error::new(Kind::Overflow, "the result of abs is too large")),
            None => Err(Error::type_error(format!("bad operand type for abs(): '{}'", value.type_name()))),
        },
    }
}

pub fn round(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("round", &["precision?", "method?"])?;
    let precision = bound.optional_int("precision")?.unwrap_or(0).clamp(-300, 300) as i32;
    let method = bound.optional_text("method")?.unwrap_or_else(|| "common".to_owned());
    let wrong = || Error::type_error(format!("type {} doesn't define __round__ method", value.type_name()));
    let factor = 10_f64.powi(precision.abs());
    match method.as_str() {
        "common" => match &value {
            Value::Float(float) if !float.is_finite() => Ok(value),
            Value::Float(float) => {
                let rounded = match usize::try_from(precision) {
                    // Formatting rounds the exact value, half to even, as Python does.
                    Ok(precision) => format!("{float:.precision$}").parse().unwrap_or(*float),
                    Err(_) => (float / factor).round_ties_even() * factor,
                };
                Ok(Value::Float(rounded))
            }
            other => {
                let int = other.as_int().ok_or_else(wrong)?;
                if precision >= 0 {
                    return Ok(Value::Int(int));
                }
                let Some(unit) = 10_i128.checked_pow(precision.unsigned_abs()) else {
                    return Ok(Value::Int(0));
                };
                let (low, rest) = (int.div_euclid(unit), int.rem_euclid(unit));
                let up = rest * 2 > unit || (rest * 2 == unit && low % 2 != 0);
                Ok(Value::Int((low + i128::from(up)) * unit))
            }
        },
        "ceil" | "floor" => {
            let float = value.as_float().ok_or_else(wrong)?;
            let factor = if precision < 0 { 1.0 / factor } else { factor };
            let scaled = float * factor;
            let whole = if method == "ceil" { scaled.ceil() } else { scaled.floor() };
            Ok(Value::Float(whole / factor))
        }
        _ => Err(Error::value("method must be common, ceil or floor")),
    }
}

pub fn filesizeformat(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let binary = args.bind("filesizeformat", &["binary?"])?.truth("binary", false);
    let size = match &value {
        Value::Str(text) => parse_float(text),
        other => other.as_float(),
    };
    let size = size.ok_or_else(|| Error::value(format!("could not convert to a size: {}", value.repr())))?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if size == 1.0 {
        return Ok(Value::from("1 Byte"));
    }
    if size < base {
        return Ok(Value::from(format!("{} Bytes", size as i128)));
    }
    let units = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut unit = base;
    let mut name = "";
    for prefix in units {
        name = prefix;
        unit *= base;
        if size < unit {
            break;
        }
    }
    let name = if binary { format!("{}iB", name.to_uppercase()) } else { format!("{name}B") };
    Ok(Value::from(format!("{:.1} {name}", base * size / unit)))
}

pub fn escape(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("escape", &[])?;
    let mut out = String::new();
    for character in value.to_string().chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            other => out.push(other),
        }
    }
    Ok(Value::from(out))
}

pub fn striptags(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("striptags", &[])?;
    let text = value.to_string();
    let mut out = String::new();
    let mut rest = &text[..];
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let (end, length) = if rest[at..].starts_with("<!--") { ("-->", 3) } else { (">", 1) };
        match rest[at..].find(end) {
            Some(close) => rest = &rest[at + close + length..],
            None => {
                out.push_str(&rest[at..]);
                rest = "";
            }
        }
    }
    out.push_str(rest);
    let plain = out.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    Ok(Value::from(plain.replace("&#34;", "\"").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")))
}

pub fn tojson(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let indent = args.bind("tojson", &["indent?"])?.optional_int("indent")?;
    let indent = indent.and_then(|indent| usize::try_from(indent).ok());
    let text = json::write(&value, &json::Style { indent, sort_keys: true, ascii: true })?;
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    Ok(Value::from(text.replace('\'', "\\u0027")))
}

/// As `repr`, with the keys of dicts in order.
pub fn pprint(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("pprint", &[])?;
    fn sorted(value: &Value, depth: usize) -> Value {
        match value {
            Value::Dict(dict) if depth > 0 => {
                let mut entries: Vec<_> = dict.snapshot().into_iter().collect();
                let text_keys = entries.iter().all(|(key, _)| key.as_str().is_some());
                if text_keys {
                    entries.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
                }
                let sort = |(key, value)| (key, sorted(&value, depth - 1));
                Value::Dict(Dict::new(entries.into_iter().map(sort).collect()))
            }
            Value::List(list) if depth > 0 => {
                Value::list(list.items().iter().map(|item| sorted(item, depth - 1)))
            }
            other => other.clone(),
        }
    }
    Ok(Value::from(sorted(&value, 50).repr()))
}

pub fn truncate(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("truncate", &["length?", "killwords?", "end?", "leeway?"])?;
    let mut number = |name: &str, default| -> Result<usize> {
        Ok(bound.optional_int(name)?.map_or(default, |number| usize::try_from(number).unwrap_or(0)))
    };
    let length = number("length", 255)?;
    let leeway = number("leeway", 5)?;
    let kill_words = bound.truth("killwords", false);
    let end = bound.optional_text("end")?.unwrap_or_else(|| "...".to_owned());
    let end_length = end.chars().count();
    if length < end_length {
        return Err(Error::value(format!("expected length >= {end_length}, got {length}")));
    }
    let text = value.to_string();
    if text.chars().count() <= length + leeway {
        return Ok(Value::from(text));
    }
    let cut: String = text.chars().take(length - end_length).collect();
    let kept = if kill_words { &cut } else { cut.rsplit_once(' ').map_or(&*cut, |(before, _)| before) };
    Ok(Value::from(format!("{kept}{end}")))
}

pub fn wordcount(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("wordcount", &[])?;
    let text = value.to_string();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    Ok(Value::from(words.count()))
}

pub fn wordwrap(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound =
        args.bind("wordwrap", &["width?", "break_long_words?", "wrapstring?", "break_on_hyphens?"])?;
    let width = bound.optional_int("width")?.unwrap_or(79);
    let width = usize::try_from(width).ok().filter(|width| *width > 0);
    let width = width.ok_or_else(|| Error::value("invalid width (must be > 0)"))?;
    let break_long = bound.truth("break_long_words", true);
    let separator = bound.optional_text("wrapstring")?.unwrap_or_else(|| "\n".to_owned());
    let hyphens = bound.truth("break_on_hyphens", true);
    let text = value.to_string();
    let wrapped: Vec<String> = methods::split_lines(&text, false)
        .into_iter()
        .map(|line| wrap(line, width, break_long, hyphens).join(&separator))
        .collect();
    Ok(Value::from(wrapped.join(&separator)))
}

/// One line into several of at most `width` characters, as Python's `textwrap` does it.
fn wrap(line: &str, width: usize, break_long: bool, hyphens: bool) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for character in line.chars() {
        let space = character == ' ' || character == '\t';
        let starts = match pieces.last() {
            None => true,
            Some(last) => {
                let last_space = last.starts_with([' ', '\t']);
                let after_hyphen = hyphens
                    && last.ends_with('-')
                    && character.is_alphabetic()
                    && last.chars().rev().nth(1).is_some_and(char::is_alphabetic);
                last_space != space || (after_hyphen && !space)
            }
        };
        match pieces.last_mut() {
            Some(last) if !starts => last.push(character),
            _ => pieces.push(character.to_string()),
        }
    }
    pieces.reverse();
    let length = |text: &str| text.chars().count();
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    while let Some(piece) = pieces.pop() {
        if current.is_empty() && !lines.is_empty() && piece.trim().is_empty() {
            continue;
        }
        if length(&current) + length(&piece) <= width {
            current.push_str(&piece);
            continue;
        }
        let room = width - length(&current);
        if length(&piece) > width {
            if break_long && room > 0 {
                let head: String = piece.chars().take(room).collect();
                pieces.push(piece.chars().skip(room).collect());
                current.push_str(&head);
            } else if current.is_empty() {
                current = piece;
            } else {
                pieces.push(piece);
            }
        } else {
            pieces.push(piece);
        }
        lines.push(current.trim_end().to_owned());
        current.clear();
    }
    if !current.trim().is_empty() {
        lines.push(current.trim_end().to_owned());
    }
    lines
}

pub fn urlencode(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("urlencode", &[])?;
    let quote = |text: &str, in_query: bool| {
        let mut out = String::new();
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(byte as char),
                b'/' if !in_query => out.push('/'),
                b' ' if in_query => out.push('+'),
                other => out.push_str(&format!("%{other:02X}")),
            }
        }
        out
    };
    let pairs = match &value {
        Value::Dict(_) => mapping_entries(&value)?,
        Value::List(_) | Value::Tuple(_) | Value::Iter(_) => iterate(&value)?
            .iter()
            .map(|pair| match &iterate(pair)?[..] {
                [key, value] => Ok((key.clone(), value.clone())),
                _ => Err(Error::value("urlencode needs pairs")),
            })
            .collect::<Result<_>>()?,
        other => return Ok(Value::from(quote(&other.to_string(), false))),
    };
    let parts: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{}={}", quote(&key.to_string(), true), quote(&value.to_string(), true)))
        .collect();
    Ok(Value::from(parts.join("&")))
}
