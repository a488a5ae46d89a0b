//! `ingot watch`.

use super::duration::duration;
use super::exit::Exit;
use super::global::Global;
use super::run_models::Connection;
use crate::watch::{Signals, WatchOptions, watch};
use ingot_core::error::Result;
use ingot_models::{IndirectSelection, RunOptions, Verb};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Load what lands and run what depends on it, until told to stop
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A file is taken when it was renamed into its place, or has not changed for a while (--quiet-for). \
                  SIGTERM and Ctrl-C end it after the commit in hand, SIGHUP reads contracts and models again. \
                  `ingot status --watch` shows how it is."
)]
pub(super) struct Arguments {
    /// Folder of raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// Watch this feed only; may be repeated
    #[arg(long = "table", value_name = "FEED")]
    tables: Vec<String>,
    /// Gather files for this long before they are loaded together
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    gather: Duration,
    /// How long a file must not change that was not renamed into its place
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    quiet_for: Duration,
    /// List the folder every so often instead of waiting for notices of the file system
    ///
    /// This is how folders on other machines are watched, whose file systems do not tell of files that others write.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "2s", value_parser = duration)]
    poll: Option<Duration>,
    /// Load only, and run no models
    #[arg(long, conflicts_with_all = ["select", "exclude"])]
    no_models: bool,
    /// Run only these of the models that depend on what was loaded: names, tag:live, path:models/gold, ...
    #[arg(long, short, num_args = 1.., value_name = "SELECTION")]
    select: Vec<String>,
    /// Leave out these models
    #[arg(long, num_args = 1.., value_name = "SELECTION")]
    exclude: Vec<String>,
    /// Copy models to the lake (meta: lake_folder) this often at most, because a copy looks at all rows
    #[arg(long, value_name = "TIME", default_value = "5min", value_parser = duration)]
    copies_every: Duration,
    /// End when everything that is there is loaded and run
    #[arg(long)]
    until_idle: bool,
    /// File of the metrics, in Prometheus' text format [default: target/watch/metrics.prom in the project]
    #[arg(long, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
    /// Serve the metrics at http://ADDRESS/metrics, for example 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS")]
    metrics_address: Option<SocketAddr>,
    /// Number of threads of a load [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = super::global::threads)]
    jobs: Option<usize>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let absolute = super::run_models::absolute;
    let raw = absolute(arguments.raw.as_deref())?.unwrap_or_else(|| project.data_raw());
    let lake = absolute(arguments.lake.as_deref())?.unwrap_or_else(|| project.lake());
    let metrics_file = absolute(arguments.metrics_file.as_deref())?;
    let has_models = project.root().join("dbt_project.yml").is_file() && !arguments.no_models;
    let models = match has_models {
        true => {
            let mut options = RunOptions::new(Verb::Build, project.root());
            arguments.connection.apply(&mut options)?;
            options.select.clone_from(&arguments.select);
            options.exclude.clone_from(&arguments.exclude);
            // Tests that read models which are left out, and perhaps never built, are left out with them.
            if !(arguments.select.is_empty() && arguments.exclude.is_empty()) {
                options.indirect_selection = IndirectSelection::Buildable;
            }
            Some(options)
        }
        false => None,
    };
    project.enter()?;
    let options = WatchOptions {
        project,
        raw,
        lake,
        tables: arguments.tables.clone(),
        gather: arguments.gather,
        quiet: arguments.quiet_for,
        poll: arguments.poll,
        jobs: arguments.jobs.unwrap_or(0),
        models,
        copies_every: arguments.copies_every,
        until_idle: arguments.until_idle,
        metrics_file,
        metrics_address: arguments.metrics_address,
    };
    let signals = signals(global)?;
    let reporter = global.reporter();
    reporter.info(format!("watching {}", options.raw.display()));
    let has_failed = watch(&options, &signals, reporter.as_ref())?;
    // Who stops a watch knows what failed before from its lines.
    Ok(Exit::failed_if(has_failed && options.until_idle))
}

/// What the signals of the process ask for. The second signal to stop ends it at once.
#[cfg(unix)]
fn signals(_global: &Global) -> Result<Signals> {
    use ingot_core::error::Context as _;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut caught =
        signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]).or_cannot("listen for signals")?;
    let signals = Signals::default();
    let raised = signals.clone();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in caught.forever() {
                if signal == SIGHUP {
                    raised.ask_to_reload();
                } else if raised.stop.set() {
                    std::process::exit(130);
                }
            }
        })
        .or_cannot("start a thread")?;
    Ok(signals)
}

#[cfg(not(unix))]
fn signals(global: &Global) -> Result<Signals> {
    Ok(Signals { stop: global.interrupt(), ..Signals::default() })
}
