//! Statements.

use crate::error::{Error, Result};
use crate::run::frame::{Flow, Frame};
use crate::run::macros::Macro;
use crate::run::sink::Sink;
use crate::run::undefined::undefined_error;
use crate::syntax::ast::{Arguments, Expr, MacroDefinition, Node, NodeKind, Target};
use crate::value::{Args, State, Value};
use std::sync::Arc;

impl Frame {
    pub(crate) fn execute(&mut self, state: &mut State<'_>, nodes: &[Node], sink: &mut Sink) -> Result<Flow> {
        for node in nodes {
            sink.note_place(&self.source, node.span, matches!(node.kind, NodeKind::Text(_)));
            let result = match &node.kind {
                NodeKind::Text(text) => {
                    sink.write_text(text);
                    continue;
                }
                NodeKind::Output(expr) => match self.evaluate(state, expr) {
                    Ok(value) => {
                        sink.write(&value);
                        continue;
                    }
                    Err(error) => Err(error),
                },
                _ => self.statement(state, node, sink),
            };
            match result {
                Ok(Flow::Next) => {}
                Ok(flow) => return Ok(flow),
                Err(mut error) => {
                    error.locate(&self.source, node.span);
                    return Err(error);
                }
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, state: &mut State<'_>, node: &Node, sink: &mut Sink) -> Result<Flow> {
        match &node.kind {
            NodeKind::Text(_) | NodeKind::Output(_) | NodeKind::Block => {}
            NodeKind::If { branches, otherwise } => {
                for (test, body) in branches {
                    if self.evaluate(state, test)?.is_true() {
                        return self.execute(state, body, sink);
                    }
                }
                return self.execute(state, otherwise, sink);
            }
            NodeKind::For(node) => {
                state.stack.check()?;
                let iterable = self.evaluate(state, &node.iterable)?;
                self.run_loop(state, node, &iterable, 0, sink)?;
            }
            NodeKind::Set(target, expr) => {
                let value = self.evaluate(state, expr)?;
                self.assign(state, target, value)?;
            }
            NodeKind::SetBlock { target, filters, body } => {
                let mut captured = Sink::text();
                self.scoped(|frame| frame.execute(state, body, &mut captured))?;
                let value = self.apply_filters(state, captured.into_value(), filters)?;
                self.assign(state, target, value)?;
            }
            NodeKind::With { bindings, body } => {
                let values = bindings
                    .iter()
                    .map(|(_, expr)| self.evaluate(state, expr))
                    .collect::<Result<Vec<_>>>()?;
                return self.scoped(|frame| {
                    for ((target, _), value) in bindings.iter().zip(values) {
                        frame.assign(state, target, value)?;
                    }
                    frame.execute(state, body, sink)
                });
            }
            NodeKind::Macro(definition) => {
                let value = Value::object(Macro::local(definition.clone(), self.closure()));
                self.define(definition.name.symbol, value);
            }
            NodeKind::Call { callee, arguments, body } => {
                let value = self.call_block(state, callee, arguments, body)?;
                sink.write(&value);
            }
            NodeKind::FilterBlock { filters, body } => {
                let mut captured = Sink::text();
                self.scoped(|frame| frame.execute(state, body, &mut captured))?;
                let value = self.apply_filters(state, captured.into_value(), filters)?;
                sink.write(&value);
            }
            NodeKind::Do(expr) => {
                self.evaluate(state, expr)?;
            }
            NodeKind::Break => return Ok(Flow::Break),
            NodeKind::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn call_block(
        &mut self,
        state: &mut State<'_>,
        callee: &Expr,
        arguments: &Arguments,
        body: &Arc<MacroDefinition>,
    ) -> Result<Value> {
        let caller = Value::object(Macro::block(body.clone(), self.closure()));
        let with_caller = |mut args: Args| {
            args.named.insert("caller".to_owned(), caller);
            args
        };
        self.call_expression(state, callee, arguments, with_caller)
    }

    pub(crate) fn assign(&mut self, state: &mut State<'_>, target: &Target, value: Value) -> Result<()> {
        match target {
            Target::Name(name) => self.define(name.symbol, value),
            Target::Tuple(targets) => {
                let items = value.iterate()?;
                if items.len() < targets.len() {
                    return Err(Error::value(format!(
                        "not enough values to unpack (expected {}, got {})",
                        targets.len(),
                        items.len()
                    )));
                }
                if items.len() > targets.len() {
                    return Err(Error::value(format!(
                        "too many values to unpack (expected {})",
                        targets.len()
                    )));
                }
                for (target, item) in targets.iter().zip(items) {
                    self.assign(state, target, item)?;
                }
            }
            Target::Attribute(name, attribute) => match self.lookup(state, name) {
                Value::Object(object) => object.set_attr(attribute, value)?,
                Value::Undefined(undefined) => return Err(undefined_error(state, &undefined)),
                _ => {
                    return Err(Error::type_error("cannot assign attribute on non-namespace object")
                        .hint(format!("make it one first: {{% set {} = namespace() %}}", name.text)));
                }
            },
        }
        Ok(())
    }
}
