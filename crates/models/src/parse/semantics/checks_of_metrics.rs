//! Rules for metrics and saved queries: what they are computed of, over which periods, and under which names.

use crate::graph::node::Node;
use crate::graph::semantics::given::TimeWindow;
use crate::graph::semantics::metric::{ConversionParams, InputMeasure, Metric};
use crate::graph::semantics::semantic_model::SemanticModel;
use crate::graph::semantics::words::{Aggregation, Granularity, MetricType};
use crate::parse::semantics::found::Findings;
use crate::parse::semantics::names;
use crate::parse::semantics::validate::Layer;
use std::collections::{HashMap, HashSet};

pub(super) fn check(layer: &Layer, findings: &mut Findings) {
    let custom = layer.custom_granularities();
    let mut aliases: HashMap<&str, &Node> = HashMap::new();
    for (node, metric) in &layer.metrics {
        match metric.kind {
            MetricType::Cumulative => cumulative(node, metric, &custom, findings),
            MetricType::Derived => derived(node, metric, &custom, findings),
            MetricType::Conversion => {
                if let Some(params) = &metric.type_params.conversion_type_params {
                    conversion(layer, node, params, &custom, findings);
                }
            }
            _ => {}
        }
        constrained_inputs(node, metric, findings);
        for measure in own_measures(metric) {
            let Some(alias) = &measure.alias else { continue };
            names::valid(alias, node, findings);
            let taken = layer.model_of(alias).is_some();
            if taken || aliases.insert(alias, node).is_some() {
                findings.error(node, format!(
                    "Alias `{alias}` for measure `{}` conflicts with a measure, or an alias of one, that is defined elsewhere. Please choose another alias.",
                    measure.name
                ));
            }
        }
    }
    let known: HashSet<&str> = layer.metrics.iter().map(|(node, _)| node.name.as_str()).collect();
    for (node, query) in &layer.saved_queries {
        for metric in query.query_params.metrics.iter().filter(|name| !known.contains(name.as_str())) {
            findings.error(node, format!("`{metric}` is not a valid metric name."));
        }
        if let Some(limit) = query.query_params.limit.filter(|limit| *limit < 0) {
            findings.error(node, format!("Invalid limit value: {limit} (should be >= 0)"));
        }
    }
}

/// The measures that the metric names itself.
fn own_measures(metric: &Metric) -> Vec<&InputMeasure> {
    let params = &metric.type_params;
    let conversion = params.conversion_type_params.iter();
    let of_conversion = conversion.flat_map(|params| [&params.base_measure, &params.conversion_measure]);
    params.measure.iter().chain(of_conversion).collect()
}

fn window(node: &Node, window: &TimeWindow, custom: &[&str], takes_custom: bool, findings: &mut Findings) {
    let granularity = window.granularity.as_str();
    let singular = granularity.strip_suffix('s').unwrap_or(granularity);
    let is_custom = custom.contains(&granularity) || custom.contains(&singular);
    if Granularity::of(granularity).is_some() || (is_custom && takes_custom) {
        return;
    }
    let more = if is_custom { " Custom granularities are not supported for this field yet." } else { "" };
    findings.error(
        node,
        format!("Invalid time granularity '{singular}' in window: '{} {granularity}'{more}", window.count),
    );
}

fn cumulative(node: &Node, metric: &Metric, custom: &[&str], findings: &mut Findings) {
    let Some(params) = &metric.type_params.cumulative_type_params else { return };
    let outer = &metric.type_params.window;
    if outer.is_some() && params.window.is_some() && *outer != params.window {
        findings.error(node, format!(
            "Got differing values for `window` on cumulative metric '{}'. Please remove the value from `type_params.window`.",
            node.name
        ));
    }
    if let Some(grain) = &params.grain_to_date
        && Granularity::of(grain).is_none()
    {
        findings.error(node, format!("Invalid time granularity found in `grain_to_date`: '{grain}'."));
    }
    if params.window.is_some() && params.grain_to_date.is_some() {
        let what = "Both window and grain_to_date set for cumulative metric. Please set one or the other.";
        findings.error(node, format!("{what} ({})", node.name));
    }
    if let Some(given) = &params.window {
        window(node, given, custom, false, findings);
    }
}

fn derived(node: &Node, metric: &Metric, custom: &[&str], findings: &mut Findings) {
    let inputs = &metric.type_params.metrics;
    if inputs.is_empty() {
        findings.error(
            node,
            format!(
                "No input metrics found for derived metric '{}'. Please add metrics to type_params.metrics.",
                node.name
            ),
        );
    }
    let names: HashSet<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    for input in inputs {
        if let Some(alias) = &input.alias {
            names::valid(alias, node, findings);
            if names.contains(alias.as_str()) {
                findings.error(node, format!(
                    "Alias '{alias}' for input metric: '{}' is already being used. Please choose another alias.",
                    input.name
                ));
            }
        }
        if let Some(given) = &input.offset_window {
            window(node, given, custom, true, findings);
        }
        if let Some(grain) = &input.offset_to_grain
            && Granularity::of(grain).is_none()
        {
            findings.error(node, format!("Invalid time granularity found in `offset_to_grain`: '{grain}'."));
        }
        if input.offset_window.is_some() && input.offset_to_grain.is_some() {
            findings.error(node, format!(
                "Both offset_window and offset_to_grain set for derived metric '{}' on input metric '{}'. Please set one or the other.",
                node.name, input.name
            ));
        }
        let used_as = input.alias.as_ref().unwrap_or(&input.name);
        match &metric.type_params.expr {
            Some(expr) if !expr.contains(used_as.as_str()) => findings.warn(
                node,
                &format!(
                    "Input metric '{used_as}' is not used in `expr`: '{expr}' for derived metric '{}'",
                    node.name
                ),
            ),
            _ => {}
        }
    }
    if metric.type_params.expr.is_none() {
        findings.warn(node, &format!("No `expr` set for derived metric {}", node.name));
    }
}

fn conversion(
    layer: &Layer,
    node: &Node,
    params: &ConversionParams,
    custom: &[&str],
    findings: &mut Findings,
) {
    let of = |measure: &InputMeasure| layer.model_of(&measure.name);
    let (Some(base), Some(conversion)) = (of(&params.base_measure), of(&params.conversion_measure)) else {
        findings
            .error(node, format!("For metric '{}', conversion measures specified was not found.", node.name));
        return;
    };
    for ((model_node, model), which) in [(base, "base"), (conversion, "conversion")] {
        if model.entity(&params.entity).is_none() {
            findings.error(
                node,
                format!(
                    "Entity: {} not found in {which} semantic model: {}.",
                    params.entity, model_node.name
                ),
            );
        }
    }
    counts(node, &params.base_measure, base.1, findings);
    counts(node, &params.conversion_measure, conversion.1, findings);
    if params.conversion_measure.filter.is_some() {
        findings.warn(
            node,
            &format!(
                "Measure input {} has a filter. For conversion metrics, filtering on a conversion input measure is not fully supported yet.",
                params.conversion_measure.name
            ),
        );
    }
    if let Some(given) = &params.window {
        window(node, given, custom, false, findings);
    }
    for property in params.constant_properties.iter().flatten() {
        let sides = [(base, &property.base_property), (conversion, &property.conversion_property)];
        for ((model_node, model), name) in sides {
            if model.entity(name).is_none() && model.dimension(name).is_none() {
                findings.error(
                    node,
                    format!(
                        "The provided constant property: {name}, cannot be found in semantic model {}",
                        model_node.name
                    ),
                );
            }
        }
    }
}

/// A conversion is counted, so both of its measures must be counts.
fn counts(node: &Node, input: &InputMeasure, model: &SemanticModel, findings: &mut Findings) {
    let Some(measure) = model.measure(&input.name) else { return };
    let is_count = match measure.agg {
        Aggregation::Count | Aggregation::CountDistinct => true,
        Aggregation::Sum => measure.expr.as_deref() == Some("1"),
        _ => false,
    };
    if !is_count {
        findings.error(node, format!(
            "For conversion metrics, the measure must be COUNT/SUM(1)/COUNT_DISTINCT. Measure: {} is agg type: {}",
            measure.name,
            measure.agg.name()
        ));
    }
}

/// One measure under several conditions needs a name for each.
fn constrained_inputs(node: &Node, metric: &Metric, findings: &mut Findings) {
    let inputs = &metric.type_params.input_measures;
    for (index, input) in inputs.iter().enumerate() {
        let is_repeated =
            inputs.iter().enumerate().any(|(other, one)| other != index && one.name == input.name);
        if is_repeated && input.filter.is_some() && input.alias.is_none() {
            findings.error(node, format!(
                "the metric {} depends on multiple different constrained versions of measure {}. In such cases, aliases must be provided",
                node.name, input.name
            ));
        }
    }
}
