//! `ingot restated`.

use super::check::checked;
use super::exit::Exit;
use super::global::{Format, Global};
use super::run_models::Connection;
use super::why::places_of;
use ingot_core::error::{Error, Result};
use ingot_core::report::Event;
use ingot_govern::{RestatedOptions, restated};
use ingot_operate::AsOf;
use std::path::PathBuf;

/// Show which figures of a table changed between two times, and by which rows
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ingot restated --table gold.fct_reports --between 2026-11-23T18:00 --and 2026-11-25T18:00\n\n\
                  Two versions of the table in the lake are compared. Each row that differs is followed back as `ingot why` \
                  does, and the rows of raw files are named that were loaded in between and changed it: late deliveries, \
                  corrections, and rows that had been rejected."
)]
pub(super) struct Arguments {
    /// Table that the lake has a copy of, such as gold.fct_reports
    #[arg(long, short, value_name = "TABLE")]
    table: String,
    /// Older version or time in UTC
    #[arg(long, value_name = "V|TIME")]
    between: AsOf,
    /// Newer version or time in UTC
    #[arg(long, value_name = "V|TIME")]
    and: AsOf,
    /// Columns that tell its rows apart, separated by commas [default: a column without repeated values]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    key: Vec<String>,
    /// Follow back at most N rows
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Print text, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Folder of the raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(arguments.format);
    let project = global.project()?;
    let tables = ingot_operate::tables(&project.lake(), std::slice::from_ref(&arguments.table))?;
    let table = tables.first().ok_or_else(|| Error::new("the lake has no such table"))?;
    let (found, sources) = checked(&project, &arguments.connection)?;
    if found.nodes.is_empty() {
        let error = Error::new("the project cannot be read").at(project.root());
        return Err(error.hint("run `ingot check`, which says what is wrong"));
    }
    let places = places_of(&project, &arguments.connection, arguments.raw.as_ref())?;
    let options = RestatedOptions {
        between: arguments.between,
        and: arguments.and,
        key: arguments.key.clone(),
        limit: arguments.limit,
    };
    let answer = restated(table, &found, &sources, &places, &options)?;
    let line = match arguments.format {
        Format::Text => {
            let raw = places.raw.strip_prefix(project.root()).unwrap_or(&places.raw);
            answer.text(&raw.to_string_lossy())
        }
        Format::Json => format!("{:#}", answer.json()),
    };
    reporter.report(Event::Result { line });
    Ok(Exit::Success)
}
