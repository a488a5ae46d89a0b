//! `ingot query`.

use super::audit::moment;
use super::exit::Exit;
use super::global::{Format, Global};
use super::places::Places;
use clap::ValueEnum;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::report::{Event, counted};
use ingot_govern::{FileForm, Query, QueryOptions};
use jiff::Timestamp;
use std::io::Write as _;
use std::path::PathBuf;

/// How many rows a table shows without `--limit`.
const SHOWN: usize = 40;

/// Ask the tables with one SELECT, as they are or as they all were at a moment
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                  ingot query \"select count(*) from gold.fct_sales\"\n  \
                  ingot query \"from gold.fct_sales\" --as-of \"2026-11-23 18:00\" --format parquet --output monday.parquet\n\n\
                  Without --as-of, tables are those of the warehouse, and those of the lake that it lacks. With it, each table \
                  is the version of its Delta table in the lake that was the newest at that moment: bronze, and tables of \
                  silver and gold that the lake has copies of. Nothing can be written, and files outside of the lake and the \
                  raw folder cannot be read.")]
pub(super) struct Arguments {
    /// One SELECT
    #[arg(value_name = "SELECT")]
    sql: String,
    /// Every table as it was at this time in UTC, such as 2026-11-23T18:00; a day is its beginning
    #[arg(long, value_name = "TIME", value_parser = moment)]
    as_of: Option<Timestamp>,
    /// Print a table, CSV, a JSON list, or write Parquet
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: QueryFormat,
    /// File for the rows [default: they are printed]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show at most N rows [default: 40 as a table, otherwise all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum QueryFormat {
    #[default]
    Table,
    Csv,
    Json,
    Parquet,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let absolute = super::run_models::absolute;
    let (lake, output) = (absolute(arguments.lake.as_deref())?, absolute(arguments.output.as_deref())?);
    let project = global.project()?;
    // Views of the warehouse name files relative to the project.
    project.enter()?;
    let options = QueryOptions {
        sql: arguments.sql.clone(),
        as_of: arguments.as_of,
        lake: lake.unwrap_or_else(|| project.lake()),
        warehouse: Some(arguments.places.find_or_usual(&project).0),
        folders: vec![project.data_raw()],
    };
    let form = match (arguments.format, &output) {
        (QueryFormat::Table, Some(file)) => {
            return Err(Error::new("a table is printed, and not written to a file")
                .at(file)
                .hint("add --format csv, json or parquet"));
        }
        (QueryFormat::Parquet, None) => {
            return Err(Error::new("Parquet cannot be printed").hint("name a file with --output"));
        }
        (QueryFormat::Table, None) => None,
        (QueryFormat::Csv, _) => Some(FileForm::Csv),
        (QueryFormat::Json, _) => Some(FileForm::Json),
        (QueryFormat::Parquet, _) => Some(FileForm::Parquet),
    };
    let reporter =
        global.reporter_for(if form.is_some() && output.is_none() { Format::Json } else { Format::Text });
    let Some(form) = form else {
        let limit = arguments.limit.unwrap_or(SHOWN);
        let mut found = Query::prepare(&options)?.limited(Some(limit + 1)).rows()?;
        let is_cut = found.rows.rows.len() > limit;
        found.rows.rows.truncate(limit);
        reporter.report(Event::Table(found.table()));
        if is_cut {
            reporter.info(format!("the first {}; --limit shows more", counted(limit as u64, "row")));
        }
        return Ok(Exit::Success);
    };
    let mut query = Query::prepare(&options)?.limited(arguments.limit);
    match output {
        Some(file) => {
            let rows = query.write_to(form, &file)?;
            reporter.info(format!("{}: {}", counted(rows, "row"), file.display()));
        }
        None => {
            let (file, _) = query.write(form)?;
            let mut rows = std::fs::File::open(&file).or_cannot_at("read the rows", &file)?;
            let mut out = std::io::stdout().lock();
            match std::io::copy(&mut rows, &mut out).and_then(|_| out.flush()) {
                // A reader that went away (`| head`) has seen what it wanted.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
                Err(error) => return Err(Error::new("cannot write to standard output").caused_by(error)),
                Ok(()) => {}
            }
        }
    }
    Ok(Exit::Success)
}
