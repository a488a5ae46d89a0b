//! A regular expression, compiled once, and its methods.

use super::found::Match;
use super::replacement::expand;
use crate::error::{Error, Result};
use crate::value::{Args, Bound, Method, MethodTable, Object, State, Value};
use fancy_regex::{Captures, Regex};
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(super) const IGNORE_CASE: i128 = 2;
pub(super) const MULTILINE: i128 = 8;
pub(super) const DOT_ALL: i128 = 16;
pub(super) const VERBOSE: i128 = 64;

/// Where a match must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Anchor {
    Anywhere,
    Start,
    Whole,
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
        .map_err(|error| Error::value(format!("'{pattern}' is not a regular expression: {error}")))?;
    let regex = Arc::new(regex);
    let mut known = compiled.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() > 500 {
        known.clear();
    }
    known.insert(key, regex.clone());
    Ok(regex)
}

pub(super) struct Pattern {
    text: String,
    flags: i128,
}

fn failed(error: fancy_regex::Error) -> Error {
    Error::value(format!("the regular expression could not be run: {error}"))
}

impl Pattern {
    pub(super) fn of(pattern: &Value, flags: i128) -> Result<Self> {
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

    /// The first match; `None` the value where there is none.
    fn first(&self, bound: &mut Bound<'_>, anchor: Anchor) -> Result<Value> {
        let text = bound.text("string")?;
        let regex = compile(&self.text, self.flags, anchor)?;
        let found = regex.captures(text.as_str()).map_err(failed)?;
        Ok(found.map_or(Value::None, |captures| Value::object(Match::new(&regex, &captures, &text))))
    }

    fn find_all(&self, bound: &mut Bound<'_>) -> Result<Value> {
        let text = bound.text("string")?;
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

    fn find_iter(&self, bound: &mut Bound<'_>) -> Result<Value> {
        let text = bound.text("string")?;
        let (regex, found) = self.all(&text)?;
        let matches = found.iter().map(|captures| Value::object(Match::new(&regex, captures, &text)));
        Ok(Value::generator(matches.collect()))
    }

    fn split(&self, bound: &mut Bound<'_>) -> Result<Value> {
        let text = bound.text("string")?;
        let most = limit(bound, "maxsplit")?;
        let mut parts = Vec::new();
        let mut at = 0;
        for captures in self.all(&text)?.1.into_iter().take(most) {
            let Some(whole) = captures.get(0) else { continue };
            parts.push(Value::from(&text[at..whole.start()]));
            for index in 1..captures.len() {
                parts.push(captures.get(index).map_or(Value::None, |found| Value::from(found.as_str())));
            }
            at = whole.end();
        }
        parts.push(Value::from(&text[at..]));
        Ok(Value::from(parts))
    }

    /// The text with the matches replaced, and how many there were.
    fn substitute(&self, state: &mut State<'_>, bound: &mut Bound<'_>) -> Result<(Value, i128)> {
        let replacement = bound.value("repl");
        let text = bound.text("string")?;
        let most = limit(bound, "count")?;
        let (regex, found) = self.all(&text)?;
        let mut out = String::new();
        let (mut at, mut count) = (0, 0);
        for captures in found.into_iter().take(most) {
            let Some(whole) = captures.get(0) else { continue };
            out.push_str(&text[at..whole.start()]);
            match &replacement {
                Value::Str(template) => expand(template, &captures, &mut out)?,
                function => {
                    let found = Value::object(Match::new(&regex, &captures, &text));
                    out.push_str(&state.call(function, Args::of([found]))?.to_string());
                }
            }
            at = whole.end();
            count += 1;
        }
        out.push_str(&text[at..]);
        Ok((Value::from(out), count))
    }
}

const fn method(
    name: &'static str,
    parameters: &'static [&'static str],
    call: fn(&mut State<'_>, &Pattern, &mut Bound<'_>) -> Result<Value>,
) -> Method<Pattern> {
    Method { name, parameters, call }
}

pub(super) static PATTERN_METHODS: MethodTable<Pattern, 8> = MethodTable::new(
    "re",
    [
        method("match", &["string"], |_, pattern, bound| pattern.first(bound, Anchor::Start)),
        method("fullmatch", &["string"], |_, pattern, bound| pattern.first(bound, Anchor::Whole)),
        method("search", &["string"], |_, pattern, bound| pattern.first(bound, Anchor::Anywhere)),
        method("findall", &["string"], |_, pattern, bound| pattern.find_all(bound)),
        method("finditer", &["string"], |_, pattern, bound| pattern.find_iter(bound)),
        method("sub", &["repl", "string", "count?"], |state, pattern, bound| {
            pattern.substitute(state, bound).map(|(text, _)| text)
        }),
        method("subn", &["repl", "string", "count?"], |state, pattern, bound| {
            let (text, count) = pattern.substitute(state, bound)?;
            Ok(Value::tuple([text, Value::Int(count)]))
        }),
        method("split", &["string", "maxsplit?"], |_, pattern, bound| pattern.split(bound)),
    ],
);

/// 0 means no limit.
fn limit(bound: &mut Bound<'_>, name: &str) -> Result<usize> {
    let most = bound.optional_int(name)?.unwrap_or(0);
    Ok(if most <= 0 { usize::MAX } else { usize::try_from(most).unwrap_or(usize::MAX) })
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
        PATTERN_METHODS.names()
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        PATTERN_METHODS.call(state, self, name, args)
    }
    fn repr(&self) -> String {
        format!("re.compile({})", Value::from(self.text.as_str()).repr())
    }
}
