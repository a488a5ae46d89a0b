//! Python's values: what they are, and what Python's operators, `str()`, `json` and formats make of them.
//! Nothing here runs a template.

pub(crate) mod args;
pub(crate) mod arithmetic;
mod builtins;
mod collections;
pub(crate) mod compare;
mod construct;
mod display;
pub(crate) mod format;
pub(crate) mod iterate;
pub(crate) mod json;
mod method_table;
mod operator;
mod shared;
mod slice;
mod types;

pub use args::Bound;
pub use method_table::{Method, MethodTable};
pub use operator::Operator;
pub use types::{
    Args, BoundMethod, Dict, Environment, Function, Globals, Iter, Key, List, Object, Range, Set, State,
    Undefined, Value,
};
pub(crate) use types::{BuiltinFilter, BuiltinTest, Builtins, MethodCall};
