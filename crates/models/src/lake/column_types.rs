//! Rows of the engine as the Parquet data files of a Delta table: which type each column has there, and what a commit has
//! to know of a file. Used by the materialization `delta` and by the lake's copies of models.

use crate::connection::Connection;
use crate::relations::relation::quoted;
use ingot_core::error::Result;
use ingot_engine::{Cell, text_literal};
use ingot_lake::NewFile;
use ingot_lake::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use std::path::Path;

/// A column of the rows, and its type in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    pub kind: String,
}

impl Column {
    /// Delta keeps moments in UTC; a TIMESTAMP without zone is taken as one.
    fn is_naive(&self) -> bool {
        self.kind.starts_with("TIMESTAMP") && !self.kind.contains("TIME ZONE")
    }

    /// The type to which a column is cast that Delta has no type for, or that Parquet files would round.
    fn stand_in(&self) -> Option<&'static str> {
        let head = self.kind.split('(').next().unwrap_or_default();
        let is_plain = !self.kind.ends_with(']');
        match head {
            _ if !is_plain => None,
            "UTINYINT" => Some("SMALLINT"),
            "USMALLINT" => Some("INTEGER"),
            "UINTEGER" => Some("BIGINT"),
            "UBIGINT" => Some("DECIMAL(20, 0)"),
            "HUGEINT" => Some("DECIMAL(38, 0)"),
            "UHUGEINT"
            | "BIGNUM"
            | "ENUM"
            | "UUID"
            | "INTERVAL"
            | "TIME"
            | "TIME WITH TIME ZONE"
            | "TIME_NS"
            | "BIT"
            | "JSON" => Some("VARCHAR"),
            _ => None,
        }
    }

    /// The column as it is written.
    pub(crate) fn to_file(&self) -> String {
        let name = quoted(&self.name);
        match self.stand_in() {
            _ if self.is_naive() => format!("timezone('UTC', {name}::TIMESTAMP) as {name}"),
            Some(kind) => format!("{name}::{kind} as {name}"),
            None => name,
        }
    }

    /// The column as the model has it, from what is in a file.
    pub(crate) fn read_back(&self) -> String {
        let name = quoted(&self.name);
        match self.stand_in() {
            _ if self.is_naive() => format!("timezone('UTC', {name}::TIMESTAMPTZ) as {name}"),
            Some(_) => format!("{name}::{} as {name}", self.kind),
            None => name,
        }
    }
}

/// The columns of a relation (or of a query in parentheses), in its order.
pub(crate) fn columns(connection: &mut Connection, of: &str) -> Result<Vec<Column>> {
    let found = connection.query(&format!("describe {of}"), true)?;
    let text = |cell: Option<&Cell>| cell.map(ToString::to_string).unwrap_or_default();
    Ok(found.rows.iter().map(|row| Column { name: text(row.first()), kind: text(row.get(1)) }).collect())
}

/// Writes what a query gives into one Parquet file.
pub(crate) fn copy(connection: &mut Connection, query: &str, path: &Path) -> Result<()> {
    let target = text_literal(&path_text(path));
    connection
        .execute(
            &format!("copy ({query}) to {target} (format parquet, compression zstd, compression_level 1)"),
            true,
        )
        .map(drop)
}

/// What a commit says of a file in the table's folder, and the columns in it, all of them nullable, as Delta
/// names their types.
pub(crate) fn describe(
    root: &Path,
    relative: &str,
    partition_values: Vec<(String, Option<String>)>,
) -> Result<(NewFile, Schema)> {
    let (file, schema) = NewFile::written(root, relative, partition_values)?;
    let in_utc = |kind: &DataType| match kind {
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        other => other.clone(),
    };
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| Field::new(field.name(), in_utc(field.data_type()), true))
        .collect();
    Ok((file, Schema::new(fields)))
}

pub(crate) fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
