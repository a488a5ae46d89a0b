//! The rows of a table's data files as the table has them.
//!
//! What a data file holds may differ from the table's rows in four ways, all of them features of the
//! [Delta protocol](https://github.com/delta-io/delta/blob/master/PROTOCOL.md): values of partition columns are in the
//! log instead of the file; with column mapping, the file's columns have other names; with type widening, an older file
//! has a narrower type; and a deletion vector may say that some of the file's rows are not the table's any more.

use crate::delta_table::{DeltaTable, LiveFile};
use crate::runtime::wait_for;
use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, RecordBatch, StringArray, StructArray, UInt32Array,
    new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use delta_kernel::actions::deletion_vector::DeletionVectorDescriptor;
use ingot_core::error::{Context as _, Error, Result};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;
use std::path::PathBuf;
use std::sync::Arc;

const PHYSICAL_NAME: &str = "delta.columnMapping.physicalName";
const COLUMN_ID: &str = "delta.columnMapping.id";

/// How the columns of files are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mapping {
    LogicalName,
    PhysicalName,
    FieldId,
}

/// What a version of a table says about the columns of its files.
#[derive(Debug, Clone)]
pub struct TableView {
    root: PathBuf,
    schema: SchemaRef,
    partition_columns: Vec<String>,
    mapping: Mapping,
}

/// The numbers of the rows of a file, counted from 0, that a deletion vector deletes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeletedRows {
    sorted: Vec<u64>,
}

impl DeletedRows {
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Whether the row of this number, counted from 0, is deleted.
    pub fn contains(&self, row: u64) -> bool {
        self.sorted.binary_search(&row).is_ok()
    }
}

impl DeltaTable {
    /// How the loaded version sees its files.
    ///
    /// # Errors
    /// A column has a type that Arrow lacks, or the mode of column mapping is not one of the protocol's.
    pub fn view(&self) -> Result<TableView> {
        let mapping = match self.properties()?.get("delta.columnMapping.mode").map(String::as_str) {
            None | Some("none") => Mapping::LogicalName,
            Some("name") => Mapping::PhysicalName,
            Some("id") => Mapping::FieldId,
            Some(other) => {
                return Err(Error::new(format!("the table maps columns by '{other}', which is not known"))
                    .at(&self.root));
            }
        };
        let fields: Fields = self.schema()?.fields().iter().map(|field| Arc::new(nullable(field))).collect();
        Ok(TableView {
            root: self.root.clone(),
            schema: Arc::new(Schema::new(fields)),
            partition_columns: self.partition_columns()?,
            mapping,
        })
    }

    /// The rows of a file that its deletion vector deletes.
    ///
    /// # Errors
    /// The vector cannot be read, or does not have as many rows as the log says.
    pub fn deleted_rows(&self, file: &LiveFile) -> Result<DeletedRows> {
        let Some(vector) = &file.deletion_vector else { return Ok(DeletedRows::default()) };
        let doing = "read the deletion vector of the file";
        let (store, url) = (self.inner.log_store(), self.inner.table_url().clone());
        let vector = vector.clone();
        let expected = u64::try_from(vector.cardinality).unwrap_or_default();
        // The library panics on some damaged vectors; in a task of its own that is an error.
        let task = async move {
            tokio::task::spawn_blocking(move || {
                DeletionVectorDescriptor::try_from(vector)
                    .and_then(|vector| vector.row_indexes(store.engine(None).storage_handler(), &url))
            })
            .await
        };
        let sorted = wait_for(task)?.or_cannot_at(doing, &file.path)?.or_cannot_at(doing, &file.path)?;
        if sorted.len() as u64 != expected {
            return Err(Error::new(format!(
                "the deletion vector has {} rows, and the log says {expected}",
                sorted.len()
            ))
            .at(&file.path));
        }
        Ok(DeletedRows { sorted })
    }
}

impl TableView {
    /// The table's columns, partition columns too. All may be null: what is required is for the reader to say.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// A batch of a data file in the table's columns and types, with the same rows. A column that the file lacks is null.
    ///
    /// # Errors
    /// A column of the file or a partition value is not of the type that the table says.
    pub fn rows(&self, file: &LiveFile, batch: &RecordBatch) -> Result<RecordBatch> {
        let found = batch.schema();
        let columns: Result<Vec<ArrayRef>, ArrowError> = self
            .schema
            .fields()
            .iter()
            .map(|wanted| {
                if self.partition_columns.contains(wanted.name()) {
                    return partition_column(self.partition_value(file, wanted), wanted, batch.num_rows());
                }
                match self.find(found.fields(), wanted) {
                    Some(index) => self.column(batch.column(index), wanted),
                    None => Ok(new_null_array(wanted.data_type(), batch.num_rows())),
                }
            })
            .collect();
        columns
            .and_then(|columns| RecordBatch::try_new(self.schema.clone(), columns))
            .or_cannot_at("read the columns of the file", &self.root.join(&file.relative))
    }

    fn partition_value<'f>(&self, file: &'f LiveFile, column: &Field) -> Option<&'f str> {
        let values = &file.partition_values;
        // With column mapping, the log has the physical name.
        let value = values.get(physical_name(column)).or_else(|| values.get(column.name()));
        value.and_then(Option::as_deref).filter(|text| !text.is_empty())
    }

    /// Where the table's column is among those of a file or a struct.
    fn find(&self, found: &Fields, wanted: &Field) -> Option<usize> {
        let by_name = |name: &str| found.iter().position(|field| field.name() == name);
        match self.mapping {
            Mapping::LogicalName => by_name(wanted.name()),
            Mapping::PhysicalName => by_name(physical_name(wanted)),
            Mapping::FieldId => {
                let id = |field: &Field, key: &str| field.metadata().get(key).cloned();
                let by_id = id(wanted, COLUMN_ID).and_then(|wanted| {
                    found
                        .iter()
                        .position(|field| id(field, PARQUET_FIELD_ID_META_KEY).as_ref() == Some(&wanted))
                });
                let has_ids = found.iter().any(|field| id(field, PARQUET_FIELD_ID_META_KEY).is_some());
                by_id.or_else(|| if has_ids { None } else { by_name(physical_name(wanted)) })
            }
        }
    }

    /// A column of a file as the table's, inside and out.
    fn column(&self, column: &ArrayRef, wanted: &Field) -> Result<ArrayRef, ArrowError> {
        Ok(match (column.data_type(), wanted.data_type()) {
            (DataType::Struct(found), DataType::Struct(fields)) => {
                Arc::new(self.members(column.as_struct(), found, fields)?)
            }
            (DataType::List(_), DataType::List(item)) => {
                let list = column.as_list::<i32>();
                let values = self.column(list.values(), item)?;
                Arc::new(ListArray::try_new(
                    item.clone(),
                    list.offsets().clone(),
                    values,
                    list.nulls().cloned(),
                )?)
            }
            (DataType::Map(..), DataType::Map(entries, sorted)) => {
                let map = column.as_map();
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(ArrowError::SchemaError("a map without keys and values".to_owned()));
                };
                let [key, value] = fields.as_ref() else {
                    return Err(ArrowError::SchemaError("a map without keys and values".to_owned()));
                };
                let columns = vec![self.column(map.keys(), key)?, self.column(map.values(), value)?];
                let entries_of_map = StructArray::try_new(fields.clone(), columns, None)?;
                let nulls = map.nulls().cloned();
                Arc::new(MapArray::try_new(
                    entries.clone(),
                    map.offsets().clone(),
                    entries_of_map,
                    nulls,
                    *sorted,
                )?)
            }
            (found, wanted) if found == wanted => column.clone(),
            (_, wanted) => strictly(column, wanted)?,
        })
    }

    fn members(
        &self,
        array: &StructArray,
        found: &Fields,
        wanted: &Fields,
    ) -> Result<StructArray, ArrowError> {
        let columns: Result<Vec<ArrayRef>, _> = wanted
            .iter()
            .map(|wanted| match self.find(found, wanted) {
                Some(index) => self.column(array.column(index), wanted),
                None => Ok(new_null_array(wanted.data_type(), array.len())),
            })
            .collect();
        StructArray::try_new_with_length(wanted.clone(), columns?, array.nulls().cloned(), array.len())
    }
}

/// Cast without losing a value.
fn strictly(column: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(column, wanted, &CastOptions { safe: false, ..CastOptions::default() })
}

/// The name of a column in files and in the partition values of the log.
fn physical_name(column: &Field) -> &str {
    column.metadata().get(PHYSICAL_NAME).unwrap_or(column.name())
}

/// A partition column from its text in the log
/// (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization>).
fn partition_column(value: Option<&str>, column: &Field, rows: usize) -> Result<ArrayRef, ArrowError> {
    let Some(value) = value else { return Ok(new_null_array(column.data_type(), rows)) };
    let text: ArrayRef = Arc::new(StringArray::from(vec![value]));
    let value = strictly(&text, column.data_type())?;
    take(&value, &UInt32Array::from(vec![0; rows]), None)
}

/// The same column, which may be null, as may everything inside it but the keys of maps.
fn nullable(field: &Field) -> Field {
    let relaxed = |field: &FieldRef| Arc::new(nullable(field));
    let data_type = match field.data_type() {
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(relaxed).collect()),
        DataType::List(item) => DataType::List(relaxed(item)),
        other => other.clone(),
    };
    field.clone().with_data_type(data_type).with_nullable(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;
    use std::collections::{BTreeMap, HashMap};

    fn view(mapping: Mapping, fields: Vec<Field>, partitions: &[&str]) -> TableView {
        let partition_columns = partitions.iter().map(|name| (*name).to_owned()).collect();
        TableView { root: PathBuf::new(), schema: Arc::new(Schema::new(fields)), partition_columns, mapping }
    }

    fn file(values: &[(&str, Option<&str>)]) -> LiveFile {
        LiveFile {
            relative: "a.parquet".to_owned(),
            path: PathBuf::new(),
            bytes: 0,
            rows: None,
            partition_values: values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
                .collect::<BTreeMap<_, _>>(),
            deletion_vector: None,
        }
    }

    fn mapped(name: &str, physical: &str, id: &str) -> Field {
        let metadata = [(PHYSICAL_NAME, physical), (COLUMN_ID, id)];
        Field::new(name, DataType::Int64, true)
            .with_metadata(metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
    }

    /// Columns `x` (field id 7) and `y` (field id 8).
    fn batch() -> RecordBatch {
        let field = |name: &str, id: &str| {
            Field::new(name, DataType::Int64, true)
                .with_metadata(HashMap::from([(PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_owned())]))
        };
        let columns: Vec<ArrayRef> =
            vec![Arc::new(Int64Array::from(vec![1, 2])), Arc::new(Int64Array::from(vec![3, 4]))];
        RecordBatch::try_new(Arc::new(Schema::new(vec![field("x", "7"), field("y", "8")])), columns).unwrap()
    }

    #[test]
    fn columns_are_found_by_physical_name_or_by_id() {
        let fields = vec![mapped("a", "y", "7"), mapped("y", "z", "9")];
        let by_name = view(Mapping::PhysicalName, fields.clone(), &[]).rows(&file(&[]), &batch()).unwrap();
        assert_eq!(by_name.column(0), batch().column(1));
        assert_eq!(by_name.column(1).null_count(), 2, "the column 'y' of the file is another one");
        let by_id = view(Mapping::FieldId, fields, &[]).rows(&file(&[]), &batch()).unwrap();
        assert_eq!(by_id.column(0), batch().column(0));
        assert_eq!(by_id.column(1).null_count(), 2);
    }

    #[test]
    fn partition_values_have_their_types() {
        let fields = vec![
            Field::new("day", DataType::Date32, true),
            Field::new(
                "at",
                DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into())),
                true,
            ),
            Field::new("price", DataType::Decimal128(8, 2), true),
            Field::new("none", DataType::Int32, true),
            Field::new("x", DataType::Int64, true),
        ];
        let values = [
            ("day", Some("2024-02-29")),
            ("at", Some("2024-02-29 12:30:00.25")),
            ("price", Some("-12.50")),
            ("none", Some("")),
        ];
        let table = view(Mapping::LogicalName, fields, &["day", "at", "price", "none"]);
        let rows = table.rows(&file(&values), &batch()).unwrap();
        let shown: Vec<String> = rows
            .columns()
            .iter()
            .map(|column| arrow::util::display::array_value_to_string(column, 1).unwrap())
            .collect();
        assert_eq!(shown, ["2024-02-29", "2024-02-29T12:30:00.250Z", "-12.50", "", "2"]);
        assert!(table.rows(&file(&[("day", Some("yesterday"))]), &batch()).is_err());
    }
}
