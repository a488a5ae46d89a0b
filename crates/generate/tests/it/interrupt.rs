//! Ctrl-C in the middle of a run.

use crate::raw_folder::{options, run, tree};
use ingot_core::error::Kind;
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Event, Reporter};
use ingot_generate::{GenerateOptions, generate};
use std::path::Path;

/// Presses Ctrl-C when the first file is written.
struct Impatient(Interrupt);

impl Reporter for Impatient {
    fn report(&self, event: Event) {
        if matches!(event, Event::TaskAdvanced { .. }) {
            self.0.set();
        }
    }
}

#[test]
fn an_interrupted_run_is_completed_by_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let (calm, interrupted) = (folder.path().join("calm"), folder.path().join("interrupted"));
    let data = |raw: &Path| {
        let mut files = tree(raw);
        files.retain(|name, _| !name.ends_with(".lock"));
        files
    };
    run(&options(&calm, 0.001, 20));

    let interrupt = Interrupt::default();
    let impatient =
        GenerateOptions { interrupt: interrupt.clone(), jobs: 2, ..options(&interrupted, 0.001, 20) };
    let error = generate(&impatient, &Impatient(interrupt)).unwrap_err();
    assert_eq!(*error.kind(), Kind::Interrupted);
    assert!(error.hint_text().unwrap().contains("run the same command again"), "{error}");
    let left = data(&interrupted);
    assert!(left.keys().all(|name| !name.ends_with(".inprogress")));
    assert!((1..data(&calm).len()).contains(&left.len()), "{left:?}");

    run(&options(&interrupted, 0.001, 20));
    assert_eq!(data(&interrupted), data(&calm));
}
