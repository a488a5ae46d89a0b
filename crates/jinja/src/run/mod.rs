//! The interpreter: walks the tree of a template, or of a macro, with its variables.
//!
//! ```text
//! render ─► exec (statements) ─► loops, macros ─► frame (variables), sink (output)
//!             └─► eval (expressions) ─► by_name (filters, tests), call ─► attributes
//! ```
//!
//! Statements hold loops, loops hold statements, expressions call macros: what calls back is a method of
//! [`frame::Frame`], so that no file imports one above it.

pub(crate) mod attributes;
pub(crate) mod by_name;
mod call;
mod eval;
mod exec;
mod frame;
mod loops;
mod macros;
mod render;
mod sink;
mod source_map;
mod state;
mod undefined;

pub use macros::Macro;
pub use source_map::{SourceMap, WrittenPlace};
