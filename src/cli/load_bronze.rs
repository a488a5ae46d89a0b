//! `ingot load-bronze`.

use super::Global;
use crate::error::Result;
use crate::load_bronze::{self, LoadOptions};
use std::path::PathBuf;
use std::process::ExitCode;

/// Load raw files into the bronze lake: contracts checked, rejects kept with their reasons
#[derive(Debug, clap::Args)]
#[command(
    after_help = "What was loaded before is skipped, so it is safe to run this again at any time, also after a kill."
)]
pub struct Arguments {
    /// The raw folder [default: data_raw in the project]
    #[arg(long, value_name = "DIR")]
    raw: Option<PathBuf>,
    /// The lake [default: lake in the project]
    #[arg(long, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// The DuckDB file that keeps the manifest [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Load this feed only; may be repeated
    #[arg(long = "table", short, value_name = "FEED")]
    tables: Vec<String>,
    /// Read and check everything, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Threads [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = super::threads)]
    jobs: Option<usize>,
}

pub fn run(arguments: &Arguments, global: &Global) -> Result<ExitCode> {
    let project = global.project()?;
    let options = LoadOptions {
        raw: arguments.raw.clone().unwrap_or_else(|| project.data_raw()),
        lake: arguments.lake.clone().unwrap_or_else(|| project.lake()),
        manifest: arguments.manifest.clone().unwrap_or_else(|| project.warehouse()),
        schemas: project.schemas(),
        tables: arguments.tables.clone(),
        dry_run: arguments.dry_run,
        jobs: arguments.jobs.unwrap_or(0),
    };
    let summary = load_bronze::load(&options, global.reporter().as_ref())?;
    Ok(if summary.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
