//! `docs generate`: compiles the project and writes what is in the database for it, as `catalog.json`.
//! The pages that show them are dbt's own and not part of this program.

use crate::artifacts;
use crate::outcomes::RunSummary;
use crate::verbs::build;
use crate::verbs::job::Job;
use ingot_core::error::Result;
use std::collections::BTreeSet;

/// Compiles (unless told not to) and writes the catalog of the selected nodes and all sources.
pub(crate) fn run(job: &Job, selected: &BTreeSet<usize>, summary: &mut RunSummary) -> Result<()> {
    if job.options.compile_docs {
        build::run(job, selected, summary)?;
        if summary.exit_code() != 0 {
            job.reporter.warn("no catalog was written, since not all models could be compiled".to_owned());
            return Ok(());
        }
    }
    let mut session = None;
    if !job.options.empty_catalog {
        let (engine, _) = job.open(selected)?;
        session = Some(engine.session()?);
    }
    let file = artifacts::write_catalog(job.invocation, job.manifest, session.as_deref_mut(), selected)?;
    job.reporter.info(format!("catalog written to {}", file.display()));
    Ok(())
}
