//! A measure, added up for each group: its rows, filtered, and put on the periods of the time spine where that is asked for.

use crate::graph::semantics::given::TimeWindow;
use crate::graph::semantics::metric::InputMeasure;
use crate::graph::semantics::semantic_model::NonAdditiveDimension;
use crate::graph::semantics::words::Granularity;
use crate::metrics::aggregation;
use crate::metrics::ask::{Ask, Shift, Source, extend};
use crate::metrics::filters::Condition;
use crate::metrics::items::Item;
use crate::metrics::place::Place;
use crate::metrics::rows::{Rows, TIME};
use crate::metrics::{paths, time};
use crate::relations::relation::quoted;
use ingot_core::error::{Error, Result};

impl<'a> Ask<'a> {
    /// A measure, added up for each group.
    pub(super) fn measure(
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
        if shift.is_some() && self.finest(&source).is_none() {
            return Err(Error::new(format!("'{name}' is shifted in time, so it is shown for periods alone"))
                .hint("group by metric_time"));
        }
        let mut sql = match shift {
            None => {
                let rows = self.placed(&source, &conditions, None)?;
                self.added_up(&source, &rows, &conditions, name, true)?
            }
            Some(Shift::ToGrain(grain)) => {
                let rows = self.placed(&source, &conditions, Some(&Place::Beginning(*grain)))?;
                self.added_up(&source, &rows, &conditions, name, true)?
            }
            // Rows move to other periods one by one where those that are shown are longer than the window.
            Some(Shift::Window(window)) if !self.moves_whole_periods(&source, window) => {
                let rows = self.placed(&source, &conditions, Some(&Place::Before(window.clone())))?;
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
            let asked: Vec<Condition> = filters
                .iter()
                .zip(&conditions)
                .filter(|(text, condition)| self.filters.contains(text) && !source.is_about_time(condition))
                .map(|(_, condition)| condition.clone())
                .collect();
            sql = self.filtered_again(&sql, &asked);
        }
        if let Some(fill) = input.fill_nulls_with {
            sql = self.over(&sql, &format!("coalesce({0}, {fill}) as {0}", quoted(name)));
        }
        Ok(sql)
    }

    /// The rows of a measure with all that is grouped and filtered by, its times as `place` has them.
    pub(super) fn placed(
        &self,
        source: &Source,
        conditions: &[Condition],
        place: Option<&Place>,
    ) -> Result<String> {
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
        let sql = self.with_metrics(rows, conditions)?;
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

    /// The query of rows, with the metrics that conditions look at, each joined by what it is grouped by.
    pub(super) fn with_metrics(&self, mut rows: Rows<'a>, conditions: &[Condition]) -> Result<String> {
        for metric in conditions.iter().flat_map(|condition| &condition.metrics) {
            for entity in &metric.group_by {
                rows.select_item(&Item::of_name(entity, self.catalog)?)?;
            }
        }
        let mut sql = rows.sql()?;
        for metric in conditions.iter().flat_map(|condition| &condition.metrics) {
            let items: Result<Vec<Item>> =
                metric.group_by.iter().map(|entity| Item::of_name(entity, self.catalog)).collect();
            let inner = Ask { items: items?, start: None, end: None, filters: Vec::new(), ..self.clone() };
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
        Ok(sql)
    }

    /// Filters, and adds up for each group.
    pub(super) fn added_up(
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
    fn limited(&self, source: &Source, rows: &str, limit: &NonAdditiveDimension) -> Result<String> {
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

    /// Whether a window moves the periods that are shown, which are not longer than it, as MetricFlow decides. Of longer
    /// periods a part of the rows moves to the next one.
    fn moves_whole_periods(&self, source: &Source, window: &TimeWindow) -> bool {
        let shown = self.finest(source).and_then(|item| item.granularity.as_deref());
        match (shown.and_then(Granularity::of), Granularity::of(&window.granularity)) {
            (Some(shown), Some(window)) => shown <= window,
            _ => false,
        }
    }

    /// What the time spine adds has no values but its times, so the query's conditions on columns of the result hold of it
    /// too; those of the metric's own definition do not.
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
}
