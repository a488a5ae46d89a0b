//! What a run knows of earlier runs: decides which nodes need not run, and keeps what is learned of those that do.

use crate::build::output_files::output_file;
use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::references::relation_of;
use crate::context::trace::Trace;
use crate::graph::batches::is_microbatch;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::hashing::of_texts;
use crate::invocation::Invocation;
use crate::outcomes::{NodeResult, Status};
use crate::unchanged::contents;
use crate::unchanged::explain::{Decision, differences, differences_above};
use crate::unchanged::inputs::{Inputs, kind_of};
use crate::unchanged::reads::{self, Covered, Functions, Reads};
use crate::unchanged::record::{self, Asked, Changes, Record, Records};
use ingot_core::error::Result;
use ingot_core::report::{Event, Level, Reporter};
use ingot_core::sync::lock;
use ingot_engine::duckdb::{Seal, Unseen};
use ingot_engine::{Cell, Engine};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// Materializations of which all is known that they depend on.
const KNOWN: [&str; 9] =
    ["table", "incremental", "view", "seed", "snapshot", "test", "unit", "external", "delta"];

/// What was learned is written about as often as this, so that a killed run loses little.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// Why all nodes of a run run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Everything {
    Forced,
    FullRefresh,
}

/// What a run knows.
pub(crate) struct Knowledge<'a> {
    pub(super) invocation: &'a Invocation,
    pub(super) manifest: &'a Manifest,
    pub(super) run: &'a Execution,
    engine: &'a dyn Engine,
    reporter: &'a dyn Reporter,
    everything: Option<Everything>,
    overlooked: &'a [String],
    pub(super) inputs: Inputs<'a>,
    pub(super) records: Records,
    seal: Seal,
    /// If nobody has written to the warehouse since the last run: what nobody has looked at. What is kept of the other
    /// relations is believed without a look at them.
    pub(super) sealed: Option<Unseen>,
    pub(super) state: Mutex<State>,
    pub(super) writer: Mutex<Writer>,
    functions: OnceLock<Functions>,
    /// Whether something besides the nodes' own relations may have been written.
    writes: AtomicBool,
}

#[derive(Default)]
pub(super) struct State {
    /// What is in relations now, by node.
    pub(super) held: HashMap<usize, String>,
    /// Which columns they have.
    pub(super) columns: HashMap<usize, String>,
    /// Definitions of views.
    pub(super) views: HashMap<[String; 3], String>,
    /// What was kept in this run.
    pub(super) kept: HashMap<String, Record>,
    /// Unique ids of nodes and sources whose relation was looked at, or made.
    pub(super) seen: HashSet<String>,
    /// Unique ids of nodes that ran.
    pub(super) refreshed: HashSet<String>,
    /// Unique ids of nodes that ran, and of which nothing was kept.
    unsure: HashSet<String>,
    decisions: HashMap<usize, Decision>,
}

pub(super) struct Writer {
    connection: Option<Connection>,
    pub(super) changes: Changes,
    since: Instant,
}

/// What is left of a run when its database is closed.
pub(crate) struct Learned {
    seal: Seal,
    /// `None` if nobody can say how the relations are.
    unseen: Option<BTreeSet<String>>,
    pub(crate) decisions: HashMap<usize, Decision>,
}

impl Learned {
    /// Seals the warehouse, which is closed.
    pub(crate) fn seal(self) {
        if let Some(unseen) = self.unseen {
            self.seal.renew(Unseen { nodes: unseen, ..Unseen::default() });
        }
    }
}

/// What [`Knowledge::open`] needs.
pub(crate) struct Opening<'a> {
    pub(crate) invocation: &'a Invocation,
    pub(crate) run: &'a Execution,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) everything: Option<Everything>,
    /// Kinds of inputs that are not compared.
    pub(crate) overlooked: &'a [String],
    pub(crate) seal: Seal,
    /// Whether hooks of the run have run, which may write anything.
    pub(crate) hooks_ran: bool,
}

impl<'a> Knowledge<'a> {
    /// Reads what earlier runs kept.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub(crate) fn open(opening: Opening<'a>) -> Result<Self> {
        let Opening { invocation, run, engine, reporter, everything, overlooked, seal, hooks_ran } = opening;
        let manifest: &Manifest = &run.manifest;
        let mut connection = Connection::new(engine.session()?);
        let records = match record::is_there(run, &invocation.target.database) {
            true => record::read(&mut connection)?,
            false => Records::default(),
        };
        let facts = connection.query(
            "select current_date::varchar, version() || ' ' || current_setting('TimeZone')::varchar",
            false,
        )?;
        let fact = |at: usize| facts.rows.first().and_then(|row| row.get(at)?.as_str()).unwrap_or_default();
        let inputs = Inputs::new(invocation, manifest, fact(1), fact(0).to_owned());
        for (key, names) in &records.names {
            inputs.know_names(key, names);
        }
        let views = views(&mut connection)?;
        let sealed = seal.unseen().filter(|_| seal.holds() && !hooks_ran).cloned();
        Ok(Self {
            invocation,
            manifest,
            run,
            engine,
            reporter,
            everything,
            overlooked,
            inputs,
            records,
            seal,
            sealed,
            state: Mutex::new(State { views, ..State::default() }),
            writer: Mutex::new(Writer {
                connection: Some(connection),
                changes: Changes::default(),
                since: Instant::now(),
            }),
            functions: OnceLock::new(),
            writes: AtomicBool::new(hooks_ran),
        })
    }

    pub(super) fn node(&self, index: usize) -> &'a Node {
        &self.manifest.nodes[index]
    }

    /// Whether a node needs not run: then its result, which is that of its last run. A node that cannot be judged runs.
    pub(crate) fn unchanged(&self, index: usize, connection: &mut Connection) -> Option<NodeResult> {
        let why = self.why_it_runs(index, connection).unwrap_or_else(|error| {
            connection.rollback();
            vec![format!("it cannot be told what it depends on: {error}")]
        });
        let decision = Decision { runs: !why.is_empty(), why };
        let runs = decision.runs;
        lock(&self.state).decisions.insert(index, decision);
        let node = self.node(index);
        match self.records.nodes.get(&node.unique_id) {
            Some(record) if !runs => Some(self.result_of(node, record)),
            _ => {
                if is_built_upon(node) {
                    self.forget(&node.unique_id);
                }
                None
            }
        }
    }

    /// The result of a node that does not run.
    fn result_of(&self, node: &Node, record: &Record) -> NodeResult {
        let (status, message) = match record.status.as_str() {
            "pass" => (Status::Pass, "unchanged"),
            "warn" => (Status::Warn, record.message.as_str()),
            _ => (Status::Success, "unchanged"),
        };
        let mut result = NodeResult::new(node, status, message.to_owned(), Duration::ZERO, None);
        result.failures = record.failures;
        result.unchanged = true;
        // The manifest has the SQL of all nodes that were selected, if it is still there.
        let read = || std::fs::read_to_string(output_file(self.invocation, node, "compiled")).ok();
        let compiled = record.snapshot.clone().or_else(read);
        result.compiled_code = compiled.filter(|sql| of_texts([sql]) == record.compiled);
        result
    }

    /// Nothing if a node need not run.
    fn why_it_runs(&self, index: usize, connection: &mut Connection) -> Result<Vec<String>> {
        // First of all, so that what is kept is never newer than what the node reads.
        let above = self.above(index, connection)?;
        let node = self.node(index);
        let record = self.records.nodes.get(&node.unique_id);
        let mut why = Vec::new();
        let mut has_other_rows_above = false;
        match (self.everything, record) {
            (Some(Everything::Forced), _) => why.push("--force was given".to_owned()),
            (Some(Everything::FullRefresh), _) => why.push("--full-refresh was given".to_owned()),
            (None, None) => why.push("no run of it is known that came to its end".to_owned()),
            (None, Some(Record { always: Some(always), .. })) if self.compares("always") => {
                why.push(format!("it runs each time: {always}"));
            }
            (None, Some(record)) => {
                let own = self.inputs.own(index, &record.asked);
                let compares = |name: &str| self.compares(kind_of(name));
                why.extend(differences(node.resource_type(), &record.inputs, &own, &compares));
                let compares = |id: &str| self.compares(kind_above(self.manifest.node(id)));
                let changed = differences_above(self.manifest, &record.above, &above, &compares);
                if changed.is_empty() || record.columns.is_empty() {
                    why.extend(changed);
                } else {
                    let columns = self.columns_above(index, connection)?;
                    let compares = |_: &str| self.compares("columns");
                    why.extend(differences_above(self.manifest, &record.columns, &columns, &compares));
                    has_other_rows_above = true;
                }
            }
        }
        // The table of a seed holds nothing but its file, so one that is not what it was is made anew.
        if node.resource_type() == ResourceType::Seed && !why.is_empty() && record.is_some() {
            self.make_again(node);
        }
        let is_refreshed = self.everything == Some(Everything::FullRefresh);
        if let Some(left) = record.and_then(|record| record.left.as_ref())
            && (why.is_empty() || (is_built_upon(node) && !is_refreshed))
            && self.compares("relation")
        {
            match self.mark(index, connection)? {
                Some(now) if now == *left => {}
                Some(_) => {
                    why.push(format!("{}.{} is not as its last run left it", node.schema, node.alias));
                    self.make_again(node);
                }
                None => why.push(format!("{}.{} is not there", node.schema, node.alias)),
            }
        }
        match record {
            // So that the next run need not ask for the columns.
            Some(record) if why.is_empty() && has_other_rows_above && self.overlooked.is_empty() => {
                self.keep_record(&node.unique_id, Record { above, ..record.clone() });
            }
            _ if !why.is_empty() && may_read_only_columns(node) => {
                self.columns_above(index, connection)?;
            }
            _ => {}
        }
        Ok(why)
    }

    /// Whether a kind of inputs is compared: all are, but for what a test leaves out.
    fn compares(&self, kind: &str) -> bool {
        !self.overlooked.iter().any(|overlooked| overlooked == kind)
    }

    /// Somebody has changed a table. One that keeps its rows is built from nothing, because a run would only add to it.
    fn make_again(&self, node: &Node) {
        let name = format!("{}.{}", node.schema, node.alias);
        if is_microbatch(node) && self.invocation.uses_batches() {
            return;
        }
        if node.resource_type() == ResourceType::Snapshot {
            self.reporter.warn(format!(
                "{name} was changed after its last run: a snapshot cannot be made again, so the change stays"
            ));
        } else if node.config.get("full_refresh").and_then(Json::as_bool) == Some(false) {
            if node.resource_type() == ResourceType::Seed {
                return;
            }
            self.reporter.warn(format!(
                "{name} was changed after its last run: its config says full_refresh: false, so the change stays"
            ));
        } else if node.materialized() == "incremental" || node.resource_type() == ResourceType::Seed {
            if node.materialized() == "incremental" {
                self.reporter.info(format!(
                    "{name} is built from nothing: somebody has changed the table after its last run"
                ));
            }
            lock(&self.run.also_rebuilt).insert(node.unique_id.clone());
        }
    }

    /// Keeps what is known of a node that ran. What cannot be kept is only lost.
    pub(crate) fn remember(
        &self,
        index: usize,
        trace: Trace,
        result: &NodeResult,
        connection: &mut Connection,
    ) {
        let node = self.node(index);
        if trace.writes || may_write(self.invocation, node) {
            self.writes.store(true, Ordering::Relaxed);
        }
        {
            let mut state = lock(&self.state);
            state.held.remove(&index);
            state.columns.remove(&index);
            state.refreshed.insert(node.unique_id.clone());
        }
        let ended = matches!(result.status, Status::Success | Status::Pass | Status::Warn);
        let outcome = self.refresh_view(node, connection).and_then(|()| match ended {
            true => self.keep(index, trace, result, connection),
            false => Ok(()),
        });
        if let Err(error) = &outcome {
            connection.rollback();
            self.reporter.report(Event::Message {
                level: Level::Debug,
                text: format!("what is known of {} cannot be kept: {error}", node.unique_id),
            });
        }
        if outcome.is_err() || !ended {
            lock(&self.state).unsure.insert(node.unique_id.clone());
        }
    }

    /// The definition of a view that was made anew.
    fn refresh_view(&self, node: &Node, connection: &mut Connection) -> Result<()> {
        let relation = relation_of(node);
        let is_view = self.run.cache.get(&relation).is_some_and(|found| found.is("view"));
        if is_view && (node.is_relational() || node.stores_failures) {
            let definition = contents::of_view(connection, &relation)?.unwrap_or_default();
            lock(&self.state).views.insert(relation.folded_parts(), definition);
        }
        Ok(())
    }

    fn keep(
        &self,
        index: usize,
        trace: Trace,
        result: &NodeResult,
        connection: &mut Connection,
    ) -> Result<()> {
        let node = self.node(index);
        let above = self.above(index, connection)?;
        let columns = match may_read_only_columns(node) && trace.queries.is_empty() {
            true => self.columns_above(index, connection)?,
            false => BTreeMap::new(),
        };
        let reads = self.reads(index, &trace, result, connection)?;
        let mut names: Vec<String> = trace.names.into_iter().collect();
        names.sort();
        let key = of_texts(&names);
        let asked = Asked {
            names: key.clone(),
            variables: trace.variables.into_iter().collect(),
            environment: trace.environment.into_iter().collect(),
            flags: trace.flags.into_iter().collect(),
            target: trace.target,
            project: trace.project,
            graph: trace.graph,
            day: reads.day,
        };
        self.inputs.know_names(&key, &names);
        let makes_relation = node.is_relational() || node.stores_failures;
        let left = if makes_relation { self.made(index, connection)? } else { None };
        let is_lost = node.is_relational() && left.is_none();
        let record = Record {
            always: reads.always.or_else(|| is_lost.then(|| "it leaves no relation of its name".to_owned())),
            inputs: self.inputs.own(index, &asked),
            asked,
            above,
            columns,
            left,
            status: result.status.name().to_owned(),
            message: if result.status == Status::Warn { result.message.clone() } else { String::new() },
            failures: result.failures,
            snapshot: result.compiled_code.clone().filter(|_| node.resource_type() == ResourceType::Snapshot),
            compiled: result.compiled_code.as_ref().map(|sql| of_texts([sql])).unwrap_or_default(),
        };
        self.keep_record(&node.unique_id, record);
        let mut writer = lock(&self.writer);
        let known = |(other, _): &(String, Vec<String>)| *other == key;
        if !self.records.names.contains_key(&key) && !writer.changes.names.iter().any(known) {
            writer.changes.names.push((key, names));
        }
        if writer.since.elapsed() > WRITE_EVERY { self.write(&mut writer) } else { Ok(()) }
    }

    /// Notes what is to be kept of a node.
    fn keep_record(&self, unique_id: &str, record: Record) {
        lock(&self.state).kept.insert(unique_id.to_owned(), record.clone());
        lock(&self.writer).changes.nodes.push((unique_id.to_owned(), record));
    }

    /// What a node has just left.
    fn made(&self, index: usize, connection: &mut Connection) -> Result<Option<String>> {
        let node = self.node(index);
        let Some(found) = self.run.cache.get(&relation_of(node)) else { return Ok(None) };
        lock(&self.state).seen.insert(node.unique_id.clone());
        if found.is("view") {
            return self.mark(index, connection);
        }
        let mark = contents::of_table(connection, &found)?;
        lock(&self.state).held.insert(index, mark.clone());
        Ok(Some(mark))
    }

    /// What a node read that is not among its inputs.
    fn reads(
        &self,
        index: usize,
        trace: &Trace,
        result: &NodeResult,
        connection: &mut Connection,
    ) -> Result<Reads> {
        let node = self.node(index);
        let mut all = Reads { day: false, always: trace.always.clone() };
        if let Some(always) = always(self.invocation, node) {
            all.always.get_or_insert(always);
        }
        let covered = self.covered(index);
        if covered.calls_function {
            all.always.get_or_insert_with(|| "it calls a function of the project".to_owned());
        }
        for relation in &trace.relations {
            let [database, schema, name] = relation;
            if !covered.has([database, schema, name]) {
                all.always.get_or_insert_with(|| {
                    format!("its template asks about {name}, which is not a ref() or source()")
                });
            }
        }
        if all.always.is_some() {
            return Ok(all);
        }
        let functions = match self.functions.get() {
            Some(functions) => functions,
            None => {
                let found = Functions::of(connection)?;
                self.functions.get_or_init(|| found)
            }
        };
        let code = result.compiled_code.iter().filter(|_| !node.is_python());
        for sql in code.chain(&trace.queries) {
            let found = reads::of_query(connection, sql, &covered, functions)?;
            all.day |= found.day;
            if let Some(always) = found.always {
                all.always.get_or_insert(always);
            }
        }
        Ok(all)
    }

    /// What a node's SQL may read.
    fn covered(&self, index: usize) -> Covered {
        let node = self.node(index);
        let mut covered = Covered { database: self.invocation.target.database.clone(), ..Covered::default() };
        covered.relations.push(relation_of(node).folded_parts());
        let mut rest: Vec<usize> = self.inputs.above(index).into_iter().collect();
        // A unit test renders the SQL of its model.
        rest.extend(node.unit_test().and_then(|test| self.manifest.index_of(&test.tested)));
        let mut known = HashSet::new();
        while let Some(above) = rest.pop() {
            if !known.insert(above) {
                continue;
            }
            let other = self.node(above);
            covered.relations.push(relation_of(other).folded_parts());
            covered.external.extend(other.source().and_then(|source| source.external.clone()));
            covered.calls_function |= other.function().is_some();
            // What is put into the node's SQL reads its own inputs.
            if other.is_ephemeral() {
                rest.extend(&self.manifest.graph.parents[above]);
            }
        }
        // The longest first: one may be a part of another.
        covered.external.sort_by_key(|external| std::cmp::Reverse(external.len()));
        covered
    }

    /// Nothing is kept of a node until it has run to its end: if the run is killed, it is as if it had never run.
    fn forget(&self, unique_id: &str) {
        if !self.records.nodes.contains_key(unique_id) {
            return;
        }
        let mut writer = lock(&self.writer);
        writer.changes.forgotten.push(unique_id.to_owned());
        if self.write(&mut writer).is_err() {
            self.reporter.warn(format!("what is kept of {unique_id} cannot be removed from the warehouse"));
        }
    }

    fn write(&self, writer: &mut Writer) -> Result<()> {
        let changes = std::mem::take(&mut writer.changes);
        writer.since = Instant::now();
        if changes.is_empty() {
            return Ok(());
        }
        if writer.connection.is_none() {
            writer.connection = Some(Connection::new(self.engine.session()?));
        }
        writer.connection.as_mut().map_or(Ok(()), |connection| record::write(connection, &changes))
    }

    /// Writes what is left to be written, and says what is known at the end.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub(crate) fn finish(self) -> Result<Learned> {
        self.write(&mut lock(&self.writer))?;
        let mut state = std::mem::take(&mut *lock(&self.state));
        let is_trusted = |id: &String| self.manifest.node(id).is_some_and(|node| self.trusts(node));
        let all = self.records.nodes.iter().chain(&state.kept);
        let unseen: BTreeSet<String> = all
            .filter(|(id, record)| {
                let is_seen = state.seen.contains(*id) || is_trusted(id);
                record.left.is_some() && (!is_seen || state.unsure.contains(*id))
            })
            .map(|(id, _)| id.clone())
            .collect();
        let knows = !self.writes.load(Ordering::Relaxed);
        let decisions = std::mem::take(&mut state.decisions);
        Ok(Learned { seal: self.seal, unseen: knows.then_some(unseen), decisions })
    }

    /// What the tables hold that did not change or were built in this run, for the copies in the lake.
    pub(crate) fn contents(&self) -> HashMap<String, String> {
        let state = lock(&self.state);
        let kept = |id: &String| state.kept.get(id).or_else(|| self.records.nodes.get(id));
        let mut found = HashMap::new();
        for (index, decision) in &state.decisions {
            let id = &self.node(*index).unique_id;
            let record = if decision.runs { state.kept.get(id) } else { kept(id) };
            if let Some(left) = record.and_then(|record| record.left.as_ref()) {
                found.insert(id.clone(), left.clone());
            }
        }
        found
    }
}

/// Whether a run of the node builds upon the rows that are there.
fn is_built_upon(node: &Node) -> bool {
    matches!(node.resource_type(), ResourceType::Seed | ResourceType::Snapshot)
        || (node.resource_type() == ResourceType::Model && node.materialized() == "incremental")
}

/// Whether it may be that of the relations above it a node reads the columns alone: a view is a definition, and a unit test
/// brings its own rows. Templates may still have asked for rows.
fn may_read_only_columns(node: &Node) -> bool {
    node.unit_test().is_some()
        || (node.resource_type() == ResourceType::Model && node.materialized() == "view")
}

/// Why a node of this kind runs each time.
fn always(invocation: &Invocation, node: &Node) -> Option<String> {
    let name = node.materialized();
    if node.is_python() {
        Some("it is a Python model".to_owned())
    } else if node.resource_type() == ResourceType::Function {
        Some("it is a function".to_owned())
    } else if is_microbatch(node) && invocation.uses_batches() {
        Some("its batches follow the clock".to_owned())
    } else if has_hooks(node) {
        Some("it has hooks".to_owned())
    } else if !KNOWN.contains(&name) || has_own_materialization(invocation, node) {
        Some(format!("its materialization '{name}' may do anything"))
    } else {
        None
    }
}

/// The kind of a relation that a node reads.
fn kind_above(node: Option<&Node>) -> &'static str {
    match node {
        Some(node) if node.source().is_some() => "source",
        Some(node) if node.is_ephemeral() => "ephemeral",
        Some(node) if node.resource_type() == ResourceType::Seed => "seed",
        Some(node) if node.materialized() == "view" => "view",
        _ => "table",
    }
}

/// Whether running a node may write something besides its relation.
fn may_write(invocation: &Invocation, node: &Node) -> bool {
    node.is_python() || has_hooks(node) || has_own_materialization(invocation, node)
}

/// Whether the node is materialized by a macro that is not built in.
fn has_own_materialization(invocation: &Invocation, node: &Node) -> bool {
    let found = invocation.templates.macros.materialization(node.materialized());
    !found.is_some_and(|entry| entry.is_built_in())
}

fn has_hooks(node: &Node) -> bool {
    let is_set =
        |key: &str| node.config.get(key).and_then(Json::as_array).is_some_and(|hooks| !hooks.is_empty());
    is_set("pre-hook") || is_set("post-hook")
}

/// The definitions of all views.
fn views(connection: &mut Connection) -> Result<HashMap<[String; 3], String>> {
    let found = connection.query(
        "select lower(database_name), lower(schema_name), lower(view_name), sql from duckdb_views() where not internal",
        false,
    )?;
    let mut views = HashMap::new();
    for row in &found.rows {
        if let [Cell::Text(database), Cell::Text(schema), Cell::Text(name), Cell::Text(sql)] = row.as_slice()
        {
            views.insert([database.clone(), schema.clone(), name.clone()], sql.clone());
        }
    }
    Ok(views)
}
