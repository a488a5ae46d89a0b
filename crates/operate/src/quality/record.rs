//! What a run measured, in Parquet files of the lake's folder `_quality`, beside the history of runs.

use super::measure::{Measure, Thresholds};
use crate::history_file;
use ingot_core::error::Result;
use ingot_lake::arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) fn folder(lake: &Path) -> PathBuf {
    lake.join("_quality")
}

/// A run of which measures are kept.
pub(crate) struct MeasuredRun<'r> {
    /// Its name in the history of runs.
    pub(crate) id: &'r str,
    pub(crate) command: &'r str,
    pub(crate) started: Timestamp,
}

/// Keeps what a run measured; nothing if it measured nothing.
///
/// # Errors
/// The lake cannot be written.
pub(crate) fn record(lake: &Path, run: &MeasuredRun<'_>, measures: &[Measure]) -> Result<()> {
    if measures.is_empty() {
        return Ok(());
    }
    history_file::add(&folder(lake), run.id, columns(run, measures))
}

/// The columns of the view `data_quality_metrics`.
fn columns(run: &MeasuredRun<'_>, rows: &[Measure]) -> Vec<(&'static str, ArrayRef)> {
    let count = rows.len();
    let same = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; count])) };
    let texts = |of: &dyn Fn(&Measure) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let numbers = |of: &dyn Fn(&Measure) -> Option<u64>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|measure| of(measure).and_then(|number| i64::try_from(number).ok()))
                .collect::<Int64Array>(),
        )
    };
    let rates = |of: &dyn Fn(&Measure) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Float64Array>())
    };
    let moment =
        TimestampMicrosecondArray::from(vec![run.started.as_microsecond(); count]).with_timezone("UTC");
    let day = i32::try_from(run.started.as_second().div_euclid(86_400)).unwrap_or_default();
    let limits = Thresholds::default();
    vec![
        ("run", same(run.id)),
        ("command", same(run.command)),
        ("measured_at", Arc::new(moment)),
        ("check_date", Arc::new(Date32Array::from(vec![day; count]))),
        ("table_name", texts(&|measure| Some(measure.table.clone()))),
        ("check_name", texts(&|measure| Some(measure.check.clone()))),
        ("column_name", texts(&|measure| measure.column.clone())),
        ("kind", texts(&|measure| Some(measure.kind.word().to_owned()))),
        ("rows_checked", numbers(&|measure| measure.rows)),
        ("rows_failed", numbers(&|measure| measure.failures)),
        ("value", rates(&|measure| measure.value)),
        ("pass_rate", rates(&|measure| Some(measure.pass_rate))),
        ("status", texts(&|measure| Some(limits.standing(measure.pass_rate).word().to_owned()))),
    ]
}
