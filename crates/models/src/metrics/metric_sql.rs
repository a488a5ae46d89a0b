//! A metric as a query: the columns that are grouped by, and one with the metric's name.

use crate::graph::semantics::given::{TimeWindow, WhereFilters};
use crate::graph::semantics::metric::{CumulativeParams, InputMeasure, InputMetric, Metric};
use crate::graph::semantics::semantic_model::Measure;
use crate::graph::semantics::words::{Granularity, MetricType, PeriodAggregation};
use crate::metrics::catalog::{Catalog, Model};
use crate::metrics::filters::{self, Condition};
use crate::metrics::items::{Item, METRIC_TIME};
use crate::metrics::rows::{Rows, TIME};
use crate::metrics::{aggregation, conversion, paths, time};
use crate::relations::relation::quoted;
use ingot_core::error::{Error, Result};

/// What is asked of every metric of a query.
#[derive(Clone)]
pub(super) struct Ask<'a> {
    pub catalog: &'a Catalog<'a>,
    /// What is grouped by, each time with its granularity.
    pub items: Vec<Item>,
    /// The period that is looked at, as literals of SQL without quotes.
    pub start: Option<String>,
    pub end: Option<String>,
}

/// How the time of the result differs from that of the rows.
#[derive(Clone)]
pub(super) enum Shift {
    /// So long before.
    Window(TimeWindow),
    /// At the beginning of the period.
    ToGrain(Granularity),
}

/// A measure with its model and its time.
pub(super) struct Source<'a> {
    pub model: Model<'a>,
    pub measure: &'a Measure,
    pub time: String,
    pub base: Granularity,
    /// The dimension that its time is.
    time_dimension: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn of(catalog: &'a Catalog<'a>, measure: &str) -> Result<Self> {
        let (model, measure) = catalog.measure(measure)?;
        let missing = || Error::new(format!("the measure '{}' has no time dimension", measure.name));
        let name = model.details.agg_time_dimension(measure).ok_or_else(missing)?;
        let dimension = model.details.time_dimension(name).ok_or_else(missing)?;
        Ok(Self {
            model,
            measure,
            time: paths::expression(dimension.expr.as_ref(), name),
            base: paths::granularity(dimension).unwrap_or(Granularity::Day),
            time_dimension: name,
        })
    }

    /// Whether an item is the time by which the measure is added up.
    pub(super) fn is_time(&self, item: &Item) -> bool {
        let is_own = match item.path.as_slice() {
            [entity] => self.model.details.primary() == Some(entity) && item.name == self.time_dimension,
            _ => false,
        };
        item.is_metric_time() || is_own
    }

    /// Whether a condition looks at that time alone.
    pub(super) fn is_about_time(&self, condition: &Condition) -> bool {
        !condition.items.is_empty()
            && condition.metrics.is_empty()
            && condition.items.iter().all(|item| self.is_time(item))
    }
}

/// The granularity at which a metric is shown where none is asked for.
pub(super) fn default_granularity(catalog: &Catalog, metric: &Metric) -> Result<Granularity> {
    if let Some(given) = metric.time_granularity.as_deref().and_then(Granularity::of) {
        return Ok(given);
    }
    let mut out = Granularity::Day;
    for measure in &metric.type_params.input_measures {
        out = out.max(Source::of(catalog, &measure.name)?.base);
    }
    Ok(out)
}

impl<'a> Ask<'a> {
    pub(super) fn columns(&self) -> Vec<String> {
        self.items.iter().map(|item| quoted(&item.column())).collect()
    }

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
        if own.is_some() && !self.items.iter().any(Item::is_metric_time) {
            return Err(Error::new(format!(
                "'{}' is shifted in time, so it is shown for periods alone",
                input.name
            ))
            .hint("group by metric_time"));
        }
        let sql = self.metric(&input.name, &filters, own.as_ref().or(outer))?;
        let fill =
            self.catalog.metric(&input.name)?.type_params.measure.as_ref().and_then(|m| m.fill_nulls_with);
        let renamed = self.over(&sql, &format!("{} as {}", quoted(&input.name), quoted(as_name)));
        Ok((as_name.to_owned(), renamed, fill))
    }

    /// `select` what is grouped by and `more` from a query.
    fn over(&self, sql: &str, more: &str) -> String {
        let mut columns = self.columns();
        columns.push(more.to_owned());
        format!("select {}\nfrom (\n{sql}\n)", columns.join(", "))
    }

    /// Several metrics side by side: a row for each group that one of them has.
    pub(super) fn combined(&self, inputs: &[(String, String, Option<i64>)]) -> String {
        let groups = self.columns();
        let branch = |(at, (_, sql, _)): (usize, &(String, String, Option<i64>))| {
            let mut columns = groups.clone();
            for (other, (name, _, _)) in inputs.iter().enumerate() {
                let value = if other == at { quoted(name) } else { format!("null as {}", quoted(name)) };
                columns.push(value);
            }
            format!("select {} from (\n{sql}\n)", columns.join(", "))
        };
        let branches: Vec<String> = inputs.iter().enumerate().map(branch).collect();
        let mut columns = groups.clone();
        columns.extend(inputs.iter().map(|(name, _, fill)| {
            let name = quoted(name);
            match fill {
                Some(fill) => format!("coalesce(max({name}), {fill}) as {name}"),
                None => format!("max({name}) as {name}"),
            }
        }));
        let query = format!("select {}\nfrom (\n{}\n)", columns.join(", "), branches.join("\nunion all\n"));
        if groups.is_empty() { query } else { format!("{query}\ngroup by {}", groups.join(", ")) }
    }

    /// A measure, added up for each group.
    fn measure(
        &self,
        input: &InputMeasure,
        name: &str,
        mut filters: Vec<String>,
        shift: Option<&Shift>,
    ) -> Result<String> {
        extend(&mut filters, input.filter.as_ref());
        let source = Source::of(self.catalog, &input.name)?;
        let conditions = self.conditions(&filters)?;
        let times: Vec<&Item> = self.items.iter().filter(|item| source.is_time(item)).collect();
        let (about_time, others): (Vec<Condition>, Vec<Condition>) =
            conditions.iter().cloned().partition(|condition| source.is_about_time(condition));
        let mut sql = match shift {
            None => {
                let rows = self.placed(&source, &conditions, None)?;
                self.added_up(&source, &rows, &conditions, name, true)?
            }
            Some(Shift::ToGrain(grain)) => {
                let rows = self.placed(&source, &conditions, Some(&Place::Beginning(*grain)))?;
                self.added_up(&source, &rows, &conditions, name, true)?
            }
            Some(Shift::Window(window)) => {
                let rows = self.placed(&source, &others, None)?;
                let added = self.added_up(&source, &rows, &others, name, false)?;
                self.shifted(&source, &added, name, &times, &about_time, window)?
            }
        };
        if input.join_to_timespine && !times.is_empty() && shift.is_none() {
            sql = self.on_spine(&source, &sql, name, &times, &about_time)?;
            sql = self.filtered_again(&sql, &others);
        }
        if let Some(fill) = input.fill_nulls_with {
            sql = self.over(&sql, &format!("coalesce({0}, {fill}) as {0}", quoted(name)));
        }
        Ok(sql)
    }

    pub(super) fn conditions(&self, filters: &[String]) -> Result<Vec<Condition>> {
        filters.iter().map(|filter| filters::condition(self.catalog, filter)).collect()
    }

    /// The rows of a measure with all that is grouped and filtered by, its times as `place` has them.
    fn placed(&self, source: &Source, conditions: &[Condition], place: Option<&Place>) -> Result<String> {
        let mut rows = Rows::of(self.catalog, source.model, &source.time, source.base);
        rows.select_own(&aggregation::of_row(source.measure), "__value");
        let mut times: Vec<Item> = Vec::new();
        let of_conditions = conditions.iter().flat_map(|condition| &condition.items);
        for item in self.items.iter().chain(of_conditions) {
            if !source.is_time(item) {
                rows.select_item(item)?;
            } else if !times.contains(item) {
                times.push(item.clone());
            }
        }
        if let Some(limit) = &source.measure.non_additive_dimension {
            let dimension = source.model.details.dimension(&limit.name);
            let expression = paths::expression(dimension.and_then(|d| d.expr.as_ref()), &limit.name);
            rows.select_own(&time::truncated(source.base, &expression), "__limit");
            for (number, entity) in limit.window_groupings.iter().enumerate() {
                let entity_expr = source.model.details.entity(entity).and_then(|entity| entity.expr.as_ref());
                rows.select_own(&paths::expression(entity_expr, entity), &format!("__within_{number}"));
            }
        }
        for metric in conditions.iter().flat_map(|condition| &condition.metrics) {
            for entity in &metric.group_by {
                rows.select_item(&Item::of_name(entity, self.catalog)?)?;
            }
        }
        let mut sql = rows.sql()?;
        for metric in conditions.iter().flat_map(|condition| &condition.metrics) {
            let items: Result<Vec<Item>> =
                metric.group_by.iter().map(|entity| Item::of_name(entity, self.catalog)).collect();
            let inner = Ask { items: items?, start: None, end: None, ..self.clone() };
            let keys = inner.columns();
            let on: Vec<String> = keys.iter().map(|key| format!("rows.{key} = known.{key}")).collect();
            sql = format!(
                "select rows.*, known.{} as {}\nfrom (\n{sql}\n) as rows\nleft join (\n{}\n) as known on {}",
                quoted(&metric.metric),
                quoted(&metric.column()),
                inner.metric(&metric.metric, &[], None)?,
                on.join(" and ")
            );
        }
        let (time, from) = match place {
            None => (format!("rows.{TIME}"), format!("(\n{sql}\n) as rows")),
            Some(place) => {
                let spine = self.catalog.spine(source.base)?;
                let relation = spine.node.relation_name().unwrap_or_default();
                let time = format!("spine.{}", spine.column);
                let on = place.condition(&time)?;
                (time, format!("{relation} as spine\njoin (\n{sql}\n) as rows on {on}"))
            }
        };
        let mut columns = vec!["rows.*".to_owned(), format!("{time} as __shown")];
        for item in &times {
            let value = time::of_item(self.catalog, item, &time, source.base)?;
            columns.push(format!("{value} as {}", quoted(&item.column())));
        }
        let mut out = format!("select {}\nfrom {from}", columns.join(", "));
        // Of a longer period its first day alone stands for its beginning, or it would be counted once a day.
        if let (Some(Place::Beginning(_)), Some(finest)) = (place, self.finest(source))
            && let Some(granularity) = finest.granularity.as_deref().and_then(Granularity::of)
        {
            out.push_str(&format!("\nwhere {} = {time}", time::truncated(granularity, &time)));
        }
        Ok(out)
    }

    /// The shortest period that is asked for.
    fn finest(&self, source: &Source) -> Option<&Item> {
        let times = self.items.iter().filter(|item| source.is_time(item) && item.date_part.is_none());
        times.min_by_key(|item| {
            item.granularity.as_deref().and_then(Granularity::of).unwrap_or(Granularity::Year)
        })
    }

    /// Filters, and adds up for each group.
    fn added_up(
        &self,
        source: &Source,
        rows: &str,
        conditions: &[Condition],
        name: &str,
        in_period: bool,
    ) -> Result<String> {
        let mut filters: Vec<String> =
            conditions.iter().map(|condition| format!("({})", condition.sql)).collect();
        if in_period {
            let shown = self.finest(source).map_or("__shown".to_owned(), |item| quoted(&item.column()));
            filters.extend(self.period(&shown));
        }
        let mut rows = format!("select * from (\n{rows}\n)");
        if !filters.is_empty() {
            rows = format!("{rows}\nwhere {}", filters.join(" and "));
        }
        if let Some(limit) = &source.measure.non_additive_dimension {
            rows = self.limited(source, &rows, limit)?;
        }
        let groups = self.columns();
        let mut columns = groups.clone();
        columns.push(format!("{} as {}", aggregation::aggregate(source.measure, "__value"), quoted(name)));
        let query = format!("select {}\nfrom (\n{rows}\n)", columns.join(", "));
        Ok(if groups.is_empty() { query } else { format!("{query}\ngroup by {}", groups.join(", ")) })
    }

    /// Keeps of each period the rows of its last (or first) moment.
    fn limited(
        &self,
        source: &Source,
        rows: &str,
        limit: &crate::graph::semantics::semantic_model::NonAdditiveDimension,
    ) -> Result<String> {
        let mut within: Vec<String> =
            (0..limit.window_groupings.len()).map(|n| format!("__within_{n}")).collect();
        if limit.name == source.time_dimension
            && let Some(item) = self.finest(source)
        {
            within.push(quoted(&item.column()));
        }
        let over =
            if within.is_empty() { String::new() } else { format!("partition by {}", within.join(", ")) };
        let choice = limit.window_choice.name();
        Ok(format!("select * from (\n{rows}\n) qualify __limit = {choice}(__limit) over ({over})"))
    }

    /// Conditions that keep a time within the period that is looked at.
    fn period(&self, time: &str) -> Vec<String> {
        let start = self.start.as_ref().map(|start| format!("{time} >= '{start}'"));
        start.into_iter().chain(self.end.as_ref().map(|end| format!("{time} <= '{end}'"))).collect()
    }

    /// The periods of the time spine as the items ask for them.
    fn spine_periods(&self, source: &Source, times: &[&Item], about_time: &[Condition]) -> Result<String> {
        let spine = self.catalog.spine(source.base)?;
        let relation = spine.node.relation_name().unwrap_or_default();
        let mut wanted: Vec<Item> = times.iter().map(|item| (*item).clone()).collect();
        for item in about_time.iter().flat_map(|condition| &condition.items) {
            if !wanted.contains(item) {
                wanted.push(item.clone());
            }
        }
        let columns: Result<Vec<String>> = wanted
            .iter()
            .map(|item| {
                let value =
                    time::of_item(self.catalog, item, &format!("spine.{}", spine.column), source.base)?;
                Ok(format!("{value} as {}", quoted(&item.column())))
            })
            .collect();
        let mut filters: Vec<String> =
            about_time.iter().map(|condition| format!("({})", condition.sql)).collect();
        if let Some(finest) = self.finest(source) {
            filters.extend(self.period(&quoted(&finest.column())));
        }
        let shown: Vec<String> = times.iter().map(|item| quoted(&item.column())).collect();
        let filter =
            if filters.is_empty() { String::new() } else { format!("\nwhere {}", filters.join(" and ")) };
        Ok(format!(
            "select distinct {}\nfrom (select {} from {relation} as spine){filter}",
            shown.join(", "),
            columns?.join(", ")
        ))
    }

    /// The columns of a group, times from `spine` and the others from `added`.
    fn mixed_columns(&self, times: &[&Item], name: &str) -> String {
        let of = |item: &Item| {
            let from = if times.contains(&item) { "spine" } else { "added" };
            format!("{from}.{}", quoted(&item.column()))
        };
        let mut columns: Vec<String> = self.items.iter().map(of).collect();
        columns.push(format!("added.{}", quoted(name)));
        columns.join(", ")
    }

    /// What the time spine adds has no values but its times, so conditions on columns of the result hold of it too.
    fn filtered_again(&self, sql: &str, conditions: &[Condition]) -> String {
        let is_shown = |condition: &&Condition| {
            condition.metrics.is_empty()
                && !condition.items.is_empty()
                && condition
                    .items
                    .iter()
                    .all(|item| self.items.iter().any(|known| known.column() == item.column()))
        };
        let filters: Vec<String> =
            conditions.iter().filter(is_shown).map(|condition| format!("({})", condition.sql)).collect();
        if filters.is_empty() {
            return sql.to_owned();
        }
        format!("select * from (\n{sql}\n)\nwhere {}", filters.join(" and "))
    }

    fn on_spine(
        &self,
        source: &Source,
        added: &str,
        name: &str,
        times: &[&Item],
        about_time: &[Condition],
    ) -> Result<String> {
        let periods = self.spine_periods(source, times, about_time)?;
        let on: Vec<String> =
            times.iter().map(|item| format!("spine.{0} = added.{0}", quoted(&item.column()))).collect();
        Ok(format!(
            "select {}\nfrom (\n{periods}\n) as spine\nleft join (\n{added}\n) as added on {}",
            self.mixed_columns(times, name),
            on.join(" and ")
        ))
    }

    fn shifted(
        &self,
        source: &Source,
        added: &str,
        name: &str,
        times: &[&Item],
        about_time: &[Condition],
        window: &TimeWindow,
    ) -> Result<String> {
        let finest = self.finest(source).ok_or_else(|| {
            Error::new(format!("'{name}' is shifted in time, so it is shown for periods alone"))
                .hint("group by metric_time")
        })?;
        let periods = self.spine_periods(source, times, about_time)?;
        let column = quoted(&finest.column());
        Ok(format!(
            "select {}\nfrom (\n{periods}\n) as spine\njoin (\n{added}\n) as added on spine.{column} - {} = added.{column}",
            self.mixed_columns(times, name),
            time::interval(window)?
        ))
    }

    /// A measure over all that was up to each period.
    fn cumulative(
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

/// Which rows count for a period of the time spine.
enum Place {
    /// Those of the beginning of the longer period that it is in.
    Beginning(Granularity),
    /// All up to it: of a window before it, or since the beginning of a longer period.
    UpTo { window: Option<TimeWindow>, grain: Option<Granularity> },
}

impl Place {
    fn condition(&self, spine: &str) -> Result<String> {
        Ok(match self {
            Self::Beginning(grain) => format!("{} = rows.{TIME}", time::truncated(*grain, spine)),
            Self::UpTo { window: Some(window), .. } => {
                format!("rows.{TIME} <= {spine} and rows.{TIME} > {spine} - {}", time::interval(window)?)
            }
            Self::UpTo { window: None, grain: Some(grain) } => {
                format!("rows.{TIME} <= {spine} and rows.{TIME} >= {}", time::truncated(*grain, spine))
            }
            Self::UpTo { window: None, grain: None } => format!("rows.{TIME} <= {spine}"),
        })
    }
}

fn extend(filters: &mut Vec<String>, more: Option<&WhereFilters>) {
    filters.extend(more.into_iter().flat_map(WhereFilters::texts).map(str::to_owned));
}
