//! Open rejects by table, reason and day. Their text is not among it: it holds whole rows.

use super::warehouse::{count, text};
use ingot_core::error::Result;
use ingot_engine::{Session, text_literal};
use serde::Serialize;
use std::path::Path;

/// The open rejects.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct RejectFacts {
    pub(crate) total: u64,
    pub(crate) reasons: Vec<RejectReason>,
    pub(crate) days: Vec<RejectDay>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct RejectReason {
    pub(crate) table: String,
    pub(crate) page: String,
    pub(crate) code: String,
    pub(crate) column: String,
    pub(crate) rows: u64,
    pub(crate) files: u64,
    /// Of the reason with the most rows, in percent.
    pub(crate) share: f64,
}

/// Rejects of a table on the day (UTC) on which they were loaded.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RejectDay {
    pub(crate) day: String,
    pub(crate) table: String,
    pub(crate) rows: u64,
    pub(crate) share: f64,
}

/// Counts them. `page_of` gives the page of a bronze table.
///
/// # Errors
/// A reject file cannot be read.
pub(super) fn of(
    lake: &Path,
    session: &mut dyn Session,
    page_of: &dyn Fn(&str) -> String,
) -> Result<RejectFacts> {
    let folder = lake.join("_rejects");
    if !has_files(&folder) {
        return Ok(RejectFacts::default());
    }
    let files = text_literal(&folder.join("*").join("*.parquet").to_string_lossy());
    session.execute(&format!(
        "create or replace temp view open_rejects as
         select table_name, file, row_number, run_id, reasons from read_parquet({files}, union_by_name = true)"
    ))?;
    let reasons = session.query(
        "select table_name, reason.code, coalesce(reason.column, ''), count(distinct (file, row_number)), count(distinct file)
         from (select *, unnest(from_json(reasons, '[{\"code\": \"VARCHAR\", \"column\": \"VARCHAR\"}]')) as reason from open_rejects)
         group by all order by 4 desc, 1, 2, 3",
    )?;
    let days = session.query(
        "select strftime(strptime(run_id[1:8], '%Y%m%d'), '%Y-%m-%d'), table_name, count(*)
         from open_rejects group by all order by 1 desc, 3 desc, 2",
    )?;
    let total = session.query("select count(*) from open_rejects")?.first().map(count).unwrap_or_default();
    let most = |rows: &ingot_engine::Rows, at: usize| {
        rows.rows.iter().filter_map(|row| row.get(at)).map(count).max().unwrap_or(1).max(1) as f64
    };
    let (of_reasons, of_days) = (most(&reasons, 3), most(&days, 2));
    let reasons = reasons.rows.iter().filter_map(|row| {
        let [table, code, column, rows, files] = row.as_slice() else { return None };
        Some(RejectReason {
            page: page_of(&text(table)),
            table: text(table),
            code: text(code),
            column: text(column),
            rows: count(rows),
            files: count(files),
            share: count(rows) as f64 / of_reasons * 100.0,
        })
    });
    let days = days.rows.iter().filter_map(|row| {
        let [day, table, rows] = row.as_slice() else { return None };
        let share = count(rows) as f64 / of_days * 100.0;
        Some(RejectDay { day: text(day), table: text(table), rows: count(rows), share })
    });
    Ok(RejectFacts { total, reasons: reasons.collect(), days: days.collect() })
}

/// Whether a folder below has a reject file.
fn has_files(folder: &Path) -> bool {
    let list = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    list(folder).any(|table| {
        list(&table.path()).any(|file| file.path().extension().is_some_and(|kind| kind == "parquet"))
    })
}
