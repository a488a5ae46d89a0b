//! What a load does for the tables that it has added to, so that nobody need think of it: where small files have become many,
//! they are joined.

use ingot_bronze::LoadSummary;
use ingot_core::error::{Kind, Result};
use ingot_core::report::Reporter;
use ingot_operate::{OptimizeOptions, Optimized, optimize, tables};
use std::collections::BTreeMap;
use std::path::Path;

/// Joins the small files of tables that a load has added to, and gives the versions that were made by it, by table. The load is
/// done already, so what keeps a table from it is a warning.
pub fn join_small_files(
    lake: &Path,
    summary: &LoadSummary,
    reporter: &dyn Reporter,
) -> BTreeMap<String, u64> {
    let mut versions = BTreeMap::new();
    for table in summary.tables.iter().filter(|table| table.accepted() > 0 && table.error.is_none()) {
        let name = format!("bronze.{}", table.table);
        match join(lake, &name) {
            Ok(Some(done)) => {
                versions.extend(done.version.map(|version| (table.table.clone(), version)));
                reporter.info(done.line());
            }
            Ok(None) => {}
            // Another load is at work, and will do the same.
            Err(error) if *error.kind() == Kind::InUse => {}
            Err(error) => reporter.warn(format!("the small files of {name} stay: {error}")),
        }
    }
    versions
}

/// Gives what was done, if there was anything to do.
fn join(lake: &Path, name: &str) -> Result<Option<Optimized>> {
    let options = OptimizeOptions::after_a_load();
    for table in tables(lake, &[name.to_owned()])? {
        let done = optimize(&table, &options)?;
        if !done.is_nothing() {
            return Ok(Some(done));
        }
    }
    Ok(None)
}
