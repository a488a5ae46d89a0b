//! What the runs that the audit trail names have measured.

use super::record::folder;
use crate::history_file;
use crate::relation::path_literal;
use crate::runs::{audited_runs, history};
use ingot_core::error::Result;
use std::collections::HashMap;
use std::path::Path;

/// A check of a table, as a run measured it.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditedMeasure {
    /// `gold.dim_customer`.
    pub table: String,
    pub check: String,
    pub column: Option<String>,
    pub failures: Option<i64>,
    /// From 0 to 1.
    pub pass_rate: f64,
}

/// Measures by the name of the run's entry in the audit trail.
///
/// # Errors
/// The history cannot be read.
pub fn audited_measures(lake: &Path) -> Result<HashMap<String, Vec<AuditedMeasure>>> {
    let mut found: HashMap<String, Vec<AuditedMeasure>> = HashMap::new();
    if audited_runs(lake)?.is_empty() || !history_file::is_there(&folder(lake)) {
        return Ok(found);
    }
    let mut reader = history(lake)?;
    let measures = reader.session.query(&format!(
        "select audit, table_name, check_name, column_name, rows_failed, pass_rate
         from read_parquet({}, union_by_name = true) as measure
         inner join (select run, audit from history where part is null and audit is not null) using (run)
         order by all",
        path_literal(&folder(lake).join("*.parquet"))
    ))?;
    for row in &measures.rows {
        let [audit, table, check, column, failures, pass_rate] = row.as_slice() else { continue };
        found.entry(audit.to_string()).or_default().push(AuditedMeasure {
            table: table.to_string(),
            check: check.to_string(),
            column: column.as_str().map(str::to_owned),
            failures: failures.as_i64(),
            pass_rate: pass_rate.as_f64().unwrap_or_default(),
        });
    }
    Ok(found)
}
