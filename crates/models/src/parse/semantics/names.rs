//! Names and labels of the semantic layer: what they are made of, and that they are there once.

use crate::graph::node::Node;
use crate::graph::semantics::words::{EntityType, Granularity};
use crate::parse::semantics::found::Findings;
use crate::parse::semantics::validate::Layer;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Words of SQL that no database takes as a name.
/// <https://github.com/dbt-labs/dbt-semantic-interfaces/blob/main/dbt_semantic_interfaces/validations/reserved_keywords.py>
const RESERVED: &[&str] = &[
    "and", "as", "create", "distinct", "for", "from", "full", "having", "in", "inner", "into", "is", "join",
    "left", "like", "natural", "not", "null", "on", "or", "right", "select", "union", "using", "where",
    "with",
];

pub(super) fn check(layer: &Layer, findings: &mut Findings) {
    for node in all_nodes(layer) {
        valid(&node.name, node, findings);
    }
    elements(layer, findings);
    across_models(layer, findings);
    granularities(layer, findings);
    labels(layer, findings);
}

fn all_nodes<'a>(layer: &Layer<'a>) -> Vec<&'a Node> {
    let models = layer.models.iter().map(|(node, _)| *node);
    let metrics = layer.metrics.iter().map(|(node, _)| *node);
    models.chain(metrics).chain(layer.saved_queries.iter().map(|(node, _)| *node)).collect()
}

/// A name that queries can be written with: small letters, digits and single underscores.
pub(super) fn valid(name: &str, node: &Node, findings: &mut Findings) {
    let is_inner =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    let is_valid = name.len() >= 2
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(is_inner)
        && !name.ends_with('_')
        && !name.contains("__");
    if !is_valid {
        findings.error(node, format!(
            "Invalid name `{name}` - names may only contain lower case letters, numbers, and underscores. Additionally, names must start with a lower case letter, cannot end with an underscore, cannot contain dunders (double underscores, or __), and must be at least 2 characters long."
        ));
    }
    if Granularity::of(name).is_some() {
        findings.error(
            node,
            format!("Invalid name `{name}` - names cannot match reserved time granularity keywords"),
        );
    }
    if matches!(name.to_lowercase().as_str(), "metric_time" | "mf_internal_uuid") {
        findings.error(node, format!("Invalid name `{name}` - this name is reserved by MetricFlow"));
    }
}

/// Elements of one semantic model have different names, which are not words of SQL.
fn elements(layer: &Layer, findings: &mut Findings) {
    for (node, model) in &layer.models {
        let measures = model.measures.iter().map(|measure| (&measure.name, "measure"));
        let entities = model.entities.iter().map(|entity| (&entity.name, "entity"));
        let dimensions = model.dimensions.iter().map(|dimension| (&dimension.name, "dimension"));
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for (name, kind) in measures.chain(entities).chain(dimensions) {
            if let Some(other) = seen.insert(name, kind) {
                findings.error(node, format!(
                    "In semantic model `{}`, can't use name `{name}` for a {kind} when it was already used for a {other}",
                    node.name
                ));
            }
            valid(name, node, findings);
            if RESERVED.contains(&name.to_lowercase().as_str()) {
                findings.error(
                    node,
                    format!(
                        "'{name}' is an SQL reserved keyword, and thus cannot be used as a {kind} 'name'"
                    ),
                );
            }
        }
    }
}

/// A name means one kind of thing everywhere; a measure is in one model alone; a dimension has one type.
fn across_models(layer: &Layer, findings: &mut Findings) {
    let mut kinds: BTreeMap<&str, Vec<(&'static str, &Node)>> = BTreeMap::new();
    let mut measures: HashMap<&str, &Node> = HashMap::new();
    let mut dimensions: HashMap<&str, (&Node, crate::graph::semantics::words::DimensionType, bool)> =
        HashMap::new();
    for (node, model) in &layer.models {
        for measure in &model.measures {
            kinds.entry(&measure.name).or_default().push(("measure", node));
            if let Some(other) = measures.insert(&measure.name, node) {
                findings.error(
                    node,
                    format!(
                        "Found measure with name {} in multiple semantic models with names ('{}', '{}')",
                        measure.name, other.name, node.name
                    ),
                );
            }
        }
        for entity in &model.entities {
            kinds.entry(&entity.name).or_default().push(("entity", node));
        }
        for dimension in &model.dimensions {
            kinds.entry(&dimension.name).or_default().push(("dimension", node));
            let now = (*node, dimension.kind, dimension.is_partition);
            let (other, kind, is_partition) = *dimensions.entry(&dimension.name).or_insert(now);
            if kind != dimension.kind || is_partition != dimension.is_partition {
                findings.error(node, format!(
                    "In semantic model `{}`, type conflict for dimension `{}` - semantic model `{}` has it as another type, or otherwise as a partition",
                    node.name, dimension.name, other.name
                ));
            }
        }
    }
    for (name, uses) in kinds {
        let different: HashSet<&str> = uses.iter().map(|(kind, _)| *kind).collect();
        let first = uses.first().map_or("", |(kind, _)| *kind);
        if different.len() > 1
            && let Some((kind, node)) = uses.iter().find(|(kind, _)| *kind != first)
        {
            findings.error(node, format!(
                "In semantic model `{}`, element `{name}` is of type {kind}, but it is used as type {first} elsewhere",
                node.name
            ));
        }
    }
}

/// Granularities of time spines are called as nothing else is.
fn granularities(layer: &Layer, findings: &mut Findings) {
    let mut taken: HashSet<&str> = all_nodes(layer).into_iter().map(|node| node.name.as_str()).collect();
    for (_, model) in &layer.models {
        taken.extend(model.measures.iter().map(|measure| measure.name.as_str()));
        taken.extend(model.entities.iter().map(|entity| entity.name.as_str()));
        taken.extend(model.dimensions.iter().map(|dimension| dimension.name.as_str()));
    }
    let mut seen: HashSet<&str> = HashSet::new();
    for spine in &layer.spines {
        for (name, _) in &spine.custom {
            valid(name, spine.node, findings);
            if taken.contains(name.as_str()) {
                findings.error(
                    spine.node,
                    format!("Can't use name `{name}` for a custom granularity when it was already used for something else"),
                );
            }
            if !seen.insert(name) {
                findings.error(
                    spine.node,
                    format!("Custom granularity names must be unique, but found `{name}` more than once"),
                );
            }
        }
    }
}

/// Labels tell things apart: those of metrics, of semantic models, and of elements of one kind within a model.
fn labels(layer: &Layer, findings: &mut Findings) {
    let mut seen: HashMap<&str, &Node> = HashMap::new();
    for (node, metric) in &layer.metrics {
        if let Some(other) = seen.insert(&metric.label, node) {
            findings.error(
                node,
                format!(
                    "Can't use label `{}` for  metric `{}` as it's already used for metric `{}`",
                    metric.label, node.name, other.name
                ),
            );
        }
    }
    let mut seen: HashMap<&str, &Node> = HashMap::new();
    let mut of_entities: HashMap<&str, (&str, &Node)> = HashMap::new();
    for (node, model) in &layer.models {
        if let Some(label) = &model.label
            && let Some(other) = seen.insert(label, node)
        {
            findings.error(node, format!(
                "Can't use label `{label}` for  semantic model `{}` as it's already used for semantic model `{}`",
                node.name, other.name
            ));
        }
        let measures: Vec<&String> =
            model.measures.iter().filter_map(|measure| measure.label.as_ref()).collect();
        let entities: Vec<&String> =
            model.entities.iter().filter_map(|entity| entity.label.as_ref()).collect();
        let dimensions: Vec<&String> =
            model.dimensions.iter().filter_map(|dimension| dimension.label.as_ref()).collect();
        for (kind, labels) in [("Dimension", dimensions), ("Entity", entities), ("Measure", measures)] {
            let mut own: HashSet<&str> = HashSet::new();
            for label in labels {
                if !own.insert(label) {
                    findings.error(node, format!(
                        "{kind} labels must be unique within a semantic model. The label `{label}` is there twice in semantic model `{}`",
                        node.name
                    ));
                }
            }
        }
        for entity in &model.entities {
            let Some(label) = &entity.label else { continue };
            let (known, other) = *of_entities.entry(&entity.name).or_insert((label, node));
            if known != label {
                findings.error(node, format!(
                    "Entities with the same name must have the same label or the label must be `None`. Entity `{}` on semantic model `{}` has label `{label}`, and another one on semantic model `{}`",
                    entity.name, node.name, other.name
                ));
            }
        }
        let naturals = model.entities.iter().filter(|entity| entity.kind == EntityType::Natural);
        let naturals: HashSet<&str> = naturals.map(|entity| entity.name.as_str()).collect();
        if naturals.len() > 1 {
            findings.error(
                node,
                format!(
                    "Semantic models can have at most one natural entity, but semantic model `{}` has {}",
                    node.name,
                    naturals.len()
                ),
            );
        }
    }
}
