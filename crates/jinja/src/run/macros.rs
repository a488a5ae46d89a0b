//! Macros as values: what they remember of where they were defined, and what a call of one does.

use crate::error::{Error, Result};
use crate::run::frame::{Closure, Frame};
use crate::run::sink::Sink;
use crate::syntax::MacroInfo;
use crate::syntax::ast::{CALLER, KWARGS, MacroDefinition, VARARGS};
use crate::value::{Args, Dict, Object, State, Value};
use std::any::Any;
use std::sync::Arc;

/// A macro as a value: `value.downcast::<Macro>()` finds it again.
#[derive(Clone)]
pub struct Macro {
    definition: Arc<MacroDefinition>,
    closure: Option<Closure>,
    /// The block of a `{% call %}`: `return()` in it ends the macro around it, not the block.
    is_block: bool,
}

impl Macro {
    pub(crate) fn global(definition: Arc<MacroDefinition>) -> Self {
        Self { definition, closure: None, is_block: false }
    }
    pub(crate) fn local(definition: Arc<MacroDefinition>, closure: Closure) -> Self {
        Self { definition, closure: Some(closure), is_block: false }
    }
    pub(crate) fn block(definition: Arc<MacroDefinition>, closure: Closure) -> Self {
        Self { definition, closure: Some(closure), is_block: true }
    }
    pub fn name(&self) -> &str {
        &self.definition.name.text
    }
    /// The parameters, each with whether it has a default.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, bool)> {
        self.definition.parameters.iter().map(|one| (&*one.name.text, one.default.is_some()))
    }
    /// Whether it takes keyword arguments beyond its parameters: it uses `kwargs`.
    pub fn takes_any_keyword(&self) -> bool {
        self.definition.uses_kwargs
    }

    /// Runs the body. Gives what `return()` in it gave, else the text.
    fn run(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let mut frame = Frame::of_macro(self.definition.source.clone(), self.closure.as_ref());
        let missing = self.bind(&mut frame, args)?;
        if !self.is_block && self.closure.as_ref().is_some_and(|closure| !closure.captured.is_empty()) {
            // The macro was not yet a variable when its surroundings were captured.
            frame.define_if_unknown(self.definition.name.symbol, || Value::object(self.clone()));
        }
        let is_global = self.closure.is_none();
        if is_global && state.macro_depth == 0 {
            state.globals.calls_macro(self.name(), &Value::object(self.clone()));
        }
        state.macro_depth += usize::from(is_global);
        let mut sink = Sink::text();
        let result = self
            .defaults(state, &mut frame, missing)
            .and_then(|()| frame.execute(state, &self.definition.body, &mut sink));
        state.macro_depth -= usize::from(is_global);
        match result {
            Ok(_) => Ok(sink.into_value()),
            Err(mut error) => {
                if !self.is_block
                    && let Some(value) = error.take_returned::<Value>()
                {
                    return Ok(value);
                }
                error.leave_macro(self.name());
                Err(error)
            }
        }
    }

    /// Puts the arguments into the frame; returns the indices of the parameters that got none.
    fn bind(&self, frame: &mut Frame, args: Args) -> Result<Vec<usize>> {
        let definition = &*self.definition;
        let count = definition.parameters.len();
        let Args { positional, mut named } = args;
        let given = positional.len();
        let mut rest = Vec::new();
        for (index, value) in positional.into_iter().enumerate() {
            match definition.parameters.get(index) {
                Some(parameter) => frame.define(parameter.name.symbol, value),
                None => rest.push(value),
            }
        }
        let mut missing = Vec::new();
        let mut has_caller_parameter = false;
        for (index, parameter) in definition.parameters.iter().enumerate() {
            has_caller_parameter |= parameter.name.symbol == CALLER;
            if index < given {
                continue;
            }
            match if named.is_empty() { None } else { named.shift_remove(&*parameter.name.text) } {
                Some(value) => frame.define(parameter.name.symbol, value),
                None => missing.push(index),
            }
        }
        if definition.uses_caller && !has_caller_parameter {
            let caller = named
                .shift_remove("caller")
                .unwrap_or_else(|| Value::undefined_because("caller", "No caller defined"));
            frame.define(CALLER, caller);
        }
        if definition.uses_kwargs {
            let kwargs = Dict::default();
            for (name, value) in named {
                kwargs.set_str(name, value);
            }
            frame.define(KWARGS, Value::Dict(kwargs));
        } else if let Some((name, _)) = named.first() {
            return Err(self.unexpected(name));
        }
        if definition.uses_varargs {
            frame.define(VARARGS, Value::tuple(rest));
        } else if !rest.is_empty() {
            let plural = if count == 1 { "" } else { "s" };
            return Err(Error::type_error(format!(
                "{} takes not more than {count} argument{plural}, but {given} were given",
                self.described()
            )));
        }
        Ok(missing)
    }

    fn described(&self) -> String {
        if self.is_block { "the block of 'call'".to_owned() } else { format!("macro '{}'", self.name()) }
    }

    fn unexpected(&self, name: &str) -> Error {
        if name == "caller" {
            return Error::type_error(format!(
                "{} does not use 'caller', so 'call' cannot give it a block",
                self.described()
            ));
        }
        let error = Error::type_error(format!("{} takes no keyword argument '{name}'", self.described()));
        let names: Vec<&str> = self.parameters().map(|(name, _)| name).collect();
        if names.is_empty() {
            return error;
        }
        error.hint(format!("it takes: {}", names.join(", "))).suggest(name, names.iter().copied())
    }

    /// Defaults are evaluated at each call and may use the parameters before them.
    fn defaults(&self, state: &mut State<'_>, frame: &mut Frame, missing: Vec<usize>) -> Result<()> {
        for index in missing {
            let parameter = &self.definition.parameters[index];
            let value = match &parameter.default {
                Some(default) => frame.evaluate(state, default)?,
                None => Value::undefined_because(
                    parameter.name.text.clone(),
                    format!("parameter '{}' was not provided", parameter.name.text),
                ),
            };
            frame.define(parameter.name.symbol, value);
        }
        Ok(())
    }
}

impl Object for Macro {
    fn type_name(&self) -> &str {
        "Macro"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" => Value::Str(self.definition.name.text.clone()),
            "arguments" => Value::tuple(self.parameters().map(|(name, _)| Value::from(name))),
            "catch_kwargs" => Value::Bool(self.definition.uses_kwargs),
            "catch_varargs" => Value::Bool(self.definition.uses_varargs),
            "caller" => Value::Bool(self.definition.uses_caller),
            _ => return None,
        })
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        self.run(state, args)
    }
    fn repr(&self) -> String {
        format!("<Macro {}>", Value::from(self.name()).repr())
    }
    /// Two values are the same macro if they are the same lines of the same file and remember nothing.
    fn equals(&self, other: &Value) -> Option<bool> {
        let other = other.downcast::<Self>()?;
        (self.closure.is_none() && other.closure.is_none())
            .then(|| Arc::ptr_eq(&self.definition, &other.definition))
    }
}

impl MacroInfo {
    /// Something to put among the globals and to call. It sees its parameters, its own variables, and the
    /// globals of the render in which it is called; nothing else of its file.
    pub fn value(&self) -> Value {
        Value::object(Macro::global(self.definition().clone()))
    }
}

impl Error {
    /// The signal that ends the running macro with `value`. A host's own `return` may raise it too.
    pub fn returning(value: Value) -> Self {
        Self::signal(value)
    }
}
