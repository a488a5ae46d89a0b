//! Sources, staging models and their tests in dbt's format.

use crate::names::staging_name;
use crate::yaml_text::{quoted, scalar};
use ingot_contract::{Check, Column, Contract, DataType, Severity};
use std::fmt::Write;

/// Words that SQL takes for its own.
const RESERVED: [&str; 60] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "at",
    "between",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "cross",
    "default",
    "desc",
    "describe",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "full",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "lateral",
    "left",
    "limit",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "order",
    "outer",
    "primary",
    "references",
    "right",
    "select",
    "table",
    "union",
    "where",
    "with",
];

/// More words of that kind.
const RESERVED_TOO: [&str; 16] = [
    "like",
    "only",
    "or",
    "over",
    "pivot",
    "qualify",
    "some",
    "symmetric",
    "then",
    "to",
    "true",
    "unique",
    "unpivot",
    "using",
    "when",
    "window",
];

/// A name as SQL writes it, in quotes where it must be.
pub(crate) fn identifier(name: &str) -> String {
    let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str())
        && !RESERVED_TOO.contains(&name.to_ascii_lowercase().as_str());
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// `models/staging/src_<feed>.yml`: the table of bronze, with how fresh it is to be, and tests of keys and required columns.
pub(super) fn source(contract: &Contract) -> String {
    let mut text = format!(
        "version: 2

sources:
  - name: bronze
    description: The lake as `ingot load-bronze` leaves it, one table for each contract in schemas.
    config:
      meta:
        external_location: \"read_parquet('lake/bronze/parquet/{{name}}/**/*.parquet', union_by_name = true)\"
      loaded_at_field: \"ingestion_ts at time zone 'UTC'\"
    tables:
      - name: {}
",
        scalar(&contract.name)
    );
    if !contract.description.is_empty() {
        let _ = writeln!(text, "        description: {}", scalar(&contract.description));
    }
    if let Some(freshness) = &contract.freshness {
        let _ = writeln!(text, "        config:\n          freshness:");
        for (name, hours) in
            [("warn_after", freshness.warn_after_hours), ("error_after", freshness.error_after_hours)]
        {
            if hours.is_finite() {
                let (count, period) =
                    if hours.fract() == 0.0 { (hours, "hour") } else { ((hours * 60.0).ceil(), "minute") };
                let _ = writeln!(text, "            {name}: {{count: {count}, period: {period}}}");
            }
        }
    }
    let key = contract.primary_key();
    let mut columns = String::new();
    for column in &contract.columns {
        let mut tests = Vec::new();
        if column.required {
            tests.push("not_null");
        }
        if column.natural_key || (key.len() == 1 && column.primary_key.is_some()) {
            tests.push("unique");
        }
        if !tests.is_empty() {
            named(&column.name, 10, &mut columns);
            let _ = writeln!(columns, "            data_tests: [{}]", tests.join(", "));
        }
    }
    if !columns.is_empty() {
        let _ = write!(text, "        columns:\n{columns}");
    }
    text
}

/// The entry of a column in YAML.
pub(super) fn named(name: &str, indent: usize, text: &mut String) {
    let _ = writeln!(text, "{:indent$}- name: {}", "", scalar(name));
    if identifier(name).starts_with('"') {
        let _ = writeln!(text, "{:indent$}  quote: true", "");
    }
}

/// `models/staging/stg_<feed>.sql`: the columns by name, so that one that comes or goes is seen.
pub(super) fn staging_model(contract: &Contract) -> String {
    let mut text = "select\n".to_owned();
    let partitions = contract.path_only_partitions().map(|partition| partition.name.as_str());
    for name in contract.columns.iter().map(|column| column.name.as_str()).chain(partitions) {
        let _ = writeln!(text, "    {},", identifier(name));
    }
    let _ = writeln!(text, "    ingestion_ts,\n    src_filename,\n    src_row_number");
    let _ = writeln!(text, "from {{{{ source('bronze', '{}') }}}}", contract.name);
    text
}

/// `models/staging/stg_<feed>.yml`: types, sets of values, and references to the feeds that are in `known`.
pub(super) fn staging_tests(contract: &Contract, known: &[&str]) -> String {
    let description = format!("One row for each accepted row of {}.", contract.raw.path);
    let mut text = format!(
        "version: 2\n\nmodels:\n  - name: {}\n    description: {}\n    columns:\n",
        staging_name(&contract.name),
        scalar(&description)
    );
    for column in &contract.columns {
        named(&column.name, 6, &mut text);
        let _ = writeln!(text, "        data_type: {}", data_type(&column.data_type));
        let tests = column_tests(contract, column, known);
        if !tests.is_empty() {
            let _ = writeln!(text, "        data_tests:\n{}", tests.join("\n"));
        }
    }
    text
}

fn column_tests(contract: &Contract, column: &Column, known: &[&str]) -> Vec<String> {
    let mut tests = Vec::new();
    for rule in &column.rules {
        if let Check::AcceptedValues(values) = &rule.check {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            let severity = match rule.severity {
                Severity::Error => "",
                Severity::Warning => "\n              config: {severity: warn}",
            };
            tests.push(format!(
                "          - accepted_values:\n              arguments:\n                values: [{}]{severity}",
                values.join(", ")
            ));
        }
    }
    for relationship in &contract.relationships {
        if relationship.columns == [column.name.as_str()] && known.contains(&relationship.table.as_str()) {
            tests.push(format!(
                "          - relationships:\n              arguments:\n                to: ref('{}')\n                field: {}",
                staging_name(&relationship.table),
                scalar(&identifier(&relationship.to.join(".")))
            ));
        }
    }
    tests
}

/// The type in DuckDB.
fn data_type(data_type: &DataType) -> String {
    let word = match data_type {
        DataType::I32 => "integer",
        DataType::I64 => "bigint",
        DataType::F64 => "double",
        DataType::Str | DataType::Time => "varchar",
        DataType::Bool => "boolean",
        DataType::Date => "date",
        DataType::Timestamp => "timestamp with time zone",
        DataType::Binary => "blob",
        DataType::Decimal { precision, scale } => return format!("\"decimal({precision},{scale})\""),
        DataType::List(_) => "list",
        DataType::Struct(_) => "struct",
        DataType::Map(..) => "map",
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(identifier("order_id"), "order_id");
        assert_eq!(identifier("Order"), "\"Order\"");
        assert_eq!(identifier("größe"), "\"größe\"");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
    }
}
