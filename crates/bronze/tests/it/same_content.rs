//! A file that is delivered again under another name.

use crate::things::{Terms, Things};
use ingot_bronze::{FileStatus, TableSummary};

const ROWS: &str = "id,name,qty\n1,a,1\n2,b,x\n3,c,3\n";

fn things(settings: &[&str]) -> Things {
    let things = Things::new(&Terms { settings, ..Terms::default() });
    things.write("raw/things/part-a.csv", ROWS);
    things
}

fn statuses(table: &TableSummary) -> Vec<(&str, FileStatus, Option<&str>)> {
    table.files.iter().map(|file| (file.path.as_str(), file.status, file.error.as_deref())).collect()
}

fn loaded_names(things: &Things) -> String {
    things.bronze("SELECT src_filename, count(*) FROM {t} GROUP BY ALL ORDER BY ALL")
}

#[test]
fn a_copy_is_loaded_with_a_warning_unless_the_contract_says_load() {
    let things = things(&[]);
    assert_eq!(things.load_heard().1, Vec::<String>::new());
    things.write("raw/things/part-copy.csv", ROWS);
    let warning = "things: things/part-copy.csv has the same content as things/part-a.csv: the rows are in the table \
                   twice; state sameContent in the contract: load, skip or refuse";
    assert_eq!(things.load_heard().1, [warning]);
    assert_eq!(loaded_names(&things), "things/part-a.csv|2\nthings/part-copy.csv|2");
    // It is told once.
    assert_eq!(things.load_heard().1, Vec::<String>::new());
    things.agree(&Terms { settings: &["sameContent: load"], ..Terms::default() });
    things.write("raw/things/part-third.csv", ROWS);
    assert_eq!(things.load_heard().1, Vec::<String>::new());
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), "6");
}

#[test]
fn copies_within_one_load_are_told_in_one_line() {
    let things = things(&[]);
    for name in ["b", "c", "d", "e", "f"] {
        things.write(&format!("raw/things/part-{name}.csv"), ROWS);
    }
    let (_, heard) = things.load_heard();
    let [warning] = heard.as_slice() else { panic!("{heard:?}") };
    assert!(warning.starts_with("things: things/part-b.csv has the same content as things/part-a.csv, "));
    assert!(warning.contains(" (and 2 more): the rows are in the table twice"), "{warning}");
}

#[test]
fn a_copy_is_skipped_where_the_contract_says_so() {
    // The prefix tells the property from those of other tools.
    let things = things(&["ingot.sameContent: skip"]);
    things.load();
    things.write("raw/things/part-0.csv", ROWS);
    things.write("raw/things/part-new.csv", "id,name,qty\n7,n,7\n");
    things.write("raw/things/part-new2.csv", "id,name,qty\n7,n,7\n");
    for run in 0..2 {
        let summary = things.load();
        assert_eq!(summary.tables[0].count(FileStatus::Failed), 0, "{run}");
        assert_eq!(summary.tables[0].count(FileStatus::Loaded), 1 - run);
        assert_eq!(loaded_names(&things), "things/part-a.csv|2\nthings/part-new.csv|1");
        assert_eq!(
            things.manifest(
                "SELECT src_path, status, row_count, error FROM manifest_processed_files WHERE status = 'skipped' ORDER BY ALL"
            ),
            "things/part-0.csv|skipped|0|it has the same content as things/part-a.csv\n\
             things/part-new2.csv|skipped|0|it has the same content as things/part-new.csv"
        );
    }
    assert_eq!(things.manifest("SELECT count(*) FROM manifest_deliveries"), "2");
    // Loaded from nothing, the table has the same rows.
    let rows = "SELECT id, name, qty FROM {t} ORDER BY id";
    let before = things.bronze(rows);
    std::fs::remove_dir_all(things.lake()).unwrap();
    things.load();
    assert_eq!(things.bronze(rows), before);
    // Once it has rows of its own, the copy is loaded.
    things.write("raw/things/part-0.csv", "id,name,qty\n9,z,9\n");
    assert_eq!(things.load().accepted(), 1);
    assert_eq!(
        things.manifest("SELECT status FROM manifest_processed_files WHERE src_path = 'things/part-0.csv'"),
        "loaded"
    );
}

#[test]
fn a_copy_is_refused_where_the_contract_says_so() {
    let things = things(&["sameContent: refuse"]);
    things.write("raw/things/part-b.csv", ROWS);
    for loaded in [FileStatus::Loaded, FileStatus::Unchanged] {
        let summary = things.load();
        assert!(summary.failed());
        let reason = "SAME_CONTENT: it has the same content as things/part-a.csv, which is loaded; the contract refuses that \
                      (sameContent)";
        assert_eq!(
            statuses(&summary.tables[0]),
            [("things/part-a.csv", loaded, None), ("things/part-b.csv", FileStatus::Failed, Some(reason))]
        );
    }
    assert_eq!(loaded_names(&things), "things/part-a.csv|2");
}

#[test]
fn files_without_rows_and_files_of_other_partitions_are_not_copies() {
    for setting in ["skip", "refuse", ""] {
        let setting = format!("sameContent: {setting}");
        let settings: &[&str] = if setting.len() > 13 { &[&setting] } else { &[] };
        let terms = Terms {
            partition: Some("region str"),
            path: "things/region={region}/*.csv",
            settings,
            ..Terms::default()
        };
        let things = Things::new(&terms);
        let empty = "id,name,qty\n";
        for (name, text) in [("n/0", ROWS), ("s/0", ROWS), ("n/1", empty), ("n/2", empty)] {
            things.write(&format!("raw/things/region={name}.csv"), text);
        }
        let (summary, heard) = things.load_heard();
        assert_eq!((summary.tables[0].count(FileStatus::Loaded), heard), (4, Vec::new()), "{setting}");
        things.write("raw/things/region=n/3.csv", empty);
        let (summary, heard) = things.load_heard();
        assert_eq!((summary.tables[0].count(FileStatus::Loaded), heard), (1, Vec::new()), "{setting}");
    }
}

#[test]
fn a_copy_of_a_file_that_failed_is_not_lost() {
    let things = Things::new(&Terms { settings: &["sameContent: skip"], ..Terms::default() });
    things.write("raw/things/part-a.csv", "");
    things.write("raw/things/part-b.csv", "");
    let summary = things.load();
    assert_eq!(
        statuses(&summary.tables[0])[1].2,
        Some("SAME_CONTENT: it has the same content as things/part-a.csv, which was not loaded")
    );
}
