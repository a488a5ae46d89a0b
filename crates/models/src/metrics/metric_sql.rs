//! A metric as a query: the columns that are grouped by, and one with the metric's name.

use crate::graph::semantics::metric::InputMetric;
use crate::graph::semantics::words::{Granularity, MetricType};
use crate::metrics::ask::{Ask, Shift, extend};
use crate::metrics::conversion;
use crate::relations::relation::quoted;
use ingot_core::error::{Error, Result};

impl<'a> Ask<'a> {
    /// A metric under `filters`, at another time if `shift` says so.
    pub(super) fn metric(&self, name: &str, filters: &[String], shift: Option<&Shift>) -> Result<String> {
        let metric = self.catalog.metric(name)?;
        let mut filters = filters.to_vec();
        extend(&mut filters, metric.filter.as_ref());
        let params = &metric.type_params;
        let lacks = |what: &str| Error::new(format!("the metric '{name}' has no {what}"));
        match metric.kind {
            MetricType::Simple => {
                let input = params.measure.as_ref().ok_or_else(|| lacks("measure"))?;
                self.measure(input, name, filters, shift)
            }
            MetricType::Cumulative => {
                let input = params.measure.as_ref().ok_or_else(|| lacks("measure"))?;
                let how = params.cumulative_type_params.clone().unwrap_or_default();
                if shift.is_some() {
                    return Err(Error::new(format!(
                        "the cumulative metric '{name}' cannot be shifted in time"
                    )));
                }
                self.cumulative(metric, input, name, filters, &how)
            }
            MetricType::Conversion => {
                let how =
                    params.conversion_type_params.as_ref().ok_or_else(|| lacks("conversion_type_params"))?;
                if shift.is_some() {
                    return Err(Error::new(format!(
                        "the conversion metric '{name}' cannot be shifted in time"
                    )));
                }
                conversion::sql(self, how, name, &filters)
            }
            MetricType::Ratio => {
                let both: Vec<&InputMetric> = metric.input_metrics();
                let names = ["__numerator", "__denominator"];
                let inputs: Result<Vec<(String, String, Option<i64>)>> = both
                    .into_iter()
                    .zip(names)
                    .map(|(input, as_name)| self.input(input, as_name, &filters, shift))
                    .collect();
                let share = format!(
                    "cast(__numerator as double) / cast(nullif(__denominator, 0) as double) as {}",
                    quoted(name)
                );
                Ok(self.over(&self.combined(&inputs?), &share))
            }
            MetricType::Derived => {
                let inputs: Result<Vec<(String, String, Option<i64>)>> = params
                    .metrics
                    .iter()
                    .map(|input| {
                        self.input(input, input.alias.as_ref().unwrap_or(&input.name), &filters, shift)
                    })
                    .collect();
                let expr = params.expr.clone().ok_or_else(|| lacks("expr"))?;
                Ok(self.over(&self.combined(&inputs?), &format!("{expr} as {}", quoted(name))))
            }
        }
    }

    /// A metric that another one is computed of: the column it becomes, its query, and what stands for nothing in it.
    fn input(
        &self,
        input: &InputMetric,
        as_name: &str,
        filters: &[String],
        outer: Option<&Shift>,
    ) -> Result<(String, String, Option<i64>)> {
        let mut filters = filters.to_vec();
        extend(&mut filters, input.filter.as_ref());
        let own = match (&input.offset_window, &input.offset_to_grain) {
            (Some(window), _) => Some(Shift::Window(window.clone())),
            (None, Some(grain)) => Granularity::of(grain).map(Shift::ToGrain),
            (None, None) => None,
        };
        if own.is_some() && outer.is_some() {
            return Err(Error::new(format!("the metric '{}' is shifted in time twice", input.name))
                .hint("shift it in one of the metrics alone"));
        }
        let sql = self.metric(&input.name, &filters, own.as_ref().or(outer))?;
        let fill =
            self.catalog.metric(&input.name)?.type_params.measure.as_ref().and_then(|m| m.fill_nulls_with);
        let renamed = self.over(&sql, &format!("{} as {}", quoted(&input.name), quoted(as_name)));
        Ok((as_name.to_owned(), renamed, fill))
    }
}
