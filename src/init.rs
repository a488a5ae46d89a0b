//! Writes the retail project that is embedded in the binary into a folder. `build.rs` says what belongs to it.

use ingot_core::error::{Error, Result};
use std::path::Path;

/// Relative path, with `/`, and content of every file of the project.
static SAMPLE: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sample.rs"));

/// The one file that the repository's root has in a form of its own.
const GITIGNORE: (&str, &[u8]) =
    (".gitignore", b"# What running ingot leaves behind.\n/data_raw/\n/lake/\n/duckdb/\n/target/\n/logs/\n");

/// Writes every file of the project below `folder`, which may exist but must hold none of them.
/// Returns the number of files.
///
/// # Errors
/// When one of the files is already there (nothing is written then), or the folder cannot be written.
pub fn init(folder: &Path) -> Result<usize> {
    let files = || SAMPLE.iter().chain([&GITIGNORE]);
    if let Some((relative, _)) = files().find(|(relative, _)| folder.join(relative).exists()) {
        return Err(Error::new("this folder already has a project or part of one")
            .at(folder.join(relative))
            .hint("choose a new folder; nothing was written"));
    }
    for (relative, content) in files() {
        let path = folder.join(relative);
        let failed = |error| Error::new("cannot write the project").at(&path).caused_by(error);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, content).map_err(failed)?;
    }
    Ok(files().count())
}
