//! Expressions made of literals alone.

use crate::syntax::ast::{Arguments, Expr, ExprKind};
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

/// Whether an expression names nothing and calls nothing, so that it has the same value wherever it stands.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    let all = |items: &[Expr]| items.iter().all(is_constant);
    let maybe = |expr: &Option<Expr>| expr.as_ref().is_none_or(is_constant);
    let arguments = |given: &Arguments| {
        all(&given.positional)
            && given.named.iter().all(|(_, value)| is_constant(value))
            && maybe(&given.star)
            && maybe(&given.double_star)
    };
    match &expr.kind {
        ExprKind::Const(_) => true,
        ExprKind::Name(_) | ExprKind::Call(..) => false,
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Concat(items) => all(items),
        ExprKind::Dict(items) => items.iter().all(|(key, value)| is_constant(key) && is_constant(value)),
        ExprKind::Attribute(inner, _)
        | ExprKind::Not(inner)
        | ExprKind::Negative(inner)
        | ExprKind::Positive(inner) => is_constant(inner),
        ExprKind::Item(left, right)
        | ExprKind::Binary(_, left, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right) => is_constant(left) && is_constant(right),
        ExprKind::Slice(inner, slice) => {
            is_constant(inner) && maybe(&slice.start) && maybe(&slice.stop) && maybe(&slice.step)
        }
        ExprKind::Filter(inner, call) => is_constant(inner) && arguments(&call.arguments),
        ExprKind::Test(inner, call) => is_constant(inner) && arguments(&call.arguments),
        ExprKind::Compare(left, others) => {
            is_constant(left) && others.iter().all(|(_, other)| is_constant(other))
        }
        ExprKind::Conditional(parts) => {
            is_constant(&parts.test) && is_constant(&parts.then) && maybe(&parts.otherwise)
        }
    }
}
