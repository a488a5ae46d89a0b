//! Writes a project that is embedded in the binary into a folder. `build.rs` says what belongs to which.

use ingot_core::error::{Error, Result};
use std::path::Path;

/// Relative path, with `/`, and content of a file.
type Embedded = (&'static str, &'static [u8]);

/// The name of each project, and its files.
static EXAMPLES: &[(&str, &[Embedded])] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// The one file that the repository has in a form of its own.
const GITIGNORE: Embedded = (
    ".gitignore",
    b"# What running ingot leaves behind.\n/data_raw/\n/lake/\n/duckdb/\n/target/\n/logs/\n/audit/\n/environments/\n",
);

/// The names of the projects; the first is the one that is written if none is named.
pub fn examples() -> impl Iterator<Item = &'static str> {
    EXAMPLES.iter().map(|(name, _)| *name)
}

/// Writes every file of a project below `folder`, which may exist but must hold none of them.
/// Returns the number of files.
///
/// # Errors
/// There is no project of that name, one of the files is already there (nothing is written then), or the folder cannot
/// be written.
pub fn init(folder: &Path, example: &str) -> Result<usize> {
    let project = EXAMPLES.iter().find(|(name, _)| *name == example);
    let (_, files) = project.ok_or_else(|| Error::new(format!("there is no example '{example}'")))?;
    let files = || files.iter().chain([&GITIGNORE]);
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
