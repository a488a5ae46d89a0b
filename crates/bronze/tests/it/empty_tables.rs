//! Feeds of which no load could take anything: they have a table without rows, which models and tests can read.

use crate::ask::ask;
use crate::things::{Terms, Things};
use ingot_bronze::{LoadOptions, load, undo};
use ingot_core::report::Silent;
use ingot_lake::{DeltaTable, NO_ROWS};
use std::path::Path;

/// A query over the Parquet side alone, as a source reads it.
fn plain(things: &Things, sql: &str) -> String {
    let files = format!(
        "read_parquet('{}/bronze/parquet/things/**/*.parquet', hive_partitioning = true, union_by_name = true)",
        things.lake().display()
    );
    ask(Path::new(":memory:"), &sql.replace("{t}", &files))
}

fn types(things: &Things) -> String {
    plain(things, "SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE FROM {t})")
}

fn live_files(things: &Things) -> usize {
    DeltaTable::open(&things.lake().join("bronze/delta/things")).unwrap().files().unwrap().len()
}

const TYPES: &str = "id BIGINT, name VARCHAR, qty INTEGER, ingestion_ts TIMESTAMP WITH TIME ZONE, \
                     src_filename VARCHAR, src_row_hash BIGINT, src_row_number BIGINT";

/// Another feed, which has a file: a load of nothing at all is refused.
fn with_another_feed(things: &Things) {
    let contract = std::fs::read_to_string(things.path().join("schemas/things.odcs.yaml")).unwrap();
    things.write(
        "schemas/others.odcs.yaml",
        &contract.replace("things", "others").replace("id: test", "id: others"),
    );
    things.write("raw/others/part-1.csv", "id,name,qty\n1,a,2\n");
}

#[test]
fn a_feed_whose_files_are_all_refused_has_the_contracts_columns() {
    let things = Things::new(&Terms::default());
    things.write("raw/things/part-1.csv", "other,columns\n1,2\n");
    assert!(things.load().failed());
    assert_eq!(types(&things), TYPES);
    assert_eq!((plain(&things, "SELECT count(*) FROM {t}"), live_files(&things)), ("0".to_owned(), 0));
    let status = ingot_bronze::status(&things.options(), &Silent).unwrap();
    assert_eq!((status.tables[0].rows, status.tables[0].newest_load), (0, None), "nothing was loaded");
    // What comes later is loaded as into any table, and the file without rows goes.
    things.write("raw/things/part-1.csv", "id,name,qty\n1,a,2\n");
    assert!(!things.load().failed());
    assert_eq!(things.bronze("SELECT id, qty FROM {t}"), "1|2");
    assert!(!things.lake().join("bronze/parquet/things").join(NO_ROWS).exists());
}

#[test]
fn a_feed_without_a_file_has_an_empty_table_with_its_partitions() {
    let things = Things::new(&Terms::default());
    with_another_feed(&things);
    let terms = Terms { path: "things/day={day}/part-*.csv", partition: Some("day"), ..Terms::default() };
    things.agree(&terms);
    assert!(!things.load().failed());
    assert_eq!(types(&things), format!("{TYPES}, day DATE"));
    assert_eq!(plain(&things, "SELECT count(*) FROM {t} WHERE day = DATE '2026-01-01'"), "0");
    // A second load has nothing to do.
    assert!(!things.load().failed());
    let delta = DeltaTable::open(&things.lake().join("bronze/delta/things")).unwrap();
    assert_eq!((delta.version(), delta.partition_columns().unwrap()), (0, vec!["day".to_owned()]));
}

#[test]
fn rejected_rows_alone_leave_a_table_that_can_be_read() {
    let things = Things::new(&Terms::default());
    things.write("raw/things/part-1.csv", "id,name,qty\n1,a,x\n");
    assert_eq!(things.load().rejected(), 1);
    assert_eq!(
        (types(&things), plain(&things, "SELECT count(*) FROM {t}")),
        (TYPES.to_owned(), "0".to_owned())
    );
}

#[test]
fn a_table_that_was_emptied_can_be_read() {
    let things = Things::new(&Terms::default());
    things.write("raw/things/part-1.csv", "id,name,qty\n1,a,2\n");
    things.load();
    undo(&things.options(), "things/part-1.csv", &Silent).unwrap();
    assert_eq!(
        (types(&things), plain(&things, "SELECT count(*) FROM {t}")),
        (TYPES.to_owned(), "0".to_owned())
    );
}

#[test]
fn nothing_holds_a_contract_to_a_table_of_which_nothing_was_loaded() {
    let things = Things::new(&Terms::default());
    things.write("raw/things/part-1.csv", "key,size\nk1,big\n");
    assert!(things.load().failed());
    things.agree(&Terms {
        columns: &[("id", "str", "string", true), ("size", "str", "string", false)],
        partition: Some("region str"),
        path: "things/region={region}/part-*.csv",
        ..Terms::default()
    });
    things.write("raw/things/region=north/part-1.csv", "id,size\nk1,big\n");
    let dry = LoadOptions { dry_run: true, ..things.options() };
    assert!(!load(&dry, &Silent).unwrap().failed());
    assert_eq!(types(&things), TYPES, "a dry run changes nothing");
    assert!(!things.load().failed());
    assert_eq!(things.bronze("SELECT id, size, region FROM {t}"), "k1|big|north");
    assert_eq!(things.columns(), ["id Utf8!", "size Utf8", "region Utf8!"]);
}

#[test]
fn a_dry_run_makes_no_table() {
    let things = Things::new(&Terms::default());
    things.write("raw/things/part-1.csv", "other\n1\n");
    let dry = LoadOptions { dry_run: true, ..things.options() };
    load(&dry, &Silent).unwrap();
    assert!(!things.lake().exists());
}
