//! `ingot verify`.

use super::{Exit, Global};
use crate::verify::{VerifyOptions, verify};
use ingot_core::error::Result;
use std::path::PathBuf;

/// Score the pipeline: the generator's ledger of planted defects against what was rejected and found
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 all that was planted was caught, and nothing else; 1 something was missed, or found though it was not planted; \
                  2 could not run."
)]
pub struct Arguments {
    /// The raw folder [default: data_raw in the project]
    #[arg(long, value_name = "DIR")]
    raw: Option<PathBuf>,
    /// The lake [default: lake in the project]
    #[arg(long, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// The DuckDB file of manifest and models [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    warehouse: Option<PathBuf>,
    /// How many differences to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    show: usize,
}

pub fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let options = VerifyOptions {
        raw: arguments.raw.clone().unwrap_or_else(|| project.data_raw()),
        lake: arguments.lake.clone().unwrap_or_else(|| project.lake()),
        warehouse: arguments.warehouse.clone().unwrap_or_else(|| project.warehouse()),
        show: arguments.show,
    };
    let summary = verify(&options, global.reporter().as_ref())?;
    Ok(Exit::failed_if(!summary.passed()))
}
