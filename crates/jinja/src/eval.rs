//! Expressions.

use super::args::Args;
use super::arithmetic;
use super::ast::{Arguments, Comparison, Expr, ExprKind, FilterCall, TestCall};
use super::attributes;
use super::collections::{Dict, Key};
use super::environment::{State, UndefinedMode};
use super::error::{Error, Kind, Result};
use super::exec::{Frame, lookup};
use super::filters;
use super::methods;
use super::tests;
use super::value::{Undefined, Value};
use std::cmp::Ordering;
use std::sync::Arc;

pub fn evaluate(state: &mut State<'_>, frame: &mut Frame, expr: &Expr) -> Result<Value> {
    let result = match &expr.kind {
        ExprKind::Const(value) => return Ok(value.clone()),
        ExprKind::Name(name) => return Ok(lookup(state, frame, name)),
        _ => compound(state, frame, expr),
    };
    result.map_err(|mut error| {
        error.locate(&frame.source, expr.span);
        error
    })
}

fn compound(state: &mut State<'_>, frame: &mut Frame, expr: &Expr) -> Result<Value> {
    state.stack.check()?;
    match &expr.kind {
        ExprKind::Const(value) => Ok(value.clone()),
        ExprKind::Name(name) => Ok(lookup(state, frame, name)),
        ExprKind::List(items) => Ok(Value::from(all(state, frame, items)?)),
        ExprKind::Tuple(items) => Ok(Value::tuple(all(state, frame, items)?)),
        ExprKind::Dict(items) => {
            let dict = Dict::default();
            for (key, value) in items {
                let key = Key::new(evaluate(state, frame, key)?)?;
                dict.set(key, evaluate(state, frame, value)?);
            }
            Ok(Value::Dict(dict))
        }
        ExprKind::Attribute(object, name) => {
            let object = evaluate(state, frame, object)?;
            attributes::get_attribute(state, &object, name)
        }
        ExprKind::Item(object, key) => {
            let object = evaluate(state, frame, object)?;
            let key = evaluate(state, frame, key)?;
            attributes::get_item(state, &object, &key)
        }
        ExprKind::Slice(object, slice) => {
            let object = evaluate(state, frame, object)?;
            let mut part = |part: &Option<Expr>| match part {
                Some(expr) => evaluate(state, frame, expr),
                None => Ok(Value::None),
            };
            let (start, stop, step) = (part(&slice.start)?, part(&slice.stop)?, part(&slice.step)?);
            attributes::slice(&object, &start, &stop, &step)
        }
        ExprKind::Call(callee, arguments) => call_expression(state, frame, callee, arguments, |args| args),
        ExprKind::Filter(value, call) => {
            let value = evaluate(state, frame, value)?;
            apply_filter(state, frame, value, call)
        }
        ExprKind::Test(value, call) => {
            let value = evaluate(state, frame, value)?;
            apply_test(state, frame, value, call).map(Value::Bool)
        }
        ExprKind::Not(inner) => Ok(Value::Bool(!evaluate(state, frame, inner)?.is_true())),
        ExprKind::Negative(inner) => arithmetic::sign(&evaluate(state, frame, inner)?, true),
        ExprKind::Positive(inner) => arithmetic::sign(&evaluate(state, frame, inner)?, false),
        ExprKind::Binary(operator, left, right) => {
            let left = evaluate(state, frame, left)?;
            let right = evaluate(state, frame, right)?;
            arithmetic::binary(*operator, &left, &right)
        }
        ExprKind::Concat(parts) => {
            let mut text = String::new();
            for part in parts {
                evaluate(state, frame, part)?.write_to(&mut text);
            }
            Ok(Value::from(text))
        }
        ExprKind::Compare(first, rest) => {
            let mut left = evaluate(state, frame, first)?;
            for (comparison, right) in rest {
                let right = evaluate(state, frame, right)?;
                if !compare(*comparison, &left, &right)? {
                    return Ok(Value::Bool(false));
                }
                left = right;
            }
            Ok(Value::Bool(true))
        }
        ExprKind::And(left, right) => {
            let left = evaluate(state, frame, left)?;
            if left.is_true() { evaluate(state, frame, right) } else { Ok(left) }
        }
        ExprKind::Or(left, right) => {
            let left = evaluate(state, frame, left)?;
            if left.is_true() { Ok(left) } else { evaluate(state, frame, right) }
        }
        ExprKind::Conditional(conditional) => {
            if evaluate(state, frame, &conditional.test)?.is_true() {
                evaluate(state, frame, &conditional.then)
            } else if let Some(otherwise) = &conditional.otherwise {
                evaluate(state, frame, otherwise)
            } else {
                let hint = "the conditional expression is false and has no 'else'";
                Ok(Value::Undefined(Arc::new(Undefined { name: None, hint: Some(hint.to_owned()) })))
            }
        }
    }
}

fn all(state: &mut State<'_>, frame: &mut Frame, items: &[Expr]) -> Result<Vec<Value>> {
    items.iter().map(|item| evaluate(state, frame, item)).collect()
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> Result<bool> {
    let ordered =
        |symbol: &str, wanted: fn(Ordering) -> bool| Ok(left.order(right, symbol)?.is_some_and(wanted));
    match comparison {
        Comparison::Equal => Ok(left.equals(right)),
        Comparison::NotEqual => Ok(!left.equals(right)),
        Comparison::Less => ordered("<", Ordering::is_lt),
        Comparison::LessOrEqual => ordered("<=", Ordering::is_le),
        Comparison::Greater => ordered(">", Ordering::is_gt),
        Comparison::GreaterOrEqual => ordered(">=", Ordering::is_ge),
        Comparison::In => right.contains(left),
        Comparison::NotIn => Ok(!right.contains(left)?),
    }
}

/// A call as it is written. A method is called on its object without becoming a value first.
pub fn call_expression(
    state: &mut State<'_>,
    frame: &mut Frame,
    callee: &Expr,
    arguments: &Arguments,
    finish: impl FnOnce(Args) -> Args,
) -> Result<Value> {
    let result = match &callee.kind {
        ExprKind::Attribute(object, name) => {
            let object = evaluate(state, frame, object)?;
            if let Value::Undefined(undefined) = &object
                && state.environment.undefined == UndefinedMode::Lenient
            {
                Err(undefined_error(state, undefined))
            } else {
                let args = finish(self::arguments(state, frame, arguments)?);
                call_method(state, &object, name, args)
            }
        }
        _ => {
            let function = evaluate(state, frame, callee)?;
            let args = finish(self::arguments(state, frame, arguments)?);
            call(state, &function, args)
        }
    };
    result.map_err(|mut error| {
        error.locate(&frame.source, callee.span);
        error
    })
}

fn arguments(state: &mut State<'_>, frame: &mut Frame, arguments: &Arguments) -> Result<Args> {
    let mut args = Args { positional: all(state, frame, &arguments.positional)?, ..Args::default() };
    if let Some(star) = &arguments.star {
        let more = evaluate(state, frame, star)?;
        args.positional.extend(iterate(&more)?);
    }
    for (name, value) in &arguments.named {
        args.named.insert(name.to_string(), evaluate(state, frame, value)?);
    }
    if let Some(double_star) = &arguments.double_star {
        let more = evaluate(state, frame, double_star)?;
        for (key, value) in mapping_entries(&more)? {
            let Value::Str(name) = &key else {
                return Err(Error::type_error("keywords must be strings"));
            };
            if args.named.insert(name.to_string(), value).is_some() {
                return Err(Error::type_error(format!("got multiple values for keyword argument '{name}'")));
            }
        }
    }
    Ok(args)
}

/// Keys and values of a dict, or of an object that is a mapping.
pub fn mapping_entries(value: &Value) -> Result<Vec<(Value, Value)>> {
    match value {
        Value::Dict(dict) => Ok(dict.entries()),
        Value::Object(object) if object.is_mapping() => {
            let keys = object.iterate().unwrap_or_default();
            keys.into_iter()
                .map(|key| Ok((key.clone(), object.get_item(&key)?.unwrap_or(Value::None))))
                .collect()
        }
        Value::Undefined(undefined) => Err(Error::undefined(undefined.message())),
        other => Err(Error::type_error(format!("a mapping is needed, not '{}'", other.type_name()))),
    }
}

/// Calls a value.
pub fn call(state: &mut State<'_>, callee: &Value, args: Args) -> Result<Value> {
    match callee {
        Value::Macro(callee) => callee.call(state, args),
        Value::Function(function) => {
            state.stack.check()?;
            function.call(state, args)
        }
        Value::Method(method) => call_method(state, &method.receiver, &method.name, args),
        Value::Object(object) => {
            state.stack.check()?;
            object.call(state, args)
        }
        Value::Undefined(undefined) => match state.environment.undefined {
            UndefinedMode::Chainable => Ok(callee.clone()),
            UndefinedMode::Lenient => Err(undefined_error(state, undefined)),
        },
        other => Err(Error::type_error(format!("'{}' object is not callable", other.type_name()))),
    }
}

/// `receiver.name(args)`.
pub fn call_method(state: &mut State<'_>, receiver: &Value, name: &Arc<str>, args: Args) -> Result<Value> {
    if let Value::Object(object) = receiver {
        state.stack.check()?;
        if let Some(result) = object.call_method(state, name, &args) {
            return result;
        }
    } else if methods::has(receiver, name) {
        return methods::call(state, receiver, name, args);
    }
    let callee = attributes::get_attribute(state, receiver, name)?;
    if let (Value::Undefined(undefined), Value::Object(object)) = (&callee, receiver) {
        let error = Error::undefined(undefined.message());
        let near = ingot_core::error::nearest(name, object.method_names().iter().copied());
        return match (state.environment.undefined, near) {
            (UndefinedMode::Chainable, _) => Ok(callee),
            (_, Some(near)) => Err(error.hint(format!("did you mean '{near}'?"))),
            (_, None) => Err(error),
        };
    }
    call(state, &callee, args)
}

/// The error that a use of `undefined` is, with the nearest known name.
pub fn undefined_error(state: &State<'_>, undefined: &Undefined) -> Error {
    let error = Error::undefined(undefined.message());
    let (None, Some(name)) = (&undefined.hint, &undefined.name) else { return error };
    let names = state.globals.names();
    let known = names.iter().map(String::as_str).chain(super::globals::NAMES);
    match ingot_core::error::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    }
}

/// The items that `for` walks over.
pub fn iterate(value: &Value) -> Result<Vec<Value>> {
    match value {
        Value::List(list) => Ok(list.items()),
        Value::Tuple(items) => Ok(items.to_vec()),
        Value::Dict(dict) => Ok(dict.keys()),
        Value::Set(set) => Ok(set.items()),
        Value::Str(text) => {
            let mut buffer = [0; 4];
            Ok(text.chars().map(|c| Value::from(&*c.encode_utf8(&mut buffer))).collect())
        }
        Value::Iter(iter) => Ok(iter.drain()),
        Value::Range(range) => Ok(range.iter().map(Value::Int).collect()),
        Value::Undefined(_) => Ok(Vec::new()),
        Value::Object(object) => object.iterate().ok_or_else(|| not_iterable(value)),
        _ => Err(not_iterable(value)),
    }
}

fn not_iterable(value: &Value) -> Error {
    Error::type_error(format!("'{}' object is not iterable", value.type_name()))
}

pub fn apply_filters(
    state: &mut State<'_>,
    frame: &mut Frame,
    mut value: Value,
    calls: &[FilterCall],
) -> Result<Value> {
    for call in calls {
        value = apply_filter(state, frame, value, call).map_err(|mut error| {
            error.locate(&frame.source, call.span);
            error
        })?;
    }
    Ok(value)
}

fn apply_filter(state: &mut State<'_>, frame: &mut Frame, value: Value, call: &FilterCall) -> Result<Value> {
    let args = arguments(state, frame, &call.arguments)?;
    match call.builtin {
        Some(filter) => filter(state, value, args),
        None => filter_by_name(state, &call.name, value, args),
    }
}

/// Also for `map('name')`.
pub fn filter_by_name(state: &mut State<'_>, name: &str, value: Value, args: Args) -> Result<Value> {
    let environment = state.environment;
    if let Some(filter) = environment.filters.get(name) {
        return filter(state, value, args);
    }
    if let Some(filter) = filters::builtin(name) {
        return filter(state, value, args);
    }
    let error = Error::new(Kind::UnknownFilter, format!("there is no filter '{name}'"));
    let known = filters::names().chain(state.environment.filters.keys().map(String::as_str));
    Err(match ingot_core::error::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    })
}

fn apply_test(state: &mut State<'_>, frame: &mut Frame, value: Value, call: &TestCall) -> Result<bool> {
    let args = arguments(state, frame, &call.arguments)?;
    let holds = match call.builtin {
        Some(test) => test(state, value, args),
        None => test_by_name(state, &call.name, value, args),
    }?;
    Ok(holds != call.negated)
}

/// Also for `select('name')`.
pub fn test_by_name(state: &mut State<'_>, name: &str, value: Value, args: Args) -> Result<bool> {
    let environment = state.environment;
    if let Some(test) = environment.tests.get(name) {
        return test(state, value, args);
    }
    if let Some(test) = tests::builtin(name) {
        return test(state, value, args);
    }
    let error = Error::new(Kind::UnknownTest, format!("there is no test '{name}'"));
    let known = tests::names().chain(state.environment.tests.keys().map(String::as_str));
    Err(match ingot_core::error::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    })
}
