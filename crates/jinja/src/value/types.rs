//! The types that name one another: a [`Value`]; an [`Object`] or [`Function`] of the host's, which are
//! values; the [`Args`] that they are called with; and the [`State`] of the render that calls them, with the
//! [`Environment`] and [`Globals`] it runs under.
//!
//! Only their shapes are here. What can be done with them is in the files above: each adds methods to a type
//! of this file, and none of them is named here.
//!
//! ```text
//!   Value ──► Object, Function ──► State ──► Environment (filters, tests) ──► Value
//!     └─► List, Dict, Set, Iter ──► Value             └─► Globals (names) ──► Value
//! ```

use super::operator::Operator;
use super::shared::Shared;
use crate::error::{Error, Result};
use crate::options::{TagShape, UndefinedMode};
use crate::stack::StackGuard;
use indexmap::{IndexMap, IndexSet};
use std::any::Any;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

/// A Python value. Clones are cheap; lists, dicts and sets are shared by reference.
#[derive(Clone, Default)]
pub enum Value {
    /// A name or attribute that is not there. Prints as nothing; most other uses are errors.
    Undefined(Arc<Undefined>),
    #[default]
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Arc<str>),
    List(List),
    Tuple(Arc<[Value]>),
    Dict(Dict),
    Set(Set),
    /// A generator: what `map`, `select` and the like return. Gives its items once.
    Iter(Iter),
    Range(Range),
    Function(Arc<Function>),
    /// `xs.append`, before it is called.
    Method(Arc<BoundMethod>),
    /// A macro, or something of the host's.
    Object(Arc<dyn Object>),
}

/// Why a value is not there.
#[derive(Debug, Clone, Default)]
pub struct Undefined {
    /// What was looked for.
    pub name: Option<Arc<str>>,
    /// The sentence that an error about it says, where it is not just "'name' is undefined".
    pub hint: Option<String>,
}

/// `range(start, stop, step)`; `step` is never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub start: i128,
    pub stop: i128,
    pub step: i128,
}

/// A Python list.
#[derive(Clone, Default)]
pub struct List(pub(super) Shared<Vec<Value>>);

/// A Python dict: keeps the order of insertion.
#[derive(Clone, Default)]
pub struct Dict(pub(super) Shared<IndexMap<Key, Value>>);

/// A Python set. Keeps the order of insertion, so that output is the same on every run.
#[derive(Clone, Default)]
pub struct Set(pub(super) Shared<IndexSet<Key>>);

/// A generator: items that are given out once.
#[derive(Clone)]
pub struct Iter {
    pub(super) type_name: &'static str,
    pub(super) rest: Shared<VecDeque<Value>>,
}

/// A value that can be a key: hashed and compared as in Python (`1 == 1.0 == True`).
#[derive(Clone)]
pub struct Key(pub(super) Value);

/// `xs.append` as a value.
pub struct BoundMethod {
    pub(crate) receiver: Value,
    pub(crate) name: Arc<str>,
}

/// The arguments of a call: `f(1, 2, key=3)`.
#[derive(Clone, Default)]
pub struct Args {
    pub positional: Vec<Value>,
    pub named: IndexMap<String, Value>,
}

/// A thing of the host's. Everything but the type's name has a default: an object with no
/// attributes that is true, equal to itself alone, and cannot be called or iterated.
pub trait Object: Send + Sync {
    /// The type's name in error messages, as `type(x).__name__` would say it.
    fn type_name(&self) -> &str;
    /// For [`Value::downcast`]. Write `fn as_any(&self) -> &dyn Any { self }`.
    fn as_any(&self) -> &dyn Any;

    /// `object.name`. `None` where there is no such attribute. A method is found here only where it
    /// may be passed on as a value; else [`Object::call_method`] suffices.
    fn get_attr(&self, _name: &str) -> Option<Value> {
        None
    }
    /// `{% set object.name = value %}`.
    fn set_attr(&self, name: &str, _value: Value) -> Result<()> {
        Err(Error::type_error(format!("cannot set attribute '{name}' of a '{}' object", self.type_name())))
    }
    /// `object[key]`; `None` where there is no such item.
    fn get_item(&self, _key: &Value) -> Result<Option<Value>> {
        Ok(None)
    }
    /// `object[key]` of an object whose items are those of the render in which it is asked.
    fn get_item_in(&self, _state: &State<'_>, key: &Value) -> Result<Option<Value>> {
        self.get_item(key)
    }
    /// `object.name(args)`. `None` says there is no such method; then [`Object::get_attr`] is asked for something
    /// to call.
    fn call_method(&self, _state: &mut State<'_>, _name: &str, _args: &Args) -> Option<Result<Value>> {
        None
    }
    /// Names that [`Object::call_method`] answers, so that `object.name` (without a call) is a value
    /// that can be passed on, and errors can suggest the nearest.
    fn method_names(&self) -> &[&'static str] {
        &[]
    }
    /// `object(args)`.
    fn call(&self, _state: &mut State<'_>, _args: Args) -> Result<Value> {
        Err(Error::type_error(format!("'{}' object is not callable", self.type_name())))
    }
    fn is_callable(&self) -> bool {
        false
    }
    /// The items that `for` walks over; `None` where it cannot be iterated.
    fn iterate(&self) -> Option<Vec<Value>> {
        None
    }
    /// `len(object)`; by default the number of items.
    fn length(&self) -> Option<usize> {
        self.iterate().map(|items| items.len())
    }
    /// Whether `is mapping` holds (then `iterate` gives its keys).
    fn is_mapping(&self) -> bool {
        false
    }
    /// `item in object`; `None`: look through the items.
    fn contains(&self, _item: &Value) -> Option<bool> {
        None
    }
    fn is_true(&self) -> bool {
        true
    }
    /// Python's `str(object)`: what `{{ object }}` prints.
    fn to_str(&self) -> String {
        self.repr()
    }
    fn repr(&self) -> String {
        format!("<{} object>", self.type_name())
    }
    /// Equality; `None` means identity.
    fn equals(&self, _other: &Value) -> Option<bool> {
        None
    }
    /// `<` and `>`; `None` where there is no order.
    fn compare(&self, _other: &Value) -> Option<Ordering> {
        None
    }
    /// Something to hash, if this may be a key of a dict; equal objects give equal values.
    fn hash_key(&self) -> Option<Value> {
        None
    }
    /// `object + other`, or `other + object` when `reflected`; `None`: not supported.
    fn operate(&self, _operator: Operator, _other: &Value, _reflected: bool) -> Option<Result<Value>> {
        None
    }
    /// The plain value that `tojson` writes; `None`: it cannot be written.
    fn to_plain(&self) -> Option<Value> {
        None
    }
    /// The nearest float, if this is a number.
    fn as_float(&self) -> Option<f64> {
        None
    }
    /// `round(object, digits)`; `None`: it is not a number.
    fn round(&self, _digits: i32) -> Option<Value> {
        None
    }
    /// `format(object, specification)` as in `'{:%Y}'.format(object)`; `None`: `str(object)` padded.
    fn format(&self, _specification: &str) -> Option<String> {
        None
    }
}

type FunctionBody = dyn Fn(&mut State<'_>, Args) -> Result<Value> + Send + Sync;

/// A function written in Rust; see [`Value::function`].
pub struct Function {
    pub(crate) name: String,
    pub(crate) body: Box<FunctionBody>,
}

/// The names that templates see, beside their own and the built-in functions. Asked at every use, by the root
/// template and by every macro that runs under it, in whatever file the macro is.
pub trait Globals: Send + Sync {
    /// The value of `name`; `None` where there is none.
    fn lookup(&self, name: &str) -> Option<Value>;
    /// Names for "did you mean"; need not be complete.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
    /// How undefined values behave under these globals; `None`: as the environment says.
    fn undefined_mode(&self) -> Option<UndefinedMode> {
        None
    }
    /// The template itself, and no macro, is about to call this macro.
    fn calls_macro(&self, _name: &str, _called: &Value) {}
    /// So that a host function can find the host's own struct again through [`State::globals`].
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
}

/// A filter that is built in.
pub(crate) type BuiltinFilter = fn(&mut State<'_>, Value, Args) -> Result<Value>;
/// A test (what follows `is`) that is built in.
pub(crate) type BuiltinTest = fn(&mut State<'_>, Value, Args) -> Result<bool>;

/// What every template knows without its host. A table of functions, because the interpreter calls them and
/// they call the interpreter: it knows them only through this table, and they are free to import it.
pub(crate) struct Builtins {
    /// In the order of their names.
    pub filters: &'static [(&'static str, BuiltinFilter)],
    /// In the order of their names.
    pub tests: &'static [(&'static str, BuiltinTest)],
    /// `range` and the like, by name.
    pub function: fn(&str) -> Option<Value>,
    pub function_names: &'static [&'static str],
    /// Whether Python's type of the value has a method of this name.
    pub has_method: fn(&Value, &str) -> bool,
    /// `value.name(args)`, where [`Builtins::has_method`] holds.
    pub call_method: fn(&mut State<'_>, &Value, &str, Args) -> MethodCall,
}

/// What came of a call of a method by its name.
pub(crate) enum MethodCall {
    Done(Result<Value>),
    /// There is no such method; here are the arguments back.
    Unknown(Args),
}

type FilterBody = dyn Fn(&mut State<'_>, Value, Args) -> Result<Value> + Send + Sync;
type TestBody = dyn Fn(&mut State<'_>, Value, Args) -> Result<bool> + Send + Sync;

/// What is the same for all templates: the host's filters, tests and block tags. Build it once, share it by
/// [`Arc`] or reference.
#[derive(Clone)]
pub struct Environment {
    pub(crate) builtins: &'static Builtins,
    pub(crate) filters: IndexMap<String, Arc<FilterBody>>,
    pub(crate) tests: IndexMap<String, Arc<TestBody>>,
    pub(crate) tags: IndexMap<String, TagShape>,
    pub(crate) undefined: UndefinedMode,
    /// In bytes.
    pub(crate) stack_budget: usize,
}

/// A running render: what a host function gets, to call macros and look up names with.
pub struct State<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) globals: &'a dyn Globals,
    pub(crate) stack: StackGuard,
    /// How many macros are being called, one in the other.
    pub(crate) macro_depth: usize,
}
