//! A load or a replay that is interrupted: nothing of it is loaded or left behind, and the next run does it all.

use crate::folders::listing;
use crate::things::{Terms, Things};
use ingot_bronze::{LoadOptions, load, replay};
use ingot_core::error::Kind;
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Event, Reporter, Silent};
use std::path::Path;
use std::sync::Mutex;

/// Raises the flag as soon as work has begun, and keeps the errors that are reported.
#[derive(Default)]
struct Interrupter {
    interrupt: Interrupt,
    errors: Mutex<Vec<String>>,
}

impl Reporter for Interrupter {
    fn report(&self, event: Event) {
        match event {
            Event::TaskAdvanced { .. } => {
                self.interrupt.set();
            }
            Event::Error { text, .. } => self.errors.lock().unwrap().push(text),
            _ => {}
        }
    }
}

/// Thirty thousand rows in three files, of which a few are bad.
fn many_rows() -> Things {
    let things = Things::new(&Terms::default());
    for file in 0..3 {
        let mut text = "id,name,qty\n".to_owned();
        for row in 0..10_000 {
            let quantity = if row % 4000 == 7 { "many".to_owned() } else { (row % 90).to_string() };
            text.push_str(&format!("{},name {row},{quantity}\n", file * 10_000 + row));
        }
        things.write(&format!("raw/things/part-{file}.csv"), &text);
    }
    things
}

fn files(folder: &Path) -> Vec<String> {
    listing(folder).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn an_interrupted_load_leaves_nothing_and_the_next_one_loads_all() {
    let things = many_rows();
    let interrupter = Interrupter::default();
    let options = LoadOptions { interrupt: interrupter.interrupt.clone(), ..things.options() };
    let summary = load(&options, &interrupter).unwrap();
    assert!(summary.failed() && summary.tables[0].interrupted);
    assert_eq!((summary.accepted(), summary.rejected()), (0, 0));
    let errors = interrupter.errors.into_inner().unwrap();
    assert_eq!(errors, ["interrupted: nothing of things was loaded; tables that were committed before stay"]);
    assert_eq!(files(&things.lake()), Vec::<String>::new());
    assert_eq!(things.manifest("SELECT count(*) FROM manifest_processed_files"), "0");

    assert!(!things.load().failed());
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), "29991");
    assert_eq!(things.manifest("SELECT sum(reject_count) FROM manifest_processed_files"), "9");
}

#[test]
fn an_interrupted_replay_changes_nothing() {
    let things = many_rows();
    things.load();
    things.agree(&Terms {
        columns: &[
            ("id", "i64", "integer", true),
            ("name", "str", "string", false),
            ("qty", "i32", "integer", false),
        ],
        version: "1.1.0",
        ..Terms::default()
    });
    let reject_file = std::fs::read_dir(things.lake().join("_rejects/things"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .unwrap();
    let corrected = std::fs::read_to_string(&reject_file).unwrap().replace(",many", ",1");
    std::fs::write(&reject_file, corrected).unwrap();
    let before = listing(&things.lake());

    let options = things.options();
    options.interrupt.set();
    let error = replay(&options, "things", None, &Silent).unwrap_err();
    assert_eq!(*error.kind(), Kind::Interrupted);
    assert!(error.message().contains("no reject of things was loaded"), "{error}");
    assert_eq!(listing(&things.lake()), before);

    let summary = replay(&things.options(), "things", None, &Silent).unwrap();
    assert_eq!((summary.loaded(), summary.rejected()), (9, 0));
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), "30000");
}
