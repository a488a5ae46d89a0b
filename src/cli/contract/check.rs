//! `ingot contract check`.

use crate::cli::exit::Exit;
use crate::cli::global::{Format, Global};
use clap::Args;
use ingot_bronze::{Fit, LoadOptions, RAW_DATA, fit_json, fit_table, fits};
use ingot_core::error::{Kind, Result};
use ingot_core::report::Event;
use std::path::PathBuf;

/// Check contracts against the standard, and the files and tables that are there against contracts
#[derive(Debug, Args)]
#[command(
    after_help = "Lists what of the contracts is checked and what is not. In a project, all raw files are then read, without loading them.\n\nExit code 1: a file is not a valid contract, and the error shows line and column; or rows or files would be rejected."
)]
pub(super) struct Check {
    /// Contracts to read [default: all in the project's folder schemas]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Do not read the raw files and the tables
    #[arg(long)]
    no_data: bool,
    /// Print a table, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

pub(super) fn run(arguments: &Check, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(arguments.format);
    let schemas = match arguments.files.as_slice() {
        [] => global.project()?.schemas(),
        _ => PathBuf::new(),
    };
    let found = ingot_bronze::contracts(&schemas, &arguments.files)?;
    for error in &found.errors {
        reporter.error(error);
    }
    let with_data = arguments.files.is_empty() && !arguments.no_data && found.errors.is_empty();
    let fits = if with_data { data_fits(global)? } else { Vec::new() };
    match arguments.format {
        Format::Text => {
            reporter.report(Event::Table(found.table()));
            if !fits.is_empty() {
                reporter.report(Event::Table(fit_table(&fits)));
            }
        }
        Format::Json => {
            let mut document = found.json();
            document["data"] = fit_json(&fits);
            reporter.report(Event::Result { line: format!("{document:#}") });
        }
    }
    Ok(Exit::failed_if(!found.errors.is_empty() || fits.iter().any(|fit| !fit.is_whole)))
}

/// How files and tables fit; empty if there are no files.
fn data_fits(global: &Global) -> Result<Vec<Fit>> {
    let project = global.project()?;
    if !project.data_raw().is_dir() {
        return Ok(Vec::new());
    }
    let mut options =
        LoadOptions::new(project.data_raw(), project.lake(), project.warehouse(), project.schemas());
    options.interrupt = global.interrupt();
    match fits(&options) {
        Ok(fits) => Ok(fits),
        // Without a file there is nothing to fit.
        Err(error) if matches!(error.kind(), Kind::NotFound { what: RAW_DATA, .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
