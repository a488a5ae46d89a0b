//! Writes a lost manifest again from what the Delta logs of bronze remember.

use crate::commit::{Run, loader_threads, open_and_heal};
use crate::feeds::chosen_contracts;
use crate::options::LoadOptions;
use ingot_core::error::Result;
use ingot_core::report::Reporter;
use ingot_lake::lock_bronze;

/// Makes the manifest say of each feed what its log says. Files that failed are in no log: the next load tries them again.
/// Gives how many raw files the logs know.
///
/// # Errors
/// Another loader is at work, a log is damaged, or the manifest cannot be written.
pub fn restore_manifest(options: &LoadOptions, reporter: &dyn Reporter) -> Result<usize> {
    let _lock = lock_bronze(&options.lake)?;
    let pool = loader_threads(1)?;
    let run = Run::begin(options, reporter, &pool)?;
    let mut files = 0;
    for contract in chosen_contracts(options)? {
        files += open_and_heal(&run, &run.paths(&contract.name))?.loaded.files.len();
    }
    Ok(files)
}
