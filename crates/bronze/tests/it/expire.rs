//! What is older than its contract keeps it goes, and nothing else.

use crate::things::{Terms, Things};
use ingot_bronze::{Expired, expire};
use ingot_core::report::Silent;

const DAY: i64 = 86_400_000_000;

fn days_from_now(days: i64) -> i64 {
    jiff::Timestamp::now().as_microsecond() + days * DAY
}

fn kept(feed: &Things, settings: &[&str], levels: &str) {
    feed.agree(&Terms { settings, ..Terms::default() });
    let file = feed.path().join("schemas/things.odcs.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let found = text.matches("slaProperties:\n").count();
    assert_eq!(found, 1, "{text}");
    std::fs::write(&file, text.replace("slaProperties:\n", &format!("slaProperties:\n{levels}"))).unwrap();
}

fn run(feed: &Things, days: i64, dry_run: bool) -> Vec<Expired> {
    let mut options = feed.options();
    options.dry_run = dry_run;
    expire(&options, days_from_now(days), &Silent).unwrap()
}

#[test]
fn raw_files_rows_and_rejects_go_when_they_are_old() {
    let feed = Things::new(&Terms::default());
    feed.write("raw/things/part-1.csv", "id,name,qty\n1,a,1\n2,b,x\n");
    feed.write("raw/things/part-2.csv", "id,name,qty\n3,c,3\n");
    assert!(!feed.load().failed());
    assert!(run(&feed, 1000, true).is_empty(), "nothing is said of retention");
    kept(
        &feed,
        &[],
        "  - {property: retention, value: P1Y}\n  - {property: retention_raw, value: 30, unit: d}\n",
    );
    // A file that was not loaded stays, and so does one that has changed since.
    feed.write("raw/things/part-3.csv", "id,name,qty\n4,d,4\n");
    feed.write("raw/things/part-2.csv", "id,name,qty\n3,c,3\n5,e,5\n");
    assert!(run(&feed, 20, false)[0].is_nothing());
    let planned = &run(&feed, 40, true)[0];
    assert_eq!((planned.raw_files, planned.rows, planned.reject_files), (1, 0, 0));
    assert_eq!(run(&feed, 40, false)[0].raw_files, 1);
    assert!(!feed.path().join("raw/things/part-1.csv").exists());
    assert!(feed.path().join("raw/things/part-2.csv").exists());
    let all = &run(&feed, 400, false)[0];
    assert_eq!((all.raw_files, all.rows, all.files_of_rows, all.reject_files), (0, 2, 2, 2));
    let left = walkdir::WalkDir::new(feed.path().join("lake/bronze/parquet/things")).into_iter().flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path()).collect();
    assert!(
        left.len() == 1 && left[0].ends_with(ingot_lake::NO_ROWS),
        "only what shows the columns: {left:?}"
    );
    assert!(run(&feed, 400, false)[0].is_nothing(), "it is done");
}

#[test]
fn a_legal_hold_keeps_everything() {
    let feed = Things::new(&Terms::default());
    feed.write("raw/things/part-1.csv", "id,name,qty\n1,a,1\n");
    assert!(!feed.load().failed());
    kept(&feed, &["ingot.hold: true"], "  - {property: retention, value: 1, unit: d}\n");
    let found = &run(&feed, 400, false)[0];
    assert!(found.is_held && found.is_nothing());
    assert!(feed.path().join("raw/things/part-1.csv").exists());
}
