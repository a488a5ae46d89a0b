//! Filters over texts, and what makes texts of values.

use crate::builtins::text as texts;
use crate::error::{Error, Result};
use crate::value::format::percent;
use crate::value::{Args, Dict, State, Value, json};

pub(super) fn default(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("default", &["default_value?", "boolean?"])?;
    let default = bound.take("default_value");
    let replaces = value.is_undefined() || (bound.truth("boolean", false) && !value.is_true());
    Ok(if replaces { default.unwrap_or_else(|| Value::from("")) } else { value })
}

pub(super) fn string(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("string", &[])?;
    Ok(match value {
        Value::Str(_) => value,
        other => Value::from(other.to_string()),
    })
}
pub(super) fn upper(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("upper", &[])?;
    Ok(Value::from(value.to_string().to_uppercase()))
}
pub(super) fn lower(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("lower", &[])?;
    Ok(Value::from(value.to_string().to_lowercase()))
}
pub(super) fn capitalize(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("capitalize", &[])?;
    Ok(Value::from(texts::capitalize(&value.to_string())))
}

/// jinja's own rule: words begin after spaces, dashes and opening brackets.
pub(super) fn title(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
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

pub(super) fn center(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let width = args.bind("center", &["width?"])?.optional_int("width")?.unwrap_or(80);
    let width = usize::try_from(width).unwrap_or(0).min(1 << 20);
    Ok(Value::from(texts::center(&value.to_string(), width, " ")))
}

pub(super) fn trim(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let characters = args.bind("trim", &["chars?"])?.optional_text("chars")?;
    Ok(Value::from(texts::strip(&value.to_string(), characters.as_deref(), true, true)))
}

pub(super) fn replace(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("replace", &["old", "new", "count?"])?;
    let (old, new) = (bound.value("old").to_string(), bound.value("new").to_string());
    let count = bound.optional_int("count")?.and_then(|count| usize::try_from(count).ok());
    let text = value.to_string();
    Ok(Value::from(match count {
        Some(count) => text.replacen(&old, &new, count),
        None => text.replace(&old, &new),
    }))
}

pub(super) fn format(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
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
    percent(&value.to_string(), &values).map(Value::from)
}

pub(super) fn indent(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
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
    for (index, line) in texts::split_lines(&text, false).into_iter().enumerate() {
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

pub(super) fn escape(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
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

pub(super) fn striptags(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
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

pub(super) fn tojson(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let indent = args.bind("tojson", &["indent?"])?.optional_int("indent")?;
    let indent = indent.and_then(|indent| usize::try_from(indent).ok());
    let text = json::write(&value, &json::Style { indent, sort_keys: true, ascii: true })?;
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    Ok(Value::from(text.replace('\'', "\\u0027")))
}

/// As `repr`, with the keys of dicts in order.
pub(super) fn pprint(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
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

pub(super) fn wordcount(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("wordcount", &[])?;
    let text = value.to_string();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    Ok(Value::from(words.count()))
}

pub(super) fn urlencode(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
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
        Value::Dict(_) => value.entries()?,
        Value::List(_) | Value::Tuple(_) | Value::Iter(_) => value
            .iterate()?
            .iter()
            .map(|pair| match &pair.iterate()?[..] {
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
