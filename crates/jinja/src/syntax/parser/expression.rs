//! Expressions, with jinja's precedence (in which `**` groups to the left and binds weaker than a sign).

use super::cursor::Parser;
use crate::error::Result;
use crate::source::Span;
use crate::syntax::ast::{Arguments, Comparison, Conditional, Expr, ExprKind, FilterCall, Slice, TestCall};
use crate::syntax::lexer::Tok;
use crate::value::{Operator, Value};
use std::sync::Arc;

/// Operators in one chain, so that a hostile template cannot build a tree too deep to drop.
const LONGEST_CHAIN: usize = 1000;

fn boxed(span: Span, kind: ExprKind) -> Expr {
    Expr { span, kind }
}

impl<'s> Parser<'s, '_> {
    pub(super) fn expression(&mut self) -> Result<Expr> {
        self.check_depth()?;
        let mut expr = self.or()?;
        while self.is_name("if") {
            let span = self.span();
            self.advance();
            let test = self.or()?;
            let otherwise = if self.skip_name("else") { Some(self.expression()?) } else { None };
            let conditional = Conditional { test, then: expr, otherwise };
            expr = boxed(span, ExprKind::Conditional(Box::new(conditional)));
        }
        Ok(expr)
    }

    /// Without a conditional: what may follow `in` of a loop, whose own `if` comes after.
    pub(super) fn expression_without_if(&mut self) -> Result<Expr> {
        self.check_depth()?;
        self.or()
    }

    fn check_chain(&self, count: &mut usize) -> Result<()> {
        *count += 1;
        if *count > LONGEST_CHAIN {
            return self.fail(format!("more than {LONGEST_CHAIN} operators in one expression"));
        }
        Ok(())
    }

    fn or(&mut self) -> Result<Expr> {
        let mut left = self.and()?;
        let mut count = 0;
        while self.is_name("or") {
            self.check_chain(&mut count)?;
            let span = self.span();
            self.advance();
            let right = self.and()?;
            left = boxed(span, ExprKind::Or(Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr> {
        let mut left = self.not()?;
        let mut count = 0;
        while self.is_name("and") {
            self.check_chain(&mut count)?;
            let span = self.span();
            self.advance();
            let right = self.not()?;
            left = boxed(span, ExprKind::And(Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr> {
        if self.is_name("not") {
            self.check_depth()?;
            let span = self.span();
            self.advance();
            let inner = self.not()?;
            return Ok(boxed(span, ExprKind::Not(Box::new(inner))));
        }
        self.compare()
    }

    fn compare(&mut self) -> Result<Expr> {
        let left = self.sum()?;
        let mut span = self.span();
        let mut rest: Vec<(Comparison, Expr)> = Vec::new();
        loop {
            let comparison = match self.tok() {
                Tok::Op("==") => Comparison::Equal,
                Tok::Op("!=") => Comparison::NotEqual,
                Tok::Op("<") => Comparison::Less,
                Tok::Op("<=") => Comparison::LessOrEqual,
                Tok::Op(">") => Comparison::Greater,
                Tok::Op(">=") => Comparison::GreaterOrEqual,
                Tok::Name("in") => Comparison::In,
                Tok::Name("not") if matches!(self.look(1), Tok::Name("in")) => Comparison::NotIn,
                _ => break,
            };
            if rest.is_empty() {
                span = self.span();
            }
            self.advance();
            if comparison == Comparison::NotIn {
                self.advance();
            }
            rest.push((comparison, self.sum()?));
        }
        if rest.is_empty() {
            return Ok(left);
        }
        Ok(boxed(span, ExprKind::Compare(Box::new(left), rest)))
    }

    fn sum(&mut self) -> Result<Expr> {
        let mut left = self.concat()?;
        let mut count = 0;
        loop {
            let operator = match self.tok() {
                Tok::Op("+") => Operator::Add,
                Tok::Op("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.check_chain(&mut count)?;
            let span = self.span();
            self.advance();
            let right = self.concat()?;
            left = boxed(span, ExprKind::Binary(operator, Box::new(left), Box::new(right)));
        }
    }

    fn concat(&mut self) -> Result<Expr> {
        let first = self.product()?;
        if !self.is_op("~") {
            return Ok(first);
        }
        let span = first.span;
        let mut parts = vec![first];
        while self.skip_op("~") {
            parts.push(self.product()?);
        }
        Ok(boxed(span, ExprKind::Concat(parts)))
    }

    fn product(&mut self) -> Result<Expr> {
        let mut left = self.power()?;
        let mut count = 0;
        loop {
            let operator = match self.tok() {
                Tok::Op("*") => Operator::Multiply,
                Tok::Op("/") => Operator::Divide,
                Tok::Op("//") => Operator::FloorDivide,
                Tok::Op("%") => Operator::Modulo,
                _ => return Ok(left),
            };
            self.check_chain(&mut count)?;
            let span = self.span();
            self.advance();
            let right = self.power()?;
            left = boxed(span, ExprKind::Binary(operator, Box::new(left), Box::new(right)));
        }
    }

    fn power(&mut self) -> Result<Expr> {
        let mut left = self.unary(true)?;
        let mut count = 0;
        while self.is_op("**") {
            self.check_chain(&mut count)?;
            let span = self.span();
            self.advance();
            let right = self.unary(true)?;
            left = boxed(span, ExprKind::Binary(Operator::Power, Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    pub(super) fn unary(&mut self, with_filters: bool) -> Result<Expr> {
        let span = self.span();
        let expr = if self.skip_op("-") {
            self.check_depth()?;
            let inner = self.unary(false)?;
            boxed(span, ExprKind::Negative(Box::new(inner)))
        } else if self.skip_op("+") {
            self.check_depth()?;
            let inner = self.unary(false)?;
            boxed(span, ExprKind::Positive(Box::new(inner)))
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
        Ok(boxed(span, kind))
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
        Ok(boxed(span, ExprKind::Tuple(items)))
    }

    /// As [`Self::tuple`], for what a loop walks over.
    pub(super) fn loop_iterable(&mut self) -> Result<Expr> {
        let span = self.span();
        let first = self.expression_without_if()?;
        if !self.is_op(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_op(",") {
            if self.tuple_ends() || self.is_name("recursive") {
                break;
            }
            items.push(self.expression_without_if()?);
        }
        Ok(boxed(span, ExprKind::Tuple(items)))
    }

    fn tuple_ends(&self) -> bool {
        matches!(self.tok(), Tok::VariableEnd | Tok::BlockEnd | Tok::Op(")"))
    }

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
                            let index = boxed(name_span, ExprKind::Const(Value::Int(index)));
                            ExprKind::Item(Box::new(expr), Box::new(index))
                        }
                        _ => {
                            return self
                                .fail(format!("expected a name after '.', got {}", self.tok().describe()));
                        }
                    };
                    self.advance();
                    expr = boxed(name_span, kind);
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
                    expr = boxed(span, ExprKind::Call(Box::new(expr), Box::new(arguments)));
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
            return Ok(boxed(span, ExprKind::Slice(Box::new(expr), Box::new(slice))));
        }
        let index = match (items.pop(), items.is_empty()) {
            (None, _) => return self.fail_at(span, "expected an expression between '[' and ']'"),
            (Some(only), true) => only,
            (Some(last), false) => {
                items.push(last);
                boxed(span, ExprKind::Tuple(items))
            }
        };
        Ok(boxed(span, ExprKind::Item(Box::new(expr), Box::new(index))))
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
                    expr = boxed(call.span, ExprKind::Filter(Box::new(expr), Box::new(call)));
                }
                Tok::Name("is") => {
                    self.check_chain(&mut count)?;
                    self.advance();
                    let call = self.test_call()?;
                    expr = boxed(call.span, ExprKind::Test(Box::new(expr), Box::new(call)));
                }
                Tok::Op("(") => {
                    self.check_chain(&mut count)?;
                    let arguments = self.arguments()?;
                    let span = expr.span;
                    expr = boxed(span, ExprKind::Call(Box::new(expr), Box::new(arguments)));
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
            Tok::Name(_) | Tok::Str(_) | Tok::Int(_) | Tok::Float(_) | Tok::Op("[" | "{") => {
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
