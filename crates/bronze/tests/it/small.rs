//! Small things that happen to raw folders.

use crate::things::{Terms, Things};
use ingot_bronze::{FileStatus, load};
use ingot_core::report::{Event, Reporter};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
#[test]
fn names_and_links_of_any_kind() {
    let things = Things::new(&Terms::default());
    for name in ["part-two words.csv", "part-größe.csv", "part-it's.csv", "part-a\nb.csv", "part-50%20.csv"]
    {
        things.write(&format!("raw/things/{name}"), "id,name,qty\n1,a,1\n");
    }
    things.write("elsewhere/far.csv", "id,name,qty\n2,b,2\n");
    let target = things.path().join("elsewhere/far.csv");
    std::os::unix::fs::symlink(&target, things.path().join("raw/things/part-link.csv")).unwrap();
    std::os::unix::fs::symlink(things.path().join("nowhere"), things.path().join("raw/things/part-lost.csv"))
        .unwrap();
    let summary = things.load();
    let failed: Vec<&str> = summary.tables[0]
        .files
        .iter()
        .filter(|file| file.status == FileStatus::Failed)
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(failed, ["things/part-lost.csv"]);
    assert_eq!(
        things.bronze("SELECT replace(src_filename, chr(10), '~') FROM {t} ORDER BY 1"),
        "things/part-50%20.csv\nthings/part-a~b.csv\nthings/part-größe.csv\nthings/part-it's.csv\n\
         things/part-link.csv\nthings/part-two words.csv"
    );
    assert_eq!(things.load().read(), 0);
}

/// Does something to a file as soon as a part of it was read.
struct Meddler {
    file: PathBuf,
    done: AtomicBool,
    text: Option<&'static str>,
}

impl Reporter for Meddler {
    fn report(&self, event: Event) {
        let is_moment = match self.text {
            Some(_) => matches!(event, Event::TaskAdvanced { .. }),
            None => matches!(event, Event::TaskStarted { .. }),
        };
        if is_moment && !self.done.swap(true, Ordering::Relaxed) {
            match self.text {
                Some(text) => std::fs::write(&self.file, text).unwrap(),
                None => std::fs::remove_file(&self.file).unwrap(),
            }
        }
    }
}

#[test]
fn a_file_that_changes_or_vanishes_meanwhile_is_not_loaded() {
    for (text, code) in
        [(Some("id,name,qty\n5,changed,5\n6,more,6\n"), "CHANGED_WHILE_READ"), (None, "VANISHED")]
    {
        let things = Things::new(&Terms::default());
        things.write("raw/things/part-0.csv", "id,name,qty\n1,a,1\n");
        things.write("raw/things/part-1.csv", "id,name,qty\n2,b,2\n");
        let file = things.path().join("raw/things/part-0.csv");
        let meddler = Meddler { file, done: AtomicBool::new(false), text };
        let summary = load(&things.options(), &meddler).unwrap();
        let failed = &summary.tables[0].files[0];
        assert!(failed.error.as_deref().unwrap().starts_with(code), "{failed:?}");
        assert_eq!(things.bronze("SELECT id FROM {t}"), "2");
        // The next run takes it as it is then.
        if text.is_some() {
            assert_eq!(things.load().accepted(), 2);
            assert_eq!(things.bronze("SELECT id FROM {t} ORDER BY 1"), "2\n5\n6");
        }
    }
}
