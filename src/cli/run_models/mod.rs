//! `ingot run-models`, `ingot metrics`, and `ingot dbt VERB` with dbt's own verbs and flags.

#[cfg(test)]
mod dbt_flags;
mod flags;
mod init;
mod logging;
mod metrics;
mod verbs;
mod without_effect;

pub(super) use metrics::{MetricsArguments, run_metrics};
pub(super) use verbs::{DbtArguments, run_dbt};

use super::exit::Exit;
use super::global::Global;
use super::recorded::recorded;
use flags::{Building, Comparison, Selection, Strictness, Testing, Unchanged, Verifying};
pub(super) use flags::{Connection, absolute};
use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use ingot_core::report::Reporter;
use ingot_models::{self, RunOptions, RunSummary, Verb};
use std::io::Write;

/// Build and test seeds, snapshots and models in dependency order
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Selection works as in dbt: names, +upstream, downstream+, tag:nightly, path:models/gold, ... \
                        A failed test stops the models that depend on the tested model."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    unchanged: Unchanged,
    #[command(flatten)]
    verifying: Verifying,
    #[command(flatten)]
    testing: Testing,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    comparison: Comparison,
    #[command(flatten)]
    strictness: Strictness,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    if project.schemas().is_dir() && !project.lake().join("bronze").is_dir() {
        return Err(Error::new("there is no bronze data yet: the folder does not exist")
            .at(project.lake().join("bronze"))
            .hint(
                "run `ingot load-bronze` first (and `ingot generate` before it, if there is no raw data)",
            ));
    }
    let mut options = RunOptions::new(Verb::Build, project.root());
    arguments.selection.apply(&mut options);
    arguments.building.apply(&mut options)?;
    arguments.unchanged.apply(&mut options);
    arguments.verifying.apply(&mut options);
    arguments.testing.apply(&mut options);
    arguments.connection.apply(&mut options)?;
    arguments.comparison.apply(&mut options)?;
    arguments.strictness.apply(&mut options)?;
    recorded("run-models", Some(project.lake()), global, |notes| {
        let (exit, summary) = execute(&options, &project, global, global.reporter())?;
        notes.add_run(&summary);
        Ok(exit)
    })
}

/// Runs, and prints what was asked for.
fn execute(
    options: &RunOptions,
    project: &Project,
    global: &Global,
    reporter: Box<dyn Reporter>,
) -> Result<(Exit, RunSummary)> {
    let options = &RunOptions { interrupt: global.interrupt(), quiet: global.is_quiet(), ..options.clone() };
    // As under dbt, paths in a project (of the database, of files that models read) are relative to its root.
    project.enter()?;
    let summary = ingot_models::run(options, reporter.as_ref())?;
    print(&summary.output, global)?;
    let exit = match summary.exit_code() {
        0 => Exit::Success,
        1 => Exit::Failed,
        _ => Exit::CouldNotRun,
    };
    Ok((exit, summary))
}

/// Writes lines that somebody asked for, and may be reading: unlike a report, they must arrive.
fn print(lines: &[String], global: &Global) -> Result<()> {
    if global.speaks_json() {
        let reporter = global.reporter();
        for line in lines {
            reporter.report(ingot_core::report::Event::Result { line: line.clone() });
        }
        return Ok(());
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
    match written {
        // A reader that went away (`| head`) has seen what it wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Error::new("cannot write to standard output").caused_by(error)),
        Ok(()) => Ok(()),
    }
}
