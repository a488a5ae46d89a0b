//! Between JSON (configs, nodes) and the values of templates.

use ingot_jinja::Value;
use serde_json::Value as Json;

/// A template's value for a JSON one.
pub(crate) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match number.as_i64() {
            Some(int) => int.into(),
            None => number
                .to_string()
                .parse::<i128>()
                .map(Value::from)
                .unwrap_or_else(|_| number.as_f64().map_or(Value::None, Value::from)),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::list(items.iter().map(from_json)),
        Json::Object(members) => {
            Value::dict(members.iter().map(|(key, value)| (key.as_str(), from_json(value))))
        }
    }
}

/// JSON for a template's value; what JSON has no form for becomes its text.
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::None | Value::Undefined(_) => Json::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(int) => match i64::try_from(*int) {
            Ok(int) => int.into(),
            Err(_) => int.to_string().into(),
        },
        Value::Float(float) => serde_json::Number::from_f64(*float).map_or(Json::Null, Json::Number),
        Value::Str(text) => text.to_string().into(),
        Value::List(list) => list.items().iter().map(to_json).collect(),
        Value::Tuple(items) => items.iter().map(to_json).collect(),
        Value::Dict(dict) => {
            Json::Object(dict.entries().iter().map(|(key, value)| (text(key), to_json(value))).collect())
        }
        Value::Object(object) => match object.to_plain() {
            Some(plain) => to_json(&plain),
            None => object.to_str().into(),
        },
        other => text(other).into(),
    }
}

/// Python's `str(value)`.
pub(crate) fn text(value: &Value) -> String {
    value.to_string()
}
