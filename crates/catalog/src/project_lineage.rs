//! Traces every model of a project: the graph from raw files on.

use crate::graph::{ColumnEdge, ColumnId, Lineage, LineageKind, LineageNode, RowEdge, TestReads, Unresolved};
use crate::lineage::{How, Influence, Input, InputColumn, Parser, Use, reads, trace};
use crate::report_edges::add_report;
use crate::semantic_edges::add_semantics;
use crate::source_types::SourceTypes;
use ingot_core::error::Result;
use ingot_models::{TypedNode, TypedProject};
use ingot_powerbi::project::ReportObject;
use std::collections::{BTreeSet, HashMap};

impl Lineage {
    /// Traces every model of a checked project. `report` is what Power BI shows of it.
    ///
    /// # Errors
    /// DuckDB cannot be opened.
    pub fn of(project: &TypedProject, sources: &SourceTypes, report: &[ReportObject]) -> Result<Self> {
        let mut lineage = Self::default();
        let mut parser = Parser::new()?;
        let mut index: HashMap<&str, usize> = HashMap::new();
        for node in &project.nodes {
            let Some(kind) = kind_of(node) else { continue };
            index.insert(&node.unique_id, lineage.nodes.len());
            lineage.nodes.push(lineage_node(node, kind));
        }
        for node in project.nodes.iter().filter(|node| node.resource_type == "test") {
            let columns = columns_of_test(node, project, &index, &mut parser);
            lineage.tests.push(TestReads { id: node.unique_id.clone(), columns });
        }
        for node in &project.nodes {
            match index.get(node.unique_id.as_str()) {
                Some(at)
                    if matches!(
                        lineage.nodes[*at].kind,
                        LineageKind::Model | LineageKind::Snapshot | LineageKind::SemanticModel
                    ) =>
                {
                    lineage.trace_model(*at, node, project, &index, &mut parser);
                }
                Some(at) if lineage.nodes[*at].kind == LineageKind::Exposure => {
                    for id in &node.depends_on {
                        let Some(from) = index.get(id.as_str()) else { continue };
                        lineage.reads_whole(*from, *at);
                    }
                }
                Some(at) if lineage.nodes[*at].kind == LineageKind::Source => {
                    lineage.add_raw_files(*at, node, sources);
                }
                _ => {}
            }
        }
        add_semantics(&mut lineage, project, &index);
        add_report(&mut lineage, report, project);
        lineage.edges.sort_unstable();
        lineage.edges.dedup();
        Ok(lineage)
    }

    fn trace_model(
        &mut self,
        at: usize,
        node: &TypedNode,
        project: &TypedProject,
        index: &HashMap<&str, usize>,
        parser: &mut Parser,
    ) {
        let unknown = |lineage: &mut Self, why: String| {
            lineage.unresolved.push(Unresolved { node: at, column: None, why });
        };
        let Some(sql) = &node.compiled else {
            return unknown(self, "it was not compiled".to_owned());
        };
        if node.columns.is_empty() {
            return unknown(self, "its columns are not known".to_owned());
        }
        let parents = parents(node, project);
        let ctes = ctes(&parents);
        let inputs: Vec<Input> = parents.iter().zip(&ctes).map(|(parent, cte)| input(parent, cte)).collect();
        let own = node.columns.len() - snapshot_columns(node);
        let elements = node.semantics.as_ref().map(|semantics| semantics.elements.as_slice());
        let is_measure = |column: usize| elements.is_some_and(|elements| elements[column].is_measure);
        let expected: Vec<&str> = node.columns[..own].iter().map(|column| column.name.as_str()).collect();
        let traced = match trace(parser, sql, &inputs, &expected) {
            Ok(traced) => traced,
            Err(error) => return unknown(self, error.message().to_owned()),
        };
        let place = |source: &InputColumn| place(source, &parents, index);
        let why = traced.problems.join("; ");
        for (column, found) in traced.columns.iter().enumerate() {
            let to = ColumnId { node: at, column };
            // A measure is the sum (or another aggregate) of what its query gives for each row.
            let edge = |(source, used): (&InputColumn, &Use)| {
                let from = place(source)?;
                Some(match is_measure(column) {
                    true => ColumnEdge { from, to, how: How::Aggregated, holds: false },
                    false => ColumnEdge { from, to, how: used.how, holds: used.holds },
                })
            };
            self.edges.extend(found.sources.iter().filter_map(edge));
            if !found.is_resolved {
                self.unresolved.push(Unresolved { node: at, column: Some(column), why: why.clone() });
            }
        }
        // When a row of a snapshot was valid is made of what the snapshot watches.
        for column in own..node.columns.len() {
            for watched in &node.watched {
                let source =
                    node.columns[..own].iter().position(|one| one.name.eq_ignore_ascii_case(watched));
                let Some(found) = source.and_then(|source| traced.columns.get(source)) else { continue };
                for from in found.sources.keys().filter_map(place) {
                    let to = ColumnId { node: at, column };
                    self.edges.push(ColumnEdge::new(from, to, How::Transformed));
                }
            }
        }
        let rows = traced
            .influences
            .into_iter()
            .filter_map(|(source, kinds)| Some(RowEdge { from: place(&source)?, to: at, kinds }));
        self.row_edges.extend(rows);
    }

    /// Something reads all columns of a table, as far as is known.
    fn reads_whole(&mut self, from: usize, to: usize) {
        let columns = 0..self.nodes[from].columns.len();
        self.edges.extend(columns.map(|column| {
            let from = ColumnId { node: from, column };
            ColumnEdge::new(from, ColumnId { node: to, column: 0 }, How::Copied)
        }));
    }

    /// A contract decides which rows of a feed come into its table; the others are rejected as they were delivered.
    fn add_contract(&mut self, table: usize, raw: usize, feed: &str) {
        let mut add = |kind: LineageKind| {
            self.nodes.push(LineageNode {
                id: format!("{}.{feed}", kind.word()),
                kind,
                label: format!("{}.{feed}", kind.word()),
                name: feed.to_owned(),
                columns: vec![feed.to_owned()],
            });
            self.nodes.len() - 1
        };
        let (contract, rejects) = (add(LineageKind::Contract), add(LineageKind::Rejects));
        let kinds = BTreeSet::from([Influence::Filters]);
        for to in [table, rejects] {
            let from = ColumnId { node: contract, column: 0 };
            self.row_edges.push(RowEdge { from, to, kinds: kinds.clone() });
        }
        self.reads_whole(raw, rejects);
    }

    fn add_raw_files(&mut self, at: usize, node: &TypedNode, sources: &SourceTypes) {
        let external = node.source.as_ref().and_then(|source| source.external.as_deref());
        let Some(contract) = external.and_then(|external| sources.contract_read_by(external)) else { return };
        let raw = self.nodes.len();
        let mut columns: Vec<String> =
            contract.columns.iter().map(|column| column.name_in_files().to_owned()).collect();
        let own = columns.len();
        columns.extend(contract.path_only_partitions().map(|partition| partition.name.clone()));
        self.nodes.push(LineageNode {
            id: format!("raw.{}", contract.name),
            kind: LineageKind::RawFiles,
            label: format!("raw.{}", contract.name),
            name: contract.name.clone(),
            columns: columns.clone(),
        });
        let names = contract.columns.iter().map(|column| column.name.as_str());
        let names: Vec<&str> = names.chain(columns[own..].iter().map(String::as_str)).collect();
        for (from, name) in names.into_iter().enumerate() {
            let to = node.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
            // Text stays text; everything else is read from it.
            let is_text = node
                .columns
                .iter()
                .any(|column| column.name.eq_ignore_ascii_case(name) && column.data_type == "VARCHAR");
            let how = if is_text { How::Copied } else { How::Transformed };
            if let Some(column) = to {
                let (from, to) = (ColumnId { node: raw, column: from }, ColumnId { node: at, column });
                self.edges.push(ColumnEdge { from, to, how, holds: true });
            }
        }
        self.add_contract(at, raw, &contract.name);
    }
}

/// The tables that a node reads, and the functions that it calls.
fn parents<'p>(node: &TypedNode, project: &'p TypedProject) -> Vec<&'p TypedNode> {
    let is_read = |other: &&TypedNode| {
        let is_kind = |kind: LineageKind| kind.is_table() || kind == LineageKind::Function;
        node.depends_on.contains(&other.unique_id) && kind_of(other).is_some_and(is_kind)
    };
    project.nodes.iter().filter(is_read).collect()
}

/// The names that ephemeral models have in what reads them.
fn ctes(parents: &[&TypedNode]) -> Vec<String> {
    parents.iter().map(|parent| format!("__dbt__cte__{}", parent.alias)).collect()
}

fn place(source: &InputColumn, parents: &[&TypedNode], index: &HashMap<&str, usize>) -> Option<ColumnId> {
    let node = index.get(parents[source.input].unique_id.as_str())?;
    if parents[source.input].function.is_some() {
        return Some(ColumnId { node: *node, column: 0 });
    }
    let columns = &parents[source.input].columns;
    let column = columns.iter().position(|column| column.name.eq_ignore_ascii_case(&source.column))?;
    Some(ColumnId { node: *node, column })
}

/// The columns that the result of a test depends on; `None` if it cannot be told.
fn columns_of_test(
    node: &TypedNode,
    project: &TypedProject,
    index: &HashMap<&str, usize>,
    parser: &mut Parser,
) -> Option<BTreeSet<ColumnId>> {
    let sql = node.compiled.as_ref()?;
    let parents = parents(node, project);
    let ctes = ctes(&parents);
    let inputs: Vec<Input> = parents.iter().zip(&ctes).map(|(parent, cte)| input(parent, cte)).collect();
    let counts_rows = node.test.as_ref().is_some_and(|test| test.counts_rows);
    let (columns, is_resolved) = reads(parser, sql, &inputs, counts_rows).ok()?;
    let ids = || columns.iter().map(|source| place(source, &parents, index)).collect();
    is_resolved.then(ids).flatten()
}

fn kind_of(node: &TypedNode) -> Option<LineageKind> {
    Some(match node.resource_type {
        "model" => LineageKind::Model,
        "source" => LineageKind::Source,
        "seed" => LineageKind::Seed,
        "snapshot" => LineageKind::Snapshot,
        "exposure" => LineageKind::Exposure,
        "function" => LineageKind::Function,
        "semantic_model" => LineageKind::SemanticModel,
        "metric" => LineageKind::Metric,
        "saved_query" => LineageKind::SavedQuery,
        _ => return None,
    })
}

fn lineage_node(node: &TypedNode, kind: LineageKind) -> LineageNode {
    let source = node.source.as_ref().map(|source| source.source_name.clone());
    let label = match (&source, &node.relation) {
        (Some(source), _) => format!("{source}.{}", node.name),
        (None, Some(relation)) => format!("{}.{}", relation.schema, relation.identifier),
        (None, None) if kind.is_table() || kind == LineageKind::Exposure => node.name.clone(),
        // A semantic model often has the name of its model.
        (None, None) => format!("{}.{}", node.resource_type, node.name),
    };
    let columns = match kind {
        LineageKind::Exposure | LineageKind::Function => vec![node.name.clone()],
        _ => node.columns.iter().map(|column| column.name.clone()).collect(),
    };
    LineageNode { id: node.unique_id.clone(), kind, label, name: node.name.clone(), columns }
}

fn input<'a>(node: &'a TypedNode, cte: &'a str) -> Input<'a> {
    let columns = node.columns.iter().map(|column| column.name.as_str()).collect();
    let function = node.function.as_ref().map(|function| &function.relation);
    match function.or(node.relation.as_ref()) {
        Some(relation) => Input {
            is_function: function.is_some(),
            database: &relation.database,
            schema: &relation.schema,
            name: &relation.identifier,
            columns,
        },
        None => Input { is_function: false, database: "", schema: "", name: cte, columns },
    }
}

/// How many columns of a snapshot are not of its query.
fn snapshot_columns(node: &TypedNode) -> usize {
    match node.resource_type {
        "snapshot" => node.columns.iter().filter(|column| column.name.starts_with("dbt_")).count(),
        _ => 0,
    }
}
