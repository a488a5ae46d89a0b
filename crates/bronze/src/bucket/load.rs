//! The load of all feeds into a lake in a bucket.

use super::raw_listing::RawPlace;
use super::staging::Staging;
use super::table_load::load_table;
use crate::commit::{Run, loader_threads};
use crate::feeds::refuse_without_files;
use crate::load::{STAGE, feed_summary, in_threads, report};
use crate::options::LoadOptions;
use crate::summary::LoadSummary;
use ingot_contract::Contract;
use ingot_core::error::Result;
use ingot_core::report::{Event, Reporter, counted};
use ingot_lake::Bucket;
use std::time::Instant;

/// An object that says whether the store keeps what it is told to keep.
const MARKER: &str = "bronze/.conditional-puts";

/// Loads what is new. Files and tables that fail do not stop the others.
///
/// # Errors
/// What stops the whole load before it begins: a store that cannot be used, a folder for temporary files that cannot be written.
pub(crate) fn load_into_bucket(
    lake: &Bucket,
    contracts: &[Contract],
    options: &LoadOptions,
    reporter: &dyn Reporter,
) -> Result<LoadSummary> {
    let begun = Instant::now();
    if !options.dry_run {
        lake.check_conditional_puts(MARKER)?;
    }
    let staging = Staging::new()?;
    let pool = loader_threads(options.jobs)?;
    let run = Run::begin(options, reporter, &pool)?;
    let raw = match &options.raw_bucket {
        Some(bucket) => RawPlace::Bucket(bucket),
        None => RawPlace::Folder(&options.raw),
    };
    reporter.report(Event::StageStarted {
        stage: STAGE,
        detail: format!(
            "{} from {} to {}",
            counted(contracts.len() as u64, "feed"),
            options.raw.display(),
            lake.address()
        ),
    });
    let tables = in_threads(
        contracts.iter().collect(),
        |contract| &contract.name,
        |contract| {
            feed_summary(&run, contract, Vec::new(), |summary| {
                load_table(&run, lake, raw, contract, &staging, summary)
            })
        },
    );
    refuse_without_files(&tables, options)?;
    let summary = LoadSummary {
        run_id: run.stamp.id.clone(),
        tables,
        seconds: begun.elapsed().as_secs_f64(),
        dry_run: options.dry_run,
    };
    report(&summary, reporter);
    Ok(summary)
}
