//! The commands of `ingot contract`.

use super::check::{self, Check};
use super::diff::{self, Diff};
use super::generated::{self, Sources, Staging};
use super::infer::{self, Infer};
use crate::cli::effect::Effect;
use crate::cli::exit::Exit;
use crate::cli::global::Global;
use clap::{Args, Subcommand};
use ingot_core::error::Result;

/// Write contracts from files, check and compare them, write staging models from them
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Infer(Infer),
    Check(Check),
    Diff(Diff),
    Sources(Sources),
    Staging(Staging),
}

impl Arguments {
    pub(crate) fn effect(&self) -> Effect {
        match &self.command {
            Command::Infer(infer) => Effect::changes("contract infer").unless(infer.prints()),
            Command::Sources(_) => Effect::changes("contract sources"),
            Command::Staging(_) => Effect::changes("contract staging"),
            Command::Check(_) | Command::Diff(_) => Effect::Reads,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    match &arguments.command {
        Command::Infer(arguments) => infer::run(arguments, global),
        Command::Check(arguments) => check::run(arguments, global),
        Command::Diff(arguments) => diff::run(arguments, global),
        Command::Sources(arguments) => generated::sources(arguments, global),
        Command::Staging(arguments) => generated::staging(arguments, global),
    }
}
