//! YAML as dbt reads it: PyYAML's safe loader (YAML 1.1 scalars, anchors, merge keys), with the line
//! of every value, so that an error can point at it.
//!
//! What differs from PyYAML: keys are kept as text (`1: x` has the key `"1"`), a plain date stays the
//! text it is written as, and a repeated key is an error, or is listed for a warning ([`parse_noting_repeats`]), rather
//! than the last one winning in silence.

use crate::error::{Context, Error, Result};
use crate::yaml_padding::Padding;
use indexmap::IndexMap;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use std::collections::HashMap;
use std::path::Path;

/// Deeper nesting than this is refused; no hand-written file comes near.
const MAX_DEPTH: usize = 128;
/// More values than this, aliases expanded, are refused (an alias bomb, most likely).
const MAX_VALUES: usize = 5_000_000;

pub type Mapping = IndexMap<String, Node>;

/// A value and where it is named: the line of its key in a mapping, of its first character elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub value: Value,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Node>),
    Map(Mapping),
}

impl Node {
    /// The member of a mapping; `None` if this is not a mapping or has no such key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Str(text) = &self.value { Some(text) } else { None }
    }
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self.value { Some(value) } else { None }
    }
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(value) = self.value { Some(value) } else { None }
    }
    /// Integers count as numbers too.
    pub fn as_float(&self) -> Option<f64> {
        match self.value {
            Value::Int(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            _ => None,
        }
    }
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Value::List(items) = &self.value { Some(items) } else { None }
    }
    pub fn as_map(&self) -> Option<&Mapping> {
        if let Value::Map(members) = &self.value { Some(members) } else { None }
    }
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }
    /// The scalar as text: a string as it is, `1`, `1.5`, `true`. `None` for null, lists and mappings.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.value {
            Value::Str(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(value) => Some(value.to_string()),
            Value::Float(value) => Some(value.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }
    /// What this is, for messages: `a list`, `a mapping`, `text`, …
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Str(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
    /// The same value without its lines. Infinite and NaN numbers, which JSON lacks, become null.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Float(value) => serde_json::Number::from_f64(*value)
                .map_or(serde_json::Value::Null, serde_json::Value::Number),
            Value::Str(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(members) => serde_json::Value::Object(
                members.iter().map(|(key, node)| (key.clone(), node.to_json())).collect(),
            ),
        }
    }
}

/// Reads and parses a file; an empty one is `Null`.
pub fn read(file: &Path) -> Result<Node> {
    let text = std::fs::read_to_string(file).or_cannot_at("read the file", file)?;
    parse(&text, file)
}

/// Parses one document; `file` is for messages. An empty text is `Null`.
pub fn parse(text: &str, file: &Path) -> Result<Node> {
    let (node, repeats) = parse_noting_repeats(text, file)?;
    match repeats.first() {
        None => Ok(node),
        Some(repeat) => Err(Error::new(format!("the key '{}' stands twice in one mapping", repeat.key))
            .in_text(file, text, repeat.line, Some(repeat.column))
            .hint("remove one of the two")),
    }
}

/// A key that its mapping has already. The value here is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    pub key: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
}

/// The same, where the last value of a repeated key holds, as in PyYAML; with the keys that are repeated.
pub fn parse_noting_repeats(text: &str, file: &Path) -> Result<(Node, Vec<Repeat>)> {
    let mut padding = Padding::default();
    match attempt(text, text, file, &padding) {
        Err(Refusal::Syntax(mut error)) => {
            let first = error.clone();
            while padding.extend(text, &error) {
                match attempt(&padding.apply(text), text, file, &padding) {
                    Err(Refusal::Syntax(next)) => error = next,
                    Err(Refusal::Other(error)) => return Err(error),
                    Ok(found) => return Ok(found),
                }
            }
            // If spaces do not help, the file is wrong where the parser saw it first.
            let error = if error.info().contains("indentation") { first } else { error };
            let (line, column) = padding.place(error.marker());
            let what = format!("not valid YAML: {}", error.info());
            Err(Error::new(what).in_text(file, text, line, Some(column)))
        }
        Err(Refusal::Other(error)) => Err(error),
        Ok(found) => Ok(found),
    }
}

/// Why a text was not read.
enum Refusal {
    Syntax(ScanError),
    Other(Error),
}

/// Parses `padded`, which is `text` with the spaces of `padding`.
fn attempt(
    padded: &str,
    text: &str,
    file: &Path,
    padding: &Padding,
) -> std::result::Result<(Node, Vec<Repeat>), Refusal> {
    let mut builder = Builder {
        text,
        file,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        values: 0,
        repeats: Vec::new(),
        is_last: false,
    };
    let events: std::result::Result<Vec<_>, ScanError> = Parser::new_from_str(padded).collect();
    let events = events.map_err(Refusal::Syntax)?;
    let last = events.iter().rposition(|(event, _)| matches!(event, Event::Scalar(..) | Event::Alias(_)));
    for (index, (event, span)) in events.into_iter().enumerate() {
        builder.is_last = last == Some(index);
        builder.take(event, padding.place(&span.start)).map_err(Refusal::Other)?;
    }
    Ok((builder.root.unwrap_or(Node { value: Value::Null, line: 1, column: 1 }), builder.repeats))
}

/// A collection whose end has not come yet.
enum Open {
    List { anchor: usize, at: (usize, usize), items: Vec<Node> },
    Map { anchor: usize, at: (usize, usize), members: Mapping, key: Option<Node>, merges: Vec<Node> },
}

struct Builder<'t> {
    text: &'t str,
    file: &'t Path,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    values: usize,
    repeats: Vec<Repeat>,
    /// Whether no value comes after the one that is taken.
    is_last: bool,
}

impl Builder<'_> {
    fn error(&self, what: impl std::fmt::Display, (line, column): (usize, usize)) -> Error {
        Error::new(what).in_text(self.file, self.text, line, Some(column))
    }

    fn take(&mut self, event: Event<'_>, at: (usize, usize)) -> Result<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // A block of text that the file ends in has a line break at its end only if the file has one.
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let cut = is_block && self.is_last && !self.text.ends_with('\n') && text.ends_with('\n');
                let text = if cut { &text[..text.len() - 1] } else { &text };
                let is_key = matches!(self.open.last(), Some(Open::Map { key: None, .. }));
                // These have a meaning of their own as keys, and none as values.
                let is_odd = matches!(text, "=" | "<<") && style == ScalarStyle::Plain && !is_key;
                let value = scalar(text, style, tag.as_deref()).filter(|_| !is_odd).ok_or_else(|| {
                    let what = match tag.as_deref() {
                        Some(tag) => format!("the tag '{tag}' has no meaning here"),
                        None => format!("'{text}' has no meaning as a value"),
                    };
                    self.error(what, at).hint("write the value in quotes")
                })?;
                self.finish(anchor, Node { value, line: at.0, column: at.1 })
            }
            Event::SequenceStart(anchor, _) => self.nest(Open::List { anchor, at, items: Vec::new() }, at),
            Event::MappingStart(anchor, _) => self
                .nest(Open::Map { anchor, at, members: Mapping::new(), key: None, merges: Vec::new() }, at),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { anchor, at, items }) => {
                    self.finish(anchor, Node { value: Value::List(items), line: at.0, column: at.1 })
                }
                Some(Open::Map { anchor, at, mut members, merges, .. }) => {
                    self.merge(&mut members, merges)?;
                    self.finish(anchor, Node { value: Value::Map(members), line: at.0, column: at.1 })
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    let node = node.clone();
                    self.values += count(&node);
                    self.finish(0, Node { line: at.0, column: at.1, ..node })
                }
                None => Err(self.error("this alias names an anchor that is not complete yet", at)),
            },
            Event::DocumentStart(_) if self.root.is_some() => Err(self
                .error("more than one YAML document in the file", at)
                .hint("leave out the second `---`")),
            _ => Ok(()),
        }
    }

    fn nest(&mut self, open: Open, at: (usize, usize)) -> Result<()> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(format!("nested more than {MAX_DEPTH} levels deep"), at));
        }
        self.open.push(open);
        Ok(())
    }

    /// Puts a complete value where it belongs: the collection that is open, or the root.
    fn finish(&mut self, anchor: usize, node: Node) -> Result<()> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.error(format!("more than {MAX_VALUES} values"), (node.line, node.column)));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { members, key, merges, .. }) => match key.take() {
                None => *key = Some(node),
                Some(name) => {
                    let Some(text) = key_text(&name) else {
                        let what = format!("{} cannot be a key", name.kind());
                        return Err(self
                            .error(what, (name.line, name.column))
                            .hint("text that begins with `{` needs quotes: key: \"{{ ... }}\""));
                    };
                    if text == "<<" {
                        merges.push(node);
                        return Ok(());
                    }
                    if members.contains_key(&text) {
                        self.repeats.push(Repeat { key: text.clone(), line: name.line, column: name.column });
                    }
                    members.insert(text, Node { line: name.line, column: name.column, ..node });
                }
            },
        }
        Ok(())
    }

    /// `<<: *base` and `<<: [*a, *b]`: what the mapping itself says wins, then the earlier base.
    fn merge(&self, members: &mut Mapping, merges: Vec<Node>) -> Result<()> {
        for merge in merges {
            let at = (merge.line, merge.column);
            let bases = match merge.value {
                Value::List(items) => items,
                value => vec![Node { value, line: at.0, column: at.1 }],
            };
            for base in bases {
                let Value::Map(base) = base.value else {
                    return Err(self.error("`<<` takes a mapping, or a list of mappings", at));
                };
                for (key, node) in base {
                    members.entry(key).or_insert(node);
                }
            }
        }
        Ok(())
    }
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn key_text(node: &Node) -> Option<String> {
    match node.value {
        Value::Null => Some("null".to_owned()),
        // As Python's str() has it: `5.0`.
        Value::Float(float) if float.is_finite() => Some(format!("{float:?}")),
        _ => node.scalar_text(),
    }
}

/// `None` for the tags of others, for which PyYAML's safe loader has no values.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Option<Value> {
    if let Some(tag) = tag {
        let is_own =
            tag.handle.is_empty() || tag.handle == "!!" || tag.handle.starts_with("tag:yaml.org,2002:");
        return match tag.suffix.as_str() {
            _ if !is_own => None,
            "str" | "binary" => Some(Value::Str(text.to_owned())),
            "null" => Some(Value::Null),
            "float" => Some(text.parse().map_or_else(|_| Value::Str(text.to_owned()), Value::Float)),
            "int" | "bool" | "timestamp" => Some(plain(text)),
            _ => None,
        };
    }
    match style {
        ScalarStyle::Plain => Some(plain(text)),
        _ => Some(Value::Str(text.to_owned())),
    }
}

/// PyYAML's implicit resolvers, in YAML 1.1's terms.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    if let Some(value) = integer(text) {
        return Value::Int(value);
    }
    if let Some(value) = float(text) {
        return Value::Float(value);
    }
    Value::Str(text.to_owned())
}

fn sign(text: &str) -> (i64, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    }
}

fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = sign(text);
    if !digits.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let parsed = |digits: &str, radix| i64::from_str_radix(&digits.replace('_', ""), radix).ok();
    let value = if let Some(binary) = digits.strip_prefix("0b") {
        parsed(binary, 2)?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        parsed(hexadecimal, 16)?
    } else if digits.contains(':') {
        // Base 60: `1:30` is 90. Every part but the first is below 60.
        let mut parts = digits.split(':');
        let first = parts.next()?;
        if first.starts_with('0') {
            return None;
        }
        let mut value = parsed(first, 10)?;
        for part in parts {
            let part: i64 = (part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse().ok())??;
            value = (part < 60).then(|| value.checked_mul(60)?.checked_add(part))??;
        }
        value
    } else if digits.len() > 1 && digits.starts_with('0') {
        parsed(&digits[1..], 8)?
    } else {
        digits.bytes().all(|b| b.is_ascii_digit() || b == b'_').then(|| parsed(digits, 10))??
    };
    Some(sign * value)
}

fn float(text: &str) -> Option<f64> {
    let (sign, digits) = sign(text);
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(sign as f64 * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    // YAML 1.1 wants the point, and a sign in the exponent: `1e3` and `1.5e3` are text.
    if !digits.contains('.') || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || digits == "."
    {
        return None;
    }
    // And a digit between a sign and the point.
    if digits.len() < text.len() && digits.starts_with('.') {
        return None;
    }
    let (mantissa, exponent) = digits.split_once(['e', 'E']).map_or((digits, None), |(m, e)| (m, Some(e)));
    if !mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'_')
        || !exponent.is_none_or(|exponent| exponent.starts_with(['+', '-']))
    {
        return None;
    }
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        parse(text, Path::new("test.yml")).unwrap().to_json().to_string()
    }

    #[test]
    fn scalars_resolve_as_in_pyyaml() {
        assert_eq!(
            json(
                "[yes, Off, ~, 010, 0x1F, 1_000, 1e3, 1.5, 1.5e+3, 1:30, '1', 1.2.3, -7, 2024-01-31, 08, y]"
            ),
            r#"[true,false,null,8,31,1000,"1e3",1.5,1500.0,90,"1","1.2.3",-7,"2024-01-31","08","y"]"#
        );
    }

    #[test]
    fn indentation_does_not_matter_inside_brackets_and_quotes() {
        assert_eq!(
            json(
                "a:\n  - m: {\n x: 1,\ny: [\n1, two\nwords, 'a\nb'\n]\n}\n    n: \"c\nd\ne\"\n  - 3\nb: [\n  4,\n]\n"
            ),
            r#"{"a":[{"m":{"x":1,"y":[1,"two words","a b"]},"n":"c d e"},3],"b":[4]}"#
        );
        let (node, repeats) =
            parse_noting_repeats("a:\n  b: {\nx: 1,\n  x: 2\n}\n", Path::new("t.yml")).unwrap();
        assert_eq!(node.to_json().to_string(), r#"{"a":{"b":{"x":2}}}"#);
        assert_eq!(repeats, [Repeat { key: "x".to_owned(), line: 4, column: 3 }]);
        let error = parse("a:\n  b: {\nx: ]\n}\n", Path::new("t.yml")).unwrap_err();
        assert!(format!("{error:?}").contains('3'), "{error:?}");
    }

    #[test]
    fn texts_end_and_tabs_stand_as_in_pyyaml() {
        assert_eq!(json("a: |\n  b"), r#"{"a":"b"}"#);
        assert_eq!(json("a: |\n  b\n"), r#"{"a":"b\n"}"#);
        assert_eq!(json("a: >\n  b\n  c"), r#"{"a":"b c"}"#);
        assert_eq!(json("a: |\n  b\nc: b"), r#"{"a":"b\n","c":"b"}"#);
        assert_eq!(json("a:\tb\nc: \td"), r#"{"a":"b","c":"d"}"#);
        assert_eq!(json("a: !!null x\nb: -.5\n5.: c"), r#"{"a":null,"b":"-.5","5.0":"c"}"#);
        for refused in ["a: !mine b", "a: =", "a: <<", "a: !!python/none b"] {
            assert!(parse(refused, Path::new("test.yml")).is_err(), "{refused}");
        }
    }

    #[test]
    fn merge_keys_do_not_override() {
        assert_eq!(
            json("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n"),
            r#"{"a":{"x":1,"y":2},"b":{"y":3,"x":1}}"#
        );
    }

    #[test]
    fn a_value_knows_the_line_of_its_key() {
        let node = parse("a:\n  - b:\n      c: 1\n", Path::new("test.yml")).unwrap();
        let inner = &node.get("a").unwrap().as_list().unwrap()[0];
        assert_eq!(inner.get("b").unwrap().line, 2);
        assert_eq!(inner.get("b").unwrap().get("c").unwrap().line, 3);
    }

    #[test]
    fn errors_point_at_the_line() {
        for (text, line) in [("a: 1\nb: [1, 2\nc: 3\n", 3), ("a: 1\na: 2\n", 2), ("a: {{ x }}\n", 1)] {
            let error = parse(text, Path::new("test.yml")).unwrap_err();
            assert_eq!(error.place().unwrap().line, Some(line), "{error}");
        }
        assert!(parse(&"[".repeat(1000), Path::new("test.yml")).is_err());
    }
}
