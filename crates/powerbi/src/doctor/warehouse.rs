//! The warehouse: whether it opens, who can read it, and which columns BI tools would misread.

use super::finding::Finding;
use crate::warehouse::{misread_columns, schema_meant, schemas_of, tables_of};
use ingot_core::error::Result;
use ingot_core::report::{bytes, counted};
use ingot_engine::EngineOptions;
use ingot_engine::duckdb::catalog_name;
use std::path::Path;

const AREA: &str = "warehouse";

/// The newest storage version that drivers in use today read.
const WIDELY_READ: (u32, u32) = (1, 2);

pub(super) fn examine(file: &Path, schema: &str) -> Vec<Finding> {
    if !file.is_file() {
        return vec![Finding::bad(
            AREA,
            format!("there is no warehouse yet: {}", file.display()),
            "run `ingot run-models`, or name the file with --warehouse",
        )];
    }
    look(file, schema).unwrap_or_else(|error| {
        vec![Finding::from_error(
            AREA,
            &error,
            "find out which program wrote the file last, or restore a copy",
        )]
    })
}

fn look(file: &Path, schema: &str) -> Result<Vec<Finding>> {
    let mut session = EngineOptions::existing_file(file).open()?.session()?;
    let catalog = catalog_name(file);
    let mut findings = Vec::new();
    let found = session.query(&format!(
        "select tags['storage_version'] from duckdb_databases() where database_name = {}",
        ingot_engine::text_literal(&catalog)
    ))?;
    let version = found.first().map(ToString::to_string).unwrap_or_default();
    let size = bytes(std::fs::metadata(file).map(|found| found.len()).unwrap_or_default());
    let since = version.trim_start_matches('v').trim_end_matches('+').to_owned();
    if major_and_minor(&since).is_some_and(|version| version <= WIDELY_READ) {
        findings.push(Finding::good(
            AREA,
            format!("{size}, storage version {version}: DuckDB and its ODBC driver open it from {since} on"),
        ));
    } else {
        findings.push(Finding::warning(
            AREA,
            format!(
                "{size}, storage version {version}: older DuckDB and ODBC drivers than {since} cannot open it"
            ),
            "let BI tools open the published file (`ingot publish`), which is in storage version v1.2.0",
        ));
    }
    let tables = tables_of(session.as_mut(), &catalog)?;
    let schemas = schemas_of(&tables);
    let schema = schema_meant(schema, &schemas).unwrap_or(schema);
    let read_by_bi: Vec<_> = tables.iter().filter(|table| table.schema == schema).collect();
    if read_by_bi.is_empty() {
        findings.push(Finding::warning(
            AREA,
            format!("there are no tables in the schema {schema}, which BI tools would read"),
            "run `ingot run-models`, or name another schema with --schema",
        ));
        return Ok(findings);
    }
    let misread = misread_columns(read_by_bi.iter().copied(), |_| true);
    let columns: usize = read_by_bi.iter().map(|table| table.columns.len()).sum();
    if misread.is_empty() {
        findings.push(Finding::good(
            AREA,
            format!(
                "BI tools read {} {} of the {} in {schema} rightly",
                if columns == 1 { "the" } else { "all" },
                counted(columns as u64, "column"),
                counted(read_by_bi.len() as u64, "table")
            ),
        ));
    }
    findings.extend(misread.into_iter().map(|line| {
        Finding::warning(
            AREA,
            line,
            "change the column in its model, or leave the table out of `ingot publish`",
        )
    }));
    Ok(findings)
}

fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::major_and_minor;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(major_and_minor("1.2.0"), Some((1, 2)));
        assert!(major_and_minor("1.10.0") > major_and_minor("1.2.0"));
        assert_eq!(major_and_minor("unknown"), None);
    }
}
