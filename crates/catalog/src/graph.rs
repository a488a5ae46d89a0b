//! The lineage of a whole project as a graph: from the columns of raw files to metrics, measures and pages of Power BI and
//! exposures.

use crate::lineage::{How, Influence};
use std::collections::BTreeSet;

/// What a node of the graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineageKind {
    /// What a feed's files must be.
    Contract,
    /// The files of a feed, as delivered.
    RawFiles,
    /// The rows of a feed that its contract does not let through.
    Rejects,
    Source,
    Seed,
    Model,
    Snapshot,
    /// A function of the database.
    Function,
    SemanticModel,
    Metric,
    SavedQuery,
    Measure,
    Page,
    Exposure,
}

impl LineageKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::RawFiles => "raw files",
            Self::Rejects => "rejects",
            Self::Source => "source",
            Self::Seed => "seed",
            Self::Model => "model",
            Self::Snapshot => "snapshot",
            Self::Function => "function",
            Self::SemanticModel => "semantic model",
            Self::Metric => "metric",
            Self::SavedQuery => "saved query",
            Self::Measure => "measure",
            Self::Page => "page",
            Self::Exposure => "exposure",
        }
    }

    /// Of several.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Contract => "contracts",
            Self::RawFiles => "raw files",
            Self::Rejects => "rejects",
            Self::Source => "sources",
            Self::Seed => "seeds",
            Self::Model => "models",
            Self::Snapshot => "snapshots",
            Self::Function => "functions",
            Self::SemanticModel => "semantic models",
            Self::Metric => "metrics",
            Self::SavedQuery => "saved queries",
            Self::Measure => "measures",
            Self::Page => "pages",
            Self::Exposure => "exposures",
        }
    }

    /// Whether it has rows, in a database or in files.
    pub fn is_table(self) -> bool {
        matches!(self, Self::RawFiles | Self::Source | Self::Seed | Self::Model | Self::Snapshot)
    }

    /// Whether it has columns; what has not is one itself.
    pub fn has_columns(self) -> bool {
        self.is_table() || matches!(self, Self::SemanticModel | Self::SavedQuery)
    }
}

/// A table, or something else that has columns or reads them.
#[derive(Debug, Clone)]
pub struct LineageNode {
    /// The unique id; `raw.<feed>`, `contract.<feed>`, `rejects.<feed>`, `measure.<name>`, `page.<name>` for what dbt does not
    /// know.
    pub id: String,
    pub kind: LineageKind,
    /// `gold.fct_sales`, `metric.revenue`.
    pub label: String,
    pub name: String,
    pub columns: Vec<String>,
}

/// A column by the index of its node, and its own. What has no columns (a measure, a metric, a page) is its only one.
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
    /// Whether the other column may hold the value itself, as after a cast or in the greatest of many. A count, a comparison or
    /// a hash does not.
    pub holds: bool,
}

impl ColumnEdge {
    /// An edge of something that is not SQL: it holds a value if that is copied.
    pub(crate) fn new(from: ColumnId, to: ColumnId, how: How) -> Self {
        Self { from, to, how, holds: how == How::Copied }
    }
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
    /// The nodes of that name: by id or label, or else by name. Of a table and others with its name, it is the table.
    pub fn find(&self, name: &str) -> Vec<usize> {
        let same = |text: &str| text.eq_ignore_ascii_case(name);
        let by = |test: &dyn Fn(&LineageNode) -> bool| -> Vec<usize> {
            (0..self.nodes.len()).filter(|at| test(&self.nodes[*at])).collect()
        };
        let exact = by(&|node| same(&node.id) || same(&node.label));
        if !exact.is_empty() {
            return exact;
        }
        let tables = by(&|node| same(&node.name) && node.kind.is_table());
        if tables.is_empty() { by(&|node| same(&node.name)) } else { tables }
    }

    /// How many columns of models and snapshots have all of their sources known, and how many there are.
    pub fn resolved(&self) -> (usize, usize) {
        let traced = |node: &LineageNode| matches!(node.kind, LineageKind::Model | LineageKind::Snapshot);
        let all: usize = self.nodes.iter().filter(|node| traced(node)).map(|node| node.columns.len()).sum();
        let missing: usize = self
            .unresolved
            .iter()
            .filter(|one| traced(&self.nodes[one.node]))
            .map(|one| if one.column.is_some() { 1 } else { self.nodes[one.node].columns.len() })
            .sum();
        (all - missing, all)
    }
}
