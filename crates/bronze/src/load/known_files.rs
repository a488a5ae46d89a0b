//! Raw files whose content was hashed once, known again by what the file system says of them: so that a load reads what is
//! new, and not all that was ever delivered.
//!
//! A file is the same if its length, its times (of its content and of its entry), its number and its disk are. The time of the
//! entry cannot be set by programs, so a file that was replaced by one with the same length and date is noticed. A file that
//! changed a moment before it was hashed is not remembered: it may have changed again within the same tick of the clock.
//! (As git does it: <https://git-scm.com/docs/racy-git>.)
//!
//! The list is a file of the lake for each table, to which lines are added: stamp, path and hash, with tabs between them.
//! It may be lost at any time, and a line that is not whole is passed over: then files are read again.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The folder of the lists, in that of bronze.
const FOLDER: &str = ".raw-files";
/// The folder of the lists of objects in a bucket, which have a stamp of their own.
const OBJECTS: &str = ".raw-objects";
/// A file whose times are so near is not remembered. FAT keeps times in steps of two seconds.
const MOMENT: Duration = Duration::from_secs(3);
/// Lines that say nothing any more before the list is written anew, beside as many as say something.
const MOST_STALE: usize = 1000;

/// What is known of the raw files of a table.
pub(crate) struct KnownFiles {
    list: PathBuf,
    /// Stamp and hash, by path.
    files: HashMap<String, (String, String)>,
    lines: usize,
    /// Whether a kill left a line without its end.
    is_cut: bool,
    added: Vec<String>,
    /// What changed after this may have changed after it was read.
    settled: SystemTime,
}

impl KnownFiles {
    /// What is known of a table's files in a lake, at the beginning of a load.
    pub(super) fn of(lake: &Path, table: &str) -> Self {
        Self::listed(lake.join("bronze").join(FOLDER).join(table))
    }

    /// What is known of a table's objects in a bucket.
    pub(crate) fn of_objects(lake: &Path, table: &str) -> Self {
        Self::listed(lake.join("bronze").join(OBJECTS).join(table))
    }

    fn listed(list: PathBuf) -> Self {
        let text = std::fs::read_to_string(&list).unwrap_or_default();
        let mut files = HashMap::new();
        let mut lines = 0;
        for line in text.split_inclusive('\n') {
            lines += 1;
            if let Some([stamp, path, hash]) = parts_of(line) {
                files.insert(path.to_owned(), (stamp.to_owned(), hash.to_owned()));
            }
        }
        let settled = SystemTime::now().checked_sub(MOMENT).unwrap_or(UNIX_EPOCH);
        let is_cut = !text.is_empty() && !text.ends_with('\n');
        Self { list, files, lines, is_cut, added: Vec::new(), settled }
    }

    /// Whether the file that is found at a path is one whose content had this hash. `false` says nothing.
    pub(super) fn has(&self, path: &str, found: &Metadata, hash: &str) -> bool {
        self.has_stamp(path, &stamp_of(found), hash)
    }

    /// The same for a stamp that is known otherwise.
    pub(crate) fn has_stamp(&self, path: &str, stamp: &str, hash: &str) -> bool {
        self.files.get(path).is_some_and(|(known_stamp, known)| known == hash && known_stamp == stamp)
    }

    /// Remembers that the content of a file, read during this load, has this hash.
    pub(super) fn remember(&mut self, path: &str, found: &Metadata, hash: &str) {
        let changed = newest_time(found).is_none_or(|time| time > self.settled);
        if !changed {
            self.remember_stamp(path, stamp_of(found), hash);
        }
    }

    /// The same for a stamp that is known otherwise.
    pub(crate) fn remember_stamp(&mut self, path: &str, stamp: String, hash: &str) {
        if path.contains(['\t', '\n', '\r']) {
            return;
        }
        self.added.push(line(&stamp, path, hash));
        self.files.insert(path.to_owned(), (stamp, hash.to_owned()));
    }

    /// Keeps what was added. A list that cannot be written only costs time, so errors are ignored.
    pub(crate) fn save(self) {
        if self.added.is_empty() {
            return;
        }
        let stale = (self.lines + self.added.len()).saturating_sub(self.files.len());
        let _ = if stale > self.files.len() + MOST_STALE { self.write_anew() } else { self.append() };
    }

    fn append(&self) -> std::io::Result<()> {
        if let Some(folder) = self.list.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut list = std::fs::File::options().create(true).append(true).open(&self.list)?;
        let first = if self.is_cut { "\n" } else { "" };
        list.write_all(format!("{first}{}", self.added.concat()).as_bytes())
    }

    fn write_anew(&self) -> std::io::Result<()> {
        let lines = self.files.iter().map(|(path, (stamp, hash))| line(stamp, path, hash));
        let beside = self.list.with_extension(format!("{}.inprogress", std::process::id()));
        std::fs::write(&beside, lines.collect::<String>())?;
        std::fs::rename(&beside, &self.list)
    }
}

/// A line of the list.
fn line(stamp: &str, path: &str, hash: &str) -> String {
    format!("{stamp}\t{path}\t{hash}\n")
}

/// The stamp, path and hash of a line; `None` if it is not whole.
fn parts_of(line: &str) -> Option<[&str; 3]> {
    let mut parts = line.strip_suffix('\n')?.split('\t');
    let found = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && !found[2].is_empty()).then_some(found)
}

/// The stamp of a file that has not changed for a moment, so that a change from now on gives it another; `None` if it may.
pub(crate) fn settled_stamp(found: &Metadata) -> Option<String> {
    let settled = SystemTime::now().checked_sub(MOMENT)?;
    (newest_time(found)? <= settled).then(|| stamp_of(found))
}

/// What tells that a file is another one, or has another content.
fn stamp_of(found: &Metadata) -> String {
    let modified = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified = modified.unwrap_or_default().as_nanos();
    let (entry, number, disk) = of_entry(found);
    format!("{} {modified} {entry} {number} {disk}", found.len())
}

/// When a file changed last, as far as it is known.
fn newest_time(found: &Metadata) -> Option<SystemTime> {
    let modified = found.modified().ok()?;
    let entry = u64::try_from(of_entry(found).0 / 1_000_000_000).ok()?;
    Some(modified.max(UNIX_EPOCH + Duration::from_secs(entry)))
}

/// When a file's entry changed last (nanoseconds since 1970), its number, and that of its disk.
#[cfg(unix)]
fn of_entry(found: &Metadata) -> (i128, u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    let time = i128::from(found.ctime()) * 1_000_000_000 + i128::from(found.ctime_nsec());
    (time, found.ino(), found.dev())
}

#[cfg(not(unix))]
fn of_entry(_found: &Metadata) -> (i128, u64, u64) {
    (0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Much later than the file was written.
    fn later(mut known: KnownFiles) -> KnownFiles {
        known.settled = SystemTime::now() + Duration::from_secs(60);
        known
    }

    #[test]
    fn a_file_is_known_until_anything_about_it_changes() {
        let lake = tempfile::tempdir().unwrap();
        let file = lake.path().join("a.csv");
        std::fs::write(&file, "a,b\n1,2\n").unwrap();
        let found = || std::fs::metadata(&file).unwrap();
        let mut known = later(KnownFiles::of(lake.path(), "t"));
        known.remember("day=1/a.csv", &found(), "h1");
        known.save();
        let known = || KnownFiles::of(lake.path(), "t");
        assert!(known().has("day=1/a.csv", &found(), "h1"));
        assert!(!known().has("day=1/a.csv", &found(), "h2"), "another content was loaded");
        assert!(!known().has("day=2/a.csv", &found(), "h1"));

        let time = found().modified().unwrap();
        std::fs::write(&file, "a,b\n1,3\n").unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        let is_known = known().has("day=1/a.csv", &found(), "h1");
        assert_eq!(is_known, cfg!(not(unix)), "length and date are as before, but not the time of the entry");
    }

    #[test]
    fn what_changed_a_moment_ago_is_not_remembered() {
        let lake = tempfile::tempdir().unwrap();
        let file = lake.path().join("a.csv");
        std::fs::write(&file, "a").unwrap();
        let mut known = KnownFiles::of(lake.path(), "t");
        known.remember("a.csv", &std::fs::metadata(&file).unwrap(), "h");
        known.save();
        assert!(!lake.path().join("bronze").exists());
    }

    #[test]
    fn a_cut_list_loses_a_line_and_a_long_one_is_written_anew() {
        let lake = tempfile::tempdir().unwrap();
        let file = lake.path().join("a.csv");
        std::fs::write(&file, "a").unwrap();
        let found = std::fs::metadata(&file).unwrap();
        let remember = |paths: &[&str]| {
            let mut known = later(KnownFiles::of(lake.path(), "t"));
            paths.iter().for_each(|path| known.remember(path, &found, "h"));
            known.save();
        };
        let list = lake.path().join("bronze/.raw-files/t");
        remember(&["a", "b", "tab\there"]);
        let text = std::fs::read_to_string(&list).unwrap();
        std::fs::write(&list, &text[..text.len() - 2]).unwrap();
        remember(&["c"]);
        let known = KnownFiles::of(lake.path(), "t");
        assert!(known.has("a", &found, "h") && known.has("c", &found, "h") && !known.has("b", &found, "h"));
        let many = vec!["a"; 3 * MOST_STALE];
        remember(&many);
        assert_eq!(std::fs::read_to_string(&list).unwrap().lines().count(), 2);
        assert!(KnownFiles::of(lake.path(), "t").has("c", &found, "h"));
    }
}
