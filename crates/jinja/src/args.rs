//! The arguments of a call, and how they meet a function's parameters.

use super::error::{Error, Result};
use super::value::Value;
use indexmap::IndexMap;

/// `f(1, 2, key=3)`.
#[derive(Clone, Default)]
pub struct Args {
    pub positional: Vec<Value>,
    pub named: IndexMap<String, Value>,
}

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

    /// Binds to `parameters` by position and name. A parameter whose name ends in `?` may be left out.
    /// Too many, unknown or missing arguments are errors that name `function`.
    ///
    /// ```ignore
    /// let mut bound = args.bind("env_var", &["name", "default?"])?;
    /// let name = bound.text("name")?;
    /// let default = bound.take("default");
    /// ```
    pub fn bind<'p>(self, function: &'p str, parameters: &'p [&'p str]) -> Result<Bound<'p>> {
        if self.positional.len() > parameters.len() {
            let most = parameters.len();
            let given = self.positional.len();
            let plural = if most == 1 { "" } else { "s" };
            return Err(Error::type_error(format!(
                "{function}() takes {} {most} argument{plural} but {given} were given",
                if parameters.iter().any(|p| p.ends_with('?')) { "at most" } else { "exactly" },
            )));
        }
        let mut values: Vec<Option<Value>> = self.positional.into_iter().map(Some).collect();
        values.resize(parameters.len(), None);
        for (name, value) in self.named {
            let Some(index) = parameters.iter().position(|p| p.trim_end_matches('?') == name) else {
                let known: Vec<&str> = parameters.iter().map(|p| p.trim_end_matches('?')).collect();
                let mut error =
                    Error::type_error(format!("{function}() got an unexpected keyword argument '{name}'"));
                if let Some(near) = ingot_core::error::nearest(&name, known.iter().copied()) {
                    error = error.hint(format!("did you mean '{near}'?"));
                } else if known.is_empty() {
                    error = error.hint(format!("{function}() takes no arguments"));
                } else {
                    error = error.hint(format!("{function}() takes: {}", known.join(", ")));
                }
                return Err(error);
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
        Ok(Bound { function, parameters, values })
    }
}

/// Arguments that have found their parameters.
pub struct Bound<'p> {
    function: &'p str,
    parameters: &'p [&'p str],
    values: Vec<Option<Value>>,
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
    /// The argument, which must be text.
    pub fn text(&mut self, name: &str) -> Result<String> {
        match self.take(name) {
            Some(Value::Str(text)) => Ok(text.to_string()),
            other => Err(self.wrong(name, "text", other.as_ref())),
        }
    }
    /// The argument, which must be text if it is there and not none.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>> {
        match self.take(name) {
            None | Some(Value::None) => Ok(None),
            Some(Value::Str(text)) => Ok(Some(text.to_string())),
            other => Err(self.wrong(name, "text", other.as_ref())),
        }
    }
    /// The argument, which must be an int if it is there and not none.
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
