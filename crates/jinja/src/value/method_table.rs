//! The methods of a type, each written once: its name, its parameters, and what it does.

use super::args::Bound;
use super::types::{Args, MethodCall, State, Value};
use crate::error::Result;

/// One method of the type `T`.
pub struct Method<T: ?Sized + 'static> {
    pub name: &'static str,
    /// As [`Args::bind`] takes them.
    pub parameters: &'static [&'static str],
    pub call: fn(&mut State<'_>, &T, &mut Bound<'_>) -> Result<Value>,
}

impl<T: ?Sized> Clone for Method<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: ?Sized> Copy for Method<T> {}

/// The `N` methods of a type. Make it a `static`, and answer [`Object::call_method`] and
/// [`Object::method_names`] with it.
///
/// ```
/// use ingot_jinja::{Args, Method, MethodTable, Object, Result, State, Value};
/// use std::any::Any;
///
/// struct Counter(i64);
///
/// static METHODS: MethodTable<Counter, 1> = MethodTable::new(
///     "Counter",
///     [Method {
///         name: "plus",
///         parameters: &["number?"],
///         call: |_, counter, bound| {
///             let number = bound.optional_int("number")?.unwrap_or(1);
///             Ok(Value::Int(i128::from(counter.0) + number))
///         },
///     }],
/// );
///
/// impl Object for Counter {
///     fn type_name(&self) -> &str {
///         "Counter"
///     }
///     fn as_any(&self) -> &dyn Any {
///         self
///     }
///     fn method_names(&self) -> &[&'static str] {
///         METHODS.names()
///     }
///     fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
///         METHODS.call(state, self, name, args)
///     }
/// }
/// ```
///
/// [`Object::call_method`]: crate::Object::call_method
/// [`Object::method_names`]: crate::Object::method_names
pub struct MethodTable<T: ?Sized + 'static, const N: usize> {
    /// What errors put before the name of a method.
    owner: &'static str,
    methods: [Method<T>; N],
    names: [&'static str; N],
}

impl<T: ?Sized, const N: usize> MethodTable<T, N> {
    /// `owner` is the type's name in errors: `str` for `str.upper() takes …`.
    pub const fn new(owner: &'static str, methods: [Method<T>; N]) -> Self {
        let mut names = [""; N];
        let mut index = 0;
        while index < N {
            names[index] = methods[index].name;
            index += 1;
        }
        Self { owner, methods, names }
    }
    /// For [`Object::method_names`](crate::Object::method_names).
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }
    /// For [`Object::call_method`](crate::Object::call_method): `None` where there is no such method.
    pub fn call(
        &self,
        state: &mut State<'_>,
        receiver: &T,
        name: &str,
        args: &Args,
    ) -> Option<Result<Value>> {
        let method = self.find(name)?;
        Some(self.run(method, state, receiver, args.clone()))
    }
    /// [`MethodTable::call`] that takes the arguments, and gives them back where there is no such method.
    pub(crate) fn try_call(&self, state: &mut State<'_>, receiver: &T, name: &str, args: Args) -> MethodCall {
        match self.find(name) {
            Some(method) => MethodCall::Done(self.run(method, state, receiver, args)),
            None => MethodCall::Unknown(args),
        }
    }
    fn find(&self, name: &str) -> Option<&Method<T>> {
        self.methods.iter().find(|method| method.name == name)
    }
    fn run(&self, method: &Method<T>, state: &mut State<'_>, receiver: &T, args: Args) -> Result<Value> {
        (method.call)(state, receiver, &mut args.bind_method(self.owner, method.name, method.parameters)?)
    }
}
