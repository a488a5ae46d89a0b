//! What a rule measures, as SQL.

use ingot_contract::{Bound, Check, Contract, DataType, Measure};
use ingot_engine::{name_literal, text_literal};

/// The condition of the rows that a measure counts; `None` for measures that are not counts of rows.
pub(super) fn counted_rows(contract: &Contract, measure: &Measure) -> Option<String> {
    match measure {
        Measure::Rows => Some("true".to_owned()),
        Measure::Missing { column, texts, null } => {
            let name = name_literal(column);
            let mut conditions = Vec::new();
            if *null {
                conditions.push(format!("{name} IS NULL"));
            }
            if !texts.is_empty() {
                conditions.push(format!("{name}::VARCHAR IN ({})", literals(texts)));
            }
            Some(format!("coalesce({}, false)", conditions.join(" OR ")))
        }
        Measure::Invalid { column, check } => {
            let name = name_literal(column);
            let data_type = contract.column(column).map(|(_, column)| &column.data_type);
            let valid = valid(&name, data_type, check)?;
            Some(format!("{name} IS NOT NULL AND NOT coalesce({valid}, false)"))
        }
        Measure::Duplicates { .. } | Measure::Sql { .. } => None,
    }
}

/// Whether the values of a column keep a check.
fn valid(name: &str, data_type: Option<&DataType>, check: &Check) -> Option<String> {
    let is_text = data_type.is_none_or(|data_type| *data_type == DataType::Str);
    match check {
        Check::AcceptedValues(values) if is_text => Some(format!("{name} IN ({})", literals(values))),
        // Compared in the column's type, so that 1.50 is 1.5. A text that is not of the type is equal to no value.
        Check::AcceptedValues(values) => {
            let values: Vec<String> = values
                .iter()
                .map(|value| format!("{name} IS NOT DISTINCT FROM {}", literal(data_type, value)))
                .collect();
            Some(format!("({})", values.join(" OR ")))
        }
        Check::Pattern(pattern) => {
            let pattern = pattern.replace(r"(?-u:\b)", r"\b");
            Some(format!("regexp_matches({name}::VARCHAR, {})", text_literal(&pattern)))
        }
        Check::Range { min, max } => {
            let bound = |bound: &Option<Bound>, operator: &str| {
                bound.as_ref().map(|bound| format!("{name} {operator} {}", bound.text))
            };
            let both: Vec<String> = bound(min, ">=").into_iter().chain(bound(max, "<=")).collect();
            Some(both.join(" AND "))
        }
        _ => None,
    }
}

/// The text as a value of the column's type; null if it is not one.
fn literal(data_type: Option<&DataType>, text: &str) -> String {
    let is_number = !matches!(data_type, Some(DataType::Bool | DataType::Date | DataType::Timestamp));
    match data_type {
        // DuckDB compares exactly with a number of any precision.
        _ if is_number && text.parse::<f64>().is_ok_and(f64::is_finite) => text.to_owned(),
        Some(DataType::Bool) => format!("TRY_CAST({} AS BOOLEAN)", text_literal(text)),
        Some(DataType::Date) => format!("TRY_CAST({} AS DATE)", text_literal(text)),
        Some(DataType::Timestamp) => format!("TRY_CAST({} AS TIMESTAMP WITH TIME ZONE)", text_literal(text)),
        _ => "NULL".to_owned(),
    }
}

fn literals(texts: &[String]) -> String {
    texts.iter().map(|text| text_literal(text)).collect::<Vec<_>>().join(", ")
}

/// The keys that occur more than once, without those that have a null.
pub(super) fn duplicate_keys(table: &str, columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|column| name_literal(column)).collect();
    let present: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
    format!(
        "SELECT {0} FROM {table} WHERE {1} GROUP BY {0} HAVING count(*) > 1",
        names.join(", "),
        present.join(" AND ")
    )
}

/// The query of a rule with its placeholders filled in: `{object}` and its other names stand for the table, `{property}` and
/// its other names for the column. Quotes around a placeholder and a `$` before it, as some tools write them, belong to it.
pub(super) fn filled_in(query: &str, table: &str, column: Option<&str>) -> String {
    const TABLE: [&str; 4] = ["object", "table", "model", "schema"];
    const COLUMN: [&str; 3] = ["property", "column", "field"];
    let mut text = query.trim().trim_end_matches(';').to_owned();
    let mut fill = |names: &[&str], value: &str| {
        for name in names {
            for placeholder in [format!("${{{name}}}"), format!("{{{name}}}")] {
                for quote in ["\"", "`"] {
                    text = text.replace(&format!("{quote}{placeholder}{quote}"), value);
                }
                text = text.replace(&placeholder, value);
            }
        }
    };
    fill(&TABLE, table);
    if let Some(column) = column {
        fill(&COLUMN, &name_literal(column));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_however_they_are_written() {
        for query in [
            "select count(*) from {object} where {property} < 0;",
            "select count(*) from ${table} where ${column} < 0",
            "select count(*) from \"{model}\" where `{field}` < 0",
        ] {
            assert_eq!(
                filled_in(query, "\"parcels\"", Some("weight")),
                "select count(*) from \"parcels\" where \"weight\" < 0"
            );
        }
    }

    #[test]
    fn keys_with_nulls_are_not_duplicates() {
        assert_eq!(
            duplicate_keys("\"t\"", &["a".to_owned(), "b".to_owned()]),
            "SELECT \"a\", \"b\" FROM \"t\" WHERE \"a\" IS NOT NULL AND \"b\" IS NOT NULL \
             GROUP BY \"a\", \"b\" HAVING count(*) > 1"
        );
    }
}
