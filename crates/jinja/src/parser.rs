//! Tokens to tree: the shared part, and the statements. Expressions are in `parser/expression.rs`.

mod block;
mod expression;
mod statement;

use super::ast::*;
use super::environment::Environment;
use super::error::{Error, Result};
use super::exec::StackGuard;
use super::lexer::{Tok, Token, tokenize};
use super::template::{Parsed, has_jinja};
use indexmap::IndexMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// FNV-1a: names are short, and nobody gains by making them collide.
struct Fnv(u64);
type QuickHash = BuildHasherDefault<Fnv>;
impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}
impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Which of the names with a meaning of their own a macro's body uses.
#[derive(Default, Clone, Copy)]
struct Uses {
    loop_: bool,
    caller: bool,
    varargs: bool,
    kwargs: bool,
}

struct Parser<'s, 'e> {
    source: Arc<Source>,
    environment: &'e Environment,
    tokens: Vec<Token<'s>>,
    at: usize,
    symbols: IndexMap<Arc<str>, Symbol, QuickHash>,
    uses: Uses,
    stack: StackGuard,
    /// How many loops, macros and call blocks are open.
    nesting: usize,
    macros: Vec<Arc<MacroDefinition>>,
    blocks: Vec<Arc<BlockDefinition>>,
    /// Open tags, innermost last, for the message about a missing end.
    open_tags: Vec<(String, Span)>,
}

pub fn parse(source: Arc<Source>, environment: &Environment) -> Result<Parsed> {
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

/// Parses an expression that stands alone, without any braces around it.
pub fn parse_expression(text: &str, environment: &Environment) -> Result<Expr> {
    let wrapped: Arc<str> = format!("{{{{ {text} }}}}").into();
    let source = Arc::new(Source { file: "<expression>".into(), text: wrapped, first_line: 1 });
    let mut parsed = parse(source, environment)?;
    match (parsed.body.pop(), parsed.body.pop()) {
        (Some(Node { kind: NodeKind::Output(expr), .. }), None) => Ok(expr),
        _ => Err(Error::syntax("this is not one expression")),
    }
}

impl<'s> Parser<'s, '_> {
    fn tok(&self) -> &Tok<'s> {
        &self.tokens[self.at].tok
    }
    fn look(&self, ahead: usize) -> &Tok<'s> {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].tok
    }
    fn span(&self) -> Span {
        self.tokens[self.at].span
    }
    fn advance(&mut self) {
        // The last token is `End`, at which the parser stays.
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }
    /// End of the token before the current one, in bytes.
    fn previous_end(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].end
    }

    fn fail_at<T>(&self, span: Span, message: impl std::fmt::Display) -> Result<T> {
        let mut error = Error::syntax(message);
        error.locate(&self.source, span);
        Err(error)
    }
    fn fail<T>(&self, message: impl std::fmt::Display) -> Result<T> {
        self.fail_at(self.span(), message)
    }

    fn is_op(&self, op: &str) -> bool {
        matches!(self.tok(), Tok::Op(found) if *found == op)
    }
    fn skip_op(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        if found {
            self.advance();
        }
        found
    }
    fn expect_op(&mut self, op: &str) -> Result<()> {
        if self.skip_op(op) {
            return Ok(());
        }
        self.fail(format!("expected '{op}', got {}", self.tok().describe()))
    }
    fn is_name(&self, name: &str) -> bool {
        matches!(self.tok(), Tok::Name(found) if *found == name)
    }
    fn skip_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        if found {
            self.advance();
        }
        found
    }
    fn expect_name(&mut self, what: &str) -> Result<&'s str> {
        if let Tok::Name(name) = *self.tok() {
            self.advance();
            return Ok(name);
        }
        self.fail(format!("expected {what}, got {}", self.tok().describe()))
    }
    fn expect_block_end(&mut self) -> Result<()> {
        if matches!(self.tok(), Tok::BlockEnd) {
            self.advance();
            return Ok(());
        }
        self.fail(format!("expected '%}}', got {}", self.tok().describe()))
    }
    /// The end of an opening tag, before which Python's colon is allowed: `{% if x: %}`.
    fn expect_body(&mut self) -> Result<()> {
        self.skip_op(":");
        self.expect_block_end()
    }

    fn name(&mut self, text: &str) -> Name {
        if let Some((text, symbol)) = self.symbols.get_key_value(text) {
            return Name { symbol: *symbol, text: text.clone() };
        }
        let symbol = self.symbols.len() as Symbol;
        let text: Arc<str> = text.into();
        self.symbols.insert(text.clone(), symbol);
        Name { symbol, text }
    }

    fn check_depth(&self) -> Result<()> {
        self.stack.check().map_err(|mut error| {
            error.locate(&self.source, self.span());
            error
        })
    }
}
