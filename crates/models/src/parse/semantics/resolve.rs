//! What metrics, saved queries and calls of `metric()` and `function()` refer to.
//! <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/parser/manifest.py> (_process_metric_node)

use crate::graph::manifest::{Lookup, NotFound};
use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::graph::resource_type::ResourceType;
use crate::graph::semantics::metric::InputMeasure;
use crate::graph::semantics::semantic_model::NodeRelation;
use crate::graph::semantics::words::MetricType;
use ingot_core::error::Error;
use std::collections::HashMap;

/// Puts into each node which metrics and functions it depends on, and into each metric which measures it needs. `root` is
/// the name of the root project.
pub(in crate::parse) fn resolve(
    root: &str,
    nodes: &mut [Node],
    disabled: &[Node],
    lookup: &Lookup,
    errors: &mut Vec<Error>,
) {
    resolve_calls(root, nodes, lookup, errors);
    let has_metrics = nodes.iter().any(|node| node.metric().is_some());
    let has_models = nodes.iter().any(|node| node.semantic_model().is_some());
    if has_metrics {
        let mut metrics = Metrics::new(root, nodes, disabled, lookup);
        let all: Vec<usize> = (0..nodes.len()).filter(|index| nodes[*index].metric().is_some()).collect();
        for index in all {
            if let Err(error) = metrics.process(index) {
                errors.push(error);
            }
        }
        let found = metrics.found;
        for (index, Found { measures, needs }) in found {
            nodes[index].depends_on = needs;
            if let NodeKind::Metric(Some(metric)) = &mut nodes[index].kind {
                metric.type_params.input_measures = measures;
            }
        }
    }
    if has_models {
        give_relations(nodes);
    }
}

fn resolve_calls(root: &str, nodes: &mut [Node], lookup: &Lookup, errors: &mut Vec<Error>) {
    for node in nodes {
        let calls =
            [(ResourceType::Metric, node.metrics.clone()), (ResourceType::Function, node.functions.clone())];
        for (kind, calls) in calls {
            for call in calls {
                match lookup.resolve_by_kind(kind, &call, &node.package_name, root) {
                    Ok(id) if node.depends_on.iter().any(|known| known == id) => {}
                    Ok(id) => node.depends_on.push(id.to_owned()),
                    Err(reason) => errors.push(missing(node, kind, &call, &reason)),
                }
            }
        }
    }
}

fn missing(node: &Node, kind: ResourceType, call: &[String], reason: &NotFound) -> Error {
    let name = call.join(".");
    let outcome = match reason {
        NotFound::Disabled(file) => format!("is disabled ({file})"),
        _ => "was not found".to_owned(),
    };
    let error = Error::new(format!(
        "{} '{}' depends on a {} named '{name}' which {outcome}",
        node.resource_type().name(),
        node.name,
        kind.name()
    ))
    .at_line(&node.original_file_path, node.line);
    match reason {
        NotFound::Unknown { near: Some(near) } => error.hint(format!("did you mean '{near}'?")),
        NotFound::Disabled(_) => error.hint("enable it, or take this reference out"),
        _ => error,
    }
}

/// What was found out of one metric.
#[derive(Default, Clone)]
struct Found {
    measures: Vec<InputMeasure>,
    needs: Vec<String>,
}

struct Metrics<'a> {
    root: &'a str,
    nodes: &'a [Node],
    lookup: &'a Lookup,
    by_id: HashMap<&'a str, usize>,
    /// The semantic models that have a measure of a name; those that are switched off come last.
    measures: HashMap<&'a str, Vec<&'a Node>>,
    found: HashMap<usize, Found>,
    open: Vec<usize>,
}

impl<'a> Metrics<'a> {
    fn new(root: &'a str, nodes: &'a [Node], disabled: &'a [Node], lookup: &'a Lookup) -> Self {
        let mut measures: HashMap<&str, Vec<&Node>> = HashMap::new();
        for node in nodes.iter().chain(disabled) {
            for measure in node.semantic_model().into_iter().flat_map(|model| &model.measures) {
                measures.entry(&measure.name).or_default().push(node);
            }
        }
        Self {
            root,
            nodes,
            lookup,
            by_id: nodes.iter().enumerate().map(|(index, node)| (node.unique_id.as_str(), index)).collect(),
            measures,
            found: HashMap::new(),
            open: Vec::new(),
        }
    }

    /// The semantic model that has the measure: that of the root project first, then the metric's own package's.
    fn model_of(&self, measure: &str, package: &str) -> Option<&'a Node> {
        let all = self.measures.get(measure)?;
        let of = |wanted: Option<&str>| {
            all.iter().find(|node| wanted.is_none_or(|wanted| node.package_name == wanted)).copied()
        };
        of(Some(self.root)).or_else(|| of(Some(package))).or_else(|| of(None))
    }

    fn process(&mut self, index: usize) -> Result<Found, Error> {
        if let Some(found) = self.found.get(&index) {
            return Ok(found.clone());
        }
        let node = &self.nodes[index];
        let Some(metric) = node.metric() else { return Ok(Found::default()) };
        let wrong = |what: String| Error::new(what).at_line(&node.original_file_path, node.line);
        let mut out = Found { measures: Vec::new(), needs: node.depends_on.clone() };
        let params = &metric.type_params;
        match metric.kind {
            MetricType::Simple | MetricType::Cumulative => {
                let measure = params.measure.as_ref().ok_or_else(|| {
                    wrong(format!("the metric '{}' is {} and has no measure", node.name, metric.kind.name()))
                        .hint("add `measure: ...` under `type_params:`")
                })?;
                add(&mut out.measures, measure);
            }
            MetricType::Conversion => {
                let conversion = params.conversion_type_params.as_ref().ok_or_else(|| {
                    wrong(format!(
                        "the metric '{}' is conversion and has no conversion_type_params",
                        node.name
                    ))
                    .hint("add `conversion_type_params:` with base_measure, conversion_measure and entity")
                })?;
                add(&mut out.measures, &conversion.base_measure);
                add(&mut out.measures, &conversion.conversion_measure);
            }
            MetricType::Ratio if params.numerator.is_none() || params.denominator.is_none() => {
                return Err(wrong(format!(
                    "Invalid ratio metric. Both a numerator and denominator must be specified: '{}'",
                    node.name
                ))
                .hint("add `numerator:` and `denominator:` under `type_params:`"));
            }
            MetricType::Ratio | MetricType::Derived => {
                // The graph reports the cycle.
                if self.open.contains(&index) {
                    return Ok(out);
                }
                self.open.push(index);
                for input in metric.input_metrics() {
                    let call = [input.name.clone()];
                    let id = self
                        .lookup
                        .resolve_by_kind(ResourceType::Metric, &call, &node.package_name, self.root)
                        .map_err(|reason| match reason {
                            NotFound::Disabled(_) => wrong(format!(
                                "The metric `{}` is disabled and thus cannot be referenced.",
                                input.name
                            )),
                            NotFound::Unknown { near: Some(near) } => {
                                wrong(unknown_metric(&input.name, node))
                                    .hint(format!("did you mean '{near}'?"))
                            }
                            _ => wrong(unknown_metric(&input.name, node)),
                        })?;
                    if !out.needs.iter().any(|known| known == id) {
                        out.needs.push(id.to_owned());
                    }
                    if let Some(&needed) = self.by_id.get(id) {
                        for measure in &self.process(needed)?.measures {
                            add(&mut out.measures, measure);
                        }
                    }
                }
                self.open.pop();
                self.found.insert(index, out.clone());
                return Ok(out);
            }
        }
        for measure in &out.measures {
            let model = self.model_of(&measure.name, &node.package_name).ok_or_else(|| {
                wrong(format!(
                    "A semantic model having a measure `{}` does not exist but was referenced.",
                    measure.name
                ))
                .did_you_mean(&measure.name, self.measures.keys().copied())
            })?;
            if !model.is_enabled() {
                return Err(wrong(format!(
                    "The measure `{}` is referenced on disabled semantic model `{}`.",
                    measure.name, model.name
                )));
            }
            if !out.needs.contains(&model.unique_id) {
                out.needs.push(model.unique_id.clone());
            }
        }
        self.found.insert(index, out.clone());
        Ok(out)
    }
}

fn unknown_metric(name: &str, node: &Node) -> String {
    format!("The metric `{name}` does not exist but was referenced by metric `{}`.", node.name)
}

fn add(all: &mut Vec<InputMeasure>, measure: &InputMeasure) {
    if !all.contains(measure) {
        all.push(measure.clone());
    }
}

/// Gives each semantic model the relation of the model it describes.
fn give_relations(nodes: &mut [Node]) {
    let relation = |node: &Node| NodeRelation {
        alias: node.alias.clone(),
        schema_name: node.schema.clone(),
        database: Some(node.database.clone()),
        relation_name: node.relation_name(),
    };
    let known: HashMap<String, NodeRelation> = nodes
        .iter()
        .filter(|node| node.resource_type().can_be_referred_to())
        .map(|node| (node.unique_id.clone(), relation(node)))
        .collect();
    for node in nodes {
        let described = node.depends_on.first().and_then(|id| known.get(id)).cloned();
        if let NodeKind::SemanticModel(Some(model)) = &mut node.kind {
            model.node_relation = described;
        }
    }
}
