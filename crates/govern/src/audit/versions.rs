//! The newest version of each table of a lake, from the names of the files of its logs: a command that changes one table
//! must not open all of them.

use ingot_core::error::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// By label (`gold.fct_sales`).
///
/// # Errors
/// A folder of the lake cannot be listed.
pub(crate) fn newest_versions(lake: &Path) -> Result<BTreeMap<String, u64>> {
    let tables = ingot_operate::all_tables(lake)?;
    let versions = tables.iter().filter_map(|table| Some((table.label(), newest_version(&table.delta())?)));
    Ok(versions.collect())
}

/// Names of files of the log begin with the version in 20 digits
/// (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#delta-log-entries>).
fn newest_version(table: &Path) -> Option<u64> {
    let entries = std::fs::read_dir(table.join("_delta_log")).ok()?;
    let versions = entries.flatten().filter_map(|entry| {
        let name = entry.file_name();
        name.to_str()?.strip_suffix(".json").filter(|digits| digits.len() == 20)?.parse().ok()
    });
    versions.max()
}
