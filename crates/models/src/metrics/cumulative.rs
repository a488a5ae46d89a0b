//! Cumulative metrics: a measure over all that was up to each period.

use crate::graph::semantics::metric::{CumulativeParams, InputMeasure, Metric};
use crate::graph::semantics::words::{Granularity, PeriodAggregation};
use crate::metrics::ask::{Ask, Source, default_granularity, extend};
use crate::metrics::items::{Item, METRIC_TIME};
use crate::metrics::place::Place;
use crate::relations::relation::quoted;
use ingot_core::error::{Error, Result};

impl<'a> Ask<'a> {
    /// A measure over all that was up to each period.
    pub(super) fn cumulative(
        &self,
        metric: &Metric,
        input: &InputMeasure,
        name: &str,
        mut filters: Vec<String>,
        how: &CumulativeParams,
    ) -> Result<String> {
        extend(&mut filters, input.filter.as_ref());
        let source = Source::of(self.catalog, &input.name)?;
        let has_time = self.items.iter().any(|item| source.is_time(item));
        if !has_time {
            if how.window.is_some() || how.grain_to_date.is_some() {
                return Err(Error::new(format!(
                    "the metric '{name}' is of a period, so it is shown for periods alone"
                ))
                .hint("group by metric_time"));
            }
            let conditions = self.conditions(&filters)?;
            let rows = self.placed(&source, &conditions, None)?;
            return self.added_up(&source, &rows, &conditions, name, true);
        }
        let default = default_granularity(self.catalog, metric)?;
        let is_default =
            |item: &Item| source.is_time(item) && item.granularity.as_deref() == Some(default.name());
        let grain = how.grain_to_date.as_deref().and_then(Granularity::of);
        let place = Place::UpTo { window: how.window.clone(), grain };
        let compute = |ask: &Ask| -> Result<String> {
            let conditions = ask.conditions(&filters)?;
            let rows = ask.placed(&source, &conditions, Some(&place))?;
            ask.added_up(&source, &rows, &conditions, name, true)
        };
        let mut sql = if self.items.iter().any(is_default) {
            compute(self)?
        } else {
            // Computed for its own periods, of which one stands for the longer one.
            let own = Item {
                path: Vec::new(),
                name: METRIC_TIME.to_owned(),
                granularity: Some(default.name().to_owned()),
                date_part: None,
            };
            let column = quoted(&own.column());
            let mut inner = self.clone();
            inner.items.push(own);
            let groups = self.columns().join(", ");
            let value = quoted(name);
            let one = match how.period_agg {
                PeriodAggregation::Average => format!("avg({value}) over (partition by {groups})"),
                other => format!(
                    "{}_value({value}) over (partition by {groups} order by {column} rows between unbounded preceding and unbounded following)",
                    other.name()
                ),
            };
            format!("select distinct {groups}, {one} as {value}\nfrom (\n{}\n)", compute(&inner)?)
        };
        if let Some(fill) = input.fill_nulls_with {
            sql = self.over(&sql, &format!("coalesce({0}, {fill}) as {0}", quoted(name)));
        }
        Ok(sql)
    }
}
