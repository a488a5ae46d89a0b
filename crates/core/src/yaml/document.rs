//! From the events of the parser to one value with its lines.

use super::libyaml::{Event, Events, Position, Refused, Scalar};
use super::merge::with_bases;
use super::node::{Mapping, Node, Value};
use super::scalar::{own_tag, plain, tagged};
use crate::error::{Context, Error, Result};
use std::collections::HashMap;
use std::path::Path;

/// Deeper nesting than this is refused; no hand-written file comes near.
const MAX_DEPTH: usize = 128;
/// More values than this, aliases expanded, are refused (an alias bomb, most likely).
const MAX_VALUES: usize = 5_000_000;

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
    let mut builder = Builder {
        text,
        file,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        values: 0,
        repeats: Vec::new(),
    };
    for event in Events::new(text) {
        let (event, at) = event.map_err(|refused| builder.refused(refused))?;
        builder.take(event, at)?;
    }
    Ok((builder.root.unwrap_or(Node { value: Value::Null, line: 1, column: 1 }), builder.repeats))
}

/// A value as a member of what is open, with what matters if it is a key.
struct Member {
    node: Node,
    /// A plain `<<` or `=`, which have a meaning as keys alone.
    is_plain: bool,
}

/// Tagged lists that PyYAML makes pairs of: `!!omap` and `!!pairs`.
enum ListOf {
    Items,
    Pairs,
}

/// A collection whose end has not come yet.
enum Open {
    List { anchor: Option<String>, at: Position, items: Vec<Node>, of: ListOf },
    Map { anchor: Option<String>, at: Position, members: Mapping, key: Option<Member>, merges: Vec<Node> },
}

struct Builder<'t> {
    text: &'t str,
    file: &'t Path,
    open: Vec<Open>,
    /// `None` while the value of the anchor is not complete.
    anchors: HashMap<String, Option<Node>>,
    root: Option<Node>,
    values: usize,
    repeats: Vec<Repeat>,
}

impl Builder<'_> {
    fn error(&self, what: impl std::fmt::Display, (line, column): Position) -> Error {
        Error::new(what).in_text(self.file, self.text, line, Some(column))
    }

    /// What the parser does not take.
    fn refused(&self, refused: Refused) -> Error {
        match refused {
            Refused::Syntax(what, at) => self.error(format!("not valid YAML: {what}"), at),
            Refused::Character(byte) => {
                let before = self.text.get(..byte).unwrap_or_default();
                let found = self.text.get(byte..).and_then(|rest| rest.chars().next()).unwrap_or_default();
                let line = before.rsplit('\n').next().unwrap_or_default();
                let at = (before.matches('\n').count() + 1, line.chars().count() + 1);
                let what = format!("not valid YAML: the character U+{:04X} is not allowed", u32::from(found));
                self.error(what, at).hint("remove it, or write it as an escape in double quotes")
            }
        }
    }

    fn take(&mut self, event: Event, at: Position) -> Result<()> {
        match event {
            Event::Scalar(scalar) => self.scalar(scalar, at),
            Event::ListStart { anchor, tag } => {
                let of = match given(tag.as_deref()) {
                    None | Some((_, Some("seq"))) => ListOf::Items,
                    Some((_, Some("omap" | "pairs"))) => ListOf::Pairs,
                    Some((tag, _)) => return Err(self.unknown_tag(tag, "a list", at)),
                };
                self.announce(anchor.as_ref(), at)?;
                self.nest(Open::List { anchor, at, items: Vec::new(), of }, at)
            }
            Event::MapStart { anchor, tag } => {
                match given(tag.as_deref()) {
                    None | Some((_, Some("map" | "set"))) => {}
                    Some((tag, _)) => return Err(self.unknown_tag(tag, "a mapping", at)),
                }
                self.announce(anchor.as_ref(), at)?;
                let open = Open::Map { anchor, at, members: Mapping::new(), key: None, merges: Vec::new() };
                self.nest(open, at)
            }
            Event::End => self.close(),
            Event::Alias(anchor) => self.alias(&anchor, at),
            Event::DocumentStart if self.root.is_some() => Err(self
                .error("more than one YAML document in the file", at)
                .hint("leave out the second `---`")),
            Event::DocumentStart | Event::Other => Ok(()),
        }
    }

    fn scalar(&mut self, scalar: Scalar, at: Position) -> Result<()> {
        let Scalar { anchor, tag, text, is_plain, is_implicit } = scalar;
        let is_key = matches!(self.open.last(), Some(Open::Map { key: None, .. }));
        let is_plain = is_plain && tag.is_none();
        // These have a meaning of their own as keys, and none as values.
        let is_odd = matches!(text.as_str(), "=" | "<<") && is_plain && !is_key;
        let value = match given(tag.as_deref()) {
            Some((tag, _)) => tagged(tag, &text),
            None if is_odd => None,
            None if is_implicit => plain(&text),
            None => Some(Value::Str(text.clone())),
        };
        let value = value.ok_or_else(|| {
            let what = match tag.as_deref() {
                Some(tag) => format!("'{text}' has no meaning with the tag '{}'", short(tag)),
                None => format!("'{text}' has no meaning as a value"),
            };
            self.error(what, at).hint("write the value in quotes")
        })?;
        self.announce(anchor.as_ref(), at)?;
        self.finish(anchor, Member { node: Node { value, line: at.0, column: at.1 }, is_plain })
    }

    fn alias(&mut self, anchor: &str, at: Position) -> Result<()> {
        match self.anchors.get(anchor) {
            Some(Some(node)) => {
                let node = Node { line: at.0, column: at.1, ..node.clone() };
                self.values += count(&node);
                self.finish(None, Member { node, is_plain: false })
            }
            Some(None) => Err(self.error("this alias names an anchor that is not complete yet", at)),
            None => Err(self
                .error(format!("not valid YAML: the alias '*{anchor}' names no anchor"), at)
                .hint(format!("put `&{anchor}` in front of the value that is meant"))),
        }
    }

    fn unknown_tag(&self, tag: &str, kind: &str, at: Position) -> Error {
        self.error(format!("the tag '{}' has no meaning for {kind}", short(tag)), at).hint("remove the tag")
    }

    /// An anchor is known from where its value begins, and once in a document.
    fn announce(&mut self, anchor: Option<&String>, at: Position) -> Result<()> {
        let Some(anchor) = anchor else { return Ok(()) };
        if self.anchors.insert(anchor.clone(), None).is_some() {
            let what = format!("not valid YAML: the anchor '&{anchor}' is set twice");
            return Err(self.error(what, at).hint("give one of the two another name"));
        }
        Ok(())
    }

    fn nest(&mut self, open: Open, at: Position) -> Result<()> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(format!("nested more than {MAX_DEPTH} levels deep"), at));
        }
        self.open.push(open);
        Ok(())
    }

    /// The end of the collection that was opened last.
    fn close(&mut self) -> Result<()> {
        let (anchor, at, value) = match self.open.pop() {
            Some(Open::List { anchor, at, items, of }) => {
                let items = match of {
                    ListOf::Items => items,
                    ListOf::Pairs => items
                        .into_iter()
                        .map(pair)
                        .collect::<Option<_>>()
                        .ok_or_else(|| self.error("a list of pairs takes mappings of one key", at))?,
                };
                (anchor, at, Value::List(items))
            }
            Some(Open::Map { anchor, at, members, merges, .. }) => {
                let members = with_bases(members, merges).map_err(|merge| {
                    self.error("`<<` takes a mapping, or a list of mappings", (merge.line, merge.column))
                })?;
                (anchor, at, Value::Map(members))
            }
            None => return Ok(()),
        };
        self.finish(anchor, Member { node: Node { value, line: at.0, column: at.1 }, is_plain: false })
    }

    /// Puts a complete value where it belongs: the collection that is open, or the root.
    fn finish(&mut self, anchor: Option<String>, member: Member) -> Result<()> {
        self.values += 1;
        if self.values > MAX_VALUES {
            let at = (member.node.line, member.node.column);
            return Err(self.error(format!("more than {MAX_VALUES} values"), at));
        }
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Some(member.node.clone()));
        }
        match self.open.last_mut() {
            None => self.root = Some(member.node),
            Some(Open::List { items, .. }) => items.push(member.node),
            Some(Open::Map { members, key, merges, .. }) => match key.take() {
                None => *key = Some(member),
                Some(Member { node: name, is_plain }) => {
                    let node = member.node;
                    let Some(text) = key_text(&name, members) else {
                        let what = format!("{} cannot be a key", name.kind());
                        return Err(self
                            .error(what, (name.line, name.column))
                            .hint("text that begins with `{` needs quotes: key: \"{{ ... }}\""));
                    };
                    if text == "<<" && is_plain {
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
}

/// A tag that says something, with its name among YAML's own. `!` alone says only that quotes are meant.
fn given(tag: Option<&str>) -> Option<(&str, Option<&str>)> {
    tag.filter(|tag| *tag != "!").map(|tag| (tag, own_tag(tag)))
}

/// A tag as it is written: `!!int`.
fn short(tag: &str) -> String {
    own_tag(tag).map_or_else(|| tag.to_owned(), |own| format!("!!{own}"))
}

/// A mapping of one key as the list of its key and its value.
fn pair(node: Node) -> Option<Node> {
    let Value::Map(members) = node.value else { return None };
    let (1, Some((key, value))) = (members.len(), members.into_iter().next()) else { return None };
    let key = Node { value: Value::Str(key), line: value.line, column: value.column };
    Some(Node { value: Value::List(vec![key, value]), line: node.line, column: node.column })
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// A key as text. To Python `1`, `1.0` and `true` are the same key, which keeps the form that came first.
fn key_text(node: &Node, members: &Mapping) -> Option<String> {
    let text = match node.value {
        Value::Null => "null".to_owned(),
        // As Python's str() has it: `5.0`.
        Value::Float(float) if float.is_finite() => format!("{float:?}"),
        Value::Float(float) => float.to_string().to_lowercase(),
        _ => node.scalar_text()?,
    };
    let same: &[&str] = match node.value {
        Value::Bool(true) => &["1", "1.0"],
        Value::Bool(false) => &["0", "0.0"],
        Value::Int(1) => &["true", "1.0"],
        Value::Int(0) => &["false", "0.0"],
        Value::Float(1.0) => &["true", "1"],
        Value::Float(0.0) => &["false", "0"],
        Value::Int(_) => &[&format!("{text}.0")],
        Value::Float(float) if float.fract() == 0.0 => &[&format!("{float}")],
        _ => &[],
    };
    let first = same.iter().find(|other| members.contains_key(**other));
    Some(first.map_or(text, |first| (*first).to_owned()))
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
            r#"{"a":{"x":1,"y":2},"b":{"x":1,"y":3}}"#
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
