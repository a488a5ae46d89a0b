//! Periods of time in SQL.

use crate::graph::semantics::given::TimeWindow;
use crate::graph::semantics::words::Granularity;
use crate::metrics::catalog::Catalog;
use crate::metrics::items::Item;
use ingot_core::error::{Error, Result};

/// The beginning of the period that a moment is in.
pub(super) fn truncated(granularity: Granularity, expression: &str) -> String {
    format!("date_trunc('{}', {expression})", granularity.name())
}

/// `interval 7 day`.
pub(super) fn interval(window: &TimeWindow) -> Result<String> {
    let Some(granularity) = Granularity::of(&window.granularity) else {
        let what = format!("a window of '{} {}' cannot be computed", window.count, window.granularity);
        return Err(Error::new(what).hint("use a standard granularity, such as day or month"));
    };
    Ok(match granularity {
        // DuckDB's intervals do not have quarters and nanoseconds under these names.
        Granularity::Quarter => format!("interval {} month", window.count * 3),
        Granularity::Nanosecond => return Err(Error::new("a window of nanoseconds cannot be computed")),
        other => format!("interval {} {}", window.count, other.name()),
    })
}

/// An item's value from the expression of its time, which is known to be of the granularity `base`.
///
/// # Errors
/// Shorter periods are asked for than there are.
pub(super) fn of_item(catalog: &Catalog, item: &Item, expression: &str, base: Granularity) -> Result<String> {
    if let Some(part) = &item.date_part {
        const PARTS: [&str; 6] = ["year", "quarter", "month", "day", "dow", "doy"];
        if !PARTS.contains(&part.as_str()) {
            return Err(Error::new(format!("there is no date part '{part}'"))
                .hint(format!("use one of {}", PARTS.join(", "))));
        }
        // Monday is 1 and Sunday is 7, as in MetricFlow.
        let part = if part == "dow" { "isodow" } else { part };
        return Ok(format!("extract({part} from {expression})"));
    }
    let Some(word) = &item.granularity else { return Ok(truncated(base, expression)) };
    if let Some((spine, column)) = catalog.custom(word) {
        let relation = spine.node.relation_name().unwrap_or_default();
        let period = truncated(spine.granularity, expression);
        return Ok(format!(
            "(select any_value(spine.{column}) from {relation} as spine where spine.{} = {period})",
            spine.column
        ));
    }
    let granularity = Granularity::of(word).ok_or_else(|| {
        Error::new(format!("there is no granularity '{word}'"))
            .did_you_mean(word, Granularity::NAMES.iter().copied())
    })?;
    if granularity < base {
        let what = format!("'{}' has no periods shorter than a {}", item.element(), base.name());
        return Err(Error::new(what).hint(format!("ask for {}__{}", item.element(), base.name())));
    }
    Ok(truncated(granularity, expression))
}
