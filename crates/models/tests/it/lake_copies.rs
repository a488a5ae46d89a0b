//! Models with `meta: {lake_folder: ...}`: what is in the lake, and when it is written.

use crate::case::{Case, all_well};
use crate::lake_sides::{PROJECT, by_parquet, data_files, delta, equal, parquet, version};
use ingot_engine::duckdb::{DuckDb, DuckDbOptions};
use ingot_engine::{Cell, Engine};
use ingot_lake::DeltaTable;
use ingot_models::{Status, Verb};
use std::collections::BTreeSet;

/// Rows with a type of each kind, nulls and awkward values.
const MIXED: &str = "select 1 as id, 'it''s ä' as text, 1.25::decimal(18,4) as amount, 2::hugeint as wide,
    timestamp '2024-02-29 10:20:30.123456' as moment, timestamptz '2024-02-29 10:20:30+02' as zoned, date '0001-01-01' as day,
    true as flag, 'nan'::double as ratio, 7::utinyint as small, 8::ubigint as big, time '10:20:30' as clock,
    'a'::enum('a', 'b') as choice, [1, 2] as many, {'k': 'v'} as pair, 'x'::blob as bytes,
    '00000000-0000-0000-0000-000000000001'::uuid as ident, interval 3 days as span
union all select 2, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null";

#[test]
fn a_table_is_in_the_lake_as_it_is_in_the_warehouse() {
    let case = Case::new(&[
        ("dbt_project.yml", PROJECT),
        ("models/plain.sql", "select i as id, 'n' || i as name, i / 4 as part from range(1000) as t(i)"),
        ("models/mixed.sql", MIXED),
        ("models/empty.sql", "select 1 as id, 'a' as name where false"),
        ("models/seen.sql", "{{ config(materialized='view') }} select * from {{ ref('plain') }}"),
        ("models/inner.sql", "{{ config(meta={'lake_folder': none}) }} select 1 as id"),
        (
            "snapshots/kept.sql",
            "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols=['name'], meta={'lake_folder': 'lake/history'}) }}select * from {{ ref('plain') }}{% endsnapshot %}",
        ),
    ]);
    all_well(&case, &case.go(Verb::Build));
    equal(&case, "plain");
    let folders = |side: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(case.folder.path().join("lake").join(side)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    let tables: BTreeSet<String> = ["plain", "mixed", "empty"].map(str::to_owned).into();
    assert_eq!((folders("gold/delta"), folders("gold/parquet")), (tables.clone(), tables));
    assert_eq!(folders("history/delta"), BTreeSet::from(["kept".to_owned()]));

    // A type that Delta does not have is the nearest one that holds all its values.
    let types = case.query(&format!(
        "select column_name, column_type from (describe from {})",
        by_parquet(&case, "mixed")
    ));
    let kind = |name: &str| {
        let row = types.iter().find(|row| row[0] == Cell::Text(name.to_owned())).unwrap();
        row[1].to_string()
    };
    for (name, wanted) in [
        ("amount", "DECIMAL(18,4)"),
        ("wide", "DECIMAL(38,0)"),
        ("moment", "TIMESTAMP WITH TIME ZONE"),
        ("zoned", "TIMESTAMP WITH TIME ZONE"),
        ("small", "SMALLINT"),
        ("big", "DECIMAL(20,0)"),
        ("clock", "VARCHAR"),
        ("choice", "VARCHAR"),
        ("many", "INTEGER[]"),
        ("ident", "VARCHAR"),
    ] {
        assert_eq!(kind(name), wanted, "{name}");
    }
    let same = "select count(*) from mixed join {} as copy using (id)
        where row(mixed.text, mixed.amount, mixed.wide, timezone('UTC', mixed.moment), mixed.zoned, mixed.day, mixed.flag, mixed.ratio, mixed.small,
                  mixed.big, mixed.clock::varchar, mixed.choice, mixed.many, mixed.pair, mixed.bytes, mixed.ident::varchar, mixed.span::varchar)
              is not distinct from
              row(copy.text, copy.amount, copy.wide, copy.moment, copy.zoned, copy.day, copy.flag, copy.ratio, copy.small,
                  copy.big, copy.clock, copy.choice, copy.many, copy.pair, copy.bytes, copy.ident, copy.span)";
    assert_eq!(case.number(&same.replace("{}", &by_parquet(&case, "mixed"))), 2);
    assert_eq!(case.number(&format!("select count(*) from {}", by_parquet(&case, "empty"))), 0);

    // One file, seen from both sides, and its statistics.
    let table = DeltaTable::open(&delta(&case, "plain")).unwrap();
    let files = table.files().unwrap();
    assert_eq!((files.len(), files[0].rows), (1, Some(1000)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let shown = parquet(&case, "plain").join(&files[0].relative);
        assert_eq!(std::fs::metadata(shown).unwrap().ino(), std::fs::metadata(&files[0].path).unwrap().ino());
    }
    let commit = table.last_commit().unwrap().unwrap();
    assert_eq!(commit.metadata["model"], "model.shop.plain");
}

#[test]
fn only_what_has_changed_is_written_and_older_versions_stay() {
    let grown = "{{ config(materialized='incremental', unique_key='id') }} select * from {{ ref('src') }} {% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}";
    let source = |rows: u32| {
        format!("{{{{ config(materialized='view') }}}} select i as id, i * 2 as v from range({rows}) as t(i)")
    };
    let case = Case::new(&[
        ("dbt_project.yml", PROJECT),
        ("models/src.sql", &source(10)),
        ("models/grown.sql", grown),
        ("models/same.sql", "select 1 as id, 'x' as name"),
    ]);
    all_well(&case, &case.go(Verb::Build));
    let (first, whole) = (data_files(&delta(&case, "grown")), data_files(&parquet(&case, "same")));

    // Nothing new: built anew, or not, the rows are the same, and not a file is touched.
    all_well(&case, &case.go(Verb::Build));
    assert_eq!((version(&case, "grown"), version(&case, "same")), (0, 0));
    assert_eq!(data_files(&delta(&case, "grown")), first);

    case.write("models/src.sql", &source(15));
    all_well(&case, &case.go(Verb::Run));
    assert_eq!((version(&case, "grown"), version(&case, "same")), (1, 0));
    assert_eq!(data_files(&parquet(&case, "same")), whole);
    equal(&case, "grown");
    let before = DeltaTable::open_at(&delta(&case, "grown"), 0).unwrap().files().unwrap();
    assert_eq!(before.iter().map(|file| file.rows.unwrap()).sum::<u64>(), 10);
    assert!(before.iter().all(|file| file.path.is_file()));
    // The Parquet side shows the newest version alone.
    assert_eq!(data_files(&parquet(&case, "grown")).len(), 1);

    // Another value, another name, another type: each is another content.
    for (next, text) in [
        (1, "select 1 as id, 'y' as name"),
        (2, "select 1 as id, 'y' as title"),
        (3, "select 1::bigint as id, 'y' as title"),
    ] {
        case.write("models/same.sql", text);
        all_well(&case, &case.go(Verb::Run));
        assert_eq!(version(&case, "same"), next);
        equal(&case, "same");
    }

    // A full refresh is one commit.
    case.write("models/src.sql", &source(5));
    let mut options = case.options(Verb::Build);
    options.full_refresh = true;
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(version(&case, "grown"), 2);
    equal(&case, "grown");

    // A file that somebody removed comes back, and another program's commit does not last.
    std::fs::remove_file(&DeltaTable::open(&delta(&case, "same")).unwrap().files().unwrap()[0].path).unwrap();
    std::fs::remove_dir_all(parquet(&case, "grown")).unwrap();
    all_well(&case, &case.go(Verb::Build));
    equal(&case, "same");
    equal(&case, "grown");

    // An empty build is a rehearsal.
    let mut options = case.options(Verb::Build);
    options.empty = true;
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(version(&case, "grown"), 2);
}

#[test]
fn a_table_whose_test_failed_is_not_written() {
    let tests = "models:\n  - name: good\n    columns: [{name: id, data_tests: [unique]}]\n  - name: bad\n    columns: [{name: id, data_tests: [unique]}]\n  - name: doubtful\n    columns: [{name: id, data_tests: [{unique: {config: {severity: warn}}}]}]\n";
    let case = Case::new(&[
        ("dbt_project.yml", PROJECT),
        ("models/good.sql", "select 1 as id"),
        ("models/bad.sql", "select 1 as id"),
        ("models/doubtful.sql", "select 1 as id union all select 1"),
        ("models/after.sql", "select * from {{ ref('bad') }}"),
        ("models/tests.yml", tests),
        ("tests/both.sql", "select * from {{ ref('good') }} join {{ ref('bad') }} using (id) where false"),
    ]);
    all_well(&case, &case.go(Verb::Build));

    let twice = "select 2 as id union all select 2";
    case.write("models/bad.sql", twice);
    case.write("models/good.sql", "select 2 as id");
    case.write("models/doubtful.sql", twice);
    let summary = case.go(Verb::Build);
    assert_eq!(summary.exit_code(), 1);
    assert!(case.said().contains("main.bad is not written to the lake"), "{}", case.said());
    assert_eq!(case.number("select count(*) from bad"), 2);
    assert_eq!((version(&case, "good"), version(&case, "bad"), version(&case, "doubtful")), (1, 0, 1));
    // What was to be built on it was not, and keeps its copy as well.
    assert_eq!(version(&case, "after"), 0);
    // Another table's run that does some of its tests again does not make it be written.
    let mut options = case.options(Verb::Build);
    options.select = vec!["good".to_owned()];
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(version(&case, "bad"), 0);
    assert_eq!(case.go(Verb::Build).exit_code(), 1);

    // Mended in the data, and only what failed done again: the tests pass, and now the table is written.
    let engine = DuckDb::open(&DuckDbOptions::new(case.folder.path().join("shop.duckdb"))).unwrap();
    engine.session().unwrap().execute("create or replace table bad as select 3 as id").unwrap();
    drop(engine);
    let retry = ingot_models::retry_options(&case.options(Verb::Build)).unwrap().unwrap();
    all_well(&case, &case.with(retry).unwrap());
    assert_eq!((version(&case, "bad"), version(&case, "after")), (1, 1));
    equal(&case, "bad");
    equal(&case, "after");

    // Tests alone write nothing.
    let engine = DuckDb::open(&DuckDbOptions::new(case.folder.path().join("shop.duckdb"))).unwrap();
    engine.session().unwrap().execute("create or replace table bad as select 4 as id").unwrap();
    drop(engine);
    all_well(&case, &case.go(Verb::Test));
    assert_eq!(version(&case, "bad"), 1);
}

#[test]
fn what_cannot_be_written_is_said_and_the_others_are_written() {
    let case = Case::new(&[
        ("dbt_project.yml", PROJECT),
        ("models/a.sql", "{{ config(schema='one', alias='shared') }} select 1 as id"),
        ("models/b.sql", "{{ config(schema='two', alias='shared') }} select 2 as id"),
        ("models/c.sql", "{{ config(meta={'lake_folder': 5}) }} select 3 as id"),
        ("models/d.sql", "{{ config(alias='up/and/away') }} select 4 as id"),
        ("models/well.sql", "select 5 as id"),
    ]);
    let summary = case.go(Verb::Build);
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(summary.count(Status::Success), 5);
    for text in [
        "model.shop.b and model.shop.a have the same folder in the lake",
        "meta.lake_folder of 'c' is not a folder: 5",
        "'up/and/away' cannot be the name of a folder",
    ] {
        assert!(case.said().contains(text), "{text}:\n{}", case.said());
    }
    equal(&case, "well");
    assert_eq!(case.number(&format!("select id from {}", by_parquet(&case, "shared"))), 1);

    // Two runs never write to one folder at the same time.
    let lock = std::fs::File::open(case.folder.path().join("lake/gold/.run-models.lock")).unwrap();
    lock.lock().unwrap();
    case.write("models/well.sql", "select 6 as id");
    assert_eq!(case.go(Verb::Build).exit_code(), 1);
    assert!(case.said().contains("is writing to this folder of the lake"), "{}", case.said());
    assert_eq!(version(&case, "well"), 0);
    drop(lock);

    // A Delta table of another make is left alone.
    std::fs::remove_dir_all(delta(&case, "well")).unwrap();
    let definition = ingot_lake::TableDefinition {
        name: "well".to_owned(),
        schema: ingot_lake::arrow::datatypes::Schema::new(vec![ingot_lake::arrow::datatypes::Field::new(
            "id",
            ingot_lake::arrow::datatypes::DataType::Int32,
            true,
        )]),
        partition_columns: vec!["id".to_owned()],
        properties: Vec::new(),
        id: None,
    };
    DeltaTable::create(&delta(&case, "well"), &definition, &Default::default()).unwrap();
    assert_eq!(case.go(Verb::Build).exit_code(), 1);
    assert!(case.said().contains("a Delta table of another make"), "{}", case.said());
    assert_eq!(version(&case, "well"), 0);
}
