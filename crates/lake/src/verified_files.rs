//! Which data files were compared with their hashes, so that a file is read for it once and then only after it
//! has changed.
//!
//! The list is a file of the lake, a line for each data file. It may be lost at any time: then all files are compared again.

use crate::file_damage::FileDamage;
use crate::file_stamp::FileStamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The list's file, in the folder of the lake.
const FILE: &str = ".verified-files";

/// Which files are compared with their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    All,
    /// Those that were not compared since they were written, or changed.
    #[default]
    Changed,
    /// None.
    None,
}

/// What tells that a file has changed: its [`FileStamp`], and the hash that it had.
type Stamp = String;

/// The files of a lake that were compared.
#[derive(Debug)]
pub struct VerifiedFiles {
    lake: PathBuf,
    stamps: BTreeMap<String, Stamp>,
    has_changed: bool,
}

impl VerifiedFiles {
    /// What is known of the files of a lake.
    pub fn of(lake: &Path) -> Self {
        let text = std::fs::read_to_string(lake.join(FILE)).unwrap_or_default();
        let line =
            |line: &str| line.split_once('\t').map(|(stamp, file)| (file.to_owned(), stamp.to_owned()));
        Self { lake: lake.to_path_buf(), stamps: text.lines().filter_map(line).collect(), has_changed: false }
    }

    /// Compares a file with what the log says of it, if `verify` wants that and it was not done.
    pub fn damage(
        &mut self,
        file: &Path,
        bytes: u64,
        hash: Option<&str>,
        verify: Verify,
    ) -> Option<FileDamage> {
        let Some(hash) = hash else { return FileDamage::of_length(file, bytes) };
        let name = file.strip_prefix(&self.lake).unwrap_or(file).to_string_lossy().into_owned();
        let stamp = FileStamp::of(file).map(|stamp| format!("{stamp} {hash}"));
        let is_known = stamp.is_some() && self.stamps.get(&name) == stamp.as_ref();
        let damage = match verify {
            Verify::Changed if is_known => FileDamage::of_length(file, bytes),
            Verify::None => FileDamage::of_length(file, bytes),
            Verify::Changed | Verify::All => FileDamage::of(file, bytes, Some(hash)),
        };
        match (&damage, stamp) {
            (None, Some(stamp)) if !is_known && verify != Verify::None => {
                self.has_changed = true;
                self.stamps.insert(name, stamp);
            }
            (Some(_), _) => self.has_changed |= self.stamps.remove(&name).is_some(),
            _ => {}
        }
        damage
    }

    /// Keeps the list, without files that are gone. A list that cannot be written only costs time, so errors are ignored.
    pub fn save(&mut self) {
        if !std::mem::take(&mut self.has_changed) {
            return;
        }
        self.stamps.retain(|name, _| self.lake.join(name).is_file());
        let text: String = self.stamps.iter().map(|(name, stamp)| format!("{stamp}\t{name}\n")).collect();
        let beside = self.lake.join(format!("{FILE}.{}", std::process::id()));
        let written =
            std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, self.lake.join(FILE)));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_hash::hash_of_file;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_file_is_compared_once_and_after_each_change() {
        let lake = tempfile::tempdir().unwrap();
        let file = lake.path().join("a.parquet");
        std::fs::write(&file, "rows").unwrap();
        let hash = hash_of_file(&file).unwrap();
        let damage = |verify| {
            let mut files = VerifiedFiles::of(lake.path());
            let damage = files.damage(&file, 4, Some(&hash), verify);
            files.save();
            damage
        };
        assert_eq!(damage(Verify::Changed), None);
        let time = std::fs::metadata(&file).unwrap().modified().unwrap();
        let write = |text: &str, time: SystemTime| {
            std::fs::write(&file, text).unwrap();
            std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        };
        write("rowz", time);
        assert_eq!(damage(Verify::None), None);
        assert_eq!(damage(Verify::Changed), None, "nothing but its bytes tells that it has changed");
        assert_eq!(damage(Verify::All), Some(FileDamage::Bytes));
        assert_eq!(damage(Verify::Changed), Some(FileDamage::Bytes), "what was found damaged is not trusted");
        write("rows", time + Duration::from_secs(1));
        assert_eq!(damage(Verify::Changed), None);
        write("rowz", time + Duration::from_secs(2));
        assert_eq!(damage(Verify::Changed), Some(FileDamage::Bytes));
        write("row", time);
        assert_eq!(damage(Verify::None), Some(FileDamage::Length { found: 3, expected: 4 }));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(damage(Verify::None), Some(FileDamage::Missing));
    }
}
