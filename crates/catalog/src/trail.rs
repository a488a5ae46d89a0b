//! What is above or below a table or column, as a tree, JSON, Mermaid, or events of OpenLineage.

use crate::graph::{ColumnId, Lineage};
use crate::lineage::How;
use crate::open_lineage::{NAMESPACE, PRODUCER, column_lineage_facet};
use ingot_core::error::{Error, Result, nearest};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// In which direction to follow lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To what it is made of.
    Up,
    /// To what is made of it.
    Down,
}

/// How a trail is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailFormat {
    Tree,
    Json,
    /// <https://mermaid.js.org/syntax/flowchart.html>
    Mermaid,
    /// Events with the facet of column lineage:
    /// <https://openlineage.io/docs/spec/facets/dataset-facets/column_lineage_facet/>
    OpenLineage,
}

/// The columns that `text` names: all of a table, or one.
///
/// # Errors
/// There is no such table or column, or several tables have the name.
pub fn named_columns(lineage: &Lineage, text: &str) -> Result<Vec<ColumnId>> {
    let whole = lineage.find(text);
    let (found, column) = match (whole.is_empty(), text.rsplit_once('.')) {
        (false, _) | (true, None) => (whole, None),
        (true, Some((table, column))) => (lineage.find(table), Some(column)),
    };
    let node = match found.as_slice() {
        [node] => *node,
        [] => {
            let wanted = text.rsplit('.').next().unwrap_or(text);
            let names = lineage.nodes.iter().map(|node| node.name.as_str());
            let error = Error::new(format!("there is no table '{text}'"));
            return Err(
                match nearest(wanted, names.clone()).or_else(|| nearest(text.split('.').next()?, names)) {
                    Some(near) => error.hint(format!("did you mean '{near}'?")),
                    None => {
                        error.hint("name a model, source or seed, and a column of it: fct_sales.net_amount")
                    }
                },
            );
        }
        several => {
            let labels: Vec<&str> = several.iter().map(|at| lineage.nodes[*at].label.as_str()).collect();
            return Err(Error::new(format!("'{text}' may be any of {}", labels.join(", ")))
                .hint("name one of them with what stands before the dot"));
        }
    };
    let columns = &lineage.nodes[node].columns;
    let Some(column) = column else {
        return Ok((0..columns.len()).map(|column| ColumnId { node, column }).collect());
    };
    match columns.iter().position(|name| name.eq_ignore_ascii_case(column)) {
        Some(column) => Ok(vec![ColumnId { node, column }]),
        None => Err(Error::new(format!("{} has no column '{column}'", lineage.nodes[node].label))
            .did_you_mean(column, columns.iter().map(String::as_str))),
    }
}

/// The steps from the start, each once.
struct Trail<'a> {
    lineage: &'a Lineage,
    direction: Direction,
    steps: BTreeMap<ColumnId, Vec<(ColumnId, How)>>,
}

impl<'a> Trail<'a> {
    fn new(lineage: &'a Lineage, direction: Direction) -> Self {
        let mut steps: BTreeMap<ColumnId, Vec<(ColumnId, How)>> = BTreeMap::new();
        for edge in &lineage.edges {
            let (from, to) = match direction {
                Direction::Up => (edge.to, edge.from),
                Direction::Down => (edge.from, edge.to),
            };
            steps.entry(from).or_default().push((to, edge.how));
        }
        Self { lineage, direction, steps }
    }

    fn next(&self, column: ColumnId) -> &[(ColumnId, How)] {
        self.steps.get(&column).map(Vec::as_slice).unwrap_or_default()
    }

    /// All columns that can be reached, with the start.
    fn reach(&self, start: &[ColumnId]) -> BTreeSet<ColumnId> {
        let mut found: BTreeSet<ColumnId> = start.iter().copied().collect();
        let mut open: Vec<ColumnId> = start.to_vec();
        while let Some(column) = open.pop() {
            for (next, _) in self.next(column) {
                if found.insert(*next) {
                    open.push(*next);
                }
            }
        }
        found
    }

    fn label(&self, column: ColumnId) -> String {
        let node = &self.lineage.nodes[column.node];
        match node.kind.has_columns() {
            true => format!("{}.{}", node.label, node.columns[column.column]),
            false => format!("{} {}", node.kind.word(), node.name),
        }
    }

    /// The columns that decide which rows of a node there are, in words.
    fn rows_of(&self, node: usize) -> Vec<(String, String)> {
        let edges = self.lineage.row_edges.iter().filter(|edge| edge.to == node);
        edges
            .flat_map(|edge| edge.kinds.iter().map(|kind| (kind.word().to_owned(), self.label(edge.from))))
            .collect()
    }

    fn tree(&self, start: &[ColumnId]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut shown = BTreeSet::new();
        for column in start {
            lines.push(self.label(*column));
            shown.insert(*column);
            self.branches(*column, "", &mut shown, &mut lines);
        }
        if let (Direction::Up, Some(first)) = (self.direction, start.first()) {
            let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (kind, label) in self.rows_of(first.node) {
                kinds.entry(kind).or_default().push(label);
            }
            if !kinds.is_empty() {
                lines.push(format!("rows of {}:", self.lineage.nodes[first.node].label));
                lines.extend(kinds.iter().map(|(kind, labels)| format!("  {kind} {}", labels.join(", "))));
            }
        }
        lines
    }

    fn branches(
        &self,
        column: ColumnId,
        before: &str,
        shown: &mut BTreeSet<ColumnId>,
        lines: &mut Vec<String>,
    ) {
        let next = self.next(column);
        for (index, (other, how)) in next.iter().enumerate() {
            let is_last = index + 1 == next.len();
            let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let is_new = shown.insert(*other);
            let more = if !is_new && !self.next(*other).is_empty() { "  (shown above)" } else { "" };
            lines.push(format!("{before}{branch}{}  {}{more}", self.label(*other), how.word()));
            if is_new {
                self.branches(*other, &format!("{before}{below}"), shown, lines);
            }
        }
    }

    fn json(&self, start: &[ColumnId]) -> Json {
        let reached = self.reach(start);
        let columns: Vec<Json> = reached
            .iter()
            .map(|column| {
                let node = &self.lineage.nodes[column.node];
                json!({
                    "node": node.id, "kind": node.kind.word(), "table": node.label,
                    "column": node.columns[column.column], "is_start": start.contains(column),
                })
            })
            .collect();
        let edges: Vec<Json> = self
            .lineage
            .edges
            .iter()
            .filter(|edge| reached.contains(&edge.from) && reached.contains(&edge.to))
            .map(|edge| json!({"from": self.label(edge.from), "to": self.label(edge.to), "how": edge.how.word()}))
            .collect();
        let nodes: BTreeSet<usize> = start.iter().map(|column| column.node).collect();
        let rows: Vec<Json> = nodes
            .iter()
            .flat_map(|node| {
                let to = &self.lineage.nodes[*node].label;
                self.rows_of(*node)
                    .into_iter()
                    .map(move |(how, from)| json!({"from": from, "to": to, "how": how}))
            })
            .collect();
        let unresolved: Vec<Json> = self
            .lineage
            .unresolved
            .iter()
            .filter(|one| {
                reached
                    .iter()
                    .any(|column| column.node == one.node && one.column.is_none_or(|at| at == column.column))
            })
            .map(|one| {
                let node = &self.lineage.nodes[one.node];
                json!({"table": node.label, "column": one.column.map(|at| &node.columns[at]), "why": one.why})
            })
            .collect();
        json!({"columns": columns, "edges": edges, "rows": rows, "unresolved": unresolved})
    }

    fn mermaid(&self, start: &[ColumnId]) -> String {
        let reached = self.reach(start);
        let mut lines = vec!["flowchart LR".to_owned()];
        let mut by_node: BTreeMap<usize, Vec<ColumnId>> = BTreeMap::new();
        for column in &reached {
            by_node.entry(column.node).or_default().push(*column);
        }
        let quoted = |text: &str| text.replace('"', "#quot;");
        for (node, columns) in by_node {
            lines.push(format!("  subgraph n{node}[\"{}\"]", quoted(&self.lineage.nodes[node].label)));
            for column in columns {
                let name = quoted(&self.lineage.nodes[node].columns[column.column]);
                lines.push(format!("    c{node}_{}[\"{name}\"]", column.column));
            }
            lines.push("  end".to_owned());
        }
        for edge in &self.lineage.edges {
            if reached.contains(&edge.from) && reached.contains(&edge.to) {
                let arrow = match edge.how {
                    How::Copied => "-->",
                    How::Transformed => "-. transformed .->",
                    How::Aggregated => "== aggregated ==>",
                };
                let [from, to] = [edge.from, edge.to].map(|one| format!("c{}_{}", one.node, one.column));
                lines.push(format!("  {from} {arrow} {to}"));
            }
        }
        lines.join("\n")
    }

    /// One event for each table that is reached and made of others.
    fn open_lineage(&self, start: &[ColumnId], now: &str) -> Vec<Json> {
        let reached = self.reach(start);
        let nodes: BTreeSet<usize> = reached.iter().map(|column| column.node).collect();
        let mut events = Vec::new();
        for node in nodes {
            let Some(facet) = column_lineage_facet(self.lineage, node) else { continue };
            let label = &self.lineage.nodes[node].label;
            let inputs: Vec<Json> =
                facet.inputs.iter().map(|label| json!({"namespace": NAMESPACE, "name": label})).collect();
            events.push(json!({
                "eventTime": now,
                "producer": PRODUCER,
                "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent",
                "job": {"namespace": NAMESPACE, "name": self.lineage.nodes[node].id},
                "inputs": inputs,
                "outputs": [{
                    "namespace": NAMESPACE, "name": label, "facets": {"columnLineage": facet.facet},
                }],
            }));
        }
        events
    }
}

/// What is above or below these columns. `now` is the time of OpenLineage's events, in ISO 8601.
pub fn trail(
    lineage: &Lineage,
    start: &[ColumnId],
    direction: Direction,
    format: TrailFormat,
    now: &str,
) -> String {
    let trail = Trail::new(lineage, direction);
    match format {
        TrailFormat::Tree => trail.tree(start).join("\n"),
        TrailFormat::Json => format!("{:#}", trail.json(start)),
        TrailFormat::Mermaid => trail.mermaid(start),
        TrailFormat::OpenLineage => {
            let events = trail.open_lineage(start, now);
            events.iter().map(Json::to_string).collect::<Vec<_>>().join("\n")
        }
    }
}
