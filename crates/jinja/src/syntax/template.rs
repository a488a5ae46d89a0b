//! A parsed template: a cheap handle, immutable, shared by threads.

use crate::error::Result;
use crate::source::Source;
use crate::syntax::ast::{BlockDefinition, MacroDefinition, NodeKind, ParameterDefinition, Parsed};
use crate::syntax::constant::is_constant;
use crate::syntax::parser::parse;
use crate::value::{Environment, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A template that was parsed once, to be rendered any number of times.
#[derive(Clone)]
pub struct Template(Arc<Parsed>);

impl Template {
    /// Parses a whole file. `file` is only a name here, nothing is read.
    ///
    /// # Errors
    /// The source is not a template; the error carries `file` and the line.
    pub fn parse(
        source: impl Into<Arc<str>>,
        file: impl Into<PathBuf>,
        environment: &Environment,
    ) -> Result<Self> {
        Self::parse_piece(source, file, 1, environment)
    }

    /// Parses a piece of a larger file (such as a value in a YAML file) that begins at `first_line` of it.
    ///
    /// # Errors
    /// The source is not a template; the error carries `file` and the line in it.
    pub fn parse_piece(
        source: impl Into<Arc<str>>,
        file: impl Into<PathBuf>,
        first_line: usize,
        environment: &Environment,
    ) -> Result<Self> {
        let source =
            Arc::new(Source { file: file.into(), text: source.into(), first_line: first_line.max(1) });
        parse(source, environment).map(|parsed| Self(Arc::new(parsed)))
    }

    pub fn file(&self) -> &Path {
        &self.0.source.file
    }
    pub fn source(&self) -> &Arc<str> {
        &self.0.source.text
    }

    /// The macros at the top level of the file (also inside an `if` there), in order.
    pub fn macros(&self) -> impl Iterator<Item = MacroInfo> + '_ {
        self.0.macros.iter().map(|definition| MacroInfo { definition: definition.clone() })
    }

    /// The host's block tags at the top level of the file, in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        self.0.blocks.iter().map(|definition| Block { definition: definition.clone() })
    }

    /// Every name that the template's text may look up in the globals: a cheap superset, by which a host can
    /// tell that a template does not use something at all.
    pub fn mentions(&self, name: &str) -> bool {
        self.0.source.text.contains(name)
    }

    /// Whether the template is one expression that names nothing and calls nothing. Jinja computes it while it compiles
    /// the template, and prints it even where values are asked for.
    /// (<https://github.com/pallets/jinja/blob/main/src/jinja2/nativetypes.py>, `_output_const_repr`)
    pub fn is_constant(&self) -> bool {
        match &self.0.body[..] {
            [node] => matches!(&node.kind, NodeKind::Output(expr) if is_constant(expr)),
            _ => false,
        }
    }

    pub(crate) fn parsed(&self) -> &Parsed {
        &self.0
    }
}

/// A macro as it is written in a file.
#[derive(Clone)]
pub struct MacroInfo {
    definition: Arc<MacroDefinition>,
}

/// One parameter of a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    /// `a: string` — type hints are kept as text.
    pub annotation: Option<String>,
    pub has_default: bool,
}

impl MacroInfo {
    pub fn name(&self) -> &str {
        &self.definition.name.text
    }
    pub fn parameters(&self) -> Vec<Parameter> {
        let parameter = |p: &ParameterDefinition| Parameter {
            name: p.name.text.to_string(),
            annotation: p.annotation.clone(),
            has_default: p.default.is_some(),
        };
        self.definition.parameters.iter().map(parameter).collect()
    }
    pub fn file(&self) -> &Path {
        &self.definition.source.file
    }
    /// 1-based, of the opening tag.
    pub fn line(&self) -> usize {
        self.definition.line()
    }
    /// From the opening tag to the closing one.
    pub fn text(&self) -> &str {
        self.definition.text()
    }
    /// The text between the tags.
    pub fn body_text(&self) -> &str {
        self.definition.body_text()
    }
    pub(crate) fn definition(&self) -> &Arc<MacroDefinition> {
        &self.definition
    }
}

/// A block tag of the host's as it is written in a file.
#[derive(Clone)]
pub struct Block {
    definition: Arc<BlockDefinition>,
}

impl Block {
    /// The name of the tag, such as `snapshot`.
    pub fn tag(&self) -> &str {
        &self.definition.tag
    }
    pub fn name(&self) -> &str {
        &self.definition.definition.name.text
    }
    /// What follows the name: `adapter='x'` as a text, a bare word such as `default` as true.
    pub fn option(&self, name: &str) -> Option<&Value> {
        self.definition.options.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }
    /// The body as a macro: call its value to render it.
    pub fn body(&self) -> MacroInfo {
        MacroInfo { definition: self.definition.definition.clone() }
    }
    /// The text between the tags.
    pub fn body_text(&self) -> &str {
        self.definition.definition.body_text()
    }
    /// From the opening tag to the closing one.
    pub fn text(&self) -> &str {
        self.definition.definition.text()
    }
    /// 1-based, of the opening tag.
    pub fn line(&self) -> usize {
        self.definition.definition.line()
    }
}

impl MacroDefinition {
    fn text(&self) -> &str {
        self.source.text.get(self.range.clone()).unwrap_or_default()
    }
    fn body_text(&self) -> &str {
        self.source.text.get(self.body_range.clone()).unwrap_or_default()
    }
    fn line(&self) -> usize {
        self.source.file_line(self.span)
    }
}
