//! Filters that read, round and write numbers.

use crate::error::{Error, Kind, Result};
use crate::value::arithmetic::sign;
use crate::value::{Args, Operator, State, Value};

fn parse_int(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let digits = match base {
        16 => lower.strip_prefix("0x").unwrap_or(&lower),
        8 => lower.strip_prefix("0o").unwrap_or(&lower),
        2 => lower.strip_prefix("0b").unwrap_or(&lower),
        _ => &lower,
    };
    let misplaced = digits.starts_with(['_', '+', '-']) || digits.ends_with('_') || digits.contains("__");
    if misplaced || digits.is_empty() {
        return None;
    }
    let value = i128::from_str_radix(&digits.replace('_', ""), base).ok()?;
    Some(if negative { -value } else { value })
}

fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let misplaced = text.starts_with('_') || text.ends_with('_') || text.contains("__");
    if misplaced || text.is_empty() {
        return None;
    }
    match lower.trim_start_matches(['+', '-']) {
        "inf" | "infinity" | "nan" => {}
        other if other.chars().any(|c| c.is_alphabetic() && c != 'e') => return None,
        _ => {}
    }
    lower.replace('_', "").parse().ok()
}

pub(super) fn int(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("int", &["default?", "base?"])?;
    let default = bound.take("default").unwrap_or(Value::Int(0));
    let base = bound.optional_int("base")?.unwrap_or(10);
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    let base = base.ok_or_else(|| Error::value("int() base must be >= 2 and <= 36"))?;
    let whole = |float: f64| (float.is_finite() && float.abs() < 1e38).then_some(float as i128);
    let parsed = match &value {
        Value::Str(text) => parse_int(text, base).or_else(|| whole(parse_float(text)?)),
        Value::Float(float) => whole(*float),
        Value::Undefined(undefined) => return Err(Error::undefined(undefined.message())),
        Value::Object(object) => {
            // Numbers of the host's are cut to whole ones by themselves, which is exact.
            let number = object.as_float().and_then(|_| {
                object.operate(Operator::FloorDivide, &Value::Int(1), false)?.ok()?.as_object()?.to_plain()
            });
            number.or_else(|| object.to_plain()).and_then(|plain| match plain {
                Value::Str(text) => parse_int(&text, base).or_else(|| whole(parse_float(&text)?)),
                other => other.as_int().or_else(|| whole(other.as_float()?)),
            })
        }
        other => other.as_int(),
    };
    Ok(parsed.map_or(default, Value::Int))
}

pub(super) fn float(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let default = args.bind("float", &["default?"])?.take("default").unwrap_or(Value::Float(0.0));
    let parsed = match &value {
        Value::Str(text) => parse_float(text),
        Value::Undefined(undefined) => return Err(Error::undefined(undefined.message())),
        Value::Object(object) => object.to_plain().and_then(|plain| match plain {
            Value::Str(text) => parse_float(&text),
            other => other.as_float(),
        }),
        other => other.as_float(),
    };
    Ok(parsed.map_or(default, Value::Float))
}

pub(super) fn abs(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("abs", &[])?;
    match &value {
        Value::Float(float) => Ok(Value::Float(float.abs())),
        Value::Undefined(undefined) => Err(Error::undefined(undefined.message())),
        Value::Object(object) if object.as_float().is_some() => {
            let is_negative = value.order(&Value::Int(0), "<")?.is_some_and(std::cmp::Ordering::is_lt);
            sign(&value, is_negative)
        }
        other => match other.as_int() {
            Some(int) => int
                .checked_abs()
                .map(Value::Int)
                .ok_or_else(|| Error::new(Kind::Overflow, "the result of abs is too large")),
            None => Err(Error::type_error(format!("bad operand type for abs(): '{}'", value.type_name()))),
        },
    }
}

pub(super) fn round(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("round", &["precision?", "method?"])?;
    let precision = bound.optional_int("precision")?.unwrap_or(0).clamp(-300, 300) as i32;
    let method = bound.optional_text("method")?.unwrap_or_else(|| "common".to_owned());
    let wrong = || Error::type_error(format!("type {} doesn't define __round__ method", value.type_name()));
    let factor = 10_f64.powi(precision.abs());
    match method.as_str() {
        "common" => match &value {
            Value::Float(float) if !float.is_finite() => Ok(value),
            Value::Object(object) => object.round(precision).ok_or_else(wrong),
            Value::Float(float) => {
                let rounded = match usize::try_from(precision) {
                    // Formatting rounds the exact value, half to even, as Python does.
                    Ok(precision) => format!("{float:.precision$}").parse().unwrap_or(*float),
                    Err(_) => (float / factor).round_ties_even() * factor,
                };
                Ok(Value::Float(rounded))
            }
            other => {
                let int = other.as_int().ok_or_else(wrong)?;
                if precision >= 0 {
                    return Ok(Value::Int(int));
                }
                let Some(unit) = 10_i128.checked_pow(precision.unsigned_abs()) else {
                    return Ok(Value::Int(0));
                };
                let (low, rest) = (int.div_euclid(unit), int.rem_euclid(unit));
                let up = rest * 2 > unit || (rest * 2 == unit && low % 2 != 0);
                Ok(Value::Int((low + i128::from(up)) * unit))
            }
        },
        "ceil" | "floor" => {
            let float = value.as_float().ok_or_else(wrong)?;
            let factor = if precision < 0 { 1.0 / factor } else { factor };
            let scaled = float * factor;
            let whole = if method == "ceil" { scaled.ceil() } else { scaled.floor() };
            Ok(Value::Float(whole / factor))
        }
        _ => Err(Error::value("method must be common, ceil or floor")),
    }
}

pub(super) fn filesizeformat(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let binary = args.bind("filesizeformat", &["binary?"])?.truth("binary", false);
    let size = match &value {
        Value::Str(text) => parse_float(text),
        other => other.as_float(),
    };
    let size = size.ok_or_else(|| Error::value(format!("could not convert to a size: {}", value.repr())))?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if size == 1.0 {
        return Ok(Value::from("1 Byte"));
    }
    if size < base {
        return Ok(Value::from(format!("{} Bytes", size as i128)));
    }
    let units = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut unit = base;
    let mut name = "";
    for prefix in units {
        name = prefix;
        unit *= base;
        if size < unit {
            break;
        }
    }
    let name = if binary { format!("{}iB", name.to_uppercase()) } else { format!("{name}B") };
    Ok(Value::from(format!("{:.1} {name}", base * size / unit)))
}
