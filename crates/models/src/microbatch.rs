//! Incremental models whose time is cut into batches, each computed and replaced by itself.

use super::context::{RunShared, Shared};
use super::materialize;
use super::nodes::{Batch, Node, ResourceType};
use super::relation::Relation;
use super::results::{BatchResults, NodeResult, Status};
use super::yaml_values::text;
use ingot_core::error::{Error, Result};
use ingot_core::report::Level;
use ingot_engine::Session;
use jiff::civil::DateTime;
use jiff::{Span, ToSpan};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

/// `batch_size` of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchSize {
    Hour,
    Day,
    Month,
    Year,
}

impl BatchSize {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }
    fn span(self, count: i64) -> Span {
        match self {
            Self::Hour => count.hours(),
            Self::Day => count.days(),
            Self::Month => count.months(),
            Self::Year => count.years(),
        }
    }
    /// The start of the batch that holds `time`.
    fn floor(self, time: DateTime) -> DateTime {
        let (date, hour) = (time.date(), if self == Self::Hour { time.hour() } else { 0 });
        let (month, day) = match self {
            Self::Year => (1, 1),
            Self::Month => (date.month(), 1),
            _ => (date.month(), date.day()),
        };
        DateTime::new(date.year(), month, day, hour, 0, 0, 0).unwrap_or(time)
    }
    fn offset(self, time: DateTime, count: i64) -> Result<DateTime> {
        self.floor(time)
            .checked_add(self.span(count))
            .map_err(|error| Error::new("the batches leave the calendar").caused_by(error))
    }
    fn ceiling(self, time: DateTime) -> Result<DateTime> {
        if self.floor(time) == time { Ok(time) } else { self.offset(time, 1) }
    }
    /// A batch's name, and what its compiled file ends in.
    fn name(self, start: DateTime) -> String {
        let format = match self {
            Self::Year => "%Y",
            Self::Month => "%Y-%m",
            Self::Day => "%Y-%m-%d",
            Self::Hour => "%Y-%m-%dT%H",
        };
        start.strftime(format).to_string()
    }
}

/// Whether the node is computed batch by batch.
pub fn is_microbatch(node: &Node) -> bool {
    node.resource_type == ResourceType::Model
        && node.materialized() == "incremental"
        && text(&node.config, "incremental_strategy").as_deref() == Some("microbatch")
}

/// What a microbatch model must say.
///
/// # Errors
/// `event_time`, `begin` or `batch_size` are missing or not understood.
pub fn check(node: &Node) -> Result<()> {
    if is_microbatch(node) { settings(node).map(drop) } else { Ok(()) }
}

struct Settings {
    size: BatchSize,
    begin: DateTime,
    lookback: i64,
}

fn settings(node: &Node) -> Result<Settings> {
    let wrong = |what: &str, hint: &str| {
        Error::new(format!("the microbatch model '{}' {what}", node.name))
            .at(&node.original_file_path)
            .hint(hint)
    };
    let needed = |key: &str, hint: &str| {
        text(&node.config, key).ok_or_else(|| wrong(&format!("has no config '{key}'"), hint))
    };
    needed("event_time", "name its column of time: config(event_time='created_at')")?;
    let begin = needed("begin", "say where its time begins: config(begin='2024-01-01')")?;
    let size = needed("batch_size", "say how long a batch is: config(batch_size='day')")?;
    let size = BatchSize::named(&size).ok_or_else(|| {
        wrong(&format!("has the batch_size '{size}'"), "batch sizes: hour, day, month, year")
    })?;
    let begin = parse_time(&begin).ok_or_else(|| {
        wrong(&format!("begins at '{begin}', which is no time"), "write begin='2024-01-01'")
    })?;
    let lookback = node.config.get("lookback").and_then(Json::as_i64).unwrap_or(1);
    Ok(Settings { size, begin, lookback })
}

/// A date, a time, or a moment with its offset, in UTC.
pub fn parse_time(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(jiff::tz::TimeZone::UTC.to_datetime(moment));
    }
    text.parse::<DateTime>().ok().or_else(|| text.parse::<jiff::civil::Date>().ok().map(DateTime::from))
}

/// The batches between two times: those of the table's lookback, or all since `begin`.
fn batches(
    settings: &Settings,
    is_incremental: bool,
    wanted: (Option<DateTime>, Option<DateTime>),
    now: DateTime,
) -> Result<Vec<(DateTime, DateTime)>> {
    let size = settings.size;
    let end = size.ceiling(wanted.1.unwrap_or(now))?;
    let start = match wanted.0 {
        Some(start) => size.floor(start),
        None if !is_incremental => size.floor(settings.begin),
        // The end is where a batch ends, so the batch before it is one back.
        None => size.offset(end, -(settings.lookback + 1))?,
    };
    let mut out = Vec::new();
    let mut from = start;
    loop {
        let to = size.offset(from, 1)?;
        if to >= end {
            out.push((from, end));
            return Ok(out);
        }
        out.push((from, to));
        from = to;
    }
}

/// Computes the model's batches, one after the other.
pub fn run(
    shared: &Arc<Shared>,
    run: &Arc<RunShared>,
    node: &Arc<Node>,
    session: Box<dyn Session>,
) -> (NodeResult, Option<Box<dyn Session>>) {
    let is_incremental = is_incremental(shared, run, node);
    let before = shared.retry_batches.get(&node.unique_id);
    let planned = settings(node).and_then(|settings| {
        let now = jiff::tz::TimeZone::UTC.to_datetime(shared.started);
        let planned = match before {
            Some(before) => before
                .failed
                .iter()
                .filter_map(|(start, end)| Some((parse_time(start)?, parse_time(end)?)))
                .collect(),
            None => batches(&settings, is_incremental, shared.event_time, now)?,
        };
        Ok((settings.size, planned))
    });
    let (size, planned) = match planned {
        Ok(planned) => planned,
        Err(error) => return (materialize::failed(node, &error), Some(session)),
    };
    let mut results = BatchResults {
        successful: before.map(|before| before.successful.clone()).unwrap_or_default(),
        failed: Vec::new(),
    };
    let mut total: Option<NodeResult> = None;
    let mut session = Some(session);
    let count = planned.len();
    let mut skip = false;
    for (index, (start, end)) in planned.into_iter().enumerate() {
        let pair = (Batch::iso(start), Batch::iso(end));
        let name = size.name(start);
        let own = session.take().filter(|_| !skip && !shared.interrupt.is_set());
        let Some(own) = own else {
            results.failed.push(pair);
            continue;
        };
        let mut part = (**node).clone();
        part.batch = Some(Batch {
            id: name.replace('-', ""),
            name: name.clone(),
            start,
            end,
            incremental: index > 0 || is_incremental,
        });
        // Hooks run once: before the first batch and after the last.
        for (key, applies) in [("pre-hook", index == 0), ("post-hook", index + 1 == count)] {
            if !applies {
                Arc::make_mut(&mut part.config).insert(key.to_owned(), json!([]));
            }
        }
        let (result, back) = materialize::one(shared, run, &Arc::new(part), own, false);
        session = back;
        let good = result.status == Status::Success;
        shared.say(
            if good { Level::Info } else { Level::Error },
            format!(
                "batch {name} ({} of {count}) of {}: {}",
                index + 1,
                node.name,
                if good { format!("{} rows", result.rows_affected) } else { result.message.clone() }
            ),
        );
        if good {
            results.successful.push(pair)
        } else {
            results.failed.push(pair)
        }
        // Without its first batch there is no table for the others.
        skip |= !good && index == 0;
        total = Some(joined(total, result));
    }
    let Some(mut total) = total else {
        let error = Error::new("the run was stopped before the first batch");
        return (materialize::failed(node, &error), session);
    };
    let (good, bad) = (results.successful.len(), results.failed.len());
    total.status = match (good, bad) {
        (_, 0) => Status::Success,
        (0, _) => Status::Error,
        _ => Status::PartialSuccess,
    };
    if bad > 0 {
        total.message =
            format!("{bad} of {} batches failed; the first of them: {}", good + bad, total.message);
    }
    // As under dbt, the answers and the SQL are those of the batches, not of the model.
    if bad == 0 {
        total.message = "SUCCESS".to_owned();
    }
    total.response = Default::default();
    total.compiled_code = None;
    total.failures = Some(0);
    total.batch_results = Some(results);
    (total, session)
}

/// Adds up times and rows; the first failure's words stay.
fn joined(total: Option<NodeResult>, result: NodeResult) -> NodeResult {
    let Some(total) = total else { return result };
    let (first, elapsed): (bool, Duration) =
        (total.status != Status::Success, total.elapsed + result.elapsed);
    let told =
        if first { (total.message, total.hint) } else { (result.message.clone(), result.hint.clone()) };
    NodeResult {
        status: if first { total.status } else { result.status },
        message: told.0,
        hint: told.1,
        started: total.started,
        elapsed,
        rows_affected: total.rows_affected + result.rows_affected,
        ..result
    }
}

/// Whether there is a table to which batches are added.
fn is_incremental(shared: &Shared, run: &RunShared, node: &Node) -> bool {
    let wanted = Relation::new(Some(&node.database), Some(&node.schema), Some(&node.alias));
    let full_refresh = node.config.get("full_refresh").and_then(Json::as_bool).unwrap_or(shared.full_refresh);
    !full_refresh && run.cache.get(&wanted).is_some_and(|relation| relation.is("table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime {
        parse_time(text).unwrap()
    }
    fn names(size: BatchSize, lookback: i64, incremental: bool, now: &str) -> Vec<String> {
        let settings = Settings { size, begin: time("2024-01-01"), lookback };
        let found = batches(&settings, incremental, (None, None), time(now)).unwrap();
        found.iter().map(|(start, _)| size.name(*start)).collect()
    }

    #[test]
    fn the_first_run_takes_all_and_later_ones_look_back() {
        assert_eq!(
            names(BatchSize::Day, 1, false, "2024-01-03T05:00:00"),
            ["2024-01-01", "2024-01-02", "2024-01-03"]
        );
        assert_eq!(names(BatchSize::Day, 1, true, "2024-03-03T05:00:00"), ["2024-03-02", "2024-03-03"]);
        assert_eq!(names(BatchSize::Month, 0, true, "2024-03-31T05:00:00"), ["2024-03"]);
        assert_eq!(
            names(BatchSize::Hour, 2, true, "2024-03-03T00:10:00"),
            ["2024-03-02T22", "2024-03-02T23", "2024-03-03T00"]
        );
        assert_eq!(names(BatchSize::Year, 1, false, "2025-01-01"), ["2024"]);
    }

    #[test]
    fn given_times_are_widened_to_whole_batches() {
        let settings = Settings { size: BatchSize::Day, begin: time("2020-01-01"), lookback: 1 };
        let wanted = (Some(time("2024-01-01T10:00:00")), Some(time("2024-01-02T10:00:00Z")));
        let found = batches(&settings, true, wanted, time("2024-06-01")).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], (time("2024-01-02"), time("2024-01-03")));
    }
}
