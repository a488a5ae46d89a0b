//! `ingot verify`.

use super::exit::Exit;
use super::global::Global;
use crate::verify::{VerifyOptions, verify};
use ingot_core::error::Result;
use ingot_generate::{Subject, subject_of_project};
use std::path::PathBuf;

/// Compare the planted defects with those that were caught
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The generator's ledger (data_raw/_ledger) is compared with the rejects of bronze and, in the retail \
                  project, with the findings of silver.\n\n\
                  Exit codes: 0 every planted defect was caught and nothing else was, 1 something was missed or is a \
                  false alarm, 2 the comparison could not run."
)]
pub(super) struct Arguments {
    /// Folder of raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// DuckDB file with the manifest and the models [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    warehouse: Option<PathBuf>,
    /// Show at most N differences
    #[arg(long, value_name = "N", default_value_t = 20)]
    show: usize,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let options = VerifyOptions {
        raw: arguments.raw.clone().unwrap_or_else(|| project.data_raw()),
        lake: arguments.lake.clone().unwrap_or_else(|| project.lake()),
        warehouse: arguments.warehouse.clone().unwrap_or_else(|| project.warehouse()),
        show: arguments.show,
        has_findings: subject_of_project(&project.schemas(), Some(&project.generate_settings()))?
            == Subject::Retail,
    };
    let summary = verify(&options, global.reporter().as_ref())?;
    Ok(Exit::failed_if(!summary.passed()))
}
