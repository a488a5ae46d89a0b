//! Measures as DAX (<https://learn.microsoft.com/dax/>).

use super::definition::{Definition, Field, Formula, Function, Literal, Measure, Period};

/// `'dim_date'[full_date]`.
pub(super) fn column(field: &Field) -> String {
    format!("{}[{}]", table(&field.table), field.column.replace(']', "]]"))
}

fn table(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

pub(super) fn measure(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// The expression of a measure; several lines where it has steps.
pub(super) fn expression(definition: &Definition, one: &Measure) -> String {
    match &one.formula {
        Formula::Aggregate { function, table: home, column: of, only } => {
            aggregate(*function, home, of.as_deref(), only)
        }
        Formula::Ratio(part, whole) => format!("DIVIDE({}, {})", measure(part), measure(whole)),
        Formula::Period { of, period } => over_period(definition, of, *period),
        Formula::Written(dax) => dax.clone(),
    }
}

fn aggregate(function: Function, home: &str, of: Option<&str>, only: &[(String, Literal)]) -> String {
    let of_column = |name: &str| column(&Field { table: home.to_owned(), column: name.to_owned() });
    let argument = of.map_or_else(|| table(home), of_column);
    let name = match function {
        Function::Sum => "SUM",
        Function::Average => "AVERAGE",
        Function::Minimum => "MIN",
        Function::Maximum => "MAX",
        Function::Distinct => "DISTINCTCOUNT",
        Function::Count => "COUNTROWS",
    };
    let plain = format!("{name}({argument})");
    if only.is_empty() {
        return plain;
    }
    let filters: Vec<String> = only
        .iter()
        .map(|(name, value)| match value {
            Literal::Number(number) => format!("{} = {number}", of_column(name)),
            Literal::Text(text) => format!("{} = \"{}\"", of_column(name), text.replace('"', "\"\"")),
        })
        .collect();
    format!("CALCULATE({plain}, {})", filters.join(", "))
}

/// Periods end on the last day that is shown, or on the last day with facts where that is earlier: a calendar goes on for
/// years after them.
fn over_period(definition: &Definition, of: &str, period: Period) -> String {
    // Filters on other columns of the calendar such as the month give way, whether or not it is marked as date table.
    let (dates, of) = (column(&definition.date), measure(of));
    let calendar = format!("REMOVEFILTERS({})", table(&definition.date.table));
    let last_shown = format!("MAX({dates})");
    let last_day = match &definition.last_day {
        Some(day) => {
            format!("MINX({{ {last_shown}, CALCULATE(MAX({}), REMOVEFILTERS()) }}, [Value])", column(day))
        }
        None => last_shown,
    };
    let between = |first: &str| {
        format!(
            "VAR last_day = {last_day}\nRETURN CALCULATE({of}, {calendar}, DATESBETWEEN({dates}, {first}, last_day))"
        )
    };
    match period {
        Period::YearToDate => between("DATE(YEAR(last_day), 1, 1)"),
        Period::MonthToDate => between("DATE(YEAR(last_day), MONTH(last_day), 1)"),
        Period::Rolling30DayAverage => format!(
            "VAR last_day = {last_day}\nVAR total = CALCULATE({of}, {calendar}, DATESBETWEEN({dates}, last_day - 29, last_day))\n\
             RETURN DIVIDE(total, 30)"
        ),
        Period::PriorYear => format!("CALCULATE({of}, {calendar}, SAMEPERIODLASTYEAR({dates}))"),
        Period::YearOverYear => format!(
            "VAR prior = CALCULATE({of}, {calendar}, SAMEPERIODLASTYEAR({dates}))\n\
             RETURN IF(NOT ISBLANK(prior), DIVIDE({of} - prior, prior))"
        ),
    }
}
