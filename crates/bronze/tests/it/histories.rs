//! Random histories of a followed table: after each version bronze has the source's rows, and the books balance.

use crate::feed::Feed;
use ingot_lake::arrow::array::{Int64Array, RecordBatch, StringArray};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema};
use ingot_lake::{Changes, CommitDetails, DataFileWriter, DeltaTable, NewFile, TableDefinition};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A key, which may be null, and a value.
type Row = (Option<i64>, u8);
/// The files of a table: their rows.
type Files = Vec<Vec<Row>>;

/// What a version does.
#[derive(Debug, Clone)]
enum Act {
    /// Adds a file.
    Append(Vec<Row>),
    /// Writes one of the files again with these rows instead.
    Replace(prop::sample::Index, Vec<Row>),
    /// Writes one of the files again, its rows in the opposite order.
    Reverse(prop::sample::Index),
    /// Writes all rows into one file.
    Compact,
    /// Removes one of the files.
    Drop(prop::sample::Index),
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // Few keys, so that they come twice; sometimes none, which the contract rejects.
    prop::collection::vec((prop::option::weighted(0.9, 0..5_i64), 0..3_u8), 1..6)
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => rows().prop_map(Act::Append),
        3 => (any::<prop::sample::Index>(), rows()).prop_map(|(at, rows)| Act::Replace(at, rows)),
        1 => any::<prop::sample::Index>().prop_map(Act::Reverse),
        1 => Just(Act::Compact),
        1 => any::<prop::sample::Index>().prop_map(Act::Drop),
    ]
}

fn schema() -> Schema {
    Schema::new(vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)])
}

fn write(root: &Path, name: &str, rows: &[Row]) -> NewFile {
    let schema = Arc::new(schema());
    let ids: Int64Array = rows.iter().map(|row| row.0).collect();
    let names = StringArray::from_iter_values(rows.iter().map(|row| row.1.to_string()));
    let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(ids), Arc::new(names)]).unwrap();
    let mut writer = DataFileWriter::create(root, name, Vec::new(), schema, &[]).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap()
}

fn after(files: &Files, act: &Act) -> Files {
    let mut files = files.clone();
    match act {
        Act::Append(rows) => files.push(rows.clone()),
        _ if files.is_empty() => {}
        Act::Replace(at, rows) => {
            let at = at.index(files.len());
            files.remove(at);
            files.push(rows.clone());
        }
        Act::Reverse(at) => {
            let at = at.index(files.len());
            let mut rows = files.remove(at);
            rows.reverse();
            files.push(rows);
        }
        Act::Compact => files = vec![files.concat()],
        Act::Drop(at) => {
            files.remove(at.index(files.len()));
        }
    }
    files
}

/// Brings the source to these files, whose names are kept for those that stay.
fn commit(root: &Path, names: &mut BTreeMap<String, Vec<Row>>, files: &Files) {
    let mut table = DeltaTable::open(root).unwrap();
    let mut wanted = files.clone();
    let gone: Vec<String> = names
        .iter()
        .filter(|(_, rows)| match wanted.iter().position(|other| other == *rows) {
            Some(at) => {
                wanted.remove(at);
                false
            }
            None => true,
        })
        .map(|(name, _)| name.clone())
        .collect();
    names.retain(|name, _| !gone.contains(name));
    let live = table.files().unwrap();
    let mut changes = Changes {
        remove: live.into_iter().filter(|file| gone.contains(&file.relative)).collect(),
        ..Changes::default()
    };
    for (at, rows) in wanted.into_iter().enumerate() {
        let name = format!("v{}-{at}.parquet", table.version() + 1);
        changes.add.push(write(root, &name, &rows));
        names.insert(name, rows);
    }
    table.commit(changes, &CommitDetails { operation: "WRITE", ..CommitDetails::default() }).unwrap();
}

/// Loads after every `step` versions.
fn check(is_keyed: bool, acts: &[Act], step: usize) -> Result<(), TestCaseError> {
    let key = if is_keyed { ", primaryKey: true, primaryKeyPosition: 1" } else { "" };
    let feed = Feed::new("delta", "t", "", &format!("id i64 {{required: true{key}}}\nname str"));
    let root = feed.raw("t");
    let definition = TableDefinition {
        name: "t".into(),
        schema: schema(),
        partition_columns: Vec::new(),
        properties: Vec::new(),
        id: None,
    };
    DeltaTable::create(
        &root,
        &definition,
        &CommitDetails { operation: "CREATE TABLE", ..CommitDetails::default() },
    )
    .unwrap();
    let (mut files, mut names) = (Files::new(), BTreeMap::new());
    let mut rejected = 0;
    for some in acts.chunks(step) {
        for act in some {
            files = after(&files, act);
            commit(&root, &mut names, &files);
        }
        let table = feed.load();
        for file in &table.files {
            prop_assert_eq!(file.read, file.accepted + file.rejected, "{:?}", file);
        }
        rejected += table.rejected();
        let mut expected: Vec<(i64, String)> =
            files.concat().into_iter().filter_map(|(id, name)| Some((id?, name.to_string()))).collect();
        expected.sort();
        let (dead, live): (Vec<_>, Vec<_>) =
            feed.rows().into_iter().partition(|row| row["is_deleted"] == "true");
        let mut live: Vec<(i64, String)> =
            live.into_iter().map(|row| (row["id"].parse().unwrap(), row["name"].clone())).collect();
        live.sort();
        prop_assert_eq!(&live, &expected);
        prop_assert!(dead.iter().all(|row| row.contains_key("deleted_at")));
        prop_assert_eq!(feed.rejects().len() as u64, rejected);
        if !is_keyed {
            prop_assert_eq!(table.repeated, 0);
        }
        prop_assert_eq!(feed.load().read(), 0);
    }
    Ok(())
}

#[test]
fn bronze_has_the_rows_of_any_history() {
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    let strategy = (any::<bool>(), prop::collection::vec(act(), 1..7), 1..3_usize);
    TestRunner::new(config).run(&strategy, |(is_keyed, acts, step)| check(is_keyed, &acts, step)).unwrap();
}
