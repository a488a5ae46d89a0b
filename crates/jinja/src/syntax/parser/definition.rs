//! Macros, call blocks and the host's own block tags: what has a body that runs later.

use super::cursor::{Parser, Uses};
use crate::error::Result;
use crate::options::TagShape;
use crate::source::Span;
use crate::syntax::ast::{BlockDefinition, ExprKind, MacroDefinition, Name, NodeKind, ParameterDefinition};
use crate::syntax::constant;
use crate::syntax::lexer::Tok;
use crate::value::Value;
use std::sync::Arc;

impl<'s> Parser<'s, '_> {
    /// `name(parameters) %}body{% endmacro %}`.
    pub(super) fn macro_statement(
        &mut self,
        tag: &str,
        open: usize,
        span: Span,
    ) -> Result<Arc<MacroDefinition>> {
        let name = self.expect_name("the name of the macro")?;
        let name = self.name(name);
        let outer = std::mem::take(&mut self.uses);
        let parameters = self.signature()?;
        self.expect_body()?;
        self.definition(tag, name, parameters, outer, open, span)
    }

    pub(super) fn call_statement(&mut self, open: usize, span: Span) -> Result<NodeKind> {
        let outer = std::mem::take(&mut self.uses);
        let parameters = if self.is_op("(") { self.signature()? } else { Vec::new() };
        // The call itself belongs to the code around it, its block does not.
        let inner = std::mem::replace(&mut self.uses, outer);
        let call_span = self.span();
        let expr = self.expression()?;
        let ExprKind::Call(callee, arguments) = expr.kind else {
            return self.fail_at(call_span, "expected a call, such as 'name(...)'");
        };
        self.expect_body()?;
        let outer = std::mem::replace(&mut self.uses, inner);
        let name = self.name("caller");
        let body = self.definition("call", name, parameters, outer, open, span)?;
        Ok(NodeKind::Call { callee: *callee, arguments: *arguments, body })
    }

    pub(super) fn block_statement(
        &mut self,
        tag: &str,
        open: usize,
        span: Span,
    ) -> Result<Arc<BlockDefinition>> {
        let shape = self.environment.tags.get(tag).copied().unwrap_or(TagShape::Body);
        let name = self.expect_name("a name")?;
        let name = self.name(name);
        let outer = std::mem::take(&mut self.uses);
        let mut options = Vec::new();
        let mut parameters = Vec::new();
        match shape {
            TagShape::Signature => parameters = self.signature()?,
            TagShape::Options => {
                while self.skip_op(",") {
                    let option = self.expect_name("the name of an option")?;
                    let option = self.name(option).text;
                    let value = if self.skip_op("=") {
                        let expr = self.expression()?;
                        let span = expr.span;
                        match constant(&expr) {
                            Some(value) => value,
                            None => return self.fail_at(span, format!("'{option}' must be a literal")),
                        }
                    } else {
                        Value::Bool(true)
                    };
                    options.push((option, value));
                }
            }
            TagShape::Raw | TagShape::Body => {}
        }
        self.expect_body()?;
        let definition = self.definition(tag, name, parameters, outer, open, span)?;
        Ok(Arc::new(BlockDefinition { tag: tag.into(), options, definition }))
    }

    /// The body up to the end tag. `outer` is what the code around has used; what the body uses counts there too.
    fn definition(
        &mut self,
        tag: &str,
        name: Name,
        parameters: Vec<ParameterDefinition>,
        outer: Uses,
        open: usize,
        span: Span,
    ) -> Result<Arc<MacroDefinition>> {
        let body_start = self.previous_end();
        self.nesting += 1;
        let body_first = self.at;
        let body = self.closed_body(tag, span)?;
        self.nesting -= 1;
        let end = self.previous_end();
        // Back over `%}`, the tag's name and `{%`; a name after the tag (`endmacro x`) is one more.
        let mut end_tag = self.at.saturating_sub(3).max(body_first);
        while end_tag > body_first && !matches!(self.tokens[end_tag].tok, Tok::BlockBegin) {
            end_tag -= 1;
        }
        let body_end = self.tokens[end_tag].start.max(body_start);
        let inner = self.uses;
        self.uses = Uses {
            loop_: outer.loop_ || inner.loop_,
            caller: outer.caller || inner.caller,
            varargs: outer.varargs || inner.varargs,
            kwargs: outer.kwargs || inner.kwargs,
        };
        Ok(Arc::new(MacroDefinition {
            name,
            parameters,
            body,
            uses_caller: inner.caller,
            uses_varargs: inner.varargs,
            uses_kwargs: inner.kwargs,
            source: self.source.clone(),
            span,
            range: open..end,
            body_range: body_start..body_end,
        }))
    }

    /// `(a, b: type = 1)`
    fn signature(&mut self) -> Result<Vec<ParameterDefinition>> {
        self.expect_op("(")?;
        let mut parameters: Vec<ParameterDefinition> = Vec::new();
        while !self.is_op(")") {
            if !parameters.is_empty() {
                self.expect_op(",")?;
                if self.is_op(")") {
                    break;
                }
            }
            let span = self.span();
            let name = self.expect_name("the name of a parameter")?;
            if parameters.iter().any(|p| &*p.name.text == name) {
                return self.fail_at(span, format!("two parameters are called '{name}'"));
            }
            let name = self.name(name);
            let annotation = if self.skip_op(":") { Some(self.type_name()?) } else { None };
            let default = if self.skip_op("=") {
                Some(self.expression()?)
            } else if parameters.last().is_some_and(|p| p.default.is_some()) {
                return self
                    .fail_at(span, format!("'{}' has no default, but a parameter before it has", name.text));
            } else {
                None
            };
            parameters.push(ParameterDefinition { name, annotation, default });
        }
        self.expect_op(")")?;
        Ok(parameters)
    }

    /// `Dict[str, List[int]]`, kept as text.
    fn type_name(&mut self) -> Result<String> {
        self.check_depth()?;
        let mut text = self.expect_name("the name of a type")?.to_owned();
        if self.skip_op("[") {
            text.push('[');
            let mut first = true;
            while !self.is_op("]") {
                if !first {
                    self.expect_op(",")?;
                    text.push_str(", ");
                }
                first = false;
                text.push_str(&self.type_name()?);
            }
            self.expect_op("]")?;
            text.push(']');
        }
        Ok(text)
    }
}
