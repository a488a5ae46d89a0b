//! `time_spine:` of a model: a table with a row for each day (hour, …), to which metrics are joined.

use crate::graph::column::Column;
use crate::graph::semantics::words::Granularity;
use crate::json_values::{Object, python_repr};
use crate::project::properties::property_file::Origin;
use ingot_core::error::{Error, Result};
use ingot_core::yaml;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeSpine {
    standard_granularity_column: String,
    #[serde(default)]
    custom_granularities: Vec<CustomGranularity>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomGranularity {
    name: String,
    #[serde(default)]
    column_name: Option<String>,
}

/// The time spine that an entry under `models:` describes, in the form of the manifest.
///
/// # Errors
/// Its columns are not described, or the first of them has no granularity. The words are dbt's.
pub(super) fn read(
    entry: &yaml::Node,
    members: &Object,
    columns: &[Column],
    origin: &Origin,
) -> Result<Option<Json>> {
    let Some(given) = members.get("time_spine").filter(|given| !given.is_null()) else { return Ok(None) };
    let name = members.get("name").and_then(Json::as_str).unwrap_or_default();
    let line = entry.get("time_spine").map_or(entry.line, |node| node.line);
    let wrong = |what: String| Error::new(what).at_line(origin.file, line);
    let spine: TimeSpine = serde_json::from_value(given.clone())
        .map_err(|error| wrong(format!("`time_spine:` of the model '{name}': {error}")))?;
    let known: Vec<Json> = columns.iter().map(|column| column.name.as_str().into()).collect();
    let known = python_repr(&Json::Array(known));
    let standard = &spine.standard_granularity_column;
    let Some(column) = columns.iter().find(|column| column.name == *standard) else {
        return Err(wrong(format!(
            "Time spine standard granularity column must be defined on the model. Got invalid column name '{standard}' for model '{name}'. Valid names: {known}."
        ))
        .hint(format!("add `- name: {standard}` with its `granularity:` under `columns:`")));
    };
    let granularity = column.extra.get("granularity").and_then(Json::as_str);
    if granularity.and_then(Granularity::of).is_none() {
        return Err(wrong(format!(
            "Time spine standard granularity column must have a granularity defined. Please add one for column '{standard}' in model '{name}'."
        ))
        .hint(format!("granularities: {}", Granularity::NAMES.join(", "))));
    }
    let missing: Vec<Json> = spine
        .custom_granularities
        .iter()
        .map(|custom| custom.column_name.as_ref().unwrap_or(&custom.name))
        .filter(|wanted| !columns.iter().any(|column| column.name == **wanted))
        .map(|wanted| wanted.as_str().into())
        .collect();
    if !missing.is_empty() {
        return Err(wrong(format!(
            "Time spine custom granularity columns do not exist in the model. Columns not found: {}; Available columns: {known}",
            python_repr(&Json::Array(missing))
        ))
        .hint("describe them under `columns:`"));
    }
    Ok(serde_json::to_value(spine).ok())
}
