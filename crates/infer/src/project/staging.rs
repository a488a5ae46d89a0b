//! Sources, staging models and their tests in dbt's format.

use crate::decide::Decision;
use crate::feed::Feed;
use crate::names::is_key_name;
use crate::yaml_text::scalar;
use ingot_contract::DataType;
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

/// `models/staging/_sources.yml`.
pub(crate) fn sources(feeds: &[Feed]) -> String {
    let mut text = "version: 2

sources:
  - name: bronze
    description: The lake as `ingot load-bronze` leaves it, one table for each contract in schemas.
    config:
      meta:
        external_location: \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet', union_by_name = true)\"
      loaded_at_field: \"ingestion_ts at time zone 'UTC'\"
    tables:
"
    .to_owned();
    for feed in feeds {
        let rows = format!("{} rows of {} files when it was inferred.", feed.rows, feed.files);
        let _ =
            writeln!(text, "      - name: {}\n        description: {}", scalar(&feed.name), scalar(&rows));
    }
    text
}

/// `models/staging/stg_<feed>.sql`: the columns by name, so that one that comes or goes is seen.
pub(crate) fn staging_model(feed: &Feed) -> String {
    let mut text = "select\n".to_owned();
    for decision in &feed.columns {
        let _ = writeln!(text, "    {},", identifier(&decision.column.name));
    }
    let _ = writeln!(text, "    ingestion_ts,\n    src_filename,\n    src_row_number");
    let _ = writeln!(text, "from {{{{ source('bronze', '{}') }}}}", feed.name);
    text
}

/// `models/staging/_staging.yml`: what the contracts say of columns, as tests.
pub(crate) fn staging_tests(feeds: &[Feed]) -> String {
    let mut text = "version: 2\n\nmodels:\n".to_owned();
    for feed in feeds {
        let description = format!("One row for each accepted row of {}.", feed.form.path);
        let _ = writeln!(
            text,
            "  - name: stg_{}\n    description: {}\n    columns:",
            feed.name,
            scalar(&description)
        );
        for (index, decision) in feed.columns.iter().enumerate() {
            column(feed, index, decision, &mut text);
        }
    }
    text
}

fn column(feed: &Feed, index: usize, decision: &Decision, text: &mut String) {
    let name = &decision.column.name;
    let _ = writeln!(
        text,
        "      - name: {}\n        data_type: {}",
        scalar(name),
        data_type(&decision.column.data_type)
    );
    if identifier(name).starts_with('"') {
        let _ = writeln!(text, "        quote: true");
    }
    let mut tests = Vec::new();
    if decision.column.required {
        tests.push("          - not_null".to_owned());
    }
    if decision.is_unique && is_key_name(name) || feed.primary_key == Some(index) {
        tests.push("          - unique".to_owned());
    }
    if !decision.values.is_empty() {
        let values: Vec<String> =
            decision.values.iter().map(|value| serde_json::Value::from(value.as_str()).to_string()).collect();
        tests.push(format!(
            "          - accepted_values:\n              arguments:\n                values: [{}]\n              config: {{severity: warn}}",
            values.join(", ")
        ));
    }
    for reference in feed.references.iter().filter(|reference| reference.column == index) {
        tests.push(format!(
            "          - relationships:\n              arguments:\n                to: ref('stg_{}')\n                field: {}",
            reference.feed,
            scalar(&identifier(&reference.key))
        ));
    }
    if !tests.is_empty() {
        let _ = writeln!(text, "        data_tests:\n{}", tests.join("\n"));
    }
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
