//! A running render, as host functions and the built-in ones use it.

use crate::error::Result;
use crate::run::call;
use crate::stack::StackGuard;
use crate::value::{Args, Environment, Globals, State, Value};
use std::sync::Arc;

impl<'a> State<'a> {
    /// The beginning of a render with the names of `globals`.
    pub fn new(environment: &'a Environment, globals: &'a dyn Globals) -> Self {
        let stack = StackGuard::enter(environment.stack_budget);
        Self { environment, globals, stack, macro_depth: 0 }
    }
    pub fn environment(&self) -> &'a Environment {
        self.environment
    }
    pub fn globals(&self) -> &'a dyn Globals {
        self.globals
    }
    /// A name as a template would see it: the host's, else a built-in function.
    pub fn lookup(&self, name: &str) -> Option<Value> {
        self.globals.lookup(name).or_else(|| (self.environment.builtins.function)(name))
    }
    /// Calls a macro, function, method or object.
    ///
    /// # Errors
    /// `callee` cannot be called, does not take `args`, or fails itself.
    pub fn call(&mut self, callee: &Value, args: Args) -> Result<Value> {
        call::call(self, callee, args)
    }
    /// `value.name(args)`.
    ///
    /// # Errors
    /// There is no such method, it does not take `args`, or it fails itself.
    pub fn call_method(&mut self, value: &Value, name: &str, args: Args) -> Result<Value> {
        call::call_method(self, value, &Arc::from(name), args)
    }
}
