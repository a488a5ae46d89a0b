//! The command line: clap structs, one file a subcommand, and no logic. Each turns its arguments into a
//! plain call of the library and its result into an exit code.

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use ingot_core::error::Error;
use ingot_core::interrupt::Interrupt;
use ingot_core::project::Project;
use ingot_core::report::{Json, Reporter, Terminal, TerminalOptions};
use std::path::PathBuf;
use std::process::ExitCode;

mod bronze;
mod demo;
mod exit;
mod generate;
mod groups;
mod init;
mod load_bronze;
mod replay;
mod run_models;
mod shell;
mod verify;

use exit::Exit;

/// Raw files in; a tested bronze, silver and gold warehouse out.
#[derive(Debug, Parser)]
#[command(
    name = "ingot",
    version,
    max_term_width = 110,
    help_template = groups::help_template(&Command::augment_subcommands(clap::Command::new("ingot"))),
    after_help = "Start with:\n  ingot demo        the whole pipeline on generated data, in ./ingot-demo\n  \
                  ingot init DIR    a project of your own\n\n\
                  `ingot COMMAND --help` describes a command.\n\
                  Exit codes: 0 everything succeeded, 1 something failed, 2 the command could not run."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// Project folder [default: the current folder, or the nearest one above it that is a project]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "INGOT_PROJECT_DIR",
        help_heading = "Global options"
    )]
    project_dir: Option<PathBuf>,
    /// Show only warnings and errors
    #[arg(long, short, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Log as text, or as one JSON object per line
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    log_format: LogFormat,
    /// When to colour the output
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    color: Color,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum LogFormat {
    #[default]
    #[value(alias = "default", alias = "debug")]
    Text,
    Json,
}

/// How a command prints its result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Global {
    fn project(&self) -> ingot_core::error::Result<Project> {
        match &self.project_dir {
            Some(dir) if !dir.is_dir() => Err(Error::new("the project folder is not there").at(dir)),
            Some(dir) => Project::find(dir),
            None => Project::find(&current_dir()?),
        }
    }

    /// What the first Ctrl-C raises, so that the work ends cleanly; the second ends the process at once.
    /// For commands that ask it between their steps; under others Ctrl-C keeps its usual meaning.
    fn interrupt(&self) -> Interrupt {
        let interrupt = Interrupt::default();
        let raised = interrupt.clone();
        let listening = ctrlc::set_handler(move || {
            if raised.set() {
                std::process::exit(130);
            }
        });
        if let Err(error) = listening {
            self.reporter().warn(format!("Ctrl-C will stop at once instead of cleanly: {error}"));
        }
        interrupt
    }

    fn speaks_json(&self) -> bool {
        matches!(self.log_format, LogFormat::Json)
    }

    fn reporter(&self) -> Box<dyn Reporter> {
        self.reporter_for(Format::Text)
    }

    /// If the result is one JSON document, nothing else is written to standard output.
    fn reporter_for(&self, format: Format) -> Box<dyn Reporter> {
        let quiet = self.quiet || format == Format::Json;
        let color = match self.color {
            Color::Auto => None,
            Color::Always => Some(true),
            Color::Never => Some(false),
        };
        match self.log_format {
            LogFormat::Text => Box::new(Terminal::new(TerminalOptions { quiet, color })),
            LogFormat::Json => Box::new(Json),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Demo(demo::Arguments),
    Generate(generate::Arguments),
    LoadBronze(load_bronze::Arguments),
    Replay(replay::Arguments),
    Bronze(bronze::Arguments),
    RunModels(run_models::Arguments),
    Dbt(run_models::DbtArguments),
    Verify(verify::Arguments),
    Completions(shell::CompletionsArguments),
    Man(shell::ManArguments),
}

/// A sensible number of threads: thousands of them would only wait for each other.
fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=256) => Ok(number),
        _ => Err("must be 1 to 256".to_owned()),
    }
}

fn current_dir() -> ingot_core::error::Result<PathBuf> {
    std::env::current_dir()
        .map_err(|error| Error::new("the current folder cannot be read; was it removed?").caused_by(error))
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
        Command::LoadBronze(arguments) => load_bronze::run(arguments, &cli.global),
        Command::Replay(arguments) => replay::run(arguments, &cli.global),
        Command::Bronze(arguments) => bronze::run(arguments, &cli.global),
        Command::RunModels(arguments) => run_models::run(arguments, &cli.global),
        Command::Dbt(arguments) => run_models::run_dbt(arguments, &cli.global),
        Command::Verify(arguments) => verify::run(arguments, &cli.global),
        Command::Completions(arguments) => shell::completions(arguments),
        Command::Man(arguments) => shell::man(arguments, &cli.global),
    };
    let exit = outcome.unwrap_or_else(|error| {
        cli.global.reporter().error(&error);
        Exit::from(&error)
    });
    exit.into()
}
