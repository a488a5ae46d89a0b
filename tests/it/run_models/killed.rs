//! What a killed run leaves behind, in the database and in the lake.

use crate::case::Case;
use crate::lake_sides::{PROJECT, by_delta, by_parquet, data_files, delta, equal};
use ingot_lake::DeltaTable;
use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn child(case: &Case) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ingot"))
        .args(["--quiet", "--project-dir"])
        .arg(case.folder.path())
        .args(["dbt", "build"])
        .env("DBT_PROFILES_DIR", case.folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A run that is killed leaves each table as it was or as it should become, and the next run completes it.
#[test]
fn a_killed_run_leaves_the_old_table_or_the_new_one() {
    let source = |round: u32| {
        format!(
            "select i as id, {round} as v, timestamp '2024-01-01' + interval ({round}) day as moment from range(50000) as t(i)"
        )
    };
    let case = Case::new(&[
        ("models/src.sql", &source(1)),
        (
            "models/grown.sql",
            "{{ config(materialized='incremental', unique_key='id') }} select * from {{ ref('src') }}",
        ),
        ("models/whole.sql", "{{ config(materialized='table') }} select * from {{ ref('src') }}"),
        (
            "snapshots/history.sql",
            "{% snapshot history %}{{ config(unique_key='id', strategy='timestamp', updated_at='moment') }}select * from {{ ref('src') }}{% endsnapshot %}",
        ),
    ]);
    let begun = Instant::now();
    assert!(child(&case).wait().unwrap().success());
    let whole = begun.elapsed();
    let moments = std::env::var("INGOT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_u32);
    for moment in 1..=moments {
        let round = moment + 1;
        case.write("models/src.sql", &source(round));
        let mut run = child(&case);
        std::thread::sleep(Duration::from_secs_f64(
            whole.as_secs_f64() * f64::from(moment) / f64::from(moments),
        ));
        run.kill().unwrap();
        run.wait().unwrap();
        for table in ["grown", "whole"] {
            assert_eq!(case.number(&format!("select count(*) from {table}")), 50_000);
            assert_eq!(
                case.number(&format!("select count(distinct v) from {table}")),
                1,
                "{table} is neither old nor new"
            );
        }
        // Of every row one version is the valid one, before and after.
        assert_eq!(case.number("select count(*) from history where dbt_valid_to is null"), 50_000);
        assert_eq!(case.number("select count(distinct v) from history where dbt_valid_to is null"), 1);
        assert!(child(&case).wait().unwrap().success());
        for table in ["grown", "whole"] {
            assert_eq!(case.number(&format!("select min(v)::int from {table}")), i128::from(round));
        }
        assert_eq!(case.number("select count(*) from history"), i128::from(50_000 * round));
        assert_eq!(
            case.number("select count(*) from information_schema.tables where table_name like '%__dbt_%'"),
            0
        );
    }
}

/// A killed run leaves each copy as it was or as it should become, on both sides, and the next run completes it and leaves
/// no file that belongs to nothing.
#[test]
fn a_killed_run_leaves_the_old_copy_or_the_new_one() {
    let model = |round: u32| {
        format!("select i as id, {round} as v, repeat('x', 40) || i as text from range(30000) as t(i)")
    };
    let case = Case::new(&[("dbt_project.yml", PROJECT)]);
    let tables = ["a", "b", "c", "d"];
    let lay = |round: u32| {
        tables.iter().for_each(|table| case.write(&format!("models/{table}.sql"), &model(round)))
    };
    lay(1);
    let begun = Instant::now();
    assert!(child(&case).wait().unwrap().success());
    let whole = begun.elapsed();
    let moments = std::env::var("INGOT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4_u32);
    for moment in 1..=moments {
        let round = moment + 1;
        lay(round);
        let mut run = child(&case);
        // Most of the kills fall into the time in which the lake is written.
        let share = 0.4 + 0.6 * f64::from(moment) / f64::from(moments);
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * share));
        run.kill().unwrap();
        run.wait().unwrap();
        for table in tables {
            for side in [by_delta(&case, table), by_parquet(&case, table)] {
                let found = case.number(&format!(
                    "select case when count(*) = 30000 and min(v) = max(v) and min(v) in ({round}, {round} - 1) then 1 else 0 end from {side}"
                ));
                assert_eq!(found, 1, "{side} is neither old nor new");
            }
        }
        // A kill rarely meets the moment between a commit's file and its name, so each round has what that leaves.
        let staged = delta(&case, "a").join("_delta_log/00000000000000000099.json#1");
        std::fs::write(&staged, "{}").unwrap();
        assert!(child(&case).wait().unwrap().success());
        assert!(!staged.exists(), "a commit that never came about is left over");
        for table in tables {
            equal(&case, table);
            let newest = DeltaTable::open(&delta(&case, table)).unwrap();
            assert_eq!(newest.version() + 1, u64::from(round), "a version for each round, and no more");
            let known: BTreeSet<String> = (0..=newest.version())
                .flat_map(|version| {
                    DeltaTable::open_at(&delta(&case, table), version).unwrap().files().unwrap()
                })
                .map(|file| file.relative)
                .collect();
            assert_eq!(data_files(&delta(&case, table)), known, "files of {table} that no version has");
        }
    }
}
