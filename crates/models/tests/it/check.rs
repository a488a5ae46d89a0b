//! No false alarm: what a check calls broken fails in a run, in every project of the comparisons with dbt.

use crate::case::Case;
use ingot_models::{CheckSeverity, Status, Verb, check};
use std::path::{Path, PathBuf};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cases"));
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.join("dbt_project.yml").exists());
    cases.sort();
    cases
}

#[test]
fn what_is_called_broken_before_a_run_fails_in_the_run() {
    let (mut checked, mut broken, mut wrong) = (0, 0, Vec::new());
    for folder in cases() {
        let case = Case::new(&[]);
        case.lay(&folder);
        if !folder.join("profiles.yml").exists() {
            // Files beside the database are relative to the process, which is not in the case's folder.
            let root = case.folder.path().display();
            case.write(
                "profiles.yml",
                &format!("case:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: case.duckdb, threads: 2, external_root: '{root}'}}\n"),
            );
        }
        let found = check(&case.options(Verb::Build), &|_, _, _| None).unwrap();
        checked +=
            found.nodes.iter().filter(|node| node.outcome == ingot_models::CheckOutcome::Checked).count();
        let Ok(run) = case.with(case.options(Verb::Build)) else { continue };
        for finding in found.findings.iter().filter(|finding| finding.severity == CheckSeverity::Error) {
            broken += 1;
            let ran = run.results.iter().find(|result| result.unique_id == finding.node);
            if ran.is_some_and(|ran| !matches!(ran.status, Status::Error | Status::Skipped)) {
                wrong.push(format!("{}: {finding:?}", folder.display()));
            }
        }
    }
    assert!(checked > 200 && broken > 3, "{checked} nodes were checked, {broken} of them broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
