//! Files that are written from a contract, and written again after a change of it, as long as nobody has edited them: the first line
//! has a hash of the rest.

use ingot_core::error::{Context, Result};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// What became of a file that was to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    New,
    /// It was as it was written before, and is written again.
    Again,
    Unchanged,
    /// Somebody has edited it, so it stays: the lines that would go, and those that would come.
    Kept {
        gone: Vec<String>,
        new: Vec<String>,
    },
}

/// A file for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    pub path: PathBuf,
    pub became: Written,
}

const MARK: &str = "written from the contract; edited files are kept";

/// How a file begins a comment.
fn comment(path: &str) -> &'static str {
    if path.ends_with(".sql") { "--" } else { "#" }
}

/// The text with a first line by which an edited file is known.
pub(super) fn marked(path: &str, text: &str) -> String {
    format!("{} {MARK} ({:016x})\n{text}", comment(path), xxh3_64(text.as_bytes()))
}

/// Whether nobody has edited the text since it was written.
fn is_as_written(path: &str, text: &str) -> bool {
    let Some((first, rest)) = text.split_once('\n') else { return false };
    first.trim_end() == format!("{} {MARK} ({:016x})", comment(path), xxh3_64(rest.as_bytes()))
}

/// Writes a file below `root`, unless somebody has edited the one that is there.
///
/// # Errors
/// The file cannot be read or written.
pub(super) fn write(root: &Path, relative: &str, text: &str) -> Result<GeneratedFile> {
    let path = root.join(relative);
    let text = marked(relative, text);
    let became = if !path.exists() {
        Written::New
    } else {
        let there = std::fs::read_to_string(&path).or_cannot_at("read the file", &path)?;
        // Editors of Windows change ends of lines.
        let there = there.replace("\r\n", "\n");
        if there == text {
            Written::Unchanged
        } else if is_as_written(relative, &there) {
            Written::Again
        } else {
            let differs = |lines: &str, others: &str| -> Vec<String> {
                let others: Vec<&str> = others.lines().skip(1).collect();
                let is_new = |line: &&str| !others.contains(line) && !line.contains(MARK);
                lines.lines().filter(is_new).map(str::to_owned).collect()
            };
            match (differs(&there, &text), differs(&text, &there)) {
                (gone, new) if gone.is_empty() && new.is_empty() => Written::Unchanged,
                (gone, new) => Written::Kept { gone, new },
            }
        }
    };
    if matches!(became, Written::New | Written::Again) {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
        }
        std::fs::write(&path, &text).or_cannot_at("write the file", &path)?;
    }
    Ok(GeneratedFile { path: PathBuf::from(relative), became })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_edited_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| write(folder.path(), "models/a.sql", text).unwrap().became;
        assert_eq!(write("select 1\n"), Written::New);
        assert_eq!(write("select 1\n"), Written::Unchanged);
        assert_eq!(write("select 2\n"), Written::Again);
        let file = folder.path().join("models/a.sql");
        let edited = std::fs::read_to_string(&file).unwrap().replace("select 2", "select 2 -- mine");
        std::fs::write(&file, &edited).unwrap();
        let kept =
            Written::Kept { gone: vec!["select 2 -- mine".to_owned()], new: vec!["select 3".to_owned()] };
        assert_eq!(write("select 3\n"), kept);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), edited);
    }
}
