//! What a search has found.

use crate::error::{Error, Kind, Result};
use crate::value::{Args, Bound, Dict, Method, MethodTable, Object, State, Value};
use fancy_regex::{Captures, Regex};
use std::any::Any;

/// One match: the groups' texts and places, in characters.
pub(super) struct Match {
    groups: Vec<Option<(usize, usize, String)>>,
    names: Vec<Option<String>>,
}

impl Match {
    pub(super) fn new(regex: &Regex, captures: &Captures<'_, str>, text: &str) -> Self {
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
    /// Where a group begins and ends, -1 where it took no part in the match.
    fn place(&self, bound: &mut Bound<'_>) -> Result<(Value, Value)> {
        let group = bound.take("group").unwrap_or(Value::Int(0));
        let place = self.groups[self.index(&group)?].as_ref();
        let (start, end) = place.map_or((-1, -1), |(start, end, _)| (*start as i128, *end as i128));
        Ok((Value::Int(start), Value::Int(end)))
    }
}

static MATCH_METHODS: MethodTable<Match, 6> = MethodTable::new(
    "re.Match",
    [
        Method {
            name: "group",
            parameters: &["*"],
            call: |_, found, bound| {
                let wanted = bound.rest().positional;
                let group = |group| Ok(found.text(found.index(group)?, &Value::None));
                match &wanted[..] {
                    [] => Ok(found.text(0, &Value::None)),
                    [only] => group(only),
                    several => Ok(Value::tuple(several.iter().map(group).collect::<Result<Vec<_>>>()?)),
                }
            },
        },
        Method {
            name: "groups",
            parameters: &["default?"],
            call: |_, found, bound| {
                let default = bound.value("default");
                Ok(Value::tuple((1..found.groups.len()).map(|index| found.text(index, &default))))
            },
        },
        Method {
            name: "groupdict",
            parameters: &["default?"],
            call: |_, found, bound| {
                let default = bound.value("default");
                let dict = Dict::default();
                for (index, name) in found.names.iter().enumerate() {
                    if let Some(name) = name {
                        dict.set_str(name.as_str(), found.text(index, &default));
                    }
                }
                Ok(Value::Dict(dict))
            },
        },
        Method {
            name: "start",
            parameters: &["group?"],
            call: |_, found, bound| found.place(bound).map(|(start, _)| start),
        },
        Method {
            name: "end",
            parameters: &["group?"],
            call: |_, found, bound| found.place(bound).map(|(_, end)| end),
        },
        Method {
            name: "span",
            parameters: &["group?"],
            call: |_, found, bound| found.place(bound).map(|(start, end)| Value::tuple([start, end])),
        },
    ],
);

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
        MATCH_METHODS.names()
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        MATCH_METHODS.call(state, self, name, args)
    }
    fn repr(&self) -> String {
        let (start, end, text) = self.groups[0].clone().unwrap_or_default();
        format!("<re.Match object; span=({start}, {end}), match={}>", Value::from(text).repr())
    }
}
