//! Expressions: conditionals, operands, and the tuples of both.

use super::cursor::Parser;
use crate::error::Result;
use crate::syntax::ast::{Conditional, Expr, ExprKind};
use crate::syntax::lexer::Tok;
use crate::value::Value;

impl<'s> Parser<'s, '_> {
    pub(super) fn expression(&mut self) -> Result<Expr> {
        self.check_depth()?;
        let mut expr = self.operation()?;
        while self.is_name("if") {
            let span = self.span();
            self.advance();
            let test = self.operation()?;
            let otherwise = if self.skip_name("else") { Some(self.expression()?) } else { None };
            let conditional = Conditional { test, then: expr, otherwise };
            expr = Expr::new(span, ExprKind::Conditional(Box::new(conditional)));
        }
        Ok(expr)
    }

    pub(super) fn unary(&mut self, with_filters: bool) -> Result<Expr> {
        let span = self.span();
        let expr = if self.skip_op("-") {
            self.check_depth()?;
            let inner = self.unary(false)?;
            Expr::new(span, ExprKind::Negative(Box::new(inner)))
        } else if self.skip_op("+") {
            self.check_depth()?;
            let inner = self.unary(false)?;
            Expr::new(span, ExprKind::Positive(Box::new(inner)))
        } else {
            self.primary()?
        };
        let expr = self.postfix(expr)?;
        if with_filters { self.filters(expr) } else { Ok(expr) }
    }

    pub(super) fn primary(&mut self) -> Result<Expr> {
        let span = self.span();
        let kind = match self.tok() {
            &Tok::Name(name) => {
                self.advance();
                match name {
                    "true" | "True" => ExprKind::Const(Value::Bool(true)),
                    "false" | "False" => ExprKind::Const(Value::Bool(false)),
                    "none" | "None" => ExprKind::Const(Value::None),
                    _ => {
                        match name {
                            "loop" => self.uses.loop_ = true,
                            "caller" => self.uses.caller = true,
                            "varargs" => self.uses.varargs = true,
                            "kwargs" => self.uses.kwargs = true,
                            _ => {}
                        }
                        ExprKind::Name(self.name(name))
                    }
                }
            }
            Tok::Str(text) => {
                let value = if matches!(self.look(1), Tok::Str(_)) {
                    let mut joined = text.clone();
                    while let Tok::Str(more) = self.look(1) {
                        joined.push_str(more);
                        self.advance();
                    }
                    Value::from(joined)
                } else {
                    Value::from(text.as_str())
                };
                self.advance();
                ExprKind::Const(value)
            }
            &Tok::Int(value) => {
                self.advance();
                ExprKind::Const(Value::Int(value))
            }
            // Python's whole numbers have no end. As text, its digits print the same, and to compute with it is an error.
            Tok::Large(digits) => {
                let value = Value::from(digits.as_str());
                self.advance();
                ExprKind::Const(value)
            }
            &Tok::Float(value) => {
                self.advance();
                ExprKind::Const(Value::Float(value))
            }
            Tok::Op("(") => {
                self.advance();
                let inner = self.tuple(true)?;
                self.expect_op(")")?;
                return Ok(inner);
            }
            Tok::Op("[") => {
                self.advance();
                let mut items = Vec::new();
                while !self.is_op("]") {
                    if !items.is_empty() {
                        self.expect_op(",")?;
                    }
                    if self.is_op("]") {
                        break;
                    }
                    items.push(self.expression()?);
                }
                self.expect_op("]")?;
                ExprKind::List(items)
            }
            Tok::Op("{") => {
                self.advance();
                let mut items = Vec::new();
                while !self.is_op("}") {
                    if !items.is_empty() {
                        self.expect_op(",")?;
                    }
                    if self.is_op("}") {
                        break;
                    }
                    let key = self.expression()?;
                    self.expect_op(":")?;
                    items.push((key, self.expression()?));
                }
                self.expect_op("}")?;
                ExprKind::Dict(items)
            }
            Tok::VariableEnd | Tok::BlockEnd => {
                return self.fail(format!("expected an expression before {}", self.tok().describe()));
            }
            other => return self.fail(format!("unexpected {}", other.describe())),
        };
        Ok(Expr::new(span, kind))
    }

    /// One expression, or several with commas between, which make a tuple. `in_parentheses`: `()` is allowed.
    pub(super) fn tuple(&mut self, in_parentheses: bool) -> Result<Expr> {
        let span = self.span();
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            if !items.is_empty() && !is_tuple {
                break;
            }
            if self.tuple_ends() {
                break;
            }
            items.push(self.expression()?);
            if self.skip_op(",") {
                is_tuple = true;
            } else {
                break;
            }
        }
        if !is_tuple {
            if let Some(only) = items.pop() {
                return Ok(only);
            }
            if !in_parentheses {
                return self.fail(format!("expected an expression before {}", self.tok().describe()));
            }
        }
        Ok(Expr::new(span, ExprKind::Tuple(items)))
    }

    /// As [`Self::tuple`], for what a loop walks over.
    pub(super) fn loop_iterable(&mut self) -> Result<Expr> {
        let span = self.span();
        let first = self.loop_item()?;
        if !self.is_op(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_op(",") {
            if self.tuple_ends() || self.is_name("recursive") {
                break;
            }
            items.push(self.loop_item()?);
        }
        Ok(Expr::new(span, ExprKind::Tuple(items)))
    }

    /// Without a conditional: the loop's own `if` comes after.
    fn loop_item(&mut self) -> Result<Expr> {
        self.check_depth()?;
        self.operation()
    }

    fn tuple_ends(&self) -> bool {
        matches!(self.tok(), Tok::VariableEnd | Tok::BlockEnd | Tok::Op(")"))
    }
}
