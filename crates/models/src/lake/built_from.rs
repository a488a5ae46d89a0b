//! Which versions of the lake's tables the tables of the warehouse were built from, so that an incremental model follows
//! when rows leave bronze.
//!
//! An incremental model takes what is new. If a delivery was taken back (`ingot bronze undo`), or an earlier version restored,
//! rows that it has taken are not there any more, and it would keep them for ever. So each run remembers, in the
//! warehouse, the version of each table of the lake that is in each table it builds. If rows have left a table of the lake since,
//! incremental models below it are built from nothing in this run.

use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::references::relation_of;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::lake::verify_inputs::inputs_of;
use crate::outcomes::{NodeResult, Status};
use crate::verbs::job::Job;
use ingot_core::error::Result;
use ingot_engine::{Cell, Engine, text_literal};
use ingot_lake::{DeltaTable, LakeTable};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const CREATE: &str = "create table if not exists main.manifest_built_from (
    unique_id varchar not null,
    lake_table varchar not null,
    table_id varchar not null,
    version bigint not null,
    primary key (unique_id, lake_table)
)";

/// A version of a table of the lake. A table that was made anew in the same folder has another id.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    id: String,
    number: u64,
}

/// Versions by the names of the lake's tables; `None` where it is not known which version is in the rows.
type Versions = BTreeMap<String, Option<Version>>;

/// What the tables that a run builds will be built from.
#[derive(Default)]
pub(crate) struct BuiltFrom {
    /// By unique id.
    planned: HashMap<String, Versions>,
    /// Models that keep rows which have left, because their config forbids to build them from nothing.
    stay: HashSet<String>,
}

/// Looks at what the selected nodes were built from, and has `run` build from nothing the incremental models below a table
/// that rows have left.
///
/// # Errors
/// A table of the lake or the warehouse cannot be read.
pub(crate) fn follow(
    job: &Job,
    engine: &dyn Engine,
    run: &Execution,
    selected: &BTreeSet<usize>,
) -> Result<BuiltFrom> {
    let (manifest, root) = (job.manifest, &job.invocation.project.root.root);
    let is_remembering = |node: &Node| node.materialized() == "incremental";
    if job.options.empty || !selected.iter().any(|index| is_remembering(&manifest.nodes[*index])) {
        return Ok(BuiltFrom::default());
    }
    let mut open: HashMap<String, DeltaTable> = HashMap::new();
    let mut of_sources: HashMap<usize, Versions> = HashMap::new();
    for (index, node) in manifest.nodes.iter().enumerate() {
        for input in inputs_of(node, root) {
            let name = name_of(&input.table, root);
            if !open.contains_key(&name) {
                open.insert(name.clone(), input.table.open()?);
            }
            let table = &open[&name];
            let version = Version { id: table.id()?, number: table.version() };
            of_sources.entry(index).or_default().insert(name, Some(version));
        }
    }
    if of_sources.is_empty() {
        return Ok(BuiltFrom::default());
    }
    let mut connection = Connection::new(engine.session()?);
    connection.execute(CREATE, false)?;
    let before = remembered(&mut connection)?;
    let mut all: HashMap<usize, Versions> = HashMap::new();
    let mut built = BuiltFrom::default();
    for index in manifest.graph.order() {
        let node = &manifest.nodes[index];
        let mut versions = of_sources.remove(&index).unwrap_or_default();
        for parent in &manifest.graph.parents[index] {
            join(&mut versions, all.get(parent));
        }
        if is_table(node) && !versions.is_empty() {
            if selected.contains(&index) {
                built.planned.insert(node.unique_id.clone(), versions.clone());
            } else {
                // What it holds is what it was built from then.
                let then = before.get(&node.unique_id);
                for (table, version) in &mut versions {
                    *version = then.and_then(|then| then.get(table).cloned());
                }
            }
        }
        if !versions.is_empty() {
            all.insert(index, versions);
        }
    }
    let mut rebuilt = HashSet::new();
    for node in selected.iter().map(|index| &manifest.nodes[*index]).filter(|node| is_remembering(node)) {
        let is_there = run.cache.get(&relation_of(node)).is_some_and(|relation| relation.is("table"));
        let wanted = node.config.get("full_refresh").and_then(Json::as_bool);
        if !is_there || wanted == Some(true) || (wanted.is_none() && job.options.full_refresh) {
            continue;
        }
        let left = left_since(built.planned.get(&node.unique_id), before.get(&node.unique_id), &open)?;
        let Some(table) = left else { continue };
        if wanted == Some(false) {
            built.stay.insert(node.unique_id.clone());
            job.reporter.warn(format!(
                "{}.{} may have rows that have left {table}: its config says full_refresh: false; delete them, or allow it for one run",
                node.schema, node.alias
            ));
        } else {
            job.reporter.info(format!(
                "{}.{} is built from nothing: rows that it may have taken have left {table}",
                node.schema, node.alias
            ));
            rebuilt.insert(node.unique_id.clone());
        }
    }
    // Set once: a run has one plan.
    let _ = run.rebuilt.set(rebuilt);
    Ok(built)
}

impl BuiltFrom {
    /// Remembers what the tables that were built are built from.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub(crate) fn remember(&self, engine: &dyn Engine, results: &[NodeResult]) -> Result<()> {
        let mut rows = Vec::new();
        for result in results.iter().filter(|result| result.status == Status::Success) {
            if self.stay.contains(&result.unique_id) {
                continue;
            }
            for (table, version) in self.planned.get(&result.unique_id).into_iter().flatten() {
                let Some(version) = version else { continue };
                let texts = [&result.unique_id, table, &version.id].map(|text| text_literal(text));
                rows.push(format!("({}, {})", texts.join(", "), version.number));
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let mut connection = Connection::new(engine.session()?);
        for rows in rows.chunks(1_000) {
            connection.execute(
                &format!("insert or replace into main.manifest_built_from values {}", rows.join(", ")),
                false,
            )?;
        }
        Ok(())
    }
}

/// Whether a node keeps rows, as a table does.
fn is_table(node: &Node) -> bool {
    let kind = node.resource_type();
    let keeps_none = ["view", "ephemeral"].contains(&node.materialized());
    kind == ResourceType::Snapshot || (kind == ResourceType::Model && !keeps_none)
}

/// `lake/bronze.orders`.
fn name_of(table: &LakeTable, root: &std::path::Path) -> String {
    let lake = table.lake.strip_prefix(root).unwrap_or(&table.lake);
    format!("{}/{}", lake.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"), table.label())
}

/// What is built from both has only what is in the older version.
fn join(versions: &mut Versions, others: Option<&Versions>) {
    for (table, other) in others.into_iter().flatten() {
        let joined = match (versions.get(table), other) {
            (None, other) => other.clone(),
            (Some(Some(one)), Some(other)) if one.id == other.id => {
                Some(if one.number < other.number { one.clone() } else { other.clone() })
            }
            _ => None,
        };
        versions.insert(table.clone(), joined);
    }
}

/// A table that rows have left between what a model was built from and what it is about to be built from.
fn left_since(
    planned: Option<&Versions>,
    before: Option<&BTreeMap<String, Version>>,
    open: &HashMap<String, DeltaTable>,
) -> Result<Option<String>> {
    for (name, version) in planned.into_iter().flatten() {
        let (Some(version), Some(table)) = (version, open.get(name)) else { continue };
        let then = before.and_then(|before| before.get(name));
        if then.is_some_and(|then| then.id != version.id) {
            return Ok(Some(name.clone()));
        }
        let left = table.rows_left_after(then.map(|then| then.number))?;
        if left.is_some_and(|left| left <= version.number) {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}

/// What earlier runs remember, by unique id and table.
fn remembered(connection: &mut Connection) -> Result<HashMap<String, BTreeMap<String, Version>>> {
    let rows = connection
        .query("select unique_id, lake_table, table_id, version from main.manifest_built_from", false)?;
    let mut found: HashMap<String, BTreeMap<String, Version>> = HashMap::new();
    for row in rows.rows {
        if let [Cell::Text(node), Cell::Text(table), Cell::Text(id), Cell::Int(number)] = row.as_slice() {
            let version = Version { id: id.clone(), number: u64::try_from(*number).unwrap_or_default() };
            found.entry(node.clone()).or_default().insert(table.clone(), version);
        }
    }
    Ok(found)
}
