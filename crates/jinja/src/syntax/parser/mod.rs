//! Tokens to tree: a recursive descent, whose functions are methods of one [`cursor::Parser`].

mod cursor;
mod definition;
mod expression;
mod parse;
mod statement;

pub(crate) use parse::{parse, parse_expression};
