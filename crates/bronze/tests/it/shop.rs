//! The repository's own contracts over a raw folder of the test: a load, and what it left.

use crate::ask::ask;
use ingot_bronze::{LoadOptions, LoadSummary, TableSummary, load};
use ingot_core::report::Silent;
use std::path::Path;

pub fn options(folder: &Path) -> LoadOptions {
    LoadOptions {
        jobs: 2,
        ..LoadOptions::new(
            folder.join("raw"),
            folder.join("lake"),
            folder.join("warehouse.duckdb"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas"),
        )
    }
}

pub fn run(folder: &Path) -> LoadSummary {
    load(&options(folder), &Silent).unwrap()
}

pub fn table<'s>(summary: &'s LoadSummary, name: &str) -> &'s TableSummary {
    summary.tables.iter().find(|table| table.table == name).unwrap()
}

/// A query over the Parquet side of a bronze table, which stands for `{t}` in the text.
pub fn bronze(folder: &Path, name: &str, sql: &str) -> String {
    let files = format!(
        "read_parquet('{}/lake/bronze/parquet/{name}/**/*.parquet', hive_partitioning = true, union_by_name = true)",
        folder.display()
    );
    ask(Path::new(":memory:"), &sql.replace("{t}", &files))
}

pub fn rejects(folder: &Path, name: &str, sql: &str) -> String {
    let files = |extension: &str| format!("'{}/lake/_rejects/{name}/*.{extension}'", folder.display());
    let parquet = ask(Path::new(":memory:"), &sql.replace("{t}", &files("parquet")));
    let csv = ask(
        Path::new(":memory:"),
        &sql.replace("{t}", &format!("read_csv({}, header = true, all_varchar = true)", files("csv"))),
    );
    assert_eq!(parquet, csv, "the reject files of {name} differ");
    parquet
}
