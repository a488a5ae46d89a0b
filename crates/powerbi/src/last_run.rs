//! Whether the last run of the models built and tested the whole project.

use crate::dbt_artifacts::{DbtArtifacts, NO_TEST};
use ingot_core::error::Result;
use std::path::Path;

/// The last run, as far as its state is to be trusted.
#[derive(Debug, Clone)]
pub struct LastRun {
    /// `invocation_id` of the run.
    pub id: String,
    /// ISO 8601, in UTC.
    pub started_at: String,
    pub ended_at: String,
    /// How many models, seeds and snapshots it built, and how many tests it ran.
    pub nodes: usize,
    /// Why the state as a whole may not be trusted, a sentence each; empty if it may.
    pub distrust: Vec<String>,
    /// Tables that no test is about, as `schema.table`.
    pub without_test: Vec<String>,
}

/// What the artifacts in the folder `target` say of the last run of the project in the folder `project`.
///
/// # Errors
/// The project has not been run, or a file is not what dbt writes.
pub fn last_run(project: &Path, target: &Path) -> Result<LastRun> {
    let artifacts = DbtArtifacts::read(project, target)?;
    let mut distrust = Vec::new();
    if !matches!(artifacts.verb(), "build" | "retry") {
        distrust.push(format!(
            "the last command was `{}`, which does not build and test everything",
            artifacts.verb()
        ));
    } else if !artifacts.are_of_one_run() {
        distrust.push(
            "the project was read again after the last run, so it is not known what that run built"
                .to_owned(),
        );
    }
    let models = artifacts.models();
    let reasons = artifacts.distrust(models.values().filter(|model| !model.is_ephemeral));
    let mut without_test = Vec::new();
    for (name, model) in models {
        match reasons.get(&model.unique_id) {
            Some(reason) if reason == NO_TEST => without_test.push(name.clone()),
            Some(reason) => distrust.push(format!("{name}: {reason}")),
            None => {}
        }
    }
    // Tests of sources, and those that concern no model.
    let said = distrust.len();
    let others =
        artifacts.failures().into_iter().filter(|id| !id.starts_with("model.") && !id.starts_with("seed."));
    if said == 0 {
        distrust.extend(others.map(|id| format!("{id} did not succeed")));
    }
    Ok(LastRun {
        id: artifacts.run_id().to_owned(),
        started_at: artifacts.run_started_at().to_owned(),
        ended_at: artifacts.run_ended_at().to_owned(),
        nodes: artifacts.nodes_run(),
        distrust,
        without_test,
    })
}
