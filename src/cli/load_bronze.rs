//! `ingot load-bronze`.

use super::{Exit, Global};
use ingot_bronze::{self, LoadOptions};
use ingot_core::error::Result;
use ingot_core::report::Event;
use std::path::PathBuf;

/// Load raw files into the bronze lake: contracts checked, rejects kept with their reasons
#[derive(Debug, clap::Args)]
#[command(
    after_help = "What was loaded before is skipped, so it is safe to run this again at any time, also after a kill.\n\
                  What was rejected, and why: `ingot bronze rejects`. Corrected rows are loaded with `ingot replay`."
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
    /// Read and check everything, show why rows would be rejected, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Load nothing of a feed of whose new rows more than this share would be rejected: 5% or 0.05
    #[arg(long, value_name = "RATE", value_parser = share)]
    fail_on_reject_rate: Option<f64>,
    /// Threads [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = super::threads)]
    jobs: Option<usize>,
    /// What is printed at the end: a table for people, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: super::Format,
}

pub fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let options = LoadOptions {
        raw: arguments.raw.clone().unwrap_or_else(|| project.data_raw()),
        lake: arguments.lake.clone().unwrap_or_else(|| project.lake()),
        manifest: arguments.manifest.clone().unwrap_or_else(|| project.warehouse()),
        schemas: project.schemas(),
        tables: arguments.tables.clone(),
        dry_run: arguments.dry_run,
        jobs: arguments.jobs.unwrap_or(0),
        most_rejects: arguments.fail_on_reject_rate,
        interrupt: global.interrupt(),
    };
    let reporter = global.reporter_for(arguments.format);
    let summary = ingot_bronze::load(&options, reporter.as_ref())?;
    if arguments.format == super::Format::Json {
        reporter.report(Event::Result { line: format!("{:#}", summary.json()) });
    }
    Ok(Exit::failed_if(summary.failed()))
}

/// `5%` and `0.05` are the same.
fn share(text: &str) -> Result<f64, String> {
    let (number, whole) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text.trim(), 1.0),
    };
    match number.parse::<f64>() {
        Ok(number) if (0.0..=whole).contains(&number) => Ok(number / whole),
        Ok(_) if whole == 1.0 => Err(format!("take 0 to 1, or a percentage such as {number}%")),
        _ => Err("take a percentage such as 5%, or a share such as 0.05".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_rate_is_a_percentage_or_a_share() {
        assert_eq!((share("5%"), share("0.05"), share("0")), (Ok(0.05), Ok(0.05), Ok(0.0)));
        for wrong in ["5", "-1%", "101%", "", "many", "NaN"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
