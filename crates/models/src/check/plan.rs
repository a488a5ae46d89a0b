//! What the nodes of a check share: the empty tables, sessions on them, and what is known so far.

use super::kept::{Found, Kept, Keys};
use super::session::{Asked, BindingSession};
use super::typed_project::TypedColumn;
use super::yaml_lines::YamlLines;
use crate::context::execution::Execution;
use crate::graph::node::Node;
use crate::invocation::Invocation;
use crate::relations::relation::Relation;
use ingot_core::error::Result;
use ingot_core::sync::lock;
use ingot_engine::{Engine, Session, name_literal};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

/// The columns of a source by its name and table, as far as the caller knows them; the third is what a query reads
/// in its place (`read_parquet('…')`).
pub type KnownSources<'a> = &'a (dyn Fn(&str, &str, Option<&str>) -> Option<Vec<TypedColumn>> + Sync);

/// A session that is lent to one node at a time.
pub(super) struct Lent {
    pub(super) session: Box<dyn Session>,
    pub(super) asked: Arc<Mutex<Asked>>,
}

/// What all nodes of a check share.
pub(super) struct Plan<'a> {
    pub(super) invocation: &'a Arc<Invocation>,
    pub(super) execution: &'a Arc<Execution>,
    pub(super) engine: &'a dyn Engine,
    /// The warehouse as the last run left it, opened for reading.
    pub(super) warehouse: Option<Arc<Mutex<Box<dyn Session>>>>,
    pub(super) known: KnownSources<'a>,
    /// What queries read in the place of sources outside the database, by unique id.
    pub(super) externals: HashMap<String, String>,
    pub(super) kept: Kept,
    pub(super) keys: Keys,
    pub(super) yaml: YamlLines,
    pub(super) sessions: Mutex<Vec<Lent>>,
    /// By the index of the node.
    pub(super) found: Vec<OnceLock<Found>>,
    /// The nodes whose empty table is there.
    made: Mutex<HashSet<usize>>,
    /// DuckDB's names of types by those of contracts; none for what is not a type.
    type_names: Mutex<HashMap<String, Option<String>>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        invocation: &'a Arc<Invocation>,
        execution: &'a Arc<Execution>,
        engine: &'a dyn Engine,
        known: KnownSources<'a>,
    ) -> Self {
        Self {
            invocation,
            execution,
            engine,
            warehouse: None,
            known,
            externals: HashMap::new(),
            kept: Kept::open(invocation),
            keys: Keys::new(invocation),
            yaml: YamlLines::default(),
            sessions: Mutex::default(),
            found: (0..execution.manifest.nodes.len()).map(|_| OnceLock::new()).collect(),
            made: Mutex::default(),
            type_names: Mutex::default(),
        }
    }

    pub(super) fn node(&self, index: usize) -> &'a Node {
        &self.execution.manifest.nodes[index]
    }

    pub(super) fn external_of(&self, node: &Node) -> Option<&String> {
        self.externals.get(&node.unique_id)
    }

    /// The columns of a node that has been looked at; `None` if they are not known.
    pub(super) fn columns(&self, index: usize) -> Option<&[TypedColumn]> {
        self.found[index].get()?.columns.as_deref()
    }

    /// Whether the warehouse says again what it said when this was found.
    pub(super) fn holds(&self, found: &Found) -> bool {
        found.answers.is_empty()
            || self.warehouse.as_ref().is_some_and(|warehouse| {
                let mut warehouse = lock(warehouse);
                found.answers.iter().all(|answer| answer.holds(warehouse.as_mut()))
            })
    }

    /// A contract's type by DuckDB's name: `int` is INTEGER. `None` if DuckDB does not know it.
    pub(super) fn type_name(
        &self,
        kind: &str,
        describe: impl FnOnce(&str) -> Result<Vec<TypedColumn>>,
    ) -> Option<String> {
        if let Some(known) = lock(&self.type_names).get(kind) {
            return known.clone();
        }
        let described = describe(&format!("select cast(null as {kind}) as c")).ok();
        let name =
            described.map(|columns| columns.into_iter().next().map_or_else(String::new, |one| one.data_type));
        lock(&self.type_names).insert(kind.to_owned(), name.clone());
        name
    }

    /// Lends a session on the empty tables, whose default database is the target's.
    pub(super) fn borrow(&self) -> Result<Lent> {
        if let Some(free) = lock(&self.sessions).pop() {
            return Ok(free);
        }
        let mut session = self.engine.session()?;
        session.execute(&format!("use {}.main", name_literal(&self.invocation.target.database)))?;
        // Queries are bound and hardly ever run.
        session.execute("pragma disable_optimizer")?;
        let (session, asked) = BindingSession::new(session, self.warehouse.clone());
        Ok(Lent { session: Box::new(session), asked })
    }

    pub(super) fn give_back(&self, lent: Lent) {
        lock(&self.sessions).push(lent);
    }

    /// Makes the empty tables of what a node reads, as far as their columns are known.
    ///
    /// # Errors
    /// DuckDB refuses a column or a type.
    pub(super) fn make_inputs(&self, index: usize, session: &mut dyn Session) -> Result<()> {
        self.inputs(index).into_iter().try_for_each(|input| self.make(input, session))
    }

    /// What a node reads: what it refers to, and for a unit test the inputs of its model, whose columns it takes.
    pub(super) fn inputs(&self, index: usize) -> Vec<usize> {
        let parents = &self.execution.manifest.graph.parents;
        let mut inputs = parents[index].clone();
        if self.node(index).unit_test().is_some() {
            inputs.extend(parents[index].iter().flat_map(|model| &parents[*model]));
        }
        inputs
    }

    /// Makes the empty table of a node, if it has one and it is not there yet.
    ///
    /// # Errors
    /// As [`Plan::make_inputs`].
    pub(super) fn make(&self, index: usize, session: &mut dyn Session) -> Result<()> {
        let node = self.node(index);
        let Some(columns) = self.columns(index).filter(|columns| !columns.is_empty()) else { return Ok(()) };
        if node.is_ephemeral() || (!node.is_relational() && node.source().is_none()) {
            return Ok(());
        }
        let mut made = lock(&self.made);
        if !made.insert(index) {
            return Ok(());
        }
        make_table(node, columns, session)?;
        drop(made);
        let kind = if node.materialized() == "view" { "view" } else { "table" };
        self.execution.cache.add(&relation(node).of_kind(kind));
        Ok(())
    }
}

/// The relation with the rows of a node or source in the database of the check.
pub(super) fn relation(node: &Node) -> Relation {
    let identifier = node.source().map_or(&node.alias, |source| &source.identifier);
    Relation::new(node.dialect, Some(&node.database), Some(&node.schema), Some(identifier.as_str()))
}

fn make_table(node: &Node, columns: &[TypedColumn], session: &mut dyn Session) -> Result<()> {
    let columns: Vec<String> =
        columns.iter().map(|column| format!("{} {}", name_literal(&column.name), column.data_type)).collect();
    let name = relation(node).render();
    session.execute(&format!("create or replace table {name} ({})", columns.join(", "))).map(drop)
}
