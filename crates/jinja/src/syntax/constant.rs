//! Expressions made of literals alone.

use crate::syntax::ast::{Expr, ExprKind};
use crate::value::{Dict, Key, Value};

/// The value of an expression made of literals alone; `None` where it needs more.
pub(crate) fn constant(expr: &Expr) -> Option<Value> {
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
