//! Expressions.

use crate::error::{Error, Result};
use crate::options::UndefinedMode;
use crate::run::frame::Frame;
use crate::run::{attributes, by_name, call, undefined};
use crate::syntax::ast::{Arguments, Comparison, Expr, ExprKind, FilterCall, TestCall};
use crate::value::{Args, Dict, Key, State, Undefined, Value, arithmetic};
use std::cmp::Ordering;
use std::sync::Arc;

impl Frame {
    pub(crate) fn evaluate(&mut self, state: &mut State<'_>, expr: &Expr) -> Result<Value> {
        let result = match &expr.kind {
            ExprKind::Const(value) => return Ok(value.clone()),
            ExprKind::Name(name) => return Ok(self.lookup(state, name)),
            _ => self.compound(state, expr),
        };
        result.map_err(|mut error| {
            error.locate(&self.source, expr.span);
            error
        })
    }

    // As [`Frame::lookup`]: constants and names are the most frequent expressions and need no large stack frame.
    #[inline(never)]
    fn compound(&mut self, state: &mut State<'_>, expr: &Expr) -> Result<Value> {
        state.stack.check()?;
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            ExprKind::Name(name) => Ok(self.lookup(state, name)),
            ExprKind::List(items) => Ok(Value::from(self.all(state, items)?)),
            ExprKind::Tuple(items) => Ok(Value::tuple(self.all(state, items)?)),
            ExprKind::Dict(items) => {
                let dict = Dict::default();
                for (key, value) in items {
                    let key = Key::new(self.evaluate(state, key)?)?;
                    dict.set(key, self.evaluate(state, value)?);
                }
                Ok(Value::Dict(dict))
            }
            ExprKind::Attribute(object, name) => {
                let object = self.evaluate(state, object)?;
                attributes::get_attribute(state, &object, name)
            }
            ExprKind::Item(object, key) => {
                let object = self.evaluate(state, object)?;
                let key = self.evaluate(state, key)?;
                attributes::get_item(state, &object, &key)
            }
            ExprKind::Slice(object, parts) => {
                let object = self.evaluate(state, object)?;
                let mut part = |part: &Option<Expr>| match part {
                    Some(expr) => self.evaluate(state, expr),
                    None => Ok(Value::None),
                };
                let (start, stop, step) = (part(&parts.start)?, part(&parts.stop)?, part(&parts.step)?);
                object.slice(&start, &stop, &step)
            }
            ExprKind::Call(callee, arguments) => self.call_expression(state, callee, arguments, |args| args),
            ExprKind::Filter(value, call) => {
                let value = self.evaluate(state, value)?;
                self.apply_filter(state, value, call)
            }
            ExprKind::Test(value, call) => {
                let value = self.evaluate(state, value)?;
                self.apply_test(state, value, call).map(Value::Bool)
            }
            ExprKind::Not(inner) => Ok(Value::Bool(!self.evaluate(state, inner)?.is_true())),
            ExprKind::Negative(inner) => arithmetic::sign(&self.evaluate(state, inner)?, true),
            ExprKind::Positive(inner) => arithmetic::sign(&self.evaluate(state, inner)?, false),
            ExprKind::Binary(operator, left, right) => {
                let left = self.evaluate(state, left)?;
                let right = self.evaluate(state, right)?;
                arithmetic::binary(*operator, &left, &right)
            }
            ExprKind::Concat(parts) => {
                let mut text = String::new();
                for part in parts {
                    self.evaluate(state, part)?.write_to(&mut text);
                }
                Ok(Value::from(text))
            }
            ExprKind::Compare(first, rest) => {
                let mut left = self.evaluate(state, first)?;
                for (comparison, right) in rest {
                    let right = self.evaluate(state, right)?;
                    if !compare(*comparison, &left, &right)? {
                        return Ok(Value::Bool(false));
                    }
                    left = right;
                }
                Ok(Value::Bool(true))
            }
            ExprKind::And(left, right) => {
                let left = self.evaluate(state, left)?;
                if left.is_true() { self.evaluate(state, right) } else { Ok(left) }
            }
            ExprKind::Or(left, right) => {
                let left = self.evaluate(state, left)?;
                if left.is_true() { Ok(left) } else { self.evaluate(state, right) }
            }
            ExprKind::Conditional(conditional) => {
                if self.evaluate(state, &conditional.test)?.is_true() {
                    self.evaluate(state, &conditional.then)
                } else if let Some(otherwise) = &conditional.otherwise {
                    self.evaluate(state, otherwise)
                } else {
                    let hint = "the conditional expression is false and has no 'else'";
                    Ok(Value::Undefined(Arc::new(Undefined { name: None, hint: Some(hint.to_owned()) })))
                }
            }
        }
    }

    fn all(&mut self, state: &mut State<'_>, items: &[Expr]) -> Result<Vec<Value>> {
        items.iter().map(|item| self.evaluate(state, item)).collect()
    }

    /// A call as it is written. A method is called on its object without becoming a value first.
    pub(crate) fn call_expression(
        &mut self,
        state: &mut State<'_>,
        callee: &Expr,
        arguments: &Arguments,
        finish: impl FnOnce(Args) -> Args,
    ) -> Result<Value> {
        let result = match &callee.kind {
            ExprKind::Attribute(object, name) => {
                let object = self.evaluate(state, object)?;
                if let Value::Undefined(undefined) = &object
                    && undefined::mode(state) == UndefinedMode::Lenient
                {
                    Err(undefined::undefined_error(state, undefined))
                } else {
                    let args = finish(self.arguments(state, arguments)?);
                    call::call_method(state, &object, name, args)
                }
            }
            _ => {
                let function = self.evaluate(state, callee)?;
                let args = finish(self.arguments(state, arguments)?);
                call::call(state, &function, args)
            }
        };
        result.map_err(|mut error| {
            error.locate(&self.source, callee.span);
            error
        })
    }

    fn arguments(&mut self, state: &mut State<'_>, arguments: &Arguments) -> Result<Args> {
        let mut args = Args { positional: self.all(state, &arguments.positional)?, ..Args::default() };
        if let Some(star) = &arguments.star {
            let more = self.evaluate(state, star)?;
            args.positional.extend(more.iterate()?);
        }
        for (name, value) in &arguments.named {
            args.named.insert(name.to_string(), self.evaluate(state, value)?);
        }
        if let Some(double_star) = &arguments.double_star {
            let more = self.evaluate(state, double_star)?;
            for (key, value) in more.entries()? {
                let Value::Str(name) = &key else {
                    return Err(Error::type_error("keywords must be strings"));
                };
                if args.named.insert(name.to_string(), value).is_some() {
                    return Err(Error::type_error(format!(
                        "got multiple values for keyword argument '{name}'"
                    )));
                }
            }
        }
        Ok(args)
    }

    pub(crate) fn apply_filters(
        &mut self,
        state: &mut State<'_>,
        mut value: Value,
        calls: &[FilterCall],
    ) -> Result<Value> {
        for call in calls {
            value = self.apply_filter(state, value, call).map_err(|mut error| {
                error.locate(&self.source, call.span);
                error
            })?;
        }
        Ok(value)
    }

    fn apply_filter(&mut self, state: &mut State<'_>, value: Value, call: &FilterCall) -> Result<Value> {
        let args = self.arguments(state, &call.arguments)?;
        match call.builtin {
            Some(filter) => filter(state, value, args),
            None => by_name::apply_filter(state, &call.name, value, args),
        }
    }

    fn apply_test(&mut self, state: &mut State<'_>, value: Value, call: &TestCall) -> Result<bool> {
        let args = self.arguments(state, &call.arguments)?;
        let holds = match call.builtin {
            Some(test) => test(state, value, args),
            None => by_name::apply_test(state, &call.name, value, args),
        }?;
        Ok(holds != call.negated)
    }
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
