//! What a change of a project reaches: its columns before and after, and all that is made of those that differ.

use crate::graph::{ColumnId, Lineage, LineageKind};
use ingot_models::TypedProject;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A project as it is at one revision.
pub struct Revision {
    pub project: TypedProject,
    pub lineage: Lineage,
}

/// A column (or with `column` empty, the rows of a table) that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnChange {
    /// `silver.order_lines`.
    pub table: String,
    pub column: String,
    /// `added`, `removed`, `from INTEGER to BIGINT`, `made differently`.
    pub what: String,
}

/// What differs between two revisions, and what that reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Impact {
    pub changes: Vec<ColumnChange>,
    /// Columns below those that differ, with those of measures, pages and exposures, by table.
    pub reaches: BTreeMap<String, BTreeSet<String>>,
}

/// A column by the label of its table and its name, both in lower case.
type Key = (String, String);

/// The columns of a revision: their types, and what they are made of.
struct Columns<'a> {
    lineage: &'a Lineage,
    types: HashMap<Key, &'a str>,
    sources: HashMap<Key, BTreeSet<String>>,
    /// Of semantic models, metrics and saved queries: what each of their columns says of itself. Their SQL contains that of
    /// all that they are made of, so that it says nothing of where a change was made.
    definitions: HashMap<Key, &'a str>,
    sql: HashMap<String, &'a str>,
    ids: BTreeMap<Key, ColumnId>,
}

impl<'a> Columns<'a> {
    fn of(revision: &'a Revision) -> Self {
        let lineage = &revision.lineage;
        let mut all = Self {
            lineage,
            types: HashMap::new(),
            sources: HashMap::new(),
            definitions: HashMap::new(),
            sql: HashMap::new(),
            ids: BTreeMap::new(),
        };
        let nodes: HashMap<&str, _> =
            revision.project.nodes.iter().map(|node| (node.unique_id.as_str(), node)).collect();
        for (at, node) in lineage.nodes.iter().enumerate() {
            for (column, name) in node.columns.iter().enumerate() {
                all.ids.insert(key(lineage, ColumnId { node: at, column }), ColumnId { node: at, column });
                let typed = nodes.get(node.id.as_str()).and_then(|typed| typed.columns.get(column));
                if let Some(typed) = typed.filter(|typed| typed.name == *name) {
                    all.types.insert(key(lineage, ColumnId { node: at, column }), &typed.data_type);
                }
            }
            let Some(typed) = nodes.get(node.id.as_str()) else { continue };
            if let Some(semantics) = &typed.semantics {
                for (column, element) in semantics.elements.iter().enumerate().take(node.columns.len()) {
                    let key = key(lineage, ColumnId { node: at, column });
                    all.definitions.insert(key, &element.definition);
                }
            } else if let Some(sql) = &typed.compiled {
                all.sql.insert(node.label.to_lowercase(), sql);
            }
        }
        for edge in &lineage.edges {
            let (table, column) = key(lineage, edge.from);
            let text = format!("{table}.{column} {}", edge.how.word());
            all.sources.entry(key(lineage, edge.to)).or_default().insert(text);
        }
        all
    }

    /// The columns that are made of these, without them.
    fn below(&self, start: &BTreeSet<ColumnId>) -> BTreeSet<ColumnId> {
        let mut found = start.clone();
        let mut open: Vec<ColumnId> = start.iter().copied().collect();
        while let Some(column) = open.pop() {
            let next = self.lineage.edges.iter().filter(|edge| edge.from == column).map(|edge| edge.to);
            let rows = self.lineage.row_edges.iter().filter(|edge| edge.from == column).flat_map(|edge| {
                (0..self.lineage.nodes[edge.to].columns.len())
                    .map(|column| ColumnId { node: edge.to, column })
            });
            for column in next.chain(rows) {
                if found.insert(column) {
                    open.push(column);
                }
            }
        }
        &found - start
    }

    /// Whether the column itself was changed, and not only what it is made of.
    fn is_made_differently(&self, now: &Columns<'_>, key: &Key) -> bool {
        match (self.definitions.get(key), now.definitions.get(key)) {
            (None, None) => self.sources.get(key) != now.sources.get(key),
            (then, now) => then != now,
        }
    }
}

fn key(lineage: &Lineage, id: ColumnId) -> Key {
    let node = &lineage.nodes[id.node];
    (node.label.to_lowercase(), node.columns[id.column].to_lowercase())
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.lines().map(|line| line.split("--").next().unwrap_or_default()).flat_map(str::split_whitespace)
}

/// What is different in `after`, and what that reaches.
pub fn impact(before: &Revision, after: &Revision) -> Impact {
    let (old, new) = (Columns::of(before), Columns::of(after));
    let mut out = Impact::default();
    let (mut gone, mut changed) = (BTreeSet::new(), BTreeSet::new());
    for (key, id) in &old.ids {
        if !new.ids.contains_key(key) {
            gone.insert(*id);
            out.changes.push(change(before, *id, key, "removed"));
        }
    }
    for (key, id) in &new.ids {
        let what = if !old.ids.contains_key(key) {
            // What nobody could read before reaches nothing that was.
            out.changes.push(change(after, *id, key, "added"));
            continue;
        } else if let (Some(then), Some(now)) = (old.types.get(key), new.types.get(key))
            && then != now
        {
            format!("from {then} to {now}")
        } else if old.is_made_differently(&new, key) {
            "made differently".to_owned()
        } else {
            continue;
        };
        changed.insert(*id);
        out.changes.push(change(after, *id, key, &what));
    }
    for (table, sql) in &new.sql {
        let Some(then) = old.sql.get(table) else { continue };
        let is_listed = out.changes.iter().any(|change| change.table == *table);
        if !is_listed && !words(then).eq(words(sql)) {
            out.changes.push(ColumnChange {
                table: table.clone(),
                column: String::new(),
                what: "made differently".to_owned(),
            });
            changed.extend(new.ids.iter().filter(|((other, _), _)| other == table).map(|(_, id)| *id));
        }
    }
    for (columns, start) in [(&old, &gone), (&new, &changed)] {
        for id in columns.below(start) {
            let node = &columns.lineage.nodes[id.node];
            let reached = out.reaches.entry(label(node.kind, &node.label, &node.name)).or_default();
            reached.insert(node.columns[id.column].clone());
        }
    }
    out.changes.sort();
    out
}

fn change(revision: &Revision, id: ColumnId, (table, column): &Key, what: &str) -> ColumnChange {
    // What has no columns is itself what changed.
    let has_columns = revision.lineage.nodes[id.node].kind.has_columns();
    let column = if has_columns { column.clone() } else { String::new() };
    ColumnChange { table: table.clone(), column, what: what.to_owned() }
}

fn label(kind: LineageKind, label: &str, name: &str) -> String {
    if kind.has_columns() { label.to_owned() } else { format!("{} {name}", kind.word()) }
}

impl Impact {
    /// One line a change, then one a table that it reaches.
    pub fn text(&self) -> String {
        if self.changes.is_empty() {
            return "no column differs".to_owned();
        }
        let mut lines = vec!["changes:".to_owned()];
        for change in &self.changes {
            let column = if change.column.is_empty() { String::new() } else { format!(".{}", change.column) };
            lines.push(format!("  {}{column}  {}", change.table, change.what));
        }
        lines.push(match self.reaches.is_empty() {
            true => "they reach nothing else".to_owned(),
            false => "they reach:".to_owned(),
        });
        for (table, columns) in &self.reaches {
            let is_itself = columns.iter().all(|column| table.ends_with(column.as_str()));
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            lines.push(if is_itself {
                format!("  {table}")
            } else {
                format!("  {table}: {}", columns.join(", "))
            });
        }
        lines.join("\n")
    }

    pub fn json(&self) -> Json {
        let changes: Vec<Json> = self
            .changes
            .iter()
            .map(|one| json!({"table": one.table, "column": one.column, "what": one.what}))
            .collect();
        json!({"changes": changes, "reaches": self.reaches})
    }
}
