//! Metrics and saved queries in the graph: which measures, dimensions and other metrics they are made of.

use crate::graph::{ColumnEdge, ColumnId, Lineage, RowEdge};
use crate::lineage::{How, Influence};
use ingot_models::{SemanticColumn, TypedProject};
use std::collections::{BTreeSet, HashMap};

/// Adds the edges of what semantic nodes say of each other. `index` has the place of each node by its unique id.
pub(crate) fn add_semantics(lineage: &mut Lineage, project: &TypedProject, index: &HashMap<&str, usize>) {
    let details: HashMap<&str, _> = project
        .nodes
        .iter()
        .filter_map(|node| Some((node.unique_id.as_str(), node.semantics.as_ref()?)))
        .collect();
    let place = |column: &SemanticColumn| {
        let elements = &details.get(column.node.as_str())?.elements;
        let at = elements.iter().position(|element| element.name == column.column)?;
        Some(ColumnId { node: *index.get(column.node.as_str())?, column: at })
    };
    for (id, semantics) in &details {
        let Some(to) = index.get(id).copied() else { continue };
        for (column, element) in semantics.elements.iter().enumerate() {
            let how = if element.is_copy { How::Copied } else { How::Transformed };
            let to = ColumnId { node: to, column };
            let made_of = element.made_of.iter().filter_map(place);
            lineage.edges.extend(made_of.map(|from| ColumnEdge::new(from, to, how)));
        }
        for (columns, kind) in
            [(&semantics.filtered_by, Influence::Filters), (&semantics.joined_by, Influence::Joins)]
        {
            let edges = columns.iter().filter_map(place);
            lineage.row_edges.extend(edges.map(|from| RowEdge { from, to, kinds: BTreeSet::from([kind]) }));
        }
    }
    // The order of a hash map is another one each time.
    lineage.row_edges.sort_by(|a, b| (a.to, a.from, &a.kinds).cmp(&(b.to, b.from, &b.kinds)));
}
