//! Lines to files. Lines are on the disk when they are acknowledged, and in the feed's folder when their file is ended:
//! until then it is in a hidden folder beside the feeds, from where it is renamed into its place in one step.
//!
//! A file that a killed receiver left is ended by the next one. Receivers of one feed do not disturb each other: who writes a
//! file keeps it locked.

use super::place::Place;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::make_durable;
use jiff::Timestamp;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The folder of files that are being written, below the raw folder. No contract looks into it.
const FOLDER: &str = ".landing";
const UNFINISHED: &str = "inprogress";
/// Bytes that are read at once to find the end of the last line.
const BLOCK: u64 = 64 << 10;

/// When a file is ended: whichever comes first.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    pub bytes: u64,
    pub age: Duration,
}

/// The files that a receiver writes.
#[derive(Debug)]
pub struct Spool {
    raw: PathBuf,
    place: Place,
    rotation: Rotation,
    open: Option<OpenFile>,
    /// Lines that are not on the disk yet.
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    path: PathBuf,
    name: String,
    /// Bytes that are on the disk.
    bytes: u64,
    begun: Instant,
}

impl Spool {
    /// Ends the files that killed receivers of the feed left.
    ///
    /// # Errors
    /// The raw folder cannot be written.
    pub fn open(raw: &Path, place: Place, rotation: Rotation) -> Result<Self> {
        let spool = Self { raw: raw.to_path_buf(), place, rotation, open: None, buffer: Vec::new() };
        let folder = spool.folder();
        std::fs::create_dir_all(&folder).or_cannot_at("create the folder", &folder)?;
        spool.end_leftovers()?;
        Ok(spool)
    }

    /// Takes a line, which is not on the disk yet.
    pub(super) fn add(&mut self, line: &[u8]) {
        self.buffer.extend_from_slice(line);
        self.buffer.push(b'\n');
    }

    /// Bytes that are not on the disk yet.
    pub(super) fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Forgets the lines that are not on the disk.
    pub(super) fn forget(&mut self) {
        self.buffer.clear();
    }

    /// Brings all lines to the disk.
    ///
    /// # Errors
    /// The disk does not take them, for instance because it is full. None of them is in a file then, and they are kept for
    /// another attempt.
    pub(super) fn sync(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        match open.write(&self.buffer, &self.raw) {
            Ok(()) => {
                self.buffer.clear();
                self.open = Some(open);
                Ok(())
            }
            Err(error) => {
                // What is on the disk is ended; half a line is not left behind it.
                let cut = open.file.set_len(open.bytes);
                if cut.is_ok() {
                    self.open = Some(open);
                }
                Err(error)
            }
        }
    }

    /// Ends the file if it is large or old enough, or if what comes now belongs to another day. Gives whether it did.
    ///
    /// # Errors
    /// The file cannot be renamed. It stays, and is ended later.
    pub(super) fn rotate(&mut self) -> Result<bool> {
        let Some(open) = &self.open else { return Ok(false) };
        let is_due = open.bytes >= self.rotation.bytes
            || open.begun.elapsed() >= self.rotation.age
            || self.place.has_moved(&open.name, Timestamp::now());
        if is_due { self.end().map(|()| true) } else { Ok(false) }
    }

    /// Ends the file that is being written.
    ///
    /// # Errors
    /// As [`Spool::rotate`].
    pub(super) fn end(&mut self) -> Result<()> {
        let Some(open) = &self.open else { return Ok(()) };
        self.put_into_place(&open.path, &open.name)?;
        self.open = None;
        Ok(())
    }

    /// How long until the file is old enough.
    pub(super) fn rest(&self) -> Option<Duration> {
        self.open.as_ref().map(|open| self.rotation.age.saturating_sub(open.begun.elapsed()))
    }

    fn folder(&self) -> PathBuf {
        self.raw.join(FOLDER).join(self.place.feed())
    }

    fn begin(&mut self) -> Result<OpenFile> {
        let name = Place::new_name(Timestamp::now());
        let folder = self.folder();
        std::fs::create_dir_all(&folder).or_cannot_at("create the folder", &folder)?;
        let path = folder.join(format!("{name}.{UNFINISHED}"));
        let file = File::options()
            .write(true)
            .create_new(true)
            .open(&path)
            .or_cannot_at("create the file", &path)?;
        file.try_lock().or_cannot_at("lock the file", &path)?;
        Ok(OpenFile { file, path, name, bytes: 0, begun: Instant::now() })
    }

    fn put_into_place(&self, path: &Path, name: &str) -> Result<()> {
        let target = self.raw.join(self.place.path(name));
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        }
        if target.exists() {
            return Err(Error::new("a file with the name of a new one is there already")
                .at(&target)
                .hint("move it away: its rows and the new ones are kept"));
        }
        std::fs::rename(path, &target).or_cannot_at("rename the file", path)?;
        make_durable(&[target], &self.raw)
    }

    /// Files whose receiver is gone: what is complete of them goes to its place.
    fn end_leftovers(&self) -> Result<()> {
        let folder = self.folder();
        for entry in std::fs::read_dir(&folder).or_cannot_at("list the folder", &folder)? {
            let path = entry.or_cannot_at("list the folder", &folder)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some(name) = name.strip_suffix(UNFINISHED).and_then(|name| name.strip_suffix('.')) else {
                continue;
            };
            let opened = File::options().read(true).write(true).open(&path);
            let mut file = match opened {
                // Another receiver has ended it.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                opened => opened.or_cannot_at("open the file", &path)?,
            };
            if file.try_lock().is_err() {
                continue;
            }
            match end_of_last_line(&mut file).or_cannot_at("read the file", &path)? {
                0 => std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?,
                end => {
                    file.set_len(end).or_cannot_at("cut the file", &path)?;
                    file.sync_all().or_cannot_at("flush the file", &path)?;
                    self.put_into_place(&path, name)?;
                }
            }
        }
        Ok(())
    }
}

impl OpenFile {
    fn write(&mut self, lines: &[u8], raw: &Path) -> Result<()> {
        self.file.seek(SeekFrom::Start(self.bytes)).or_cannot_at("write to the file", &self.path)?;
        self.file.write_all(lines).or_cannot_at("write to the file", &self.path)?;
        match self.bytes {
            // Its name has to outlast a power cut as well.
            0 => make_durable(std::slice::from_ref(&self.path), raw)?,
            _ => self.file.sync_data().or_cannot_at("flush the file to the disk", &self.path)?,
        }
        self.bytes += lines.len() as u64;
        Ok(())
    }
}

/// The number of bytes up to the end of the last complete line.
fn end_of_last_line(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.metadata()?.len();
    while end > 0 {
        let begin = end.saturating_sub(BLOCK);
        let mut block = vec![0; (end - begin) as usize];
        file.seek(SeekFrom::Start(begin))?;
        file.read_exact(&mut block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + at as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::super::place::tests::contract;
    use super::*;
    use std::collections::BTreeMap;

    const LONG: Rotation = Rotation { bytes: u64::MAX, age: Duration::from_secs(3600) };

    fn spool(raw: &Path, rotation: Rotation) -> Spool {
        let place = Place::of(&contract("a/day={day}/*.jsonl", "jsonl"), BTreeMap::new()).unwrap();
        Spool::open(raw, place, rotation).unwrap()
    }

    /// The files in the feed's folders, and their contents.
    fn landed(raw: &Path) -> Vec<String> {
        let contract = contract("a/day={day}/*.jsonl", "jsonl");
        let files = contract.raw_files(raw).unwrap();
        files.iter().map(|file| std::fs::read_to_string(&file.path).unwrap()).collect()
    }

    fn unfinished(raw: &Path) -> Vec<PathBuf> {
        std::fs::read_dir(raw.join(".landing/a")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn lines_are_on_the_disk_before_and_in_the_feed_after_the_end_of_their_file() {
        let raw = tempfile::tempdir().unwrap();
        let mut spool = spool(raw.path(), LONG);
        spool.add(b"{\"id\":1}");
        assert_eq!(spool.pending(), 9);
        spool.sync().unwrap();
        spool.add(b"{\"id\":2}");
        spool.sync().unwrap();
        assert!(!spool.rotate().unwrap());
        assert_eq!(landed(raw.path()), Vec::<String>::new());
        let path = unfinished(raw.path()).remove(0);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"id\":1}\n{\"id\":2}\n");
        spool.end().unwrap();
        assert_eq!(landed(raw.path()), ["{\"id\":1}\n{\"id\":2}\n"]);
        assert!(unfinished(raw.path()).is_empty());
    }

    #[test]
    fn files_end_by_size_and_by_age() {
        for rotation in [Rotation { bytes: 9, ..LONG }, Rotation { age: Duration::ZERO, ..LONG }] {
            let raw = tempfile::tempdir().unwrap();
            let mut spool = spool(raw.path(), rotation);
            for _ in 0..3 {
                spool.add(b"{\"id\":1}");
                spool.sync().unwrap();
                assert!(spool.rotate().unwrap());
                assert!(!spool.rotate().unwrap(), "there is nothing to end");
            }
            assert_eq!(landed(raw.path()).len(), 3);
        }
    }

    #[test]
    fn what_a_killed_receiver_left_is_ended_without_half_a_line() {
        let raw = tempfile::tempdir().unwrap();
        let folder = raw.path().join(".landing/a");
        std::fs::create_dir_all(&folder).unwrap();
        let long = format!("{{\"id\":1}}\n{}", "x".repeat(3 * BLOCK as usize));
        for (name, text) in
            [("20260102T030405000-9-0", long.as_str()), ("20260103T000000000-9-1", "{\"id\":")]
        {
            std::fs::write(folder.join(format!("{name}.inprogress")), text).unwrap();
        }
        let living = spool(raw.path(), LONG);
        assert_eq!(landed(raw.path()), ["{\"id\":1}\n"]);
        assert!(raw.path().join("a/day=2026-01-02/20260102T030405000-9-0.jsonl").is_file());
        assert!(unfinished(raw.path()).is_empty());
        drop(living);
    }

    #[test]
    fn the_file_of_a_living_receiver_is_left_to_it() {
        let raw = tempfile::tempdir().unwrap();
        let mut one = spool(raw.path(), LONG);
        one.add(b"{\"id\":1}");
        one.sync().unwrap();
        let mut other = spool(raw.path(), LONG);
        assert_eq!(unfinished(raw.path()).len(), 1);
        other.add(b"{\"id\":2}");
        other.sync().unwrap();
        one.end().unwrap();
        other.end().unwrap();
        assert_eq!(landed(raw.path()).concat(), "{\"id\":1}\n{\"id\":2}\n");
    }

    #[test]
    fn lines_that_the_disk_does_not_take_are_kept_for_another_attempt() {
        let raw = tempfile::tempdir().unwrap();
        let mut spool = spool(raw.path(), LONG);
        // A file in the place of the folder: nothing can be made in it, whoever runs the test.
        std::fs::remove_dir_all(raw.path().join(".landing")).unwrap();
        std::fs::write(raw.path().join(".landing"), "").unwrap();
        spool.add(b"{\"id\":1}");
        assert!(spool.sync().is_err());
        assert_eq!(spool.pending(), 9);
        std::fs::remove_file(raw.path().join(".landing")).unwrap();
        spool.sync().unwrap();
        spool.end().unwrap();
        assert_eq!(landed(raw.path()), ["{\"id\":1}\n"]);
    }
}
