//! `ingot bronze`.

use super::{Exit, Format, Global};
use clap::{Args, Subcommand, ValueEnum};
use ingot_bronze::{self, LoadOptions, RejectQuery};
use ingot_core::error::Result;
use ingot_core::report::Event;
use std::path::PathBuf;

/// Rejects that are shown without `--limit`.
const SHOWN: usize = 20;

/// Look at the bronze lake: what is loaded, what was rejected
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Status(Status),
    Rejects(Rejects),
}

/// What is loaded, when, from how many files, what failed, and whether it is as fresh as its contract wants it
#[derive(Debug, Args)]
struct Status {
    #[command(flatten)]
    place: Place,
    /// A table for people, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The rows that were rejected and not replayed yet, and why
#[derive(Debug, Args)]
#[command(
    after_help = "The reasons are explained in docs/reject-codes.md. How rows are corrected and loaded: `ingot replay --help`."
)]
struct Rejects {
    #[command(flatten)]
    place: Place,
    /// Only rows with this reason code, such as NOT_A_NUMBER
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// The most rows that are listed [default: 20 as a table, else all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// A table for people, one JSON document, or CSV
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ListFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    #[default]
    Text,
    Json,
    Csv,
}

#[derive(Debug, Args)]
struct Place {
    /// This feed only; may be repeated
    #[arg(long = "table", short, value_name = "FEED")]
    tables: Vec<String>,
    /// The lake [default: lake in the project]
    #[arg(long, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// The DuckDB file that keeps the manifest [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

impl Place {
    fn options(&self, global: &Global) -> Result<LoadOptions> {
        let project = global.project()?;
        Ok(LoadOptions {
            tables: self.tables.clone(),
            ..LoadOptions::new(
                project.data_raw(),
                self.lake.clone().unwrap_or_else(|| project.lake()),
                self.manifest.clone().unwrap_or_else(|| project.warehouse()),
                project.schemas(),
            )
        })
    }
}

pub fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    match &arguments.command {
        Command::Status(arguments) => {
            let reporter = global.reporter_for(arguments.format);
            let status = ingot_bronze::status(&arguments.place.options(global)?, reporter.as_ref())?;
            reporter.report(match arguments.format {
                Format::Text => Event::Table(status.table()),
                Format::Json => Event::Result { line: format!("{:#}", status.json()) },
            });
        }
        Command::Rejects(arguments) => {
            let is_text = arguments.format == ListFormat::Text;
            let reporter = global.reporter_for(if is_text { Format::Text } else { Format::Json });
            let query = RejectQuery {
                reason: arguments.reason.clone(),
                limit: arguments.limit.or(is_text.then_some(SHOWN)),
            };
            let found = ingot_bronze::open_rejects(&arguments.place.options(global)?, &query)?;
            match arguments.format {
                ListFormat::Text if found.total == 0 => reporter.info("no open rejects".to_owned()),
                ListFormat::Text => {
                    reporter.report(Event::Table(found.table()));
                    reporter.report(Event::Table(found.counts_table()));
                }
                ListFormat::Json => reporter.report(Event::Result { line: format!("{:#}", found.json()) }),
                ListFormat::Csv => reporter.report(Event::Result { line: found.csv()? }),
            }
        }
    }
    Ok(Exit::Success)
}
