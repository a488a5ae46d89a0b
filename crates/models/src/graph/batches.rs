//! Incremental models whose time is cut into batches: their config, and which batches a run computes.

use crate::graph::batch::Batch;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::text;
use ingot_core::error::{Error, Result};
use jiff::civil::DateTime;
use jiff::{Span, ToSpan};
use serde_json::Value as Json;

/// `batch_size` of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchSize {
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
    pub(crate) fn name(self, start: DateTime) -> String {
        let format = match self {
            Self::Year => "%Y",
            Self::Month => "%Y-%m",
            Self::Day => "%Y-%m-%d",
            Self::Hour => "%Y-%m-%dT%H",
        };
        start.strftime(format).to_string()
    }
}

/// Whether the node's strategy cuts time into batches.
pub(crate) fn is_microbatch(node: &Node) -> bool {
    node.resource_type() == ResourceType::Model
        && node.materialized() == "incremental"
        && text(&node.config, "incremental_strategy").as_deref() == Some("microbatch")
}

pub(crate) struct Settings {
    pub size: BatchSize,
    begin: DateTime,
    lookback: i64,
}

/// The config of a microbatch model.
///
/// # Errors
/// A key is missing or not understood.
pub(crate) fn settings(node: &Node) -> Result<Settings> {
    let wrong = |what: &str, hint: &str| {
        Error::new(format!("the microbatch model '{}' {what}", node.name))
            .at(&node.original_file_path)
            .hint(hint)
    };
    let needed = |article: &str, key: &str, hint: &str| {
        text(&node.config, key).ok_or_else(|| wrong(&format!("must provide {article} '{key}' config"), hint))
    };
    needed("an", "event_time", "name its column of time: config(event_time='created_at')")?;
    let begin = needed("a", "begin", "say where its time begins: config(begin='2024-01-01')")?;
    let size = needed("a", "batch_size", "say how long a batch is: config(batch_size='day')")?;
    let size = BatchSize::named(&size).ok_or_else(|| {
        wrong(&format!("has the batch_size '{size}'"), "batch sizes: hour, day, month, year")
    })?;
    let begin = parse_time(&begin).ok_or_else(|| {
        wrong(&format!("begins at '{begin}', which is not a date or time"), "write begin='2024-01-01'")
    })?;
    let lookback = node.config.get("lookback").and_then(Json::as_i64).unwrap_or(1);
    Ok(Settings { size, begin, lookback })
}

/// The first batch of a microbatch model: what templates may ask of a batch where none is computed.
///
/// # Errors
/// A key of its config is missing or not understood.
pub(crate) fn first(node: &Node) -> Result<Batch> {
    let Settings { size, begin, .. } = settings(node)?;
    let (start, name) = (size.floor(begin), size.name(begin));
    Ok(Batch { id: name.replace('-', ""), name, start, end: size.offset(begin, 1)?, incremental: false })
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
pub(crate) fn batches(
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
