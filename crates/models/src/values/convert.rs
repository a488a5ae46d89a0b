//! Between JSON (configs, nodes), cells of results, and the values of templates.

use ingot_engine::Cell;
use ingot_jinja::Value;
use ingot_jinja::python::datetime as python;
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

/// Python's `str(value)` for the kinds that keys and messages are made of.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::None => "None".to_owned(),
        Value::Undefined(_) => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) if float.fract() == 0.0 && float.abs() < 1e16 => format!("{float:.1}"),
        Value::Float(float) => float.to_string(),
        Value::Object(object) => object.to_str(),
        Value::List(_) | Value::Tuple(_) | Value::Dict(_) => crate::json_values::python_str(&to_json(value)),
        other => format!("<{}>", other.type_name()),
    }
}

/// A template's value for a cell of a result.
pub(crate) fn from_cell(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::None,
        Cell::Bool(flag) => (*flag).into(),
        Cell::Int(int) => (*int).into(),
        Cell::Float(float) => (*float).into(),
        // Whole decimals stay exact; others print as written in all but the longest cases.
        Cell::Decimal(text) => match text.parse::<i128>() {
            Ok(int) => int.into(),
            Err(_) => text.parse::<f64>().map(Value::from).unwrap_or_else(|_| text.as_str().into()),
        },
        Cell::Date(text) => text.parse().map_or_else(|_| text.as_str().into(), python::date),
        Cell::Timestamp(text) => match text.strip_suffix("+00") {
            Some(utc) => format!("{}Z", utc.replace(' ', "T"))
                .parse()
                .map_or_else(|_| text.as_str().into(), python::utc),
            None => text.parse().map_or_else(|_| text.as_str().into(), python::naive),
        },
        Cell::Text(text) | Cell::Other(text) => text.as_str().into(),
    }
}
