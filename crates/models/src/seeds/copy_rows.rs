//! The rows of a seed on their way into DuckDB: a file beside, from which `copy` loads them.
//!
//! The seed's own file will not do: DuckDB does not read every cell as agate does (`5%`, ` `, `2020-01-02T03`), and
//! takes columns by their position.

use crate::graph::node::Node;
use crate::relations::relation::quoted;
use crate::values;
use crate::values::agate::ResultTable;
use ingot_core::error::{Context, Error, Result};
use ingot_engine::text_literal;
use ingot_jinja::Value;
use serde_json::Value as Json;
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes the rows as CSV in one fixed form. The file is removed when the result is dropped.
pub(crate) fn write(seed: &ResultTable) -> Result<NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix("ingot-seed-")
        .suffix(".csv")
        .tempfile()
        .map_err(|error| Error::new("cannot create a file for the rows of the seed").caused_by(error))?;
    let task = "write the rows of the seed";
    let mut writer = csv::WriterBuilder::new().from_writer(std::io::BufWriter::new(file.as_file()));
    for row in seed.rows.iter() {
        for value in row.iter() {
            let text = match value {
                Value::None => String::new(),
                Value::Bool(flag) => flag.to_string(),
                other => values::text(other),
            };
            writer.write_field(text).or_cannot_at(task, file.path())?;
        }
        writer.write_record(None::<&[u8]>).or_cannot_at(task, file.path())?;
    }
    writer.flush().or_cannot_at(task, file.path())?;
    drop(writer);
    Ok(file)
}

/// The statement that loads the file, by the names of the columns.
pub(crate) fn statement(node: &Node, relation: &str, seed: &ResultTable, file: &Path) -> String {
    let columns: Vec<String> = seed.names.iter().map(|name| quoted(name)).collect();
    // Where a column has a type of its own, DuckDB may find the form of its dates, as it does under dbt-duckdb.
    let detects =
        node.config.get("column_types").and_then(Json::as_object).is_some_and(|types| !types.is_empty());
    format!(
        "copy {relation} ({}) from {} (format csv, header false, auto_detect {detects}, delimiter ',', quote '\"', \
         escape '\"', nullstr '', new_line '\\n')",
        columns.join(", "),
        text_literal(&file.to_string_lossy()),
    )
}
