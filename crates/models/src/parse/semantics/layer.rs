//! The semantic layer of a project, as its checks look at it.

use crate::graph::node::Node;
use crate::graph::semantics::metric::Metric;
use crate::graph::semantics::saved_query::SavedQuery;
use crate::graph::semantics::semantic_model::SemanticModel;
use crate::graph::semantics::time_spine::{self, TimeSpine};

/// The semantic layer of a project.
pub(super) struct Layer<'a> {
    pub models: Vec<(&'a Node, &'a SemanticModel)>,
    pub metrics: Vec<(&'a Node, &'a Metric)>,
    pub saved_queries: Vec<(&'a Node, &'a SavedQuery)>,
    pub spines: Vec<TimeSpine<'a>>,
}

impl<'a> Layer<'a> {
    pub(super) fn of(nodes: &'a [Node]) -> Self {
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
