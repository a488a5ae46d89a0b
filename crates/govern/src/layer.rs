//! Which layer of the lake has the copies of which schema of the warehouse.

/// Whether tables of a schema of the warehouse have their copies in this layer of the lake: the schema is named as the layer,
/// or as dbt names it, after the schema of the target (`gold` or `main_gold`).
pub(crate) fn is_of_layer(schema: &str, layer: &str) -> bool {
    schema == layer || schema.strip_suffix(layer).is_some_and(|rest| rest.ends_with('_'))
}
