//! Where reject files are, under which names they are staged, and how they are published.
//!
//! A file is staged beside its final place as `.<commit>[~<name>].inprogress` and is published as `<name>` (else
//! `<commit>`) once that commit is in the Delta log. An empty one removes the file of its name.

use super::reject_buffer::RejectBuffer;
use super::write_rejects::{Written, write_rejects};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::link_or_copy;
use ingot_core::report::{Reporter, thousands};
use std::path::{Path, PathBuf};

/// The two reject files of one commit, written beside their final names and published by [`StagedRejects::publish`].
pub(crate) struct StagedRejects {
    staged: [PathBuf; 2],
    published: [PathBuf; 2],
}

/// The folder of a table's reject files.
pub(crate) fn reject_folder(lake: &Path, table: &str) -> PathBuf {
    lake.join("_rejects").join(table)
}

impl StagedRejects {
    /// The names of the files for what the commit `key` rejects, written or not.
    pub(crate) fn of_commit(lake: &Path, table: &str, key: &str) -> Self {
        Self::named(lake, table, &format!(".{key}"), key)
    }

    /// The names under which a replay (`commit`) stages what is left of the rejects of the commit `key`.
    pub(crate) fn replacing(lake: &Path, table: &str, commit: &str, key: &str) -> Self {
        Self::named(lake, table, &format!(".{commit}~{key}"), key)
    }

    fn named(lake: &Path, table: &str, staged: &str, published: &str) -> Self {
        let folder = reject_folder(lake, table);
        Self {
            staged: ["csv", "parquet"].map(|kind| folder.join(format!("{staged}.{kind}.inprogress"))),
            published: ["csv", "parquet"].map(|kind| folder.join(format!("{published}.{kind}"))),
        }
    }

    /// Moves the files to their final names. Done again, it does nothing.
    pub(crate) fn publish(&self) -> Result<()> {
        self.staged.iter().filter(|path| path.exists()).try_for_each(|path| publish_staged(path))
    }

    /// The files that are written and not published yet.
    pub(crate) fn written(&self) -> impl Iterator<Item = PathBuf> {
        self.staged.iter().filter(|path| path.exists()).cloned()
    }

    pub(crate) fn published_csv(&self) -> &Path {
        &self.published[0]
    }

    /// Writes both files for rejects of raw files of `raw_bytes`. Without any reject nothing is written.
    pub(crate) fn write(
        &self,
        table: &str,
        contract_version: &str,
        run_id: &str,
        raw_bytes: u64,
        buffers: Vec<RejectBuffer>,
    ) -> Result<Written> {
        if buffers.iter().all(|buffer| buffer.count() == 0) {
            return Ok(Written { rejects: 0, in_csv: 0 });
        }
        self.create_folder()?;
        write_rejects(&self.staged[0], &self.staged[1], raw_bytes, |take| {
            buffers
                .into_iter()
                .try_for_each(|buffer| buffer.drain(|reject| take(table, contract_version, run_id, reject)))
        })
    }

    fn create_folder(&self) -> Result<()> {
        match self.staged[0].parent() {
            Some(parent) => std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent),
            None => Ok(()),
        }
    }

    pub(crate) fn staged(&self) -> &[PathBuf; 2] {
        &self.staged
    }
}

/// Says that the CSV file does not have all rejects, if it does not.
pub(crate) fn tell_of_rest(reporter: &dyn Reporter, table: &str, written: Written) {
    if written.in_csv < written.rejects {
        reporter.info(format!(
            "{table}: the CSV file has the first {} of {} rejects, the Parquet file beside it has all",
            thousands(written.in_csv),
            thousands(written.rejects)
        ));
    }
}

/// The published CSV and Parquet files with the rejects of the commit `key`.
pub(crate) fn reject_paths(lake: &Path, table: &str, key: &str) -> [PathBuf; 2] {
    StagedRejects::of_commit(lake, table, key).published
}

/// Where the rejects of a commit are kept as they were before the first replay.
pub(crate) fn archive_path(lake: &Path, table: &str, key: &str) -> PathBuf {
    reject_folder(lake, table).join("replayed").join(format!("{key}.parquet"))
}

/// Moves a staged file to its final name.
pub(crate) fn publish_staged(staged: &Path) -> Result<()> {
    let name = staged.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (Some(folder), Some(inner)) =
        (staged.parent(), name.strip_prefix('.').and_then(|name| name.strip_suffix(".inprogress")))
    else {
        return Err(Error::defect("not a staged reject file").at(staged));
    };
    let (replaces, target) = match inner.split_once('~') {
        Some((_, target)) => (true, target),
        None => (false, inner),
    };
    let published = folder.join(target);
    if replaces && target.ends_with(".parquet") {
        // The first replay keeps the file that was there before it: the rows as they came.
        let kept = folder.join("replayed").join(target);
        if published.exists() && !kept.exists() {
            let parent = folder.join("replayed");
            std::fs::create_dir_all(&parent).or_cannot_at("create the folder", &parent)?;
            link_or_copy(&published, &kept)?;
        }
    }
    let is_empty = std::fs::metadata(staged).or_cannot_at("read the size of the file", staged)?.len() == 0;
    if is_empty {
        match std::fs::remove_file(&published) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::new("cannot remove the reject file").at(published).caused_by(error));
            }
            _ => {}
        }
        return std::fs::remove_file(staged).or_cannot_at("remove the file", staged);
    }
    std::fs::rename(staged, &published).or_cannot_at("publish the reject file", &published)
}
