//! The columns of sources that ingot itself writes: bronze tables by their contracts, and the manifest of loads.

use arrow::datatypes::{DataType as ArrowType, Field, TimeUnit};
use ingot_bronze::{DELETED_AT, IS_DELETED};
use ingot_contract::{Contract, Format};
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_lake::DeltaTable;
use ingot_models::TypedColumn;
use std::path::{Path, PathBuf};

/// What is known of the tables of bronze before anything is read.
pub struct SourceTypes {
    contracts: Vec<Contract>,
    lake: PathBuf,
}

impl SourceTypes {
    /// Those of the project's contracts; none where it has no contracts.
    ///
    /// # Errors
    /// A contract cannot be read.
    pub fn of(project: &Project) -> Result<Self> {
        let schemas = project.schemas();
        let contracts = if schemas.is_dir() { ingot_contract::load_all(&schemas)? } else { Vec::new() };
        Ok(Self { contracts, lake: project.lake() })
    }

    /// The columns of a source's table, in their order. `external` is what queries read in its place.
    pub fn columns(&self, table: &str, external: Option<&str>) -> Option<Vec<TypedColumn>> {
        let Some(external) = external else {
            let columns = ingot_bronze::manifest_columns(table)?;
            return Some(columns.into_iter().map(|(name, kind)| TypedColumn::new(name, kind)).collect());
        };
        let contract = self.contract_read_by(external)?;
        let mut columns = of_contract(contract, external);
        // Columns that files brought and the contract does not name yet.
        for field in fields_on_disk(&self.lake, &contract.name) {
            if !columns.iter().any(|column| column.name.eq_ignore_ascii_case(field.name())) {
                let place = columns.len() - contract.path_only_partitions().count();
                columns.insert(place, TypedColumn::new(field.name(), duckdb_type(field.data_type())));
            }
        }
        Some(columns)
    }

    /// The contract of the table whose files a query reads.
    pub fn contract_read_by(&self, external: &str) -> Option<&Contract> {
        if !external.contains("bronze") {
            return None;
        }
        let is_read = |name: &str| {
            [format!("/{name}/"), format!("/{name}'"), format!("/{name}.")]
                .iter()
                .any(|part| external.contains(part))
        };
        self.contracts.iter().find(|contract| is_read(&contract.name))
    }

    pub fn contracts(&self) -> &[Contract] {
        &self.contracts
    }
}

fn of_contract(contract: &Contract, external: &str) -> Vec<TypedColumn> {
    // Read from the names of folders, partitions are text where the query does not let DuckDB guess.
    let as_text = ["hive_types_autocast = false", "hive_types_autocast=false", "hive_types_autocast = 0"]
        .iter()
        .any(|part| external.to_ascii_lowercase().contains(part));
    let is_partition =
        |field: &Field| contract.path_only_partitions().any(|partition| partition.name == *field.name());
    let schema = contract.lake_schema();
    let mut columns: Vec<TypedColumn> = schema
        .fields()
        .iter()
        .map(|field| {
            let kind = match as_text && is_partition(field) {
                true => "VARCHAR".to_owned(),
                false => duckdb_type(field.data_type()),
            };
            let mut column = TypedColumn::new(field.name(), kind);
            if let Some((_, described)) = contract.column(field.name()) {
                column.description.clone_from(&described.description);
            }
            column
        })
        .collect();
    // Rows of a followed table stay when they are deleted, and say so.
    if contract.raw.format == Format::Delta {
        let place = columns.len() - contract.path_only_partitions().count();
        columns.insert(place, TypedColumn::new(DELETED_AT, "TIMESTAMP WITH TIME ZONE"));
        columns.insert(place, TypedColumn::new(IS_DELETED, "BOOLEAN"));
    }
    columns
}

fn fields_on_disk(lake: &Path, table: &str) -> Vec<Field> {
    let folder = lake.join("bronze").join("delta").join(table);
    if !folder.is_dir() {
        return Vec::new();
    }
    let schema = DeltaTable::open(&folder).and_then(|table| table.schema());
    schema
        .map(|schema| schema.fields().iter().map(|field| field.as_ref().clone()).collect())
        .unwrap_or_default()
}

/// DuckDB's name for the type that it reads an Arrow type of a Parquet file as.
fn duckdb_type(kind: &ArrowType) -> String {
    match kind {
        ArrowType::Boolean => "BOOLEAN".to_owned(),
        ArrowType::Int8 => "TINYINT".to_owned(),
        ArrowType::Int16 => "SMALLINT".to_owned(),
        ArrowType::Int32 => "INTEGER".to_owned(),
        ArrowType::Int64 => "BIGINT".to_owned(),
        ArrowType::UInt8 => "UTINYINT".to_owned(),
        ArrowType::UInt16 => "USMALLINT".to_owned(),
        ArrowType::UInt32 => "UINTEGER".to_owned(),
        ArrowType::UInt64 => "UBIGINT".to_owned(),
        ArrowType::Float16 | ArrowType::Float32 => "FLOAT".to_owned(),
        ArrowType::Float64 => "DOUBLE".to_owned(),
        ArrowType::Date32 | ArrowType::Date64 => "DATE".to_owned(),
        ArrowType::Time32(_) | ArrowType::Time64(_) => "TIME".to_owned(),
        ArrowType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE".to_owned(),
        ArrowType::Timestamp(TimeUnit::Nanosecond, None) => "TIMESTAMP_NS".to_owned(),
        ArrowType::Timestamp(_, None) => "TIMESTAMP".to_owned(),
        ArrowType::Interval(_) => "INTERVAL".to_owned(),
        ArrowType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        ArrowType::Binary
        | ArrowType::LargeBinary
        | ArrowType::FixedSizeBinary(_)
        | ArrowType::BinaryView => "BLOB".to_owned(),
        ArrowType::List(item) | ArrowType::LargeList(item) => format!("{}[]", duckdb_type(item.data_type())),
        ArrowType::Struct(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|one| {
                    format!("{} {}", ingot_engine::name_literal(one.name()), duckdb_type(one.data_type()))
                })
                .collect();
            format!("STRUCT({})", members.join(", "))
        }
        ArrowType::Map(entries, _) => match entries.data_type() {
            ArrowType::Struct(parts) if parts.len() == 2 => {
                format!("MAP({}, {})", duckdb_type(parts[0].data_type()), duckdb_type(parts[1].data_type()))
            }
            _ => "VARCHAR".to_owned(),
        },
        _ => "VARCHAR".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::Fields;
    use ingot_engine::{Cell, EngineOptions};
    use std::sync::Arc;

    #[test]
    fn every_type_is_one_that_duckdb_knows() {
        let item = |kind| Arc::new(Field::new("element", kind, true));
        let members: Fields = vec![Field::new("a b", ArrowType::Int32, true)].into();
        let kinds = [
            ArrowType::Boolean,
            ArrowType::Int64,
            ArrowType::Float64,
            ArrowType::Utf8,
            ArrowType::Date32,
            ArrowType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            ArrowType::Timestamp(TimeUnit::Microsecond, None),
            ArrowType::Decimal128(12, 4),
            ArrowType::Binary,
            ArrowType::List(item(ArrowType::Struct(members))),
        ];
        let mut session = EngineOptions::in_memory().open().unwrap().session().unwrap();
        for kind in kinds {
            let name = duckdb_type(&kind);
            let rows = session.query(&format!("select typeof(cast(null as {name}))")).unwrap();
            assert_eq!(rows.first().and_then(Cell::as_str), Some(name.as_str()), "{kind:?}");
        }
    }
}
