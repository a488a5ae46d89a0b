//! Back to a version that was published before.

use super::options::RollbackOptions;
use super::publication::Publication;
use super::replace::show;
use super::versions::Versions;
use ingot_core::error::{Error, Result};

/// Shows an earlier version (or, by its id, any that is kept) and returns what it is. Nothing is removed, so the
/// way back is open too.
///
/// # Errors
/// There is no such version, or a reader prevents the file from being replaced.
pub fn rollback(options: &RollbackOptions) -> Result<Publication> {
    if !options.to.join("versions").is_dir() {
        return Err(Error::new("nothing has been published here")
            .at(&options.to)
            .hint("run `ingot publish` first, or name the folder of the published file with --to"));
    }
    let versions = Versions::of(&options.to)?;
    let all = versions.all()?;
    let chosen = match &options.version {
        Some(id) => all.iter().find(|one| one.id == *id).ok_or_else(|| {
            let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
            Error::new(format!("there is no version '{id}'"))
                .at(options.to.join("versions"))
                .hint(format!("choose one of: {}", ids.join(", ")))
        })?,
        None => {
            let shown = versions.shown(&all);
            let before = all.iter().rev().find(|one| shown.as_deref().is_none_or(|id| one.id.as_str() < id));
            before.ok_or_else(|| {
                Error::new("there is no version before the one that is shown")
                    .at(options.to.join("versions"))
                    .hint("keep more of them with `ingot publish --keep N`")
            })?
        }
    };
    let rename = |from: &std::path::Path, to: &std::path::Path| std::fs::rename(from, to);
    show(&versions.data_file(&chosen.id), chosen, &options.to, options.patience, &rename)?;
    versions.describe(chosen)?;
    Ok(chosen.clone())
}
