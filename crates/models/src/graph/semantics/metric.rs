//! Metrics.

use crate::graph::semantics::given::{
    TimeWindow, WhereFilters, by_name, by_name_or_nothing, expression, list_by_name,
};
use crate::graph::semantics::words::{ConversionCalculation, Granularity, MetricType, PeriodAggregation};
use crate::json_values::Object;
use serde::{Deserialize, Serialize};

/// A metric, beside what all nodes have.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metric {
    pub label: String,
    #[serde(rename = "type")]
    pub kind: MetricType,
    pub type_params: MetricTypeParams,
    #[serde(default)]
    pub filter: Option<WhereFilters>,
    #[serde(default)]
    pub time_granularity: Option<String>,
    /// That of the config, where it has one.
    #[serde(default)]
    pub meta: Object,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What a metric is computed of; which of it is there depends on its type.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MetricTypeParams {
    #[serde(deserialize_with = "by_name_or_nothing")]
    pub measure: Option<InputMeasure>,
    /// Every measure that the metric needs, through other metrics too. Found out once all metrics are read.
    pub input_measures: Vec<InputMeasure>,
    #[serde(deserialize_with = "by_name_or_nothing")]
    pub numerator: Option<InputMetric>,
    #[serde(deserialize_with = "by_name_or_nothing")]
    pub denominator: Option<InputMetric>,
    #[serde(deserialize_with = "expression")]
    pub expr: Option<String>,
    pub window: Option<TimeWindow>,
    pub grain_to_date: Option<Granularity>,
    #[serde(deserialize_with = "list_by_name")]
    pub metrics: Vec<InputMetric>,
    pub conversion_type_params: Option<ConversionParams>,
    pub cumulative_type_params: Option<CumulativeParams>,
    /// Of a later form of metrics, which dbt 1.11 does not read from YAML.
    pub metric_aggregation_params: Option<()>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InputMeasure {
    pub name: String,
    #[serde(default)]
    pub filter: Option<WhereFilters>,
    #[serde(default)]
    pub alias: Option<String>,
    /// Whether periods without rows are in the result too.
    #[serde(default)]
    pub join_to_timespine: bool,
    #[serde(default)]
    pub fill_nulls_with: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InputMetric {
    pub name: String,
    #[serde(default)]
    pub filter: Option<WhereFilters>,
    #[serde(default)]
    pub alias: Option<String>,
    /// The metric as it was so long before.
    #[serde(default)]
    pub offset_window: Option<TimeWindow>,
    /// The metric as it was at the beginning of this period.
    #[serde(default)]
    pub offset_to_grain: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversionParams {
    #[serde(deserialize_with = "by_name")]
    pub base_measure: InputMeasure,
    #[serde(deserialize_with = "by_name")]
    pub conversion_measure: InputMeasure,
    pub entity: String,
    #[serde(default = "conversion_rate")]
    pub calculation: ConversionCalculation,
    #[serde(default)]
    pub window: Option<TimeWindow>,
    #[serde(default)]
    pub constant_properties: Option<Vec<ConstantProperty>>,
}

fn conversion_rate() -> ConversionCalculation {
    ConversionCalculation::ConversionRate
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConstantProperty {
    pub base_property: String,
    pub conversion_property: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CumulativeParams {
    pub window: Option<TimeWindow>,
    pub grain_to_date: Option<String>,
    pub period_agg: PeriodAggregation,
    /// Of a later form of metrics, which dbt 1.11 does not read from YAML.
    pub metric: Option<()>,
}

impl Default for CumulativeParams {
    fn default() -> Self {
        Self { window: None, grain_to_date: None, period_agg: PeriodAggregation::First, metric: None }
    }
}

impl Metric {
    /// The metrics that it is computed of.
    pub(crate) fn input_metrics(&self) -> Vec<&InputMetric> {
        let params = &self.type_params;
        match self.kind {
            MetricType::Ratio => params.numerator.iter().chain(&params.denominator).collect(),
            MetricType::Derived => params.metrics.iter().collect(),
            _ => Vec::new(),
        }
    }
}
