//! `ingot load-bronze`.

use super::buckets::bucket_at;
use super::effect::{Change, Effect};
use super::exit::Exit;
use super::global::Global;
use super::recorded::recorded;
use crate::run_notes::RunNotes;
use crate::upkeep::join_small_files;
use ingot_bronze::{self, FILES_PER_COMMIT, LoadOptions, Shard, is_bucket_address};
use ingot_core::error::Result;
use ingot_core::report::Event;
use std::path::PathBuf;

/// Load new raw files into bronze, checked against their contracts
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Files that are already loaded are skipped, so you can run this again at any time, even after a kill. \
                  Rejected rows are kept with their reasons: list them with `ingot bronze rejects`, correct them, \
                  and load them with `ingot replay`."
)]
pub(super) struct Arguments {
    /// Folder of raw files, or s3://BUCKET/PREFIX (az://, gs://) [default: data_raw in the project]
    #[arg(long, value_name = "DIR")]
    raw: Option<PathBuf>,
    /// Folder of the lake, or s3://BUCKET/PREFIX (az://, gs://) [default: lake in the project]
    #[arg(long, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// DuckDB file with the manifest [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Load this feed only; may be repeated
    #[arg(long = "table", short, value_name = "FEED")]
    tables: Vec<String>,
    /// Read and check everything and show why rows would be rejected, without writing anything
    #[arg(long)]
    dry_run: bool,
    /// Refuse a feed if more than this share of its new rows would be rejected, such as 5% or 0.05
    #[arg(long, value_name = "RATE", value_parser = share)]
    fail_on_reject_rate: Option<f64>,
    /// Load what can be loaded of a large file even if nearly all its rows are rejected for one reason
    #[arg(long)]
    keep_going: bool,
    /// Load the I-th of N parts of the raw files, by a hash of their paths, such as 2/8: for N loaders of one bucket
    #[arg(long, value_name = "I/N", default_value_t, hide_default_value = true)]
    shard: Shard,
    /// Commit at most N raw files at once to a lake in a bucket
    #[arg(long, value_name = "N", default_value_t = FILES_PER_COMMIT, value_parser = files_per_commit)]
    files_per_commit: usize,
    /// Number of threads [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = super::global::threads)]
    jobs: Option<usize>,
    /// Print the result as a table, or as one JSON document and nothing else
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: super::global::Format,
}

impl Arguments {
    pub(super) fn effect(&self) -> Effect {
        let command = "load-bronze".to_owned();
        // The tables of a bucket are not looked at before and after: that such a load was made is worth an entry.
        let change = match self.lake.as_deref().is_some_and(is_bucket_address) {
            true => Change { command, lake: None, only_tables: false },
            false => Change { command, lake: self.lake.clone(), only_tables: true },
        };
        Effect::Changes(change).unless(self.dry_run)
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let raw = arguments.raw.clone().unwrap_or_else(|| project.data_raw());
    let lake = arguments.lake.clone().unwrap_or_else(|| project.lake());
    let options = LoadOptions {
        raw_bucket: bucket_at(&raw)?,
        lake_bucket: bucket_at(&lake)?,
        shard: arguments.shard,
        files_per_commit: arguments.files_per_commit,
        raw,
        lake,
        manifest: arguments.manifest.clone().unwrap_or_else(|| project.warehouse()),
        seal_folder: Some(project.target()),
        schemas: project.schemas(),
        tables: arguments.tables.clone(),
        dry_run: arguments.dry_run,
        jobs: arguments.jobs.unwrap_or(0),
        most_rejects: arguments.fail_on_reject_rate,
        keep_going: arguments.keep_going,
        interrupt: global.interrupt(),
    };
    if arguments.dry_run {
        return load(arguments, &options, global, &mut RunNotes::since(jiff::Timestamp::now()));
    }
    // The history of runs is in a folder.
    let history = if options.lake_bucket.is_some() { project.lake() } else { options.lake.clone() };
    recorded("load-bronze", Some(history), global, |notes| load(arguments, &options, global, notes))
}

fn load(arguments: &Arguments, options: &LoadOptions, global: &Global, notes: &mut RunNotes) -> Result<Exit> {
    let reporter = global.reporter_for(arguments.format);
    let summary = ingot_bronze::load(options, reporter.as_ref())?;
    notes.add_load(&summary);
    if !options.dry_run && options.lake_bucket.is_none() {
        join_small_files(&options.lake, &summary, reporter.as_ref());
    }
    if arguments.format == super::global::Format::Json {
        reporter.report(Event::Result { line: format!("{:#}", summary.json()) });
    }
    Ok(Exit::failed_if(summary.failed()))
}

fn files_per_commit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        _ => Err("must be 1 to 1000000".to_owned()),
    }
}

/// A share between 0 and 1: `5%` and `0.05` are the same.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let (number, whole) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text.trim(), 1.0),
    };
    match number.parse::<f64>() {
        Ok(number) if (0.0..=whole).contains(&number) => Ok(number / whole),
        Ok(_) if whole == 1.0 => Err(format!("must be between 0 and 1, or a percentage such as {number}%")),
        _ => Err("must be a percentage such as 5%, or a share such as 0.05".to_owned()),
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
