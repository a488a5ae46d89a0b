//! Measures and pages of Power BI in the graph: which columns they read.

use crate::graph::{ColumnEdge, ColumnId, Lineage, LineageKind, LineageNode};
use crate::lineage::How;
use ingot_models::TypedProject;
use ingot_powerbi::project::ReportObject;
use std::collections::BTreeMap;

/// Adds them and what they read.
pub(crate) fn add_report(lineage: &mut Lineage, report: &[ReportObject], project: &TypedProject) {
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for object in report {
        let (kind, word) = match object.is_page {
            true => (LineageKind::Page, "page"),
            false => (LineageKind::Measure, "measure"),
        };
        if !object.is_page {
            index.insert(&object.name, lineage.nodes.len());
        }
        lineage.nodes.push(LineageNode {
            id: format!("{word}.{}", object.name),
            kind,
            label: format!("{word}.{}", object.name),
            name: object.name.clone(),
            columns: vec![object.name.clone()],
        });
    }
    let first = lineage.nodes.len() - report.len();
    for (at, object) in report.iter().enumerate() {
        let to = ColumnId { node: first + at, column: 0 };
        let how = if object.is_page { How::Copied } else { How::Aggregated };
        for (table, column) in &object.columns {
            let is_it = |node: &LineageNode| is_table(&node.label, &object.schema, table);
            let Some(node) = lineage.nodes.iter().position(is_it) else { continue };
            let column =
                lineage.nodes[node].columns.iter().position(|name| name.eq_ignore_ascii_case(column));
            if let Some(column) = column {
                lineage.edges.push(ColumnEdge::new(ColumnId { node, column }, to, how));
            }
        }
        // As many rows as there are keys.
        for table in &object.counted {
            let is_it = |node: &LineageNode| is_table(&node.label, &object.schema, table);
            let Some(node) = lineage.nodes.iter().position(is_it) else { continue };
            for column in key_columns(lineage, node, project) {
                lineage.edges.push(ColumnEdge::new(ColumnId { node, column }, to, How::Aggregated));
            }
        }
        for measure in &object.measures {
            if let Some(node) = index.get(measure.as_str()) {
                let from = ColumnId { node: *node, column: 0 };
                let how = if object.is_page { How::Copied } else { How::Transformed };
                lineage.edges.push(ColumnEdge::new(from, to, how));
            }
        }
    }
}

/// The columns of a table that a test says are unique; all of them if there is none.
fn key_columns(lineage: &Lineage, node: usize, project: &TypedProject) -> Vec<usize> {
    let LineageNode { id, columns, .. } = &lineage.nodes[node];
    let tests = project.nodes.iter().filter_map(|one| one.test.as_ref());
    let unique: Vec<&str> = tests
        .filter(|test| test.test == "unique" && test.node.as_ref() == Some(id))
        .filter_map(|test| test.column.as_deref())
        .collect();
    let is_key = |at: &usize| unique.iter().any(|name| name.eq_ignore_ascii_case(&columns[*at]));
    let keys: Vec<usize> = (0..columns.len()).filter(is_key).collect();
    if keys.is_empty() { (0..columns.len()).collect() } else { keys }
}

/// Whether a label is that of a table in a schema, which dbt may put the target's schema before: `main_gold`.
fn is_table(label: &str, schema: &str, table: &str) -> bool {
    let (label, schema) = (label.to_lowercase(), schema.to_lowercase());
    label.rsplit_once('.').is_some_and(|(of, name)| {
        name == table.to_lowercase() && (of == schema || of.ends_with(&format!("_{schema}")))
    })
}
