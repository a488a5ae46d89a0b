//! Whoever reads the lake while loads run sees whole states.

use crate::things::{Terms, Things};
use ingot_engine::duckdb::{DuckDb, DuckDbOptions};
use ingot_engine::{Cell, Engine as _};
use ingot_lake::DeltaTable;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const DAYS: u32 = 12;
const ROWS: i64 = 40;

fn deliver(feed: &Things, delivery: u32) {
    for day in 1..=DAYS {
        let mut text = "id,name,qty\n".to_owned();
        for row in 0..ROWS {
            text.push_str(&format!("{row},n{delivery},{delivery}\n"));
        }
        feed.write(&format!("raw/things/dt=2023-01-{day:02}/part-{delivery}.csv"), &text);
    }
}

/// Each delivered file is there with all its rows or not at all, and what one read shows was true at one moment: as many
/// deliveries as were in before it, or one more.
#[test]
fn a_reader_during_loads_sees_whole_states() {
    let feed =
        Things::new(&Terms { partition: Some("dt"), path: "things/dt={dt}/*.csv", ..Terms::default() });
    deliver(&feed, 0);
    feed.load();
    let loads = 15;
    let over = AtomicBool::new(false);
    let (plain, delta, states) = std::thread::scope(|scope| {
        let plain = scope.spawn(|| {
            let engine = DuckDb::open(&DuckDbOptions::new(Path::new(":memory:"))).unwrap();
            let mut session = engine.session().unwrap();
            let sql = format!(
                "SELECT src_filename, count(*) FROM read_parquet('{}/bronze/parquet/things/**/*.parquet', \
                 hive_partitioning = true, union_by_name = true) GROUP BY 1",
                feed.lake().display()
            );
            let (mut reads, mut seen) = (0, std::collections::BTreeSet::new());
            while !over.load(Ordering::Relaxed) {
                let rows = session.query(&sql).unwrap();
                assert!(rows.rows.iter().all(|row| row[1] == Cell::Int(i128::from(ROWS))), "a file in part");
                seen.insert(rows.rows.len());
                reads += 1;
            }
            (reads, seen)
        });
        let delta = scope.spawn(|| {
            let mut seen = std::collections::BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let table = DeltaTable::open(&feed.lake().join("bronze/delta/things")).unwrap();
                let rows: u64 = table.files().unwrap().iter().filter_map(|file| file.rows).sum();
                seen.insert(rows);
            }
            seen
        });
        // Whoever lists one folder sees it as one load or the other left it.
        let states = scope.spawn(|| {
            let mut seen = std::collections::BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let folder = feed.lake().join("bronze/parquet/things");
                // Held open, it is the same folder while it is listed.
                let count = std::fs::read_dir(folder).unwrap().count();
                seen.insert(count);
            }
            seen
        });
        for delivery in 1..=loads {
            deliver(&feed, delivery);
            assert!(!feed.load().failed());
        }
        over.store(true, Ordering::Relaxed);
        (plain.join().unwrap(), delta.join().unwrap(), states.join().unwrap())
    });
    let (reads, seen) = plain;
    assert!(reads > 20, "only {reads} reads while loads ran");
    assert!(seen.len() > 3, "{seen:?}");
    let delivery = u64::from(DAYS) * ROWS as u64;
    assert!(delta.iter().all(|rows| rows % delivery == 0) && delta.len() > 3, "{delta:?}");
    assert_eq!(states.into_iter().collect::<Vec<_>>(), [DAYS as usize]);
}

/// Unpartitioned, a reader's listing is one folder: it sees all files of a load or none.
#[test]
fn all_files_of_a_load_appear_at_once() {
    let feed = Things::new(&Terms::default());
    let deliver = |delivery: u32| {
        for part in 0..5 {
            feed.write(
                &format!("raw/things/part-{delivery}-{part}.csv"),
                &format!("id,name,qty\n{delivery},{},1\n", "x".repeat(10)),
            );
        }
    };
    deliver(0);
    feed.load();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let engine = DuckDb::open(&DuckDbOptions::new(Path::new(":memory:"))).unwrap();
            let mut session = engine.session().unwrap();
            let sql = format!(
                "SELECT count(*) FROM read_parquet('{}/bronze/parquet/things/**/*.parquet')",
                feed.lake().display()
            );
            let mut seen = std::collections::BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let rows = session.query(&sql).unwrap();
                let Cell::Int(count) = rows.rows[0][0] else { panic!("{rows:?}") };
                assert_eq!(count % 5, 0, "part of a load was seen");
                seen.insert(count);
            }
            seen
        });
        for delivery in 1..=10 {
            deliver(delivery);
            feed.load();
        }
        over.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap().len() > 2);
    });
}
