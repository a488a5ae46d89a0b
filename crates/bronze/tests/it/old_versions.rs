//! A table that is loaded day after day: its log does not grow for ever, and still nothing is loaded twice.

use crate::things::{Terms, Things};
use ingot_bronze::{FileStatus, ReloadTerms, reload, replay, undo};
use ingot_core::report::Silent;
use ingot_lake::{CommitDetails, DeltaTable, RESTORED_VERSION};
use std::path::PathBuf;

const CONTENT: &str = "select count(*), sum(hash(t)) from (select * from {t} order by all) as t";

fn delta(feed: &Things) -> DeltaTable {
    DeltaTable::open(&feed.lake().join("bronze/delta/things")).unwrap()
}

fn days(feed: &Things, days: std::ops::Range<usize>) {
    for day in days {
        let text = format!("id,name,qty\n{day},n,1\n{},n,x\n", day + 1000);
        feed.write(&format!("raw/things/part-{day:03}.csv"), &text);
        assert!(!feed.load().failed());
    }
}

/// The versions whose commits are in the log.
fn log(feed: &Things) -> Vec<u64> {
    let folder = feed.lake().join("bronze/delta/things/_delta_log");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_commit = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "json");
    let mut versions: Vec<u64> = names
        .filter(is_commit)
        .map(|path| path.file_stem().unwrap().to_str().unwrap().parse().unwrap())
        .collect();
    versions.sort_unstable();
    versions
}

fn everything_is_known(feed: &Things) {
    let before = feed.bronze(CONTENT);
    let summary = feed.load();
    assert!(summary.tables[0].files.iter().all(|file| file.status == FileStatus::Unchanged));
    assert_eq!(feed.bronze(CONTENT), before);
}

#[test]
fn a_log_is_shortened_and_what_was_loaded_stays_known() {
    let feed = Things::new(&Terms { settings: &["lakeKeepHours: 0"], ..Terms::default() });
    days(&feed, 0..10);
    // One delivery is taken back, and a reject of another replayed, before the log is shortened.
    undo(&feed.options(), "things/part-003.csv", &Silent).unwrap();
    days(&feed, 10..100);
    let versions = log(&feed);
    assert!(versions.len() < 70, "{versions:?}");
    assert_eq!(*versions.last().unwrap(), 100);
    assert!(versions.windows(2).all(|pair| pair[1] == pair[0] + 1), "{versions:?}");
    everything_is_known(&feed);
    assert_eq!(feed.bronze("select count(*) from {t}"), "99");
    // A lost manifest comes back whole, the undone file too.
    let manifest = "select status, count(*), sum(row_count)::int, sum(reject_count)::int from manifest_processed_files group by 1 order by 1";
    assert_eq!(feed.manifest(manifest), "loaded|99|99|99\nundone|1|0|1");
    std::fs::remove_file(feed.options().manifest).unwrap();
    feed.load();
    assert_eq!(feed.manifest(manifest), "loaded|99|99|99\nundone|1|0|1");
    // Copies of the log are shortened with it, and nothing counts as lost.
    let copies = std::fs::read_dir(feed.lake().join("bronze/.delta-log/things")).unwrap().count();
    assert!(copies < 80, "{copies}");
    assert!(ingot_lake::log_damage(delta(&feed).root(), true).unwrap().is_empty());
    // Files of before are still taken back, and made again from raw.
    undo(&feed.options(), "things/part-005.csv", &Silent).unwrap();
    assert_eq!(feed.bronze("select count(*) from {t}"), "98");
    let before = feed.bronze(CONTENT);
    for file in delta(&feed).files().unwrap().iter().take(3) {
        std::fs::write(&file.path, "damaged").unwrap();
    }
    let done =
        reload(&feed.options(), "things", ReloadTerms { accept_loss: false, from_nothing: false }, &Silent);
    assert_eq!(done.unwrap().damaged, 3);
    assert_eq!(feed.bronze(CONTENT), before);
    everything_is_known(&feed);
}

#[test]
fn rejects_of_before_are_replayed_once() {
    let feed = Things::new(&Terms { settings: &["lakeKeepHours: 0"], ..Terms::default() });
    days(&feed, 0..60);
    let csv = feed.lake().join("_rejects/things");
    for entry in std::fs::read_dir(&csv).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "csv") {
            let text = std::fs::read_to_string(&path).unwrap().replace(",x", ",7");
            std::fs::write(&path, text).unwrap();
        }
    }
    replay(&feed.options(), "things", None, &Silent).unwrap();
    let rows = feed.bronze("select count(*) from {t}");
    days(&feed, 60..130);
    replay(&feed.options(), "things", None, &Silent).unwrap();
    assert_eq!(feed.bronze("select count(*) - 70 from {t}"), rows);
    everything_is_known(&feed);
}

#[test]
fn a_restore_to_before_the_newest_sum_is_understood() {
    let feed = Things::new(&Terms { settings: &["lakeKeepHours: forever"], ..Terms::default() });
    days(&feed, 0..45);
    let mut table = delta(&feed);
    let metadata = serde_json::Map::from_iter([(RESTORED_VERSION.to_owned(), 20.into())]);
    let target = DeltaTable::open_at(table.root(), 20).unwrap();
    table.restore(&target, &CommitDetails { operation: "RESTORE", metadata, timestamp: None }).unwrap();
    // The Parquet side follows with the next load.
    feed.load();
    everything_is_known(&feed);
    assert_eq!(feed.bronze("select count(*) from {t}"), "21");
    assert_eq!(
        feed.manifest("select status, count(*) from manifest_processed_files group by 1 order by 1"),
        "loaded|21\nundone|24"
    );
    days(&feed, 45..100);
    assert_eq!(log(&feed).len(), 101, "all of it is kept");
    everything_is_known(&feed);
    assert_eq!(feed.bronze("select count(*) from {t}"), "76");
}

#[test]
fn a_log_with_a_gap_is_refused_instead_of_loading_twice() {
    let feed = Things::new(&Terms::default());
    // Without a checkpoint, a log with a gap cannot be read at all.
    days(&feed, 0..21);
    let root = delta(&feed).root().to_path_buf();
    let rows = feed.bronze("select count(*) from {t}");
    // Somebody has removed the beginning of the log, with its copies.
    std::fs::remove_file(root.join("_delta_log/00000000000000000000.json")).unwrap();
    std::fs::remove_dir_all(feed.lake().join("bronze/.delta-log")).unwrap();
    let summary = feed.load();
    let error = summary.tables[0].error.clone().unwrap();
    assert!(error.contains("lacks version 0"), "{error}");
    assert_eq!(feed.bronze("select count(*) from {t}"), rows);
}
