//! `Decimal` as a value of templates.

use super::arithmetic;
use super::number::Number;
use super::parse::{exactly, parse};
use crate::error::Result;
use crate::value::{Args, Object, Operator, State, Value};
use std::any::Any;
use std::cmp::Ordering;

struct PyDecimal(Number);

/// `Decimal(text)`, for hosts; the text itself where it is not a number.
pub fn decimal(text: &str) -> Value {
    parse(text).map_or_else(|| text.into(), |number| Value::object(PyDecimal(number)))
}

/// `Decimal(repr(float))`, for hosts: the shortest digits that read back as the float.
pub fn decimal_of_float(float: f64) -> Value {
    decimal(&Value::Float(float).repr())
}

/// The other side of an operator, if it is a whole number or a Decimal too.
fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Int(_) | Value::Bool(_) => value.as_int().map(Number::of_int),
        other => other.downcast::<PyDecimal>().map(|decimal| decimal.0.clone()),
    }
}

/// As [`number`], with floats, which compare with decimals but do not calculate with them.
fn comparable(value: &Value) -> Option<Number> {
    match value {
        Value::Float(float) if float.is_infinite() => Some(Number::Infinity { negative: *float < 0.0 }),
        Value::Float(float) => Some(exactly(*float)),
        other => number(other),
    }
}

impl Object for PyDecimal {
    fn type_name(&self) -> &str {
        "decimal.Decimal"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn method_names(&self) -> &[&'static str] {
        &[
            "is_nan",
            "is_finite",
            "is_infinite",
            "is_zero",
            "is_signed",
            "normalize",
            "to_integral_value",
            "quantize",
        ]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        let none = |value: Value| Some(args.clone().bind(name, &[]).map(|_| value));
        match name {
            "is_nan" => none((self.0 == Number::NaN).into()),
            "is_finite" => none(matches!(self.0, Number::Finite { .. }).into()),
            "is_infinite" => none(matches!(self.0, Number::Infinity { .. }).into()),
            "is_zero" => none(self.0.is_zero().into()),
            "is_signed" => none(self.0.is_negative().into()),
            "normalize" => none(Value::object(PyDecimal(self.0.clone().normalized()))),
            "to_integral_value" => none(Value::object(PyDecimal(self.0.to_places(0)))),
            "quantize" => Some(args.clone().bind(name, &["exp"]).map(|mut bound| {
                let places = match number(&bound.value("exp")) {
                    Some(Number::Finite { exponent, .. }) => -exponent,
                    _ => 0,
                };
                Value::object(PyDecimal(self.0.to_places(places)))
            })),
            _ => None,
        }
    }
    fn is_true(&self) -> bool {
        !self.0.is_zero()
    }
    fn to_str(&self) -> String {
        self.0.to_string()
    }
    fn repr(&self) -> String {
        format!("Decimal('{}')", self.0)
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(comparable(other).is_some_and(|other| self.0.order(&other) == Some(Ordering::Equal)))
    }
    fn compare(&self, other: &Value) -> Option<Ordering> {
        self.0.order(&comparable(other)?)
    }
    fn hash_key(&self) -> Option<Value> {
        let float = self.0.to_float();
        Some(match self.0.to_int() {
            Some(int) => Value::Int(int),
            None if self.0.order(&exactly(float)) == Some(Ordering::Equal) => Value::Float(float),
            None => self.0.clone().normalized().to_string().into(),
        })
    }
    fn operate(&self, operator: Operator, other: &Value, reflected: bool) -> Option<Result<Value>> {
        let other = number(other)?;
        let (left, right) = if reflected { (&other, &self.0) } else { (&self.0, &other) };
        Some(arithmetic::operate(operator, left, right).map(|number| Value::object(PyDecimal(number))))
    }
    fn to_plain(&self) -> Option<Value> {
        Some(self.0.to_int().map_or_else(|| Value::Float(self.0.to_float()), Value::Int))
    }
    fn as_float(&self) -> Option<f64> {
        Some(self.0.to_float())
    }
    fn round(&self, digits: i32) -> Option<Value> {
        Some(Value::object(PyDecimal(self.0.to_places(digits.into()))))
    }
    fn format(&self, specification: &str) -> Option<String> {
        super::format::format(&self.0, specification)
    }
}
