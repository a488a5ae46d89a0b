//! Replays the rejects of one table.

use super::attempt::Attempt;
use super::newer_deliveries::superseded;
use super::open_rows::{OpenRow, Outcome, open_rows};
use super::summary::{ReplaySummary, ReplayedFile};
use crate::commit::{
    CommitRecord, LoadedFiles, OpenTable, PreparedCommit, Replayed, Run, TablePaths, clean_up,
    loader_threads, open_and_heal, publish,
};
use crate::evolution::{SchemaChanges, effective_contract, grown_schema};
use crate::feeds::chosen_contracts;
use crate::intake::RowCounts;
use crate::options::LoadOptions;
use crate::rejects::{StagedRejects, reject_keys, write_rejects};
use crate::retype::{Retyped, change_types};
use ingot_contract::{Contract, Format};
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::report::{Event, Reporter, counted, noun, verb};
use ingot_lake::{DeltaTable, NewFile, lock_bronze};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

const STAGE: &str = "replay";

/// Tries the open rejects of one table again; those of one run only, if `run_id` is given. `options` says where everything
/// is.
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
    let contract = contract_of(options, table)?;
    let _lock = if options.dry_run { None } else { Some(lock_bronze(&options.lake)?) };
    let pool = loader_threads(1)?;
    let run = Run::begin(options, reporter, &pool)?;
    let paths = run.paths(&contract.name);
    let OpenTable { delta, loaded } = open_and_heal(&run, &paths)?;
    let keys = chosen_keys(&paths, run_id)?;
    reporter.report(Event::StageStarted { stage: STAGE, detail: format!("rejects of {table}") });
    let rows = open_rows(&paths, &keys, &loaded)?;
    let mut replay = Replay { run: &run, contract: &contract, paths: &paths, loaded: &loaded, rows };
    let mut summary = ReplaySummary::new(&run, &contract.name);
    if let Err(error) = replay.try_and_commit(delta, &mut summary) {
        clean_up(&run, &paths);
        return Err(match error.kind() {
            Kind::Interrupted => Error::new(format!("interrupted: no reject of {table} was loaded"))
                .of_kind(Kind::Interrupted)
                .hint("run the same command again; corrections in the reject files are kept"),
            _ => error,
        });
    }
    summary.seconds = begun.elapsed().as_secs_f64();
    reporter.report(Event::Table(summary.table()));
    reporter.report(Event::StageFinished {
        stage: STAGE,
        seconds: summary.seconds,
        detail: format!(
            "{} {} tried = {} loaded + {} still rejected",
            summary.tried(),
            noun(summary.tried(), "reject"),
            summary.loaded(),
            summary.rejected()
        ),
    });
    Ok(summary)
}

fn contract_of(options: &LoadOptions, table: &str) -> Result<Contract> {
    let options = LoadOptions { tables: vec![table.to_owned()], ..options.clone() };
    let contract =
        chosen_contracts(&options)?.pop().ok_or_else(|| Error::new(format!("there is no feed '{table}'")))?;
    if contract.raw.format == Format::Delta {
        return Err(Error::new(format!("{table} follows a Delta table, whose rows cannot be replayed"))
            .at(&contract.file)
            .hint("correct the row in the source; bronze takes it with the next version"));
    }
    Ok(contract)
}

/// The keys of the commits whose rejects are tried.
fn chosen_keys(paths: &TablePaths, run_id: Option<&str>) -> Result<Vec<String>> {
    let all = reject_keys(&paths.lake, &paths.table)?;
    let Some(run_id) = run_id else { return Ok(all) };
    let keys: Vec<String> = all.iter().filter(|key| key.starts_with(run_id)).cloned().collect();
    if keys.is_empty() {
        let hint = match all.as_slice() {
            [] => "the table has no open rejects at all".to_owned(),
            some => format!("runs with open rejects: {}", some.join(", ")),
        };
        return Err(
            Error::new(format!("the run '{run_id}' has no open rejects of {}", paths.table)).hint(hint)
        );
    }
    Ok(keys)
}

struct Replay<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    paths: &'a TablePaths,
    loaded: &'a LoadedFiles,
    rows: Vec<OpenRow>,
}

impl Replay<'_> {
    fn try_and_commit(&mut self, mut delta: Option<DeltaTable>, summary: &mut ReplaySummary) -> Result<()> {
        let Retyped { schema: old, .. } = change_types(self.run, self.contract, self.paths, &mut delta)?;
        let effective = effective_contract(self.contract, old.as_ref());
        let mut changes = SchemaChanges::default();
        let wanted = effective.lake_schema();
        let schema = match &old {
            Some(old) => grown_schema(self.contract, old, &wanted, &mut changes)?,
            None => Some(wanted),
        };
        let added = self.load(&effective, delta.as_ref())?;
        self.count(summary);
        if !self.rows.iter().any(OpenRow::changes_its_file) {
            return Ok(());
        }
        let record = CommitRecord {
            schema_changes: changes.into_vec(),
            replayed: self.replayed(),
            ..CommitRecord::new(&self.run.stamp, self.contract)
        };
        let loaded = record.replayed.iter().map(|replayed| replayed.rows.len() as u64).sum();
        let rejected =
            self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Rejected(_))).count() as u64;
        let prepared = PreparedCommit {
            contract: &effective,
            record,
            counts: RowCounts { read: loaded + rejected, accepted: loaded, rejected },
            deleted: 0,
            added,
            schema,
            kept_rejects: rejected,
            has_changes: true,
            not_loaded: Vec::new(),
            rewrite: None,
            stage_rejects: Box::new(|commit| self.stage(commit)),
        };
        publish(self.run, self.paths, &mut delta, prepared)?.finished
    }

    /// Writes the data files of what is good now, and not older than what is there.
    fn load(&mut self, contract: &Contract, delta: Option<&DeltaTable>) -> Result<Vec<NewFile>> {
        // Rows must be written to find out which come too late: those of a dry run to a folder that is removed after it.
        let rehearsal = self.run.options.dry_run.then(Rehearsal::new);
        let folder = rehearsal.as_ref().map_or_else(|| self.paths.delta(), |rehearsal| rehearsal.0.clone());
        let attempt = Attempt::new(self.run, contract, folder.clone())?;
        let written = attempt.load(&mut self.rows)?;
        let late = superseded(delta, &folder, &written, contract, self.loaded);
        if late.as_ref().is_ok_and(BTreeSet::is_empty) {
            return Ok(written);
        }
        for file in &written {
            let _ = std::fs::remove_file(folder.join(&file.relative));
        }
        let late = late?;
        for row in self.rows.iter_mut().filter(|row| row.is_loaded()) {
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
                "{}: {} {} delivered again since, by file or by key, and {} as before: the newer delivery counts",
                self.contract.name,
                counted(summary.superseded, "reject"),
                verb(summary.superseded, "was", "were"),
                verb(summary.superseded, "stays", "stay")
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
        for row in self.rows.iter().filter(|row| row.is_loaded()) {
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
        let mut by_key: BTreeMap<&str, Vec<&OpenRow>> = BTreeMap::new();
        for row in &self.rows {
            by_key.entry(&row.key).or_default().push(row);
        }
        let mut all = Vec::new();
        for (key, rows) in by_key {
            if !rows.iter().any(|row| row.changes_its_file()) {
                continue;
            }
            let staged = StagedRejects::replacing(&self.paths.lake, &self.paths.table, commit, key);
            let [csv, parquet] = staged.staged();
            let left: Vec<&&OpenRow> = rows.iter().filter(|row| !row.is_loaded()).collect();
            if left.is_empty() {
                for path in [csv, parquet] {
                    std::fs::write(path, "").or_cannot_at("write the file", path)?;
                }
            } else {
                let files: BTreeSet<&str> = left.iter().map(|row| row.kept.reject.file.as_str()).collect();
                let deliveries = files.iter().filter_map(|file| self.loaded.files.get(*file));
                let raw_bytes = deliveries.map(|delivery| delivery.file.bytes).sum();
                write_rejects(csv, parquet, raw_bytes, |take| {
                    left.iter().try_for_each(|row| {
                        let (version, reject) = row.remaining(&self.contract.version);
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
