//! Answers of `adapter` that need no database: options of external files, and constraints as SQL.

use crate::values;
use crate::values::agate::ResultTable;
use ingot_engine::Dialect;
use ingot_jinja::{Args, Error, Result, Value};

/// `COPY`'s options from a model's `options`, with what its location says by itself.
pub(super) fn write_options(args: Args) -> Result<Value> {
    let mut bound = args.bind("external_write_options", &["write_location", "rendered_options"])?;
    let location = bound.text("write_location")?;
    let given = bound.value("rendered_options");
    let mut options: Vec<(String, String)> = given
        .as_dict()
        .map(|dict| dict.entries())
        .unwrap_or_default()
        .iter()
        .map(|(key, value)| (values::text(key), values::text(value)))
        .collect();
    let get = |options: &[(String, String)], key: &str| {
        options.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    if get(&options, "format").is_none() {
        let (format, compression) = told_by_location(&location, get(&options, "delimiter").is_some());
        options.push(("format".to_owned(), format));
        if let (Some(compression), None) = (compression, get(&options, "compression")) {
            options.push(("compression".to_owned(), compression.to_owned()));
        }
    }
    if get(&options, "format").as_deref() == Some("csv") && get(&options, "header").is_none() {
        options.push(("header".to_owned(), "1".to_owned()));
    }
    let written: Vec<String> = options
        .into_iter()
        .map(|(key, value)| {
            let is_text = matches!(key.to_lowercase().as_str(), "delimiter" | "quote" | "escape" | "null");
            match key.as_str() {
                "partition_by" if value.contains(',') && !value.starts_with('(') => {
                    format!("{key} ({value})")
                }
                _ if is_text && !value.starts_with('\'') => format!("{key} '{value}'"),
                _ => format!("{key} {value}"),
            }
        })
        .collect();
    Ok(written.join(", ").into())
}

/// The format of the files at a location, from its ending, and their compression.
fn told_by_location(location: &str, is_delimited: bool) -> (String, Option<&'static str>) {
    let file = location.rsplit('/').next().unwrap_or_default();
    let (file, compression) = match file.rsplit_once('.') {
        Some((stem, ending)) if ending.eq_ignore_ascii_case("gz") => (stem, Some("gzip")),
        Some((stem, ending)) if ending.eq_ignore_ascii_case("zst") => (stem, Some("zstd")),
        _ => (file, None),
    };
    let format = match file.rsplit_once('.') {
        Some((_, ending)) if !ending.is_empty() => ending.to_lowercase(),
        _ if is_delimited => "csv".to_owned(),
        _ => "parquet".to_owned(),
    };
    (format, compression)
}

/// The format in which [`write_options`] has files written.
pub(super) fn format_of(args: Args) -> Result<Value> {
    let mut bound = args.bind("ingot_format_of", &["location", "options"])?;
    let location = bound.text("location")?;
    let options = bound.value("options");
    let given = |key: &str| options.as_dict().and_then(|dict| dict.get_str(key));
    Ok(match given("format") {
        Some(format) => values::text(&format).to_lowercase().into(),
        None => told_by_location(&location, given("delimiter").is_some()).0.into(),
    })
}

/// Where an external model is read from: a glob, if it was written as many files.
pub(super) fn read_location(args: Args) -> Result<Value> {
    let mut bound = args.bind("external_read_location", &["write_location", "rendered_options"])?;
    let location = bound.text("write_location")?;
    let options = bound.value("rendered_options");
    let get =
        |key: &str| options.as_dict().and_then(|dict| dict.get_str(key)).filter(|value| value.is_true());
    let partitions = get("partition_by").map_or(0, |value| values::text(&value).split(',').count());
    if partitions == 0 && get("per_thread_output").is_none() {
        return Ok(location.into());
    }
    let format = get("format").map_or("parquet".to_owned(), |value| values::text(&value));
    let mut parts = vec![location, "*".to_owned()];
    parts.extend(vec!["*".to_owned(); partitions]);
    Ok(format!("{}.{format}", parts.join("/")).into())
}

/// The database's type for a column of a seed.
pub(super) fn convert_type(dialect: Dialect, args: Args) -> Result<Value> {
    let mut bound = args.bind("convert_type", &["agate_table", "col_idx"])?;
    let table = bound.value("agate_table");
    let index = bound.optional_int("col_idx")?.unwrap_or(0);
    let table =
        table.downcast::<ResultTable>().ok_or_else(|| Error::type_error("convert_type() needs a table"))?;
    let found = usize::try_from(index).ok().and_then(|index| table.types.get(index).cloned());
    found
        .map(|kind| type_in(dialect, &kind).into())
        .ok_or_else(|| Error::value(format!("the table has no column {index}")))
}

/// The engine's name for a type of a seed's column. Those of Spark are dbt-spark's (`SparkAdapter.convert_*_type`); a number
/// that is too large for its BIGINT is a decimal.
fn type_in(dialect: Dialect, kind: &str) -> String {
    let name = match (dialect, kind) {
        (Dialect::DuckDb, kind) => kind,
        (Dialect::Spark, "integer" | "bigint") => "bigint",
        (Dialect::Spark, "hugeint") => "decimal(38,0)",
        (Dialect::Spark, "float8") => "double",
        (Dialect::Spark, "timestamp without time zone") => "timestamp",
        (Dialect::Spark, "text") => "string",
        (Dialect::Spark, kind) => kind,
    };
    name.to_owned()
}

fn constraint_text(constraint: &Value) -> Option<String> {
    let dict = constraint.as_dict()?;
    let text =
        |key: &str| dict.get_str(key).filter(|value| value.is_true()).map(|value| values::text(&value));
    let expression = text("expression");
    Some(match text("type")?.as_str() {
        "not_null" => "not null".to_owned(),
        "unique" => "unique".to_owned(),
        "primary_key" => "primary key".to_owned(),
        "check" => format!("check ({})", expression?),
        "foreign_key" => {
            let columns = dict
                .get_str("to_columns")
                .and_then(|value| value.as_list().map(|list| list.items()))
                .unwrap_or_default();
            match text("to") {
                Some(to) => {
                    let columns: Vec<String> = columns.iter().map(values::text).collect();
                    format!("references {to} ({})", columns.join(", "))
                }
                None => format!("references {}", expression?),
            }
        }
        "custom" => expression?,
        _ => return None,
    })
}

/// `name type constraints` of each column of a contract.
pub(super) fn column_constraints(args: Args) -> Result<Value> {
    let raw = args.bind("render_raw_columns_constraints", &["raw_columns"])?.value("raw_columns");
    let items = raw.as_dict().map(|dict| dict.values()).unwrap_or_default();
    Ok(Value::list(items.iter().filter_map(|column| {
        let dict = column.as_dict()?;
        let name = values::text(&dict.get_str("name")?);
        let name = if dict.get_str("quote").is_some_and(|quote| quote.is_true()) {
            format!("\"{name}\"")
        } else {
            name
        };
        let mut words = vec![name, values::text(&dict.get_str("data_type")?)];
        let constraints = dict.get_str("constraints").and_then(|all| all.as_list().map(|list| list.items()));
        words.extend(constraints.unwrap_or_default().iter().filter_map(constraint_text));
        Some(Value::from(words.join(" ")))
    })))
}

/// Constraints of the whole table.
pub(super) fn model_constraints(args: Args) -> Result<Value> {
    let raw = args.bind("render_raw_model_constraints", &["raw_constraints"])?.value("raw_constraints");
    let items = raw.as_list().map(|list| list.items()).unwrap_or_default();
    Ok(Value::list(items.iter().filter_map(|constraint| {
        let dict = constraint.as_dict()?;
        let names: Vec<String> = dict
            .get_str("columns")
            .and_then(|columns| columns.as_list().map(|list| list.items()))
            .unwrap_or_default()
            .iter()
            .map(values::text)
            .collect();
        let kind = values::text(&dict.get_str("type")?);
        let text = constraint_text(constraint)?;
        let prefix = dict
            .get_str("name")
            .filter(|name| name.is_true())
            .map(|name| format!("constraint {} ", values::text(&name)))
            .unwrap_or_default();
        Some(Value::from(match kind.as_str() {
            "unique" | "primary_key" => format!("{prefix}{text} ({})", names.join(", ")),
            "foreign_key" => format!("{prefix}foreign key ({}) {text}", names.join(", ")),
            _ => format!("{prefix}{text}"),
        }))
    })))
}
