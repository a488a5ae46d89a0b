//! What must hold of the semantic layer as a whole: the rules of dbt's own validator.
//! <https://github.com/dbt-labs/dbt-semantic-interfaces/tree/main/dbt_semantic_interfaces/validations>

use crate::graph::node::Node;
use crate::graph::semantics::metric::Metric;
use crate::graph::semantics::saved_query::SavedQuery;
use crate::graph::semantics::semantic_model::SemanticModel;
use crate::graph::semantics::time_spine::{self, TimeSpine};
use crate::graph::semantics::words::{Granularity, MetricType};
use crate::parse::semantics::found::Findings;
use crate::parse::semantics::{checks_of_metrics, checks_of_models, names};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::Error;

/// The semantic layer of a project.
pub(super) struct Layer<'a> {
    pub models: Vec<(&'a Node, &'a SemanticModel)>,
    pub metrics: Vec<(&'a Node, &'a Metric)>,
    pub saved_queries: Vec<(&'a Node, &'a SavedQuery)>,
    pub spines: Vec<TimeSpine<'a>>,
}

impl<'a> Layer<'a> {
    fn of(nodes: &'a [Node]) -> Self {
        Self {
            models: nodes.iter().filter_map(|node| Some((node, node.semantic_model()?))).collect(),
            metrics: nodes.iter().filter_map(|node| Some((node, node.metric()?))).collect(),
            saved_queries: nodes.iter().filter_map(|node| Some((node, node.saved_query()?))).collect(),
            spines: nodes.iter().filter_map(time_spine::of_node).collect(),
        }
    }
    /// The granularities that time spines add to the standard ones.
    pub(super) fn custom_granularities(&self) -> Vec<&str> {
        self.spines.iter().flat_map(|spine| &spine.custom).map(|(name, _)| name.as_str()).collect()
    }
    /// The semantic model that has a measure.
    pub(super) fn model_of(&self, measure: &str) -> Option<(&'a Node, &'a SemanticModel)> {
        self.models.iter().find(|(_, model)| model.measure(measure).is_some()).copied()
    }
}

/// Checks all of it. As in dbt, a project without metrics, or without semantic models, needs no more than its time spine.
/// `nested_required`: dbt's flag `require_nested_cumulative_type_params`; `spine_required`: dbt's flag
/// `require_yaml_configuration_for_mf_time_spines`.
pub(in crate::parse) fn check(
    nodes: &[Node],
    nested_required: bool,
    spine_required: bool,
    errors: &mut Vec<Error>,
    warnings: &mut Vec<Warning>,
) {
    spine_exists(nodes, errors);
    let layer = Layer::of(nodes);
    if layer.metrics.is_empty() || layer.models.is_empty() {
        return;
    }
    let mut findings = Findings::default();
    checks_of_models::check(&layer, &mut findings);
    checks_of_metrics::check(&layer, &mut findings);
    names::check(&layer, &mut findings);
    spines(&layer, &mut findings);
    old_parameters(&layer, nested_required, &mut findings);
    if !spine_required
        && let Some(node) = time_spine::by_name(nodes)
        && !layer.spines.iter().any(|spine| spine.granularity == Granularity::Day)
    {
        let kind = WarningKind::MFTimespineWithoutYamlConfigurationDeprecation;
        let text = format!(
            "the model '{}' is a time spine by its name alone; describe it with `time_spine:` ({})",
            node.name, node.original_file_path
        );
        findings.warnings.push(Warning::new(kind, text));
    }
    errors.extend(findings.errors);
    warnings.extend(findings.warnings);
}

/// Semantic models need a time spine of days or shorter periods. The words are dbt's.
fn spine_exists(nodes: &[Node], errors: &mut Vec<Error>) {
    let Some(model) = nodes.iter().find(|node| node.semantic_model().is_some()) else { return };
    if time_spine::all(nodes).iter().any(|spine| spine.granularity <= Granularity::Day) {
        return;
    }
    errors.push(
        Error::new(
            "The semantic layer requires a time spine model with granularity DAY or smaller in the project, but none was found.",
        )
        .at_line(&model.original_file_path, model.line)
        .hint("make a model with a row for each day, and describe it with `time_spine:` and the `granularity:` of its column"),
    );
}

/// One time spine for each granularity, and one that is as fine as the dimensions.
fn spines(layer: &Layer, findings: &mut Findings) {
    for (index, spine) in layer.spines.iter().enumerate() {
        if let Some(other) = layer.spines[..index].iter().find(|other| other.granularity == spine.granularity)
        {
            findings.warn(
                spine.node,
                &format!(
                    "'{}' and '{}' are both time spines of the granularity {}, and one is supported",
                    other.node.name,
                    spine.node.name,
                    spine.granularity.name()
                ),
            );
        }
    }
    let dimensions = layer.models.iter().flat_map(|(_, model)| &model.dimensions);
    let finest =
        dimensions.filter_map(|dimension| Some(dimension.type_params.as_ref()?.time_granularity)).min();
    let spine = layer.spines.iter().min_by_key(|spine| spine.granularity);
    if let (Some(finest), Some(spine)) = (finest, spine)
        && finest < spine.granularity
    {
        findings.warn(
            spine.node,
            &format!(
                "a time dimension has the granularity {}, and no time spine is finer than {}",
                finest.name(),
                spine.granularity.name()
            ),
        );
    }
}

/// `window` and `grain_to_date` belong under `cumulative_type_params`.
fn old_parameters(layer: &Layer, nested_required: bool, findings: &mut Findings) {
    for (node, metric) in &layer.metrics {
        let params = &metric.type_params;
        if metric.kind != MetricType::Cumulative
            || (params.window.is_none() && params.grain_to_date.is_none())
        {
            continue;
        }
        let what = format!(
            "Cumulative fields `type_params.window` and `type_params.grain_to_date` of the metric '{}' should be nested under `type_params.cumulative_type_params`",
            node.name
        );
        if nested_required {
            findings.error(node, what);
        } else {
            let kind = WarningKind::MFCumulativeTypeParamsDeprecation;
            findings.warnings.push(Warning::new(kind, format!("{what} ({})", node.original_file_path)));
        }
    }
}
