//! What all tables of a run share.

use super::load_manifest::LoadManifest;
use super::table_paths::TablePaths;
use crate::erase::refuse_during_erasure;
use crate::options::LoadOptions;
use crate::read::Crew;
use crate::run_stamp::RunStamp;
use ingot_core::error::{Context as _, Result};
use ingot_core::report::Reporter;
use std::sync::{Arc, Mutex, PoisonError};

/// The threads that work on files.
///
/// # Errors
/// The system gives no more threads.
pub(crate) fn loader_threads(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("load-{index}"))
        .build()
        .or_cannot("start the loader's threads")
}

/// What all tables of a run share: its name and time, its settings, and what it works with.
pub(crate) struct Run<'a> {
    pub(crate) stamp: RunStamp,
    pub(crate) options: &'a LoadOptions,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) pool: &'a rayon::ThreadPool,
    /// Who of the pool's threads is at work on files.
    pub(crate) crew: Arc<Crew>,
    /// `None` for a dry run, and for a lake in a bucket, of which loaders on many machines cannot share one.
    manifest: Option<Mutex<LoadManifest>>,
}

impl<'a> Run<'a> {
    /// A run that begins now. Opens the manifest, unless it is a dry run.
    ///
    /// # Errors
    /// A manifest that cannot be opened.
    pub(crate) fn begin(
        options: &'a LoadOptions,
        reporter: &'a dyn Reporter,
        pool: &'a rayon::ThreadPool,
    ) -> Result<Self> {
        if !options.dry_run && options.lake_bucket.is_none() {
            refuse_during_erasure(&options.lake)?;
        }
        let manifest = match options.dry_run || options.lake_bucket.is_some() {
            true => None,
            false => {
                let seal_folder = options.seal_folder.as_deref();
                Some(Mutex::new(LoadManifest::open(&options.manifest, seal_folder)?))
            }
        };
        let crew = Arc::new(Crew::new(pool.current_num_threads()));
        Ok(Self { stamp: RunStamp::now(), options, reporter, pool, crew, manifest })
    }

    /// The same run as if it had begun at another time (microseconds since 1970), for rows that were loaded then. It has no
    /// manifest.
    pub(crate) fn as_of(&self, at: i64) -> Self {
        self.with_stamp(RunStamp { id: self.stamp.id.clone(), at })
    }

    /// The same run under another name and at another time. It has no manifest.
    pub(crate) fn with_stamp(&self, stamp: RunStamp) -> Self {
        Self {
            stamp,
            options: self.options,
            reporter: self.reporter,
            pool: self.pool,
            crew: Arc::new(Crew::new(self.pool.current_num_threads())),
            manifest: None,
        }
    }

    /// Does something with the manifest; nothing in a dry run.
    pub(crate) fn with_manifest(&self, act: impl FnOnce(&mut LoadManifest) -> Result<()>) -> Result<()> {
        match &self.manifest {
            Some(manifest) => act(&mut manifest.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Ok(()),
        }
    }

    pub(crate) fn paths(&self, table: &str) -> TablePaths {
        TablePaths { lake: self.options.lake.clone(), table: table.to_owned() }
    }
}
