//! Finding data files that are missing, damaged or superfluous, and where the Parquet side differs; and what repairs them.

use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::is_same_file;
use ingot_core::report::{Table, bytes, counted, verb};
use ingot_engine::{EngineOptions, name_literal};
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ingot_lake::{DeltaTable, FileDamage, LakeTable, LiveFile, NO_ROWS, log_damage, repair_log};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub table: String,
    pub file: PathBuf,
    /// `missing`, `damaged`, `log`, `parquet side`, `unreferenced`.
    pub what: &'static str,
    pub detail: String,
    /// The command that puts it right.
    pub repair: String,
}

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub tables: usize,
    pub files: usize,
    pub bytes: u64,
    /// Files without a hash in the log, whose rows were read instead.
    pub without_hash: usize,
    pub findings: Vec<Finding>,
    pub repaired: usize,
    /// Whether it was asked to repair what one side has intact.
    pub tried_to_repair: bool,
}

impl Checked {
    /// Whether rows are lost or at risk. A superfluous file is not damage.
    pub fn has_damage(&self) -> bool {
        self.findings.iter().any(|finding| finding.what != UNREFERENCED)
    }

    pub fn line(&self) -> String {
        let mut line = format!(
            "{}, {} ({}) checked: ",
            counted(self.tables as u64, "table"),
            counted(self.files as u64, "file"),
            bytes(self.bytes)
        );
        match self.findings.len() {
            0 => line.push_str("all of them are as they were written"),
            count => line.push_str(&counted(count as u64, "finding")),
        }
        if self.repaired > 0 {
            line.push_str(&format!(", {} repaired", self.repaired));
        }
        if self.tried_to_repair && !self.findings.is_empty() {
            line.push_str(&self.beyond_repair());
        }
        if self.without_hash > 0 {
            line.push_str(&format!(
                "; {} {} written without a hash, so the rows were read instead",
                counted(self.without_hash as u64, "file"),
                verb(self.without_hash as u64, "was", "were")
            ));
        }
        line
    }

    /// Why there are findings after a repair, and which commands put them right.
    fn beyond_repair(&self) -> String {
        let commands: BTreeSet<&str> = self.findings.iter().map(|one| one.repair.as_str()).collect();
        let commands: Vec<String> = commands.into_iter().map(|command| format!("`{command}`")).collect();
        format!(
            "; --repair can only copy what the other side, or a copy of the log, has intact, and here there is none: run {}",
            commands.join(" and ")
        )
    }

    pub fn table(&self) -> Table {
        let row = |finding: &Finding| {
            vec![
                finding.table.clone(),
                finding.what.to_owned(),
                finding.file.display().to_string(),
                finding.detail.clone(),
                finding.repair.clone(),
            ]
        };
        Table {
            title: "Findings".to_owned(),
            headers: ["table", "what", "file", "detail", "repair"].map(str::to_owned).to_vec(),
            rows: self.findings.iter().map(row).collect(),
        }
    }

    pub fn json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "table": finding.table, "what": finding.what, "file": finding.file.to_string_lossy(),
                    "detail": finding.detail, "repair": finding.repair,
                })
            })
            .collect();
        json!({
            "tables": self.tables, "files": self.files, "bytes": self.bytes,
            "without_hash": self.without_hash, "repaired": self.repaired, "findings": findings,
        })
    }
}

const UNREFERENCED: &str = "unreferenced";

/// Checks each table: its log, each data file against its hash, both sides against each other. With `repair`, what one
/// side has intact is put in the place of what the other side lacks.
///
/// # Errors
/// Only those of repairing: what is wrong with a table is a finding.
pub fn check(tables: &[LakeTable], repair: bool) -> Result<Checked> {
    let mut checked = Checked { tables: tables.len(), tried_to_repair: repair, ..Checked::default() };
    for table in tables {
        let before = checked.findings.len();
        check_table(table, &mut checked);
        let is_mendable = |finding: &Finding| finding.repair == table.repair_log_command();
        if repair && checked.findings[before..].iter().any(is_mendable) {
            mend(table)?;
            let found = checked.findings.len();
            let mut again = Checked::default();
            check_table(table, &mut again);
            checked.findings.truncate(before);
            checked.findings.extend(again.findings);
            checked.repaired += found - checked.findings.len();
        }
    }
    Ok(checked)
}

fn check_table(table: &LakeTable, checked: &mut Checked) {
    if !check_log(table, checked) {
        return;
    }
    let opened = table.open().and_then(|delta| {
        let (files, hashes) = (delta.files()?, delta.hashes()?);
        // Every version's log file is read, so that a damaged one is found that the newest version does not need.
        let known = known_files(&delta)?;
        Ok((delta, files, hashes, known))
    });
    let (delta, files, hashes, known) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            checked.findings.push(unreadable_log(table, &error));
            return;
        }
    };
    let state = Side { hashes: &hashes };
    let shown = table.parquet().is_dir().then(|| table.parquet());
    for file in &files {
        checked.files += 1;
        checked.bytes += file.bytes;
        checked.without_hash += usize::from(!hashes.contains_key(&file.relative));
        let wrong = state.problem(&file.path, file);
        let twin = shown.as_ref().map(|folder| folder.join(&file.relative));
        let twin = match &twin {
            Some(twin) if is_same_file(twin, &file.path) => None,
            Some(twin) => Some((twin, state.problem(twin, file))),
            None => None,
        };
        let twin_is_good = matches!(&twin, Some((_, None)));
        let is_good = wrong.is_none();
        if let Some((what, detail)) = wrong {
            let repair = if twin_is_good { table.repair_log_command() } else { table.repair_command() };
            checked.findings.push(Finding {
                table: table.label(),
                file: file.path.clone(),
                what,
                detail,
                repair,
            });
        }
        if let Some((twin, Some((_, detail)))) = twin {
            let repair = if is_good { table.repair_log_command() } else { table.repair_command() };
            checked.findings.push(Finding {
                table: table.label(),
                file: twin.clone(),
                what: "parquet side",
                detail,
                repair,
            });
        }
    }
    let live: BTreeSet<&str> = files.iter().map(|file| file.relative.as_str()).collect();
    for relative in shown.iter().flat_map(|folder| parquet_files(folder)) {
        let shows_no_rows = live.is_empty() && relative == NO_ROWS;
        if !live.contains(relative.as_str()) && !shows_no_rows {
            checked.findings.push(Finding {
                table: table.label(),
                file: table.parquet().join(&relative),
                what: "parquet side",
                detail: "the newest version does not have this file".to_owned(),
                repair: table.repair_log_command(),
            });
        }
    }
    let Some(known) = known else { return };
    for relative in parquet_files(delta.root()) {
        if !live.contains(relative.as_str()) && !known.contains(&relative) {
            checked.findings.push(Finding {
                table: table.label(),
                file: delta.root().join(&relative),
                what: UNREFERENCED,
                detail: "no version has this file".to_owned(),
                repair: format!("ingot lake vacuum {}", table.label()),
            });
        }
    }
}

/// Reads every table of the warehouse, a DuckDB file whose blocks have checksums. What cannot be read is a finding, and so is a
/// file that cannot be opened, or that is gone although the lake has copies of its tables (`is_expected`). One that
/// another process writes to is not checked.
pub fn check_warehouse(file: &Path, is_expected: bool, checked: &mut Checked) {
    let finding = |what, detail| Finding {
        table: "warehouse".to_owned(),
        file: file.to_path_buf(),
        what,
        detail,
        repair: "ingot lake recover".to_owned(),
    };
    let Ok(found) = std::fs::metadata(file) else {
        if is_expected {
            checked.findings.push(finding("missing", "the database is not there".to_owned()));
        }
        return;
    };
    let outcome = read_warehouse(file);
    if outcome.as_ref().is_err_and(|error| *error.kind() == Kind::InUse) {
        return;
    }
    checked.files += 1;
    checked.bytes += found.len();
    if let Err(error) = outcome {
        checked.findings.push(finding("damaged", error.message().replace('\n', " ")));
    }
}

fn read_warehouse(file: &Path) -> Result<()> {
    let engine = EngineOptions::existing_file(file).open()?;
    let mut session = engine.session()?;
    let tables = session.query(
        "select database_name, schema_name, table_name from duckdb_tables() where not internal and not temporary",
    )?;
    for row in &tables.rows {
        let name: Vec<String> = row.iter().map(|part| name_literal(&part.to_string())).collect();
        session.query(&format!("select bit_xor(hash(t)) from {} as t", name.join(".")))?;
    }
    Ok(())
}

fn unreadable_log(table: &LakeTable, error: &Error) -> Finding {
    Finding {
        table: table.label(),
        file: table.delta().join("_delta_log"),
        what: "log",
        detail: error.to_string().replace('\n', " "),
        repair: table.repair_command(),
    }
}

/// Compares the files of the log with their copies. Gives whether the log can be read.
fn check_log(table: &LakeTable, checked: &mut Checked) -> bool {
    // The log of bronze remembers what was loaded, so it is kept for ever. Others say so in a property, if it can be read.
    let is_kept_for_ever = table.is_bronze();
    let damaged = match log_damage(&table.delta(), is_kept_for_ever) {
        Ok(damaged) => damaged,
        Err(error) => {
            checked.findings.push(unreadable_log(table, &error));
            return false;
        }
    };
    for damage in &damaged {
        let repair = match (&damage.copy, table.is_bronze()) {
            (Some(_), _) => table.repair_log_command(),
            (None, true) => format!("{} --from-nothing", table.repair_command()),
            (None, false) => table.repair_command(),
        };
        checked.findings.push(Finding {
            table: table.label(),
            file: damage.file.clone(),
            what: "log",
            detail: damage.to_string(),
            repair,
        });
    }
    damaged.is_empty()
}

/// The files that any version has had; `None` if the log does not go back to its beginning.
fn known_files(delta: &DeltaTable) -> Result<Option<BTreeSet<String>>> {
    let changes = delta.changes()?;
    if changes.first().is_none_or(|change| change.commit.version != 0) {
        return Ok(None);
    }
    Ok(Some(changes.into_iter().flat_map(|change| change.added).map(|file| file.relative).collect()))
}

/// How a file is compared with what the log says of it.
struct Side<'t> {
    hashes: &'t HashMap<String, String>,
}

impl Side<'_> {
    /// What is wrong with a file that should be `file`.
    fn problem(&self, path: &Path, file: &LiveFile) -> Option<(&'static str, String)> {
        let hash = self.hashes.get(&file.relative).map(String::as_str);
        match FileDamage::of(path, file.bytes, hash) {
            Some(FileDamage::Missing) => Some(("missing", FileDamage::Missing.to_string())),
            Some(damage) => Some(("damaged", damage.to_string())),
            None if hash.is_some() => None,
            None => read_rows(path).err().map(|error| ("damaged", error.to_string().replace('\n', " "))),
        }
    }
}

/// Decodes a whole file: the only check where nobody kept a hash.
fn read_rows(path: &Path) -> Result<()> {
    let file = File::open(path).or_cannot_at("open the data file", path)?;
    let batches = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.build())
        .or_cannot_at("read the data file", path)?;
    for batch in batches {
        batch.or_cannot_at("read the data file", path)?;
    }
    Ok(())
}

/// The Parquet files below a folder, by their relative names with `/`, without the log's checkpoints.
fn parquet_files(folder: &Path) -> Vec<String> {
    let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
    walk.filter_entry(|entry| entry.file_name() != "_delta_log")
        .flatten()
        .filter(|entry| {
            entry.file_type().is_file() && entry.path().extension().is_some_and(|kind| kind == "parquet")
        })
        .filter_map(|entry| {
            let relative = entry.path().strip_prefix(folder).ok()?.to_string_lossy().into_owned();
            Some(relative.replace(std::path::MAIN_SEPARATOR, "/"))
        })
        .collect()
}

/// Puts back files of the log from their copies, and the good twin of a data file in the place of the bad one; then lets
/// the Parquet side show the newest version.
fn mend(table: &LakeTable) -> Result<()> {
    let _lock = table.lock()?;
    repair_log(&table.delta())?;
    let delta = table.open()?;
    let hashes = delta.hashes()?;
    let state = Side { hashes: &hashes };
    for file in delta.files()? {
        let twin = table.parquet().join(&file.relative);
        if is_same_file(&twin, &file.path) {
            continue;
        }
        match (state.problem(&file.path, &file), state.problem(&twin, &file)) {
            (Some(_), None) => replace(&twin, &file.path)?,
            // The next step makes the link again.
            (None, Some(_)) if twin.is_file() => {
                std::fs::remove_file(&twin).or_cannot_at("remove the file", &twin)?;
            }
            _ => {}
        }
    }
    table.show_newest(&delta)
}

/// Puts a copy of `good` in the place of `bad`, which may not be there.
fn replace(good: &Path, bad: &Path) -> Result<()> {
    if let Some(folder) = bad.parent() {
        std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
    }
    let beside = bad.with_extension("inprogress");
    std::fs::copy(good, &beside)
        .and_then(|_| File::open(&beside)?.sync_all())
        .and_then(|()| std::fs::rename(&beside, bad))
        .or_cannot_at("copy the file", bad)
}
