//! Takes a delivery back: its rows leave bronze, and the file may come again corrected.

use super::filter_rows::{filter_rows, texts};
use crate::commit::{CommitRecord, LoadedFiles, OpenTable, Run, loader_threads, open_and_heal};
use crate::feeds::chosen_contracts;
use crate::options::LoadOptions;
use ingot_contract::{Contract, Format};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::fs::make_durable;
use ingot_core::report::{Reporter, counted};
use ingot_lake::arrow::array::{Array as _, BooleanArray};
use ingot_lake::{Changes, DeltaTable, LiveFile, NewFile, lock_bronze, mirror};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What an undo took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    pub table: String,
    /// Relative to the raw folder.
    pub file: String,
    pub rows: u64,
    /// `None` in a dry run.
    pub version: Option<u64>,
}

impl Undone {
    pub fn line(&self) -> String {
        let rows = counted(self.rows, "row");
        match self.version {
            Some(version) => format!(
                "{}: {rows} of {} left bronze with version {version}; the file is loaded again when its content changes",
                self.table, self.file
            ),
            None => format!("{}: {rows} of {} would leave bronze", self.table, self.file),
        }
    }

    pub fn json(&self) -> Value {
        json!({ "table": self.table, "file": self.file, "rows": self.rows, "version": self.version })
    }
}

/// Takes back the delivery of a raw file, which is named relative to the raw folder, or by its path.
///
/// # Errors
/// No table has loaded such a file, it was taken back already, another loader is at work, or the lake cannot be written.
pub fn undo(options: &LoadOptions, file: &str, reporter: &dyn Reporter) -> Result<Undone> {
    let _lock = if options.dry_run { None } else { Some(lock_bronze(&options.lake)?) };
    let pool = loader_threads(1)?;
    let run = Run::begin(options, reporter, &pool)?;
    let file = relative(options, file);
    let mut known: Vec<String> = Vec::new();
    for contract in chosen_contracts(options)? {
        let paths = run.paths(&contract.name);
        let Some(table) = paths.open()? else { continue };
        let loaded = LoadedFiles::of(&table)?;
        match loaded.files.get(&file) {
            Some(delivery) if delivery.undone => {
                return Err(Error::new(format!("{file} was taken back already"))
                    .hint("deliver it again with other content, then run `ingot load-bronze`"));
            }
            Some(_) => {
                refuse_followed(&contract)?;
                let (rows, version) = take_out(&run, &contract, &BTreeSet::from([file.clone()]))?;
                return Ok(Undone { table: contract.name, file, rows, version });
            }
            None => known.extend(loaded.files.keys().cloned()),
        }
    }
    Err(Error::new(format!("no table has loaded the file {file}"))
        .of_kind(Kind::NotFound { what: "raw file", name: file.clone() })
        .did_you_mean(&file, known.iter().map(String::as_str)))
}

/// The file as the log names it.
fn relative(options: &LoadOptions, file: &str) -> String {
    let absolute = |path: &str| std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let raw = absolute(&options.raw.to_string_lossy());
    let inside = absolute(file).strip_prefix(&raw).ok().map(|path| path.to_string_lossy().into_owned());
    inside.unwrap_or_else(|| file.to_owned()).replace(std::path::MAIN_SEPARATOR, "/")
}

fn refuse_followed(contract: &Contract) -> Result<()> {
    if contract.raw.format != Format::Delta {
        return Ok(());
    }
    Err(Error::new(format!("{} follows a Delta table, whose versions cannot be taken back", contract.name))
        .at(&contract.file)
        .hint(format!(
            "restore the source, or the bronze table with `ingot lake restore bronze.{} --as-of VERSION`",
            contract.name
        )))
}

/// Takes all rows of raw files out of a table, in one commit. Gives how many, and the version; none in a dry run.
///
/// # Errors
/// A data file is damaged, or the lake cannot be written.
pub(super) fn take_out(
    run: &Run<'_>,
    contract: &Contract,
    files_of_rows: &BTreeSet<String>,
) -> Result<(u64, Option<u64>)> {
    let paths = run.paths(&contract.name);
    let OpenTable { delta, .. } = open_and_heal(run, &paths)?;
    let mut table = delta.ok_or_else(|| Error::defect("the table is not there any more"))?;
    let folder = paths.delta();
    let (mut added, mut removed, mut rows): (Vec<NewFile>, Vec<LiveFile>, u64) = (Vec::new(), Vec::new(), 0);
    let files = table.files()?;
    table.refuse_damaged(&files)?;
    for (index, live) in files.into_iter().enumerate() {
        let values = partition_values(&table, &live)?;
        let prefix = format!("{}-undo{index:05}", run.stamp.id);
        let (kept, left_out) = filter_rows(&live.path, &folder, prefix, values, |batch| {
            let names = texts(batch, "src_filename")?;
            Ok((0..names.len())
                .map(|row| Some(!files_of_rows.contains(names.value(row))))
                .collect::<BooleanArray>())
        })?;
        if left_out == 0 || run.options.dry_run {
            for unneeded in &kept {
                let _ = std::fs::remove_file(folder.join(&unneeded.relative));
            }
        } else {
            added.extend(kept);
        }
        if left_out > 0 {
            rows += left_out;
            removed.push(live);
        }
    }
    if run.options.dry_run {
        return Ok((rows, None));
    }
    let record = CommitRecord {
        undone: files_of_rows.iter().cloned().collect(),
        ..CommitRecord::new(&run.stamp, contract)
    };
    let written: Vec<PathBuf> = added.iter().map(|file| folder.join(&file.relative)).collect();
    make_durable(&written, &paths.lake)?;
    let version =
        table.commit(Changes { add: added, remove: removed, schema: None }, &record.details("DELETE")?)?;
    make_durable(&[table.log_file()], &paths.lake)?;
    mirror(&table.files()?, &*table.schema()?, &paths.parquet())?;
    let loaded = LoadedFiles::of(&table)?;
    run.with_manifest(|manifest| manifest.heal(&contract.name, &loaded))?;
    Ok((rows, Some(version)))
}

/// The partition of a live file, in the order of the table's partition columns.
pub(super) fn partition_values(table: &DeltaTable, file: &LiveFile) -> Result<Vec<(String, Option<String>)>> {
    let names = table.partition_columns()?;
    let value = |name: &String| file.partition_values.get(name).cloned().flatten();
    Ok(names.into_iter().map(|name| (name.clone(), value(&name))).collect())
}
