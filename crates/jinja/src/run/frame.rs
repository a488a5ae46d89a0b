//! The variables of a running template or macro.

use crate::source::Source;
use crate::syntax::ast::{Name, Symbol};
use crate::value::{State, Value};
use std::sync::{Arc, Mutex, PoisonError};

/// The variables at the top level of a template, which its macros see too.
pub(crate) struct RootVariables(Mutex<Vec<Option<Value>>>);

impl RootVariables {
    fn new(count: usize) -> Self {
        Self(Mutex::new(vec![None; count]))
    }
    fn get(&self, symbol: Symbol) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(symbol as usize).cloned().flatten()
    }
    fn clear(&self) {
        let variables = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(variables);
    }
    fn set(&self, symbol: Symbol, value: Value) {
        let mut variables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = variables.get_mut(symbol as usize) {
            *slot = Some(value);
        }
    }
}

/// What a macro sees of the template that it was defined in.
#[derive(Clone)]
pub(crate) struct Closure {
    /// The variables at the template's top level, as they are when the macro runs.
    pub root: Option<Arc<RootVariables>>,
    /// Those of loops and macros around the definition, as they were when it was reached.
    pub captured: Arc<[(Symbol, Value)]>,
}

/// The variables of one running template or macro. Scopes (of loops, `with`, blocks) are stretches of `variables`.
pub(crate) struct Frame {
    pub source: Arc<Source>,
    variables: Vec<(Symbol, Value)>,
    scope_start: usize,
    scope_depth: usize,
    is_root: bool,
    root: Option<Arc<RootVariables>>,
    captured: Option<Arc<[(Symbol, Value)]>>,
}

impl Frame {
    pub(crate) fn of_template(source: Arc<Source>, symbol_count: usize) -> Self {
        Self {
            source,
            variables: Vec::new(),
            scope_start: 0,
            scope_depth: 0,
            is_root: true,
            root: Some(Arc::new(RootVariables::new(symbol_count))),
            captured: None,
        }
    }
    pub(crate) fn of_macro(source: Arc<Source>, closure: Option<&Closure>) -> Self {
        Self {
            source,
            variables: Vec::new(),
            scope_start: 0,
            scope_depth: 0,
            is_root: false,
            root: closure.and_then(|closure| closure.root.clone()),
            captured: closure.map(|closure| closure.captured.clone()),
        }
    }
    /// At the end of a template. A macro among the variables holds on to them, and they to it: nobody else would
    /// free them.
    pub(crate) fn forget_root(&self) {
        if let Some(root) = &self.root {
            root.clear();
        }
    }

    /// A variable of the template's own.
    pub(crate) fn get(&self, symbol: Symbol) -> Option<Value> {
        let find = |variables: &[(Symbol, Value)]| {
            variables.iter().rev().find(|(known, _)| *known == symbol).map(|(_, value)| value.clone())
        };
        find(&self.variables)
            .or_else(|| find(self.captured.as_deref()?))
            .or_else(|| self.root.as_ref()?.get(symbol))
    }

    /// Sets a variable in the current scope.
    pub(crate) fn define(&mut self, symbol: Symbol, value: Value) {
        if self.is_root
            && self.scope_depth == 0
            && let Some(root) = &self.root
        {
            root.set(symbol, value);
            return;
        }
        match self.variables[self.scope_start..].iter_mut().find(|(known, _)| *known == symbol) {
            Some((_, slot)) => *slot = value,
            None => self.variables.push((symbol, value)),
        }
    }

    pub(crate) fn define_if_unknown(&mut self, symbol: Symbol, value: impl FnOnce() -> Value) {
        if self.get(symbol).is_none() {
            self.define(symbol, value());
        }
    }

    /// A name as the running code sees it: a variable, else a global.
    // Inlined into `evaluate`, it makes every expression slower by some percent.
    #[inline(never)]
    pub(crate) fn lookup(&self, state: &State<'_>, name: &Name) -> Value {
        self.get(name.symbol)
            .or_else(|| state.lookup(&name.text))
            .unwrap_or_else(|| Value::undefined(name.text.clone()))
    }

    /// Runs `body` in a scope of its own, whose variables vanish with it.
    pub(crate) fn scoped<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let (start, length) = (self.scope_start, self.variables.len());
        self.scope_start = length;
        self.scope_depth += 1;
        let result = body(self);
        self.scope_depth -= 1;
        self.variables.truncate(length);
        self.scope_start = start;
        result
    }

    /// What a macro that is defined here will see.
    pub(crate) fn closure(&self) -> Closure {
        let captured: Arc<[(Symbol, Value)]> = match &self.captured {
            Some(outer) => outer.iter().chain(&self.variables).cloned().collect(),
            None => self.variables.iter().cloned().collect(),
        };
        Closure { root: self.root.clone(), captured }
    }
}

/// How a run of statements ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
}
