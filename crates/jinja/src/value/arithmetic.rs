//! The binary operators, with Python's results.

use super::format;
use super::operator::Operator;
use super::types::{self, Value};
use crate::error::{Error, Kind, Result};

/// A text or list longer than this is a mistake, or an attack, and not a result.
const LONGEST: usize = 1 << 28;

pub(crate) fn binary(operator: Operator, left: &Value, right: &Value) -> Result<Value> {
    use Value::{Bool, Float, Int, List, Object, Set, Str, Tuple, Undefined};
    match (left, right) {
        (Int(_) | Bool(_), Int(_) | Bool(_)) => {
            let (a, b) = (left.as_int().unwrap_or(0), right.as_int().unwrap_or(0));
            return ints(operator, a, b);
        }
        (Int(_) | Bool(_) | Float(_), Int(_) | Bool(_) | Float(_)) => {
            let (a, b) = (left.as_float().unwrap_or(0.0), right.as_float().unwrap_or(0.0));
            return floats(operator, a, b);
        }
        // `'%s' % undefined` prints nothing, as in jinja.
        (Undefined(undefined), _) | (_, Undefined(undefined))
            if !(operator == Operator::Modulo && matches!(left, Str(_))) =>
        {
            return Err(Error::undefined(undefined.message()));
        }
        _ => {}
    }
    match (operator, left, right) {
        (Operator::Modulo, Str(template), _) => return format::percent(template, right).map(Value::from),
        (Operator::Add, Str(a), Str(b)) => {
            let mut text = String::with_capacity(a.len() + b.len());
            text.push_str(a);
            text.push_str(b);
            return Ok(Value::from(text));
        }
        (Operator::Add, List(a), List(b)) => {
            let mut items = a.items();
            items.extend(b.items());
            return Ok(Value::from(items));
        }
        (Operator::Add, Tuple(a), Tuple(b)) => {
            return Ok(Value::tuple(a.iter().chain(b.iter()).cloned()));
        }
        (Operator::Subtract, Set(a), Set(b)) => {
            let other = b.snapshot();
            let items = a.snapshot().into_iter().filter(|item| !other.contains(item)).collect();
            return Ok(Value::Set(types::Set::new(items)));
        }
        (Operator::Multiply, Str(_) | List(_) | Tuple(_), Int(_) | Bool(_)) => return repeat(left, right),
        (Operator::Multiply, Int(_) | Bool(_), Str(_) | List(_) | Tuple(_)) => return repeat(right, left),
        _ => {}
    }
    if let Object(object) = left
        && let Some(result) = object.operate(operator, right, false)
    {
        return result;
    }
    if let Object(object) = right
        && let Some(result) = object.operate(operator, left, true)
    {
        return result;
    }
    let error = Error::type_error(format!(
        "unsupported operand type(s) for {}: '{}' and '{}'",
        operator.symbol(),
        left.type_name(),
        right.type_name()
    ));
    Err(match (operator, left, right) {
        (Operator::Add, Str(_), _) | (Operator::Add, _, Str(_)) => {
            error.hint("use '~' to join values of any type as text")
        }
        _ => error,
    })
}

fn repeat(sequence: &Value, count: &Value) -> Result<Value> {
    let count = usize::try_from(count.as_int().unwrap_or(0).max(0)).unwrap_or(usize::MAX);
    let too_long = || Error::new(Kind::Overflow, "the result of '*' is too long");
    let check = |length: usize| match length.checked_mul(count) {
        Some(total) if total <= LONGEST => Ok(()),
        _ => Err(too_long()),
    };
    match sequence {
        Value::Str(text) => {
            check(text.len())?;
            Ok(Value::from(text.repeat(count)))
        }
        Value::List(list) => {
            let items = list.items();
            check(items.len() * size_of::<Value>())?;
            Ok(Value::from(items.iter().cycle().take(items.len() * count).cloned().collect::<Vec<_>>()))
        }
        Value::Tuple(items) => {
            check(items.len() * size_of::<Value>())?;
            Ok(Value::tuple(items.iter().cycle().take(items.len() * count).cloned()))
        }
        _ => Err(too_long()),
    }
}

fn ints(operator: Operator, a: i128, b: i128) -> Result<Value> {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => {
            if b == 0 {
                return Err(zero_division("division by zero"));
            }
            return Ok(Value::Float(a as f64 / b as f64));
        }
        Operator::FloorDivide | Operator::Modulo if b == 0 => {
            return Err(zero_division("integer division or modulo by zero"));
        }
        Operator::FloorDivide => a.checked_div_euclid(b).map(|quotient| {
            // Euclid rounds so that the rest is positive; Python rounds down.
            if b < 0 && a.rem_euclid(b) != 0 { quotient - 1 } else { quotient }
        }),
        Operator::Modulo => {
            a.checked_rem(b).map(|rest| if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        }
        Operator::Power if b < 0 => {
            if a == 0 {
                return Err(zero_division("0.0 cannot be raised to a negative power"));
            }
            return Ok(Value::Float((a as f64).powf(b as f64)));
        }
        Operator::Power => match a {
            0 | 1 => Some(if b == 0 { 1 } else { a }),
            -1 => Some(if b % 2 == 0 { 1 } else { -1 }),
            _ => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        },
    };
    result.map(Value::Int).ok_or_else(|| {
        Error::new(
            Kind::Overflow,
            format!("the result of '{}' does not fit into 128 bits", operator.symbol()),
        )
    })
}

fn floats(operator: Operator, a: f64, b: f64) -> Result<Value> {
    Ok(Value::Float(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide | Operator::FloorDivide | Operator::Modulo if b == 0.0 => {
            return Err(zero_division(match operator {
                Operator::Divide => "float division by zero",
                Operator::FloorDivide => "float floor division by zero",
                _ => "float modulo",
            }));
        }
        Operator::Divide => a / b,
        Operator::FloorDivide => {
            let rest = float_modulo(a, b);
            let quotient = ((a - rest) / b).round();
            if quotient == 0.0 { 0.0_f64.copysign(a / b) } else { quotient }
        }
        Operator::Modulo => float_modulo(a, b),
        Operator::Power if a == 0.0 && b < 0.0 => {
            return Err(zero_division("0.0 cannot be raised to a negative power"));
        }
        Operator::Power if a < 0.0 && b.fract() != 0.0 => {
            return Err(Error::value(
                "a negative number cannot be raised to a fraction: complex numbers are unknown",
            ));
        }
        Operator::Power => {
            let result = a.powf(b);
            if result.is_infinite() && a.is_finite() && b.is_finite() {
                return Err(Error::new(Kind::Overflow, "the result of '**' is too large"));
            }
            result
        }
    }))
}

fn float_modulo(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        0.0_f64.copysign(b)
    } else if (rest < 0.0) != (b < 0.0) {
        rest + b
    } else {
        rest
    }
}

fn zero_division(message: &str) -> Error {
    Error::new(Kind::ZeroDivision, message)
}

/// `-value`, `+value`.
pub(crate) fn sign(value: &Value, negative: bool) -> Result<Value> {
    match value {
        Value::Float(float) => Ok(Value::Float(if negative { -float } else { *float })),
        Value::Int(_) | Value::Bool(_) => {
            let int = value.as_int().unwrap_or(0);
            if !negative {
                return Ok(Value::Int(int));
            }
            int.checked_neg()
                .map(Value::Int)
                .ok_or_else(|| Error::new(Kind::Overflow, "the result of '-' is too large"))
        }
        Value::Undefined(undefined) => Err(Error::undefined(undefined.message())),
        // As `0 - x`, or `x` times 1, for objects that know arithmetic.
        Value::Object(object) => {
            let factor = Value::Int(if negative { -1 } else { 1 });
            object
                .operate(Operator::Multiply, &factor, false)
                .unwrap_or_else(|| Err(bad_sign(value, negative)))
        }
        _ => Err(bad_sign(value, negative)),
    }
}

fn bad_sign(value: &Value, negative: bool) -> Error {
    let sign = if negative { '-' } else { '+' };
    Error::type_error(format!("bad operand type for unary {sign}: '{}'", value.type_name()))
}
