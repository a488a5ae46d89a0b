//! Python's `re`.

use super::module::Module;
use crate::error::{Error, Kind, Result};
use crate::value::{Args, Bound, Dict, Object, State, Value};
use fancy_regex::{Captures, Regex};
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

const IGNORE_CASE: i128 = 2;
const MULTILINE: i128 = 8;
const DOT_ALL: i128 = 16;
const VERBOSE: i128 = 64;

/// Where a match must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Anchor {
    Anywhere,
    Start,
    Whole,
}

pub(super) fn module() -> Value {
    let mut members: Vec<(&'static str, Value)> = Pattern::METHODS
        .iter()
        .map(|name| {
            let function = Value::function(*name, move |state: &mut State<'_>, mut args: Args| {
                let pattern = match args.positional.is_empty() {
                    false => args.positional.remove(0),
                    true => args
                        .named
                        .shift_remove("pattern")
                        .ok_or_else(|| Error::type_error(format!("{name}() needs a pattern")))?,
                };
                // The flags stand behind the other arguments: third, or fifth for sub, fourth for split.
                let place = match *name {
                    "sub" | "subn" => 3,
                    "split" => 2,
                    _ => 1,
                };
                let flags = match args.named.shift_remove("flags") {
                    Some(flags) => flags.as_int().unwrap_or(0),
                    None if args.positional.len() > place => {
                        args.positional.remove(place).as_int().unwrap_or(0)
                    }
                    None => 0,
                };
                Pattern::of(&pattern, flags)?.method(state, name, args)
            });
            (*name, function)
        })
        .collect();
    members.push((
        "compile",
        Value::function("compile", |_, args| {
            let mut bound = args.bind("compile", &["pattern", "flags?"])?;
            let flags = bound.optional_int("flags")?.unwrap_or(0);
            Ok(Value::object(Pattern::of(&bound.value("pattern"), flags)?))
        }),
    ));
    members.push((
        "escape",
        Value::function("escape", |_, args| {
            let text = args.bind("escape", &["pattern"])?.text("pattern")?;
            let mut out = String::new();
            for character in text.chars() {
                if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(character) {
                    out.push('\\');
                }
                out.push(character);
            }
            Ok(Value::from(out))
        }),
    ));
    for (names, flag) in [
        (["I", "IGNORECASE"], IGNORE_CASE),
        (["M", "MULTILINE"], MULTILINE),
        (["S", "DOTALL"], DOT_ALL),
        (["X", "VERBOSE"], VERBOSE),
    ] {
        members.extend(names.map(|name| (name, Value::Int(flag))));
    }
    Module::of("re", members)
}

type Compiled = HashMap<(String, i128, Anchor), Arc<Regex>>;

/// Compiles once; a template asks for the same few patterns over and over.
fn compile(pattern: &str, flags: i128, anchor: Anchor) -> Result<Arc<Regex>> {
    static COMPILED: OnceLock<Mutex<Compiled>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(Mutex::default);
    let key = (pattern.to_owned(), flags, anchor);
    if let Some(known) = compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(known.clone());
    }
    let mut letters = String::new();
    for (flag, letter) in [(IGNORE_CASE, 'i'), (MULTILINE, 'm'), (DOT_ALL, 's'), (VERBOSE, 'x')] {
        if flags & flag != 0 {
            letters.push(letter);
        }
    }
    let flagged = if letters.is_empty() { String::new() } else { format!("(?{letters})") };
    let pattern = pattern.replace("\\Z", "\\z");
    // The line break ends a comment of a verbose pattern.
    let close = if flags & VERBOSE != 0 { "\n)" } else { ")" };
    let whole = match anchor {
        Anchor::Anywhere => format!("{flagged}{pattern}"),
        Anchor::Start => format!("{flagged}\\A(?:{pattern}{close}"),
        Anchor::Whole => format!("{flagged}\\A(?:{pattern}{close}\\z"),
    };
    let regex = Regex::new(&whole)
        .map_err(|error| Error::value(format!("'{pattern}' is no regular expression: {error}")))?;
    let regex = Arc::new(regex);
    let mut known = compiled.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() > 500 {
        known.clear();
    }
    known.insert(key, regex.clone());
    Ok(regex)
}

struct Pattern {
    text: String,
    flags: i128,
}

fn failed(error: fancy_regex::Error) -> Error {
    Error::value(format!("the regular expression could not be run: {error}"))
}

impl Pattern {
    const METHODS: [&'static str; 8] =
        ["match", "fullmatch", "search", "findall", "finditer", "sub", "subn", "split"];

    fn of(pattern: &Value, flags: i128) -> Result<Self> {
        if let Some(known) = pattern.downcast::<Pattern>() {
            return Ok(Self { text: known.text.clone(), flags: known.flags });
        }
        match pattern {
            Value::Str(text) => {
                compile(text, flags, Anchor::Anywhere)?;
                Ok(Self { text: text.to_string(), flags })
            }
            Value::Undefined(undefined) => Err(Error::undefined(undefined.message())),
            _ => Err(Error::type_error("first argument must be string or compiled pattern")),
        }
    }

    fn all<'t>(&self, text: &'t str) -> Result<(Arc<Regex>, Vec<Captures<'t, str>>)> {
        let regex = compile(&self.text, self.flags, Anchor::Anywhere)?;
        // As Python: an empty match may follow a match directly, but not another empty one.
        let mut found = Vec::new();
        let mut at = 0;
        while at <= text.len() {
            let Some(captures) = regex.captures_from_pos(text, at).map_err(failed)? else { break };
            let Some(whole) = captures.get(0) else { break };
            let next = text[whole.end()..].chars().next().map_or(1, char::len_utf8);
            at = if whole.start() == whole.end() { whole.end() + next } else { whole.end() };
            found.push(captures);
        }
        Ok((regex, found))
    }

    fn method(&self, state: &mut State<'_>, name: &str, args: Args) -> Result<Value> {
        match name {
            "match" | "fullmatch" | "search" => {
                let text = args.bind(name, &["string"])?.text("string")?;
                let anchor = match name {
                    "match" => Anchor::Start,
                    "fullmatch" => Anchor::Whole,
                    _ => Anchor::Anywhere,
                };
                let regex = compile(&self.text, self.flags, anchor)?;
                let found = regex.captures(text.as_str()).map_err(failed)?;
                Ok(found.map_or(Value::None, |captures| Value::object(Match::of(&regex, &captures, &text))))
            }
            "findall" => {
                let text = args.bind(name, &["string"])?.text("string")?;
                let group = |captures: &Captures<'_, str>, index| {
                    Value::from(captures.get(index).map_or("", |found| found.as_str()))
                };
                let items = self.all(&text)?.1.into_iter().map(|captures| match captures.len() {
                    1 => group(&captures, 0),
                    2 => group(&captures, 1),
                    count => Value::tuple((1..count).map(|index| group(&captures, index))),
                });
                Ok(Value::list(items))
            }
            "finditer" => {
                let text = args.bind(name, &["string"])?.text("string")?;
                let (regex, found) = self.all(&text)?;
                let matches = found.iter().map(|captures| Value::object(Match::of(&regex, captures, &text)));
                Ok(Value::generator(matches.collect()))
            }
            "split" => {
                let mut bound = args.bind(name, &["string", "maxsplit?"])?;
                let text = bound.text("string")?;
                let most = limit(&mut bound, "maxsplit")?;
                let mut parts = Vec::new();
                let mut at = 0;
                for captures in self.all(&text)?.1.into_iter().take(most) {
                    let Some(whole) = captures.get(0) else { continue };
                    parts.push(Value::from(&text[at..whole.start()]));
                    for index in 1..captures.len() {
                        parts.push(
                            captures.get(index).map_or(Value::None, |found| Value::from(found.as_str())),
                        );
                    }
                    at = whole.end();
                }
                parts.push(Value::from(&text[at..]));
                Ok(Value::from(parts))
            }
            _ => {
                let mut bound = args.bind(name, &["repl", "string", "count?"])?;
                let replacement = bound.value("repl");
                let text = bound.text("string")?;
                let most = limit(&mut bound, "count")?;
                let (regex, found) = self.all(&text)?;
                let mut out = String::new();
                let (mut at, mut count) = (0, 0);
                for captures in found.into_iter().take(most) {
                    let Some(whole) = captures.get(0) else { continue };
                    out.push_str(&text[at..whole.start()]);
                    match &replacement {
                        Value::Str(template) => expand(template, &captures, &mut out)?,
                        function => {
                            let found = Value::object(Match::of(&regex, &captures, &text));
                            out.push_str(&state.call(function, Args::of([found]))?.to_string());
                        }
                    }
                    at = whole.end();
                    count += 1;
                }
                out.push_str(&text[at..]);
                let out = Value::from(out);
                Ok(if name == "subn" { Value::tuple([out, Value::Int(count)]) } else { out })
            }
        }
    }
}

/// 0 means no limit.
fn limit(bound: &mut Bound<'_>, name: &str) -> Result<usize> {
    let most = bound.optional_int(name)?.unwrap_or(0);
    Ok(if most <= 0 { usize::MAX } else { usize::try_from(most).unwrap_or(usize::MAX) })
}

/// `\1`, `\g<1>`, `\g<name>`, `\n` and the like of a replacement.
fn expand(template: &str, captures: &Captures<'_, str>, out: &mut String) -> Result<()> {
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else {
            return Err(Error::value("bad escape (end of pattern)"));
        };
        if escape.is_ascii_digit() {
            let length = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
            let index: usize = rest[..length].parse().unwrap_or(0);
            if index >= captures.len() {
                return Err(Error::value(format!("invalid group reference {index}")));
            }
            out.push_str(captures.get(index).map_or("", |found| found.as_str()));
            rest = &rest[length..];
            continue;
        }
        rest = &rest[escape.len_utf8()..];
        match escape {
            'g' => {
                let inner = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
                let (name, after) = inner.ok_or_else(|| Error::value("missing <"))?;
                let found = match name.parse::<usize>() {
                    Ok(index) => captures.get(index),
                    Err(_) => captures.name(name),
                };
                out.push_str(found.map_or("", |found| found.as_str()));
                rest = after;
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '\\' => out.push('\\'),
            letter if letter.is_ascii_alphabetic() => {
                return Err(Error::value(format!("bad escape \\{letter}")));
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push_str(rest);
    Ok(())
}

impl Object for Pattern {
    fn type_name(&self) -> &str {
        "re.Pattern"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "pattern" => Some(Value::from(self.text.as_str())),
            "flags" => Some(Value::Int(self.flags)),
            _ => None,
        }
    }
    fn method_names(&self) -> &[&'static str] {
        &Self::METHODS
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        Self::METHODS.contains(&name).then(|| self.method(state, name, args.clone()))
    }
    fn repr(&self) -> String {
        format!("re.compile({})", Value::from(self.text.as_str()).repr())
    }
}

/// One match: the groups' texts and places, in characters.
struct Match {
    groups: Vec<Option<(usize, usize, String)>>,
    names: Vec<Option<String>>,
}

impl Match {
    fn of(regex: &Regex, captures: &Captures<'_, str>, text: &str) -> Self {
        let place = |byte: usize| text[..byte].chars().count();
        let groups = captures
            .iter()
            .map(|found| {
                found.map(|found| (place(found.start()), place(found.end()), found.as_str().to_owned()))
            })
            .collect();
        Self { groups, names: regex.capture_names().map(|name| name.map(str::to_owned)).collect() }
    }
    fn index(&self, group: &Value) -> Result<usize> {
        let index = match group {
            Value::Str(name) => self.names.iter().position(|known| known.as_deref() == Some(name)),
            other => other.as_int().and_then(|index| usize::try_from(index).ok()),
        };
        index
            .filter(|index| *index < self.groups.len())
            .ok_or_else(|| Error::new(Kind::Index, format!("no such group: {}", group.repr())))
    }
    fn text(&self, index: usize, default: &Value) -> Value {
        self.groups[index].as_ref().map_or_else(|| default.clone(), |(_, _, text)| Value::from(text.as_str()))
    }
    fn method(&self, name: &str, args: Args) -> Result<Value> {
        match name {
            "group" => {
                let groups = args
                    .positional
                    .iter()
                    .map(|group| Ok(self.text(self.index(group)?, &Value::None)))
                    .collect::<Result<Vec<_>>>()?;
                Ok(match groups.len() {
                    0 => self.text(0, &Value::None),
                    1 => groups[0].clone(),
                    _ => Value::tuple(groups),
                })
            }
            "groups" => {
                let default = args.bind(name, &["default?"])?.value("default");
                Ok(Value::tuple((1..self.groups.len()).map(|index| self.text(index, &default))))
            }
            "groupdict" => {
                let default = args.bind(name, &["default?"])?.value("default");
                let dict = Dict::default();
                for (index, name) in self.names.iter().enumerate() {
                    if let Some(name) = name {
                        dict.set_str(name.as_str(), self.text(index, &default));
                    }
                }
                Ok(Value::Dict(dict))
            }
            _ => {
                let group = args.bind(name, &["group?"])?.take("group").unwrap_or(Value::Int(0));
                let place = self.groups[self.index(&group)?].as_ref();
                let place = place.map_or((-1, -1), |(start, end, _)| (*start as i128, *end as i128));
                Ok(match name {
                    "start" => Value::Int(place.0),
                    "end" => Value::Int(place.1),
                    _ => Value::tuple([Value::Int(place.0), Value::Int(place.1)]),
                })
            }
        }
    }
}

impl Object for Match {
    fn type_name(&self) -> &str {
        "re.Match"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        self.index(key).map(|index| Some(self.text(index, &Value::None)))
    }
    fn method_names(&self) -> &[&'static str] {
        &["group", "groups", "groupdict", "start", "end", "span"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        self.method_names().contains(&name).then(|| self.method(name, args.clone()))
    }
    fn repr(&self) -> String {
        let (start, end, text) = self.groups[0].clone().unwrap_or_default();
        format!("<re.Match object; span=({start}, {end}), match={}>", Value::from(text).repr())
    }
}
