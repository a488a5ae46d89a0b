//! Source text to a tree: tokens, parser, and the template that holds the tree.

pub(crate) mod ast;
mod constant;
mod lexer;
pub(crate) mod parser;
mod template;

pub(crate) use constant::constant;
pub use lexer::has_jinja;
pub use template::{Block, MacroInfo, Parameter, Template};
