//! Writes the retail project that is embedded in the binary into a folder.

use include_dir::{Dir, DirEntry, include_dir};
use ingot_core::error::{Error, Result};
use std::path::{Path, PathBuf};

static FOLDERS: [(&str, Dir<'static>); 6] = [
    ("schemas", include_dir!("$CARGO_MANIFEST_DIR/schemas")),
    ("models", include_dir!("$CARGO_MANIFEST_DIR/models")),
    ("macros", include_dir!("$CARGO_MANIFEST_DIR/macros")),
    ("snapshots", include_dir!("$CARGO_MANIFEST_DIR/snapshots")),
    ("analyses", include_dir!("$CARGO_MANIFEST_DIR/analyses")),
    ("tests/data", include_dir!("$CARGO_MANIFEST_DIR/tests/data")),
];

static FILES: [(&str, &str); 4] = [
    ("dbt_project.yml", include_str!("../dbt_project.yml")),
    ("profiles.yml", include_str!("../profiles.yml")),
    ("generate.yaml", include_str!("../generate.yaml")),
    (".gitignore", "# What running ingot leaves behind.\n/data_raw/\n/lake/\n/duckdb/\n/target/\n/logs/\n"),
];

/// Writes every file of the project below `folder`, which may exist but must hold none of them.
/// Returns the number of files.
///
/// # Errors
/// When one of the files is already there (nothing is written then), or the folder cannot be written.
pub fn init(folder: &Path) -> Result<usize> {
    let files = embedded();
    if let Some((relative, _)) = files.iter().find(|(relative, _)| folder.join(relative).exists()) {
        return Err(Error::new("this folder already has a project or a part of one")
            .at(folder.join(relative))
            .hint("choose a new folder; nothing was written"));
    }
    for (relative, content) in &files {
        let path = folder.join(relative);
        let failed = |error| Error::new("cannot write the project").at(&path).caused_by(error);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, content).map_err(failed)?;
    }
    Ok(files.len())
}

/// Relative path and content of every embedded file.
fn embedded() -> Vec<(PathBuf, &'static [u8])> {
    fn collect(base: &Path, dir: &'static Dir<'static>, files: &mut Vec<(PathBuf, &'static [u8])>) {
        for entry in dir.entries() {
            match entry {
                DirEntry::Dir(inner) => collect(base, inner, files),
                DirEntry::File(file) => files.push((base.join(file.path()), file.contents())),
            }
        }
    }
    let mut files: Vec<_> =
        FILES.iter().map(|(name, content)| (PathBuf::from(name), content.as_bytes())).collect();
    for (name, dir) in &FOLDERS {
        collect(Path::new(name), dir, &mut files);
    }
    files
}
