//! `ingot init`.

use super::exit::Exit;
use super::global::Global;
use ingot_core::error::Result;
use std::path::PathBuf;

/// Write a new project: contracts, models, macros, tests and a profile
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder of the new project; created if it does not exist
    dir: PathBuf,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let files = crate::init::init(&arguments.dir)?;
    let dir = arguments.dir.display();
    global.reporter().info(format!(
        "Wrote a retail project of {files} files to {dir}.\n\nNext:\n  cd {dir}\n  ingot generate --scale 0.01\n  ingot load-bronze\n  ingot run-models"
    ));
    Ok(Exit::Success)
}
