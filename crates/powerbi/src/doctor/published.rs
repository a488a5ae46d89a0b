//! The published file: whether it is what its manifest says, and of the last run.

use super::finding::Finding;
use crate::dbt_artifacts::DbtArtifacts;
use crate::publish::{Publication, read_manifest, sha256};
use ingot_core::report::counted;
use ingot_engine::duckdb::write_ahead_log;
use std::path::Path;

const AREA: &str = "published";

pub(super) fn examine(folder: &Path, project: &Path, artifacts: &Path) -> Vec<Finding> {
    let manifests: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    if manifests.is_empty() {
        return vec![Finding::warning(
            AREA,
            format!("nothing has been published in {}", folder.display()),
            "run `ingot publish`, so that BI tools and builds do not lock each other out",
        )];
    }
    manifests
        .iter()
        .map(|manifest| match read_manifest(manifest) {
            Ok(publication) => look(folder, &publication, (project, artifacts)),
            Err(error) => Finding::from_error(AREA, &error, "run `ingot publish` again"),
        })
        .collect()
}

fn look(folder: &Path, publication: &Publication, (project, artifacts): (&Path, &Path)) -> Finding {
    let file = folder.join(&publication.file);
    if write_ahead_log(&file).exists() {
        return Finding::bad(
            AREA,
            format!("{} has a write-ahead log beside it: a program opened it for writing", file.display()),
            "let BI tools open it with access_mode=read_only, and run `ingot publish` again",
        );
    }
    match sha256(&file) {
        Err(error) => return Finding::from_error(AREA, &error, "run `ingot publish` again"),
        Ok(hash) if hash != publication.sha256 => {
            return Finding::bad(
                AREA,
                format!(
                    "{} is not what its manifest says: it was changed, or a publish was killed",
                    file.display()
                ),
                "run `ingot publish` again; let BI tools open the file with access_mode=read_only",
            );
        }
        Ok(_) => {}
    }
    let last_run = DbtArtifacts::read(project, artifacts).ok();
    if let Some(last_run) = last_run.filter(|run| run.run_id() != publication.run_id) {
        return Finding::warning(
            AREA,
            format!(
                "version {} is of an earlier run than the last one ({})",
                publication.id,
                last_run.run_ended_at()
            ),
            "run `ingot publish` to show the newest gold",
        );
    }
    Finding::good(
        AREA,
        format!(
            "{} is version {}, {}, as its manifest says",
            file.display(),
            publication.id,
            counted(publication.tables.len() as u64, "table")
        ),
    )
}
