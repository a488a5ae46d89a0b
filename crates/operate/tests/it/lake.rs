//! A lake in a folder that goes away, with a table whose versions are known.

use ingot_lake::arrow::array::{Float64Array, Int64Array, RecordBatch};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema};
use ingot_lake::{
    CHECKPOINT_INTERVAL, Changes, CommitDetails, DataFileWriter, DeltaTable, LiveFile, NewFile,
    TableDefinition, mirror,
};
use ingot_operate::{AsOf, LakeTable, ShowOptions, show, tables};
use std::path::PathBuf;
use std::sync::Arc;

/// `id`, `day`, `price`.
pub(crate) type Row = (i64, &'static str, f64);

pub(crate) struct Lake {
    folder: tempfile::TempDir,
}

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("day", DataType::Utf8, true),
        Field::new("price", DataType::Float64, true),
    ])
}

impl Lake {
    /// With the table `gold.sales`, partitioned by day, in version 0 without rows.
    pub(crate) fn new() -> Self {
        let lake = Self { folder: tempfile::Builder::new().prefix("a=b lake ").tempdir().unwrap() };
        let definition = TableDefinition {
            name: "sales".to_owned(),
            schema: schema(),
            partition_columns: vec!["day".to_owned()],
            properties: vec![("delta.checkpointInterval".to_owned(), CHECKPOINT_INTERVAL.to_string())],
            id: None,
        };
        DeltaTable::create(&lake.delta(), &definition, &details("CREATE TABLE")).unwrap();
        lake
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    pub(crate) fn delta(&self) -> PathBuf {
        self.folder.path().join("gold/delta/sales")
    }

    pub(crate) fn parquet(&self) -> PathBuf {
        self.folder.path().join("gold/parquet/sales")
    }

    pub(crate) fn table(&self) -> LakeTable {
        tables(&self.path(), &["sales".to_owned()]).unwrap().remove(0)
    }

    pub(crate) fn open(&self) -> DeltaTable {
        DeltaTable::open(&self.delta()).unwrap()
    }

    pub(crate) fn write(&self, name: &str, rows: &[Row]) -> NewFile {
        let Some((_, day, _)) = rows.first() else { panic!("a file needs rows") };
        let columns: Vec<Field> =
            vec![Field::new("id", DataType::Int64, true), Field::new("price", DataType::Float64, true)];
        let columns = Arc::new(Schema::new(columns));
        let batch = RecordBatch::try_new(
            columns.clone(),
            vec![
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
                Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.2))),
            ],
        )
        .unwrap();
        let value = Some((*day).to_owned()).filter(|day| !day.is_empty());
        let partition = vec![("day".to_owned(), value)];
        let mut writer = DataFileWriter::create(&self.delta(), name, partition, columns, &[]).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap()
    }

    /// One commit that adds files, and removes those whose names contain one of `without`.
    pub(crate) fn commit(&self, add: Vec<NewFile>, without: &[&str]) -> u64 {
        let mut table = self.open();
        let is_out = |file: &LiveFile| without.iter().any(|name| file.relative.contains(name));
        let remove = table.files().unwrap().into_iter().filter(is_out).collect();
        let version = table.commit(Changes { add, remove, schema: None }, &details("WRITE")).unwrap();
        mirror(&table.files().unwrap(), &table.schema().unwrap(), &self.parquet()).unwrap();
        version
    }

    /// Adds a column that no file has.
    pub(crate) fn grow(&self) -> u64 {
        let mut table = self.open();
        let mut fields: Vec<Field> =
            table.schema().unwrap().fields().iter().map(|field| field.as_ref().clone()).collect();
        fields.push(Field::new("note", DataType::Utf8, true));
        let changes = Changes { schema: Some(Schema::new(fields)), ..Changes::default() };
        table.commit(changes, &details("ADD COLUMNS")).unwrap()
    }

    /// Version 1 has ids 1 to 4 in two days and one without day, version 2 id 5 too, version 3 another price for id 1.
    pub(crate) fn with_versions() -> Self {
        let lake = Self::new();
        let files = vec![
            lake.write("a.parquet", &[(1, "2026-01-01", 1.5), (2, "2026-01-01", 2.5)]),
            lake.write("b.parquet", &[(3, "2026-01-02", 3.5)]),
            lake.write("c.parquet", &[(4, "", 4.5)]),
        ];
        assert_eq!(lake.commit(files, &[]), 1);
        assert_eq!(lake.commit(vec![lake.write("d.parquet", &[(5, "2026-01-01", 5.5)])], &[]), 2);
        let changed = lake.write("e.parquet", &[(1, "2026-01-01", 9.0), (2, "2026-01-01", 2.5)]);
        assert_eq!(lake.commit(vec![changed], &["a.parquet"]), 3);
        lake
    }

    /// The rows of a version as CSV, in order.
    pub(crate) fn rows(&self, as_of: Option<AsOf>) -> String {
        let sql = Some("select * from sales order by id".to_owned());
        show(&self.table(), &ShowOptions { as_of, sql, limit: None }).unwrap().csv().unwrap()
    }

    /// The rows that a reader of plain Parquet files sees, in order.
    pub(crate) fn plain_rows(&self) -> Vec<(i64, String)> {
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(self.parquet()) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let file = std::fs::File::open(entry.path()).unwrap();
                let reader =
                    ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)
                        .unwrap()
                        .build()
                        .unwrap();
                let folder =
                    entry.path().parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
                for batch in reader {
                    let batch = batch.unwrap();
                    let ids = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
                    found.extend(ids.iter().map(|id| (id.unwrap(), folder.clone())));
                }
            }
        }
        found.sort();
        found
    }
}

pub(crate) fn details(operation: &'static str) -> CommitDetails {
    CommitDetails { operation, ..CommitDetails::default() }
}
