//! What raw data is in the folder already, and whether this run may be added to it: `_ledger/generate.json`
//! records the arguments, so that data of different seeds, scales or settings is never mixed.

use crate::calendar::{iso, parse};
use crate::ledger::{self, Delivery};
use crate::lock;
use crate::plan::Window;
use crate::settings::Settings;
use crate::write::{OutputFile, cannot_write};
use ingot_core::error::{Context as _, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FILE: &str = "generate.json";

/// What makes a world what it is; windows of one world may join each other.
#[derive(Debug, Clone)]
pub(crate) struct World<'a> {
    pub(crate) seed: u64,
    pub(crate) scale: f64,
    pub(crate) settings: &'a Settings,
}

/// The file's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    seed: u64,
    scale: f64,
    /// Oldest first; each begins where the one before ends.
    windows: Vec<RecordedWindow>,
    late_share: f64,
    /// By feed and code.
    rates: BTreeMap<String, BTreeMap<String, f64>>,
    /// The last window is complete.
    complete: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct RecordedWindow {
    start_date: String,
    days: i32,
    late_days: i32,
}

/// What this run does to the folder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Situation {
    /// All windows, with this run's as the last.
    pub(crate) windows: Vec<Window>,
    /// The data in the folder is removed first.
    clear: bool,
}

impl Situation {
    pub(crate) fn delivery(&self) -> Delivery {
        let start = self.windows.last().map(|window| iso(window.start)).unwrap_or_default();
        Delivery { number: i32::try_from(self.windows.len()).unwrap_or(i32::MAX), start }
    }
}

/// Looks at the folder and changes nothing.
pub(crate) fn look(
    out: &Path,
    roots: &[String],
    world: &World<'_>,
    window: Window,
    force: bool,
) -> Result<Situation> {
    let alone = Situation { windows: vec![window], clear: true };
    let record = match read(out) {
        // --force replaces the data, so its record need not be readable.
        Err(_) if force => return Ok(alone),
        other => other?,
    };
    let Some(record) = record else {
        return match roots.iter().find(|root| out.join(root).exists()) {
            Some(root) if !force => {
                Err(Error::new(format!("{root} exists already, and ingot did not make it"))
                    .at(out)
                    .hint("name an empty folder with --out, or replace all feeds in this one with --force"))
            }
            _ => Ok(alone),
        };
    };
    let there = record
        .windows
        .iter()
        .map(|window| {
            let start = parse(&window.start_date)?;
            Ok(Window { start, days: window.days, late_days: window.late_days })
        })
        .collect::<Result<Vec<_>>>()
        .map_err(|error| error.context("reading what was generated").at(record_path(out)))?;
    let difference = record.difference(world);
    if let (None, Some((last, earlier))) = (&difference, there.split_last()) {
        if there == [window] {
            return Ok(alone);
        }
        // This very window once more, perhaps because it was cut off in the middle.
        if *last == window {
            return Ok(Situation { windows: [earlier, &[window]].concat(), clear: false });
        }
        if last.end() == window.start && record.complete {
            return Ok(Situation { windows: [&there[..], &[window]].concat(), clear: false });
        }
    }
    if force {
        return Ok(alone);
    }
    let (first, end) =
        there.first().zip(there.last()).map_or((0, 0), |(first, last)| (first.start, last.end()));
    let same_window = there.last().is_some_and(|last| (last.start, last.days) == (window.start, window.days));
    let (what, hint) = match difference {
        _ if !record.complete => (
            "of a run with other arguments that was cut off",
            format!("repeat it ({}), or start again with --force", record.arguments()),
        ),
        Some(Difference::SeedOrScale) => (
            "made with another seed, scale or settings",
            "use the same --seed and --scale, name another folder with --out, or replace everything with --force"
                .to_owned(),
        ),
        Some(Difference::Settings(which)) => (
            "made with another seed, scale or settings",
            format!(
                "{which}: use the settings that it was made with, name another folder with --out, or replace \
                 everything with --force"
            ),
        ),
        None if same_window => (
            "with other late orders",
            format!("repeat it as it was ({}), or replace everything with --force", record.arguments()),
        ),
        None => (
            "and this window does not begin where that ends",
            format!("begin the window on {}, or replace everything with --force", iso(end)),
        ),
    };
    Err(Error::new(format!(
        "the folder holds {} to {} of seed {}, scale {}, {what}",
        iso(first),
        iso(end - 1),
        record.seed,
        record.scale
    ))
    .at(out)
    .hint(hint))
}

enum Difference {
    SeedOrScale,
    /// Says which, and how.
    Settings(String),
}

impl Record {
    fn new(world: &World<'_>, windows: &[Window], complete: bool) -> Self {
        let mut rates: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
        for (anomaly, rate) in world.settings.rates.iter() {
            rates.entry(anomaly.feed.to_owned()).or_default().insert(anomaly.code.to_owned(), rate);
        }
        let windows = windows
            .iter()
            .map(|window| RecordedWindow {
                start_date: iso(window.start),
                days: window.days,
                late_days: window.late_days,
            })
            .collect();
        let late_share = world.settings.late_share;
        Self { seed: world.seed, scale: world.scale, windows, late_share, rates, complete }
    }

    fn difference(&self, world: &World<'_>) -> Option<Difference> {
        let now = Self::new(world, &[], true);
        if self.seed != now.seed || !same(self.scale, now.scale) {
            return Some(Difference::SeedOrScale);
        }
        if !same(self.late_share, now.late_share) {
            let which = format!("late_share was {} and is {} now", self.late_share, now.late_share);
            return Some(Difference::Settings(which));
        }
        for (feed, codes) in &now.rates {
            for (code, rate) in codes {
                let before = self.rates.get(feed).and_then(|codes| codes.get(code)).copied().unwrap_or(0.0);
                if !same(before, *rate) {
                    let which = format!("the rate of {code} in {feed} was {before} and is {rate} now");
                    return Some(Difference::Settings(which));
                }
            }
        }
        None
    }

    /// The arguments of the run that made the last window.
    fn arguments(&self) -> String {
        let Some(last) = self.windows.last() else { return String::new() };
        let mut text = format!(
            "--seed {} --scale {} --start-date {} --days {}",
            self.seed, self.scale, last.start_date, last.days
        );
        if last.late_days > 0 {
            text.push_str(&format!(" --late-days {}", last.late_days));
        }
        text
    }
}

/// Equal but for the last bit, which reading a number back from JSON may change.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs()) * 2.0
}

/// Clears the folder if need be, and records that a run has begun.
pub(crate) fn begin(out: &Path, roots: &[String], situation: &Situation, world: &World<'_>) -> Result<()> {
    let record = Record::new(world, &situation.windows, false);
    match write(out, &record) {
        Ok(()) if situation.clear => clear(out, roots),
        Err(_) if situation.clear => {
            // The disk may be full until the old data is removed. Without a record, nothing can join what is left if
            // this run is cut off too.
            remove(&record_path(out))?;
            clear(out, roots)?;
            write(out, &record)
        }
        other => other,
    }
}

fn clear(out: &Path, roots: &[String]) -> Result<()> {
    for path in roots.iter().map(|root| out.join(root)) {
        remove(&path)?;
    }
    for entry in std::fs::read_dir(out.join(ledger::FOLDER)).into_iter().flatten().flatten() {
        if entry.file_name() != FILE && entry.file_name() != lock::NAME {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Records that the run is complete.
pub(crate) fn finish(out: &Path, situation: &Situation, world: &World<'_>) -> Result<()> {
    write(out, &Record::new(world, &situation.windows, true))
}

fn record_path(out: &Path) -> PathBuf {
    out.join(ledger::FOLDER).join(FILE)
}

fn read(out: &Path) -> Result<Option<Record>> {
    let path = record_path(out);
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Error::new("cannot read what was generated before")
                .at(&path)
                .caused_by(error)
                .hint("replace everything with --force, or name another folder with --out; an older ingot may have made this one")
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Err(cannot_write(out, error)),
        Err(error) => Err(error).or_cannot_at("read what was generated before", &path),
    }
}

fn write(out: &Path, record: &Record) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(record).or_cannot("record what is generated")?;
    bytes.push(b'\n');
    let mut file = OutputFile::create(&record_path(out))?;
    file.write(&bytes)?;
    file.finish().map(drop)
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::new("cannot remove what was generated before")
                .at(path)
                .caused_by(error)
                .hint("close the programs that use it, then run this again"))
        }
        _ => Ok(()),
    }
}
