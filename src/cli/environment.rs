//! `ingot env`.

use super::exit::Exit;
use super::global::{Format, Global};
use super::promote::tell;
use crate::environments::{promote_audited, state};
use clap::Subcommand;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::{Event, Table};
use ingot_govern::{StateChecks, add_environment, environments};
use std::time::Instant;

/// List environments of the project, or make one with a lake and a warehouse of its own
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "An environment is the folder environments/NAME. Its code is links to that of the project, its data is its own. \
                  Every command works in it with --target NAME."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print text, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
}

/// Make an environment, empty or with the state of another one
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ingot env add dev --from prod\n\n\
                  The lake of the other one is shared by reference, so that a large project costs seconds and no space; what \
                  either changes from then on, the other does not see.")]
struct Add {
    /// Name of the new environment
    name: String,
    /// Environment whose state it begins with, tested or not; the name of the profile's target means the project itself
    #[arg(long, value_name = "ENVIRONMENT")]
    from: Option<String>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    match &arguments.command {
        Some(Command::Add(add)) => run_add(add, &project, global),
        None => list(arguments.format, &project, global),
    }
}

fn list(format: Format, project: &Project, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(format);
    let found = environments(project)?;
    if format == Format::Json {
        let line = format!("{:#}", serde_json::json!({ "environments": found }));
        reporter.report(Event::Result { line });
        return Ok(Exit::Success);
    }
    if found.is_empty() {
        reporter.info("no environments; `ingot env add NAME` makes one".to_owned());
        return Ok(Exit::Success);
    }
    let row = |one: &ingot_govern::Environment| {
        let from = match (&one.from, &one.at) {
            (Some(from), Some(at)) => format!("{from}, {at}"),
            _ => String::new(),
        };
        let code = if one.is_linked { "of the project" } else { "its own" };
        let data = if one.has_data { "yes" } else { "none yet" };
        vec![one.name.clone(), code.to_owned(), data.to_owned(), from]
    };
    reporter.report(Event::Table(Table {
        title: "environments".to_owned(),
        headers: ["name", "code", "data", "state from"].map(str::to_owned).to_vec(),
        rows: found.iter().map(row).collect(),
    }));
    Ok(Exit::Success)
}

fn run_add(add: &Add, project: &Project, global: &Global) -> Result<Exit> {
    let started = Instant::now();
    let reporter = global.reporter();
    // Before anything is made: whether there is such a state.
    let from = add.from.as_ref().map(|from| state(project, from)).transpose()?;
    let environment = add_environment(project, &add.name)?;
    if let Some((from, _)) = from {
        let cloned = state(project, &add.name)
            .and_then(|(to, _)| promote_audited(&from, &to, &StateChecks::None, "env add"));
        match cloned {
            Ok(promotion) => tell("env add", &promotion, started, reporter.as_ref()),
            Err(error) => {
                // It was made a moment ago, so nothing else is in it.
                let _ = std::fs::remove_dir_all(environment.root());
                return Err(error);
            }
        }
    }
    reporter.info(format!("work in it with --target {}, such as `ingot run-models --target {0}`", add.name));
    Ok(Exit::Success)
}
