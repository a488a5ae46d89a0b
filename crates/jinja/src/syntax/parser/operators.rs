//! Operators between expressions, by one table of precedence. It is jinja's, in which `**` groups to the left
//! and binds weaker than a sign.

use super::cursor::Parser;
use crate::error::Result;
use crate::source::Span;
use crate::syntax::ast::{Comparison, Expr, ExprKind};
use crate::syntax::lexer::Tok;
use crate::value::Operator;

/// Operators in one chain, so that a hostile template cannot build a tree too deep to drop.
const LONGEST_CHAIN: usize = 1000;

/// How strongly an operator binds, from the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Concat,
    Product,
    Power,
    Sign,
}

/// What an operator makes of its operands.
#[derive(Clone, Copy)]
enum Infix {
    /// A pair, grouped to the left.
    Pair(fn(Box<Expr>, Box<Expr>) -> ExprKind),
    /// One chain of any length.
    Compare(Comparison),
    /// One list of any length.
    Concat,
}

macro_rules! arithmetic {
    ($operator:ident) => {
        Infix::Pair(|left, right| ExprKind::Binary(Operator::$operator, left, right))
    };
}

/// An operator, the level of its own, and the weakest level of an operand to the right of it.
const OPERATORS: [(&str, Infix, Level, Level); 17] = [
    ("or", Infix::Pair(ExprKind::Or), Level::Or, Level::And),
    ("and", Infix::Pair(ExprKind::And), Level::And, Level::Not),
    ("==", Infix::Compare(Comparison::Equal), Level::Compare, Level::Sum),
    ("!=", Infix::Compare(Comparison::NotEqual), Level::Compare, Level::Sum),
    ("<", Infix::Compare(Comparison::Less), Level::Compare, Level::Sum),
    ("<=", Infix::Compare(Comparison::LessOrEqual), Level::Compare, Level::Sum),
    (">", Infix::Compare(Comparison::Greater), Level::Compare, Level::Sum),
    (">=", Infix::Compare(Comparison::GreaterOrEqual), Level::Compare, Level::Sum),
    ("in", Infix::Compare(Comparison::In), Level::Compare, Level::Sum),
    ("+", arithmetic!(Add), Level::Sum, Level::Concat),
    ("-", arithmetic!(Subtract), Level::Sum, Level::Concat),
    ("~", Infix::Concat, Level::Concat, Level::Product),
    ("*", arithmetic!(Multiply), Level::Product, Level::Power),
    ("/", arithmetic!(Divide), Level::Product, Level::Power),
    ("//", arithmetic!(FloorDivide), Level::Product, Level::Power),
    ("%", arithmetic!(Modulo), Level::Product, Level::Power),
    ("**", arithmetic!(Power), Level::Power, Level::Sign),
];

/// `not in`: two words.
const NOT_IN: (Infix, Level, Level) = (Infix::Compare(Comparison::NotIn), Level::Compare, Level::Sum);

impl Parser<'_, '_> {
    /// Operands with operators between, without a conditional: also what may follow `in` of a loop, whose own
    /// `if` comes after.
    pub(super) fn operation(&mut self) -> Result<Expr> {
        self.operation_at(Level::Or)
    }

    /// An operand, and all the operators after it that bind at least as strongly as `weakest`.
    fn operation_at(&mut self, weakest: Level) -> Result<Expr> {
        let mut left =
            if weakest <= Level::Not && self.is_name("not") { self.negation()? } else { self.unary(true)? };
        let (mut running, mut count) = (Level::Sign, 0);
        while let Some((infix, level, operand)) = self.infix()
            && level >= weakest
        {
            if level != running {
                (running, count) = (level, 0);
            }
            let span = self.span();
            left = match infix {
                Infix::Compare(_) => self.comparisons(left, span)?,
                Infix::Concat => self.concatenation(left)?,
                Infix::Pair(make) => {
                    self.check_chain(&mut count)?;
                    self.advance();
                    let right = self.operation_at(operand)?;
                    Expr::new(span, make(Box::new(left), Box::new(right)))
                }
            };
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expr> {
        self.check_depth()?;
        let span = self.span();
        self.advance();
        let inner = self.operation_at(Level::Not)?;
        Ok(Expr::new(span, ExprKind::Not(Box::new(inner))))
    }

    /// `< b <= c`, after `a`.
    fn comparisons(&mut self, first: Expr, span: Span) -> Result<Expr> {
        let mut rest = Vec::new();
        while let Some((Infix::Compare(comparison), _, operand)) = self.infix() {
            self.advance();
            if comparison == Comparison::NotIn {
                self.advance();
            }
            rest.push((comparison, self.operation_at(operand)?));
        }
        Ok(Expr::new(span, ExprKind::Compare(Box::new(first), rest)))
    }

    /// `~ b ~ c`, after `a`.
    fn concatenation(&mut self, first: Expr) -> Result<Expr> {
        let span = first.span;
        let mut parts = vec![first];
        while let Some((Infix::Concat, _, operand)) = self.infix() {
            self.advance();
            parts.push(self.operation_at(operand)?);
        }
        Ok(Expr::new(span, ExprKind::Concat(parts)))
    }

    /// The operator that the current token is, its level, and the weakest level of its right operand.
    fn infix(&self) -> Option<(Infix, Level, Level)> {
        let symbol = match self.tok() {
            Tok::Op(symbol) | Tok::Name(symbol) => *symbol,
            _ => return None,
        };
        if symbol == "not" {
            return matches!(self.look(1), Tok::Name("in")).then_some(NOT_IN);
        }
        let found = OPERATORS.iter().find(|(known, ..)| *known == symbol)?;
        Some((found.1, found.2, found.3))
    }

    /// Counts one more link of a chain.
    pub(super) fn check_chain(&self, count: &mut usize) -> Result<()> {
        *count += 1;
        if *count > LONGEST_CHAIN {
            return self.fail(format!("more than {LONGEST_CHAIN} operators in one expression"));
        }
        Ok(())
    }
}
