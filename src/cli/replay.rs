//! `ingot replay`.

use super::{Exit, Global};
use ingot_bronze::{self, LoadOptions};
use ingot_core::error::Result;
use ingot_core::report::Event;
use std::path::PathBuf;

/// Load rejected rows after all: corrected ones, or the same ones under a newer contract
#[derive(Debug, clap::Args)]
#[command(after_help = "How to correct a row:\n  \
                  1. `ingot bronze rejects --table T` shows what was rejected, and why.\n  \
                  2. Open lake/_rejects/T/<run>.csv and put the row right in its column raw_text, which is the row as it \
                  came; the column header says what its fields are. Change no other column. A spreadsheet is fine.\n  \
                  3. `ingot replay --table T`\n\n\
                  Every open reject is tried again. What is good now is loaded with its first src_filename and \
                  src_row_number, once and only once, and leaves the reject files; what is not stays in them, with its new reasons. \
                  The rows as they came are kept in lake/_rejects/T/replayed/.")]
pub struct Arguments {
    /// The feed whose rejects are tried again
    #[arg(long, short, value_name = "FEED")]
    table: String,
    /// Only rejects of this run, which is the name of their file
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Try and tell, write nothing
    #[arg(long)]
    dry_run: bool,
    /// The lake [default: lake in the project]
    #[arg(long, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// The DuckDB file that keeps the manifest [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// What is printed at the end: a table for people, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: super::Format,
}

pub fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let options = LoadOptions {
        dry_run: arguments.dry_run,
        interrupt: global.interrupt(),
        ..LoadOptions::new(
            project.data_raw(),
            arguments.lake.clone().unwrap_or_else(|| project.lake()),
            arguments.manifest.clone().unwrap_or_else(|| project.warehouse()),
            project.schemas(),
        )
    };
    let reporter = global.reporter_for(arguments.format);
    let summary =
        ingot_bronze::replay(&options, &arguments.table, arguments.run.as_deref(), reporter.as_ref())?;
    if arguments.format == super::Format::Json {
        reporter.report(Event::Result { line: format!("{:#}", summary.json()) });
    }
    Ok(Exit::failed_if(summary.rejected() > 0))
}
