//! What can be asked for: the metrics, semantic models and time spines of a manifest.

use crate::graph::node::Node;
use crate::graph::semantics::metric::Metric;
use crate::graph::semantics::saved_query::SavedQuery;
use crate::graph::semantics::semantic_model::{Measure, SemanticModel};
use crate::graph::semantics::time_spine::{self, TimeSpine};
use crate::graph::semantics::words::Granularity;
use ingot_core::error::{Error, Result};

pub(crate) struct Catalog<'a> {
    pub(super) metrics: Vec<(&'a Node, &'a Metric)>,
    pub(super) models: Vec<Model<'a>>,
    pub(super) spines: Vec<TimeSpine<'a>>,
    saved_queries: Vec<(&'a Node, &'a SavedQuery)>,
}

/// A semantic model, under its name.
#[derive(Clone, Copy)]
pub(super) struct Model<'a> {
    pub name: &'a str,
    pub details: &'a SemanticModel,
}

impl<'a> Catalog<'a> {
    pub(crate) fn of(nodes: &'a [Node]) -> Self {
        Self {
            metrics: nodes.iter().filter_map(|node| Some((node, node.metric()?))).collect(),
            models: nodes
                .iter()
                .filter_map(|node| Some(Model { name: &node.name, details: node.semantic_model()? }))
                .collect(),
            spines: time_spine::all(nodes),
            saved_queries: nodes.iter().filter_map(|node| Some((node, node.saved_query()?))).collect(),
        }
    }

    /// A line for each metric: its name, its type, its label.
    pub(crate) fn lines(&self) -> Vec<String> {
        let width = |of: fn(&(&Node, &Metric)) -> usize| self.metrics.iter().map(of).max().unwrap_or(0);
        let names = width(|(node, _)| node.name.len());
        let kinds = width(|(_, metric)| metric.kind.name().len());
        let mut lines: Vec<String> = self
            .metrics
            .iter()
            .map(|(node, metric)| {
                format!("{:names$}  {:kinds$}  {}", node.name, metric.kind.name(), metric.label)
            })
            .collect();
        lines.sort();
        lines
    }

    pub(super) fn metric(&self, name: &str) -> Result<&'a Metric> {
        let found = self.metrics.iter().find(|(node, _)| node.name == name).map(|(_, metric)| *metric);
        found.ok_or_else(|| {
            Error::new(format!("there is no metric '{name}'"))
                .did_you_mean(name, self.metrics.iter().map(|(node, _)| node.name.as_str()))
        })
    }

    pub(super) fn saved_query(&self, name: &str) -> Result<&'a SavedQuery> {
        let found = self.saved_queries.iter().find(|(node, _)| node.name == name).map(|(_, query)| *query);
        found.ok_or_else(|| {
            Error::new(format!("there is no saved query '{name}'"))
                .did_you_mean(name, self.saved_queries.iter().map(|(node, _)| node.name.as_str()))
        })
    }

    /// The semantic model of a measure, and the measure.
    pub(super) fn measure(&self, name: &str) -> Result<(Model<'a>, &'a Measure)> {
        let found = self.models.iter().find_map(|model| Some((*model, model.details.measure(name)?)));
        found.ok_or_else(|| Error::new(format!("there is no measure '{name}'")))
    }

    /// Whether a word is a granularity: a standard one, or that of a time spine.
    pub(super) fn is_granularity(&self, word: &str) -> bool {
        Granularity::of(word).is_some() || self.custom(word).is_some()
    }

    /// The time spine that has a granularity of its own, and the column.
    pub(super) fn custom(&self, word: &str) -> Option<(&TimeSpine<'a>, &str)> {
        self.spines.iter().find_map(|spine| {
            let column = spine.custom.iter().find(|(name, _)| name == word)?;
            Some((spine, column.1.as_str()))
        })
    }

    /// The coarsest time spine that has all periods of `base`.
    pub(super) fn spine(&self, base: Granularity) -> Result<&TimeSpine<'a>> {
        let fits = self.spines.iter().filter(|spine| spine.granularity <= base);
        fits.max_by_key(|spine| spine.granularity).ok_or_else(|| {
            Error::new(format!("there is no time spine of the granularity {} or finer", base.name()))
                .hint("describe a model that has a row for each period with `time_spine:`")
        })
    }
}
