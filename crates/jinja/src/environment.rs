//! What a host sets up once: an environment with its filters, tests and block tags, and the names it gives.

use crate::builtins::BUILTINS;
use crate::error::Result;
use crate::options::{TagShape, UndefinedMode};
use crate::syntax::Template;
use crate::value::{Args, Environment, Globals, State, Value};
use indexmap::IndexMap;
use std::any::Any;
use std::sync::Arc;

impl Globals for IndexMap<String, Value> {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }
    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}
impl Globals for std::collections::HashMap<String, Value> {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }
    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}
/// No names.
impl Globals for () {
    fn lookup(&self, _name: &str) -> Option<Value> {
        None
    }
}

/// Layers of names: the first that knows a name gives it.
pub struct Chain<'a>(pub Vec<&'a dyn Globals>);

impl Globals for Chain<'_> {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.0.iter().find_map(|layer| layer.lookup(name))
    }
    fn names(&self) -> Vec<String> {
        self.0.iter().flat_map(|layer| layer.names()).collect()
    }
    fn as_any(&self) -> Option<&dyn Any> {
        self.0.iter().find_map(|layer| layer.as_any())
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            builtins: &BUILTINS,
            filters: IndexMap::new(),
            tests: IndexMap::new(),
            tags: IndexMap::new(),
            undefined: UndefinedMode::Lenient,
            // Threads have 2 MiB where nobody says otherwise.
            stack_budget: 1 << 20,
        }
    }
}

impl Environment {
    /// Jinja's own filters, tests and functions, and nothing of a host's.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a filter; one of a built-in filter's name takes its place.
    pub fn add_filter(
        &mut self,
        name: impl Into<String>,
        body: impl Fn(&mut State<'_>, Value, Args) -> Result<Value> + Send + Sync + 'static,
    ) {
        self.filters.insert(name.into(), Arc::new(body));
    }
    /// Adds a test; one of a built-in test's name takes its place.
    pub fn add_test(
        &mut self,
        name: impl Into<String>,
        body: impl Fn(&mut State<'_>, Value, Args) -> Result<bool> + Send + Sync + 'static,
    ) {
        self.tests.insert(name.into(), Arc::new(body));
    }
    /// Makes `{% tag name … %}…{% endtag %}` known to the parser.
    pub fn add_tag(&mut self, tag: impl Into<String>, shape: TagShape) {
        self.tags.insert(tag.into(), shape);
    }
    pub fn set_undefined(&mut self, mode: UndefinedMode) {
        self.undefined = mode;
    }
    /// How many bytes of a thread's stack rendering may use before it says that macros recurse too deep.
    /// Default 1 MiB, for threads of 2 MiB.
    pub fn set_stack_budget(&mut self, bytes: usize) {
        self.stack_budget = bytes;
    }

    /// Parses a template. `file` is only a name here, nothing is read.
    ///
    /// # Errors
    /// The source is not a template; the error carries `file` and the line.
    pub fn parse(
        &self,
        source: impl Into<Arc<str>>,
        file: impl Into<std::path::PathBuf>,
    ) -> Result<Template> {
        Template::parse(source, file, self)
    }
}
