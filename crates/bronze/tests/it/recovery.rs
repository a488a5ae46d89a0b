//! Damaged data files are made again from raw, deliveries are taken back, and later loads build upon both.

use crate::things::{Terms, Things};
use ingot_bronze::{FileStatus, ReloadTerms, Reloaded, reload, replay, undo};
use ingot_core::error::Result;
use ingot_core::report::Silent;
use ingot_lake::{CommitDetails, DeltaTable, LiveFile, RESTORED_VERSION, mirror};
use std::path::PathBuf;

const TERMS: ReloadTerms = ReloadTerms { accept_loss: false, from_nothing: false };
/// All that a row is, whatever its place.
const CONTENT: &str =
    "select count(*), bit_xor(hash(t)), sum(hash(t)) from (select * from {t} order by all) as t";

fn delta(feed: &Things) -> DeltaTable {
    DeltaTable::open(&feed.lake().join("bronze/delta/things")).unwrap()
}

fn live(feed: &Things) -> Vec<LiveFile> {
    delta(feed).files().unwrap()
}

fn run(feed: &Things, terms: ReloadTerms) -> Result<Reloaded> {
    reload(&feed.options(), "things", terms, &Silent)
}

/// Three loads of several files each, with rejects.
fn loaded() -> Things {
    let feed = Things::new(&Terms {
        partition: Some("day"),
        path: "things/day={day}/part-*.csv",
        ..Terms::default()
    });
    for (round, day) in ["2026-01-01", "2026-01-01", "2026-01-02"].into_iter().enumerate() {
        for part in 0..3 {
            let mut text = "id,name,qty\n".to_owned();
            for row in 0..20 {
                text.push_str(&format!(
                    "{},n{row},{}\n",
                    round * 1000 + part * 100 + row,
                    if row == 7 { "x" } else { "1" }
                ));
            }
            feed.write(&format!("raw/things/day={day}/part-{round}{part}.csv"), &text);
        }
        assert!(!feed.load().failed());
    }
    feed
}

fn flip(path: &PathBuf) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_and_lost_data_files_come_back_row_by_row() {
    let feed = loaded();
    let (before, manifest) =
        (feed.bronze(CONTENT), feed.manifest("from manifest_processed_files order by all"));
    assert_eq!(run(&feed, TERMS).unwrap().damaged, 0);
    let files = live(&feed);
    assert_eq!(files.len(), 3);
    flip(&files[0].path);
    std::fs::remove_file(&files[1].path).unwrap();
    std::fs::remove_file(feed.lake().join("bronze/parquet/things").join(&files[1].relative)).unwrap();
    let done = run(&feed, TERMS).unwrap();
    assert_eq!((done.damaged, done.raw_files, done.rows, done.lost), (2, 6, 114, 0));
    assert_eq!(feed.bronze(CONTENT), before);
    assert_eq!(feed.manifest("from manifest_processed_files order by all"), manifest);
    // A load after it has nothing to do, and removes nothing.
    let again = feed.load();
    assert!(again.tables[0].files.iter().all(|file| file.status == FileStatus::Unchanged));
    assert_eq!(feed.bronze(CONTENT), before);
}

#[test]
fn rows_of_a_file_that_are_intact_elsewhere_do_not_come_twice() {
    let feed = loaded();
    // Another program has put half of a data file's rows into a file of its own.
    let before = feed.bronze(CONTENT);
    let file = live(&feed).remove(0);
    let (mut table, folder) = (delta(&feed), feed.lake().join("bronze/delta/things"));
    let partition: Vec<(String, Option<String>)> = file.partition_values.clone().into_iter().collect();
    let mut halves = Vec::new();
    for (name, rest) in [("even.parquet", 0), ("odd.parquet", 1)] {
        let relative = format!("{}/{name}", file.relative.rsplit_once('/').unwrap().0);
        crate::ask::ask(
            std::path::Path::new(":memory:"),
            &format!(
                "copy (from read_parquet('{}', hive_partitioning = false) where id % 2 = {rest}) to '{}' (format parquet)",
                file.path.display(),
                folder.join(&relative).display()
            ),
        );
        halves.push(ingot_lake::NewFile::written(&folder, &relative, partition.clone()).unwrap().0);
    }
    table
        .rearrange(halves, &[file], &CommitDetails { operation: "OPTIMIZE", ..CommitDetails::default() })
        .unwrap();
    mirror(&table.files().unwrap(), &table.schema().unwrap(), &feed.lake().join("bronze/parquet/things"))
        .unwrap();
    assert_eq!(feed.bronze(CONTENT), before);
    flip(&live(&feed).into_iter().find(|file| file.relative.contains("odd")).unwrap().path);
    let done = run(&feed, TERMS).unwrap();
    assert_eq!((done.damaged, done.raw_files, done.rows), (1, 3, 27));
    assert_eq!(feed.bronze(CONTENT), before);
}

#[test]
fn what_no_raw_file_has_any_more_is_given_up_only_on_purpose() {
    let feed = loaded();
    let files = DeltaTable::open_at(delta(&feed).root(), 0).unwrap().files().unwrap();
    flip(&files[0].path);
    let raw = feed.path().join("raw/things/day=2026-01-01");
    let mut parts: Vec<PathBuf> =
        std::fs::read_dir(&raw).unwrap().map(|entry| entry.unwrap().path()).collect();
    parts.sort();
    std::fs::remove_file(&parts[0]).unwrap();
    let before = std::fs::read_dir(files[0].path.parent().unwrap()).unwrap().count();
    let error = run(&feed, TERMS).unwrap_err();
    assert!(error.message().contains("19 rows of things cannot be brought back"), "{error}");
    assert!(error.message().contains("part-00.csv: the raw file is not there any more"), "{error}");
    assert_eq!(
        std::fs::read_dir(files[0].path.parent().unwrap()).unwrap().count(),
        before,
        "nothing is left behind"
    );
    let done = run(&feed, ReloadTerms { accept_loss: true, ..TERMS }).unwrap();
    assert_eq!((done.raw_files, done.rows, done.lost), (2, 38, 19));
    assert_eq!(feed.bronze("select count(*) from {t}"), "152");
}

#[test]
fn a_table_with_a_damaged_log_is_made_anew() {
    let feed = loaded();
    let rows = feed.bronze("select id, name, qty, day, src_filename from {t} order by all");
    let log = delta(&feed).log_file();
    std::fs::write(&log, "{\"commitInfo\":").unwrap();
    let error = run(&feed, TERMS).unwrap_err();
    assert!(error.hint_text().unwrap().contains("--from-nothing"), "{error}");
    let done = run(&feed, ReloadTerms { from_nothing: true, ..TERMS }).unwrap();
    assert!(done.from_nothing);
    assert_eq!(feed.bronze("select id, name, qty, day, src_filename from {t} order by all"), rows);
    assert!(!feed.lake().join("bronze/.things.damaged").exists());
}

#[test]
fn a_delivery_that_was_taken_back_comes_again_only_corrected() {
    let feed = loaded();
    let bad = "things/day=2026-01-01/part-11.csv";
    let before = feed.bronze(CONTENT);
    let would = undo(&ingot_bronze::LoadOptions { dry_run: true, ..feed.options() }, bad, &Silent).unwrap();
    assert_eq!((would.rows, would.version, feed.bronze(CONTENT)), (19, None, before.clone()));
    let error = undo(&feed.options(), "things/day=2026-01-01/part-1.csv", &Silent).unwrap_err();
    assert!(error.hint_text().unwrap().starts_with("did you mean"), "{error}");
    let done = undo(&feed.options(), bad, &Silent).unwrap();
    assert_eq!(done.rows, 19);
    assert_eq!(feed.bronze(&format!("select count(*) from {{t}} where src_filename = '{bad}'")), "0");
    assert_eq!(feed.bronze("select count(*) from {t}"), "152");
    let of_file = format!(
        "select status, row_count, reject_count, rows_read from manifest_processed_files where src_path = '{bad}'"
    );
    assert_eq!(feed.manifest(&of_file), "undone|0|1|1");
    assert!(undo(&feed.options(), bad, &Silent).is_err());
    // The same content stays out, and its reject is not replayed; a corrected file comes in.
    assert!(feed.load().tables[0].files.iter().all(|file| file.status == FileStatus::Unchanged));
    replay(&feed.options(), "things", None, &Silent).unwrap();
    assert_eq!(feed.bronze("select count(*) from {t}"), "152");
    feed.write(&format!("raw/{bad}"), "id,name,qty\n1,corrected,5\n");
    assert!(!feed.load().failed());
    assert_eq!(
        feed.bronze(&format!("select name, qty from {{t}} where src_filename = '{bad}'")),
        "corrected|5"
    );
    assert_eq!(feed.manifest(&of_file), "loaded|1|0|1");
    // A reload knows that the first delivery is gone.
    for file in live(&feed) {
        flip(&file.path);
    }
    let rows = run(&feed, TERMS).unwrap().rows;
    assert_eq!(rows, 153);
}

#[test]
fn loads_build_upon_a_restored_version() {
    let feed = loaded();
    let newest = delta(&feed);
    let mut table = delta(&feed);
    let metadata = serde_json::Map::from_iter([(RESTORED_VERSION.to_owned(), 1.into())]);
    let target = DeltaTable::open_at(newest.root(), 1).unwrap();
    let details = CommitDetails { operation: "RESTORE", metadata, timestamp: None };
    table.restore(&target, &details).unwrap();
    let summary = feed.load();
    assert!(summary.tables[0].files.iter().all(|file| file.status == FileStatus::Unchanged));
    assert_eq!(feed.bronze("select count(*) from {t}"), "114");
    assert_eq!(
        feed.manifest(
            "select status, count(*), sum(row_count)::int from manifest_processed_files group by 1 order by 1"
        ),
        "loaded|6|114\nundone|3|0"
    );
    // The restore is taken back.
    let mut table = delta(&feed);
    let metadata = serde_json::Map::from_iter([(RESTORED_VERSION.to_owned(), newest.version().into())]);
    table.restore(&newest, &CommitDetails { operation: "RESTORE", metadata, timestamp: None }).unwrap();
    feed.load();
    assert_eq!(feed.bronze("select count(*) from {t}"), "171");
    assert_eq!(feed.manifest("select status, count(*) from manifest_processed_files group by 1"), "loaded|9");
}
