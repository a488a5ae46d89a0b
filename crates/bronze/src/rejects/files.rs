//! Where reject files lie, under which names they are written, and how they are shown.
//!
//! A file waits beside its place as `.<commit>[~<name>].inprogress`: it is shown as `<name>` once that commit is in the Delta log. An
//! empty one takes the file of its name away.

use super::{Spool, write_rejects};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::link_or_copy;
use std::path::{Path, PathBuf};

/// The two files of one table and one run, written beside their final names and shown by [`StagedRejects::publish`].
pub struct StagedRejects {
    staged: [PathBuf; 2],
    published: [PathBuf; 2],
}

/// The reject files' folder of a table.
pub fn folder(lake: &Path, table: &str) -> PathBuf {
    lake.join("_rejects").join(table)
}

impl StagedRejects {
    /// The names that a run's reject files have, written or not.
    pub fn names(lake: &Path, table: &str, run_id: &str) -> Self {
        let folder = folder(lake, table);
        let staged = |extension: &str| folder.join(format!(".{run_id}.{extension}.inprogress"));
        let published = |extension: &str| folder.join(format!("{run_id}.{extension}"));
        Self {
            staged: [staged("csv"), staged("parquet")],
            published: [published("csv"), published("parquet")],
        }
    }

    /// Shows the files under their final names. Done again, it does nothing.
    pub fn publish(&self) -> Result<()> {
        self.staged.iter().filter(|path| path.exists()).try_for_each(|path| publish_staged(path))
    }

    /// The files that are written and not yet shown.
    pub fn written(&self) -> impl Iterator<Item = PathBuf> {
        self.staged.iter().filter(|path| path.exists()).cloned()
    }

    pub fn published_csv(&self) -> &Path {
        &self.published[0]
    }

    /// Writes both files. Without any reject nothing is written.
    pub fn write(
        &self,
        table: &str,
        contract_version: &str,
        run_id: &str,
        spools: Vec<Spool>,
    ) -> Result<u64> {
        let total: u64 = spools.iter().map(Spool::count).sum();
        if total > 0 {
            self.create_folder()?;
            write_rejects(&self.staged[0], &self.staged[1], |take| {
                spools
                    .into_iter()
                    .try_for_each(|spool| spool.drain(|reject| take(table, contract_version, run_id, reject)))
            })?;
        }
        Ok(total)
    }

    fn create_folder(&self) -> Result<()> {
        match self.staged[0].parent() {
            Some(parent) => std::fs::create_dir_all(parent).doing_to("creating the folder", parent),
            None => Ok(()),
        }
    }

    /// The names under which a replay (`commit`) writes what is left of the rejects of the commit `key`.
    pub fn replacing(lake: &Path, table: &str, commit: &str, key: &str) -> Self {
        let folder = folder(lake, table);
        let staged = |extension: &str| folder.join(format!(".{commit}~{key}.{extension}.inprogress"));
        let published = |extension: &str| folder.join(format!("{key}.{extension}"));
        Self {
            staged: [staged("csv"), staged("parquet")],
            published: [published("csv"), published("parquet")],
        }
    }

    pub fn staged(&self) -> &[PathBuf; 2] {
        &self.staged
    }
}

/// Where the rejects of a commit are kept as they were before the first replay.
pub fn archive(lake: &Path, table: &str, key: &str) -> PathBuf {
    folder(lake, table).join("replayed").join(format!("{key}.parquet"))
}

/// Shows a waiting file.
pub fn publish_staged(staged: &Path) -> Result<()> {
    let name = staged.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (Some(folder), Some(inner)) =
        (staged.parent(), name.strip_prefix('.').and_then(|name| name.strip_suffix(".inprogress")))
    else {
        return Err(Error::defect("not a waiting reject file").at(staged));
    };
    let (replaces, target) = match inner.split_once('~') {
        Some((_, target)) => (true, target),
        None => (false, inner),
    };
    let shown = folder.join(target);
    if replaces && target.ends_with(".parquet") {
        // The first replay keeps what was there before it: the rows as they came.
        let kept = folder.join("replayed").join(target);
        if shown.exists() && !kept.exists() {
            let parent = folder.join("replayed");
            std::fs::create_dir_all(&parent).doing_to("creating the folder", &parent)?;
            link_or_copy(&shown, &kept)?;
        }
    }
    let is_empty = std::fs::metadata(staged).doing_to("looking at", staged)?.len() == 0;
    if is_empty {
        match std::fs::remove_file(&shown) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::new("removing the reject file failed").at(shown).caused_by(error));
            }
            _ => {}
        }
        return std::fs::remove_file(staged).doing_to("removing", staged);
    }
    std::fs::rename(staged, &shown).doing_to("showing the reject file", &shown)
}
