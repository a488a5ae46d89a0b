//! Files of which nearly every row is rejected.

use crate::things::{Listener, Terms, Things};
use ingot_bronze::{FileStatus, LoadOptions, load};

fn text(rows: u64, good_from: u64) -> String {
    let mut text = "id,name,qty\n".to_owned();
    for row in 0..rows {
        let quantity = if row < good_from { "1.5" } else { "1" };
        text.push_str(&format!("{row},a,{quantity}\n"));
    }
    text
}

#[test]
fn a_hopeless_file_is_refused_early_with_its_reason() {
    let things = Things::new(&Terms::default());
    things.write("raw/things/part-1.csv", &text(120_000, 120_000));
    things.write("raw/things/part-2.csv", &text(5, 0));
    let listener = Listener::default();
    let summary = load(&things.options(), &listener).unwrap();
    assert!(summary.failed());
    let file = &summary.tables[0].files[0];
    assert_eq!((file.status, file.read), (FileStatus::Failed, 0));
    let error = file.error.as_deref().unwrap();
    for part in [
        "HOPELESS: ",
        "in the column 'qty'",
        "row 1 has '1.5', row 2 has '1.5', row 3 has '1.5'",
        "--keep-going",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), "5");
    assert!(!things.lake().join("_rejects").exists());

    let going = LoadOptions { keep_going: true, ..things.options() };
    let summary = load(&going, &listener).unwrap();
    assert_eq!((summary.read(), summary.accepted(), summary.rejected()), (120_000, 0, 120_000));
    assert!(summary.failed(), "every row of the file was rejected");
}

#[test]
fn a_file_that_gets_better_is_loaded() {
    let things = Things::new(&Terms::default());
    things.write("raw/things/part-1.csv", &text(60_000, 20_000));
    let summary = things.load();
    assert_eq!((summary.accepted(), summary.rejected(), summary.failed()), (40_000, 20_000, false));
}

#[test]
fn rows_far_behind_count_as_well() {
    for (format, good_from, loaded) in
        [("csv", 150_000, true), ("csv", 199_990, false), ("jsonl", 150_000, true)]
    {
        let path = format!("things/*.{format}");
        let things = Things::new(&Terms { path: &path, format, ..Terms::default() });
        let mut text = text(200_000, good_from);
        if format == "jsonl" {
            let rows = text.lines().skip(1).map(|row| {
                let cells: Vec<&str> = row.split(',').collect();
                format!("{{\"id\":{},\"name\":\"a\",\"qty\":{}}}\n", cells[0], cells[2])
            });
            text = rows.collect();
        }
        things.write(&format!("raw/things/part-1.{format}"), &text);
        let summary = load(&things.options(), &Listener::default()).unwrap();
        let accepted = if loaded { 200_000 - good_from } else { 0 };
        assert_eq!((summary.accepted(), summary.failed()), (accepted, !loaded), "{format} {good_from}");
    }
}

#[test]
fn a_small_file_without_an_accepted_row_is_a_failure() {
    let things = Things::new(&Terms::default());
    things.write("raw/things/part-1.csv", &text(3, 3));
    let listener = Listener::default();
    let summary = load(&things.options(), &listener).unwrap();
    assert_eq!((summary.rejected(), summary.failed()), (3, true));
    assert_eq!(listener.heard(), ["things/part-1.csv: every row is rejected (3 of 3)"]);
}
