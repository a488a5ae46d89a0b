//! The load of what is new, from where it is to where it goes: folders or buckets.

use crate::bucket::{Shard, load_from_bucket, load_into_bucket};
use crate::feeds::{contracts_to_load, raw_files};
use crate::load::{load_files, warn_of_unknown_files};
use crate::options::LoadOptions;
use crate::summary::LoadSummary;
use ingot_core::error::Result;
use ingot_core::report::Reporter;

/// Loads what is new. Files and tables that fail do not stop the others: see [`LoadSummary::failed`].
///
/// # Errors
/// What stops the whole load before it begins: no contracts, no raw data, an unknown feed, a lake that cannot be written,
/// another loader at work, a manifest that cannot be opened.
pub fn load(options: &LoadOptions, reporter: &dyn Reporter) -> Result<LoadSummary> {
    let contracts = contracts_to_load(options, reporter)?;
    if let Some(lake) = &options.lake_bucket {
        if options.raw_bucket.is_none() {
            raw_files(&contracts, options)?;
        }
        return load_into_bucket(lake, &contracts, options, reporter);
    }
    if let Some(raw) = &options.raw_bucket {
        return load_from_bucket(raw, &contracts, options, reporter);
    }
    let mut feeds = raw_files(&contracts, options)?;
    for (_, files) in &mut feeds {
        files.retain(|file| options.shard.has(&file.relative));
    }
    if options.tables.is_empty() && options.shard == Shard::WHOLE {
        warn_of_unknown_files(&contracts, &feeds, options, reporter);
    }
    load_files(feeds, options, reporter)
}
