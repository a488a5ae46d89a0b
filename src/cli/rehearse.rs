//! `ingot rehearse`.

use super::exit::Exit;
use super::global::Global;
use clap::ValueEnum;
use ingot_core::error::Result;
use ingot_core::report::Event;
use ingot_rehearse::{RehearseOptions, rehearse};

/// Plant defects in a copy of the project and see which of them its tests notice
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Mutation testing for data. The project is copied to a temporary folder with its raw files, and known \
                  defects are planted there: every rule of every contract is broken, and beyond rules values are missing, \
                  odd, renamed or multiplied, columns are exchanged, rows and files come twice or not at all. Bronze, \
                  models and tests run in the copy; your lake and warehouse are not touched. A defect is caught if its \
                  rows are rejected, if the models list them, or if a test fails that passes without it. For each defect \
                  that survived, a test or a rule that would notice it is shown, as YAML to paste.\n\n\
                  Exit codes: 0 the score is at least --fail-under, 1 it is lower, 2 the rehearsal could not run."
)]
pub(super) struct Arguments {
    /// Rehearse this feed only; may be repeated
    #[arg(long = "table", short, value_name = "FEED")]
    tables: Vec<String>,
    /// End with exit code 1 if less than this per cent of the defects is caught
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    fail_under: u8,
    /// Another seed plants the defects in other rows
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Plant each defect in a run of its own: much slower, but nothing has to be told apart
    #[arg(long)]
    alone: bool,
    /// Print the result as tables, as one JSON document, or as Markdown for a pull request
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
    Markdown,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let options = RehearseOptions {
        project: global.project()?,
        tables: arguments.tables.clone(),
        seed: arguments.seed,
        alone: arguments.alone,
        interrupt: global.interrupt(),
    };
    let reporter = global.reporter_for(match arguments.format {
        Format::Text => super::global::Format::Text,
        Format::Json | Format::Markdown => super::global::Format::Json,
    });
    let rehearsal = rehearse(&options, reporter.as_ref())?;
    match arguments.format {
        Format::Text => {
            for test in &rehearsal.failing_before {
                reporter.warn(format!("{test} fails without any defect, so it cannot notice one"));
            }
            for (table, why) in &rehearsal.left_out {
                reporter.warn(format!("{table} is not rehearsed: {why}"));
            }
            reporter.report(Event::Table(rehearsal.table()));
            for survivor in rehearsal.survivors() {
                reporter.info(survivor);
            }
        }
        Format::Json => reporter.report(Event::Result { line: format!("{:#}", rehearsal.json()) }),
        Format::Markdown => reporter.report(Event::Result { line: rehearsal.markdown() }),
    }
    Ok(Exit::failed_if(rehearsal.score() < f64::from(arguments.fail_under)))
}
