//! How a measure is added up.

use crate::graph::semantics::semantic_model::Measure;
use crate::graph::semantics::words::Aggregation;
use crate::metrics::paths::expression;

/// What each row gives to the measure, for the inner query.
pub(super) fn of_row(measure: &Measure) -> String {
    let expr = expression(measure.expr.as_ref(), &measure.name);
    match measure.agg {
        // Sums of these are null where there are no rows, as MetricFlow has it.
        Aggregation::Count => format!("case when {expr} is not null then 1 else 0 end"),
        Aggregation::SumBoolean => format!("case when {expr} then 1 else 0 end"),
        _ => expr,
    }
}

/// The aggregate of a column that has what each row gives.
pub(super) fn aggregate(measure: &Measure, column: &str) -> String {
    let params = measure.agg_params.clone().unwrap_or_default();
    match measure.agg {
        Aggregation::Sum | Aggregation::Count | Aggregation::SumBoolean => format!("sum({column})"),
        Aggregation::Min => format!("min({column})"),
        Aggregation::Max => format!("max({column})"),
        Aggregation::CountDistinct => format!("count(distinct {column})"),
        Aggregation::Average => format!("avg({column})"),
        Aggregation::Median => format!("percentile_cont(0.5) within group (order by {column})"),
        Aggregation::Percentile => {
            let share = params.percentile.unwrap_or(0.5);
            match (params.use_approximate_percentile, params.use_discrete_percentile) {
                (true, _) => format!("approx_quantile({column}, {share})"),
                (false, true) => format!("percentile_disc({share}) within group (order by {column})"),
                (false, false) => format!("percentile_cont({share}) within group (order by {column})"),
            }
        }
    }
}
