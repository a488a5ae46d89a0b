//! Rules for semantic models: their primary entity, their time dimensions, and how their measures are added up.

use crate::graph::node::Node;
use crate::graph::semantics::semantic_model::{Dimension, Measure, SemanticModel};
use crate::graph::semantics::words::{Aggregation, DimensionType, EntityType};
use crate::parse::semantics::found::Findings;
use crate::parse::semantics::layer::Layer;

pub(super) fn check(layer: &Layer, findings: &mut Findings) {
    for (node, model) in &layer.models {
        primary_entity(node, model, findings);
        validity(node, model, findings);
        if let Some(default) =
            model.defaults.as_ref().and_then(|defaults| defaults.agg_time_dimension.as_ref())
            && model.time_dimension(default).is_none()
        {
            findings.error(node, format!(
                "Default aggregation time dimension was specified as '{default}' which doesn't exist as a time dimension in semantic model named '{}'.",
                node.name
            ));
        }
        for measure in &model.measures {
            time_of_measure(node, model, measure, findings);
            aggregation(node, measure, findings);
        }
    }
}

fn primary_entity(node: &Node, model: &SemanticModel, findings: &mut Findings) {
    let primaries: Vec<&str> = model
        .entities
        .iter()
        .filter(|entity| entity.kind == EntityType::Primary)
        .map(|entity| entity.name.as_str())
        .collect();
    match (primaries.as_slice(), &model.primary_entity) {
        ([], None) if !model.dimensions.is_empty() => findings.error(node, format!(
            "The semantic model {} contains dimensions, but it does not define a primary entity. Either add an entity with type PRIMARY or set a value for the primary_entity key.",
            node.name
        )),
        ([], _) | ([_], None) => {}
        ([one], Some(named)) => findings.error(node, format!(
            "The semantic model `{}` has an entity named `{one}` with type primary but it also has the `primary_entity` field set to `{named}`. Both should not be present in the model.",
            node.name
        )),
        (several, _) => findings.error(node, format!(
            "Semantic models can have only one primary entity. The semantic model `{}` has {}: {}",
            node.name,
            several.len(),
            several.join(", ")
        )),
    }
}

/// A validity window is two time dimensions, its start and its end, and a natural entity.
fn validity(node: &Node, model: &SemanticModel, findings: &mut Findings) {
    let params = |dimension: &Dimension| dimension.type_params.as_ref()?.validity_params.clone();
    let windows: Vec<_> = model.dimensions.iter().filter_map(params).collect();
    let natural = model.entities.iter().find(|entity| entity.kind == EntityType::Natural);
    if windows.is_empty() {
        if let Some(natural) = natural {
            findings.error(node, format!(
                "semantic model `{}` has the natural entity `{}`, which needs a validity window: two time dimensions with `validity_params`",
                node.name, natural.name
            ));
        }
        return;
    }
    let starts = windows.iter().filter(|window| window.is_start).count();
    let ends = windows.iter().filter(|window| window.is_end).count();
    if (windows.len(), starts, ends) != (2, 1, 1) {
        findings.error(node, format!(
            "semantic model `{}` has {} dimensions with `validity_params`, {starts} of them `is_start` and {ends} `is_end`; a validity window has two, a start and an end",
            node.name,
            windows.len()
        ));
    }
    if natural.is_none() {
        findings.error(
            node,
            format!("semantic model `{}` has a validity window and no entity of type `natural`", node.name),
        );
    }
    if model.entities.iter().any(|entity| matches!(entity.kind, EntityType::Primary | EntityType::Unique)) {
        findings.error(node, format!(
            "semantic model `{}` has a validity window and an entity of type `primary` or `unique`, which do not go together",
            node.name
        ));
    }
    if !model.measures.is_empty() {
        findings.error(
            node,
            format!(
                "semantic model `{}` has a validity window and measures, which do not go together",
                node.name
            ),
        );
    }
}

fn time_of_measure(node: &Node, model: &SemanticModel, measure: &Measure, findings: &mut Findings) {
    let Some(name) = model.agg_time_dimension(measure) else {
        findings.error(node, format!(
            "Aggregation time dimension for measure {} on semantic model {} is not set! To fix this either specify a default `agg_time_dimension` for the semantic model or define an `agg_time_dimension` on the measure directly.",
            measure.name, node.name
        ));
        return;
    };
    let Some(by) = model.time_dimension(name) else {
        findings.error(node, format!(
            "In semantic model '{}', measure '{}' has the aggregation time dimension set to '{name}', which is not a valid time dimension in the semantic model",
            node.name, measure.name
        ));
        return;
    };
    let Some(limit) = &measure.non_additive_dimension else { return };
    let who = format!("Measure '{}' has a non_additive_dimension", measure.name);
    match model.dimension(&limit.name) {
        None => findings.error(
            node,
            format!(
                "{who} with name '{}' that is not defined as a dimension in semantic model '{}'.",
                limit.name, node.name
            ),
        ),
        Some(found) if found.kind != DimensionType::Time => findings.error(
            node,
            format!(
                "{who} with name '{}' that is defined as a categorical dimension which is not supported.",
                limit.name
            ),
        ),
        Some(found) => {
            let granularity = |dimension: &Dimension| Some(dimension.type_params.as_ref()?.time_granularity);
            if granularity(found) != granularity(by) {
                findings.error(node, format!(
                    "{who} with name '{}' whose granularity is not that of the measure's agg_time_dimension {}.",
                    limit.name, by.name
                ));
            }
        }
    }
    if !matches!(limit.window_choice, Aggregation::Min | Aggregation::Max) {
        findings.error(
            node,
            format!(
                "{who} with an invalid 'window_choice' of '{}'. Only choices supported are 'min' or 'max'.",
                limit.window_choice.name()
            ),
        );
    }
    for grouping in limit.window_groupings.iter().filter(|name| model.entity(name).is_none()) {
        findings.error(node, format!(
            "{who} with an invalid 'window_groupings': the entity '{grouping}' does not exist in the semantic model."
        ));
    }
}

/// Expressions and parameters that an aggregation needs, or does not take.
fn aggregation(node: &Node, measure: &Measure, findings: &mut Findings) {
    let name = &measure.name;
    if measure.agg == Aggregation::Count {
        match &measure.expr {
            None => findings.error(node, format!(
                "Measure '{name}' uses a COUNT aggregation, which requires an expr to be provided. Provide 'expr: 1' if a count of all rows is desired."
            )),
            Some(expr) if expr.to_lowercase().starts_with("distinct ") => findings.error(node, format!(
                "Measure '{name}' uses a 'count' aggregation with a DISTINCT expr: '{expr}. Please use the count_distinct aggregation type."
            )),
            Some(_) => {}
        }
    }
    let params = measure.agg_params.clone().unwrap_or_default();
    match measure.agg {
        Aggregation::Percentile => match params.percentile {
            None => findings.error(node, format!(
                "Measure '{name}' uses a PERCENTILE aggregation, which requires agg_params.percentile to be provided."
            )),
            Some(percentile) if percentile <= 0.0 || percentile >= 1.0 => findings.error(node, format!(
                "Percentile aggregation parameter for measure '{name}' is '{percentile}', but must be between 0 and 1 (non-inclusive). For percentile values of 0, use MIN, for percentile values of 1, use MAX."
            )),
            Some(_) => {}
        },
        Aggregation::Median => {
            if params.percentile.is_some_and(|percentile| (percentile - 0.5).abs() > f64::EPSILON)
                || params.use_discrete_percentile
            {
                findings.error(node, format!(
                    "Measure '{name}' uses a MEDIAN aggregation, which is the continuous percentile 0.5: remove its agg_params"
                ));
            }
        }
        other => {
            let has_any = params.percentile.is_some_and(|percentile| percentile != 0.0)
                || params.use_discrete_percentile
                || params.use_approximate_percentile;
            if has_any {
                findings.error(node, format!(
                    "Measure '{name}' with aggregation '{}' uses agg_params only relevant to Percentile measures.",
                    other.name()
                ));
            }
        }
    }
}
