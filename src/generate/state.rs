//! What raw data is in the folder already, and whether this run may join it: `_ledger/generate.json`
//! remembers the arguments, so that two worlds are never mixed.

use super::calendar::{iso, parse};
use super::ledger;
use super::plan::Window;
use super::write::{OutputFile, cannot_write};
use crate::error::{Context as _, Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const FILE: &str = "generate.json";

/// The file's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    seed: u64,
    scale: f64,
    /// Oldest first; each begins where the one before ends.
    windows: Vec<RecordedWindow>,
    /// The last window is whole.
    complete: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct RecordedWindow {
    start_date: String,
    days: i32,
}

/// What this run does to the folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// All windows, with this run's as the last.
    pub windows: Vec<Window>,
    /// What is there goes first.
    clear: bool,
}

impl Situation {
    /// Name of the ledger's file: a later window has one of its own.
    pub fn ledger_file(&self) -> String {
        if self.windows.len() == 1 {
            return ledger::FILE.to_owned();
        }
        let start = self.windows.last().map(|window| iso(window.start)).unwrap_or_default();
        format!("ledger-{start}.parquet")
    }
}

/// Looks at the folder and changes nothing.
pub fn look(
    out: &Path,
    roots: &[String],
    seed: u64,
    scale: f64,
    window: Window,
    force: bool,
) -> Result<Situation> {
    let alone = Situation { windows: vec![window], clear: true };
    let Some(record) = read(out)? else {
        return match roots.iter().find(|root| out.join(root).exists()) {
            Some(root) if !force => {
                Err(Error::new(format!("{root} is there already, and ingot did not make it"))
                    .at(out)
                    .hint("name an empty folder with --out, or replace all feeds in this one with --force"))
            }
            _ => Ok(alone),
        };
    };
    let there = record
        .windows
        .iter()
        .map(|window| Ok(Window { start: parse(&window.start_date)?, days: window.days }))
        .collect::<Result<Vec<_>>>()
        .map_err(|error| error.context("reading what was generated").at(record_path(out)))?;
    let same_world = record.seed == seed && record.scale == scale;
    match there.split_last() {
        Some((last, earlier)) if same_world => {
            if there == [window] {
                return Ok(alone);
            }
            if *last == window && !record.complete {
                // Cut off in the middle of this very window: do it again.
                return Ok(Situation { windows: [earlier, &[window]].concat(), clear: false });
            }
            if last.end() == window.start && record.complete {
                return Ok(Situation { windows: [&there[..], &[window]].concat(), clear: false });
            }
        }
        _ => {}
    }
    if force {
        return Ok(alone);
    }
    let (first, end) =
        there.first().zip(there.last()).map_or((0, 0), |(first, last)| (first.start, last.end()));
    let hint = if !record.complete {
        "an earlier run was cut off: repeat it with the same arguments, or start anew with --force".to_owned()
    } else if same_world {
        format!("a later window must begin on {}; or replace everything with --force", iso(end))
    } else {
        "take the same --seed and --scale, another folder with --out, or replace everything with --force"
            .to_owned()
    };
    Err(Error::new(format!(
        "the folder holds {} to {} of seed {}, scale {}, which is another world",
        iso(first),
        iso(end - 1),
        record.seed,
        record.scale
    ))
    .at(out)
    .hint(hint))
}

/// Clears the folder if need be, and notes that a run is under way.
pub fn begin(out: &Path, roots: &[String], situation: &Situation, seed: u64, scale: f64) -> Result<()> {
    write(out, situation, seed, scale, false)?;
    if situation.clear {
        for path in roots.iter().map(|root| out.join(root)) {
            remove(&path)?;
        }
        for entry in std::fs::read_dir(out.join(ledger::FOLDER)).into_iter().flatten().flatten() {
            if entry.file_name() != FILE {
                remove(&entry.path())?;
            }
        }
    }
    Ok(())
}

/// Notes that the run is whole.
pub fn finish(out: &Path, situation: &Situation, seed: u64, scale: f64) -> Result<()> {
    write(out, situation, seed, scale, true)
}

fn record_path(out: &Path) -> PathBuf {
    out.join(ledger::FOLDER).join(FILE)
}

fn read(out: &Path) -> Result<Option<Record>> {
    let path = record_path(out);
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Error::new("what was generated before cannot be read")
                .at(&path)
                .caused_by(error)
                .hint("remove the folder of raw data, and generate it again")
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Err(cannot_write(out, error)),
        Err(error) => Err(error).doing_to("reading what was generated before", &path),
    }
}

fn write(out: &Path, situation: &Situation, seed: u64, scale: f64, complete: bool) -> Result<()> {
    let windows = situation
        .windows
        .iter()
        .map(|window| RecordedWindow { start_date: iso(window.start), days: window.days })
        .collect();
    let mut bytes = serde_json::to_vec_pretty(&Record { seed, scale, windows, complete })
        .doing("noting what is generated")?;
    bytes.push(b'\n');
    let mut file = OutputFile::create(&record_path(out))?;
    file.write(&bytes)?;
    file.finish().map(drop)
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::failed("cannot remove")
            .at(path)
            .caused_by(error)
            .hint("close what uses it, and run again")),
        _ => Ok(()),
    }
}
