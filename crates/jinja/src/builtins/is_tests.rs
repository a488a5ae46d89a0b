//! jinja's tests: what follows `is`. <https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-tests>

use crate::error::{Error, Result};
use crate::value::arithmetic::binary;
use crate::value::{Args, BuiltinTest, Operator, Value};
use std::cmp::Ordering;

pub(super) const TESTS: &[(&str, BuiltinTest)] = &[
    ("!=", |_, value, args| Ok(!value.equals(&other(args)?))),
    ("<", |_, value, args| ordered(&value, args, "<", Ordering::is_lt)),
    ("<=", |_, value, args| ordered(&value, args, "<=", Ordering::is_le)),
    ("==", |_, value, args| Ok(value.equals(&other(args)?))),
    (">", |_, value, args| ordered(&value, args, ">", Ordering::is_gt)),
    (">=", |_, value, args| ordered(&value, args, ">=", Ordering::is_ge)),
    ("boolean", |_, value, args| none(args).map(|()| matches!(value, Value::Bool(_)))),
    ("callable", |_, value, args| none(args).map(|()| value.is_callable() || value.is_undefined())),
    ("defined", |_, value, args| none(args).map(|()| !value.is_undefined())),
    ("divisibleby", |_, value, args| divides(&value, &other(args)?)),
    ("eq", |_, value, args| Ok(value.equals(&other(args)?))),
    ("equalto", |_, value, args| Ok(value.equals(&other(args)?))),
    ("escaped", |_, _, args| none(args).map(|()| false)),
    ("even", |_, value, args| none(args).and_then(|()| divides(&value, &Value::Int(2)))),
    ("false", |_, value, args| none(args).map(|()| matches!(value, Value::Bool(false)))),
    ("filter", |state, value, args| {
        none(args)?;
        let name = value.as_str().unwrap_or_default();
        let environment = state.environment;
        Ok(environment.builtins.filter(name).is_some() || environment.filters.contains_key(name))
    }),
    ("float", |_, value, args| none(args).map(|()| matches!(value, Value::Float(_)))),
    ("ge", |_, value, args| ordered(&value, args, ">=", Ordering::is_ge)),
    ("greaterthan", |_, value, args| ordered(&value, args, ">", Ordering::is_gt)),
    ("gt", |_, value, args| ordered(&value, args, ">", Ordering::is_gt)),
    ("in", |_, value, args| other(args)?.contains(&value)),
    ("integer", |_, value, args| none(args).map(|()| matches!(value, Value::Int(_)))),
    ("iterable", |_, value, args| none(args).map(|()| iterable(&value))),
    ("le", |_, value, args| ordered(&value, args, "<=", Ordering::is_le)),
    ("lessthan", |_, value, args| ordered(&value, args, "<", Ordering::is_lt)),
    ("lower", |_, value, args| {
        none(args)?;
        let text = value.to_string();
        Ok(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase))
    }),
    ("lt", |_, value, args| ordered(&value, args, "<", Ordering::is_lt)),
    ("mapping", |_, value, args| none(args).map(|()| is_mapping(&value))),
    ("ne", |_, value, args| Ok(!value.equals(&other(args)?))),
    ("none", |_, value, args| none(args).map(|()| value.is_none())),
    ("number", |_, value, args| none(args).map(|()| value.as_float().is_some())),
    ("odd", |_, value, args| {
        none(args)?;
        Ok(binary(Operator::Modulo, &value, &Value::Int(2))?.equals(&Value::Int(1)))
    }),
    ("sameas", |_, value, args| Ok(value.is_same(&other(args)?))),
    ("sequence", |_, value, args| none(args).map(|()| is_sequence(&value))),
    ("string", |_, value, args| none(args).map(|()| matches!(value, Value::Str(_)))),
    ("test", |state, value, args| {
        none(args)?;
        let name = value.as_str().unwrap_or_default();
        let environment = state.environment;
        Ok(environment.builtins.test(name).is_some() || environment.tests.contains_key(name))
    }),
    ("true", |_, value, args| none(args).map(|()| matches!(value, Value::Bool(true)))),
    ("undefined", |_, value, args| none(args).map(|()| value.is_undefined())),
    ("upper", |_, value, args| {
        none(args)?;
        let text = value.to_string();
        Ok(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase))
    }),
];

fn none(args: Args) -> Result<()> {
    args.bind("the test", &[]).map(|_| ())
}

fn other(args: Args) -> Result<Value> {
    Ok(args.bind("the test", &["other"])?.value("other"))
}

fn ordered(value: &Value, args: Args, symbol: &str, wanted: fn(Ordering) -> bool) -> Result<bool> {
    Ok(value.order(&other(args)?, symbol)?.is_some_and(wanted))
}

fn divides(value: &Value, by: &Value) -> Result<bool> {
    if let Value::Undefined(undefined) = value {
        return Err(Error::undefined(undefined.message()));
    }
    Ok(binary(Operator::Modulo, value, by)?.equals(&Value::Int(0)))
}

fn iterable(value: &Value) -> bool {
    match value {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => false,
        Value::Function(_) | Value::Method(_) => false,
        Value::Object(object) => object.iterate().is_some(),
        _ => true,
    }
}

fn is_mapping(value: &Value) -> bool {
    match value {
        Value::Dict(_) => true,
        Value::Object(object) => object.is_mapping(),
        _ => false,
    }
}

fn is_sequence(value: &Value) -> bool {
    match value {
        Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Range(_) => true,
        Value::Undefined(_) => true,
        Value::Object(object) => object.length().is_some() && !object.type_name().starts_with("dict_"),
        _ => false,
    }
}
