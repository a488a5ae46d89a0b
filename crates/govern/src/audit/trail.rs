//! The files of the trail, and how a line is added so that neither two commands at once nor a kill can spoil it.
//!
//! ```text
//! audit/2026-11.jsonl   the lines that were begun in this month, the newest at the end
//! audit/.last-line      the newest line, written before it is added: what a kill cut off is completed from it
//! audit/.open/          a file for each command that has begun
//! audit/.lock           held while a line is added
//! target/audit-head.json   number and hash of the newest line: a trail whose end was cut does not know it
//! ```

use super::entry::{Entry, NOTHING_BEFORE, hash_of};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::project::Project;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Bytes of a file that are read for its last line, at first.
const TAIL: u64 = 16 << 10;

/// Where the trail of a project is.
#[derive(Debug, Clone)]
pub struct Trail {
    folder: PathBuf,
    head: PathBuf,
}

/// The right to add a line.
pub(crate) struct Held {
    _lock: File,
}

/// The newest line of a trail: how many there are, and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) number: u64,
    pub(crate) sha256: String,
}

/// A line as it is in a file.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) file: PathBuf,
    /// 1-based.
    pub(crate) line: usize,
    pub(crate) bytes: Vec<u8>,
    /// Whether it ends with a line break.
    pub(crate) is_complete: bool,
}

/// How the files end.
#[derive(Debug, Default)]
struct End {
    newest: Option<PathBuf>,
    /// The last line that ends with a line break, without it.
    last: Option<Vec<u8>>,
    /// What is after it.
    rest: Vec<u8>,
}

impl Trail {
    pub fn of(project: &Project) -> Self {
        Self { folder: project.root().join("audit"), head: project.target().join("audit-head.json") }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn head_file(&self) -> &Path {
        &self.head
    }

    pub(crate) fn last_line_file(&self) -> PathBuf {
        self.folder.join(".last-line")
    }

    pub(crate) fn open_folder(&self) -> PathBuf {
        self.folder.join(".open")
    }

    /// Waits for the right to add a line. Commands need it for some milliseconds.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn hold(&self) -> Result<Held> {
        let cannot = |error| {
            Error::new("cannot write to the audit trail").at(&self.folder).caused_by(error).hint(
                "make the folder writable: a command that changes something and cannot be recorded does not begin",
            )
        };
        std::fs::create_dir_all(self.open_folder()).map_err(cannot)?;
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.folder.join(".lock"))
            .map_err(cannot)?;
        lock.lock().map_err(cannot)?;
        // The files of the trail may be out of reach although the folder is not.
        if let Some(newest) = self.files()?.pop() {
            File::options().append(true).open(newest).map_err(cannot)?;
        }
        Ok(Held { _lock: lock })
    }

    /// Adds the entry that `make` gives for a number and the hash of the line before.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn add(&self, _held: &Held, make: impl FnOnce(u64, String) -> Entry) -> Result<()> {
        let end = self.completed_end()?;
        let (number, previous) = match &end.last {
            Some(last) => (self.number_of(last)? + 1, hash_of(last)),
            None => (1, NOTHING_BEFORE.to_owned()),
        };
        let entry = make(number, previous);
        let line = entry.line()?;
        let written = write_durably(&self.last_line_file(), &line);
        written.or_cannot_at("write to the audit trail", &self.folder)?;
        // A clock that was put back does not make an older file the newest one.
        let of_month = self.folder.join(format!("{}.jsonl", entry.started.get(..7).unwrap_or("0000-00")));
        let file = end.newest.into_iter().chain([of_month]).max().unwrap_or_default();
        append_durably(&file, &line).or_cannot_at("write to the audit trail", &file)?;
        let head = Head { number, sha256: hash_of(line.trim_ascii_end()) };
        // Without its copy the trail is as good; `ingot audit verify` says that there is none.
        let _ = self.keep_head(&head);
        Ok(())
    }

    fn keep_head(&self, head: &Head) -> std::io::Result<()> {
        let folder = self.head.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder)?;
        let beside = folder.join(".audit-head.inprogress");
        std::fs::write(&beside, serde_json::to_vec(head)?)?;
        std::fs::rename(&beside, &self.head)
    }

    /// The end of the trail. A line that a kill has cut is completed; what cannot be explained so is closed as a line of
    /// its own, because nothing is ever taken out of a trail, and `ingot audit verify` finds it.
    fn completed_end(&self) -> Result<End> {
        let mut end = self.end()?;
        let waiting = self.waiting_line(&end)?;
        let file = match (&end.newest, &waiting) {
            (Some(newest), _) if !end.rest.is_empty() => newest.clone(),
            (_, Some((_, entry))) => {
                let month = entry.started.get(..7).unwrap_or("0000-00");
                let of_month = self.folder.join(format!("{month}.jsonl"));
                end.newest.iter().cloned().chain([of_month]).max().unwrap_or_default()
            }
            _ => return Ok(end),
        };
        let missing = match &waiting {
            Some((line, _)) => [&line[end.rest.len()..], b"\n"].concat(),
            None => b"\n".to_vec(),
        };
        append_durably(&file, &missing).or_cannot_at("write to the audit trail", &file)?;
        end.last = Some(waiting.map_or_else(|| std::mem::take(&mut end.rest), |(line, _)| line));
        end.newest = Some(file);
        end.rest.clear();
        Ok(end)
    }

    /// The line that was about to be added when its command was killed: it follows the last complete line, and begins with
    /// what there is of it.
    fn waiting_line(&self, end: &End) -> Result<Option<(Vec<u8>, Entry)>> {
        let Some((line, entry)) = self.last_line() else { return Ok(None) };
        let (number, previous) = match &end.last {
            Some(last) => (self.number_of(last)?, hash_of(last)),
            None => (0, NOTHING_BEFORE.to_owned()),
        };
        let follows = entry.number == number + 1 && entry.previous == previous;
        Ok((follows && line.starts_with(&end.rest)).then_some((line, entry)))
    }

    /// The newest line as it was before it was added, without its line break; none if it was not written completely.
    pub(crate) fn last_line(&self) -> Option<(Vec<u8>, Entry)> {
        let bytes = std::fs::read(self.last_line_file()).ok()?;
        let line = bytes.strip_suffix(b"\n")?.to_vec();
        let entry = serde_json::from_slice(&line).ok()?;
        Some((line, entry))
    }

    /// What the copy of the newest line's number and hash says.
    pub(crate) fn head(&self) -> Option<Head> {
        serde_json::from_slice(&std::fs::read(&self.head).ok()?).ok()
    }

    /// The number of a line; of one that was damaged, its place in the trail.
    fn number_of(&self, line: &[u8]) -> Result<u64> {
        match serde_json::from_slice::<Entry>(line) {
            Ok(entry) => Ok(entry.number),
            Err(_) => Ok(self.lines()?.iter().filter(|line| line.is_complete).count() as u64),
        }
    }

    fn end(&self) -> Result<End> {
        let mut end = End::default();
        for file in self.files()?.into_iter().rev() {
            let (last, rest) = tail(&file).or_cannot_at("read the audit trail", &file)?;
            if end.newest.is_none() {
                end.newest = Some(file);
                end.rest = rest;
            }
            if last.is_some() {
                end.last = last;
                break;
            }
        }
        Ok(end)
    }

    /// The files of the trail, the oldest first.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder).or_cannot_at("list the folder", &self.folder)? {
            let path = entry.or_cannot_at("list the folder", &self.folder)?.path();
            let is_of_month = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
                name.strip_suffix(".jsonl").is_some_and(|month| {
                    month.len() == 7 && month.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
                })
            });
            if is_of_month {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// All lines, the oldest first.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn lines(&self) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        for file in self.files()? {
            let bytes = std::fs::read(&file).or_cannot_at("read the audit trail", &file)?;
            for (index, text) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
                let is_complete = text.ends_with(b"\n");
                let bytes = text.strip_suffix(b"\n").unwrap_or(text).to_vec();
                lines.push(Line { file: file.clone(), line: index + 1, bytes, is_complete });
            }
        }
        Ok(lines)
    }
}

/// The last complete line of a file, and what is after it.
fn tail(path: &Path) -> std::io::Result<(Option<Vec<u8>>, Vec<u8>)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut wanted = TAIL;
    loop {
        let start = length.saturating_sub(wanted);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let end = bytes.iter().rposition(|byte| *byte == b'\n');
        let begin = end.and_then(|end| bytes[..end].iter().rposition(|byte| *byte == b'\n'));
        match (end, begin) {
            (Some(end), Some(begin)) => {
                return Ok((Some(bytes[begin + 1..end].to_vec()), bytes[end + 1..].to_vec()));
            }
            (Some(end), None) if start == 0 => {
                return Ok((Some(bytes[..end].to_vec()), bytes[end + 1..].to_vec()));
            }
            (None, _) if start == 0 => return Ok((None, bytes)),
            _ => wanted = wanted.saturating_mul(8),
        }
    }
}

fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

fn append_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}
