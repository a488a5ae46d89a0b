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
        Formula::Period { of, dates, period } => over_period(definition, dates, of, *period),
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
fn over_period(definition: &Definition, dates: &Field, of: &str, period: Period) -> String {
    // Filters on other columns of the calendar such as the month give way, whether or not it is marked as date table.
    let calendar = format!("REMOVEFILTERS({})", table(&dates.table));
    let (dates, of) = (column(dates), measure(of));
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
        // A calendar that goes on would show this year again as the prior year of the next one.
        Period::PriorYear => match &definition.last_day {
            Some(day) => format!(
                "VAR last_day = CALCULATE(MAX({}), REMOVEFILTERS())\n\
                 RETURN IF(MIN({dates}) <= last_day, CALCULATE({of}, {calendar}, SAMEPERIODLASTYEAR({dates})))",
                column(day)
            ),
            None => format!("CALCULATE({of}, {calendar}, SAMEPERIODLASTYEAR({dates}))"),
        },
        // 29 February is compared up to the last of February.
        Period::YearToDateOverYear => format!(
            "VAR last_day = {last_day}\nVAR year_before = YEAR(last_day) - 1\n\
             VAR last_before = MINX({{ DATE(year_before, MONTH(last_day), DAY(last_day)), DATE(year_before, MONTH(last_day) + 1, 1) - 1 }}, [Value])\n\
             VAR now = CALCULATE({of}, {calendar}, DATESBETWEEN({dates}, DATE(YEAR(last_day), 1, 1), last_day))\n\
             VAR prior = CALCULATE({of}, {calendar}, DATESBETWEEN({dates}, DATE(year_before, 1, 1), last_before))\n\
             RETURN IF(NOT ISBLANK(prior), DIVIDE(now - prior, prior))"
        ),
        Period::Forecast90Days => forecast(definition, &of, &dates, &calendar),
        Period::YearOverYear => format!(
            "VAR prior = CALCULATE({of}, {calendar}, SAMEPERIODLASTYEAR({dates}))\n\
             RETURN IF(NOT ISBLANK(prior), DIVIDE({of} - prior, prior))"
        ),
    }
}

/// The 90 days after the last day with facts: the same days 52 weeks before (so that weekdays agree), by how much the last 90
/// days changed against theirs. Without a year before, what a day of the last 90 brought.
fn forecast(definition: &Definition, of: &str, dates: &str, calendar: &str) -> String {
    let last_day = definition.last_day.as_ref().map_or_else(|| dates.to_owned(), column);
    let between = |first: &str, last: &str| {
        format!("CALCULATE({of}, {calendar}, DATESBETWEEN({dates}, {first}, {last}))")
    };
    format!(
        "VAR last_day = CALCULATE(MAX({last_day}), REMOVEFILTERS())\n\
         VAR first_ahead = MAXX({{ MIN({dates}), last_day + 1 }}, [Value])\n\
         VAR last_ahead = MINX({{ MAX({dates}), last_day + 90 }}, [Value])\n\
         VAR days_ahead = DATEDIFF(first_ahead, last_ahead, DAY) + 1\n\
         VAR recent = {}\n\
         VAR year_before = {}\n\
         VAR season = {}\n\
         RETURN IF(days_ahead > 0, IF(ISBLANK(year_before), DIVIDE(recent, 90) * days_ahead, season * DIVIDE(recent, year_before)))",
        between("last_day - 89", "last_day"),
        between("last_day - 453", "last_day - 364"),
        between("first_ahead - 364", "last_ahead - 364"),
    )
}
