//! Delta tables: what is committed is what is read, at each version, with statistics.

use ingot_lake::arrow::array::{Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use ingot_lake::{Changes, CommitDetails, DataFileWriter, DeltaTable, NewFile, TableDefinition, mirror};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("text", DataType::Utf8, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
    ])
}

fn write(root: &Path, name: &str, ids: &[i64]) -> NewFile {
    let schema = Arc::new(schema());
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(Int64Array::from(ids.to_vec())),
            Arc::new(StringArray::from_iter(ids.iter().map(|id| (id % 2 == 0).then(|| format!("row {id}"))))),
            Arc::new(
                TimestampMicrosecondArray::from_iter_values(ids.iter().map(|id| id * 1_000_001))
                    .with_timezone("UTC"),
            ),
        ],
    )
    .unwrap();
    let mut writer =
        DataFileWriter::create(root, name, Vec::new(), schema, &[("id", ingot_lake::Values::Unlike)])
            .unwrap();
    writer.write(&batch).unwrap();
    let mut file = writer.finish().unwrap();
    file.modified = Some(1_700_000_000_000);
    file
}

fn details(note: &str) -> CommitDetails {
    let mut metadata = Map::new();
    metadata.insert("note".into(), Value::from(note));
    CommitDetails { operation: "WRITE", metadata, timestamp: Some(1_700_000_000_000) }
}

fn definition() -> TableDefinition {
    TableDefinition {
        name: "things".into(),
        schema: schema(),
        partition_columns: Vec::new(),
        properties: Vec::new(),
        id: Some("00000000-0000-4000-8000-000000000001".into()),
    }
}

#[test]
fn each_version_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("things");
    assert!(!DeltaTable::exists(&root));
    let mut table = DeltaTable::create(&root, &definition(), &details("made")).unwrap();
    assert_eq!((table.version(), table.files().unwrap().len()), (0, 0));

    let file = write(&root, "a.parquet", &[1, 2, 3]);
    let statistics: Value = serde_json::from_str(&file.statistics).unwrap();
    assert_eq!(statistics["numRecords"], json!(3));
    assert_eq!(statistics["nullCount"]["text"], json!(2));
    assert_eq!(statistics["maxValues"]["id"], json!(3));
    // Widened to the next whole millisecond: 3.000003 s.
    assert_eq!(statistics["maxValues"]["at"], json!("1970-01-01T00:00:03.001Z"));
    assert_eq!(statistics["minValues"]["at"], json!("1970-01-01T00:00:01.000Z"));
    let version = table.commit(Changes { add: vec![file], ..Changes::default() }, &details("first")).unwrap();
    assert_eq!(version, 1);

    // Replace the file and add a column, in one commit.
    let mut fields: Vec<Field> = schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new("more", DataType::Utf8, true));
    let remove = table.files().unwrap();
    let changes =
        Changes { add: vec![write(&root, "b.parquet", &[1, 4])], remove, schema: Some(Schema::new(fields)) };
    table.commit(changes, &details("second")).unwrap();
    assert_eq!(table.schema().unwrap().fields().len(), 4);

    let again = DeltaTable::open(&root).unwrap();
    let files = again.files().unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].relative.as_str(), files[0].rows), ("b.parquet", Some(2)));
    assert!(files[0].path.is_file());
    let old = DeltaTable::open_at(&root, 1).unwrap();
    assert_eq!(old.files().unwrap()[0].relative, "a.parquet");
    assert_eq!(old.schema().unwrap().fields().len(), 3);
    let notes: Vec<Value> = again
        .history()
        .unwrap()
        .into_iter()
        .map(|mut entry| entry.metadata.remove("note").unwrap())
        .collect();
    assert_eq!(notes, ["made", "first", "second"]);
}

#[test]
fn equal_calls_write_equal_bytes() {
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("things");
        let mut table = DeltaTable::create(&root, &definition(), &details("made")).unwrap();
        let file = write(&root, "a.parquet", &[1, 2, 3]);
        table.commit(Changes { add: vec![file], ..Changes::default() }, &details("first")).unwrap();
        let mut bytes = Vec::new();
        for name in
            ["a.parquet", "_delta_log/00000000000000000000.json", "_delta_log/00000000000000000001.json"]
        {
            bytes.push(std::fs::read(root.join(name)).unwrap());
        }
        bytes
    };
    let first = make();
    // Hash maps are seeded anew each time, so that a few repetitions would show an order that is left to chance.
    for _ in 0..5 {
        assert!(first == make());
    }
}

#[test]
fn two_writers_cannot_both_replace() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("things");
    let file = write(&root, "a.parquet", &[1]);
    DeltaTable::create_with(&root, &definition(), vec![file], &details("made")).unwrap();
    let mut one = DeltaTable::open(&root).unwrap();
    let mut other = DeltaTable::open(&root).unwrap();
    let replace = |name: &str, table: &DeltaTable| Changes {
        add: vec![write(&root, name, &[2])],
        remove: table.files().unwrap(),
        schema: None,
    };
    one.commit(replace("b.parquet", &one), &details("one")).unwrap();
    assert!(other.commit(replace("c.parquet", &other), &details("other")).is_err());
    assert_eq!(DeltaTable::open(&root).unwrap().files().unwrap()[0].relative, "b.parquet");
}

#[test]
fn the_parquet_side_follows_the_live_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("things");
    let file = write(&root, "a.parquet", &[1]);
    let mut table = DeltaTable::create_with(&root, &definition(), vec![file], &details("made")).unwrap();
    let side = folder.path().join("plain");
    assert_eq!(mirror(&table.files().unwrap(), &table.schema().unwrap(), &side).unwrap().added, 1);
    assert_eq!(
        mirror(&table.files().unwrap(), &table.schema().unwrap(), &side).unwrap(),
        ingot_lake::Mirrored::default()
    );
    let remove = table.files().unwrap();
    let changes = Changes { add: vec![write(&root, "b.parquet", &[2])], remove, schema: None };
    table.commit(changes, &details("next")).unwrap();
    let done = mirror(&table.files().unwrap(), &table.schema().unwrap(), &side).unwrap();
    assert_eq!((done.added, done.removed), (1, 1));
    assert!(side.join("b.parquet").is_file() && !side.join("a.parquet").exists());
}
