//! Equality, order and membership as Python has them.

use super::types::{Key, Value};
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::sync::Arc;

/// How deep equality and order look into containers that may contain themselves.
const DEEPEST: usize = 200;

impl Value {
    /// `a == b`.
    pub fn equals(&self, other: &Value) -> bool {
        self.equals_within(other, DEEPEST)
    }

    fn equals_within(&self, other: &Value, depth: usize) -> bool {
        use Value::*;
        if depth == 0 {
            return self.is_same(other);
        }
        let all = |a: &[Value], b: &[Value]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals_within(b, depth - 1))
        };
        match (self, other) {
            (Str(a), Str(b)) => a == b,
            (Int(a), Int(b)) => a == b,
            (None, None) | (Undefined(_), Undefined(_)) => true,
            (Bool(_) | Int(_) | Float(_), Bool(_) | Int(_) | Float(_)) => {
                order_numbers(self, other) == Some(Ordering::Equal)
            }
            (List(a), List(b)) => a.is(b) || all(&a.items(), &b.items()),
            (Tuple(a), Tuple(b)) => all(a, b),
            (Dict(a), Dict(b)) => {
                a.is(b) || {
                    let (a, b) = (a.snapshot(), b.snapshot());
                    a.len() == b.len()
                        && a.iter().all(|(key, value)| {
                            b.get(key).is_some_and(|other| value.equals_within(other, depth - 1))
                        })
                }
            }
            (Set(a), Set(b)) => a.is(b) || a.snapshot() == b.snapshot(),
            (Range(a), Range(b)) => a.len() == b.len() && a.iter().eq(b.iter()),
            (Object(a), _) => a.equals(other).unwrap_or_else(|| self.is_same(other)),
            (_, Object(b)) => b.equals(self).unwrap_or(false),
            _ => self.is_same(other),
        }
    }

    /// `a is b`: the same object; for numbers and texts, which have no identity here, the same value.
    pub fn is_same(&self, other: &Value) -> bool {
        use Value::*;
        match (self, other) {
            (Undefined(_), Undefined(_)) | (None, None) => true,
            (Bool(a), Bool(b)) => a == b,
            (Int(a), Int(b)) => a == b,
            (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
            (Str(a), Str(b)) => a == b,
            (List(a), List(b)) => a.is(b),
            (Dict(a), Dict(b)) => a.is(b),
            (Set(a), Set(b)) => a.is(b),
            (Tuple(a), Tuple(b)) => Arc::ptr_eq(a, b),
            (Iter(a), Iter(b)) => a.is(b),
            (Range(a), Range(b)) => a == b,
            (Function(a), Function(b)) => Arc::ptr_eq(a, b),
            (Method(a), Method(b)) => a.name == b.name && a.receiver.is_same(&b.receiver),
            (Object(a), Object(b)) => std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b)),
            _ => false,
        }
    }

    /// The order of two values; `None` where numbers have none (NaN). An error for types that do not compare;
    /// `symbol` is the operator that its message names.
    pub fn order(&self, other: &Value, symbol: &str) -> Result<Option<Ordering>> {
        self.order_within(other, symbol, DEEPEST)
    }

    fn order_within(&self, other: &Value, symbol: &str, depth: usize) -> Result<Option<Ordering>> {
        use Value::*;
        match (self, other) {
            (Str(a), Str(b)) => return Ok(Some(a.cmp(b))),
            (Bool(_) | Int(_) | Float(_), Bool(_) | Int(_) | Float(_)) => {
                return Ok(order_numbers(self, other));
            }
            (List(a), List(b)) if depth > 0 => return order_items(&a.items(), &b.items(), symbol, depth),
            (Tuple(a), Tuple(b)) if depth > 0 => return order_items(a, b, symbol, depth),
            (Undefined(undefined), _) | (_, Undefined(undefined)) => {
                return Err(Error::undefined(undefined.message()));
            }
            (Object(a), _) => {
                if let Some(order) = a.compare(other) {
                    return Ok(Some(order));
                }
            }
            (_, Object(b)) => {
                if let Some(order) = b.compare(self) {
                    return Ok(Some(order.reverse()));
                }
            }
            _ => {}
        }
        Err(Error::type_error(format!(
            "'{symbol}' not supported between instances of '{}' and '{}'",
            self.type_name(),
            other.type_name()
        )))
    }

    /// `item in self`.
    pub fn contains(&self, item: &Value) -> Result<bool> {
        use Value::*;
        let among = |items: &[Value]| items.iter().any(|other| other.is_same(item) || other.equals(item));
        match self {
            Str(text) => match item {
                Str(part) => Ok(text.contains(&**part)),
                Undefined(undefined) => Err(Error::undefined(undefined.message())),
                _ => Err(Error::type_error(format!(
                    "'in <string>' requires string as left operand, not {}",
                    item.type_name()
                ))),
            },
            List(list) => Ok(among(&list.items())),
            Tuple(items) => Ok(among(items)),
            Dict(dict) => match item {
                Str(key) => Ok(dict.get_str(key).is_some()),
                other => Ok(dict.contains(&Key::new(other.clone())?)),
            },
            Set(set) => Ok(set.contains(&Key::new(item.clone())?)),
            Range(range) => Ok(match item.as_int() {
                Some(int) => range.iter().any(|i| i == int),
                Option::None => item.as_float().is_some_and(|f| range.iter().any(|i| i as f64 == f)),
            }),
            Iter(iter) => {
                while let Some(other) = iter.next() {
                    if other.equals(item) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Undefined(_) => Ok(false),
            Object(object) => {
                if let Some(found) = object.contains(item) {
                    return Ok(found);
                }
                match object.iterate() {
                    Some(items) => Ok(among(&items)),
                    Option::None => Err(not_a_container(self)),
                }
            }
            _ => Err(not_a_container(self)),
        }
    }
}

fn not_a_container(value: &Value) -> Error {
    Error::type_error(format!("argument of type '{}' is not iterable", value.type_name()))
}

fn order_items(a: &[Value], b: &[Value], symbol: &str, depth: usize) -> Result<Option<Ordering>> {
    for (a, b) in a.iter().zip(b) {
        if !a.equals_within(b, depth - 1) {
            return a.order_within(b, symbol, depth - 1);
        }
    }
    Ok(Some(a.len().cmp(&b.len())))
}

fn order_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => order_int_float(a, b.as_float()?),
        (None, Some(b)) => order_int_float(b, a.as_float()?).map(Ordering::reverse),
        (None, None) => a.as_float()?.partial_cmp(&b.as_float()?),
    }
}

/// Exact, where a conversion of a large int to a float would round.
fn order_int_float(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.abs() < 1e38 {
        let whole = float.trunc();
        return Some(int.cmp(&(whole as i128)).then_with(|| 0.0_f64.total_cmp(&(float - whole + 0.0))));
    }
    Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater })
}

/// Sorts as Python's `sorted` does: stable, and an error where two items have no order.
pub(crate) fn sort_by_key<T>(items: &mut [(Value, T)], reverse: bool) -> Result<()> {
    let mut failure = None;
    items.sort_by(|(a, _), (b, _)| {
        if failure.is_some() {
            return Ordering::Equal;
        }
        match a.order(b, "<") {
            Ok(order) => {
                let order = order.unwrap_or(Ordering::Equal);
                if reverse { order.reverse() } else { order }
            }
            Err(error) => {
                failure = Some(error);
                Ordering::Equal
            }
        }
    });
    failure.map_or(Ok(()), Err)
}
