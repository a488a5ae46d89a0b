//! Copies of the files of Delta logs, so that a damaged or lost one is noticed and can be put back as it was.
//!
//! A log file says which data files a table has, and which raw files were loaded: a flipped bit in it would be read as
//! another table. So each file of the log is copied when its commit is made, to `<layer>/.delta-log/<table>/`, out of reach of
//! readers of Delta, which list the log's own folder. The name of a copy ends with the hash of what is in it, by which both
//! are compared.

use crate::file_hash::hash_of_file;
use crate::file_stamp::FileStamp;
use crate::opened_tables;
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::sync::lock;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The file of a log that says where its newest checkpoint is. It is the only one that is written again.
const LAST_CHECKPOINT: &str = "_last_checkpoint";

/// A file of a log that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDamage {
    pub file: PathBuf,
    pub is_missing: bool,
    /// The copy from which it can be put back, if that is intact.
    pub copy: Option<PathBuf>,
}

impl fmt::Display for LogDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_missing {
            true => f.write_str("the file of the Delta log is not there"),
            false => f.write_str("the bytes of the file of the Delta log are not those that were written"),
        }
    }
}

/// The log of a table, and the folder of its copies. A table that is not in `<layer>/delta` has none.
pub(crate) struct LogCopies {
    log: PathBuf,
    folder: PathBuf,
    /// Whether the log remembers what was loaded. All of it is needed then, and no part is given up but on purpose.
    is_a_memory: bool,
}

impl LogCopies {
    pub(crate) fn of(root: &Path) -> Option<Self> {
        let side = root.parent()?;
        let layer = side.parent().filter(|_| side.file_name().is_some_and(|name| name == "delta"))?;
        Some(Self {
            log: root.join("_delta_log"),
            folder: layer.join(".delta-log").join(root.file_name()?),
            is_a_memory: layer.file_name().is_some_and(|name| name == "bronze"),
        })
    }

    /// Copies what the commit of a version wrote, and what commits before it left uncopied.
    ///
    /// # Errors
    /// The folder cannot be written. The commit is made all the same.
    pub(crate) fn keep(&self, version: u64) -> Result<()> {
        let is_new = !self.folder.is_dir();
        std::fs::create_dir_all(&self.folder).or_cannot_at("create the folder", &self.folder)?;
        let checkpoint = format!("{version:020}.checkpoint.parquet");
        let known = self.known()?;
        let before = version.checked_sub(1).map(|before| format!("{before:020}.json"));
        if is_new || before.is_some_and(|before| !known.contains_key(&before)) {
            for name in self.logged()? {
                if !known.contains_key(&name) {
                    self.copy(&name)?;
                }
            }
        } else {
            self.copy(&format!("{version:020}.json"))?;
        }
        if self.log.join(&checkpoint).is_file() {
            self.copy(&checkpoint)?;
            self.copy(LAST_CHECKPOINT)?;
            if !self.is_a_memory {
                self.forget_given_up(&known)?;
            }
        }
        Ok(())
    }

    /// The copies of each file: their hashes, and where they are. A kill may leave two of the file that is written again.
    fn known(&self) -> Result<BTreeMap<String, Vec<(String, PathBuf)>>> {
        self.known_from(0)
    }

    /// Those of the files from a version on, and of the files without one.
    fn known_from(&self, from: u64) -> Result<BTreeMap<String, Vec<(String, PathBuf)>>> {
        let mut found: BTreeMap<String, Vec<(String, PathBuf)>> = BTreeMap::new();
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Ok(found) };
        for entry in entries {
            let entry = entry.or_cannot_at("list the folder", &self.folder)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some((of, hash)) = name.rsplit_once('.')
                && hash.len() == 32
                && version_of(of).is_none_or(|version| version >= from)
            {
                found.entry(of.to_owned()).or_default().push((hash.to_owned(), entry.path()));
            }
        }
        Ok(found)
    }

    /// The files of the log.
    pub(crate) fn logged(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.log).or_cannot_at("list the folder", &self.log)? {
            let name =
                entry.or_cannot_at("list the folder", &self.log)?.file_name().to_string_lossy().into_owned();
            if version_of(&name).is_some() || name == LAST_CHECKPOINT {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn copy(&self, name: &str) -> Result<()> {
        let from = self.log.join(name);
        let hash = hash_of_file(&from)?;
        let to = self.folder.join(format!("{name}.{hash}"));
        if to.is_file() {
            return Ok(());
        }
        let beside = self.folder.join(format!("{name}.inprogress"));
        std::fs::copy(&from, &beside).or_cannot_at("copy the file", &from)?;
        std::fs::rename(&beside, &to).or_cannot_at("rename the file", &beside)?;
        if name == LAST_CHECKPOINT {
            // What this file was before.
            for (_, path) in
                self.known()?.remove(name).into_iter().flatten().filter(|(other, _)| *other != hash)
            {
                std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?;
            }
        }
        Ok(())
    }

    /// Makes the copies that are missing because a writer was killed before it made them, or while it did: without a further
    /// commit nobody else would.
    pub(crate) fn finish(&self) -> Result<()> {
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten() {
            let path = entry.or_cannot_at("list the folder", &self.folder)?.path();
            if path.extension().is_some_and(|ending| ending == "inprogress") {
                std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?;
            }
        }
        if !self.log.is_dir() {
            return Ok(());
        }
        let known = self.known()?;
        for name in self.logged()?.iter().filter(|name| !known.contains_key(*name)) {
            std::fs::create_dir_all(&self.folder).or_cannot_at("create the folder", &self.folder)?;
            self.copy(name)?;
        }
        Ok(())
    }

    /// Copies what a file of the log is about to become.
    pub(crate) fn add_copy(&self, name: &str, new: &Path) -> Result<()> {
        std::fs::create_dir_all(&self.folder).or_cannot_at("create the folder", &self.folder)?;
        let to = self.folder.join(format!("{name}.{}", hash_of_file(new)?));
        let beside = self.folder.join(format!("{name}.inprogress"));
        std::fs::copy(new, &beside).or_cannot_at("copy the file", new)?;
        std::fs::rename(&beside, &to).or_cannot_at("rename the file", &beside)
    }

    /// Removes copies of what a file of the log was before.
    pub(crate) fn forget_other_copies(&self, name: &str) -> Result<()> {
        let now = hash_of_file(&self.log.join(name))?;
        for (hash, path) in self.known()?.remove(name).unwrap_or_default() {
            if hash != now {
                std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?;
            }
        }
        Ok(())
    }

    /// Removes copies of files that the log has given up.
    fn forget_given_up(&self, known: &BTreeMap<String, Vec<(String, PathBuf)>>) -> Result<()> {
        let given_up_before = self.given_up_before()?;
        for (name, copies) in known {
            if version_of(name).is_some_and(|version| version < given_up_before) {
                for (_, path) in copies {
                    std::fs::remove_file(path).or_cannot_at("remove the file", path)?;
                }
            }
        }
        Ok(())
    }

    /// Removes the copies of files that the log is about to give up.
    pub(crate) fn forget(&self, names: &[String]) -> Result<()> {
        let mut known = self.known()?;
        for name in names {
            for (_, path) in known.remove(name).into_iter().flatten() {
                std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?;
            }
        }
        Ok(())
    }

    /// What is not as it was written, of the files from a version on. `hash` is that of a file.
    fn damage(&self, from: u64, hash_of: impl Fn(&Path) -> Result<String>) -> Result<Vec<LogDamage>> {
        let mut found = Vec::new();
        for (name, copies) in self.known_from(from)? {
            let file = self.log.join(&name);
            let is_missing = !file.is_file();
            let hash = if is_missing { String::new() } else { hash_of(&file)? };
            if copies.iter().any(|(copied, _)| *copied == hash)
                || (name == LAST_CHECKPOINT && self.is_newer(&copies))
            {
                continue;
            }
            let is_intact =
                |(copied, copy): &(String, PathBuf)| hash_of_file(copy).is_ok_and(|found| found == *copied);
            let copy = copies.into_iter().find(is_intact).map(|(_, copy)| copy);
            found.push(LogDamage { file, is_missing, copy });
        }
        Ok(found)
    }

    /// Whether the log names a checkpoint that is there and newer than those that the copies name: a kill came between
    /// the checkpoint and its copy.
    fn is_newer(&self, copies: &[(String, PathBuf)]) -> bool {
        let checkpoint_in = |file: &Path| -> Option<u64> {
            let text = std::fs::read_to_string(file).ok()?;
            serde_json::from_str::<serde_json::Value>(&text).ok()?.get("version")?.as_u64()
        };
        let Some(now) = checkpoint_in(&self.log.join(LAST_CHECKPOINT)) else { return false };
        self.log.join(format!("{now:020}.checkpoint.parquet")).is_file()
            && copies.iter().all(|(_, copy)| checkpoint_in(copy).is_some_and(|before| before < now))
    }

    /// The log may have given up its files of versions before this one: its oldest, where a checkpoint stands for them. One
    /// that is missing between others is lost.
    fn given_up_before(&self) -> Result<u64> {
        let oldest = self.logged()?.iter().filter_map(|name| version_of(name)).min();
        Ok(oldest.unwrap_or_default().min(self.newest_checkpoint()))
    }

    /// The version of the newest checkpoint that the log has, 0 if there is none: a reader needs what comes from it on.
    fn newest_checkpoint(&self) -> u64 {
        let names = self.logged().unwrap_or_default();
        let is_checkpoint = |name: &&String| name.contains(".checkpoint");
        names.iter().filter(is_checkpoint).filter_map(|name| version_of(name)).max().unwrap_or_default()
    }
}

/// The hash of a file that this process has hashed before and that has not been written again since. A program that loads all day
/// would otherwise read the whole log each time.
fn known_hash(file: &Path) -> Result<String> {
    static KNOWN: Mutex<BTreeMap<PathBuf, (FileStamp, String)>> = Mutex::new(BTreeMap::new());
    let Some(stamp) = FileStamp::of(file) else { return hash_of_file(file) };
    if let Some((before, hash)) = lock(&KNOWN).get(file)
        && *before == stamp
    {
        return Ok(hash.clone());
    }
    let hash = hash_of_file(file)?;
    lock(&KNOWN).insert(file.to_path_buf(), (stamp, hash.clone()));
    Ok(hash)
}

/// The version in the name of a file of a log.
pub(crate) fn version_of(name: &str) -> Option<u64> {
    let (digits, rest) = name.split_at_checked(20)?;
    let is_file = rest == ".json" || (rest.starts_with(".checkpoint.") && rest.ends_with(".parquet"));
    digits.parse().ok().filter(|_| is_file)
}

/// What is not as it was written in the log of the table in a folder, of all that there is a copy of. `is_kept_for_ever` says
/// whether the log may not give up files before its newest checkpoint.
///
/// # Errors
/// The folders cannot be read.
pub fn log_damage(root: &Path, is_kept_for_ever: bool) -> Result<Vec<LogDamage>> {
    let Some(copies) = LogCopies::of(root) else { return Ok(Vec::new()) };
    // Of a log that is gone as a whole, nothing was given up.
    let given_up_before = if is_kept_for_ever { 0 } else { copies.given_up_before().unwrap_or_default() };
    let mut found = copies.damage(0, hash_of_file)?;
    let is_given_up = |damage: &LogDamage| {
        let name = damage.file.file_name().unwrap_or_default().to_string_lossy();
        damage.is_missing && version_of(&name).is_some_and(|version| version < given_up_before)
    };
    found.retain(|damage| !is_given_up(damage));
    Ok(found)
}

/// Files before the newest checkpoint that this process found to be as they were written are not looked at again for so long.
/// Nothing is read from them meanwhile, and a program that loads all day would look at each file of a long log several times
/// in each round.
const SOUND_FOR: Duration = Duration::from_secs(60);

/// Refuses a table of whose log a file that readers need is not as it was written.
///
/// # Errors
/// There is such a file; it is named.
pub(crate) fn refuse_damaged_log(root: &Path) -> Result<()> {
    /// By table, when all of its log was looked at, and the newest checkpoint then.
    static SOUND: Mutex<BTreeMap<PathBuf, (Instant, u64)>> = Mutex::new(BTreeMap::new());
    let Some(copies) = LogCopies::of(root) else { return Ok(()) };
    let checkpoint = copies.newest_checkpoint();
    let sound = lock(&SOUND).get(root).filter(|(at, _)| at.elapsed() < SOUND_FOR).map(|(_, until)| *until);
    let needed_from = match sound {
        _ if !copies.is_a_memory => checkpoint,
        Some(sound_until) => sound_until.min(checkpoint),
        None => 0,
    };
    if let Some(first) = copies.damage(needed_from, known_hash)?.first() {
        return Err(Error::new(first).of_kind(Kind::Data).at(&first.file));
    }
    if needed_from == 0 {
        lock(&SOUND).insert(root.to_path_buf(), (Instant::now(), checkpoint));
    }
    Ok(())
}

/// Puts back, from their copies, the files of a log that are not as they were written. Gives how many.
///
/// # Errors
/// A file cannot be written.
pub fn repair_log(root: &Path) -> Result<usize> {
    let Some(copies) = LogCopies::of(root) else { return Ok(0) };
    opened_tables::forget(root);
    let mut repaired = 0;
    for damage in copies.damage(0, hash_of_file)? {
        let Some(copy) = &damage.copy else { continue };
        let name = damage.file.file_name().unwrap_or_default().to_string_lossy();
        // The log gave it up, or it is lost: with the file, the log is complete in both cases.
        let beside = copies.log.join(format!(".{name}.inprogress"));
        std::fs::create_dir_all(&copies.log).or_cannot_at("create the folder", &copies.log)?;
        std::fs::copy(copy, &beside).or_cannot_at("copy the file", copy)?;
        std::fs::rename(&beside, &damage.file).or_cannot_at("rename the file", &beside)?;
        repaired += 1;
    }
    Ok(repaired)
}

/// Whether there are copies of a log, although it is gone.
pub(crate) fn has_copies(root: &Path) -> bool {
    LogCopies::of(root).is_some_and(|copies| copies.known().is_ok_and(|known| !known.is_empty()))
}

/// Forgets the log of a table that is made from nothing.
///
/// # Errors
/// The folder cannot be removed.
pub fn forget_log_copies(root: &Path) -> Result<()> {
    match LogCopies::of(root) {
        Some(copies) if copies.folder.is_dir() => {
            std::fs::remove_dir_all(&copies.folder).or_cannot_at("remove the folder", &copies.folder)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_log() {
        assert_eq!(version_of("00000000000000000012.json"), Some(12));
        assert_eq!(version_of("00000000000000000099.checkpoint.parquet"), Some(99));
        assert_eq!(version_of("00000000000000000099.checkpoint.0000000001.0000000002.parquet"), Some(99));
        for other in
            ["_last_checkpoint", "00000000000000000012.json.tmp", ".json", "0000000000000000001x.json"]
        {
            assert_eq!(version_of(other), None, "{other}");
        }
    }
}
