//! Semantic models: what the columns of a model mean.

use crate::graph::semantics::given::expression;
use crate::graph::semantics::words::{Aggregation, DimensionType, EntityType, Granularity};
use crate::json_values::Object;
use serde::{Deserialize, Serialize};

/// A semantic model, beside what all nodes have.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SemanticModel {
    /// `ref('orders')`, as written.
    pub model: String,
    /// The relation of that model; known once references are resolved.
    #[serde(default)]
    pub node_relation: Option<NodeRelation>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub defaults: Option<Defaults>,
    #[serde(default)]
    pub entities: Vec<Entity>,
    #[serde(default)]
    pub measures: Vec<Measure>,
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    #[serde(default)]
    pub primary_entity: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NodeRelation {
    pub alias: String,
    pub schema_name: String,
    pub database: Option<String>,
    pub relation_name: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    #[serde(default)]
    pub agg_time_dimension: Option<String>,
}

/// `config:` of an entity, a dimension or a measure; other keys are passed over, as in dbt.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ElementConfig {
    pub meta: Object,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entity {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: EntityType,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub role: Option<String>,
    #[serde(default)]
    pub expr: Option<String>,
    #[serde(default)]
    pub config: ElementConfig,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measure {
    pub name: String,
    pub agg: Aggregation,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub label: Option<String>,
    /// Whether YAML asks for a metric of it; false once that metric is made, as in dbt's manifest.
    #[serde(default)]
    pub create_metric: bool,
    #[serde(default, deserialize_with = "expression")]
    pub expr: Option<String>,
    #[serde(default)]
    pub agg_params: Option<AggregationParams>,
    #[serde(default)]
    pub non_additive_dimension: Option<NonAdditiveDimension>,
    #[serde(default)]
    pub agg_time_dimension: Option<String>,
    #[serde(default)]
    pub config: ElementConfig,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AggregationParams {
    pub percentile: Option<f64>,
    pub use_discrete_percentile: bool,
    pub use_approximate_percentile: bool,
}

/// A dimension over which the measure must not be added up: of its periods one is taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NonAdditiveDimension {
    pub name: String,
    pub window_choice: Aggregation,
    #[serde(default)]
    pub window_groupings: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dimension {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: DimensionType,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub is_partition: bool,
    #[serde(default)]
    pub type_params: Option<DimensionTypeParams>,
    #[serde(default)]
    pub expr: Option<String>,
    /// Where it was read, which dbt leaves empty.
    #[serde(default)]
    pub metadata: Option<()>,
    #[serde(default)]
    pub config: ElementConfig,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DimensionTypeParams {
    pub time_granularity: Granularity,
    #[serde(default)]
    pub validity_params: Option<ValidityParams>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ValidityParams {
    pub is_start: bool,
    pub is_end: bool,
}

impl SemanticModel {
    pub(crate) fn measure(&self, name: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.name == name)
    }
    pub(crate) fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|dimension| dimension.name == name)
    }
    pub(crate) fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name == name)
    }
    /// A time dimension of that name.
    pub(crate) fn time_dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimension(name).filter(|dimension| dimension.kind == DimensionType::Time)
    }
    /// The name of the time dimension by which a measure is added up.
    pub(crate) fn agg_time_dimension<'a>(&'a self, measure: &'a Measure) -> Option<&'a str> {
        let default = || self.defaults.as_ref()?.agg_time_dimension.as_deref();
        measure.agg_time_dimension.as_deref().or_else(default)
    }
    /// The entity that its rows are: that of type `primary`, or the one named for the whole model.
    pub(crate) fn primary(&self) -> Option<&str> {
        let own = self.entities.iter().find(|entity| entity.kind == EntityType::Primary);
        own.map(|entity| entity.name.as_str()).or(self.primary_entity.as_deref())
    }
}
