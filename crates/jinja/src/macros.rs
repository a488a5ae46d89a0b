//! Macros as values: what they remember of where they were defined, and what a call of one does.

use super::args::Args;
use super::ast::{CALLER, KWARGS, MacroDefinition, Symbol, VARARGS};
use super::collections::Dict;
use super::environment::State;
use super::error::{Error, Result};
use super::exec::{Frame, RootVariables, Sink, execute};
use super::value::Value;
use std::sync::Arc;

pub struct Macro {
    definition: Arc<MacroDefinition>,
    closure: Option<Closure>,
    /// The block of a `{% call %}`: `return()` in it ends the macro around it, not the block.
    is_block: bool,
}

/// What a macro sees of the template that it was defined in.
pub struct Closure {
    /// The variables at the template's top level, as they are when the macro runs.
    pub root: Option<Arc<RootVariables>>,
    /// Those of loops and macros around the definition, as they were when it was reached.
    pub captured: Arc<[(Symbol, Value)]>,
}

impl Macro {
    pub fn global(definition: Arc<MacroDefinition>) -> Self {
        Self { definition, closure: None, is_block: false }
    }
    pub fn local(definition: Arc<MacroDefinition>, closure: Closure) -> Self {
        Self { definition, closure: Some(closure), is_block: false }
    }
    pub fn block(definition: Arc<MacroDefinition>, closure: Closure) -> Self {
        Self { definition, closure: Some(closure), is_block: true }
    }
    pub fn name(&self) -> &str {
        &self.definition.name.text
    }
    /// The parameters, each with whether it has a default.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, bool)> {
        self.definition.parameters.iter().map(|one| (&*one.name.text, one.default.is_some()))
    }
    pub fn is_same(&self, other: &Self) -> bool {
        self.closure.is_none() && other.closure.is_none() && Arc::ptr_eq(&self.definition, &other.definition)
    }

    /// `macro.name`, `macro.arguments` and the like.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" => Value::Str(self.definition.name.text.clone()),
            "arguments" => {
                Value::tuple(self.definition.parameters.iter().map(|p| Value::Str(p.name.text.clone())))
            }
            "catch_kwargs" => Value::Bool(self.definition.uses_kwargs),
            "catch_varargs" => Value::Bool(self.definition.uses_varargs),
            "caller" => Value::Bool(self.definition.uses_caller),
            _ => return None,
        })
    }

    /// Runs the body. Gives what `return()` in it gave, else the text.
    pub fn call(self: &Arc<Self>, state: &mut State<'_>, args: Args) -> Result<Value> {
        state.stack.check()?;
        let mut frame = Frame::of_macro(
            self.definition.source.clone(),
            self.closure.as_ref().and_then(|closure| closure.root.clone()),
            self.closure.as_ref().map(|closure| closure.captured.clone()),
        );
        let missing = self.bind(&mut frame, args)?;
        if !self.is_block && self.closure.as_ref().is_some_and(|closure| !closure.captured.is_empty()) {
            // The macro was not yet a variable when its surroundings were captured.
            frame.define_if_unknown(self.definition.name.symbol, || Value::Macro(self.clone()));
        }
        let is_global = self.closure.is_none();
        if is_global && state.macro_depth == 0 {
            state.globals.calls_macro(self.name(), &Value::Macro(self.clone()));
        }
        state.macro_depth += usize::from(is_global);
        let mut sink = Sink::text();
        let result = self
            .defaults(state, &mut frame, missing)
            .and_then(|()| execute(state, &mut frame, &self.definition.body, &mut sink));
        state.macro_depth -= usize::from(is_global);
        match result {
            Ok(_) => Ok(sink.into_text()),
            Err(mut error) => {
                if !self.is_block
                    && let Some(value) = error.take_returned()
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
        let names: Vec<&str> = self.definition.parameters.iter().map(|p| &*p.name.text).collect();
        if let Some(near) = ingot_core::error::nearest(name, names.iter().copied()) {
            error.hint(format!("did you mean '{near}'?"))
        } else if names.is_empty() {
            error
        } else {
            error.hint(format!("it takes: {}", names.join(", ")))
        }
    }

    /// Defaults are evaluated at each call and may use the parameters before them.
    fn defaults(&self, state: &mut State<'_>, frame: &mut Frame, missing: Vec<usize>) -> Result<()> {
        for index in missing {
            let parameter = &self.definition.parameters[index];
            let value = match &parameter.default {
                Some(default) => super::eval::evaluate(state, frame, default)?,
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
