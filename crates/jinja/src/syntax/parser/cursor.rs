//! The parser's place among the tokens: what it sees, skips and expects there.

use crate::error::{Error, Result};
use crate::source::{Source, Span};
use crate::stack::StackGuard;
use crate::syntax::ast::{BlockDefinition, MacroDefinition, Name, Symbol};
use crate::syntax::lexer::{Tok, Token};
use crate::value::Environment;
use indexmap::IndexMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// FNV-1a: names are short, and nobody gains by making them collide.
pub(super) struct Fnv(u64);
pub(super) type QuickHash = BuildHasherDefault<Fnv>;
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
pub(super) struct Uses {
    pub(super) loop_: bool,
    pub(super) caller: bool,
    pub(super) varargs: bool,
    pub(super) kwargs: bool,
}

pub(super) struct Parser<'s, 'e> {
    pub(super) source: Arc<Source>,
    pub(super) environment: &'e Environment,
    pub(super) tokens: Vec<Token<'s>>,
    pub(super) at: usize,
    pub(super) symbols: IndexMap<Arc<str>, Symbol, QuickHash>,
    pub(super) uses: Uses,
    pub(super) stack: StackGuard,
    /// How many loops, macros and call blocks are open.
    pub(super) nesting: usize,
    pub(super) macros: Vec<Arc<MacroDefinition>>,
    pub(super) blocks: Vec<Arc<BlockDefinition>>,
    /// Open tags, innermost last, for the message about a missing end.
    pub(super) open_tags: Vec<(String, Span)>,
}

impl<'s> Parser<'s, '_> {
    pub(super) fn tok(&self) -> &Tok<'s> {
        &self.tokens[self.at].tok
    }
    pub(super) fn look(&self, ahead: usize) -> &Tok<'s> {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].tok
    }
    pub(super) fn span(&self) -> Span {
        self.tokens[self.at].span
    }
    pub(super) fn advance(&mut self) {
        // The last token is `End`, at which the parser stays.
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }
    /// End of the token before the current one, in bytes.
    pub(super) fn previous_end(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].end
    }

    pub(super) fn fail_at<T>(&self, span: Span, message: impl std::fmt::Display) -> Result<T> {
        let mut error = Error::syntax(message);
        error.locate(&self.source, span);
        Err(error)
    }
    pub(super) fn fail<T>(&self, message: impl std::fmt::Display) -> Result<T> {
        self.fail_at(self.span(), message)
    }

    pub(super) fn is_op(&self, op: &str) -> bool {
        matches!(self.tok(), Tok::Op(found) if *found == op)
    }
    pub(super) fn skip_op(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        if found {
            self.advance();
        }
        found
    }
    pub(super) fn expect_op(&mut self, op: &str) -> Result<()> {
        if self.skip_op(op) {
            return Ok(());
        }
        self.fail(format!("expected '{op}', got {}", self.tok().describe()))
    }
    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self.tok(), Tok::Name(found) if *found == name)
    }
    pub(super) fn skip_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        if found {
            self.advance();
        }
        found
    }
    pub(super) fn expect_name(&mut self, what: &str) -> Result<&'s str> {
        if let Tok::Name(name) = *self.tok() {
            self.advance();
            return Ok(name);
        }
        self.fail(format!("expected {what}, got {}", self.tok().describe()))
    }
    pub(super) fn expect_block_end(&mut self) -> Result<()> {
        if matches!(self.tok(), Tok::BlockEnd) {
            self.advance();
            return Ok(());
        }
        self.fail(format!("expected '%}}', got {}", self.tok().describe()))
    }
    /// The end of an opening tag, before which Python's colon is allowed: `{% if x: %}`.
    pub(super) fn expect_body(&mut self) -> Result<()> {
        self.skip_op(":");
        self.expect_block_end()
    }

    pub(super) fn name(&mut self, text: &str) -> Name {
        if let Some((text, symbol)) = self.symbols.get_key_value(text) {
            return Name { symbol: *symbol, text: text.clone() };
        }
        let symbol = self.symbols.len() as Symbol;
        let text: Arc<str> = text.into();
        self.symbols.insert(text.clone(), symbol);
        Name { symbol, text }
    }

    pub(super) fn check_depth(&self) -> Result<()> {
        self.stack.check().map_err(|mut error| {
            error.locate(&self.source, self.span());
            error
        })
    }
}
