//! A log that does not grow for ever: when it is full it becomes the old one, and the one before that is gone.

use ingot_core::error::{Context as _, Result};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Bytes of a full file. There are at most two.
const FULL: u64 = 4 << 20;

/// Lines at the end of a file.
#[derive(Debug)]
pub struct RotatingLog {
    path: PathBuf,
    file: File,
    bytes: u64,
    full: u64,
}

impl RotatingLog {
    /// Goes on with the file, or begins it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn open(path: &Path) -> Result<Self> {
        Self::of_bytes(path, FULL)
    }

    fn of_bytes(path: &Path, full: u64) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        }
        let file =
            File::options().create(true).append(true).open(path).or_cannot_at("open the file", path)?;
        let bytes = file.metadata().map_or(0, |found| found.len());
        Ok(Self { path: path.to_path_buf(), file, bytes, full })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn line(&mut self, text: &str) -> Result<()> {
        if self.bytes >= self.full {
            std::fs::rename(&self.path, old(&self.path)).or_cannot_at("rename the file", &self.path)?;
            *self = Self::of_bytes(&self.path, self.full)?;
        }
        let line = format!("{text}\n");
        self.file.write_all(line.as_bytes()).or_cannot_at("write to the file", &self.path)?;
        self.bytes += line.len() as u64;
        Ok(())
    }
}

/// `log.jsonl` becomes `log.old.jsonl`.
fn old(path: &Path) -> PathBuf {
    let kind = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("old.{kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_newest_lines_in_bounded_space() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/log.jsonl");
        for round in 0..4 {
            // Opened again, as after a restart.
            let mut log = RotatingLog::of_bytes(&path, 100).unwrap();
            for line in 0..25 {
                log.line(&format!("round {round} line {line:02}")).unwrap();
            }
        }
        let newest = std::fs::read_to_string(&path).unwrap();
        let before = std::fs::read_to_string(folder.path().join("logs/log.old.jsonl")).unwrap();
        assert!(newest.len() <= 116 && before.len() <= 116, "{} {}", newest.len(), before.len());
        assert!(format!("{before}{newest}").ends_with("round 3 line 23\nround 3 line 24\n"));
        assert_eq!(std::fs::read_dir(folder.path().join("logs")).unwrap().count(), 2);
    }
}
