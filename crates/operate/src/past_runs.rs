//! The newest runs with all of their parts, as values: for pages that show many of them at once.

use crate::history_file;
use crate::relation::{Reader, path_literal};
use crate::runs::folder;
use ingot_core::error::Result;
use ingot_engine::Cell;
use std::path::Path;

/// A run that has ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PastRun {
    /// `20261128T061502-3fa9c1`.
    pub id: String,
    pub command: String,
    pub arguments: String,
    /// When it began, as `2026-11-28 06:15:02` in UTC.
    pub started: String,
    /// `ok`, `failed`, `could not run`.
    pub result: String,
    pub seconds: f64,
    /// In bytes.
    pub peak_memory: Option<u64>,
    pub error: Option<String>,
    /// In the order in which they began, where that is known.
    pub parts: Vec<PastPart>,
}

/// A table that was loaded, or a node that ran.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PastPart {
    pub kind: String,
    pub name: String,
    pub status: String,
    pub rows: Option<u64>,
    pub failures: Option<u64>,
    /// Seconds from the beginning of the run; of runs of before that was measured, `None`.
    pub began: Option<f64>,
    pub seconds: f64,
    pub message: Option<String>,
}

/// The newest runs, the newest first; none where there is no history yet.
///
/// # Errors
/// The history cannot be read.
pub fn past_runs(lake: &Path, newest: usize) -> Result<Vec<PastRun>> {
    let folder = folder(lake);
    if !history_file::is_there(&folder) {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new()?;
    let all = path_literal(&folder.join("*.parquet"));
    // Files of earlier versions have no column `began`.
    let rows = reader.session.query(&format!(
        "with history as (
             select null::double as began where false
             union all by name from read_parquet({all}, union_by_name = true)
         ),
         newest as (
             select run from history where part is null order by started desc, run desc limit {newest}
         )
         select run, command, arguments, strftime(started, '%Y-%m-%d %H:%M:%S'), status, seconds, peak_memory,
                message, kind, part, rows, failures, began
         from history semi join newest using (run)
         order by history.started desc, run desc, part is not null, began nulls last, part"
    ))?;
    let mut runs: Vec<PastRun> = Vec::new();
    for row in &rows.rows {
        let text = |at: usize| match row.get(at) {
            None | Some(Cell::Null) => None,
            Some(cell) => Some(cell.to_string()),
        };
        let whole = |at: usize| match row.get(at) {
            Some(Cell::Int(number)) => u64::try_from(*number).ok(),
            _ => None,
        };
        let real = |at: usize| match row.get(at) {
            Some(Cell::Float(number)) => Some(*number),
            _ => None,
        };
        let filled = |at: usize| text(at).unwrap_or_default();
        match (text(9), runs.last_mut()) {
            (Some(name), Some(run)) => run.parts.push(PastPart {
                kind: filled(8),
                name,
                status: filled(4),
                rows: whole(10),
                failures: whole(11),
                began: real(12),
                seconds: real(5).unwrap_or_default(),
                message: text(7),
            }),
            _ => runs.push(PastRun {
                id: filled(0),
                command: filled(1),
                arguments: filled(2),
                started: filled(3),
                result: filled(4),
                seconds: real(5).unwrap_or_default(),
                peak_memory: whole(6),
                error: text(7),
                parts: Vec::new(),
            }),
        }
    }
    Ok(runs)
}
