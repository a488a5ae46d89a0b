//! A Jinja interpreter with Python's semantics: templates are parsed once into an immutable tree, shared by
//! threads, and rendered against a host's names.
//!
//! It knows nothing of who uses it. A host supplies names through [`Globals`], things of its own as [`Object`]s
//! or functions ([`Value::function`]), filters and block tags through [`Environment`].
//!
//! ```text
//! source ──lexer──► tokens ──parser──► Template (Arc, immutable) ──exec/eval──► text or a Value
//!                                                                     ▲
//!                                              Environment (filters, tags) + Globals (names)
//! ```
//!
//! ```
//! use ingot_jinja::{Environment, Value};
//! use std::collections::HashMap;
//!
//! let mut environment = Environment::new();
//! environment.add_filter("quoted", |_state, value, _args| Ok(Value::from(format!("\"{value}\""))));
//! let template = environment.parse(
//!     "{% macro list(columns) %}{% for c in columns %}{{ c | quoted }}{{ ', ' if not loop.last }}{% endfor %}\
//!      {% endmacro %}select {{ list(['id', 'name']) }} from {{ table }}",
//!     "model.sql",
//! )?;
//! let names = HashMap::from([("table".to_owned(), Value::from("orders"))]);
//! assert_eq!(environment.render(&template, &names)?, "select \"id\", \"name\" from orders");
//! # Ok::<(), ingot_jinja::Error>(())
//! ```
//!
//! Lists and dicts are mutable and shared by reference as in Python; a macro is a value, and a call of one gives
//! its text or what `return(...)` in it gave.
//!
//! The folders are layers, and import only downwards:
//!
//! ```text
//! python        parts of Python's library, for hosts to mount: datetime, re, itertools, pytz
//! environment   what a host sets up once; it brings the built-in functions and the interpreter together
//! builtins      jinja's filters, tests and functions, the methods of str, list, dict, set
//! run           the interpreter: statements, expressions, calls, macros
//! syntax        lexer, tree, parser, Template
//! value         Python's values and operators; the types that hosts implement or are handed
//! error, source, options, stack
//! ```

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
pub use run::{Macro, SourceMap, WrittenPlace};
pub use syntax::{Block, MacroInfo, Parameter, Template, has_jinja};
pub use value::{
    Args, Bound, BoundMethod, Dict, Environment, Function, Globals, Iter, Key, List, Method, MethodTable,
    Object, Operator, Range, Set, State, Undefined, Value,
};
