//! What templates see: names of dbt, macros, and the node that is being rendered.
//!
//! One [`NodeContext`] lives for one node and one phase. The functions behind the names are static;
//! they find the context again through the interpreter's state.

pub mod adapter;
pub mod adapter_calls;
pub mod config;
pub mod connection;
pub mod environment;
pub mod exceptions;
pub mod functions;
pub mod inputs;
pub mod python_functions;
pub mod record;
pub mod references;
pub mod results;
pub mod unit_test;
pub mod values;
pub mod variables;

use super::config_memo::ConfigMemo;
use super::files::ProjectFiles;
use super::macros::MacroRegistry;
use super::manifest::Manifest;
use super::nodes::{Node, RefCall};
use super::profiles::Target;
use super::project_files::ProjectFile;
use super::relation::Relation;
use super::relation_cache::RelationCache;
use super::results::BatchResults;
use super::select::yaml::Selectors;
use super::warnings::WarningRules;
use super::yaml_values::Object as JsonObject;
use connection::Connection;
use environment::FlagSettings;
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Event, Level};
use ingot_jinja::{Environment, Globals, State, Value};
use serde_json::Value as Json;
use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A lock that a panic elsewhere does not poison for good.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A `{% docs %}` block of a Markdown file.
#[derive(Debug, Clone)]
pub struct DocsBlock {
    pub text: String,
    /// Relative to the folder of docs, and to the package's root.
    pub path: String,
    pub original_file_path: String,
}

/// What is the same for all nodes of an invocation.
pub struct Shared {
    pub root: ProjectFile,
    pub packages: Vec<ProjectFile>,
    pub target: Target,
    pub environment: Environment,
    pub macros: MacroRegistry,
    pub configs: ConfigMemo,
    /// By package and name: whether `generate_schema_name` and the like are dbt's own for it.
    pub built_in_generators: Mutex<HashMap<(String, &'static str), bool>>,
    pub files: ProjectFiles,
    pub cli_vars: JsonObject,
    pub store_failures: bool,
    pub full_refresh: bool,
    /// Inputs are read without their rows (`--empty`).
    pub empty: bool,
    /// `--event-time-start` and `--event-time-end`.
    pub event_time: (Option<jiff::civil::DateTime>, Option<jiff::civil::DateTime>),
    pub retry_batches: BTreeMap<String, BatchResults>,
    pub interrupt: Interrupt,
    pub invocation_id: String,
    pub started: jiff::Timestamp,
    /// `target`, `flags`, `modules`, `api`, … made once.
    pub constants: HashMap<&'static str, Value>,
    pub docs: HashMap<(String, String), DocsBlock>,
    pub selectors: Selectors,
    /// Which warnings are errors, and which are not told.
    pub warning_rules: WarningRules,
    /// The stretch of time (in UTC) that `--sample` reads of inputs with an `event_time`.
    pub sample: Option<(jiff::civil::DateTime, jiff::civil::DateTime)>,
    pub flags: FlagSettings,
    /// Whether what was parsed before may be taken up again.
    pub partial_parse: bool,
    /// How often nodes asked for the moment while they were parsed.
    pub moments_in_nodes: AtomicU64,
    /// Where compiled SQL and artifacts go.
    pub target_folder: PathBuf,
    /// What templates logged, until the runner hands it to the report.
    pub outbox: Mutex<Vec<Event>>,
    pub warned: Mutex<HashSet<String>>,
}

impl Shared {
    pub fn project(&self, package: &str) -> &ProjectFile {
        self.packages.iter().find(|project| project.name == package).unwrap_or(&self.root)
    }
    pub fn say(&self, level: Level, text: String) {
        lock(&self.outbox).push(Event::Message { level, text });
    }
    /// A warning that is given once however often it arises.
    pub fn warn_once(&self, text: String) {
        if lock(&self.warned).insert(text.clone()) {
            self.say(Level::Warning, text);
        }
    }
}

/// What running adds to parsing.
pub struct RunShared {
    pub manifest: Arc<Manifest>,
    pub cache: RelationCache,
    pub selected: Vec<String>,
    pub graph_value: OnceLock<Value>,
    /// With `--defer`: unique ids, and the relation of another target that is read in their place.
    pub deferred: Mutex<HashMap<String, Relation>>,
}

/// What a template mentioned while it was parsed.
#[derive(Debug, Default, Clone)]
pub struct Captured {
    pub refs: Vec<RefCall>,
    pub sources: Vec<(String, String)>,
    pub config: JsonObject,
    pub macros: Vec<String>,
}

/// The names that one node's templates see.
pub struct NodeContext {
    pub shared: Arc<Shared>,
    pub node: Arc<Node>,
    /// `None` while parsing.
    pub run: Option<Arc<RunShared>>,
    pub connection: Mutex<Connection>,
    pub captured: Mutex<Captured>,
    pub results: Mutex<HashMap<String, Value>>,
    /// Ephemeral models that were referred to, in order.
    pub ephemerals: Mutex<Vec<usize>>,
    /// `sql`, `compiled_code`, `pre_hooks`, test arguments: names for this render alone.
    pub extra: Mutex<HashMap<String, Value>>,
    pub written: Mutex<Option<String>>,
    /// While the model of a unit test is rendered.
    pub unit: Option<unit_test::Overlay>,
    model: OnceLock<Value>,
    compiled: OnceLock<String>,
    this: OnceLock<Value>,
}

impl NodeContext {
    pub fn new(
        shared: Arc<Shared>,
        node: Arc<Node>,
        run: Option<Arc<RunShared>>,
        connection: Connection,
    ) -> Self {
        let mut extra = HashMap::new();
        // A batch that is added to a table is incremental, whatever --full-refresh says.
        if node.batch.as_ref().is_some_and(|batch| batch.incremental) {
            for (name, answer) in [("is_incremental", true), ("should_full_refresh", false)] {
                extra.insert(name.to_owned(), Value::function(name, move |_, _| Ok(answer.into())));
            }
        }
        Self {
            shared,
            node,
            run,
            connection: Mutex::new(connection),
            captured: Mutex::default(),
            results: Mutex::default(),
            ephemerals: Mutex::default(),
            extra: Mutex::new(extra),
            written: Mutex::default(),
            unit: None,
            model: OnceLock::new(),
            compiled: OnceLock::new(),
            this: OnceLock::new(),
        }
    }

    /// Whether this is the second phase, in which the database may be asked.
    pub fn executes(&self) -> bool {
        self.run.is_some()
    }

    pub fn set(&self, name: &str, value: impl Into<Value>) {
        lock(&self.extra).insert(name.to_owned(), value.into());
    }

    /// `model`: the node as dbt's manifest has it.
    pub fn model(&self) -> Value {
        self.model
            .get_or_init(|| {
                let mut node = self.node.to_json();
                if self.executes() {
                    references::resolve_constraints(self, &mut node);
                }
                let model = values::from_json(&Json::Object(node));
                if let Some(sql) = self.compiled.get() {
                    show_compiled(&model, sql);
                }
                model
            })
            .clone()
    }

    /// From here on `model` shows the compiled SQL. It is a large value, and made only for those who ask for it.
    pub fn note_compiled(&self, sql: &str) {
        self.compiled.set(sql.to_owned()).ok();
        if let Some(model) = self.model.get() {
            show_compiled(model, sql);
        }
    }

    pub fn this(&self) -> Value {
        if let Some(unit) = &self.unit {
            return unit.this(self);
        }
        self.this
            .get_or_init(|| {
                let mut relation =
                    Relation::new(Some(&self.node.database), Some(&self.node.schema), Some(&self.node.alias));
                relation.quote = self.node.quote;
                relation.external = self.node.source.as_ref().and_then(|source| source.external.clone());
                relation.into_value()
            })
            .clone()
    }

    fn own(&self, name: &str) -> Option<Value> {
        Some(match name {
            "execute" => self.executes().into(),
            "model" => self.model(),
            "this" => self.this(),
            "database" => self.node.database.as_str().into(),
            "schema" => self.node.schema.as_str().into(),
            "graph" => match &self.run {
                Some(run) => run.graph_value.get_or_init(|| references::graph_value(&run.manifest)).clone(),
                None => Value::dict([
                    ("nodes", Value::dict::<&str>([])),
                    ("sources", Value::dict::<&str>([])),
                    ("exposures", Value::dict::<&str>([])),
                    ("metrics", Value::dict::<&str>([])),
                    ("groups", Value::dict::<&str>([])),
                ]),
            },
            "selected_resources" => match &self.run {
                Some(run) => Value::list(run.selected.iter().map(|id| Value::from(id.as_str()))),
                None => Value::list([]),
            },
            "builtins" => functions::builtins(&self.shared),
            "thread_id" => std::thread::current().name().unwrap_or("main").into(),
            "pre_hooks" => self.hooks("pre-hook"),
            "post_hooks" => self.hooks("post-hook"),
            _ => return None,
        })
    }

    fn hooks(&self, key: &str) -> Value {
        self.node.config.get(key).map_or_else(|| Value::list([]), values::from_json)
    }
}

fn show_compiled(model: &Value, sql: &str) {
    let Some(model) = model.as_dict() else { return };
    model.set_str("compiled_code", sql.into());
    model.set_str("compiled", true.into());
    model.set_str("extra_ctes_injected", true.into());
    model.set_str("compiled_path", Value::None);
}

impl Globals for NodeContext {
    fn lookup(&self, name: &str) -> Option<Value> {
        if let Some(value) = lock(&self.extra).get(name) {
            return Some(value.clone());
        }
        if let Some(value) = self.unit.as_ref().and_then(|unit| unit.lookup(name)) {
            return Some(value);
        }
        // A project's macro goes before everything of that name, `ref` and `source` too: `builtins` has the others.
        let found = self.shared.macros.find(&self.node.package_name, name);
        if let Some(entry) = found.filter(|entry| !entry.is_built_in()) {
            return Some(entry.value.clone());
        }
        if let Some(value) = functions::find(name) {
            return Some(value);
        }
        if let Some(value) = self.own(name) {
            return Some(value);
        }
        if let Some(value) = self.shared.constants.get(name) {
            if !self.executes() {
                inputs::note_name(name);
            }
            return Some(value.clone());
        }
        found.map(|entry| entry.value.clone()).or_else(|| self.shared.macros.namespace(name))
    }
    fn calls_macro(&self, name: &str, called: &Value) {
        if self.executes() {
            return;
        }
        if let Some(entry) = self.shared.macros.identify(name, called) {
            let mut captured = lock(&self.captured);
            if !captured.macros.contains(&entry.unique_id) {
                captured.macros.push(entry.unique_id.clone());
            }
        }
    }
    fn names(&self) -> Vec<String> {
        let mut names = self.shared.macros.names_for(&self.node.package_name);
        names.extend(functions::names());
        names.extend(self.shared.constants.keys().map(|name| (*name).to_owned()));
        names.extend(
            ["builtins", "execute", "model", "this", "database", "schema", "graph"].map(str::to_owned),
        );
        names
    }
    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// The context a function runs in.
pub fn context<'a>(state: &State<'a>) -> ingot_jinja::Result<&'a NodeContext> {
    state.globals().as_any().and_then(|any| any.downcast_ref()).ok_or_else(|| {
        ingot_jinja::Error::value(
            "this function belongs to models and macros, and cannot be used in this file",
        )
    })
}
