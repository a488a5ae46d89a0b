//! Publishing from beginning to end.

use super::copy_tables::{Wanted, copy_tables};
use super::manifest;
use super::options::PublishOptions;
use super::publication::Publication;
use super::replace::show;
use super::role::check_name;
use super::sha256::sha256;
use super::versions::Versions;
use crate::dbt_artifacts::DbtArtifacts;
use ingot_core::error::{Context, Error, Result};
use ingot_core::fs::make_durable;
use std::path::Path;

/// Copies the selected tables, shows them, and removes versions beyond those to keep. Returns what was published.
///
/// # Errors
/// The models have not been run, a table is not tested, a column's type is one that BI tools misread, another
/// process writes to the warehouse or the folder, or a reader prevents the file from being replaced. Readers then
/// still see what they saw before.
pub fn publish(options: &PublishOptions) -> Result<Publication> {
    if !options.warehouse.is_file() {
        return Err(Error::new("there is no warehouse yet")
            .at(&options.warehouse)
            .hint("run `ingot run-models` first, or name the file with --warehouse"));
    }
    if let Some(role) = &options.role {
        check_name(&role.name)?;
    }
    let artifacts = DbtArtifacts::read(&options.project, &options.artifacts)?;
    let models = artifacts.models();
    let distrust = artifacts.distrust(models.values());

    let versions = Versions::of(&options.to)?;
    let now = jiff::Timestamp::now();
    let id = format!("{}{:03}Z", now.strftime("%Y%m%dT%H%M%S"), now.subsec_millisecond());
    let version = versions.data_file(&id);
    let unfinished = version.with_extension("duckdb.inprogress");
    let wanted = Wanted {
        select: &options.select,
        exclude: &options.exclude,
        models,
        distrust: &distrust,
        role: options.role.as_ref(),
    };
    let copied = copy_tables(&options.warehouse, &unfinished, &wanted);
    if copied.is_err() {
        // What was written of it helps nobody; the reason is in the error.
        let _ = std::fs::remove_file(&unfinished);
    }
    let tables = copied?;
    make_durable(std::slice::from_ref(&unfinished), &options.to)?;
    let stem = match &options.role {
        Some(role) => format!("{}_{}", artifacts.project_name, role.name),
        None => artifacts.project_name.clone(),
    };
    let publication = Publication {
        published_at: now.to_string(),
        file: file_name(&stem, tables.iter().map(|table| table.schema.as_str())),
        bytes: std::fs::metadata(&unfinished).or_cannot_at("read the file", &unfinished)?.len(),
        sha256: sha256(&unfinished)?,
        run_id: artifacts.run_id().to_owned(),
        run_ended_at: artifacts.run_ended_at().to_owned(),
        ingot_version: env!("CARGO_PKG_VERSION").to_owned(),
        role: options.role.as_ref().map(|role| role.name.clone()),
        tables,
        id: id.clone(),
    };
    std::fs::rename(&unfinished, &version).or_cannot_at("keep the version", &version)?;
    manifest::write(&publication, &versions.manifest_file(&id))?;

    let rename = |from: &Path, to: &Path| std::fs::rename(from, to);
    show(&version, &publication, &options.to, options.patience, &rename)?;
    versions.describe(&publication)?;
    versions.prune(options.keep, &id)?;
    Ok(publication)
}

/// DuckDB names an open file after its stem, and a name that is also a schema's is ambiguous in queries.
fn file_name<'s>(project: &str, mut schemas: impl Iterator<Item = &'s str>) -> String {
    if schemas.any(|schema| schema.eq_ignore_ascii_case(project)) {
        format!("{project}_bi.duckdb")
    } else {
        format!("{project}.duckdb")
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn the_file_does_not_bear_the_name_of_a_schema() {
        assert_eq!(file_name("retail", ["gold"].into_iter()), "retail.duckdb");
        assert_eq!(file_name("gold", ["silver", "Gold"].into_iter()), "gold_bi.duckdb");
    }
}
