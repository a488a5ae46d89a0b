//! What a host sets up once (filters, tests, block tags), and the state of one running render.

use super::args::Args;
use super::error::Result;
use super::template::Template;
use super::value::Value;
use indexmap::IndexMap;
use std::any::Any;
use std::sync::Arc;

/// The names that templates see, beside their own and the built-in functions. Asked anew at every use, by
/// the root template and by every macro that runs under it, in whatever file the macro stands.
pub trait Globals: Send + Sync {
    fn lookup(&self, name: &str) -> Option<Value>;
    /// Names for "did you mean"; need not be complete.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
    /// The template itself, and no macro, is about to call this macro.
    fn calls_macro(&self, _name: &str, _called: &Value) {}
    /// So that a host function can find the host's own struct again through [`State::globals`].
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
}

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

/// What may be done with an undefined value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UndefinedMode {
    /// jinja's default: it prints as nothing and is false; attributes, items and calls of it are errors.
    #[default]
    Lenient,
    /// Attributes, items and calls of it are undefined again (for a first pass in which not everything is known).
    Chainable,
}

/// The form of a block tag of the host's: `{% tag name … %} body {% endtag %}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagShape {
    /// `{% docs name %}`: the body is text, in which nothing is parsed.
    Raw,
    /// `{% snapshot name %}`: the body is a template.
    Body,
    /// `{% test name(a, b=1) %}`: a macro.
    Signature,
    /// `{% materialization name, default %}`, `{% materialization name, adapter='x' %}`: a macro without
    /// parameters; the options are literals.
    Options,
}

type FilterBody = dyn Fn(&mut State<'_>, Value, Args) -> Result<Value> + Send + Sync;
type TestBody = dyn Fn(&mut State<'_>, Value, Args) -> Result<bool> + Send + Sync;

/// What is the same for all templates. Build it once, share it by `Arc` or reference.
#[derive(Clone)]
pub struct Environment {
    pub(super) filters: IndexMap<String, Arc<FilterBody>>,
    pub(super) tests: IndexMap<String, Arc<TestBody>>,
    pub(super) tags: IndexMap<String, TagShape>,
    pub(super) undefined: UndefinedMode,
    pub(super) stack_budget: usize,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
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
    pub fn new() -> Self {
        Self::default()
    }
    pub fn add_filter(
        &mut self,
        name: impl Into<String>,
        body: impl Fn(&mut State<'_>, Value, Args) -> Result<Value> + Send + Sync + 'static,
    ) {
        self.filters.insert(name.into(), Arc::new(body));
    }
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

    /// Parses; errors carry `file` and the line. `file` is only a name here, nothing is read.
    pub fn parse(
        &self,
        source: impl Into<Arc<str>>,
        file: impl Into<std::path::PathBuf>,
    ) -> Result<Template> {
        Template::parse(source, file, self)
    }
    /// The text of `template` with the names of `globals`.
    pub fn render(&self, template: &Template, globals: &dyn Globals) -> Result<String> {
        State::new(self, globals).render(template)
    }
    /// As jinja's native environment: a template that is one expression gives its value, else text.
    pub fn render_value(&self, template: &Template, globals: &dyn Globals) -> Result<Value> {
        State::new(self, globals).render_value(template)
    }
}

/// A running render: what a host function gets, to call macros and look up names with.
pub struct State<'a> {
    pub(super) environment: &'a Environment,
    pub(super) globals: &'a dyn Globals,
    pub(super) stack: super::exec::StackGuard,
    /// How many macros are being called, one in the other.
    pub(super) macro_depth: usize,
}

impl<'a> State<'a> {
    pub fn new(environment: &'a Environment, globals: &'a dyn Globals) -> Self {
        let stack = super::exec::StackGuard::enter(environment.stack_budget);
        Self { environment, globals, stack, macro_depth: 0 }
    }
    pub fn environment(&self) -> &'a Environment {
        self.environment
    }
    pub fn globals(&self) -> &'a dyn Globals {
        self.globals
    }
    /// A name as a template would see it: the host's, else a built-in function.
    pub fn lookup(&self, name: &str) -> Option<Value> {
        self.globals.lookup(name).or_else(|| super::globals::builtin(name))
    }
    /// Calls a macro, function, method or object.
    pub fn call(&mut self, callee: &Value, args: Args) -> Result<Value> {
        super::eval::call(self, callee, args)
    }
    /// `value.name(args)`.
    pub fn call_method(&mut self, value: &Value, name: &str, args: Args) -> Result<Value> {
        super::eval::call_method(self, value, &Arc::from(name), args)
    }
    /// Renders a template with the same globals.
    pub fn render(&mut self, template: &Template) -> Result<String> {
        super::exec::render(self, template)
    }
    /// As [`Environment::render_value`].
    pub fn render_value(&mut self, template: &Template) -> Result<Value> {
        super::exec::render_value(self, template)
    }
}
