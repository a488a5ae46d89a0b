//! The lineage of a whole project: from the columns of raw files to measures and pages of Power BI and to exposures.

use crate::lineage::{How, Influence, Input, InputColumn, Parser, reads, trace};
use crate::source_types::SourceTypes;
use ingot_core::error::Result;
use ingot_models::{TypedNode, TypedProject};
use ingot_powerbi::project::ReportObject;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a node of the graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineageKind {
    /// The files of a feed, as delivered.
    RawFiles,
    Source,
    Seed,
    Model,
    Snapshot,
    Measure,
    Page,
    Exposure,
}

impl LineageKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::RawFiles => "raw files",
            Self::Source => "source",
            Self::Seed => "seed",
            Self::Model => "model",
            Self::Snapshot => "snapshot",
            Self::Measure => "measure",
            Self::Page => "page",
            Self::Exposure => "exposure",
        }
    }
}

/// A table, or something else that has columns or reads them.
#[derive(Debug, Clone)]
pub struct LineageNode {
    /// The unique id; `raw.<feed>`, `measure.<name>`, `page.<name>` for what dbt does not know.
    pub id: String,
    pub kind: LineageKind,
    /// `gold.fct_sales`.
    pub label: String,
    pub name: String,
    pub columns: Vec<String>,
}

/// A column by the index of its node, and its own. Measures, pages and exposures have one column, which is themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId {
    pub node: usize,
    pub column: usize,
}

/// One column is part of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnEdge {
    pub from: ColumnId,
    pub to: ColumnId,
    pub how: How,
}

/// A column decides which rows a table has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowEdge {
    pub from: ColumnId,
    /// The node.
    pub to: usize,
    pub kinds: BTreeSet<Influence>,
}

/// A column of which not every source is known, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    pub node: usize,
    /// `None`: nothing is known of any of its columns.
    pub column: Option<usize>,
    pub why: String,
}

/// What a test reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReads {
    /// Its unique id.
    pub id: String,
    /// The columns that its result depends on, if they are all known.
    pub columns: Option<BTreeSet<ColumnId>>,
}

/// The lineage of a project.
#[derive(Debug, Default)]
pub struct Lineage {
    pub nodes: Vec<LineageNode>,
    pub edges: Vec<ColumnEdge>,
    pub row_edges: Vec<RowEdge>,
    pub unresolved: Vec<Unresolved>,
    /// What data tests read, beside the number of rows.
    pub tests: Vec<TestReads>,
}

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
                Some(at) if matches!(lineage.nodes[*at].kind, LineageKind::Model | LineageKind::Snapshot) => {
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
        lineage.add_report(report, project);
        lineage.edges.sort_unstable();
        lineage.edges.dedup();
        Ok(lineage)
    }

    /// The node of that name: its id, its label, or its name where only one has it.
    pub fn find(&self, name: &str) -> Vec<usize> {
        let same = |text: &str| text.eq_ignore_ascii_case(name);
        let by = |test: &dyn Fn(&LineageNode) -> bool| -> Vec<usize> {
            (0..self.nodes.len()).filter(|at| test(&self.nodes[*at])).collect()
        };
        let exact = by(&|node| same(&node.id) || same(&node.label));
        if exact.is_empty() { by(&|node| same(&node.name)) } else { exact }
    }

    /// How many columns of models and snapshots have all of their sources known, and how many there are.
    pub fn resolved(&self) -> (usize, usize) {
        let traced = |node: &LineageNode| matches!(node.kind, LineageKind::Model | LineageKind::Snapshot);
        let all: usize = self.nodes.iter().filter(|node| traced(node)).map(|node| node.columns.len()).sum();
        let missing: usize = self
            .unresolved
            .iter()
            .map(|one| if one.column.is_some() { 1 } else { self.nodes[one.node].columns.len() })
            .sum();
        (all - missing, all)
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
        let parents = parents(node, project, index);
        let ctes = ctes(&parents);
        let inputs: Vec<Input> = parents.iter().zip(&ctes).map(|(parent, cte)| input(parent, cte)).collect();
        let own = node.columns.len() - snapshot_columns(node);
        let expected: Vec<&str> = node.columns[..own].iter().map(|column| column.name.as_str()).collect();
        let traced = match trace(parser, sql, &inputs, &expected) {
            Ok(traced) => traced,
            Err(error) => return unknown(self, error.message().to_owned()),
        };
        let place = |source: &InputColumn| place(source, &parents, index);
        let why = traced.problems.join("; ");
        for (column, found) in traced.columns.iter().enumerate() {
            let to = ColumnId { node: at, column };
            let edges = found.sources.iter().filter_map(|(source, how)| Some((place(source)?, *how)));
            self.edges.extend(edges.map(|(from, how)| ColumnEdge { from, to, how }));
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
                    self.edges.push(ColumnEdge {
                        from,
                        to: ColumnId { node: at, column },
                        how: How::Transformed,
                    });
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
        self.edges.extend(columns.map(|column| ColumnEdge {
            from: ColumnId { node: from, column },
            to: ColumnId { node: to, column: 0 },
            how: How::Copied,
        }));
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
                self.edges.push(ColumnEdge { from, to, how });
            }
        }
    }

    /// The columns of a table that a test says are unique; all of them if there is none.
    fn key_columns(&self, node: usize, project: &TypedProject) -> Vec<usize> {
        let LineageNode { id, columns, .. } = &self.nodes[node];
        let tests = project.nodes.iter().filter_map(|one| one.test.as_ref());
        let unique: Vec<&str> = tests
            .filter(|test| test.test == "unique" && test.node.as_ref() == Some(id))
            .filter_map(|test| test.column.as_deref())
            .collect();
        let is_key = |at: &usize| unique.iter().any(|name| name.eq_ignore_ascii_case(&columns[*at]));
        let keys: Vec<usize> = (0..columns.len()).filter(is_key).collect();
        if keys.is_empty() { (0..columns.len()).collect() } else { keys }
    }

    fn add_report(&mut self, report: &[ReportObject], project: &TypedProject) {
        let mut index: BTreeMap<&str, usize> = BTreeMap::new();
        for object in report {
            let (kind, word) = match object.is_page {
                true => (LineageKind::Page, "page"),
                false => (LineageKind::Measure, "measure"),
            };
            if !object.is_page {
                index.insert(&object.name, self.nodes.len());
            }
            self.nodes.push(LineageNode {
                id: format!("{word}.{}", object.name),
                kind,
                label: format!("{word}.{}", object.name),
                name: object.name.clone(),
                columns: vec![object.name.clone()],
            });
        }
        let first = self.nodes.len() - report.len();
        for (at, object) in report.iter().enumerate() {
            let to = ColumnId { node: first + at, column: 0 };
            let how = if object.is_page { How::Copied } else { How::Aggregated };
            for (table, column) in &object.columns {
                let is_it = |node: &LineageNode| is_table(&node.label, &object.schema, table);
                let Some(node) = self.nodes.iter().position(is_it) else { continue };
                let column =
                    self.nodes[node].columns.iter().position(|name| name.eq_ignore_ascii_case(column));
                if let Some(column) = column {
                    self.edges.push(ColumnEdge { from: ColumnId { node, column }, to, how });
                }
            }
            // As many rows as there are keys.
            for table in &object.counted {
                let is_it = |node: &LineageNode| is_table(&node.label, &object.schema, table);
                let Some(node) = self.nodes.iter().position(is_it) else { continue };
                for column in self.key_columns(node, project) {
                    self.edges.push(ColumnEdge { from: ColumnId { node, column }, to, how: How::Aggregated });
                }
            }
            for measure in &object.measures {
                if let Some(node) = index.get(measure.as_str()) {
                    let from = ColumnId { node: *node, column: 0 };
                    let how = if object.is_page { How::Copied } else { How::Transformed };
                    self.edges.push(ColumnEdge { from, to, how });
                }
            }
        }
    }
}

/// The tables that a node reads.
fn parents<'p>(
    node: &TypedNode,
    project: &'p TypedProject,
    index: &HashMap<&str, usize>,
) -> Vec<&'p TypedNode> {
    let is_read = |other: &&TypedNode| {
        node.depends_on.contains(&other.unique_id) && index.contains_key(other.unique_id.as_str())
    };
    project.nodes.iter().filter(is_read).collect()
}

/// The names that ephemeral models have in what reads them.
fn ctes(parents: &[&TypedNode]) -> Vec<String> {
    parents.iter().map(|parent| format!("__dbt__cte__{}", parent.alias)).collect()
}

fn place(source: &InputColumn, parents: &[&TypedNode], index: &HashMap<&str, usize>) -> Option<ColumnId> {
    let node = index.get(parents[source.input].unique_id.as_str())?;
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
    let parents = parents(node, project, index);
    let ctes = ctes(&parents);
    let inputs: Vec<Input> = parents.iter().zip(&ctes).map(|(parent, cte)| input(parent, cte)).collect();
    let (columns, is_resolved) = reads(parser, sql, &inputs).ok()?;
    let ids = || columns.iter().map(|source| place(source, &parents, index)).collect();
    is_resolved.then(ids).flatten()
}

/// Whether a label is that of a table in a schema, which dbt may put the target's schema before: `main_gold`.
fn is_table(label: &str, schema: &str, table: &str) -> bool {
    let (label, schema) = (label.to_lowercase(), schema.to_lowercase());
    label.rsplit_once('.').is_some_and(|(of, name)| {
        name == table.to_lowercase() && (of == schema || of.ends_with(&format!("_{schema}")))
    })
}

fn kind_of(node: &TypedNode) -> Option<LineageKind> {
    Some(match node.resource_type {
        "model" => LineageKind::Model,
        "source" => LineageKind::Source,
        "seed" => LineageKind::Seed,
        "snapshot" => LineageKind::Snapshot,
        "exposure" => LineageKind::Exposure,
        _ => return None,
    })
}

fn lineage_node(node: &TypedNode, kind: LineageKind) -> LineageNode {
    let source = node.source.as_ref().map(|source| source.source_name.clone());
    let label = match (&source, &node.relation) {
        (Some(source), _) => format!("{source}.{}", node.name),
        (None, Some(relation)) => format!("{}.{}", relation.schema, relation.identifier),
        (None, None) => node.name.clone(),
    };
    let columns = match kind {
        LineageKind::Exposure => vec![node.name.clone()],
        _ => node.columns.iter().map(|column| column.name.clone()).collect(),
    };
    LineageNode { id: node.unique_id.clone(), kind, label, name: node.name.clone(), columns }
}

fn input<'a>(node: &'a TypedNode, cte: &'a str) -> Input<'a> {
    let columns = node.columns.iter().map(|column| column.name.as_str()).collect();
    match &node.relation {
        Some(relation) => Input {
            database: &relation.database,
            schema: &relation.schema,
            name: &relation.identifier,
            columns,
        },
        None => Input { database: "", schema: "", name: cte, columns },
    }
}

/// How many columns of a snapshot are not of its query.
fn snapshot_columns(node: &TypedNode) -> usize {
    match node.resource_type {
        "snapshot" => node.columns.iter().filter(|column| column.name.starts_with("dbt_")).count(),
        _ => 0,
    }
}
