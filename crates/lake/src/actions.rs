//! The actions of Delta's protocol that a commit consists of
//! (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions>), made from what callers say.

use crate::data_file::NewFile;
use crate::delta_table::LiveFile;
use arrow::datatypes::Schema;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::{Add, Metadata, Protocol, Remove, StructType};
use ingot_core::error::{Context as _, Error, Result};
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;

/// The tag of an `add` action that holds the hash of the file's bytes.
pub(crate) const HASH_TAG: &str = "ingot.xxh3-128";

/// The oldest protocol that has everything that tables here use: every reader knows it.
pub(crate) fn protocol(root: &Path) -> Result<Protocol> {
    serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 }))
        .or_cannot_at("write the Delta protocol", root)
}

/// The library has no constructor for this action, so it is made from the JSON that the protocol defines.
pub(crate) fn metadata(
    id: String,
    name: Option<&str>,
    schema: &StructType,
    partition_columns: &[String],
    properties: HashMap<String, String>,
    created: Option<i64>,
    root: &Path,
) -> Result<Metadata> {
    let task = "write the table's metadata";
    let schema = serde_json::to_string(schema).or_cannot_at(task, root)?;
    serde_json::from_value(json!({
        "id": id,
        "name": name,
        "description": null,
        "format": { "provider": "parquet", "options": {} },
        "schemaString": schema,
        "partitionColumns": partition_columns,
        "configuration": properties,
        "createdTime": created,
    }))
    .or_cannot_at(task, root)
}

/// What a table says of itself, with other columns.
pub(crate) fn with_columns(old: &Metadata, schema: &Schema, root: &Path) -> Result<Metadata> {
    metadata(
        old.id().to_owned(),
        old.name(),
        &kernel_schema(schema, root)?,
        old.partition_columns(),
        old.configuration().clone(),
        old.created_time(),
        root,
    )
}

/// The columns in the form that the library takes.
pub(crate) fn kernel_schema(schema: &Schema, root: &Path) -> Result<StructType> {
    schema
        .try_into_kernel()
        .map_err(|error| Error::new("a column has a type that Delta lacks").at(root).caused_by(error))
}

/// `timestamp`: milliseconds since 1970.
pub(crate) fn add(file: NewFile, timestamp: i64) -> Add {
    Add {
        path: file.relative,
        partition_values: file.partition_values.into_iter().collect(),
        size: i64::try_from(file.bytes).unwrap_or(i64::MAX),
        modification_time: file.modified.unwrap_or(timestamp),
        data_change: true,
        stats: Some(file.statistics),
        tags: file.hash.map(|hash| HashMap::from([(HASH_TAG.to_owned(), Some(hash))])),
        ..Add::default()
    }
}

/// `timestamp`: milliseconds since 1970.
pub(crate) fn remove(file: &LiveFile, timestamp: i64) -> Remove {
    Remove {
        path: file.relative.clone(),
        data_change: true,
        deletion_timestamp: Some(timestamp),
        extended_file_metadata: Some(true),
        partition_values: Some(file.partition_values.clone().into_iter().collect()),
        size: i64::try_from(file.bytes).ok(),
        deletion_vector: file.deletion_vector.clone(),
        ..Remove::default()
    }
}
