//! `ingot replay`.

use super::effect::Effect;
use super::exit::Exit;
use super::global::Global;
use ingot_bronze::{self, LoadOptions};
use ingot_core::error::Result;
use ingot_core::report::Event;
use std::path::PathBuf;

/// Load rejected rows that were corrected, or that a newer contract accepts
#[derive(Debug, clap::Args)]
#[command(after_help = "How to correct a row:\n  \
                  1. `ingot bronze rejects --table T` lists the rejected rows and the reasons.\n  \
                  2. Open lake/_rejects/T/<run>.csv and correct the row in its column raw_text, which holds the row\n     \
                  as it was delivered; the column header names its fields. Change no other column.\n     \
                  A spreadsheet is fine.\n  \
                  3. `ingot replay --table T`\n\n\
                  Every open reject is tried again. A row that is valid now is loaded exactly once, with its original \
                  src_filename and src_row_number, and leaves the reject files. A row that is not stays in them, with \
                  its new reasons. The rows as they were delivered are kept in lake/_rejects/T/replayed/.")]
pub(super) struct Arguments {
    /// Feed whose rejects are tried again
    #[arg(long, short, value_name = "FEED")]
    table: String,
    /// Only rejects of this run; the run is the name of the reject file
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Show what would be loaded, without writing anything
    #[arg(long)]
    dry_run: bool,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// DuckDB file with the manifest [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Print the result as a table, or as one JSON document and nothing else
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: super::global::Format,
}

impl Arguments {
    pub(super) fn effect(&self) -> Effect {
        Effect::changes_lake("replay", self.lake.clone()).unless(self.dry_run)
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
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
    global.note(|audit| {
        audit.detail("replayed rows", summary.loaded());
        audit.detail("still rejected", summary.rejected());
    });
    if arguments.format == super::global::Format::Json {
        reporter.report(Event::Result { line: format!("{:#}", summary.json()) });
    }
    Ok(Exit::failed_if(summary.rejected() > 0))
}
