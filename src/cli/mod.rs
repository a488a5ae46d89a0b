//! The command line: clap structs, one file a subcommand, and no logic. Each turns its arguments into a
//! plain call of the library and its result into an exit code.

use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

mod bronze;
mod check;
mod contract;
mod demo;
mod docs;
mod doctor;
mod duration;
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
mod publish;
mod quality;
mod questions;
mod recorded;
mod rehearse;
mod replay;
mod run_models;
mod runs;
mod schema;
mod shell;
mod status;
mod ui;
mod verify;
mod watch;
mod why;

use exit::Exit;
use global::Global;

/// Raw files in; a tested bronze, silver and gold warehouse out.
#[derive(Debug, Parser)]
#[command(
    name = "ingot",
    version,
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
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Command::Init(arguments) => init::run(arguments, &cli.global),
        Command::Demo(arguments) => demo::run(arguments, &cli.global),
        Command::Generate(arguments) => generate::run(arguments, &cli.global),
        Command::Contract(arguments) => contract::run(arguments, &cli.global),
        Command::LoadBronze(arguments) => load_bronze::run(arguments, &cli.global),
        Command::Replay(arguments) => replay::run(arguments, &cli.global),
        Command::Watch(arguments) => watch::run(arguments, &cli.global),
        Command::Listen(arguments) => listen::run(arguments, &cli.global),
        Command::Bronze(arguments) => bronze::run(arguments, &cli.global),
        Command::Lake(arguments) => lake::run(arguments, &cli.global),
        Command::Runs(arguments) => runs::run(arguments, &cli.global),
        Command::Quality(arguments) => quality::run(arguments, &cli.global),
        Command::Status(arguments) => status::run(arguments, &cli.global),
        Command::Check(arguments) => check::run(arguments, &cli.global),
        Command::Lineage(arguments) => lineage::run(arguments, &cli.global),
        Command::Why(arguments) => why::run(arguments, &cli.global),
        Command::Docs(arguments) => docs::run(arguments, &cli.global),
        Command::Ui(arguments) => ui::run(arguments, &cli.global),
        Command::Mcp(arguments) => mcp::run(arguments, &cli.global),
        Command::RunModels(arguments) => run_models::run(arguments, &cli.global),
        Command::Dbt(arguments) => run_models::run_dbt(arguments, &cli.global),
        Command::Metrics(arguments) => run_models::run_metrics(arguments, &cli.global),
        Command::Powerbi(arguments) => powerbi::run(arguments, &cli.global),
        Command::Doctor(arguments) => doctor::run(arguments, &cli.global),
        Command::Schema(arguments) => schema::run(arguments, &cli.global),
        Command::Publish(arguments) => publish::run(arguments, &cli.global),
        Command::Rehearse(arguments) => rehearse::run(arguments, &cli.global),
        Command::Verify(arguments) => verify::run(arguments, &cli.global),
        Command::Completions(arguments) => shell::completions(arguments, command()),
        Command::Man(arguments) => shell::man(arguments, command(), &cli.global),
    };
    let exit = outcome.unwrap_or_else(|error| {
        cli.global.reporter().error(&error);
        Exit::from(&error)
    });
    exit.into()
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

    #[test]
    fn the_list_of_commands_fits_a_terminal_of_100_columns() {
        let help = command().render_help().to_string();
        let long: Vec<&str> = help.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "shorten these lines: {long:#?}");
    }
}
