//! Tokens to tree: a recursive descent, whose functions are methods of one [`cursor::Parser`].

mod cursor;
mod definition;
mod expression;
mod operators;
mod parse;
mod postfix;
mod statement;

pub(crate) use parse::{parse, parse_expression};
