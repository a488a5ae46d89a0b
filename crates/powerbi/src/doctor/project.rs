//! How the last run of the models ended.

use super::finding::Finding;
use crate::dbt_artifacts::DbtArtifacts;
use std::path::Path;

const AREA: &str = "project";

/// As many names as one reads.
const SHOWN: usize = 5;

pub(super) fn examine(project: &Path, artifacts: &Path) -> Vec<Finding> {
    let artifacts = match DbtArtifacts::read(project, artifacts) {
        Ok(artifacts) => artifacts,
        Err(error) => return vec![Finding::from_error(AREA, &error, "run `ingot run-models`")],
    };
    let failures = artifacts.failures();
    if failures.is_empty() {
        return vec![Finding::good(
            AREA,
            format!(
                "{}: all {} nodes of the last run succeeded ({})",
                artifacts.project_name,
                artifacts.nodes_run(),
                artifacts.run_ended_at()
            ),
        )];
    }
    let mut names: Vec<&str> = failures.iter().take(SHOWN).map(String::as_str).collect();
    if failures.len() > SHOWN {
        names.push("…");
    }
    vec![Finding::warning(
        AREA,
        format!(
            "{} of {} nodes of the last run did not succeed: {}",
            failures.len(),
            artifacts.nodes_run(),
            names.join(", ")
        ),
        "run `ingot dbt retry`, which says why; until then `ingot publish` refuses the tables concerned",
    )]
}
