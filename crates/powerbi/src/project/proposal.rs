//! A first `measures.yaml` for a star: a count of each fact, a sum of each of its amounts, periods on the date dimension if
//! there is one, and one page with them.

use crate::dbt_manifest::Reference;
use crate::warehouse::WarehouseTable;
use ingot_core::error::{Error, Result};
use std::fmt::Write;

/// The text of the file.
///
/// # Errors
/// No table refers to another.
pub(super) fn propose(
    name: &str,
    schema: &str,
    references: &[Reference],
    relations: &[WarehouseTable],
) -> Result<String> {
    let is_referred_to = |table: &str| references.iter().any(|one| one.to_table == table);
    let facts: Vec<&WarehouseTable> = relations
        .iter()
        .filter(|one| {
            references.iter().any(|other| other.from_table == one.name) && !is_referred_to(&one.name)
        })
        .collect();
    if facts.is_empty() {
        return Err(Error::new(format!("no table of the schema '{schema}' refers to another")).hint(
            "add tests `relationships` from facts to dimensions to the models, then run `ingot run-models`",
        ));
    }
    let dates = date_dimension(relations, &is_referred_to).map(|(table, day)| format!("{table}.{day}"));
    let mut text = format!(
        "# What `ingot powerbi` cannot know from the warehouse. docs/guide/powerbi.md lists the keys.\n\
         name: {}\nschema: {schema}\n# As the computer that refreshes sees the published file.\n\
         warehouse: 'C:\\bi\\warehouse.duckdb'\n{}\n\
         colors: ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442', '#000000']\nmeasures:\n",
        quoted(name),
        match &dates {
            Some(dates) => format!("date: {dates}"),
            None =>
                "# Measures over periods need a date dimension, one row a day: `date: dim_date.full_date`"
                    .to_owned(),
        }
    );
    let mut first = None;
    for fact in &facts {
        let rows = format!("{} rows", words(&fact.name));
        measure(&mut text, &rows, &format!("count: {}", fact.name), "'#,0'", &words(&fact.name), "Rows.");
        first.get_or_insert_with(|| rows.clone());
        for column in fact.columns.iter().filter(|column| is_amount(&column.name, &column.data_type)) {
            let total = format!("{} total {}", words(&fact.name), words(&column.name).to_lowercase());
            measure(
                &mut text,
                &total,
                &format!("sum: {}.{}", fact.name, column.name),
                "'#,0.00'",
                &words(&fact.name),
                &format!("Sum of {}.", column.name),
            );
        }
    }
    let first = first.unwrap_or_default();
    const PERIODS: [(&str, &str, &str); 3] = [
        ("year to date", "year_to_date", "'#,0'"),
        ("prior year", "prior_year", "'#,0'"),
        ("year over year", "year_over_year", "'0.0%'"),
    ];
    for (suffix, period, format) in PERIODS.into_iter().filter(|_| dates.is_some()) {
        let formula = format!("of: {}\n    period: {period}", quoted(&first));
        measure(
            &mut text,
            &format!("{first} {suffix}"),
            &formula,
            format,
            "Time",
            &format!("{first}: {suffix}."),
        );
    }
    let _ = write!(
        text,
        "pages:\n  - name: Overview\n    mobile: true\n    visuals:\n      - kind: card\n        title: {0}\n        alt: {1}\n        \
         at: [0, 0, 3, 2]\n        values: [{0}]\n",
        quoted(&first),
        quoted(&format!("{first} in what is chosen")),
    );
    let by_label = || label_of_a_dimension(relations, facts.first()?, references);
    let across = dates.map(|dates| ("line", "Line", "day".to_owned(), dates)).or_else(|| {
        let (table, label) = by_label()?;
        Some(("bar", "Bars", words(label).to_lowercase(), format!("{table}.{label}")))
    });
    if let Some((kind, drawn, by, category)) = across {
        let _ = write!(
            text,
            "      - kind: {kind}\n        title: {}\n        alt: {}\n        at: [0, 2, 12, 6]\n        category: [{}]\n        \
             values: [{}]\n",
            quoted(&format!("{first} by {by}")),
            quoted(&format!("{drawn} of {first} by {by}")),
            quoted(&category),
            quoted(&first),
        );
    }
    Ok(text)
}

fn measure(text: &mut String, name: &str, formula: &str, format: &str, folder: &str, description: &str) {
    let _ = write!(
        text,
        "  - name: {}\n    {formula}\n    format: {format}\n    folder: {}\n    description: {}\n",
        quoted(name),
        quoted(folder),
        quoted(description)
    );
}

/// The first column of text of a dimension that the fact refers to, and not what it is referred to by.
fn label_of_a_dimension<'a>(
    relations: &'a [WarehouseTable],
    fact: &WarehouseTable,
    references: &[Reference],
) -> Option<(&'a str, &'a str)> {
    references.iter().filter(|one| one.from_table == fact.name).find_map(|one| {
        let dimension = relations.iter().find(|other| other.name == one.to_table)?;
        let is_label = |name: &str, data_type: &str| data_type == "VARCHAR" && name != one.to_column;
        let label = dimension.columns.iter().find(|column| is_label(&column.name, &column.data_type))?;
        Some((dimension.name.as_str(), label.name.as_str()))
    })
}

/// A dimension whose name speaks of dates, and its first column of type DATE.
fn date_dimension<'a>(
    relations: &'a [WarehouseTable],
    is_referred_to: &dyn Fn(&str) -> bool,
) -> Option<(&'a str, &'a str)> {
    let is_calendar = |name: &str| ["date", "calendar", "day"].iter().any(|word| name.contains(word));
    let mut dimensions = relations.iter().filter(|one| is_referred_to(&one.name) && is_calendar(&one.name));
    dimensions.find_map(|one| {
        let day = one.columns.iter().find(|column| column.data_type == "DATE")?;
        Some((one.name.as_str(), day.name.as_str()))
    })
}

/// A number that can be added up: not a key, a flag or an attribute of one unit.
fn is_amount(name: &str, type_name: &str) -> bool {
    let is_number = type_name.starts_with("DECIMAL") || matches!(type_name, "INTEGER" | "BIGINT" | "DOUBLE");
    let speaks = ["amount", "quantity", "cost", "count", "total", "sales", "revenue", "rows_"];
    let other = ["_key", "_id", "is_", "has_", "rate", "price", "avg", "min_", "max_"];
    is_number
        && speaks.iter().any(|word| name.contains(word))
        && !other.iter().any(|word| name.contains(word))
}

/// `fct_sales` as `Sales`.
fn words(name: &str) -> String {
    let bare = name.trim_start_matches("fct_").trim_start_matches("fact_").replace('_', " ");
    let mut characters = bare.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
