//! Merge keys: `<<: *base` and `<<: [*a, *b]`.

use super::node::{Mapping, Node, Value};

/// The members of a mapping with those of its merge keys before its own, as PyYAML's `flatten_mapping` puts them: what
/// the mapping says itself wins, then the earlier base.
///
/// # Errors
/// The merge key whose value is not a mapping or a list of mappings.
pub(super) fn with_bases(own: Mapping, merges: Vec<Node>) -> Result<Mapping, Node> {
    if merges.is_empty() {
        return Ok(own);
    }
    let mut members = Mapping::new();
    for merge in merges {
        let bases = match &merge.value {
            Value::List(items) => items.iter().map(Node::as_map).collect::<Option<Vec<_>>>(),
            _ => merge.as_map().map(|base| vec![base]),
        };
        let Some(bases) = bases else { return Err(merge) };
        for (key, node) in bases.into_iter().flatten() {
            members.entry(key.clone()).or_insert_with(|| node.clone());
        }
    }
    members.extend(own);
    Ok(members)
}
