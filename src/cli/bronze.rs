//! `ingot bronze`.

use super::buckets::{bucket_at, refuse_bucket};
use super::effect::Effect;
use super::exit::Exit;
use super::global::{Format, Global, ListFormat};
use super::recorded::recorded;
use clap::{Args, Subcommand};
use ingot_bronze::{self, LoadOptions, RejectQuery, ReloadTerms};
use ingot_core::error::Result;
use ingot_core::report::Event;
use std::path::PathBuf;

/// How many rejects a table shows without `--limit`.
const SHOWN: usize = 20;

/// Show what is loaded in bronze and what was rejected; bring back what is damaged
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Status(Status),
    Rejects(Rejects),
    Reload(Reload),
    Undo(Undo),
}

/// Read raw files again whose data files in bronze are damaged or gone
#[derive(Debug, Args)]
#[command(
    after_help = "The rows come back as they were, with the time of their first load. Nothing changes if a raw file that is needed is gone or has another content. A feed that follows a Delta table is made anew."
)]
struct Reload {
    /// Feed whose table is damaged
    #[arg(long, short, value_name = "FEED")]
    table: String,
    /// Give up rows that no raw file has any more
    #[arg(long)]
    accept_loss: bool,
    /// Make the table anew from all raw files, for example if its Delta log is damaged
    ///
    /// All rows get a new time of loading; corrections of rejects and earlier versions are lost.
    #[arg(long, conflicts_with = "accept_loss")]
    from_nothing: bool,
    /// Folder of raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
}

/// Take a delivery back: its rows leave bronze, and the file may come again corrected
#[derive(Debug, Args)]
#[command(
    after_help = "Then rebuild what was made of the rows: `ingot run-models --full-refresh`, because incremental models only add. The same content is not loaded again. `ingot lake restore` brings the rows back."
)]
struct Undo {
    /// Raw file, relative to the raw folder
    #[arg(long, value_name = "FILE")]
    file: String,
    /// Only say how many rows would leave bronze
    #[arg(long)]
    dry_run: bool,
    /// Folder of raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
}

/// Where the lake and the manifest are.
#[derive(Debug, Args)]
struct Files {
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// DuckDB file with the manifest [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Print text, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Files {
    fn options(&self, raw: Option<&PathBuf>, global: &Global) -> Result<LoadOptions> {
        let project = global.project()?;
        Ok(LoadOptions {
            seal_folder: Some(project.target()),
            ..LoadOptions::new(
                raw.cloned().unwrap_or_else(|| project.data_raw()),
                self.lake.clone().unwrap_or_else(|| project.lake()),
                self.manifest.clone().unwrap_or_else(|| project.warehouse()),
                project.schemas(),
            )
        })
    }
}

/// Show rows, files, failed files, open rejects and freshness of each table
#[derive(Debug, Args)]
struct Status {
    #[command(flatten)]
    place: Place,
    /// Print a table, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// List rejected rows that have not been replayed yet, with the reasons
#[derive(Debug, Args)]
#[command(
    after_help = "docs/reference/reject-codes.md explains the reason codes.\n`ingot replay --help` says how to correct rejected rows and load them."
)]
struct Rejects {
    #[command(flatten)]
    place: Place,
    /// Only rows with this reason code, such as NOT_A_NUMBER
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// List at most N rows [default: 20 as a table, otherwise all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print a table, one JSON document, or CSV
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ListFormat,
}

#[derive(Debug, Args)]
struct Place {
    /// Show this feed only; may be repeated
    #[arg(long = "table", short, value_name = "FEED")]
    tables: Vec<String>,
    /// Folder of the lake, or for `status` s3://BUCKET/PREFIX [default: lake in the project]
    #[arg(long, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// DuckDB file with the manifest [default: duckdb/warehouse.duckdb in the project]
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

impl Arguments {
    /// The command and its lake, if it changes something.
    fn changing(&self) -> Option<(&'static str, Option<PathBuf>)> {
        match &self.command {
            Command::Reload(reload) => Some(("bronze reload", reload.files.lake.clone())),
            Command::Undo(undo) if !undo.dry_run => Some(("bronze undo", undo.files.lake.clone())),
            Command::Status(_) | Command::Rejects(_) | Command::Undo(_) => None,
        }
    }

    pub(super) fn effect(&self) -> Effect {
        self.changing().map_or(Effect::Reads, |(name, lake)| Effect::changes_lake(name, lake))
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    match arguments.changing() {
        Some((name, lake)) => recorded(name, lake, global, |_| act(arguments, global)),
        None => act(arguments, global),
    }
}

fn act(arguments: &Arguments, global: &Global) -> Result<Exit> {
    match &arguments.command {
        Command::Status(arguments) => {
            let reporter = global.reporter_for(arguments.format);
            let options = arguments.place.options(global)?;
            if let Some(lake) = bucket_at(&options.lake)? {
                let status = ingot_bronze::bucket_status(&lake, &options, reporter.as_ref())?;
                reporter.report(match arguments.format {
                    Format::Text => Event::Table(status.table()),
                    Format::Json => Event::Result { line: format!("{:#}", status.json()) },
                });
                return Ok(Exit::Success);
            }
            let status = ingot_bronze::status(&options, reporter.as_ref())?;
            reporter.report(match arguments.format {
                Format::Text => Event::Table(status.table()),
                Format::Json => Event::Result { line: format!("{:#}", status.json()) },
            });
        }
        Command::Rejects(arguments) => {
            refuse_bucket(arguments.place.lake.as_ref())?;
            let is_text = arguments.format == ListFormat::Text;
            let reporter = global.reporter_for(arguments.format.into());
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
        Command::Reload(arguments) => {
            let reporter = global.reporter_for(arguments.files.format);
            let options = arguments.files.options(arguments.raw.as_ref(), global)?;
            let terms =
                ReloadTerms { accept_loss: arguments.accept_loss, from_nothing: arguments.from_nothing };
            let done = ingot_bronze::reload(&options, &arguments.table, terms, reporter.as_ref())?;
            match arguments.files.format {
                Format::Text => reporter.info(done.line()),
                Format::Json => reporter.report(Event::Result { line: format!("{:#}", done.json()) }),
            }
        }
        Command::Undo(arguments) => {
            let reporter = global.reporter_for(arguments.files.format);
            let options = LoadOptions {
                dry_run: arguments.dry_run,
                ..arguments.files.options(arguments.raw.as_ref(), global)?
            };
            let done = ingot_bronze::undo(&options, &arguments.file, reporter.as_ref())?;
            match arguments.files.format {
                Format::Text => reporter.info(done.line()),
                Format::Json => reporter.report(Event::Result { line: format!("{:#}", done.json()) }),
            }
        }
    }
    Ok(Exit::Success)
}
