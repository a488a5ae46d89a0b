//! A way back for rejected rows: corrected in their reject file, or the same under a newer contract, they are loaded after
//! all, once and only once.
//!
//! The Parquet file of a commit's rejects says which rows are open; the CSV beside it is the one that people edit. One commit of the
//! table loads the rows that are good now and remembers which they were; then what is left replaces the reject
//! files, with its new reasons. A run killed before the commit has done nothing, one killed after it is completed by the next
//! run of any kind. The rows as they came stay in `replayed/`.

mod attempt;
mod newer;
mod summary;

pub use summary::{ReplaySummary, ReplayedFile};

use super::commit::{self, Place};
use super::evolve;
use super::lock::lock_lake;
use super::manifest::Manifest;
use super::record::{CommitRecord, Known, Replayed};
use super::rejects::{self, KeptReject, StagedRejects, edited_texts, write_rejects};
use super::table::{Run, open_and_heal};
use super::{Contract, LoadOptions, chosen, new_run};
use attempt::{Attempt, Outcome};
use ingot_contract::{self, Format};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::report::{Event, Reporter};
use ingot_lake::{Changes, DeltaTable, NewFile};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

const STAGE: &str = "replay";

/// Tries the open rejects of one table again; those of one run only, if `run_id` is given. `options` says where all lies.
///
/// # Errors
/// What stops the replay before anything is written: an unknown or followed table, a run without rejects, another loader at
/// work, a reject file that cannot be read; and what the disk refuses.
pub fn replay(
    options: &LoadOptions,
    table: &str,
    run_id: Option<&str>,
    reporter: &dyn Reporter,
) -> Result<ReplaySummary> {
    let begun = Instant::now();
    let contract = chosen(ingot_contract::load_all(&options.schemas)?, &[table.to_owned()])?
        .pop()
        .ok_or_else(|| Error::new(format!("no feed is named '{table}'")))?;
    if contract.raw.format == Format::Delta {
        return Err(Error::new(format!("{table} follows a Delta table, whose rows are not replayed"))
            .at(&contract.file)
            .hint("correct the row in the source: its next version brings it"));
    }
    let _lock = if options.dry_run { None } else { Some(lock_lake(&options.lake)?) };
    let manifest = if options.dry_run { None } else { Some(Mutex::new(Manifest::open(&options.manifest)?)) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().doing("starting a thread")?;
    let run = new_run(options, reporter, &pool, manifest.as_ref());
    let place = run.place(&contract.name);
    let (delta, known) = open_and_heal(&run, &place)?;
    let keys = chosen_keys(&place, run_id)?;
    reporter.report(Event::StageStarted { stage: STAGE, detail: format!("rejects of {table}") });
    let mut replay = Replay { run: &run, contract: &contract, place, known: &known, rows: Vec::new() };
    let mut summary = replay.read(&keys)?;
    replay.try_and_commit(delta, &mut summary)?;
    summary.seconds = begun.elapsed().as_secs_f64();
    reporter.report(Event::Table(summary.table()));
    reporter.report(Event::StageFinished {
        stage: STAGE,
        seconds: summary.seconds,
        detail: format!(
            "{} rejects tried = {} loaded + {} still rejected",
            summary.tried(),
            summary.loaded(),
            summary.rejected()
        ),
    });
    Ok(summary)
}

fn chosen_keys(place: &Place, run_id: Option<&str>) -> Result<Vec<String>> {
    let all = rejects::keys(&place.lake, &place.table)?;
    let Some(run_id) = run_id else { return Ok(all) };
    let keys: Vec<String> = all.iter().filter(|key| key.starts_with(run_id)).cloned().collect();
    if keys.is_empty() {
        let hint = match all.as_slice() {
            [] => "the table has no open rejects at all".to_owned(),
            some => format!("runs with open rejects: {}", some.join(", ")),
        };
        return Err(
            Error::new(format!("the run '{run_id}' has no open rejects of {}", place.table)).hint(hint)
        );
    }
    Ok(keys)
}

/// An open reject, with what a person made of it.
struct Row {
    key: String,
    kept: KeptReject,
    /// As it came, before any correction.
    hash: i64,
    /// The text to try.
    text: Vec<u8>,
    corrected: bool,
    outcome: Outcome,
}

struct Replay<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    place: Place,
    known: &'a Known,
    rows: Vec<Row>,
}

impl Replay<'_> {
    /// Reads the open rejects and their corrections.
    fn read(&mut self, keys: &[String]) -> Result<ReplaySummary> {
        let summary = ReplaySummary::new(self.run, &self.contract.name);
        for key in keys {
            let [csv, parquet] = rejects::paths(&self.place.lake, &self.place.table, key);
            let texts = edited_texts(&csv)?;
            let hashes = self.hashes_as_delivered(key)?;
            rejects::read_file(&parquet, |kept| {
                let id = (kept.reject.file.clone(), kept.reject.position.row);
                let done = self.known.replayed.get(&(key.clone(), id.0.clone()));
                if done.is_some_and(|rows| rows.contains(&id.1)) {
                    return Ok(());
                }
                let delivery = self.known.files.get(&id.0);
                let superseded = delivery.is_some_and(|delivery| delivery.key != *key);
                let edited = texts.get(&id).filter(|text| !same_text(text, &kept.reject.raw));
                let hash =
                    hashes.get(&id).copied().unwrap_or_else(|| super::intake::row_hash(&kept.reject.bytes()));
                let text = edited.map_or_else(|| kept.reject.bytes(), |text| text.clone().into_bytes());
                self.rows.push(Row {
                    key: key.clone(),
                    corrected: edited.is_some(),
                    hash,
                    text,
                    outcome: if superseded { Outcome::Superseded } else { Outcome::Open },
                    kept,
                });
                Ok(())
            })?;
        }
        Ok(summary)
    }

    /// The hashes of the rows as they came, where an earlier replay has kept them.
    fn hashes_as_delivered(&self, key: &str) -> Result<HashMap<(String, u64), i64>> {
        let path = rejects::archive(&self.place.lake, &self.place.table, key);
        let mut hashes = HashMap::new();
        if path.is_file() {
            rejects::read_file(&path, |kept| {
                let hash = super::intake::row_hash(&kept.reject.bytes());
                hashes.insert((kept.reject.file, kept.reject.position.row), hash);
                Ok(())
            })?;
        }
        Ok(hashes)
    }

    fn try_and_commit(&mut self, delta: Option<DeltaTable>, summary: &mut ReplaySummary) -> Result<()> {
        let old = delta.as_ref().map(DeltaTable::schema).transpose()?;
        let effective = evolve::effective(self.contract, old.as_deref());
        let mut changes = evolve::Changes::default();
        let wanted = effective.lake_schema();
        let schema = match &old {
            Some(old) => evolve::grown(self.contract, old, &wanted, &mut changes)?,
            None => Some(wanted),
        };
        let add = self.load(&effective, delta.as_ref())?;
        self.count(summary);
        let mut record = CommitRecord::new(self.run, self.contract);
        record.schema_changes = changes.into_vec();
        record.replayed = self.replayed();
        let loaded: u64 = record.replayed.iter().map(|replayed| replayed.rows.len() as u64).sum();
        if loaded != commit::rows(&add) && !self.run.dry_run {
            return Err(Error::defect(format!(
                "{}: {loaded} rejects were taken and {} rows written; nothing was loaded",
                self.contract.name,
                commit::rows(&add)
            )));
        }
        let news = self.rows.iter().any(Row::is_news);
        if self.run.dry_run || !news {
            return Ok(());
        }
        let staged = self.stage(&record.key())?;
        let changes = Changes { add, remove: Vec::new(), schema };
        let table = commit::commit(&self.place, delta, &effective, changes, &staged, &record)?;
        staged.iter().try_for_each(StagedRejects::publish)?;
        commit::show(&self.place, &table, &record.key())?;
        let known = Known::of(&table)?;
        self.run.with_manifest(|manifest| manifest.heal(&self.contract.name, &known).map(drop))
    }

    /// Writes the data files of what is good now, and not older than what is there.
    fn load(&mut self, contract: &Contract, delta: Option<&DeltaTable>) -> Result<Vec<NewFile>> {
        // To tell which rows come too late they must be written: those of a dry run to a folder that goes away.
        let rehearsal = self.run.dry_run.then(Rehearsal::new);
        let folder = rehearsal.as_ref().map_or_else(|| self.place.delta(), |rehearsal| rehearsal.0.clone());
        let attempt = Attempt::new(self.run, contract, folder.clone())?;
        let written = attempt.load(&mut self.rows)?;
        let late = newer::superseded(delta, &folder, &written, contract, self.known);
        if late.as_ref().is_ok_and(BTreeSet::is_empty) {
            return Ok(written);
        }
        for file in &written {
            let _ = std::fs::remove_file(folder.join(&file.relative));
        }
        let late = late?;
        for row in self.rows.iter_mut().filter(|row| matches!(row.outcome, Outcome::Loaded)) {
            let reject = &row.kept.reject;
            let is_late = late.contains(&(reject.file.clone(), reject.position.row));
            row.outcome = if is_late { Outcome::Superseded } else { Outcome::Open };
        }
        attempt.load(&mut self.rows)
    }

    fn count(&self, summary: &mut ReplaySummary) {
        summary.superseded =
            self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Superseded)).count() as u64;
        if summary.superseded > 0 {
            self.run.reporter.warn(format!(
                "{}: {} rejects are of files or of keys that were delivered again since, and stay as they are: the newer delivery counts",
                self.contract.name, summary.superseded
            ));
        }
        let mut files: BTreeMap<(&str, &str), ReplayedFile> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| !matches!(row.outcome, Outcome::Superseded)) {
            let file = files.entry((&row.key, &row.kept.reject.file)).or_insert_with(|| ReplayedFile {
                run: row.key.clone(),
                file: row.kept.reject.file.clone(),
                ..ReplayedFile::default()
            });
            file.corrected += u64::from(row.corrected);
            match &row.outcome {
                Outcome::Loaded => file.loaded += 1,
                Outcome::Rejected(reasons) => {
                    file.rejected += 1;
                    let text = String::from_utf8_lossy(&row.text);
                    summary.reasons.add(&row.kept.reject.file, row.kept.reject.position, &text, reasons);
                }
                Outcome::Open | Outcome::Superseded => {}
            }
        }
        summary.files = files.into_values().collect();
    }

    fn replayed(&self) -> Vec<Replayed> {
        let mut replayed: BTreeMap<(&str, &str), Replayed> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Loaded)) {
            let entry = replayed.entry((&row.key, &row.kept.reject.file)).or_insert_with(|| Replayed {
                rejects: row.key.clone(),
                file: row.kept.reject.file.clone(),
                rows: Vec::new(),
                corrected: Vec::new(),
            });
            entry.rows.push(row.kept.reject.position.row);
            if row.corrected {
                entry.corrected.push(row.kept.reject.position.row);
            }
        }
        replayed.into_values().collect()
    }

    /// Writes what is left of the rejects beside the files that it will replace.
    fn stage(&self, commit: &str) -> Result<Vec<StagedRejects>> {
        let mut by_key: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &self.rows {
            by_key.entry(&row.key).or_default().push(row);
        }
        let mut all = Vec::new();
        for (key, rows) in by_key {
            if !rows.iter().any(|row| row.is_news()) {
                continue;
            }
            let staged = StagedRejects::replacing(&self.place.lake, &self.place.table, commit, key);
            let [csv, parquet] = staged.staged();
            let left: Vec<&&Row> =
                rows.iter().filter(|row| !matches!(row.outcome, Outcome::Loaded)).collect();
            if left.is_empty() {
                for path in [csv, parquet] {
                    std::fs::write(path, "").doing_to("writing", path)?;
                }
            } else {
                write_rejects(csv, parquet, |take| {
                    left.iter().try_for_each(|row| {
                        let (version, reject) = row.left(&self.contract.version);
                        take(&row.kept.table, &version, &row.kept.run_id, reject)
                    })
                })?;
            }
            all.push(staged);
        }
        Ok(all)
    }
}

/// A folder for what a dry run must write to know its answer.
struct Rehearsal(PathBuf);

impl Rehearsal {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("ingot-replay-{}", uuid::Uuid::new_v4().simple())))
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Row {
    /// Whether its reject file must change.
    fn is_news(&self) -> bool {
        match &self.outcome {
            Outcome::Loaded => true,
            Outcome::Rejected(reasons) => self.corrected || *reasons != self.kept.reject.reasons,
            Outcome::Open | Outcome::Superseded => false,
        }
    }

    /// The reject as it stays, with the version of the contract that said so.
    fn left(&self, version: &str) -> (String, super::rejects::Reject) {
        let old = &self.kept.reject;
        match &self.outcome {
            Outcome::Rejected(reasons) => {
                let mut reject =
                    super::rejects::Reject::new(&old.file, old.position, &self.text, reasons.clone());
                reject.header.clone_from(&old.header);
                (version.to_owned(), reject)
            }
            // With the correction, if there is one: a newer replay may want it.
            _ if self.corrected => {
                let mut reject =
                    super::rejects::Reject::new(&old.file, old.position, &self.text, old.reasons.clone());
                reject.header.clone_from(&old.header);
                (self.kept.contract_version.clone(), reject)
            }
            _ => (self.kept.contract_version.clone(), old.clone()),
        }
    }
}

/// Spreadsheets write other line ends within cells; that is no correction.
fn same_text(edited: &str, kept: &str) -> bool {
    let flat = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    edited == kept || flat(edited) == flat(kept)
}
