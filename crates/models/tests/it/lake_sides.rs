//! The two sides of a table's copy in the lake, Delta and Parquet, found and compared.

use crate::case::Case;
use ingot_lake::DeltaTable;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub const PROJECT: &str = "name: shop\nprofile: shop\nmodels:\n  shop:\n    +materialized: table\n    +meta: {lake_folder: lake/gold}\n";

pub fn delta(case: &Case, table: &str) -> PathBuf {
    case.folder.path().join("lake/gold/delta").join(table)
}
pub fn parquet(case: &Case, table: &str) -> PathBuf {
    case.folder.path().join("lake/gold/parquet").join(table)
}
pub fn version(case: &Case, table: &str) -> u64 {
    DeltaTable::open(&delta(case, table)).unwrap().version()
}

/// The names of the Parquet files right in a folder.
pub fn data_files(folder: &Path) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.ends_with(".parquet")).collect()
}

/// A relation over the live files of the newest version.
pub fn by_delta(case: &Case, table: &str) -> String {
    let files = DeltaTable::open(&delta(case, table)).unwrap().files().unwrap();
    let files: Vec<String> = files.iter().map(|file| format!("'{}'", file.path.display())).collect();
    format!("read_parquet([{}])", files.join(", "))
}
pub fn by_parquet(case: &Case, table: &str) -> String {
    format!("read_parquet('{}/**/*.parquet')", parquet(case, table).display())
}

/// Both sides have the rows of the warehouse's table.
#[track_caller]
pub fn equal(case: &Case, table: &str) {
    for side in [by_delta(case, table), by_parquet(case, table)] {
        for (one, other) in [(table, side.as_str()), (side.as_str(), table)] {
            let rows = case.number(&format!("select count(*) from (from {one} except all from {other})"));
            assert_eq!(rows, 0, "rows of {one} that are not in {other}");
        }
    }
}
