//! Copies of large tables that change a little, and the way back from a copy to the warehouse.

use crate::case::{Case, all_well};
use crate::lake_sides::{data_files, delta, equal, version};
use ingot_lake::DeltaTable;
use ingot_models::{RunOptions, RunSummary, Verb};

/// Rows that cannot be compressed to less than a megabyte.
const ROWS: &str = "select i as id, md5(i::varchar) as text, timestamp '2024-01-01' + to_seconds(i) as moment from range(60000) as t(i)";

fn project(keep: &str) -> String {
    format!(
        "name: shop\nprofile: shop\nmodels:\n  shop:\n    +materialized: table\n    +meta: {{lake_folder: lake/gold, lake_keep_hours: {keep}}}\n"
    )
}

fn build(case: &Case, sql: &str) {
    case.write("models/big.sql", sql);
    all_well(case, &case.go(Verb::Build));
    equal_in_utc(case);
}

/// The copy has the rows of the warehouse.
fn equal_in_utc(case: &Case) {
    let files = DeltaTable::open(&delta(case, "big")).unwrap().files().unwrap();
    let files: Vec<String> = files.iter().map(|file| format!("'{}'", file.path.display())).collect();
    let copy = format!(
        "(select id, text, timezone('UTC', moment) as moment from read_parquet([{}]))",
        files.join(", ")
    );
    for (one, other) in [("big", copy.as_str()), (copy.as_str(), "big")] {
        assert_eq!(case.number(&format!("select count(*) from (from {one} except all from {other})")), 0);
    }
}

fn live(case: &Case) -> Vec<(String, u64)> {
    let files = DeltaTable::open(&delta(case, "big")).unwrap().files().unwrap();
    files.into_iter().map(|file| (file.relative, file.rows.unwrap())).collect()
}

#[test]
fn rows_that_are_appended_go_into_a_file_of_their_own() {
    let case = Case::new(&[("dbt_project.yml", &project("168"))]);
    let append = |from: u32, to: u32| {
        format!(
            "{{{{ config(materialized='incremental') }}}} select i as id, md5(i::varchar) as text, timestamp '2024-01-01' + to_seconds(i) as moment
             from range({{% if is_incremental() %}} {from}, {to} {{% else %}} 60000 {{% endif %}}) as t(i)"
        )
    };
    build(&case, &append(0, 0));
    let first = live(&case);
    assert_eq!(first.len(), 1);
    build(&case, &append(60_000, 60_010));
    let second = live(&case);
    assert_eq!((second.len(), second[0].clone(), second[1].1), (2, first[0].clone(), 10));
    // A run that brings nothing writes nothing.
    build(&case, &append(7, 7));
    assert_eq!(version(&case, "big"), 1);
    // Many small files become one again.
    for run in 0..20 {
        build(&case, &append(60_010 + run, 60_011 + run));
    }
    let files = live(&case);
    assert!(files.len() < 16, "{files:?}");
    assert_eq!(files.iter().map(|(_, rows)| rows).sum::<u64>(), 60_030);
}

#[test]
fn only_files_whose_rows_changed_are_written_again() {
    let case = Case::new(&[("dbt_project.yml", &project("168"))]);
    build(&case, ROWS);
    // New rows among the old ones: the file stays, whatever the order in the warehouse.
    let more = "select * from (select * from range(0) as t(i)) union all by name select i from range(60000, 60500) as t(i) union all by name select i from range(60000) as t(i)";
    let with = |rows: &str| {
        format!(
            "select i as id, md5(i::varchar) as text, timestamp '2024-01-01' + to_seconds(i) as moment from ({rows})"
        )
    };
    let first = live(&case);
    build(&case, &with(more));
    let second = live(&case);
    assert_eq!((second.len(), second[0].clone(), second[1].1), (2, first[0].clone(), 500));
    // A row of the small file changes: only that file is written again.
    build(
        &case,
        &format!("select * replace (if(id = 60100, 'changed', text) as text) from ({})", with(more)),
    );
    let third = live(&case);
    assert_eq!((third.len(), third[0].clone(), third[1].1), (2, first[0].clone(), 500));
    assert_ne!(third[1].0, second[1].0);
    // Its rows leave: no new file is needed.
    build(&case, ROWS);
    assert_eq!(live(&case), first);
    // Equal rows are counted.
    build(
        &case,
        &format!("{ROWS} union all (from ({ROWS}) where id < 3) union all (from ({ROWS}) where id < 3)"),
    );
    assert_eq!(live(&case).iter().map(|(_, rows)| *rows).collect::<Vec<_>>(), [60_000, 6]);
    build(&case, &format!("{ROWS} union all (from ({ROWS}) where id < 3)"));
    // Both files had rows that are fewer now, so both may be written again.
    assert_eq!(live(&case).iter().map(|(_, rows)| *rows).sum::<u64>(), 60_003);
    // A new column is in all rows.
    case.write("models/big.sql", &format!("select *, id % 7 as part from ({ROWS})"));
    all_well(&case, &case.go(Verb::Build));
    assert_eq!(live(&case).len(), 1);
}

#[test]
fn files_of_old_versions_are_removed_after_the_hours_that_the_config_says() {
    let case = Case::new(&[("dbt_project.yml", &project("0"))]);
    for part in 0..3 {
        build(&case, &format!("select * from ({ROWS}) where id % 3 = {part}"));
    }
    assert_eq!(data_files(&delta(&case, "big")).len(), 1);
    case.write("dbt_project.yml", &project("168"));
    for part in 0..3 {
        build(&case, &format!("select * from ({ROWS}) where id % 3 = {part}"));
    }
    assert_eq!(data_files(&delta(&case, "big")).len(), 4);
    case.write("dbt_project.yml", &project("-1"));
    case.write("models/big.sql", "select 1 as id");
    let failed = case.go(Verb::Build);
    assert_eq!(failed.exit_code(), 1);
    assert!(case.said().contains("lake_keep_hours of 'big' must be a number of hours"), "{}", case.said());
}

fn recover(case: &Case, tables: &[&str]) -> ingot_core::error::Result<RunSummary> {
    let mut options: RunOptions = case.options(Verb::Recover);
    options.select = tables.iter().map(|table| (*table).to_owned()).collect();
    case.with(options)
}

/// What a table holds, with its types, whatever the order of the rows.
fn content(case: &Case, table: &str) -> String {
    let rows = case.query(&format!(
        "select count(*), sum(hash(t))::varchar, (select string_agg(column_name || column_type) from (describe {table})) from {table} as t"
    ));
    format!("{rows:?}")
}

#[test]
fn tables_come_back_from_the_lake_with_the_types_of_the_model() {
    let case = Case::new(&[
        ("dbt_project.yml", &project("168")),
        (
            "models/mixed.sql",
            "{{ config(materialized='incremental') }} select i as id, timestamp '2024-02-29 10:20:30.5' as moment, timestamptz '2024-02-29 10:20:30+02' as zoned,
                 7::utinyint as small, 8::ubigint as big, 9::hugeint as wide, time '10:20:30' as clock, 'a'::enum('a', 'b') as choice,
                 uuid '00000000-0000-0000-0000-000000000001' as ident, interval 3 days as span, [1, null] as many, {'k': 'v'} as pair, 'nan'::double as ratio
             from range({% if is_incremental() %} 100, 100 {% else %} 100 {% endif %}) as t(i)",
        ),
        ("models/plain.sql", "select i as id from range(10) as t(i)"),
        ("models/seen.sql", "{{ config(materialized='view') }} select * from {{ ref('plain') }}"),
    ]);
    all_well(&case, &case.go(Verb::Build));
    equal(&case, "plain");
    let before = (content(&case, "mixed"), content(&case, "plain"));
    // A dropped table that adds to what it holds is not built from nothing without a word.
    case.query("drop table mixed");
    let error = case.with(case.options(Verb::Build)).unwrap_err();
    assert!(error.message().contains("does not have main.mixed"), "{error}");
    assert!(error.hint_text().unwrap().contains("`ingot lake recover main.mixed`"), "{error:?}");
    let back = recover(&case, &["mixed"]).unwrap();
    assert_eq!(back.output, ["main.mixed: 100 rows"]);
    assert_eq!((content(&case, "mixed"), content(&case, "plain")), before);
    // The whole warehouse is lost.
    std::fs::remove_file(case.database()).unwrap();
    recover(&case, &[]).unwrap();
    all_well(&case, &case.go(Verb::Build));
    assert_eq!((content(&case, "mixed"), content(&case, "plain")), before);
    assert_eq!((version(&case, "mixed"), version(&case, "plain")), (0, 0), "nothing was written again");
    assert!(recover(&case, &["main.mixd"]).unwrap_err().hint_text().unwrap().contains("main.mixed"));
    // A damaged copy is refused, and nothing changes.
    let file = DeltaTable::open(&delta(&case, "mixed")).unwrap().files().unwrap().remove(0).path;
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let error = recover(&case, &[]).unwrap_err();
    assert!(error.message().contains("its bytes are not those that were written"), "{error}");
    assert_eq!((content(&case, "mixed"), content(&case, "plain")), before);
}
