//! `ast.literal_eval`: a text that is a Python literal, to its value.

use super::super::ast::{Expr, ExprKind};
use super::super::collections::{Dict, Key};
use super::super::environment::Environment;
use super::super::value::Value;

/// The value of an expression made of literals alone.
pub(in super::super) fn constant(expr: &Expr) -> Option<Value> {
    let all = |items: &[Expr]| items.iter().map(constant).collect::<Option<Vec<_>>>();
    Some(match &expr.kind {
        ExprKind::Const(value) => value.clone(),
        ExprKind::List(items) => Value::from(all(items)?),
        ExprKind::Tuple(items) => Value::tuple(all(items)?),
        ExprKind::Dict(items) => {
            let dict = Dict::default();
            for (key, value) in items {
                dict.set(Key::new(constant(key)?).ok()?, constant(value)?);
            }
            Value::Dict(dict)
        }
        ExprKind::Negative(inner) => match constant(inner)? {
            Value::Int(int) => Value::Int(int.checked_neg()?),
            Value::Float(float) => Value::Float(-float),
            _ => return None,
        },
        _ => return None,
    })
}

/// The value, or `None` where `text` is no literal.
pub fn literal_eval(text: &str) -> Option<Value> {
    let text = text.trim();
    // Python's spelling alone.
    if matches!(text, "true" | "false" | "none") || text.is_empty() {
        return None;
    }
    constant(&super::super::parser::parse_expression(text, &Environment::default()).ok()?)
}
