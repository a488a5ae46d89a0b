//! One node's context in one phase: what its templates may ask for, and what is noted while they are rendered.
//!
//! How a name is found in it is in `globals.rs`.

use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::query_comment;
use crate::context::statement_log::StatementLog;
use crate::context::trace;
use crate::context::unit_test::Overlay;
use crate::dbt_log;
use crate::graph::node::{Node, RefCall};
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::Object;
use crate::python::Handover;
use crate::relations::cache::RelationCache;
use crate::relations::relation::Relation;
use ingot_core::error::Error;
use ingot_core::sync::lock;
use ingot_engine::Rows;
use ingot_jinja::{State, Value};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// What a template mentioned while it was parsed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Captured {
    pub(crate) refs: Vec<RefCall>,
    pub(crate) sources: Vec<(String, String)>,
    pub(crate) metrics: Vec<Vec<String>>,
    pub(crate) functions: Vec<Vec<String>>,
    pub(crate) config: Object,
    /// Unique ids of the macros that were called.
    pub(crate) macros: Vec<String>,
}

/// What rendering leaves behind for those who asked for it.
#[derive(Default)]
pub(crate) struct Noted {
    pub(crate) captured: Captured,
    /// What `store_result` kept, by name; the main statement's is `main`.
    pub(crate) results: HashMap<String, Value>,
    /// Ephemeral models (and inputs of a unit test) that were referred to, by their index and in order.
    pub(crate) ephemerals: Vec<usize>,
    /// The unique id of a selected ephemeral model for which this node cannot be compiled.
    pub(crate) broken_ephemeral: Option<String>,
    /// The SQL that is about to run, for `target/run/`.
    pub(crate) written: Option<String>,
    /// The files through which a Python model got its rows, as long as they are read.
    pub(crate) python: Option<Handover>,
    /// Whether a template looked at `graph`, which is all nodes.
    pub(crate) read_graph: bool,
}

/// The names that one node's templates see.
pub(crate) struct NodeContext {
    pub(crate) invocation: Arc<Invocation>,
    pub(crate) node: Arc<Node>,
    /// `None` while parsing.
    pub(crate) execution: Option<Arc<Execution>>,
    pub(crate) connection: Mutex<Connection>,
    pub(crate) noted: Mutex<Noted>,
    /// `sql`, `compiled_code`, `pre_hooks`, test arguments: names for this render alone.
    extra: Mutex<HashMap<String, Value>>,
    /// While an argument of a generic test is rendered, which is a value of a YAML file.
    yaml: AtomicBool,
    /// While a macro such as `generate_schema_name` is called, which must have its variables.
    makes_names: AtomicBool,
    /// While a description is rendered, which sees what YAML files see.
    describes: AtomicBool,
    /// While the model of a unit test is rendered.
    pub(crate) unit: Option<Overlay>,
    pub(super) made: MadeOnce,
}

/// Values that are large, and made only for those who ask for them.
#[derive(Default)]
pub(super) struct MadeOnce {
    pub(super) model: OnceLock<Value>,
    pub(super) compiled: OnceLock<String>,
    this: OnceLock<Value>,
    /// Whether the connection has the comment of this node.
    comment: AtomicBool,
}

impl NodeContext {
    pub(crate) fn new(
        invocation: Arc<Invocation>,
        node: Arc<Node>,
        execution: Option<Arc<Execution>>,
        mut connection: Connection,
    ) -> Self {
        let mut extra = HashMap::new();
        connection.log = execution.as_ref().and_then(|_| StatementLog::of(&invocation, &node));
        connection.only_reads = node.resource_type() == ResourceType::Test;
        connection.guard = execution.as_ref().map(|execution| execution.guard.clone());
        if execution.as_ref().is_some_and(|execution| execution.rebuilds(&node.unique_id)) {
            for (name, answer) in [("is_incremental", false), ("should_full_refresh", true)] {
                extra.insert(name.to_owned(), Value::function(name, move |_, _| Ok(answer.into())));
            }
        }
        Self {
            invocation,
            node,
            execution,
            connection: Mutex::new(connection),
            noted: Mutex::default(),
            extra: Mutex::new(extra),
            yaml: AtomicBool::new(false),
            makes_names: AtomicBool::new(false),
            describes: AtomicBool::new(false),
            unit: None,
            made: MadeOnce::default(),
        }
    }

    /// Whether this is the second phase, in which the database may be asked.
    pub(crate) fn executes(&self) -> bool {
        self.execution.is_some()
    }

    /// Whether what is rendered now is a value of a YAML file.
    pub(crate) fn renders_yaml(&self) -> bool {
        self.yaml.load(Ordering::Relaxed)
    }

    /// Says what is rendered from here on: a value of a YAML file, or SQL.
    pub(crate) fn set_renders_yaml(&self, yaml: bool) {
        self.yaml.store(yaml, Ordering::Relaxed);
    }

    /// Whether a variable that is not there is an error: not while a model is parsed, which need not be one that runs.
    pub(crate) fn needs_variables(&self) -> bool {
        self.executes() || self.makes_names.load(Ordering::Relaxed) || self.describes()
    }

    /// Whether a description is rendered.
    pub(super) fn describes(&self) -> bool {
        self.describes.load(Ordering::Relaxed)
    }

    /// Says that from here on descriptions are rendered. <https://github.com/dbt-labs/dbt-core/blob/1.11.latest/core/dbt/context/docs.py>
    /// (DocsRuntimeContext)
    pub(crate) fn set_describes(&self) {
        self.describes.store(true, Ordering::Relaxed);
    }

    /// Says that from here on names are made. <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/context/providers.py>
    /// (GenerateNameProvider)
    pub(crate) fn set_makes_names(&self) {
        self.makes_names.store(true, Ordering::Relaxed);
    }

    /// Gives a name a value for this context alone.
    pub(crate) fn set(&self, name: &str, value: impl Into<Value>) {
        lock(&self.extra).insert(name.to_owned(), value.into());
    }

    /// From here on a batch that is added to a table is incremental, whatever `--full-refresh` says. As under dbt this is
    /// so for its materialization, while its SQL asks the macros. (`build_jinja_context_for_batch` in
    /// <https://github.com/dbt-labs/dbt-core/blob/1.11.latest/core/dbt/materializations/incremental/microbatch.py>)
    pub(crate) fn set_adds_rows(&self) {
        for (name, answer) in [("is_incremental", true), ("should_full_refresh", false)] {
            self.set(name, Value::function(name, move |_, _| Ok(answer.into())));
        }
    }

    /// What [`NodeContext::set`] gave a name.
    pub(crate) fn extra(&self, name: &str) -> Option<Value> {
        lock(&self.extra).get(name).cloned()
    }

    /// What the template mentioned; nothing is left of it here.
    pub(crate) fn take_captured(&self) -> Captured {
        std::mem::take(&mut lock(&self.noted).captured)
    }

    /// A result that `store_result` kept.
    pub(crate) fn result(&self, name: &str) -> Option<Value> {
        lock(&self.noted).results.get(name).cloned()
    }

    /// A `ref()` that was met while parsing.
    pub(crate) fn note_ref(&self, call: RefCall) {
        let mut noted = lock(&self.noted);
        if !noted.captured.refs.contains(&call) {
            noted.captured.refs.push(call);
        }
    }

    /// A `source()` that was met while parsing.
    pub(crate) fn note_source(&self, source: String, table: String) {
        let (mut noted, pair) = (lock(&self.noted), (source, table));
        if !noted.captured.sources.contains(&pair) {
            noted.captured.sources.push(pair);
        }
    }

    /// A macro that was called while parsing, by unique id.
    pub(crate) fn note_macro(&self, unique_id: &str) {
        let mut noted = lock(&self.noted);
        if !noted.captured.macros.iter().any(|known| known == unique_id) {
            noted.captured.macros.push(unique_id.to_owned());
        }
    }

    /// A node whose SQL is put in front of this one's as a CTE.
    pub(crate) fn note_ephemeral(&self, index: usize) {
        let mut noted = lock(&self.noted);
        if !noted.ephemerals.contains(&index) {
            noted.ephemerals.push(index);
        }
    }

    /// Asks the cache of relations; while parsing there is nothing in it.
    pub(crate) fn cache<T: Default>(&self, ask: impl FnOnce(&RelationCache) -> T) -> T {
        self.execution.as_ref().map(|execution| ask(&execution.cache)).unwrap_or_default()
    }

    /// Runs statements on the node's connection; gives the number of rows changed.
    pub(crate) fn run(&self, sql: &str, begin: bool) -> ingot_jinja::Result<u64> {
        trace::note_query(sql);
        self.before_asking()?;
        lock(&self.connection).execute(sql, begin).map_err(ingot_jinja::Error::from)
    }

    /// Runs a query on the node's connection.
    pub(crate) fn query(&self, sql: &str, begin: bool) -> ingot_jinja::Result<Rows> {
        trace::note_query(sql);
        self.before_asking()?;
        lock(&self.connection).query(sql, begin).map_err(ingot_jinja::Error::from)
    }

    /// What an event for the node says besides its text; null if nobody reads that.
    pub(crate) fn event_data(&self) -> Json {
        match self.invocation.settings.logs_data {
            true => json!({"node_info": dbt_log::running(&self.node)}),
            false => Json::Null,
        }
    }

    fn before_asking(&self) -> ingot_jinja::Result<()> {
        self.may_ask()?;
        self.prepare_comment()
    }

    /// With `--no-introspect`, templates are compiled without the database.
    fn may_ask(&self) -> ingot_jinja::Result<()> {
        if self.invocation.settings.introspect {
            return Ok(());
        }
        let error = Error::new("a template asks the database, from which `--no-introspect` keeps it");
        let error = error.in_dbts_words("connection never acquired for thread");
        Err(error.hint("leave out --no-introspect, or what the template asks for").into())
    }

    /// Gives the connection the comment of this node, before its first statement.
    pub(crate) fn prepare_comment(&self) -> ingot_jinja::Result<()> {
        let setting = &self.invocation.project.root.query_comment;
        if setting.is_null() || self.made.comment.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let is_node = self.node.resource_type() != ResourceType::Operation;
        let name = is_node.then_some(self.node.unique_id.as_str());
        let comment = query_comment::render(setting, name, &self.invocation.templates.environment, self)?;
        lock(&self.connection).comment = comment;
        Ok(())
    }

    /// `this`: the relation that the node makes.
    pub(crate) fn this(&self) -> Value {
        if let Some(unit) = &self.unit {
            let (this, input) = unit.this(self.execution.as_deref());
            input.into_iter().for_each(|index| self.note_ephemeral(index));
            return this;
        }
        self.made
            .this
            .get_or_init(|| {
                let mut relation = Relation::new(
                    self.node.dialect,
                    Some(&self.node.database),
                    Some(&self.node.schema),
                    Some(&self.node.alias),
                );
                relation.quote = self.node.quote;
                relation.external = self.node.source().and_then(|source| source.external.clone());
                relation.into_value()
            })
            .clone()
    }
}

/// The context that a function runs in.
pub(crate) fn context<'a>(state: &State<'a>) -> ingot_jinja::Result<&'a NodeContext> {
    state.globals().as_any().and_then(|any| any.downcast_ref()).ok_or_else(|| {
        ingot_jinja::Error::value(
            "this function belongs to models and macros, and cannot be used in this file",
        )
    })
}
