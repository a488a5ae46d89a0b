//! Damaged files of the lake are not read, whichever way a model names them; and incremental models follow rows that leave.

use crate::case::{Case, all_well, status};
use ingot_core::error::Kind;
use ingot_lake::arrow::array::{Int64Array, RecordBatch};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema};
use ingot_lake::{
    Changes, CommitDetails, DataFileWriter, DeltaTable, NewFile, RESTORED_VERSION, TableDefinition, UNDONE,
    mirror,
};
use ingot_models::{Status, Verb};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;

const SOURCES: &str = "sources:\n  - name: bronze\n    config: {meta: {external_location: \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet')\"}}\n    tables: [{name: orders}]\n";

fn schema() -> Schema {
    Schema::new(vec![Field::new("id", DataType::Int64, true)])
}

fn delta(case: &Case) -> PathBuf {
    case.folder.path().join("lake/bronze/delta/orders")
}

fn write(case: &Case, name: &str, ids: &[i64]) -> NewFile {
    let columns = vec![Arc::new(Int64Array::from(ids.to_vec())) as _];
    let batch = RecordBatch::try_new(Arc::new(schema()), columns).unwrap();
    let mut writer = DataFileWriter::create(&delta(case), name, Vec::new(), batch.schema(), &[]).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap()
}

fn details(metadata: Map<String, Value>) -> CommitDetails {
    CommitDetails { operation: "WRITE", metadata, timestamp: None }
}

/// Writes a file whose paths begin with the project: tests do not run in its folder.
fn write_in(case: &Case, file: &str, text: &str) {
    let lake = format!("{}/lake/", case.folder.path().display());
    case.write(file, &text.replace("'lake/", &format!("'{lake}")).replace("\"lake/", &format!("\"{lake}")));
}

/// Adds a file with these ids, and removes the file of a name.
fn commit(case: &Case, add: Option<(&str, &[i64])>, without: Option<&str>, metadata: Map<String, Value>) {
    let mut table = DeltaTable::open(&delta(case)).unwrap();
    let is_out = |name: &str| without.is_some_and(|without| name == without);
    let remove = table.files().unwrap().into_iter().filter(|file| is_out(&file.relative)).collect();
    let add = add.into_iter().map(|(name, ids)| write(case, name, ids)).collect();
    table.commit(Changes { add, remove, schema: None }, &details(metadata)).unwrap();
    show(case, &table);
}

fn show(case: &Case, table: &DeltaTable) {
    mirror(
        &table.files().unwrap(),
        &table.schema().unwrap(),
        &case.folder.path().join("lake/bronze/parquet/orders"),
    )
    .unwrap();
}

/// A project with a table `bronze.orders` of the ids 1 and 2.
fn project(files: &[(&str, &str)]) -> Case {
    let case = Case::new(files);
    let definition = TableDefinition {
        name: "orders".to_owned(),
        schema: schema(),
        partition_columns: Vec::new(),
        properties: Vec::new(),
        id: None,
    };
    let file = write(&case, "a.parquet", &[1, 2]);
    let table =
        DeltaTable::create_with(&delta(&case), &definition, vec![file], &details(Map::new())).unwrap();
    show(&case, &table);
    case
}

/// Another value in the file, and nothing that a reader would notice.
fn damage(case: &Case, name: &str) {
    let path = delta(case).join(name);
    write(case, "other.parquet", &[7, 8]);
    let other = std::fs::read(delta(case).join("other.parquet")).unwrap();
    assert_eq!(other.len(), std::fs::read(&path).unwrap().len());
    std::fs::remove_file(delta(case).join("other.parquet")).unwrap();
    std::fs::write(path, other).unwrap();
}

#[test]
fn each_way_of_reading_a_damaged_file_is_refused() {
    let folder = "lake/bronze/parquet/orders";
    for (what, sql) in [
        ("function", format!("select * from read_parquet('{folder}/*.parquet')")),
        ("list", format!("select * from read_parquet(['{folder}/a.parquet'])")),
        ("name", format!("select * from \"{folder}/a.parquet\"")),
        ("text", format!("select * from '{folder}/a.parquet'")),
        ("delta side", "select * from 'lake/bronze/delta/orders/a.parquet'".to_owned()),
        ("pattern of folders", "select * from read_parquet('lake/*/parquet/*/*.parquet')".to_owned()),
        ("computed", "select * from read_parquet('lake/bronze/' || 'parquet/orders/*.parquet')".to_owned()),
        (
            "variable",
            "{% set side = 'parquet' %}select * from read_parquet('lake/bronze/{{ side }}/orders/*.parquet')"
                .to_owned(),
        ),
    ] {
        let case = project(&[]);
        write_in(&case, "models/by_path.sql", &format!("{{{{ config(materialized='table') }}}}{sql}"));
        all_well(&case, &case.go(Verb::Run));
        assert_eq!(case.number("select sum(id)::bigint from by_path"), 3, "{what}");
        damage(&case, "a.parquet");
        let summary = case.go(Verb::Run);
        assert_eq!(status(&summary, "by_path"), Status::Error, "{what}");
        let result = &summary.results[0];
        assert!(
            result.message.contains("a data file of bronze.orders is damaged"),
            "{what}: {}",
            result.message
        );
        assert_eq!(result.hint.as_deref(), Some("run `ingot bronze reload --table orders`"), "{what}");
        assert_eq!(case.number("select sum(id)::bigint from by_path"), 3, "{what}");
    }
}

#[test]
fn a_view_of_an_earlier_run_does_not_hide_a_damaged_file() {
    let case = project(&[
        ("models/again.sql", "select * from {{ ref('seen') }}"),
        ("models/kept.sql", "{{ config(materialized='table') }}select * from {{ ref('again') }}"),
    ]);
    write_in(&case, "models/seen.sql", "select * from read_parquet('lake/bronze/parquet/orders/*.parquet')");
    all_well(&case, &case.go(Verb::Run));
    damage(&case, "a.parquet");
    let mut options = case.options(Verb::Run);
    options.select = vec!["kept".to_owned()];
    let summary = case.with(options).unwrap();
    assert_eq!(status(&summary, "kept"), Status::Error);
    assert_eq!(case.number("select sum(id)::bigint from kept"), 3);
}

#[test]
fn sources_are_refused_before_anything_runs() {
    let case = project(&[
        ("models/sources.yml", SOURCES),
        ("models/kept.sql", "{{ config(materialized='table') }}select 1 as id"),
        ("models/read.sql", "select * from {{ source('bronze', 'orders') }}"),
    ]);
    damage(&case, "a.parquet");
    let error = case.with(case.options(Verb::Run)).unwrap_err();
    assert_eq!(*error.kind(), Kind::Data);
}

fn incremental() -> Case {
    let case = project(&[
        ("models/staging.sql", "select * from {{ source('bronze', 'orders') }}"),
        (
            "models/kept.sql",
            "{{ config(materialized='incremental') }}select * from {{ ref('staging') }}
             {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}",
        ),
        (
            "models/below.sql",
            "{{ config(materialized='incremental') }}select id * 10 as id from {{ ref('kept') }}
             {% if is_incremental() %} where id * 10 > (select max(id) from {{ this }}) {% endif %}",
        ),
    ]);
    write_in(&case, "models/sources.yml", SOURCES);
    case
}

#[test]
fn incremental_models_follow_rows_that_left() {
    let case = incremental();
    let go = |select: &[&str]| {
        let mut options = case.options(Verb::Run);
        options.select = select.iter().map(|name| (*name).to_owned()).collect();
        all_well(&case, &case.with(options).unwrap());
    };
    let sums = || {
        (case.number("select sum(id)::bigint from kept"), case.number("select sum(id)::bigint from below"))
    };
    go(&[]);
    commit(&case, Some(("b.parquet", &[3])), None, Map::new());
    go(&[]);
    assert_eq!(sums(), (6, 60));
    assert!(!case.said().contains("built from nothing"), "{}", case.said());
    // The delivery is taken back.
    commit(&case, None, Some("b.parquet"), Map::from_iter([(UNDONE.to_owned(), json!(["b.csv"]))]));
    // Alone, the lower model would only see what the upper one still keeps.
    go(&["below"]);
    assert_eq!(sums(), (6, 60));
    go(&[]);
    assert_eq!(sums(), (3, 30));
    assert!(case.said().contains("main.kept is built from nothing"), "{}", case.said());
    // Once is enough.
    let said = case.said().matches("built from nothing").count();
    go(&[]);
    assert_eq!(case.said().matches("built from nothing").count(), said);
    // A restore of the version that had the row, whose id is not greater than what is there.
    commit(&case, Some(("c.parquet", &[9])), None, Map::new());
    go(&[]);
    let mut table = DeltaTable::open(&delta(&case)).unwrap();
    let target = DeltaTable::open_at(table.root(), 1).unwrap();
    let metadata = Map::from_iter([(RESTORED_VERSION.to_owned(), json!(1))]);
    table.restore(&target, &details(metadata)).unwrap();
    show(&case, &table);
    go(&["kept"]);
    assert_eq!(sums(), (6, 120));
    go(&["below"]);
    assert_eq!(sums(), (6, 60));
}

#[test]
fn a_model_that_forbids_it_is_not_built_from_nothing() {
    let case = incremental();
    case.write("models/below.yml", "models: [{name: kept, config: {full_refresh: false}}]");
    all_well(&case, &case.go(Verb::Run));
    let undone = Map::from_iter([(UNDONE.to_owned(), json!(["a.csv"]))]);
    commit(&case, Some(("b.parquet", &[1])), Some("a.parquet"), undone);
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select sum(id)::bigint from kept"), 3);
    assert!(case.said().contains("main.kept may have rows that have left"), "{}", case.said());
}
