//! What is in the relations that nodes read, as texts that are the same if and only if that is: rows of tables, what a view
//! shows, files of sources. And their columns alone, for nodes that read no more than these.

use crate::connection::Connection;
use crate::context::references::relation_of;
use crate::graph::node::Node;
use crate::hashing::of_texts;
use crate::lake::column_types;
use crate::lake::verify_inputs::inputs_of;
use crate::unchanged::contents;
use crate::unchanged::knowledge::Knowledge;
use crate::unchanged::record::Record;
use ingot_core::error::Result;
use ingot_core::sync::lock;
use ingot_lake::LakeTable;
use std::collections::BTreeMap;

/// How the marks of views begin.
const VIEW: &str = "view ";

impl Knowledge<'_> {
    /// What is in the relations above a node, by unique id.
    pub(super) fn above(
        &self,
        index: usize,
        connection: &mut Connection,
    ) -> Result<BTreeMap<String, String>> {
        let above = self.inputs.above(index).into_iter();
        above.map(|above| Ok((self.node(above).unique_id.clone(), self.held(above, connection)?))).collect()
    }

    /// Which columns the relations above a node have, by unique id.
    pub(super) fn columns_above(
        &self,
        index: usize,
        connection: &mut Connection,
    ) -> Result<BTreeMap<String, String>> {
        let above = self.inputs.above(index).into_iter();
        above
            .map(|above| Ok((self.node(above).unique_id.clone(), self.columns(above, connection)?)))
            .collect()
    }

    /// What whoever selects from a node gets.
    fn held(&self, index: usize, connection: &mut Connection) -> Result<String> {
        if let Some(known) = lock(&self.state).held.get(&index) {
            return Ok(known.clone());
        }
        let held = self.find_held(index, connection)?;
        lock(&self.state).held.insert(index, held.clone());
        Ok(held)
    }

    fn find_held(&self, index: usize, connection: &mut Connection) -> Result<String> {
        let node = self.node(index);
        if let Some(external) = node.source().and_then(|source| source.external.as_deref()) {
            return self.held_outside(node, external, connection);
        }
        if node.is_ephemeral() {
            let mut parts = self.inputs.of_ephemeral(index);
            for (id, held) in self.above(index, connection)? {
                parts.extend([id, held]);
            }
            return Ok(of_texts(parts));
        }
        if !node.is_relational() && node.source().is_none() {
            return Ok(of_texts([
                serde_json::to_string(&node.kind).unwrap_or_default(),
                node.raw_code.clone(),
            ]));
        }
        let Some(mark) = self.mark(index, connection)? else { return Ok(ABSENT.to_owned()) };
        if !mark.starts_with(VIEW) {
            return Ok(mark);
        }
        // A view shows what is in the relations from which it selects. Of one that reads the clock, or files that are not a
        // source, nobody knows what it shows.
        let Some((record, above)) = self.read_by_view(index, &mark) else { return Ok(unknown()) };
        let mut parts = vec![mark];
        parts.extend(record.asked.day.then(|| self.inputs.day().to_owned()));
        for above in above {
            parts.push(self.held(above, connection)?);
        }
        Ok(of_texts(parts))
    }

    /// What is kept of a view that is as it was left, and from which nodes it selects; `None` if that is not all that it
    /// shows.
    fn read_by_view(&self, index: usize, mark: &String) -> Option<(Record, Vec<usize>)> {
        let record = self.record(&self.node(index).unique_id)?;
        if record.left.as_ref() != Some(mark) || record.always.is_some() {
            return None;
        }
        let find = |id: &String| self.manifest.index_of(id).filter(|above| *above != index);
        let above = record.above.keys().map(find).collect::<Option<Vec<usize>>>()?;
        Some((record, above))
    }

    /// What is in a source that is outside of the warehouse.
    fn held_outside(&self, node: &Node, external: &str, connection: &mut Connection) -> Result<String> {
        let tables = inputs_of(node, &self.invocation.project.root.root);
        let texts = external.split('\'').skip(1).step_by(2).filter(|text| text.contains('/')).count();
        if !tables.is_empty() && tables.len() == texts {
            let version = |table: &LakeTable| contents::of_lake_table(table).unwrap_or_else(unknown);
            let versions = tables.iter().map(|input| version(&input.table));
            return Ok(of_texts(std::iter::once(external.to_owned()).chain(versions)));
        }
        Ok(contents::of_files(connection, external, false)?.unwrap_or_else(unknown))
    }

    /// The columns of what whoever selects from a node gets.
    fn columns(&self, index: usize, connection: &mut Connection) -> Result<String> {
        if let Some(known) = lock(&self.state).columns.get(&index) {
            return Ok(known.clone());
        }
        let columns = self.find_columns(index, connection)?;
        lock(&self.state).columns.insert(index, columns.clone());
        Ok(columns)
    }

    fn find_columns(&self, index: usize, connection: &mut Connection) -> Result<String> {
        let node = self.node(index);
        if let Some(external) = node.source().and_then(|source| source.external.as_deref()) {
            return Ok(described(connection, &format!("select * from {external}")));
        }
        if node.is_ephemeral() {
            let mut parts = self.inputs.of_ephemeral(index);
            for (id, columns) in self.columns_above(index, connection)? {
                parts.extend([id, columns]);
            }
            return Ok(of_texts(parts));
        }
        if !node.is_relational() && node.source().is_none() {
            return self.held(index, connection);
        }
        let held = self.held(index, connection)?;
        if let Some(columns) = contents::columns_in(&held) {
            return Ok(columns.to_owned());
        }
        let Some(mark) = self.mark(index, connection)? else { return Ok(ABSENT.to_owned()) };
        match self.read_by_view(index, &mark).filter(|_| !shows_files(node)) {
            // Its definition and the columns below it say which ones it has.
            Some((_, above)) => {
                let mut parts = vec![mark];
                for above in above {
                    parts.push(self.columns(above, connection)?);
                }
                Ok(of_texts(parts))
            }
            None => Ok(described(connection, &relation_of(node).render())),
        }
    }

    fn record(&self, unique_id: &str) -> Option<Record> {
        let kept = lock(&self.state).kept.get(unique_id).cloned();
        kept.or_else(|| self.records.nodes.get(unique_id).cloned())
    }

    /// What tells one state of a node's relation from another; `None` if it is not there.
    pub(super) fn mark(&self, index: usize, connection: &mut Connection) -> Result<Option<String>> {
        let node = self.node(index);
        let id = &node.unique_id;
        let Some(found) = self.run.cache.get(&relation_of(node)) else { return Ok(None) };
        let left = self.records.nodes.get(id).and_then(|record| record.left.as_ref());
        let is_view = found.is("view");
        let shows_files = is_view && shows_files(node);
        // Files are outside of what is sealed. And a node that runs now is not what it left then.
        let is_of_then = !shows_files && !lock(&self.state).refreshed.contains(id);
        if let Some(left) = left.filter(|left| is_of_then && left.starts_with(VIEW) == is_view)
            && self.trusts(node)
        {
            return Ok(Some(left.clone()));
        }
        if is_view {
            // DuckDB shows some definitions in another form once the file has been opened again: then the view is made again.
            let definition = lock(&self.state).views.get(&found.folded_parts()).cloned().unwrap_or_default();
            let mut mark = format!("{VIEW}{}", of_texts([&definition]));
            if shows_files {
                mark.push_str(&contents::of_files(connection, &definition, true)?.unwrap_or_else(unknown));
            }
            lock(&self.state).seen.insert(id.clone());
            return Ok(Some(mark));
        }
        let mark = contents::of_table(connection, &found)?;
        let mut state = lock(&self.state);
        state.seen.insert(id.clone());
        if node.source().is_some() && left != Some(&mark) {
            let record = Record { left: Some(mark.clone()), ..Record::default() };
            state.kept.insert(id.clone(), record.clone());
            drop(state);
            lock(&self.writer).changes.nodes.push((id.clone(), record));
        }
        Ok(Some(mark))
    }

    /// Whether what is kept of a node's relation is believed without a look at it.
    pub(super) fn trusts(&self, node: &Node) -> bool {
        self.sealed.as_ref().is_some_and(|unseen| {
            let [_, schema, name] = relation_of(node).folded_parts();
            !unseen.nodes.contains(&node.unique_id) && !unseen.tables.contains(&format!("{schema}.{name}"))
        })
    }
}

/// What is in a relation that is not there.
const ABSENT: &str = "absent";

/// Whether a view of this node shows files that the node has written.
fn shows_files(node: &Node) -> bool {
    ["external", "delta"].contains(&node.materialized())
}

/// The columns that a relation or a query has; like no others if it cannot be asked, because files are missing for example.
fn described(connection: &mut Connection, of: &str) -> String {
    let columns = column_types::columns(connection, of);
    connection.rollback();
    let Ok(columns) = columns else { return unknown() };
    let columns: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect();
    columns.join(", ")
}

/// A text that is the same as no other.
fn unknown() -> String {
    format!("unknown {}", uuid::Uuid::new_v4().simple())
}
