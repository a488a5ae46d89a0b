//! `ast.literal_eval`: a text that is a Python literal, to its value.

use crate::syntax::constant;
use crate::syntax::parser::parse_expression;
use crate::value::{Environment, Value};

/// The value, or `None` where `text` is not a literal.
pub fn literal_eval(text: &str) -> Option<Value> {
    let text = text.trim();
    // Python's spelling alone.
    if matches!(text, "true" | "false" | "none") || text.is_empty() {
        return None;
    }
    constant(&parse_expression(text, &Environment::new()).ok()?)
}
