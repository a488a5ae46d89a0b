//! Whole sources to trees.

use super::cursor::{Parser, Uses};
use crate::error::{Error, Result};
use crate::source::{Source, Span};
use crate::stack::StackGuard;
use crate::syntax::ast::{Expr, FIXED_SYMBOLS, Node, NodeKind, Parsed, Symbol};
use crate::syntax::lexer::{has_jinja, tokenize};
use crate::value::Environment;
use std::sync::Arc;

pub(crate) fn parse(source: Arc<Source>, environment: &Environment) -> Result<Parsed> {
    let text = source.text.clone();
    if !has_jinja(&text) {
        let stripped = text.strip_suffix('\n').map_or(&*text, |t| t.strip_suffix('\r').unwrap_or(t));
        let data: Arc<str> = match stripped {
            whole if whole.len() == text.len() && !whole.contains('\r') => text.clone(),
            other if other.contains('\r') => other.replace("\r\n", "\n").replace('\r', "\n").into(),
            other => other.into(),
        };
        let kind = NodeKind::Text(data);
        let body = vec![Node { span: Span { line: 1, column: 1 }, kind }];
        return Ok(Parsed { source, body, symbol_count: 4, macros: Vec::new(), blocks: Vec::new() });
    }
    let tokens = tokenize(&text, environment).map_err(|(mut error, span)| {
        error.locate(&source, span);
        error
    })?;
    let mut parser = Parser {
        source: source.clone(),
        environment,
        tokens,
        at: 0,
        symbols: FIXED_SYMBOLS.iter().enumerate().map(|(i, name)| (Arc::from(*name), i as Symbol)).collect(),
        uses: Uses::default(),
        stack: StackGuard::enter(environment.stack_budget),
        nesting: 0,
        macros: Vec::new(),
        blocks: Vec::new(),
        open_tags: Vec::new(),
    };
    let body = parser.body(&[])?;
    let symbol_count = parser.symbols.len();
    Ok(Parsed { source, body, symbol_count, macros: parser.macros, blocks: parser.blocks })
}

/// Parses an expression on its own, without any braces around it.
pub(crate) fn parse_expression(text: &str, environment: &Environment) -> Result<Expr> {
    let wrapped: Arc<str> = format!("{{{{ {text} }}}}").into();
    let source = Arc::new(Source { file: "<expression>".into(), text: wrapped, first_line: 1 });
    let mut parsed = parse(source, environment)?;
    match (parsed.body.pop(), parsed.body.pop()) {
        (Some(Node { kind: NodeKind::Output(expr), .. }), None) => Ok(expr),
        _ => Err(Error::syntax("this is not one expression")),
    }
}
