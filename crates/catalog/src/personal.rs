//! Which columns hold personal data.
//!
//! A contract (`classification: personal`) or the `meta` or tags of a column say so. What such a column is made of holds the
//! same values, and so may everything that is made of them: lineage is followed up from what was said, then down from
//! all of it. A column of which not every source is known counts as personal if its table reads one that has any.

use crate::graph::{ColumnEdge, ColumnId, Lineage, LineageKind};
use crate::lineage::How;
use crate::source_types::SourceTypes;
use ingot_contract::Column;
use ingot_models::{TypedColumn, TypedProject};
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// Keys of `meta` that say so by `true`, or by one of [`WORDS`].
const KEYS: [&str; 8] = [
    "personal",
    "is_personal",
    "pii",
    "is_pii",
    "contains_pii",
    "classification",
    "data_classification",
    "sensitivity",
];
/// Values of those keys, and tags.
const WORDS: [&str; 6] = ["personal", "personal_data", "pii", "sensitive", "gdpr", "restricted"];

/// The personal columns of a project.
#[derive(Debug, Default)]
pub struct Personal {
    columns: BTreeSet<ColumnId>,
}

impl Personal {
    /// Follows what contracts and YAML say through the lineage of the whole project.
    pub fn of(project: &TypedProject, lineage: &Lineage, sources: &SourceTypes) -> Self {
        let mut found = declared(project, lineage, sources);
        spread(&mut found, lineage, |edge| (edge.to, edge.from), |how| how != How::Aggregated);
        spread(&mut found, lineage, |edge| (edge.from, edge.to), |_| true);
        // What is not resolved may be made of anything that its table reads.
        loop {
            let tables: BTreeSet<usize> = found.iter().map(|column| column.node).collect();
            let before = found.len();
            for one in &lineage.unresolved {
                if !reads_any(project, lineage, one.node, &tables) {
                    continue;
                }
                let columns = match one.column {
                    Some(column) => column..column + 1,
                    None => 0..lineage.nodes[one.node].columns.len(),
                };
                found.extend(columns.map(|column| ColumnId { node: one.node, column }));
            }
            spread(&mut found, lineage, |edge| (edge.from, edge.to), |_| true);
            if found.len() == before {
                return Self { columns: found };
            }
        }
    }

    /// `node` and `column` as in [`Lineage::nodes`].
    pub fn is(&self, node: usize, column: usize) -> bool {
        self.columns.contains(&ColumnId { node, column })
    }

    /// The same by name: `schema.table` in the database and the column, both lower case.
    pub fn by_name(&self, project: &TypedProject, lineage: &Lineage) -> BTreeSet<(String, String)> {
        let relations: HashMap<&str, _> = project
            .nodes
            .iter()
            .filter_map(|node| Some((node.unique_id.as_str(), node.relation.as_ref()?)))
            .collect();
        let named = self.columns.iter().filter_map(|column| {
            let node = &lineage.nodes[column.node];
            let relation = relations.get(node.id.as_str())?;
            let table = format!("{}.{}", relation.schema, relation.identifier).to_lowercase();
            Some((table, node.columns.get(column.column)?.to_lowercase()))
        });
        named.collect()
    }

    /// Whether the project has any.
    pub fn is_any(&self) -> bool {
        !self.columns.is_empty()
    }
}

/// Adds all that edges lead to from what was found.
fn spread(
    found: &mut BTreeSet<ColumnId>,
    lineage: &Lineage,
    direction: impl Fn(&ColumnEdge) -> (ColumnId, ColumnId),
    follows: impl Fn(How) -> bool,
) {
    let mut next: HashMap<ColumnId, Vec<ColumnId>> = HashMap::new();
    for edge in lineage.edges.iter().filter(|edge| follows(edge.how)) {
        let (from, to) = direction(edge);
        next.entry(from).or_default().push(to);
    }
    let mut open: Vec<ColumnId> = found.iter().copied().collect();
    while let Some(column) = open.pop() {
        for other in next.get(&column).into_iter().flatten() {
            // Measures, metrics, pages and exposures are not columns with values.
            let has_values = lineage.nodes[other.node].kind.has_columns();
            if has_values && found.insert(*other) {
                open.push(*other);
            }
        }
    }
}

fn declared(project: &TypedProject, lineage: &Lineage, sources: &SourceTypes) -> BTreeSet<ColumnId> {
    let typed: HashMap<&str, _> = project.nodes.iter().map(|node| (node.unique_id.as_str(), node)).collect();
    let mut found = BTreeSet::new();
    for (at, node) in lineage.nodes.iter().enumerate() {
        let origin = typed.get(node.id.as_str());
        let contract = match node.kind {
            LineageKind::RawFiles => sources.contracts().iter().find(|contract| contract.name == node.name),
            _ => origin
                .and_then(|typed| typed.source.as_ref()?.external.as_deref())
                .and_then(|external| sources.contract_read_by(external)),
        };
        for (column, name) in node.columns.iter().enumerate() {
            let by_contract = contract.is_some_and(|contract| {
                contract.columns.iter().any(|one| {
                    (one.name.eq_ignore_ascii_case(name) || one.name_in_files() == name)
                        && holds_personal(one)
                })
            });
            let by_meta = origin
                .and_then(|typed| typed.columns.iter().find(|one| one.name == *name))
                .is_some_and(says_personal);
            if by_contract || by_meta {
                found.insert(ColumnId { node: at, column });
            }
        }
    }
    found
}

/// A list of objects is personal if a member of them is.
fn holds_personal(column: &Column) -> bool {
    column.personal || column.data_type.inner().into_iter().any(holds_personal)
}

fn says_personal(column: &TypedColumn) -> bool {
    let is_word = |text: &str| WORDS.contains(&text.trim().to_lowercase().as_str());
    let by_meta = column.meta.as_object().into_iter().flatten().any(|(key, value)| {
        KEYS.contains(&key.to_lowercase().as_str())
            && match value {
                Json::Bool(said) => *said,
                Json::String(text) => is_word(text) || text.eq_ignore_ascii_case("true"),
                Json::Array(several) => several.iter().filter_map(Json::as_str).any(is_word),
                _ => false,
            }
    });
    by_meta || column.tags.iter().any(|tag| is_word(tag))
}

/// Whether a node, or something it reads, is among `tables`.
fn reads_any(project: &TypedProject, lineage: &Lineage, node: usize, tables: &BTreeSet<usize>) -> bool {
    let id = &lineage.nodes[node].id;
    let typed = project.nodes.iter().find(|typed| typed.unique_id == *id);
    typed.is_some_and(|typed| tables.iter().any(|table| typed.depends_on.contains(&lineage.nodes[*table].id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn meta_and_tags_say_that_a_column_is_personal() {
        let column = |meta: Json, tags: &[&str]| {
            let mut column = TypedColumn::new("email", "VARCHAR");
            column.meta = meta;
            column.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            says_personal(&column)
        };
        assert!(column(json!({"pii": true}), &[]));
        assert!(column(json!({"classification": "Personal"}), &[]));
        assert!(column(json!({"contains_pii": "true"}), &[]));
        assert!(column(Json::Null, &["PII"]));
        assert!(!column(json!({"pii": false, "owner": "personal"}), &["daily"]));
        assert!(!column(json!({"classification": "public"}), &[]));
    }
}
