//! What tells that a file has changed, without reading it.

use std::io;
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// Size, time of the last change and number of a file, or the newest commits of a Delta table. Times are only compared
/// with each other: clocks of other machines may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature(u64);

impl Signature {
    /// # Errors
    /// The file is gone, or cannot be looked at.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let found = std::fs::metadata(path)?;
        if found.is_dir() {
            return Self::of_delta_table(path);
        }
        let mut hash = Xxh3::new();
        hash.update(&found.len().to_le_bytes());
        if let Ok(changed) = found.modified() {
            hash.update(format!("{changed:?}").as_bytes());
        }
        #[cfg(unix)]
        hash.update(&std::os::unix::fs::MetadataExt::ino(&found).to_le_bytes());
        Ok(Self(hash.digest()))
    }

    /// A commit to a Delta table is a file of its log.
    fn of_delta_table(folder: &Path) -> io::Result<Self> {
        let (mut count, mut newest) = (0_u64, std::ffi::OsString::new());
        for entry in std::fs::read_dir(folder.join("_delta_log"))? {
            let name = entry?.file_name();
            if name.to_string_lossy().ends_with(".json") {
                count += 1;
                newest = newest.max(name);
            }
        }
        let mut hash = Xxh3::new();
        hash.update(&count.to_le_bytes());
        hash.update(newest.as_encoded_bytes());
        Ok(Self(hash.digest()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_content_or_place_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&one, "x").unwrap();
        let before = Signature::of(&one).unwrap();
        assert_eq!(before, Signature::of(&one).unwrap());
        std::fs::write(&one, "xy").unwrap();
        let longer = Signature::of(&one).unwrap();
        assert_ne!(before, longer);
        std::fs::rename(&one, &other).unwrap();
        assert_eq!(longer, Signature::of(&other).unwrap(), "a rename changes nothing of the file");
        assert!(Signature::of(&one).is_err());
    }

    #[test]
    fn a_delta_table_changes_with_its_commits() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("_delta_log");
        std::fs::create_dir(&log).unwrap();
        std::fs::write(log.join("00000000000000000000.json"), "{}").unwrap();
        let before = Signature::of(folder.path()).unwrap();
        std::fs::write(folder.path().join("part.parquet"), "not committed yet").unwrap();
        assert_eq!(before, Signature::of(folder.path()).unwrap());
        std::fs::write(log.join("00000000000000000001.json"), "{}").unwrap();
        assert_ne!(before, Signature::of(folder.path()).unwrap());
    }
}
