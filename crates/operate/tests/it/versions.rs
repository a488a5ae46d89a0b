//! History, earlier versions, what differs between two, restore, optimize and vacuum.

use crate::lake::Lake;
use ingot_operate::{
    AsOf, DiffOptions, OptimizeOptions, ShowOptions, VacuumOptions, diff, history, optimize, restore, show,
    vacuum,
};
use serde_json::json;

const V3: &str =
    "id,day,price\n1,2026-01-01,9.0\n2,2026-01-01,2.5\n3,2026-01-02,3.5\n4,,4.5\n5,2026-01-01,5.5";
const V1: &str = "id,day,price\n1,2026-01-01,1.5\n2,2026-01-01,2.5\n3,2026-01-02,3.5\n4,,4.5";

/// As CSV writes whole prices (`9` or `9.0`), which is not what is tested here.
fn normal(text: &str) -> String {
    text.replace(",9.0\n", ",9\n")
}

#[test]
fn each_version_is_shown_by_its_number_and_by_its_time() {
    let lake = Lake::with_versions();
    assert_eq!(normal(&lake.rows(None)), normal(V3));
    assert_eq!(lake.rows(Some(AsOf::Version(1))), V1);
    assert_eq!(lake.rows(Some(AsOf::Version(0))), "id,day,price");
    let versions = history(&lake.table(), None).unwrap().versions;
    let time = versions.iter().find(|version| version.commit.version == 1).unwrap().commit.timestamp.unwrap();
    let moment = jiff::Timestamp::from_millisecond(time).unwrap();
    // Commits within one millisecond share their time, and the newest of them counts.
    let newest = versions
        .iter()
        .filter(|version| version.commit.timestamp == Some(time))
        .map(|version| version.commit.version)
        .max();
    assert_eq!(lake.rows(Some(AsOf::Moment(moment))), lake.rows(newest.map(AsOf::Version)));
    let before = AsOf::Moment("2001-01-01T00:00:00Z".parse().unwrap());
    let error =
        show(&lake.table(), &ShowOptions { as_of: Some(before), ..ShowOptions::default() }).unwrap_err();
    assert!(
        error
            .message()
            .starts_with("the table has no version of 2001-01-01T00:00:00Z: its oldest known version is of "),
        "{error}"
    );
    let error = show(&lake.table(), &ShowOptions { as_of: Some(AsOf::Version(9)), ..ShowOptions::default() })
        .unwrap_err();
    assert_eq!(error.message(), "the table has no version 9: the newest is 3");
}

#[test]
fn the_history_counts_files_and_rows_and_names_who() {
    let lake = Lake::with_versions();
    let found = history(&lake.table(), None).unwrap();
    let counts: Vec<(u64, usize, usize)> = found
        .versions
        .iter()
        .map(|version| (version.commit.version, version.added.len(), version.removed.len()))
        .collect();
    assert_eq!(counts, [(3, 1, 1), (2, 1, 0), (1, 3, 0), (0, 0, 0)]);
    assert_eq!(found.json()["versions"][2]["rows"], json!(4));
    assert!(found.versions[0].engine.as_deref().unwrap().starts_with("ingot/"));
    assert_eq!(history(&lake.table(), Some(1)).unwrap().versions.len(), 1);
}

#[test]
fn a_difference_tells_added_removed_and_changed_rows() {
    let lake = Lake::with_versions();
    let whole =
        diff(&lake.table(), &DiffOptions { from: Some(AsOf::Version(1)), ..DiffOptions::default() }).unwrap();
    assert_eq!((whole.added, whole.removed, whole.changed), (1, 0, 1));
    assert_eq!(whole.key, ["id"]);
    let found = whole.json();
    assert_eq!(
        found["rows"]["changed"],
        json!([{ "key": { "id": 1 }, "cells": { "price": { "before": 1.5, "after": 9.0 } } }])
    );
    assert_eq!(found["rows"]["added"], json!([{ "id": 5, "day": "2026-01-01", "price": 5.5 }]));
    // The other way round.
    let options =
        DiffOptions { from: Some(AsOf::Version(3)), to: Some(AsOf::Version(1)), ..DiffOptions::default() };
    let back = diff(&lake.table(), &options).unwrap();
    assert_eq!((back.added, back.removed, back.changed), (0, 1, 1));
    // A key that repeats is refused; a new column is named.
    let options =
        DiffOptions { from: Some(AsOf::Version(1)), key: vec!["day".to_owned()], ..DiffOptions::default() };
    assert_eq!(diff(&lake.table(), &options).unwrap_err().message(), "several rows have the same (day)");
    lake.grow();
    let grown = diff(&lake.table(), &DiffOptions::default()).unwrap();
    assert_eq!((grown.added, grown.removed, grown.changed), (0, 0, 0));
    assert_eq!(grown.new_columns, ["note"]);
}

#[test]
fn rows_that_repeat_are_counted_as_often_as_they_are_there() {
    let lake = Lake::new();
    lake.commit(vec![lake.write("a.parquet", &[(1, "d", 1.0), (1, "d", 1.0), (1, "d", 1.0)])], &[]);
    lake.commit(vec![lake.write("b.parquet", &[(1, "d", 1.0), (2, "d", 1.0)])], &["a.parquet"]);
    let found = diff(&lake.table(), &DiffOptions::default()).unwrap();
    assert_eq!((found.added, found.removed, found.changed), (1, 2, 0));
    assert!(found.key.is_empty());
}

#[test]
fn a_restored_version_is_a_new_one_that_later_commits_build_upon() {
    let lake = Lake::with_versions();
    lake.grow();
    let done = restore(&lake.table(), AsOf::Version(1)).unwrap();
    assert_eq!(
        done.done.as_ref().map(|done| (done.version, done.files_added, done.files_removed)),
        Some((5, 1, 2))
    );
    assert_eq!(lake.rows(None), V1, "with the columns of that version");
    assert_eq!(lake.plain_rows().len(), 4);
    let details = history(&lake.table(), Some(1)).unwrap();
    assert_eq!(details.versions[0].commit.operation.as_deref(), Some("RESTORE"));
    lake.commit(vec![lake.write("f.parquet", &[(6, "2026-01-03", 6.5)])], &[]);
    assert_eq!(lake.rows(None), format!("{V1}\n6,2026-01-03,6.5"));
    assert!(restore(&lake.table(), AsOf::Version(6)).unwrap().done.is_none());
    // The restore itself can be taken back.
    restore(&lake.table(), AsOf::Version(3)).unwrap();
    assert_eq!(normal(&lake.rows(None)), normal(V3));
}

#[test]
fn a_version_with_a_damaged_file_is_not_restored() {
    let lake = Lake::with_versions();
    let file = lake.delta().join("day=2026-01-01/a.parquet");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, bytes).unwrap();
    let error = restore(&lake.table(), AsOf::Version(1)).unwrap_err();
    assert!(error.message().contains("damaged"), "{error}");
    assert_eq!(lake.open().version(), 3);
}

#[test]
fn small_files_become_one_for_each_partition_on_both_sides() {
    let lake = Lake::with_versions();
    let before = lake.rows(None);
    let done = optimize(&lake.table(), &OptimizeOptions::default()).unwrap();
    assert_eq!((done.version, done.files_before, done.files_after, done.rows), (Some(4), 2, 1, 3));
    assert_eq!(lake.rows(None), before);
    assert_eq!(lake.open().files().unwrap().len(), 3);
    let plain: Vec<i64> = lake.plain_rows().into_iter().map(|row| row.0).collect();
    assert_eq!(plain, [1, 2, 3, 4, 5]);
    assert_eq!(lake.plain_rows()[0].1, "day=2026-01-01");
    // Versions of before are still there, and a second optimize has nothing to do.
    assert_eq!(lake.rows(Some(AsOf::Version(1))), V1);
    assert!(optimize(&lake.table(), &OptimizeOptions::default()).unwrap().is_nothing());
    assert!(ingot_operate::check(&[lake.table()], false).unwrap().findings.is_empty());
}

#[test]
fn an_optimize_gives_older_files_the_columns_of_today_and_sorts() {
    let lake = Lake::with_versions();
    lake.grow();
    let sort = vec!["price".to_owned()];
    let done = optimize(&lake.table(), &OptimizeOptions { sort: sort.clone(), ..OptimizeOptions::default() })
        .unwrap();
    assert_eq!((done.files_before, done.files_after, done.rows), (4, 3, 5));
    let sql = Some("select id, note from sales where day = '2026-01-01'".to_owned());
    let rows = show(&lake.table(), &ShowOptions { sql, ..ShowOptions::default() }).unwrap().csv().unwrap();
    assert_eq!(rows, "id,note\n2,\n5,\n1,", "in the order of their prices");
    let again = optimize(&lake.table(), &OptimizeOptions { sort, ..OptimizeOptions::default() }).unwrap();
    assert!(again.is_nothing());
    let wrong = OptimizeOptions { sort: vec!["pric".to_owned()], ..OptimizeOptions::default() };
    assert_eq!(optimize(&lake.table(), &wrong).unwrap_err().hint_text(), Some("did you mean 'price'?"));
}

#[test]
fn damaged_rows_are_not_written_again_under_a_new_hash() {
    let lake = Lake::with_versions();
    let file = lake.open().files().unwrap().remove(0);
    let mut bytes = std::fs::read(&file.path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&file.path, bytes).unwrap();
    let sort = OptimizeOptions { sort: vec!["price".to_owned()], ..OptimizeOptions::default() };
    let error = optimize(&lake.table(), &sort).unwrap_err();
    assert!(error.message().contains("damaged"), "{error}");
    assert_eq!(error.hint_text(), Some("run `ingot run-models --select sales`"));
    assert_eq!(lake.open().version(), 3);
}

#[test]
fn few_small_files_are_left_alone_after_a_load() {
    let lake = Lake::new();
    for number in 0..31 {
        lake.commit(vec![lake.write(&format!("f{number}.parquet"), &[(number, "2026-01-01", 1.0)])], &[]);
    }
    assert!(optimize(&lake.table(), &OptimizeOptions::after_a_load()).unwrap().is_nothing());
    lake.commit(vec![lake.write("other-day.parquet", &[(98, "2026-01-02", 1.0)])], &[]);
    assert!(optimize(&lake.table(), &OptimizeOptions::after_a_load()).unwrap().is_nothing());
    lake.commit(vec![lake.write("last.parquet", &[(99, "2026-01-01", 1.0)])], &[]);
    let done = optimize(&lake.table(), &OptimizeOptions::after_a_load()).unwrap();
    assert_eq!((done.files_before, done.files_after), (32, 1));
}

#[test]
fn what_a_killed_optimize_wrote_is_removed_by_the_next() {
    let lake = Lake::with_versions();
    let stray = lake.delta().join("day=2026-01-01/optimize-v00000009-abc.parquet");
    std::fs::write(&stray, "half").unwrap();
    optimize(&lake.table(), &OptimizeOptions { dry_run: true, ..OptimizeOptions::default() }).unwrap();
    assert!(stray.exists(), "a dry run changes nothing");
    optimize(&lake.table(), &OptimizeOptions::default()).unwrap();
    assert!(!stray.exists());
}

#[test]
fn a_vacuum_keeps_the_week_unless_it_is_forced() {
    let lake = Lake::with_versions();
    optimize(&lake.table(), &OptimizeOptions::default()).unwrap();
    let done = vacuum(&lake.table(), &VacuumOptions::default()).unwrap();
    assert_eq!((done.files, done.oldest_version), (0, 0));
    let short = VacuumOptions { retention_hours: 0.0, ..VacuumOptions::default() };
    assert_eq!(
        vacuum(&lake.table(), &short).unwrap_err().hint_text(),
        Some("add --force if that is what you want")
    );
    let forced = VacuumOptions { force: true, ..short };
    let would = vacuum(&lake.table(), &VacuumOptions { dry_run: true, ..forced.clone() }).unwrap();
    let before = lake.rows(None);
    let done = vacuum(&lake.table(), &forced).unwrap();
    assert_eq!(
        (would.files, would.bytes, would.oldest_version),
        (done.files, done.bytes, done.oldest_version)
    );
    assert_eq!((done.files, done.oldest_version), (3, 4));
    assert_eq!(lake.rows(None), before);
    assert!(ingot_operate::check(&[lake.table()], false).unwrap().findings.is_empty());
    let error = restore(&lake.table(), AsOf::Version(1)).unwrap_err();
    assert_eq!(error.message(), "version 1 needs a file that is not there any more");
    let error = show(&lake.table(), &ShowOptions { as_of: Some(AsOf::Version(1)), ..ShowOptions::default() })
        .unwrap_err();
    assert!(error.hint_text().unwrap().starts_with("choose a newer version"), "{error}");
}

#[test]
fn one_process_at_a_time_changes_a_table() {
    let lake = Lake::with_versions();
    let _held = ingot_lake::lock_tables(&lake.path().join("gold")).unwrap();
    let error = optimize(&lake.table(), &OptimizeOptions::default()).unwrap_err();
    assert!(error.message().contains("is writing to this folder of the lake"), "{error}");
}
