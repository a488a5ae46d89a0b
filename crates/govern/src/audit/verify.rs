//! Whether the trail is as it was written.
//!
//! A line that was changed, taken out or put elsewhere no longer fits the hash in the line after it. A trail whose end was
//! cut fits, so the newest line is known in other places too: its copy in the folder, its number and hash in `target`, and
//! the history of runs, which names the entry of each run. Whoever can write to all of them can make a trail anew; against
//! that helps a head that is kept where they cannot write.

use super::entry::{Entry, NOTHING_BEFORE, hash_of};
use super::trail::{Head, Line, Trail};
use ingot_core::error::{Error, Result};
use ingot_core::report::Table;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;
use std::str::FromStr;

/// The newest line of a trail at some time, as somebody has noted it: `12:3f6c…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownHead(Head);

impl FromStr for KnownHead {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(number, sha256)| {
            let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            let head = Head { number: number.parse().ok()?, sha256: sha256.to_ascii_lowercase() };
            is_hash.then_some(Self(head))
        });
        parsed.ok_or_else(|| "must be NUMBER:SHA256, as `ingot audit verify` prints it".to_owned())
    }
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `audit/2026-11.jsonl:12`, or what else shows it.
    pub place: String,
    pub what: String,
}

/// What a verification found.
#[derive(Debug, Clone)]
pub struct Verified {
    pub findings: Vec<Finding>,
    /// What is worth knowing and no damage.
    pub notes: Vec<String>,
    pub entries: u64,
    head: Option<Head>,
}

impl Verified {
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// The head to note elsewhere, for a later `--head`.
    pub fn head(&self) -> Option<String> {
        self.head.as_ref().map(|head| format!("{}:{}", head.number, head.sha256))
    }

    pub fn table(&self) -> Table {
        Table {
            title: "what is not as it was written".to_owned(),
            headers: ["where", "what"].map(str::to_owned).to_vec(),
            rows: self.findings.iter().map(|one| vec![one.place.clone(), one.what.clone()]).collect(),
        }
    }

    pub fn json(&self) -> Value {
        let findings: Vec<Value> =
            self.findings.iter().map(|one| json!({"where": one.place, "what": one.what})).collect();
        json!({
            "intact": self.is_intact(), "entries": self.entries, "head": self.head(), "findings": findings,
            "notes": self.notes,
        })
    }
}

impl Trail {
    /// Compares the trail with itself and with all that is known of it elsewhere.
    ///
    /// # Errors
    /// There is no trail, or a file cannot be read.
    pub fn verify(&self, lake: &Path, known: Option<&KnownHead>) -> Result<Verified> {
        let lines = self.lines()?;
        if lines.is_empty() && self.last_line().is_none() && self.head().is_none() && known.is_none() {
            return Err(Error::new("there is no audit trail yet").at(self.folder()).hint(
                "it begins with the first command that changes something, such as `ingot load-bronze`",
            ));
        }
        let mut check = Check { trail: self, findings: Vec::new(), notes: Vec::new() };
        let complete = check.chain(&lines);
        check.ends(&lines, known);
        check.runs(&lines, lake)?;
        let head =
            complete.last().map(|(line, entry)| Head { number: entry.number, sha256: hash_of(&line.bytes) });
        Ok(Verified { findings: check.findings, notes: check.notes, entries: complete.len() as u64, head })
    }
}

struct Check<'t> {
    trail: &'t Trail,
    findings: Vec<Finding>,
    notes: Vec<String>,
}

impl Check<'_> {
    fn find(&mut self, place: String, what: impl Into<String>) {
        self.findings.push(Finding { place, what: what.into() });
    }

    /// Each line against the one before. Gives the lines that can be read.
    fn chain<'l>(&mut self, lines: &'l [Line]) -> Vec<(&'l Line, Entry)> {
        let mut readable = Vec::new();
        // Number and hash of the line before.
        let (mut number, mut previous) = (0, NOTHING_BEFORE.to_owned());
        for line in lines.iter().filter(|line| line.is_complete) {
            let place = place(line);
            match serde_json::from_slice::<Entry>(&line.bytes) {
                Err(error) => {
                    self.find(place, format!("the line is not an entry: it was changed ({error})"));
                    number += 1;
                }
                Ok(entry) => {
                    if entry.number != number + 1 {
                        let what = match entry.number.cmp(&(number + 1)) {
                            std::cmp::Ordering::Greater => {
                                format!(
                                    "entries {} to {} are missing before it",
                                    number + 1,
                                    entry.number - 1
                                )
                            }
                            _ => format!(
                                "entry {} is after entry {number}: lines were moved or repeated",
                                entry.number
                            ),
                        };
                        self.find(place, what);
                    } else if entry.previous != previous {
                        let what = match number {
                            0 => "the first entry names a line before it".to_owned(),
                            _ => format!(
                                "entry {number}, before it, is not as it was when this one was written"
                            ),
                        };
                        self.find(place, what);
                    }
                    number = entry.number;
                    readable.push((line, entry));
                }
            }
            previous = hash_of(&line.bytes);
        }
        readable
    }

    /// What other places know of the newest line.
    fn ends(&mut self, lines: &[Line], known: Option<&KnownHead>) {
        let count = lines.iter().filter(|line| line.is_complete).count() as u64;
        let rest = lines.last().filter(|line| !line.is_complete);
        let mut is_explained = false;
        let waiting = self.trail.last_line();
        if let Some((copy, entry)) = &waiting {
            let shown = shown(&self.trail.last_line_file());
            let last = lines.iter().rfind(|line| line.is_complete);
            let follows = entry.number == count + 1
                && entry.previous
                    == last.map_or_else(|| NOTHING_BEFORE.to_owned(), |last| hash_of(&last.bytes));
            if let Some(line) = line_of(lines, entry.number) {
                if line.bytes != *copy {
                    self.find(place(line), format!("entry {} is not as in {shown}", entry.number));
                } else if entry.number < count {
                    self.find(shown, format!("it is of entry {}, and the trail has {count}", entry.number));
                }
            } else if follows && rest.is_none_or(|rest| copy.starts_with(&rest.bytes)) {
                // Nobody but the killed command knows the line, unless the head does.
                is_explained = true;
                if self.trail.head().is_none_or(|head| head.number <= count) {
                    self.notes.push(format!(
                        "a command was killed while it added entry {}; the next command completes it",
                        entry.number
                    ));
                }
            } else {
                self.find(
                    shown,
                    format!(
                        "it is of entry {}, and the trail ends with {count}: its end was cut",
                        entry.number
                    ),
                );
            }
        }
        if let Some(rest) = rest.filter(|_| !is_explained) {
            self.find(place(rest), "the line is not complete");
        }
        let in_target = self.trail.head();
        if in_target.is_none() && count > 0 {
            self.notes.push(format!(
                "{} is not there, so a cut end is found by the history of runs only",
                shown(self.trail.head_file())
            ));
        }
        let heads = in_target.map(|head| (shown(self.trail.head_file()), head));
        for (of, head) in heads.into_iter().chain(known.map(|known| ("--head".to_owned(), known.0.clone()))) {
            match line_of(lines, head.number) {
                None if head.number > 0 => {
                    self.find(
                        of,
                        format!(
                            "it knows entry {}, and the trail ends with {count}: its end was cut",
                            head.number
                        ),
                    );
                }
                Some(line) if hash_of(&line.bytes) != head.sha256 => {
                    self.find(place(line), format!("entry {} is not as {of} knows it", head.number));
                }
                _ => {}
            }
        }
    }

    /// The entries that the history of runs names.
    fn runs(&mut self, lines: &[Line], lake: &Path) -> Result<()> {
        let mut known: HashSet<String> = lines
            .iter()
            .filter_map(|line| serde_json::from_slice::<Entry>(&line.bytes).ok())
            .map(|entry| entry.id)
            .collect();
        known.extend(self.trail.last_line().map(|(_, entry)| entry.id));
        let open = std::fs::read_dir(self.trail.open_folder()).into_iter().flatten().flatten();
        known.extend(open.filter_map(|file| Some(file.path().file_stem()?.to_string_lossy().into_owned())));
        for run in ingot_operate::audited_runs(lake)? {
            if !known.contains(&run.audit) {
                let what = format!("its entry {} ({}) is not in the trail", run.audit, run.command);
                self.find(format!("run {}", run.run), what);
            }
        }
        Ok(())
    }
}

/// The line of an entry, by its number: that of its own, or of its place if it cannot be read.
fn line_of(lines: &[Line], number: u64) -> Option<&Line> {
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    lines.iter().filter(|line| line.is_complete).nth(place)
}

fn place(line: &Line) -> String {
    format!("{}:{}", shown(&line.file), line.line)
}

/// The last two parts of a path: `audit/2026-11.jsonl`.
fn shown(path: &Path) -> String {
    let parts: Vec<_> = path.iter().collect();
    let last = &parts[parts.len().saturating_sub(2)..];
    last.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
