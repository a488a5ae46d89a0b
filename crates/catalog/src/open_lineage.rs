//! The facet of OpenLineage that says which columns a table's columns are made of
//! (<https://openlineage.io/docs/spec/facets/dataset-facets/column_lineage_facet/>).

use crate::graph::Lineage;
use crate::lineage::{How, Influence};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// The namespace of tables and jobs in events.
pub const NAMESPACE: &str = "ingot";
/// Who makes the events.
pub const PRODUCER: &str = "https://github.com/ingot";

/// The facet of a table, and the tables that it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnLineageFacet {
    pub facet: Json,
    /// Their labels, such as `silver.stg_orders`.
    pub inputs: BTreeSet<String>,
}

/// The facet of a node of the graph; none if nothing is known to be in it.
pub fn column_lineage_facet(lineage: &Lineage, node: usize) -> Option<ColumnLineageFacet> {
    let mut fields: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    let mut inputs = BTreeSet::new();
    for edge in lineage.edges.iter().filter(|edge| edge.to.node == node) {
        let from = &lineage.nodes[edge.from.node];
        let subtype = match edge.how {
            How::Copied => "IDENTITY",
            How::Transformed => "TRANSFORMATION",
            How::Aggregated => "AGGREGATION",
        };
        inputs.insert(from.label.clone());
        fields.entry(&lineage.nodes[node].columns[edge.to.column]).or_default().push(json!({
            "namespace": NAMESPACE, "name": from.label, "field": from.columns[edge.from.column],
            "transformations": [{"type": "DIRECT", "subtype": subtype, "masking": false}],
        }));
    }
    if fields.is_empty() {
        return None;
    }
    let dataset: Vec<Json> = lineage
        .row_edges
        .iter()
        .filter(|edge| edge.to == node)
        .map(|edge| {
            let from = &lineage.nodes[edge.from.node];
            let kinds: Vec<Json> = edge
                .kinds
                .iter()
                .map(|kind| json!({"type": "INDIRECT", "subtype": word(*kind), "masking": false}))
                .collect();
            json!({"namespace": NAMESPACE, "name": from.label, "field": from.columns[edge.from.column], "transformations": kinds})
        })
        .collect();
    let fields: Map<String, Json> =
        fields.into_iter().map(|(name, inputs)| (name.to_owned(), json!({"inputFields": inputs}))).collect();
    let facet = json!({
        "_producer": PRODUCER,
        "_schemaURL": "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json",
        "fields": fields, "dataset": dataset,
    });
    Some(ColumnLineageFacet { facet, inputs })
}

fn word(kind: Influence) -> &'static str {
    match kind {
        Influence::Filters => "FILTER",
        Influence::Joins => "JOIN",
        Influence::Groups => "GROUP_BY",
        Influence::Orders => "SORT",
    }
}
