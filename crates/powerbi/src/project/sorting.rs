//! In which order a visual shows its groups. It is written into the report, because Power BI's own order differs by kind: it
//! would sort columns of months by their height.

use super::definition::{Shown, Visual};
use super::model::Model;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sorting {
    pub shown: Shown,
    pub descending: bool,
}

/// Time runs from left to right; everything else is sorted by its first measure, the largest first, and a list without
/// measures by its first amount or else by its first column. `None` if there is nothing to sort.
pub(super) fn sorting(visual: &Visual, model: &Model) -> Option<Sorting> {
    let measure = visual.values.iter().find(|shown| matches!(shown, Shown::Measure(_)));
    let by_measure = || measure.map(|shown| Sorting { shown: shown.clone(), descending: true });
    let category = visual.category.first();
    let by_category = || category.map(|shown| Sorting { shown: shown.clone(), descending: false });
    if visual.top.is_some() {
        return by_measure();
    }
    match visual.kind.as_str() {
        "line" | "area" | "matrix" => by_category(),
        "column" | "stacked_column" | "bar" | "donut" | "map" => {
            if category.is_some_and(|shown| is_of_calendar(model, shown)) {
                by_category()
            } else {
                by_measure()
            }
        }
        "table" => by_measure().or_else(|| {
            let amount = visual.values.iter().find(|shown| is_amount(model, shown));
            let first = visual.values.first()?;
            Some(Sorting { shown: amount.unwrap_or(first).clone(), descending: amount.is_some() })
        }),
        _ => None,
    }
}

/// Whether this is a column of the date dimension.
pub(super) fn is_of_calendar(model: &Model, shown: &Shown) -> bool {
    match shown {
        Shown::Column(field) => model.table(&field.table).is_some_and(|table| table.is_date),
        Shown::Measure(_) => false,
    }
}

fn is_amount(model: &Model, shown: &Shown) -> bool {
    let Shown::Column(field) = shown else { return false };
    model.column(field).is_some_and(|column| matches!(column.data_type, "decimal" | "double"))
}
