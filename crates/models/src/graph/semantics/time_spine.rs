//! The time spines of a project: its models with `time_spine:`, or the one model whose name says it.

use crate::graph::node::Node;
use crate::graph::semantics::words::Granularity;
use serde_json::Value as Json;

/// The model that is a time spine of days by its name alone, for projects of before there was `time_spine:`.
pub(crate) const BY_NAME: &str = "metricflow_time_spine";

/// A time spine.
pub(crate) struct TimeSpine<'a> {
    pub node: &'a Node,
    pub column: String,
    pub granularity: Granularity,
    /// Further granularities, and the columns that have them.
    pub custom: Vec<(String, String)>,
}

/// A model's time spine, if it is one.
pub(crate) fn of_node(node: &Node) -> Option<TimeSpine<'_>> {
    let given = node.model()?.time_spine.as_ref()?;
    let column = given.get("standard_granularity_column")?.as_str()?.to_owned();
    let described = node.columns.iter().find(|known| known.name == column)?;
    let granularity = Granularity::of(described.extra.get("granularity")?.as_str()?)?;
    let custom = given.get("custom_granularities").and_then(Json::as_array).into_iter().flatten();
    let custom = custom.filter_map(|one| {
        let name = one.get("name")?.as_str()?;
        let column = one.get("column_name").and_then(Json::as_str).unwrap_or(name);
        Some((name.to_owned(), column.to_owned()))
    });
    Some(TimeSpine { node, column, granularity, custom: custom.collect() })
}

/// The time spines of a project; the one that is known by its name only if it does not say more itself.
pub(crate) fn all(nodes: &[Node]) -> Vec<TimeSpine<'_>> {
    let mut out: Vec<TimeSpine> = nodes.iter().filter_map(of_node).collect();
    if let Some(node) = by_name(nodes) {
        let column = "date_day".to_owned();
        out.push(TimeSpine { node, column, granularity: Granularity::Day, custom: Vec::new() });
    }
    out
}

/// The model that is a time spine by its name alone.
pub(crate) fn by_name(nodes: &[Node]) -> Option<&Node> {
    let found =
        nodes.iter().find(|node| node.name == BY_NAME && node.resource_type().can_be_referred_to())?;
    of_node(found).is_none().then_some(found)
}
