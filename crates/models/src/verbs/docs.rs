//! `docs generate`: compiles the project and writes what is in the database for it, as `catalog.json`, and copies the
//! assets that descriptions point to. The pages that show them are dbt's own and not part of this program.

use crate::artifacts;
use crate::graph::resource_type::ResourceType;
use crate::outcomes::RunSummary;
use crate::verbs::build;
use crate::verbs::job::Job;
use ingot_core::error::{Context, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// Compiles (unless told not to) and writes the catalog: of what is selected, or of everything.
pub(crate) fn run(job: &Job, selected: &BTreeSet<usize>, summary: &mut RunSummary) -> Result<()> {
    let is_source = |index: &&usize| job.manifest.nodes[**index].resource_type() == ResourceType::Source;
    let compiled: BTreeSet<usize> = selected.iter().filter(|index| !is_source(index)).copied().collect();
    if job.options.compile_docs {
        build::run(job, &compiled, summary)?;
        if summary.exit_code() != 0 {
            job.reporter.warn("no catalog was written, since not all models could be compiled".to_owned());
            return Ok(());
        }
    }
    copy_assets(job)?;
    let mut session = None;
    if !job.options.empty_catalog {
        let (engine, _) = job.open(&compiled)?;
        session = Some(engine.session()?);
    }
    // Without compiling nothing is selected, as under dbt.
    let narrowed = job.options.compile_docs.then_some(selected);
    let file = artifacts::write_catalog(job.invocation, job.manifest, session.as_deref_mut(), narrowed)?;
    job.reporter.info(format!("catalog written to {}", file.display()));
    Ok(())
}

/// Puts the folders of `asset-paths` into the target folder, where links in descriptions look for them.
fn copy_assets(job: &Job) -> Result<()> {
    let root = &job.invocation.project.root;
    for folder in &root.asset_paths {
        let (from, to) = (root.root.join(folder), job.invocation.settings.target_folder.join(folder));
        if to.exists() {
            std::fs::remove_dir_all(&to).or_cannot_at("remove the folder", &to)?;
        }
        if from.is_dir() {
            copy_folder(&from, &to)?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).or_cannot_at("make the folder", to)?;
    for entry in std::fs::read_dir(from).or_cannot_at("read the folder", from)? {
        let entry = entry.or_cannot_at("read the folder", from)?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).or_cannot_at("copy the file", &entry.path())?;
        }
    }
    Ok(())
}
