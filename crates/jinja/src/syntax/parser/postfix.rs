//! What follows an operand: attributes, items, slices, calls, filters and tests.

use super::cursor::Parser;
use crate::error::Result;
use crate::source::Span;
use crate::syntax::ast::{Arguments, Expr, ExprKind, FilterCall, Slice, TestCall};
use crate::syntax::lexer::Tok;
use crate::value::Value;
use std::sync::Arc;

impl Parser<'_, '_> {
    pub(super) fn postfix(&mut self, mut expr: Expr) -> Result<Expr> {
        let mut count = 0;
        loop {
            let span = self.span();
            match self.tok() {
                Tok::Op(".") => {
                    self.check_chain(&mut count)?;
                    self.advance();
                    let name_span = self.span();
                    let kind = match *self.tok() {
                        Tok::Name(name) => {
                            let name = self.name(name).text;
                            ExprKind::Attribute(Box::new(expr), name)
                        }
                        Tok::Int(index) => {
                            let index = Expr::new(name_span, ExprKind::Const(Value::Int(index)));
                            ExprKind::Item(Box::new(expr), Box::new(index))
                        }
                        _ => {
                            return self
                                .fail(format!("expected a name after '.', got {}", self.tok().describe()));
                        }
                    };
                    self.advance();
                    expr = Expr::new(name_span, kind);
                }
                Tok::Op("[") => {
                    self.check_chain(&mut count)?;
                    self.advance();
                    expr = self.subscript(expr, span)?;
                }
                Tok::Op("(") => {
                    self.check_chain(&mut count)?;
                    let arguments = self.arguments()?;
                    // A call is where its callee stands, not where its parenthesis opens.
                    let span = expr.span;
                    expr = Expr::new(span, ExprKind::Call(Box::new(expr), Box::new(arguments)));
                }
                _ => return Ok(expr),
            }
        }
    }

    fn subscript(&mut self, expr: Expr, span: Span) -> Result<Expr> {
        let mut slice = Slice::default();
        let mut colons = 0;
        let mut items = Vec::new();
        loop {
            match self.tok() {
                Tok::Op("]") => break,
                Tok::Op(":") => {
                    self.advance();
                    colons += 1;
                    if colons > 2 {
                        return self.fail("a slice has at most three parts");
                    }
                }
                Tok::Op(",") => {
                    self.advance();
                }
                _ => {
                    let part = self.expression()?;
                    match colons {
                        0 => items.push(part),
                        1 => slice.stop = Some(part),
                        _ => slice.step = Some(part),
                    }
                    if !matches!(self.tok(), Tok::Op("]" | ":" | ",")) {
                        return self.fail(format!("expected ']', got {}", self.tok().describe()));
                    }
                }
            }
        }
        self.expect_op("]")?;
        if colons > 0 {
            slice.start = items.pop();
            return Ok(Expr::new(span, ExprKind::Slice(Box::new(expr), Box::new(slice))));
        }
        let index = match (items.pop(), items.is_empty()) {
            (None, _) => return self.fail_at(span, "expected an expression between '[' and ']'"),
            (Some(only), true) => only,
            (Some(last), false) => {
                items.push(last);
                Expr::new(span, ExprKind::Tuple(items))
            }
        };
        Ok(Expr::new(span, ExprKind::Item(Box::new(expr), Box::new(index))))
    }

    pub(super) fn arguments(&mut self) -> Result<Arguments> {
        self.expect_op("(")?;
        let mut arguments = Arguments::default();
        let mut first = true;
        while !self.is_op(")") {
            if !first {
                self.expect_op(",")?;
                if self.is_op(")") {
                    break;
                }
            }
            first = false;
            if self.skip_op("*") {
                if arguments.star.is_some() || arguments.double_star.is_some() {
                    return self.fail("only one '*' argument, before '**', may be passed");
                }
                arguments.star = Some(self.expression()?);
            } else if self.skip_op("**") {
                if arguments.double_star.is_some() {
                    return self.fail("only one '**' argument may be passed");
                }
                arguments.double_star = Some(self.expression()?);
            } else if let (&Tok::Name(name), Tok::Op("=")) = (self.tok(), self.look(1)) {
                if arguments.double_star.is_some() {
                    return self.fail("a named argument may not follow '**'");
                }
                let name = self.name(name).text;
                if arguments.named.iter().any(|(known, _)| *known == name) {
                    return self.fail(format!("argument '{name}' is given twice"));
                }
                self.advance();
                self.advance();
                arguments.named.push((name, self.expression()?));
            } else {
                if arguments.star.is_some() || arguments.double_star.is_some() || !arguments.named.is_empty()
                {
                    return self.fail("a positional argument may not follow a named one");
                }
                arguments.positional.push(self.expression()?);
            }
        }
        self.expect_op(")")?;
        Ok(arguments)
    }

    /// `|filter`, `is test`, and calls of what they give.
    pub(super) fn filters(&mut self, mut expr: Expr) -> Result<Expr> {
        let mut count = 0;
        loop {
            match self.tok() {
                Tok::Op("|") => {
                    self.check_chain(&mut count)?;
                    self.advance();
                    let call = self.filter_call()?;
                    expr = Expr::new(call.span, ExprKind::Filter(Box::new(expr), Box::new(call)));
                }
                Tok::Name("is") => {
                    self.check_chain(&mut count)?;
                    self.advance();
                    let call = self.test_call()?;
                    expr = Expr::new(call.span, ExprKind::Test(Box::new(expr), Box::new(call)));
                }
                Tok::Op("(") => {
                    self.check_chain(&mut count)?;
                    let arguments = self.arguments()?;
                    let span = expr.span;
                    expr = Expr::new(span, ExprKind::Call(Box::new(expr), Box::new(arguments)));
                }
                _ => return Ok(expr),
            }
        }
    }

    /// `name.of.filter(arguments)`, after the `|`.
    pub(super) fn filter_call(&mut self) -> Result<FilterCall> {
        let span = self.span();
        let name = self.dotted_name("the name of a filter")?;
        let arguments = if self.is_op("(") { self.arguments()? } else { Arguments::default() };
        let builtin = if self.environment.filters.contains_key(&*name) {
            None
        } else {
            self.environment.builtins.filter(&name)
        };
        Ok(FilterCall { span, name, builtin, arguments })
    }

    fn test_call(&mut self) -> Result<TestCall> {
        let negated = self.skip_name("not");
        let span = self.span();
        let name = self.dotted_name("the name of a test")?;
        let mut arguments = Arguments::default();
        match self.tok() {
            Tok::Op("(") => arguments = self.arguments()?,
            Tok::Name("is") => return self.fail("tests cannot be chained with 'is'; use 'and'"),
            Tok::Name("else" | "or" | "and" | "if") => {}
            Tok::Name(_) | Tok::Str(_) | Tok::Int(_) | Tok::Large(_) | Tok::Float(_) | Tok::Op("[" | "{") => {
                let argument = self.primary()?;
                arguments.positional.push(self.postfix(argument)?);
            }
            _ => {}
        }
        let builtin = if self.environment.tests.contains_key(&*name) {
            None
        } else {
            self.environment.builtins.test(&name)
        };
        Ok(TestCall { span, name, builtin, arguments, negated })
    }

    fn dotted_name(&mut self, what: &str) -> Result<Arc<str>> {
        let mut name = self.expect_name(what)?.to_owned();
        while self.is_op(".") {
            self.advance();
            name.push('.');
            name.push_str(self.expect_name(what)?);
        }
        Ok(self.name(&name).text)
    }
}
