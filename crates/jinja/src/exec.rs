//! Statements: walks the tree, keeps the variables, collects the output.

mod loops;

use super::args::Args;
use super::ast::{MacroDefinition, Name, Node, NodeKind, Source, Symbol, Target};
use super::environment::State;
use super::error::{Error, Kind, Result};
use super::eval::{self, evaluate};
use super::macros::{Closure, Macro};
use super::template::Template;
use super::value::Value;
use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    /// Where on this thread's stack the outermost render began; 0 when none runs.
    static STACK_BASE: Cell<usize> = const { Cell::new(0) };
}

/// Measures the stack itself, so that neither deep macros nor deep expressions can overflow it.
pub struct StackGuard {
    budget: usize,
    outermost: bool,
}

fn stack_pointer() -> usize {
    let marker = 0_u8;
    std::ptr::from_ref(&marker) as usize
}

impl StackGuard {
    pub fn enter(budget: usize) -> Self {
        let outermost = STACK_BASE.get() == 0;
        if outermost {
            STACK_BASE.set(stack_pointer());
        }
        Self { budget, outermost }
    }
    #[inline]
    pub fn check(&self) -> Result<()> {
        if STACK_BASE.get().saturating_sub(stack_pointer()) > self.budget {
            return Err(Error::new(Kind::Recursion, "maximum recursion depth exceeded")
                .hint("does a macro call itself without an end?"));
        }
        Ok(())
    }
}

impl Drop for StackGuard {
    fn drop(&mut self) {
        if self.outermost {
            STACK_BASE.set(0);
        }
    }
}

/// The variables at the top level of a template, which its macros see too.
pub struct RootVariables(Mutex<Vec<Option<Value>>>);

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

/// The variables of one running template or macro. Scopes (of loops, `with`, blocks) are stretches of `variables`.
pub struct Frame {
    pub source: Arc<Source>,
    variables: Vec<(Symbol, Value)>,
    scope_start: usize,
    scope_depth: usize,
    is_root: bool,
    root: Option<Arc<RootVariables>>,
    captured: Option<Arc<[(Symbol, Value)]>>,
}

impl Frame {
    fn of_template(template: &Template) -> Self {
        Self {
            source: template.0.source.clone(),
            variables: Vec::new(),
            scope_start: 0,
            scope_depth: 0,
            is_root: true,
            root: Some(Arc::new(RootVariables::new(template.0.symbol_count))),
            captured: None,
        }
    }
    pub fn of_macro(
        source: Arc<Source>,
        root: Option<Arc<RootVariables>>,
        captured: Option<Arc<[(Symbol, Value)]>>,
    ) -> Self {
        Self { source, variables: Vec::new(), scope_start: 0, scope_depth: 0, is_root: false, root, captured }
    }

    /// A variable of the template's own.
    pub fn get(&self, symbol: Symbol) -> Option<Value> {
        let find = |variables: &[(Symbol, Value)]| {
            variables.iter().rev().find(|(known, _)| *known == symbol).map(|(_, value)| value.clone())
        };
        find(&self.variables)
            .or_else(|| find(self.captured.as_deref()?))
            .or_else(|| self.root.as_ref()?.get(symbol))
    }

    /// Sets a variable in the current scope.
    pub fn define(&mut self, symbol: Symbol, value: Value) {
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

    pub fn define_if_unknown(&mut self, symbol: Symbol, value: impl FnOnce() -> Value) {
        if self.get(symbol).is_none() {
            self.define(symbol, value());
        }
    }

    /// Runs `body` in a scope of its own, whose variables vanish with it.
    fn scoped<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let (start, length) = (self.scope_start, self.variables.len());
        self.scope_start = length;
        self.scope_depth += 1;
        let result = body(self);
        self.scope_depth -= 1;
        self.variables.truncate(length);
        self.scope_start = start;
        result
    }

    fn closure(&self) -> Closure {
        let captured: Arc<[(Symbol, Value)]> = match &self.captured {
            Some(outer) => outer.iter().chain(&self.variables).cloned().collect(),
            None => self.variables.iter().cloned().collect(),
        };
        Closure { root: self.root.clone(), captured }
    }
}

/// Where output goes: text; or, in a native render, the one value that it may be.
pub struct Sink {
    text: String,
    native: bool,
    only: Option<Value>,
    count: usize,
}

impl Sink {
    pub fn text() -> Self {
        Self { text: String::new(), native: false, only: None, count: 0 }
    }
    fn native() -> Self {
        Self { native: true, ..Self::text() }
    }
    fn write(&mut self, value: &Value) {
        if self.native {
            self.count += 1;
            match self.count {
                1 => {
                    self.only = Some(value.clone());
                    return;
                }
                2 => {
                    if let Some(first) = self.only.take() {
                        first.write_to(&mut self.text);
                    }
                }
                _ => {}
            }
        }
        value.write_to(&mut self.text);
    }
    fn write_text(&mut self, text: &Arc<str>) {
        if self.native {
            self.write(&Value::Str(text.clone()));
        } else {
            self.text.push_str(text);
        }
    }
    pub fn into_text(self) -> Value {
        self.only.unwrap_or_else(|| Value::from(self.text))
    }
    fn into_string(self) -> String {
        self.text
    }
}

/// How a run of statements ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Next,
    Break,
    Continue,
}

pub fn render(state: &mut State<'_>, template: &Template) -> Result<String> {
    let mut sink = Sink::text();
    run(state, template, &mut sink)?;
    Ok(sink.into_string())
}

pub fn render_value(state: &mut State<'_>, template: &Template) -> Result<Value> {
    let mut sink = Sink::native();
    run(state, template, &mut sink)?;
    Ok(sink.into_text())
}

fn run(state: &mut State<'_>, template: &Template, sink: &mut Sink) -> Result<()> {
    if let [Node { kind: NodeKind::Text(text), .. }] = &template.0.body[..] {
        sink.write_text(text);
        return Ok(());
    }
    let mut frame = Frame::of_template(template);
    let result = execute(state, &mut frame, &template.0.body, sink);
    // A macro among the variables holds on to them, and they to it: nobody else would free them.
    if let Some(root) = &frame.root {
        root.clear();
    }
    match result {
        Ok(_) => Ok(()),
        Err(mut error) => {
            error.leave_template();
            Err(error)
        }
    }
}

pub fn execute(state: &mut State<'_>, frame: &mut Frame, nodes: &[Node], sink: &mut Sink) -> Result<Flow> {
    for node in nodes {
        let result = match &node.kind {
            NodeKind::Text(text) => {
                sink.write_text(text);
                continue;
            }
            NodeKind::Output(expr) => match evaluate(state, frame, expr) {
                Ok(value) => {
                    sink.write(&value);
                    continue;
                }
                Err(error) => Err(error),
            },
            _ => statement(state, frame, node, sink),
        };
        match result {
            Ok(Flow::Next) => {}
            Ok(flow) => return Ok(flow),
            Err(mut error) => {
                error.locate(&frame.source, node.span);
                return Err(error);
            }
        }
    }
    Ok(Flow::Next)
}

fn statement(state: &mut State<'_>, frame: &mut Frame, node: &Node, sink: &mut Sink) -> Result<Flow> {
    match &node.kind {
        NodeKind::Text(_) | NodeKind::Output(_) | NodeKind::Block => {}
        NodeKind::If { branches, otherwise } => {
            for (test, body) in branches {
                if evaluate(state, frame, test)?.is_true() {
                    return execute(state, frame, body, sink);
                }
            }
            return execute(state, frame, otherwise, sink);
        }
        NodeKind::For(node) => {
            state.stack.check()?;
            let iterable = evaluate(state, frame, &node.iterable)?;
            loops::run(state, frame, node, &iterable, 0, sink)?;
        }
        NodeKind::Set(target, expr) => {
            let value = evaluate(state, frame, expr)?;
            assign(state, frame, target, value)?;
        }
        NodeKind::SetBlock { target, filters, body } => {
            let mut captured = Sink::text();
            frame.scoped(|frame| execute(state, frame, body, &mut captured))?;
            let value = eval::apply_filters(state, frame, captured.into_text(), filters)?;
            assign(state, frame, target, value)?;
        }
        NodeKind::With { bindings, body } => {
            let values =
                bindings.iter().map(|(_, expr)| evaluate(state, frame, expr)).collect::<Result<Vec<_>>>()?;
            return frame.scoped(|frame| {
                for ((target, _), value) in bindings.iter().zip(values) {
                    assign(state, frame, target, value)?;
                }
                execute(state, frame, body, sink)
            });
        }
        NodeKind::Macro(definition) => {
            let value = Value::Macro(Arc::new(Macro::local(definition.clone(), frame.closure())));
            frame.define(definition.name.symbol, value);
        }
        NodeKind::Call { callee, arguments, body } => {
            let value = call_block(state, frame, callee, arguments, body)?;
            sink.write(&value);
        }
        NodeKind::FilterBlock { filters, body } => {
            let mut captured = Sink::text();
            frame.scoped(|frame| execute(state, frame, body, &mut captured))?;
            let value = eval::apply_filters(state, frame, captured.into_text(), filters)?;
            sink.write(&value);
        }
        NodeKind::Do(expr) => {
            evaluate(state, frame, expr)?;
        }
        NodeKind::Break => return Ok(Flow::Break),
        NodeKind::Continue => return Ok(Flow::Continue),
    }
    Ok(Flow::Next)
}

fn call_block(
    state: &mut State<'_>,
    frame: &mut Frame,
    callee: &super::ast::Expr,
    arguments: &super::ast::Arguments,
    body: &Arc<MacroDefinition>,
) -> Result<Value> {
    let caller = Value::Macro(Arc::new(Macro::block(body.clone(), frame.closure())));
    let with_caller = |mut args: Args| {
        args.named.insert("caller".to_owned(), caller);
        args
    };
    eval::call_expression(state, frame, callee, arguments, with_caller)
}

pub fn assign(state: &mut State<'_>, frame: &mut Frame, target: &Target, value: Value) -> Result<()> {
    match target {
        Target::Name(name) => frame.define(name.symbol, value),
        Target::Tuple(targets) => {
            let items = eval::iterate(&value)?;
            if items.len() < targets.len() {
                return Err(Error::value(format!(
                    "not enough values to unpack (expected {}, got {})",
                    targets.len(),
                    items.len()
                )));
            }
            if items.len() > targets.len() {
                return Err(Error::value(format!("too many values to unpack (expected {})", targets.len())));
            }
            for (target, item) in targets.iter().zip(items) {
                assign(state, frame, target, item)?;
            }
        }
        Target::Attribute(name, attribute) => match lookup(state, frame, name) {
            Value::Object(object) => object.set_attr(attribute, value)?,
            Value::Undefined(undefined) => return Err(eval::undefined_error(state, &undefined)),
            _ => {
                return Err(Error::type_error("cannot assign attribute on non-namespace object")
                    .hint(format!("make it one first: {{% set {} = namespace() %}}", name.text)));
            }
        },
    }
    Ok(())
}

/// A name as the running code sees it.
pub fn lookup(state: &State<'_>, frame: &Frame, name: &Name) -> Value {
    frame
        .get(name.symbol)
        .or_else(|| state.lookup(&name.text))
        .unwrap_or_else(|| Value::undefined(name.text.clone()))
}
