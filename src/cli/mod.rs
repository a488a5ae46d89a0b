//! The command line: clap structs, one file a subcommand, and no logic. Each turns its arguments into a
//! plain call of the library and its result into an exit code.

use clap::{CommandFactory, Parser, Subcommand};
use ingot_core::error::Result;
use std::process::ExitCode;

mod as_dbt;
mod audit;
mod audited;
mod bronze;
mod buckets;
mod check;
mod contract;
mod demo;
mod docs;
mod doctor;
mod domain;
mod duration;
mod effect;
mod environment;
mod erase;
mod exit;
mod generate;
mod global;
mod groups;
mod init;
mod lake;
mod lineage;
mod listen;
mod load_bronze;
mod mcp;
mod places;
mod powerbi;
mod promote;
mod publish;
mod quality;
mod query;
mod questions;
mod recorded;
mod rehearse;
mod replay;
mod restated;
mod retain;
mod run_models;
mod runs;
mod schema;
mod shell;
mod status;
mod ui;
mod verify;
mod watch;
mod why;

use effect::Effect;
use exit::Exit;
use global::Global;

/// Raw files in; a tested bronze, silver and gold warehouse out.
#[derive(Debug, Parser)]
#[command(
    name = "ingot",
    version,
    // As of dbt's flags, the last of several holds.
    args_override_self = true,
    max_term_width = 110,
    help_template = groups::help_template(&Command::augment_subcommands(clap::Command::new("ingot"))),
    after_help = "Start with:\n  ingot demo                     the whole pipeline on generated data, in ./ingot-demo\n  \
                  ingot init DIR --from FILES    a project of your own data\n\n\
                  `ingot COMMAND --help` describes a command.\n\
                  Exit codes: 0 everything succeeded, 1 something failed, 2 the command could not run."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Demo(demo::Arguments),
    Generate(generate::Arguments),
    Contract(contract::Arguments),
    LoadBronze(load_bronze::Arguments),
    Replay(replay::Arguments),
    Watch(Box<watch::Arguments>),
    Listen(Box<listen::Arguments>),
    Bronze(bronze::Arguments),
    Lake(lake::Arguments),
    Runs(runs::Arguments),
    Quality(quality::Arguments),
    Status(status::Arguments),
    Check(check::Arguments),
    Lineage(lineage::Arguments),
    Why(why::Arguments),
    Docs(docs::Arguments),
    Ui(ui::Arguments),
    Mcp(mcp::Arguments),
    RunModels(Box<run_models::Arguments>),
    Dbt(Box<run_models::DbtArguments>),
    Metrics(Box<run_models::MetricsArguments>),
    Powerbi(powerbi::Arguments),
    Verify(verify::Arguments),
    Rehearse(rehearse::Arguments),
    Publish(publish::Arguments),
    Promote(promote::Arguments),
    Env(environment::Arguments),
    Domain(domain::Arguments),
    Query(query::Arguments),
    Restated(restated::Arguments),
    Audit(audit::Arguments),
    Erase(Box<erase::Arguments>),
    Retain(retain::Arguments),
    Doctor(doctor::Arguments),
    Schema(schema::Arguments),
    Completions(shell::CompletionsArguments),
    Man(shell::ManArguments),
}

/// The command line as data: for its completions, its man pages and docs/reference/cli.md.
pub fn command() -> clap::Command {
    Cli::command()
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(as_dbt::arguments(std::env::args_os(), |name| std::env::var(name).ok()));
    let outcome = audited::audited(cli.command.effect(), &cli.global, || cli.command.run(&cli.global));
    let exit = outcome.unwrap_or_else(|error| {
        cli.global.reporter().error(&error);
        Exit::from(&error)
    });
    exit.into()
}

impl Command {
    /// What it changes. A command that is not here does not compile, so none is missing in the audit trail.
    fn effect(&self) -> Effect {
        match self {
            Self::Init(_) => Effect::Begins,
            Self::Demo(_) | Self::Watch(_) => Effect::KeepsItsOwn,
            Self::Generate(arguments) => arguments.effect(),
            Self::Contract(arguments) => arguments.effect(),
            Self::LoadBronze(arguments) => arguments.effect(),
            Self::Replay(arguments) => arguments.effect(),
            Self::Listen(_) => Effect::changes("listen"),
            Self::Bronze(arguments) => arguments.effect(),
            Self::Lake(arguments) => arguments.effect(),
            Self::RunModels(_) => Effect::changes("run-models"),
            Self::Dbt(arguments) => arguments.effect(),
            Self::Powerbi(arguments) => arguments.effect(),
            Self::Publish(_) => Effect::changes("publish"),
            Self::Domain(arguments) => arguments.effect(),
            // The entry is in the trail of the environment that is changed.
            Self::Promote(_) | Self::Env(_) => Effect::KeepsItsOwn,
            Self::Erase(arguments) => arguments.effect(),
            Self::Retain(arguments) => arguments.effect(),
            // What `ingot ui` corrects is done by `ingot replay`, which has an entry of its own.
            Self::Ui(_) => Effect::Reads,
            // What an agent changes is done by other commands, which have entries of their own.
            Self::Mcp(_) => Effect::Reads,
            Self::Runs(_) | Self::Quality(_) | Self::Status(_) | Self::Check(_) | Self::Lineage(_) => {
                Effect::Reads
            }
            Self::Query(_) | Self::Restated(_) => Effect::Reads,
            Self::Why(_) | Self::Docs(_) | Self::Metrics(_) | Self::Verify(_) | Self::Audit(_) => {
                Effect::Reads
            }
            // It works on a copy of the project.
            Self::Rehearse(_) => Effect::Reads,
            Self::Doctor(_) | Self::Schema(_) | Self::Completions(_) | Self::Man(_) => Effect::Reads,
        }
    }

    fn run(&self, global: &Global) -> Result<Exit> {
        match self {
            Self::Init(arguments) => init::run(arguments, global),
            Self::Demo(arguments) => demo::run(arguments, global),
            Self::Generate(arguments) => generate::run(arguments, global),
            Self::Contract(arguments) => contract::run(arguments, global),
            Self::LoadBronze(arguments) => load_bronze::run(arguments, global),
            Self::Replay(arguments) => replay::run(arguments, global),
            Self::Watch(arguments) => watch::run(arguments, global),
            Self::Listen(arguments) => listen::run(arguments, global),
            Self::Bronze(arguments) => bronze::run(arguments, global),
            Self::Lake(arguments) => lake::run(arguments, global),
            Self::Runs(arguments) => runs::run(arguments, global),
            Self::Quality(arguments) => quality::run(arguments, global),
            Self::Status(arguments) => status::run(arguments, global),
            Self::Check(arguments) => check::run(arguments, global),
            Self::Lineage(arguments) => lineage::run(arguments, global),
            Self::Why(arguments) => why::run(arguments, global),
            Self::Docs(arguments) => docs::run(arguments, global),
            Self::Ui(arguments) => ui::run(arguments, global),
            Self::Mcp(arguments) => mcp::run(arguments, global),
            Self::RunModels(arguments) => run_models::run(arguments, global),
            Self::Dbt(arguments) => run_models::run_dbt(arguments, global),
            Self::Metrics(arguments) => run_models::run_metrics(arguments, global),
            Self::Powerbi(arguments) => powerbi::run(arguments, global),
            Self::Verify(arguments) => verify::run(arguments, global),
            Self::Rehearse(arguments) => rehearse::run(arguments, global),
            Self::Publish(arguments) => publish::run(arguments, global),
            Self::Promote(arguments) => promote::run(arguments, global),
            Self::Env(arguments) => environment::run(arguments, global),
            Self::Domain(arguments) => domain::run(arguments, global),
            Self::Query(arguments) => query::run(arguments, global),
            Self::Restated(arguments) => restated::run(arguments, global),
            Self::Audit(arguments) => audit::run(arguments, global),
            Self::Erase(arguments) => erase::run(arguments, global),
            Self::Retain(arguments) => retain::run(arguments, global),
            Self::Doctor(arguments) => doctor::run(arguments, global),
            Self::Schema(arguments) => schema::run(arguments, global),
            Self::Completions(arguments) => shell::completions(arguments, command()),
            Self::Man(arguments) => shell::man(arguments, command(), global),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::command;
    use super::groups::GROUPS;

    #[test]
    fn every_command_is_in_one_group() {
        let command = command();
        let mut commands: Vec<&str> =
            command.get_subcommands().filter(|one| !one.is_hide_set()).map(clap::Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        commands.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, commands, "give each command its group in src/cli/groups.rs");
    }

    /// Clap breaks lines where the terminal ends. Lines that are broken by hand as well leave lines of one word.
    #[test]
    fn no_paragraph_of_a_help_text_is_broken_by_hand() {
        fn texts(command: &clap::Command, found: &mut Vec<(String, String)>) {
            let name = command.get_name().to_owned();
            found.extend(command.get_after_help().map(|text| (name, text.to_string())));
            command.get_subcommands().for_each(|one| texts(one, found));
        }
        let mut found = Vec::new();
        texts(&command(), &mut found);
        let mut broken = Vec::new();
        for (name, text) in &found {
            let lines: Vec<&str> = text.lines().collect();
            for pair in lines.windows(2) {
                let next = pair[1].split(' ').next().unwrap_or_default();
                let is_prose = !next.is_empty() && !pair[0].is_empty() && !pair[0].starts_with(' ');
                // A sentence that ends a line may well be followed by one that begins the next.
                let ends = pair[0].ends_with(['.', ':']);
                if is_prose && !ends {
                    broken.push(format!("{name}: {} | {}", pair[0], pair[1]));
                }
            }
        }
        assert!(broken.is_empty(), "{broken:#?}");
    }

    #[test]
    fn the_list_of_commands_fits_a_terminal_of_100_columns() {
        let help = command().render_help().to_string();
        let long: Vec<&str> = help.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "shorten these lines: {long:#?}");
    }
}
