//! A Jinja interpreter with Python's semantics, of our own: templates are parsed once into an
//! immutable tree, shared by threads, and rendered against a host's names.
//!
//! It knows nothing of who uses it. A host supplies names through [`Globals`], its own things as
//! [`Object`]s or functions ([`Value::function`]), filters and block tags through [`Environment`].
//!
//! ```text
//! source ──lexer──► tokens ──parser──► Template (Arc, immutable) ──exec/eval──► text or a Value
//!                                                                     ▲
//!                                              Environment (filters, tags) + Globals (names)
//! ```
//!
//! Lists and dicts are mutable and shared by reference as in Python; a macro is a value, and a call
//! of one gives its text or what `return(...)` in it gave.

mod args;
mod arithmetic;
mod ast;
mod attributes;
mod collections;
mod compare;
mod display;
mod environment;
mod error;
mod eval;
mod exec;
mod filters;
mod format;
mod globals;
mod json;
mod lexer;
mod macros;
mod methods;
mod object;
mod parser;
pub mod python;
mod template;
mod tests;
mod value;

pub use args::{Args, Bound};
pub use collections::{Dict, Key, List, Set};
pub use environment::{Chain, Environment, Globals, State, TagShape, UndefinedMode};
pub use error::{Error, Kind, Result, Trace};
pub use object::{Function, Object, Operator};
pub use template::{Block, MacroInfo, Parameter, Template, has_jinja};
pub use value::{Undefined, Value};
