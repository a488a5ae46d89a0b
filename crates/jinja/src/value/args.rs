//! The arguments of a call, and how they meet a function's parameters.

use super::types::{Args, Value};
use crate::error::{Error, Result};
use indexmap::IndexMap;
use std::fmt;

impl Args {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn of(positional: impl IntoIterator<Item = Value>) -> Self {
        Self { positional: positional.into_iter().collect(), named: IndexMap::new() }
    }
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.named.insert(name.into(), value.into());
        self
    }
    pub fn is_empty(&self) -> bool {
        self.positional.is_empty() && self.named.is_empty()
    }

    /// Binds to `parameters` by position and name. A parameter whose name ends in `?` may be left out; a last
    /// parameter `*` takes all that fits no other ([`Bound::rest`]).
    ///
    /// ```
    /// # use ingot_jinja::{Args, Value};
    /// let args = Args::of([Value::from("HOME")]);
    /// let mut bound = args.bind("env_var", &["name", "default?"])?;
    /// assert_eq!(bound.text("name")?, "HOME");
    /// assert!(bound.take("default").is_none());
    /// # Ok::<(), ingot_jinja::Error>(())
    /// ```
    ///
    /// # Errors
    /// Too many, unknown or missing arguments; the message names `function`.
    pub fn bind<'p>(self, function: &'p str, parameters: &'p [&'p str]) -> Result<Bound<'p>> {
        self.bind_to(Callee { owner: "", name: function }, parameters)
    }

    /// [`Args::bind`] for a method, which errors call `owner.name()`.
    pub(super) fn bind_method<'p>(
        self,
        owner: &'p str,
        name: &'p str,
        parameters: &'p [&'p str],
    ) -> Result<Bound<'p>> {
        self.bind_to(Callee { owner, name }, parameters)
    }

    fn bind_to<'p>(self, function: Callee<'p>, parameters: &'p [&'p str]) -> Result<Bound<'p>> {
        let (parameters, takes_any) = match parameters.split_last() {
            Some((&"*", before)) => (before, true),
            _ => (parameters, false),
        };
        let given = self.positional.len();
        let mut values: Vec<Option<Value>> = self.positional.into_iter().map(Some).collect();
        // Seldom used, so it is only made where there is something to put in.
        let mut rest: Option<Box<Args>> = None;
        if given > parameters.len() {
            if !takes_any {
                return Err(function.takes_fewer(parameters, given));
            }
            rest.get_or_insert_default().positional = values.drain(parameters.len()..).flatten().collect();
        }
        values.resize(parameters.len(), None);
        for (name, value) in self.named {
            let Some(index) = parameters.iter().position(|p| p.trim_end_matches('?') == name) else {
                if takes_any {
                    rest.get_or_insert_default().named.insert(name, value);
                    continue;
                }
                return Err(function.has_no_parameter(parameters, &name));
            };
            if values[index].replace(value).is_some() {
                return Err(Error::type_error(format!(
                    "{function}() got multiple values for argument '{name}'"
                )));
            }
        }
        for (parameter, value) in parameters.iter().zip(&values) {
            if value.is_none() && !parameter.ends_with('?') {
                return Err(Error::type_error(format!(
                    "{function}() missing required argument: '{parameter}'"
                )));
            }
        }
        Ok(Bound { function, parameters, values, rest })
    }
}

/// What is called, as errors name it.
#[derive(Clone, Copy)]
struct Callee<'p> {
    /// The type that a method belongs to; empty for a function.
    owner: &'p str,
    name: &'p str,
}

impl fmt::Display for Callee<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.owner.is_empty() {
            write!(f, "{}.", self.owner)?;
        }
        f.write_str(self.name)
    }
}

impl Callee<'_> {
    fn takes_fewer(self, parameters: &[&str], given: usize) -> Error {
        let most = parameters.len();
        let plural = if most == 1 { "" } else { "s" };
        let bound = if parameters.iter().any(|p| p.ends_with('?')) { "at most" } else { "exactly" };
        Error::type_error(format!("{self}() takes {bound} {most} argument{plural} but {given} were given"))
    }
    fn has_no_parameter(self, parameters: &[&str], name: &str) -> Error {
        let error = Error::type_error(format!("{self}() got an unexpected keyword argument '{name}'"));
        let known: Vec<&str> = parameters.iter().map(|p| p.trim_end_matches('?')).collect();
        if known.is_empty() {
            return error.hint(format!("{self}() takes no arguments"));
        }
        error.hint(format!("{self}() takes: {}", known.join(", "))).suggest(name, known.iter().copied())
    }
}

/// Arguments that have found their parameters.
pub struct Bound<'p> {
    function: Callee<'p>,
    parameters: &'p [&'p str],
    values: Vec<Option<Value>>,
    rest: Option<Box<Args>>,
}

impl Bound<'_> {
    /// The argument for `name`, if it was given.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.parameters.iter().position(|p| p.trim_end_matches('?') == name)?;
        self.values[index].take()
    }
    /// The argument for `name`, or `None` the value.
    pub fn value(&mut self, name: &str) -> Value {
        self.take(name).unwrap_or(Value::None)
    }
    /// What the parameter `*` took.
    pub fn rest(&mut self) -> Args {
        self.rest.take().map_or_else(Args::default, |rest| *rest)
    }
    /// The argument, which must be text.
    ///
    /// # Errors
    /// It is not text, or was not given.
    pub fn text(&mut self, name: &str) -> Result<String> {
        match self.take(name) {
            Some(Value::Str(text)) => Ok(text.to_string()),
            other => Err(self.wrong(name, "text", other.as_ref())),
        }
    }
    /// The argument, which must be text if it is there and not none.
    ///
    /// # Errors
    /// It is neither text nor none.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>> {
        match self.take(name) {
            None | Some(Value::None) => Ok(None),
            Some(Value::Str(text)) => Ok(Some(text.to_string())),
            other => Err(self.wrong(name, "text", other.as_ref())),
        }
    }
    /// The argument, which must be an int if it is there and not none.
    ///
    /// # Errors
    /// It is neither an int nor none.
    pub fn optional_int(&mut self, name: &str) -> Result<Option<i128>> {
        match self.take(name) {
            None | Some(Value::None) => Ok(None),
            Some(value) => match value.as_int() {
                Some(int) => Ok(Some(int)),
                None => Err(self.wrong(name, "an int", Some(&value))),
            },
        }
    }
    /// The argument's truth, or `default`.
    pub fn truth(&mut self, name: &str, default: bool) -> bool {
        self.take(name).map_or(default, |value| value.is_true())
    }

    fn wrong(&self, name: &str, expected: &str, found: Option<&Value>) -> Error {
        match found {
            Some(Value::Undefined(undefined)) => Error::undefined(undefined.message()),
            _ => Error::type_error(format!(
                "{}() needs {expected} for '{name}', not {}",
                self.function,
                found.map_or("nothing", |value| value.type_name())
            )),
        }
    }
}
