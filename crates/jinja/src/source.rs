//! Where a piece of a template is: its text, its file, and a place in both.

use std::path::PathBuf;
use std::sync::Arc;

/// A template's text and where it came from, for errors.
#[derive(Debug)]
pub(crate) struct Source {
    pub file: PathBuf,
    pub text: Arc<str>,
    /// The line of the file on which `text` begins: 1, unless it is a piece of a larger file.
    pub first_line: usize,
}

impl Source {
    /// The line of the file, 1-based, for a line of the text.
    pub(crate) fn file_line(&self, span: Span) -> usize {
        span.line as usize + self.first_line - 1
    }
}

/// 1-based, within the source's text; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub line: u32,
    pub column: u32,
}
