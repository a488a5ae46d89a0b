//! A followed Delta table whose columns grow, whose log is cleaned, or that is another one suddenly.

use crate::things::{Terms, Things};
use ingot_lake::arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema};
use ingot_lake::{Changes, CommitDetails, DataFileWriter, DeltaTable, NewFile, TableDefinition};
use std::path::{Path, PathBuf};
use std::sync::Arc;

type Row = (i64, &'static str, i32);

fn schema(extra: bool) -> Schema {
    let mut fields = vec![
        Field::new("id", DataType::Int64, true),
        Field::new("name", DataType::Utf8, true),
        Field::new("qty", DataType::Int32, true),
    ];
    if extra {
        fields.push(Field::new("weight", DataType::Int64, true));
    }
    Schema::new(fields)
}

fn file(root: &Path, name: &str, rows: &[Row], extra: bool) -> NewFile {
    let schema = Arc::new(schema(extra));
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1))),
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.2))),
    ];
    if extra {
        columns.push(Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0 * 100))));
    }
    let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
    let mut writer = DataFileWriter::create(root, name, Vec::new(), schema, &[]).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap()
}

fn details() -> CommitDetails {
    CommitDetails { operation: "WRITE", ..CommitDetails::default() }
}

fn terms() -> Terms<'static> {
    Terms { format: "delta", path: "things", ..Terms::default() }
}

fn source(things: &Things) -> PathBuf {
    things.path().join("raw/things")
}

/// A table whose checkpoints come every second version.
fn create(things: &Things, rows: &[Row]) -> DeltaTable {
    let root = source(things);
    let definition = TableDefinition {
        name: "things".into(),
        schema: schema(false),
        partition_columns: Vec::new(),
        properties: vec![("delta.checkpointInterval".to_owned(), "2".to_owned())],
        id: None,
    };
    let first = file(&root, "v0.parquet", rows, false);
    DeltaTable::create_with(&root, &definition, vec![first], &details()).unwrap()
}

/// One more version, which holds just these rows.
fn replace(things: &Things, rows: &[Row], extra: bool) {
    let root = source(things);
    let mut table = DeltaTable::open(&root).unwrap();
    let name = format!("v{}.parquet", table.version() + 1);
    let grows = extra && table.schema().unwrap().fields().len() == 3;
    let changes = Changes {
        add: vec![file(&root, &name, rows, extra)],
        remove: table.files().unwrap(),
        schema: grows.then(|| schema(true)),
    };
    table.commit(changes, &details()).unwrap();
}

const STATE: &str = "SELECT id, name, qty, is_deleted FROM {t} ORDER BY 1";

#[test]
fn a_column_that_the_contract_does_not_name_is_added_with_its_type() {
    let things = Things::new(&terms());
    create(&things, &[(1, "a", 1), (2, "b", 2)]);
    replace(&things, &[(1, "a", 1), (3, "c", 3)], true);
    let (summary, heard) = things.load_heard();
    assert!(!summary.failed(), "{summary:?}");
    assert!(heard[0].contains("'weight', which the contract does not name, was added as i64"), "{heard:?}");
    assert_eq!(
        things.bronze("SELECT id, weight, is_deleted FROM {t} ORDER BY 1"),
        "1|100|false\n2|∅|true\n3|300|false"
    );
    let old = DeltaTable::open_at(&things.lake().join("bronze/delta/things"), 0).unwrap();
    assert!(old.schema().unwrap().field_with_name("weight").is_err());
    assert_eq!(
        things.manifest("SELECT column_name, change, data_type FROM manifest_schema_changes"),
        "weight|added|i64"
    );
    replace(&things, &[(3, "c", 4)], true);
    assert_eq!(things.load_heard().1, Vec::<String>::new());
    assert_eq!(things.bronze(STATE), "1|a|1|true\n2|b|2|true\n3|c|4|false");

    let frozen = Things::new(&Terms { evolution: "freeze", ..terms() });
    create(&frozen, &[(1, "a", 1)]);
    replace(&frozen, &[(1, "a", 1)], true);
    let summary = frozen.load();
    assert!(summary.failed());
    assert!(summary.tables[0].files[1].error.as_deref().unwrap().starts_with("COLUMN_UNKNOWN"));
    assert_eq!(frozen.bronze(STATE), "1|a|1|false");
}

#[test]
fn a_source_whose_log_was_cleaned_is_compared_as_a_whole() {
    let things = Things::new(&terms());
    create(&things, &[(1, "a", 1), (2, "b", 2), (3, "c", 3)]);
    things.load();
    replace(&things, &[(1, "a", 1), (2, "b", 20), (4, "d", 4)], false);
    replace(&things, &[(1, "a", 1), (2, "b", 21), (4, "d", 4)], false);
    replace(&things, &[(1, "a", 1), (2, "b", 22), (4, "d", 4), (5, "e", 5)], false);
    // The log begins at version 3 now, and older files are gone.
    let root = source(&things);
    assert!(root.join("_delta_log/_last_checkpoint").is_file());
    for version in 0..3 {
        let _ = std::fs::remove_file(root.join(format!("_delta_log/{version:020}.json")));
        std::fs::remove_file(root.join(format!("v{version}.parquet"))).unwrap();
    }
    let (summary, heard) = things.load_heard();
    assert!(!summary.failed(), "{summary:?}");
    assert!(heard[0].contains("does not go back to version 1"), "{heard:?}");
    assert_eq!(things.bronze(STATE), "1|a|1|false\n2|b|22|false\n3|c|3|true\n4|d|4|false\n5|e|5|false");
    assert_eq!((summary.accepted(), summary.tables[0].deleted), (4, 1));
    assert_eq!(things.load().read(), 0);
    // From here on it is followed as before.
    replace(&things, &[(1, "a", 1), (2, "b", 22), (5, "e", 5)], false);
    assert_eq!(things.load().read(), 1);
    assert_eq!(things.bronze("SELECT count(*) FILTER (is_deleted) FROM {t}"), "2");
}

#[test]
fn another_table_in_its_place_is_refused() {
    let things = Things::new(&terms());
    create(&things, &[(1, "a", 1)]);
    replace(&things, &[(1, "a", 2)], false);
    things.load();
    let state = things.bronze(STATE);
    for rows in [&[(7, "x", 7)][..], &[(1, "a", 1)][..]] {
        std::fs::remove_dir_all(source(&things)).unwrap();
        create(&things, rows);
        let (summary, heard) = things.load_heard();
        assert!(summary.failed());
        assert!(heard[0].contains("SOURCE_REPLACED"), "{heard:?}");
        assert_eq!(things.bronze(STATE), state);
    }
}
