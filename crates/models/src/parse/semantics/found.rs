//! What the checks of the semantic layer find.

use crate::graph::node::Node;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::Error;

/// Errors and warnings, with the entries that they are about.
#[derive(Default)]
pub(super) struct Findings {
    pub errors: Vec<Error>,
    pub warnings: Vec<Warning>,
}

impl Findings {
    pub(super) fn error(&mut self, node: &Node, what: String) {
        self.errors.push(Error::new(what).at_line(&node.original_file_path, node.line));
    }
    pub(super) fn warn(&mut self, node: &Node, what: &str) {
        let text = format!("{what} ({}:{})", node.original_file_path, node.line);
        self.warnings.push(Warning::new(WarningKind::SemanticValidationFailure, text));
    }
}
