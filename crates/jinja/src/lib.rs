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

mod builtins;
mod environment;
mod error;
mod options;
pub mod python;
mod run;
mod source;
mod stack;
mod syntax;
mod value;

pub use environment::Chain;
pub use error::{Error, Kind, Result, Trace};
pub use options::{TagShape, UndefinedMode};
pub use run::Macro;
pub use syntax::{Block, MacroInfo, Parameter, Template, has_jinja};
pub use value::{
    Args, Bound, BoundMethod, Dict, Environment, Function, Globals, Iter, Key, List, Method, MethodTable,
    Object, Operator, Range, Set, State, Undefined, Value,
};
