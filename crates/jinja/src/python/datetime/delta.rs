//! `timedelta`.

use super::types::{DAY, PyDelta, new_delta};
use crate::error::{Error, Kind, Result};
use crate::value::arithmetic::binary;
use crate::value::{Args, Object, Operator, State, Value};
use std::any::Any;
use std::cmp::Ordering;

impl PyDelta {
    fn parts(&self) -> (i128, i128, i128) {
        let rest = self.0.rem_euclid(DAY);
        (self.0.div_euclid(DAY), rest / 1_000_000, rest % 1_000_000)
    }
}

impl Object for PyDelta {
    fn type_name(&self) -> &str {
        "datetime.timedelta"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        let (days, seconds, microseconds) = self.parts();
        Some(Value::Int(match name {
            "days" => days,
            "seconds" => seconds,
            "microseconds" => microseconds,
            _ => return None,
        }))
    }
    fn method_names(&self) -> &[&'static str] {
        &["total_seconds"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        (name == "total_seconds")
            .then(|| args.clone().bind(name, &[]).map(|_| Value::Float(self.0 as f64 / 1e6)))
    }
    fn is_true(&self) -> bool {
        self.0 != 0
    }
    fn to_str(&self) -> String {
        let (days, seconds, micros) = self.parts();
        let mut text = String::new();
        if days != 0 {
            text = format!("{days} day{}, ", if days.abs() == 1 { "" } else { "s" });
        }
        text += &format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if micros != 0 {
            text += &format!(".{micros:06}");
        }
        text
    }
    fn repr(&self) -> String {
        let (days, seconds, micros) = self.parts();
        let parts: Vec<String> = [("days", days), ("seconds", seconds), ("microseconds", micros)]
            .into_iter()
            .filter(|(_, value)| *value != 0)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("datetime.timedelta({})", if parts.is_empty() { "0".to_owned() } else { parts.join(", ") })
    }
    fn hash_key(&self) -> Option<Value> {
        Some(Value::Int(self.0))
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(other.downcast::<Self>().is_some_and(|other| other.0 == self.0))
    }
    fn compare(&self, other: &Value) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast::<Self>()?.0))
    }
    fn operate(&self, operator: Operator, other: &Value, reflected: bool) -> Option<Result<Value>> {
        if let Some(other) = other.downcast::<Self>() {
            return match operator {
                Operator::Add => Some(new_delta(self.0 + other.0)),
                Operator::Subtract => {
                    Some(new_delta(if reflected { other.0 - self.0 } else { self.0 - other.0 }))
                }
                Operator::Divide | Operator::FloorDivide | Operator::Modulo => {
                    let value = binary(operator, &Value::Int(self.0), &Value::Int(other.0));
                    match (operator, value) {
                        (Operator::Modulo, Ok(Value::Int(rest))) => Some(new_delta(rest)),
                        (_, value) => Some(value),
                    }
                }
                _ => None,
            };
        }
        match operator {
            Operator::Multiply | Operator::FloorDivide | Operator::Divide => {}
            _ => return None,
        }
        if reflected && operator != Operator::Multiply {
            return None;
        }
        let number = other.as_float()?;
        let micros = match (operator, other.as_int()) {
            (Operator::Multiply, Some(int)) => self.0.checked_mul(int)?,
            (Operator::Multiply, None) => (self.0 as f64 * number).round_ties_even() as i128,
            _ if number == 0.0 => {
                return Some(Err(Error::new(Kind::ZeroDivision, "division by zero")));
            }
            (Operator::FloorDivide, Some(int)) => (self.0 as f64 / int as f64).floor() as i128,
            _ => (self.0 as f64 / number).round_ties_even() as i128,
        };
        Some(new_delta(micros))
    }
}
