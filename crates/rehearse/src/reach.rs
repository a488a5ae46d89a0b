//! What a defect can reach, by the lineage of columns: a column that no model and no test reads makes none of them fail.

use crate::defect::{Change, Defect};
use crate::rows::TableRows;
use crate::scratch::Scratch;
use ingot_catalog::{ColumnId, Lineage as Columns, SourceTypes};
use ingot_core::error::Result;
use ingot_models::{TypedNode, TypedProject};
use std::collections::{BTreeSet, HashMap};

/// The graph of the project's columns, with those of raw files.
pub(crate) struct Reach {
    columns: Columns,
    /// For each node of it, the nodes that read it.
    readers: Vec<Vec<usize>>,
    /// Nodes whose templates ask for rows, so that any value may decide what their SQL is.
    asking: BTreeSet<usize>,
    /// Tests by unique id, with the nodes that they read.
    tested: HashMap<String, Vec<usize>>,
}

/// What is other because of a column.
#[derive(Default)]
struct Affected {
    columns: BTreeSet<ColumnId>,
    /// Nodes that may have other rows.
    rows: BTreeSet<usize>,
}

impl Reach {
    /// `None` if the project cannot be checked without data, or has no models.
    ///
    /// # Errors
    /// The contracts cannot be read, or DuckDB cannot be opened.
    pub(crate) fn read(scratch: &Scratch) -> Result<Option<Self>> {
        if !scratch.has_models() {
            return Ok(None);
        }
        let sources = SourceTypes::of(&scratch.project)?;
        let known = |_: &str, table: &str, external: Option<&str>| sources.columns(table, external);
        let Ok(project) = ingot_models::check(&scratch.run_options(), &known) else { return Ok(None) };
        if project.nodes.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self::of(&project, Columns::of(&project, &sources, &[])?)))
    }

    fn of(project: &TypedProject, columns: Columns) -> Self {
        let index: HashMap<&str, usize> =
            columns.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
        let mut readers = vec![Vec::new(); columns.nodes.len()];
        let mut asking = BTreeSet::new();
        let mut tested = HashMap::new();
        for node in &project.nodes {
            let read: Vec<usize> =
                node.depends_on.iter().filter_map(|id| index.get(id.as_str()).copied()).collect();
            match index.get(node.unique_id.as_str()) {
                Some(at) => {
                    read.iter().for_each(|parent| readers[*parent].push(*at));
                    if asks_for_rows(node, project) {
                        asking.insert(*at);
                    }
                }
                None => {
                    tested.insert(node.unique_id.clone(), read);
                }
            }
        }
        Self { readers, asking, tested, columns }
    }

    /// The models and tests that a defect can reach if its rows are loaded; `None` if that is all that is made of its table.
    pub(crate) fn of_defect(&self, defect: &Defect, table: &TableRows) -> Option<BTreeSet<String>> {
        if matches!(defect.change, Change::RowTwice | Change::DayMissing | Change::FileTwice) {
            return None;
        }
        let raw = format!("raw.{}", table.contract.name);
        let node = self.columns.nodes.iter().position(|node| node.id == raw)?;
        let start: Vec<ColumnId> = defect
            .columns()
            .into_iter()
            .map(|column| {
                let name = table.contract.columns[column].name_in_files();
                let column = self.columns.nodes[node].columns.iter().position(|known| known == name)?;
                Some(ColumnId { node, column })
            })
            .collect::<Option<_>>()?;
        let affected = self.affected(start);
        let has_any = |node: &usize| {
            affected.rows.contains(node) || affected.columns.iter().any(|column| column.node == *node)
        };
        let models = (0..self.columns.nodes.len()).filter(has_any);
        let mut reached: BTreeSet<String> = models.map(|at| self.columns.nodes[at].id.clone()).collect();
        for (test, read) in &self.tested {
            let known = self.columns.tests.iter().find(|one| one.id == *test);
            let is_reached = match known.and_then(|one| one.columns.as_ref()) {
                Some(columns) => {
                    !columns.is_disjoint(&affected.columns)
                        || read.iter().any(|node| affected.rows.contains(node))
                }
                None => read.iter().any(has_any),
            };
            if is_reached {
                reached.insert(test.clone());
            }
        }
        Some(reached)
    }

    /// What is made of these columns, directly or by way of others. Where the sources of a column are not all known, any
    /// column of what its query reads may be one.
    fn affected(&self, start: Vec<ColumnId>) -> Affected {
        let mut affected = Affected::default();
        let mut open = start;
        while let Some(column) = open.pop() {
            if !affected.columns.insert(column) {
                continue;
            }
            let edges = self.columns.edges.iter().filter(|edge| edge.from == column);
            open.extend(edges.map(|edge| edge.to));
            for reader in &self.readers[column.node] {
                if self.asking.contains(reader) {
                    self.add_rows(*reader, &mut affected, &mut open);
                }
                let unknown = self.columns.unresolved.iter().filter(|one| one.node == *reader);
                for one in unknown {
                    match one.column {
                        Some(column) => open.push(ColumnId { node: *reader, column }),
                        None => self.add_rows(*reader, &mut affected, &mut open),
                    }
                }
            }
            for edge in self.columns.row_edges.iter().filter(|edge| edge.from == column) {
                self.add_rows(edge.to, &mut affected, &mut open);
            }
        }
        affected
    }

    /// A node has other rows, and so has all that reads it.
    fn add_rows(&self, node: usize, affected: &mut Affected, open: &mut Vec<ColumnId>) {
        let mut nodes = vec![node];
        while let Some(node) = nodes.pop() {
            if affected.rows.insert(node) {
                let columns = 0..self.columns.nodes[node].columns.len();
                open.extend(columns.map(|column| ColumnId { node, column }));
                nodes.extend(&self.readers[node]);
            }
        }
    }
}

/// Whether the template of a node, or a macro that it calls, asks the database for rows.
fn asks_for_rows(node: &TypedNode, project: &TypedProject) -> bool {
    let asks = |text: &str| {
        ["run_query", "call statement", "get_column_values"].iter().any(|word| text.contains(word))
    };
    let is_called = |id: &String| node.calls.contains(id);
    asks(&node.written) || project.macros.iter().any(|one| is_called(&one.unique_id) && asks(&one.written))
}
