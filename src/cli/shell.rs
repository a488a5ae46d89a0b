//! `ingot completions` and `ingot man`: what a package puts beside the binary.

use super::exit::Exit;
use super::global::Global;
use clap_complete::Shell;
use ingot_core::error::{Error, Result};
use std::io::Write;
use std::path::PathBuf;

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "For example:\n  \
    ingot completions bash > ~/.local/share/bash-completion/completions/ingot\n  \
    ingot completions zsh > ~/.zfunc/_ingot\n  \
    ingot completions fish > ~/.config/fish/completions/ingot.fish")]
pub(super) struct CompletionsArguments {
    /// Shell to complete commands in
    #[arg(value_enum)]
    shell: Shell,
}

/// Write the man pages into a folder
#[derive(Debug, clap::Args)]
pub(super) struct ManArguments {
    /// Folder for the pages, such as ~/.local/share/man/man1; created if it does not exist
    dir: PathBuf,
}

pub(super) fn completions(arguments: &CompletionsArguments, mut command: clap::Command) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "ingot", &mut script);
    match std::io::stdout().write_all(&script) {
        // A reader that went away (`| head`) has seen what it wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(error) => return Err(Error::new("cannot write to standard output").caused_by(error)),
        Ok(()) => {}
    }
    Ok(Exit::Success)
}

pub(super) fn man(arguments: &ManArguments, command: clap::Command, global: &Global) -> Result<Exit> {
    let failed = |error| Error::new("cannot write the man pages").at(&arguments.dir).caused_by(error);
    std::fs::create_dir_all(&arguments.dir).map_err(failed)?;
    clap_mangen::generate_to(command, &arguments.dir).map_err(failed)?;
    global.reporter().info(format!("Wrote the man pages to {}", arguments.dir.display()));
    Ok(Exit::Success)
}
