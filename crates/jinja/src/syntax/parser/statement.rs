//! Statements: what is between `{%` and `%}`.

use super::cursor::Parser;
use crate::error::{Error, Result};
use crate::source::Span;
use crate::syntax::ast::{Expr, For, Node, NodeKind, Target};
use crate::syntax::lexer::Tok;
use std::sync::Arc;

const UNSUPPORTED: [&str; 6] = ["import", "from", "include", "extends", "block", "autoescape"];
const KNOWN: [&str; 12] =
    ["for", "if", "set", "macro", "call", "filter", "do", "with", "break", "continue", "print", "raw"];

impl<'s> Parser<'s, '_> {
    /// Nodes up to `{% end %}` of one of `ends` (whose name is then the current token), or the end of all.
    pub(super) fn body(&mut self, ends: &[&str]) -> Result<Vec<Node>> {
        self.check_depth()?;
        let mut nodes = Vec::new();
        loop {
            let span = self.span();
            match self.tok() {
                Tok::Data(text) => {
                    let text = Arc::from(&**text);
                    nodes.push(Node { span, kind: NodeKind::Text(text) });
                    self.advance();
                }
                Tok::VariableBegin => {
                    self.advance();
                    let expr = self.tuple(false)?;
                    if !matches!(self.tok(), Tok::VariableEnd) {
                        return self.fail(format!("expected '}}}}', got {}", self.tok().describe()));
                    }
                    self.advance();
                    nodes.push(Node { span: expr.span, kind: NodeKind::Output(expr) });
                }
                Tok::BlockBegin => {
                    let Tok::Name(tag) = *self.look(1) else {
                        self.advance();
                        return self
                            .fail(format!("expected the name of a tag, got {}", self.tok().describe()));
                    };
                    self.advance();
                    if ends.contains(&tag) {
                        return Ok(nodes);
                    }
                    if let Some(node) = self.statement(tag, span)? {
                        nodes.push(node);
                    }
                }
                Tok::End if ends.is_empty() => return Ok(nodes),
                Tok::End => {
                    let Some((tag, opened)) = self.open_tags.last() else {
                        return self.fail("unexpected end of the template");
                    };
                    let end = ends.last().copied().unwrap_or_default();
                    return self.fail_at(
                        *opened,
                        format!("'{{% {tag} %}}' is never closed: '{{% {end} %}}' is missing"),
                    );
                }
                other => return self.fail(format!("unexpected {}", other.describe())),
            }
        }
    }

    /// The body of `tag` with its end tag, and whatever of `ends` ended it is consumed with `%}`.
    fn body_to(&mut self, tag: &str, span: Span, ends: &[&str]) -> Result<Vec<Node>> {
        self.open_tags.push((tag.to_owned(), span));
        let nodes = self.body(ends)?;
        self.open_tags.pop();
        Ok(nodes)
    }

    /// `body_to` for a tag with a single end; consumes it.
    pub(super) fn closed_body(&mut self, tag: &str, span: Span) -> Result<Vec<Node>> {
        let nodes = self.body_to(tag, span, &[&format!("end{tag}")])?;
        self.advance();
        // jinja tolerates `{% endmacro name %}` nowhere; others write it, and it harms nobody.
        if matches!(self.tok(), Tok::Name(_)) && matches!(self.look(1), Tok::BlockEnd) {
            self.advance();
        }
        self.expect_block_end()?;
        Ok(nodes)
    }

    fn statement(&mut self, tag: &'s str, span: Span) -> Result<Option<Node>> {
        let name_span = self.span();
        let open = self.tokens[self.at - 1].start;
        self.advance();
        let kind = match tag {
            "if" => self.if_statement(span)?,
            "for" => self.for_statement(span)?,
            "set" => self.set_statement(span)?,
            "with" => self.with_statement(span)?,
            "macro" => {
                let definition = self.macro_statement(tag, open, span)?;
                if self.nesting == 0 {
                    self.macros.push(definition.clone());
                }
                NodeKind::Macro(definition)
            }
            "call" => self.call_statement(open, span)?,
            "filter" => {
                let mut filters = vec![self.filter_call()?];
                while self.skip_op("|") {
                    filters.push(self.filter_call()?);
                }
                self.expect_body()?;
                NodeKind::FilterBlock { filters, body: self.closed_body(tag, span)? }
            }
            "do" => {
                let expr = self.tuple(false)?;
                self.expect_block_end()?;
                NodeKind::Do(expr)
            }
            "print" => {
                let expr = self.tuple(false)?;
                self.expect_block_end()?;
                NodeKind::Output(expr)
            }
            "break" | "continue" => {
                self.expect_block_end()?;
                if tag == "break" { NodeKind::Break } else { NodeKind::Continue }
            }
            _ if self.environment.tags.contains_key(tag) => {
                let definition = self.block_statement(tag, open, span)?;
                if self.nesting == 0 {
                    self.blocks.push(definition);
                }
                NodeKind::Block
            }
            _ => return self.unknown_tag(tag, name_span),
        };
        Ok(Some(Node { span, kind }))
    }

    fn unknown_tag<T>(&self, tag: &str, span: Span) -> Result<T> {
        if UNSUPPORTED.contains(&tag) {
            let message = format!("'{{% {tag} %}}' is not supported");
            let mut error = Error::syntax(message)
                .hint("macros of every file are known everywhere; put what is shared into a macro");
            error.locate(&self.source, span);
            return Err(error);
        }
        let mut error =
            match (tag.starts_with("end") || matches!(tag, "else" | "elif"), self.open_tags.last()) {
                (true, Some((open, opened))) => Error::syntax(format!(
                    "unexpected '{{% {tag} %}}': '{{% {open} %}}' of line {} is still open",
                    opened.line as usize + self.source.first_line - 1
                )),
                (true, None) => Error::syntax(format!("unexpected '{{% {tag} %}}': nothing is open here")),
                (false, _) => {
                    let error = Error::syntax(format!("unknown tag '{tag}'"));
                    let known = KNOWN.into_iter().chain(self.environment.tags.keys().map(String::as_str));
                    match ingot_core::error::nearest(tag, known) {
                        Some(near) => error.hint(format!("did you mean '{near}'?")),
                        None => error,
                    }
                }
            };
        error.locate(&self.source, span);
        Err(error)
    }

    fn if_statement(&mut self, span: Span) -> Result<NodeKind> {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let test = self.condition()?;
            self.expect_body()?;
            let body = self.body_to("if", span, &["elif", "else", "endif"])?;
            branches.push((test, body));
            if self.skip_name("elif") {
                continue;
            }
            if self.skip_name("else") {
                self.expect_body()?;
                otherwise = self.body_to("if", span, &["endif"])?;
            }
            self.advance();
            self.expect_block_end()?;
            return Ok(NodeKind::If { branches, otherwise });
        }
    }

    fn condition(&mut self) -> Result<Expr> {
        self.tuple(false)
    }

    fn for_statement(&mut self, span: Span) -> Result<NodeKind> {
        let target = self.target(&["in"])?;
        if !self.skip_name("in") {
            return self.fail(format!("expected 'in', got {}", self.tok().describe()));
        }
        let iterable = self.loop_iterable()?;
        let condition = if self.skip_name("if") { Some(self.expression()?) } else { None };
        let recursive = self.skip_name("recursive");
        self.expect_body()?;
        let outer = std::mem::take(&mut self.uses.loop_);
        self.nesting += 1;
        let body = self.body_to("for", span, &["else", "endfor"])?;
        let uses_loop = self.uses.loop_ || recursive;
        self.uses.loop_ |= outer;
        let mut otherwise = Vec::new();
        if self.skip_name("else") {
            self.expect_body()?;
            otherwise = self.body_to("for", span, &["endfor"])?;
        }
        self.nesting -= 1;
        self.advance();
        self.expect_block_end()?;
        let node = For { target, iterable, condition, recursive, uses_loop, body, otherwise };
        Ok(NodeKind::For(Arc::new(node)))
    }

    fn set_statement(&mut self, span: Span) -> Result<NodeKind> {
        let target = self.target(&[])?;
        if self.skip_op("=") {
            let value = self.tuple(false)?;
            self.expect_block_end()?;
            return Ok(NodeKind::Set(target, value));
        }
        let mut filters = Vec::new();
        while self.skip_op("|") {
            filters.push(self.filter_call()?);
        }
        self.expect_body()?;
        Ok(NodeKind::SetBlock { target, filters, body: self.closed_body("set", span)? })
    }

    fn with_statement(&mut self, span: Span) -> Result<NodeKind> {
        let mut bindings = Vec::new();
        while !matches!(self.tok(), Tok::BlockEnd) {
            if !bindings.is_empty() {
                self.expect_op(",")?;
            }
            let target = self.target_item()?;
            self.expect_op("=")?;
            bindings.push((target, self.expression()?));
        }
        self.expect_block_end()?;
        Ok(NodeKind::With { bindings, body: self.closed_body("with", span)? })
    }

    /// `a`, `a, b`, `(a, b), c`, `ns.a`; ends before one of `stops`.
    fn target(&mut self, stops: &[&str]) -> Result<Target> {
        let first = self.target_item()?;
        if !self.is_op(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_op(",") {
            let ends = self.is_op("=") || self.is_op(")") || stops.iter().any(|stop| self.is_name(stop));
            if ends || matches!(self.tok(), Tok::BlockEnd) {
                break;
            }
            items.push(self.target_item()?);
        }
        Ok(Target::Tuple(items))
    }

    fn target_item(&mut self) -> Result<Target> {
        self.check_depth()?;
        if self.skip_op("(") {
            let inner = self.target(&[])?;
            self.expect_op(")")?;
            return Ok(inner);
        }
        let span = self.span();
        let name = self.expect_name("a name to assign to")?;
        if matches!(name, "true" | "false" | "none" | "True" | "False" | "None") {
            return self.fail_at(span, format!("cannot assign to '{name}'"));
        }
        let name = self.name(name);
        if self.is_op(".") {
            self.advance();
            let attribute = self.expect_name("an attribute's name")?;
            let attribute = self.name(attribute).text;
            return Ok(Target::Attribute(name, attribute));
        }
        Ok(Target::Name(name))
    }
}
