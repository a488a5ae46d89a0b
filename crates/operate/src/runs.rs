//! The history of runs: Parquet files in the lake's folder `_runs`, that any tool can query.
//!
//! A run has a row for itself (`part` is null), and one for each table that it loaded or node that it ran.

use crate::history_file;
use crate::quality::{self, Measure, MeasuredRun};
use crate::relation::{Reader, path_literal};
use crate::rows::Listing;
use ingot_core::error::{Error, Kind, Result};
use ingot_engine::{Cell, text_literal};
use ingot_lake::arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A run of a command, when it has ended.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// `load-bronze`, `run-models`, `lake optimize`.
    pub command: String,
    /// As they were typed.
    pub arguments: Vec<String>,
    pub started: Timestamp,
    pub seconds: f64,
    /// `ok`, `failed`, `could not run`.
    pub result: String,
    /// What went wrong.
    pub error: Option<String>,
    pub parts: Vec<RunPart>,
    /// What it measured of the quality of tables.
    pub measures: Vec<Measure>,
    /// The name of its entry in the audit trail, if it has one.
    pub audit: Option<String>,
}

/// A table that was loaded, or a node that ran.
#[derive(Debug, Clone, Default)]
pub struct RunPart {
    /// `table`, `model`, `test`, `snapshot`, `seed`.
    pub kind: String,
    pub name: String,
    pub status: String,
    /// Rows that were loaded, or changed by the node's main statement.
    pub rows: Option<u64>,
    /// Rows that were rejected, or that fail a test.
    pub failures: Option<u64>,
    /// Seconds from the beginning of the run to that of this part, where that was measured.
    pub began: Option<f64>,
    pub seconds: f64,
    pub message: Option<String>,
}

pub(crate) fn folder(lake: &Path) -> PathBuf {
    lake.join("_runs")
}

/// The most memory that this process has had, in bytes, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Keeps a run, and what it measured of the quality of tables. Gives the run's name.
///
/// # Errors
/// The lake cannot be written.
pub fn record_run(lake: &Path, run: &RunRecord) -> Result<String> {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let id = format!("{}-{}", run.started.strftime("%Y%m%dT%H%M%S"), &unique[..6]);
    history_file::add(&folder(lake), &id, columns(&id, run))?;
    let measured = MeasuredRun { id: &id, command: &run.command, started: run.started };
    quality::record(lake, &measured, &run.measures)?;
    Ok(id)
}

fn columns(id: &str, run: &RunRecord) -> Vec<(&'static str, ArrayRef)> {
    let count = run.parts.len() + 1;
    let same = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; count])) };
    let whole = RunPart {
        status: run.result.clone(),
        seconds: run.seconds,
        message: run.error.clone(),
        ..RunPart::default()
    };
    let rows: Vec<&RunPart> = std::iter::once(&whole).chain(&run.parts).collect();
    let texts = |of: &dyn Fn(&RunPart) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(|part| of(part)).collect::<StringArray>())
    };
    let numbers = |of: &dyn Fn(&RunPart) -> Option<u64>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|part| of(part).and_then(|number| i64::try_from(number).ok()))
                .collect::<Int64Array>(),
        )
    };
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let moment =
        TimestampMicrosecondArray::from(vec![run.started.as_microsecond(); count]).with_timezone("UTC");
    let mut memory = vec![None; count];
    memory[0] = peak_memory().and_then(|bytes| i64::try_from(bytes).ok());
    let mut audit = vec![None; count];
    audit[0] = run.audit.as_deref();
    vec![
        ("run", same(id)),
        ("command", same(&run.command)),
        ("arguments", same(&run.arguments.join(" "))),
        ("started", Arc::new(moment)),
        ("kind", texts(&|part| filled(&part.kind))),
        ("part", texts(&|part| filled(&part.name))),
        ("status", texts(&|part| Some(part.status.clone()))),
        ("rows", numbers(&|part| part.rows)),
        ("failures", numbers(&|part| part.failures)),
        ("began", Arc::new(rows.iter().map(|part| part.began).collect::<Float64Array>())),
        ("seconds", Arc::new(rows.iter().map(|part| part.seconds).collect::<Float64Array>())),
        ("peak_memory", Arc::new(Int64Array::from(memory))),
        ("message", texts(&|part| part.message.clone())),
        ("audit", Arc::new(StringArray::from(audit))),
    ]
}

/// Which view of the history is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunsView {
    /// The runs, the newest first.
    Runs,
    /// The parts of one run, what failed first, then the slowest. The beginning of the run's name is enough.
    Run(String),
    /// Tables and nodes over all runs, the slowest first: how long they take, how rows grow, how often they change between
    /// passing and failing.
    Parts,
    /// The newest run of each command.
    Last,
    /// What failed in the newest run of each command.
    Failed,
}

/// Looks into the history. At most `limit` rows.
///
/// # Errors
/// There is no history yet, or no such run.
pub fn runs(lake: &Path, view: &RunsView, limit: Option<usize>) -> Result<Listing> {
    let folder = folder(lake);
    if !history_file::is_there(&folder) {
        return Err(Error::new("there are no runs yet")
            .of_kind(Kind::NotFound { what: "history", name: "runs".to_owned() })
            .at(&folder)
            .hint("run `ingot load-bronze` or `ingot run-models`"));
    }
    let mut reader = history(lake)?;
    let limit = limit.map_or_else(String::new, |limit| format!(" limit {limit}"));
    let (title, sql) = match view {
        RunsView::Runs => (
            "runs".to_owned(),
            format!(
                "select run, strftime(started, '%Y-%m-%d %H:%M:%S') as \"started (UTC)\", command, arguments, status as result,
                        round(seconds, 2) as seconds, round(peak_memory / 1e6)::bigint as \"peak MB\",
                        (select count(*) from history as part where part.run = history.run and part.part is not null) as parts,
                        (select sum(rows)::bigint from history as part where part.run = history.run and kind <> 'test') as rows,
                        message as error
                 from history where part is null order by started desc, run desc{limit}"
            ),
        ),
        RunsView::Last => (
            "newest run of each command".to_owned(),
            format!(
                "select run, command, status as result, message as error from history where part is null
                 qualify row_number() over (partition by command order by started desc, run desc) = 1
                 order by command{limit}"
            ),
        ),
        RunsView::Failed => (
            "failed in the newest runs".to_owned(),
            format!(
                "with last as (
                     select run from history where part is null
                     qualify row_number() over (partition by command order by started desc, run desc) = 1
                 )
                 select command, kind, part, status, failures, message from history semi join last using (run)
                 where part is not null and status in ('failed', 'fail', 'error', 'runtime error', 'partial success')
                 order by command, part{limit}"
            ),
        ),
        RunsView::Run(id) => {
            let run = find(&mut reader, id)?;
            // The run itself has a line where something went wrong with it, not with one of its parts alone.
            let sql = format!(
                "select coalesce(kind, 'run') as kind, coalesce(part, trim(command || ' ' || arguments)) as part, status, rows, failures,
                        round(seconds, 3) as seconds, message
                 from history where run = {} and (part is not null or message is not null)
                 order by status in ('ok', 'success', 'pass', 'no-op'), history.part is null, seconds desc, part{limit}",
                text_literal(&run)
            );
            (format!("run {run}"), sql)
        }
        RunsView::Parts => (
            "tables and nodes over all runs".to_owned(),
            format!(
                "with ordered as (
                     select *, status not in ('ok', 'success', 'pass', 'warn', 'no-op') as is_bad,
                            lag(status not in ('ok', 'success', 'pass', 'warn', 'no-op')) over (partition by part order by started, run) as was_bad
                     from history where part is not null and status <> 'skipped'
                 )
                 select kind, part, count(*) as runs, count_if(is_bad) as failed, count_if(is_bad <> was_bad) as flips,
                        round(arg_max(seconds, started), 3) as \"last s\", round(median(seconds), 3) as \"median s\",
                        round(max(seconds), 3) as \"longest s\", arg_min(rows, started) as \"first rows\", arg_max(rows, started) as \"last rows\"
                 from ordered group by all order by \"median s\" desc, part{limit}"
            ),
        ),
    };
    Ok(Listing { title, rows: reader.session.query(&sql)? })
}

/// A session with the history as its view `history`. There must be one.
pub(crate) fn history(lake: &Path) -> Result<Reader> {
    let mut reader = Reader::new()?;
    let all = path_literal(&folder(lake).join("*.parquet"));
    reader
        .session
        .execute(&format!("create view history as from read_parquet({all}, union_by_name = true)"))?;
    Ok(reader)
}

/// A run that the audit trail has an entry of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedRun {
    pub run: String,
    pub command: String,
    /// The name of the entry.
    pub audit: String,
}

/// The runs of the history that have named their entry in the audit trail, the oldest first; none without a history.
///
/// # Errors
/// The history cannot be read.
pub fn audited_runs(lake: &Path) -> Result<Vec<AuditedRun>> {
    if !history_file::is_there(&folder(lake)) {
        return Ok(Vec::new());
    }
    let mut reader = history(lake)?;
    let columns = reader.session.query("select column_name from (describe history)")?;
    // A history of before there was a trail.
    if !columns.rows.iter().flatten().any(|name| name.as_str() == Some("audit")) {
        return Ok(Vec::new());
    }
    let found = reader.session.query(
        "select run, command, audit from history where part is null and audit is not null order by started, run",
    )?;
    let runs = found.rows.iter().filter_map(|row| {
        let [run, command, audit] = row.as_slice() else { return None };
        Some(AuditedRun { run: run.to_string(), command: command.to_string(), audit: audit.to_string() })
    });
    Ok(runs.collect())
}

/// The one run whose name begins like this.
fn find(reader: &mut Reader, id: &str) -> Result<String> {
    let found = reader.session.query(&format!(
        "select distinct run from history where starts_with(run, {}) order by run desc limit 2",
        text_literal(id)
    ))?;
    let names: Vec<String> = found.rows.iter().filter_map(|row| row.first().map(Cell::to_string)).collect();
    match names.as_slice() {
        [run] => Ok(run.clone()),
        [] => Err(Error::new(format!("there is no run '{id}'"))
            .of_kind(Kind::NotFound { what: "run", name: id.to_owned() })
            .hint("list them with `ingot runs`")),
        _ => Err(Error::new(format!("several runs begin with '{id}'"))
            .hint(format!("for example {}", names.join(", ")))),
    }
}
