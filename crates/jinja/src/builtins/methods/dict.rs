//! Methods of dicts. <https://docs.python.org/3/library/stdtypes.html#mapping-types-dict>

use super::views::{Kind as ViewKind, View};
use crate::error::{Error, Kind, Result};
use crate::value::{Args, Bound, Dict, Key, Method, MethodTable, State, Value};
use indexmap::IndexMap;

const fn method(
    name: &'static str,
    parameters: &'static [&'static str],
    call: fn(&mut State<'_>, &Dict, &mut Bound<'_>) -> Result<Value>,
) -> Method<Dict> {
    Method { name, parameters, call }
}

pub(super) static METHODS: MethodTable<Dict, 11> = MethodTable::new(
    "dict",
    [
        method("get", &["key", "default?"], |_, dict, bound| {
            let found = match bound.value("key") {
                Value::Str(key) => dict.get_str(&key),
                other => dict.get(&Key::new(other)?),
            };
            Ok(found.unwrap_or_else(|| bound.value("default")))
        }),
        method("items", &[], |_, dict, _| Ok(view(dict, ViewKind::Items))),
        method("keys", &[], |_, dict, _| Ok(view(dict, ViewKind::Keys))),
        method("values", &[], |_, dict, _| Ok(view(dict, ViewKind::Values))),
        method("update", &["*"], |_, dict, bound| update(dict, bound.rest())),
        method("pop", &["key", "default?"], |_, dict, bound| {
            let key = Key::new(bound.value("key"))?;
            dict.remove(&key).or_else(|| bound.take("default")).ok_or_else(|| {
                Error::new(Kind::Key, key.value().repr())
                    .hint("the dict has no such key; pop(key, default) gives a default")
            })
        }),
        method("popitem", &[], |_, dict, _| match dict.change(|dict| dict.pop()) {
            Some((key, value)) => Ok(Value::tuple([key.into_value(), value])),
            None => Err(Error::new(Kind::Key, "'popitem(): dictionary is empty'")),
        }),
        method("setdefault", &["key", "default?"], |_, dict, bound| {
            let key = Key::new(bound.value("key"))?;
            if let Some(found) = dict.get(&key) {
                return Ok(found);
            }
            let default = bound.value("default");
            dict.set(key, default.clone());
            Ok(default)
        }),
        method("copy", &[], |_, dict, _| Ok(Value::Dict(Dict::new(dict.snapshot())))),
        method("clear", &[], |_, dict, _| {
            dict.change(IndexMap::clear);
            Ok(Value::None)
        }),
        method("fromkeys", &["iterable", "value?"], |_, _, bound| {
            let keys = bound.value("iterable").iterate()?;
            let value = bound.value("value");
            let made = Dict::default();
            for key in keys {
                made.set(Key::new(key)?, value.clone());
            }
            Ok(Value::Dict(made))
        }),
    ],
);

fn view(dict: &Dict, kind: ViewKind) -> Value {
    Value::object(View { dict: dict.clone(), kind })
}

fn update(dict: &Dict, args: Args) -> Result<Value> {
    if args.positional.len() > 1 {
        return Err(Error::type_error("update expected at most 1 argument"));
    }
    if let Some(other) = args.positional.first() {
        for (key, value) in other.pairs()? {
            dict.set(Key::new(key)?, value);
        }
    }
    for (name, value) in args.named {
        dict.set_str(name, value);
    }
    Ok(Value::None)
}
