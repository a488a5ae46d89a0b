//! Reads raw files again whose data files are damaged or gone. The rows are as they were, with the time of their first load,
//! so that nothing that was built from them changes.

use super::expected_rows::{Delivered, Expected, RowNumbers, RowPlaces, expected_rows, rows_of};
use super::filter_rows::filter_rows;
use crate::commit::{CommitRecord, LoadedFiles, Run, TablePaths, loader_threads};
use crate::evolution::effective_contract;
use crate::feeds::{chosen_contracts, raw_files};
use crate::load::{Group, TableLoader};
use crate::load_new::load;
use crate::options::LoadOptions;
use crate::path_values::partition_values;
use crate::summary::LoadSummary;
use ingot_contract::{Contract, Format, RawFile};
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::make_durable;
use ingot_core::report::{Reporter, counted, verb};
use ingot_lake::arrow::array::BooleanArray;
use ingot_lake::{
    Changes, DeltaTable, FileDamage, LiveFile, NewFile, forget_log_copies, lock_bronze, mirror,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// What a reload brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    pub table: String,
    /// Data files that were damaged or gone.
    pub damaged: usize,
    /// Raw files that were read again.
    pub raw_files: usize,
    pub rows: u64,
    /// Rows that could not be brought back, which the caller has accepted.
    pub lost: u64,
    /// Whether the whole table was made anew from all raw files.
    pub from_nothing: bool,
}

impl Reloaded {
    pub fn line(&self) -> String {
        if self.from_nothing {
            return format!("{}: made anew from its raw files, {}", self.table, counted(self.rows, "row"));
        }
        if self.damaged == 0 {
            return format!("{}: no data file is damaged", self.table);
        }
        let mut line = format!(
            "{}: {} replaced by {} of {}",
            self.table,
            counted(self.damaged as u64, "damaged data file"),
            counted(self.rows, "row"),
            counted(self.raw_files as u64, "raw file")
        );
        if self.lost > 0 {
            line.push_str(&format!("; {} {} lost", counted(self.lost, "row"), verb(self.lost, "is", "are")));
        }
        line
    }

    pub fn json(&self) -> Value {
        json!({
            "table": self.table, "damaged": self.damaged, "raw_files": self.raw_files, "rows": self.rows,
            "lost": self.lost, "from_nothing": self.from_nothing,
        })
    }
}

/// How far a reload may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReloadTerms {
    /// Give up rows that no raw file has any more.
    pub accept_loss: bool,
    /// Make the table anew from all raw files, whatever is there.
    pub from_nothing: bool,
}

/// Brings back what damaged data files of a table held.
///
/// # Errors
/// A raw file that is needed is gone or has changed, or its rows are others under the contract of today (nothing has changed
/// then); another loader is at work; the log cannot be read, unless the table is made anew.
pub fn reload(
    options: &LoadOptions,
    table: &str,
    terms: ReloadTerms,
    reporter: &dyn Reporter,
) -> Result<Reloaded> {
    let options = &LoadOptions { tables: vec![table.to_owned()], ..options.clone() };
    let contract =
        chosen_contracts(options)?.pop().ok_or_else(|| Error::new(format!("there is no feed '{table}'")))?;
    let paths = TablePaths { lake: options.lake.clone(), table: contract.name.clone() };
    if terms.from_nothing {
        return from_nothing(options, &paths, reporter);
    }
    let lock = lock_bronze(&options.lake)?;
    let delta = paths
        .open()
        .map_err(|error| {
            error.hint(format!(
                "run `ingot bronze reload --table {table} --from-nothing`, which makes the table anew from all raw files"
            ))
        })?
        .ok_or_else(|| Error::new(format!("{table} is not in bronze")).hint("run `ingot load-bronze`"))?;
    let (damaged, intact) = by_damage(&delta)?;
    if damaged.is_empty() {
        mirror(&intact, &*delta.schema()?, &paths.parquet())?;
        let nothing = Reloaded {
            table: table.to_owned(),
            damaged: 0,
            raw_files: 0,
            rows: 0,
            lost: 0,
            from_nothing: false,
        };
        return Ok(nothing);
    }
    if contract.raw.format == Format::Delta {
        drop(lock);
        return from_nothing(options, &paths, reporter);
    }
    let pool = loader_threads(options.jobs)?;
    let run = Run::begin(options, reporter, &pool)?;
    let found = rows_of(&intact)?;
    let mut missing = expected_rows(&delta)?;
    missing.retain(|delivered, expected| {
        found.get(delivered).map_or(0, |rows| rows.len() as u64) < expected.rows
    });
    let raw: HashMap<String, RawFile> = raw_files(std::slice::from_ref(&contract), options)
        .unwrap_or_default()
        .into_iter()
        .flat_map(|(_, files)| files)
        .map(|file| (file.relative.clone(), file))
        .collect();
    let schema = delta.schema()?;
    let effective = effective_contract(&contract, Some(&schema));
    let work = Reload { run: &run, contract: &effective, paths: &paths, raw, found };
    let mut written = Vec::new();
    let outcome = work.read_again(missing, terms.accept_loss, &mut written);
    let (raw_files, lost) = match outcome {
        Ok(done) => done,
        Err(error) => {
            for file in &written {
                let _ = std::fs::remove_file(paths.delta().join(&file.relative));
            }
            return Err(error);
        }
    };
    let rows = written.iter().map(|file| file.rows).sum();
    let done = Reloaded {
        table: table.to_owned(),
        damaged: damaged.len(),
        raw_files,
        rows,
        lost,
        from_nothing: false,
    };
    commit(&run, &contract, &paths, delta, Changes { add: written, remove: damaged, schema: None })?;
    Ok(done)
}

fn commit(
    run: &Run<'_>,
    contract: &Contract,
    paths: &TablePaths,
    mut delta: DeltaTable,
    changes: Changes,
) -> Result<()> {
    let files: Vec<PathBuf> = changes.add.iter().map(|file| paths.delta().join(&file.relative)).collect();
    make_durable(&files, &paths.lake)?;
    let record = CommitRecord::new(&run.stamp, contract);
    delta.commit(changes, &record.details("RELOAD")?)?;
    make_durable(&[delta.log_file()], &paths.lake)?;
    mirror(&delta.files()?, &*delta.schema()?, &paths.parquet())?;
    let loaded = LoadedFiles::of(&delta)?;
    run.with_manifest(|manifest| manifest.heal(&contract.name, &loaded))
}

/// The live files that are damaged or gone, and the others.
fn by_damage(delta: &DeltaTable) -> Result<(Vec<LiveFile>, Vec<LiveFile>)> {
    let hashes = delta.hashes()?;
    let is_damaged = |file: &LiveFile| {
        FileDamage::of(&file.path, file.bytes, hashes.get(&file.relative).map(String::as_str)).is_some()
    };
    Ok(delta.files()?.into_iter().partition(is_damaged))
}

/// Puts the table aside, so that a load makes it anew. The old folder is removed once the new table is there.
fn from_nothing(options: &LoadOptions, paths: &TablePaths, reporter: &dyn Reporter) -> Result<Reloaded> {
    let (delta, aside) = (paths.delta(), paths.lake.join("bronze").join(format!(".{}.damaged", paths.table)));
    {
        let _lock = lock_bronze(&options.lake)?;
        // The folder may be gone, and only copies of its log be left.
        forget_log_copies(&delta)?;
        // One that a killed reload has put aside already is older than what is there now.
        if delta.exists() {
            if aside.exists() {
                std::fs::remove_dir_all(&aside).or_cannot_at("remove the folder", &aside)?;
            }
            std::fs::rename(&delta, &aside).or_cannot_at("put the folder aside", &delta)?;
        }
    }
    let loaded = load(options, reporter);
    let failed = match &loaded {
        Ok(summary) => summary.failed(),
        Err(_) => true,
    };
    if failed && aside.exists() && has_no_files(paths) {
        // Nothing was loaded in its place: the damaged table is better than none.
        let _lock = lock_bronze(&options.lake)?;
        if delta.exists() {
            std::fs::remove_dir_all(&delta).or_cannot_at("remove the folder", &delta)?;
        }
        std::fs::rename(&aside, &delta).or_cannot_at("put the folder back", &aside)?;
    }
    let summary: LoadSummary = loaded?;
    if failed {
        return Err(Error::new(format!("{} could not be made anew: see the errors above", paths.table))
            .of_kind(Kind::Data));
    }
    if aside.exists() {
        std::fs::remove_dir_all(&aside).or_cannot_at("remove the folder", &aside)?;
    }
    Ok(Reloaded {
        table: paths.table.clone(),
        damaged: 0,
        raw_files: summary.tables.iter().map(|table| table.files.len()).sum(),
        rows: summary.accepted(),
        lost: 0,
        from_nothing: true,
    })
}

/// Whether there is no table, or one without a data file, which a load makes of a feed of which it could take nothing.
fn has_no_files(paths: &TablePaths) -> bool {
    paths.open().is_ok_and(|table| match table {
        Some(table) => table.files().is_ok_and(|files| files.is_empty()),
        None => true,
    })
}

struct Reload<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    paths: &'a TablePaths,
    raw: HashMap<String, RawFile>,
    /// What intact data files have.
    found: RowNumbers,
}

impl Reload<'_> {
    /// Reads what is missing into new data files. Gives the number of raw files, and of rows that stay lost.
    fn read_again(
        &self,
        missing: BTreeMap<Delivered, Expected>,
        accept_loss: bool,
        written: &mut Vec<NewFile>,
    ) -> Result<(usize, u64)> {
        let (mut files, mut lost, mut reasons) = (0, 0, Vec::new());
        for (index, (delivered, expected)) in missing.iter().enumerate() {
            match self.read_delivery(index, delivered, expected, written)? {
                None => files += 1,
                Some(reason) => {
                    lost += expected.rows - self.found.get(delivered).map_or(0, |rows| rows.len() as u64);
                    reasons.push(format!("{}: {reason}", delivered.0));
                }
            }
        }
        if lost > 0 && !accept_loss {
            return Err(Error::new(format!(
                "{} of {} cannot be brought back; nothing was changed\n  {}",
                counted(lost, "row"),
                self.contract.name,
                reasons.join("\n  ")
            ))
            .of_kind(Kind::Data)
            .hint(format!(
                "put the raw files back; or `ingot lake restore bronze.{} --as-of VERSION` to a version before; or give these rows up with --accept-loss",
                self.contract.name
            )));
        }
        Ok((files, lost))
    }

    /// Reads one raw file again. Gives the reason for which that cannot be done, if there is one.
    fn read_delivery(
        &self,
        index: usize,
        delivered: &Delivered,
        expected: &Expected,
        written: &mut Vec<NewFile>,
    ) -> Result<Option<String>> {
        let Some(hash) = &expected.hash else {
            return Ok(Some("these rows were corrected by hand and replayed".to_owned()));
        };
        let Some(file) = self.raw.get(&delivered.0) else {
            return Ok(Some("the raw file is not there any more".to_owned()));
        };
        let values = match partition_values(self.contract, file) {
            Ok(values) => values,
            Err(failure) => return Ok(Some(failure.to_string())),
        };
        let group = Group { partition_values: values.clone(), files: vec![file.clone()], bytes: 0 };
        let then = self.run.as_of(delivered.1);
        let done = TableLoader::new(&then, self.contract, Some(self.paths.delta()))?.load(index, &group)?;
        let discard = |files: &[NewFile]| {
            for file in files {
                let _ = std::fs::remove_file(self.paths.delta().join(&file.relative));
            }
        };
        if let Some((_, failure)) = done.failed.first() {
            discard(&done.data);
            return Ok(Some(failure.to_string()));
        }
        let read = done.loaded.first().map(|loaded| &loaded.processed);
        let difference = match read {
            Some(read) if read.hash != *hash => Some("the raw file has another content now".to_owned()),
            Some(read) if read.accepted != expected.rows => Some(format!(
                "{} of its rows are accepted under the contract of today, and {} were loaded",
                read.accepted, expected.rows
            )),
            Some(_) => None,
            None => Some("the raw file was not read".to_owned()),
        };
        if difference.is_some() {
            discard(&done.data);
            return Ok(difference);
        }
        let Some(there) = self.found.get(delivered) else {
            written.extend(done.data);
            return Ok(None);
        };
        // Some of its rows are in data files that are intact.
        for (part, file) in done.data.iter().enumerate() {
            let prefix = format!("{}-{index:05}-rest{part}", self.run.stamp.id);
            let source = self.paths.delta().join(&file.relative);
            let kept = filter_rows(&source, &self.paths.delta(), prefix, values.clone(), |batch| {
                let places = RowPlaces::of(batch)?;
                let is_missing = |row| Some(!there.contains(&places.place(row).1));
                Ok((0..batch.num_rows()).map(is_missing).collect::<BooleanArray>())
            });
            written.extend(kept?.0);
        }
        discard(&done.data);
        Ok(None)
    }
}
