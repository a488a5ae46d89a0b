//! The history of runs.

use ingot_operate::{RunPart, RunRecord, RunsView, record_run, runs};
use jiff::Timestamp;
use std::path::Path;

fn record(lake: &Path, day: u32, status: &str, rows: u64) {
    let started: Timestamp = format!("2026-11-{day:02}T06:00:00Z").parse().unwrap();
    let part = |kind: &str, name: &str, status: &str, rows, seconds| RunPart {
        kind: kind.to_owned(),
        name: name.to_owned(),
        status: status.to_owned(),
        rows,
        seconds,
        ..RunPart::default()
    };
    let run = RunRecord {
        command: "run-models".to_owned(),
        arguments: vec!["--select".to_owned(), "a b".to_owned()],
        started,
        seconds: 2.5,
        result: if status == "pass" { "ok" } else { "failed" }.to_owned(),
        error: (status != "pass").then(|| "1 test failed".to_owned()),
        parts: vec![
            part("model", "model.orders", "success", Some(rows), 1.5),
            part("test", "test.unique_orders", status, None, 0.5),
        ],
        measures: Vec::new(),
        audit: None,
    };
    record_run(lake, &run).unwrap();
}

#[test]
fn runs_are_kept_and_compared() {
    let lake = tempfile::tempdir().unwrap();
    let none = runs(lake.path(), &RunsView::Runs, None).unwrap_err();
    assert_eq!(none.message(), "there are no runs yet");
    for (day, status, rows) in [(1, "pass", 10), (2, "fail", 20), (3, "pass", 30), (4, "fail", 45)] {
        record(lake.path(), day, status, rows);
    }
    let all = runs(lake.path(), &RunsView::Runs, Some(3)).unwrap().json();
    assert_eq!(all.as_array().unwrap().len(), 3);
    assert_eq!(
        (&all[0]["result"], &all[0]["rows"], &all[0]["parts"]),
        (&"failed".into(), &45.into(), &2.into())
    );
    assert_eq!(all[0]["started (UTC)"], "2026-11-04 06:00:00");
    let parts = runs(lake.path(), &RunsView::Parts, None).unwrap().json();
    assert_eq!(parts[0]["part"], "model.orders");
    assert_eq!((&parts[0]["first rows"], &parts[0]["last rows"]), (&10.into(), &45.into()));
    assert_eq!((&parts[1]["failed"], &parts[1]["flips"]), (&2.into(), &3.into()), "a flaky test");
    let one = runs(lake.path(), &RunsView::Run("20261104".to_owned()), None).unwrap().json();
    assert_eq!(one[0]["part"], "test.unique_orders", "what failed comes first");
    let error = runs(lake.path(), &RunsView::Run("2026110".to_owned()), None).unwrap_err();
    assert!(error.message().starts_with("several runs"), "{error}");
    assert!(runs(lake.path(), &RunsView::Run("1999".to_owned()), None).is_err());
}
