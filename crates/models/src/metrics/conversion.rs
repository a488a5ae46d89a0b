//! Conversion metrics: how often one event (a visit) leads to another (an order) of the same entity.

use crate::graph::semantics::metric::ConversionParams;
use crate::graph::semantics::words::ConversionCalculation;
use crate::metrics::aggregation;
use crate::metrics::ask::{Ask, Source};
use crate::metrics::items::Item;
use crate::metrics::rows::{Rows, TIME};
use crate::metrics::time;
use crate::relations::relation::quoted;
use ingot_core::error::Result;

/// The query: events of the base for each group, and beside them those conversions whose closest event of the base before
/// them is in the group.
pub(super) fn sql(ask: &Ask, how: &ConversionParams, name: &str, filters: &[String]) -> Result<String> {
    let base = Source::of(ask.catalog, &how.base_measure.name)?;
    let conversion = Source::of(ask.catalog, &how.conversion_measure.name)?;
    let entity = Item::of_name(&how.entity, ask.catalog)?;
    let mut all = filters.to_vec();
    all.extend(how.base_measure.filter.iter().flat_map(|filter| filter.texts()).map(str::to_owned));
    let conditions = ask.conditions(&all)?;

    let mut rows = Rows::of(ask.catalog, base.model, &base.time, base.base);
    rows.select_own(&aggregation::of_row(base.measure), "__value");
    rows.select_item(&entity)?;
    let mut times: Vec<&Item> = Vec::new();
    let of_conditions = conditions.iter().flat_map(|condition| &condition.items);
    for item in ask.items.iter().chain(of_conditions) {
        if !base.is_time(item) {
            rows.select_item(item)?;
        } else if !times.contains(&item) {
            times.push(item);
        }
    }
    let properties = how.constant_properties.as_deref().unwrap_or_default();
    let own = |source: &Source, property: &str| -> Option<Item> {
        let path = source.model.details.primary().map(str::to_owned).into_iter().collect();
        let is_dimension = source.model.details.dimension(property).is_some();
        let path = if is_dimension { path } else { Vec::new() };
        Some(Item { path, name: property.to_owned(), granularity: None, date_part: None })
    };
    let mut same: Vec<String> = vec![format!("base.{0} = converted.{0}", quoted(&entity.column()))];
    let mut of_conversion = Rows::of(ask.catalog, conversion.model, &conversion.time, conversion.base);
    of_conversion.select_own(&aggregation::of_row(conversion.measure), "__value");
    of_conversion.select_item(&entity)?;
    for property in properties {
        let sides = (own(&base, &property.base_property), own(&conversion, &property.conversion_property));
        if let (Some(left), Some(right)) = sides {
            rows.select_item(&left)?;
            of_conversion.select_item(&right)?;
            same.push(format!("base.{} = converted.{}", quoted(&left.column()), quoted(&right.column())));
        }
    }
    same.push(format!("base.{TIME} <= converted.{TIME}"));
    if let Some(window) = &how.window {
        same.push(format!("base.{TIME} > converted.{TIME} - {}", time::interval(window)?));
    }
    let mut columns = vec!["rows.*".to_owned()];
    for item in &times {
        let value = time::of_item(ask.catalog, item, &format!("rows.{TIME}"), base.base)?;
        columns.push(format!("{value} as {}", quoted(&item.column())));
    }
    let mut filters: Vec<String> =
        conditions.iter().map(|condition| format!("({})", condition.sql)).collect();
    filters.extend(ask.start.iter().map(|start| format!("{TIME} >= '{start}'")));
    filters.extend(ask.end.iter().map(|end| format!("{TIME} <= '{end}'")));
    let filter =
        if filters.is_empty() { String::new() } else { format!("\nwhere {}", filters.join(" and ")) };
    let rows = ask.with_metrics(rows, &conditions)?;
    let base_rows =
        format!("select * from (select {} from (\n{rows}\n) as rows){filter}", columns.join(", "));
    let converted = format!("select *, row_number() over () as __event from (\n{}\n)", of_conversion.sql()?);
    // The closest event before the conversion is the one that led to it.
    let pairs = format!(
        "select base.*, converted.__value as __converted\nfrom (\n{base_rows}\n) as base\njoin (\n{converted}\n) as converted on {}\nqualify row_number() over (partition by converted.__event order by base.{TIME} desc) = 1",
        same.join(" and ")
    );
    let groups = ask.columns();
    let grouped = |value: String, from: &str| {
        let mut columns = groups.clone();
        columns.push(value);
        let query = format!("select {}\nfrom (\n{from}\n)", columns.join(", "));
        if groups.is_empty() { query } else { format!("{query}\ngroup by {}", groups.join(", ")) }
    };
    let visits =
        grouped(format!("{} as __base", aggregation::aggregate(base.measure, "__value")), &base_rows);
    let buys = grouped(
        format!("{} as __conversions", aggregation::aggregate(conversion.measure, "__converted")),
        &pairs,
    );
    let both = ask.combined(&[
        ("__base".to_owned(), visits, how.base_measure.fill_nulls_with),
        ("__conversions".to_owned(), buys, how.conversion_measure.fill_nulls_with),
    ]);
    let value = match how.calculation {
        ConversionCalculation::Conversions => "__conversions",
        ConversionCalculation::ConversionRate => {
            "cast(__conversions as double) / cast(nullif(__base, 0) as double)"
        }
    };
    let mut columns = groups.clone();
    columns.push(format!("{value} as {}", quoted(name)));
    Ok(format!("select {}\nfrom (\n{both}\n)", columns.join(", ")))
}
