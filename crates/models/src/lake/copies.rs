//! Copies of models in the lake. A table whose config says `meta: {lake_folder: lake/gold}` is written to
//! `lake/gold/delta/<table>` and `lake/gold/parquet/<table>` too: Parquet files, linked in both, and one commit a version.
//!
//! All copies are written at the end of a run, so that none is of a table whose tests have not passed and all are of one
//! state of the database: first the files, where no reader looks; then they are forced to the disk; then the commits to the
//! Delta logs, each of which is the moment at which a table is the new one; then the Parquet sides, which any later
//! run would put right. What a table holds is remembered with its commit as a sum over its rows, so a table
//! that a run left as it was, or built again from the same data, is not written again; and of a large one that changed a little,
//! only what changed (`next_version`). Files that only old versions need are removed at the end.

use crate::connection::Connection;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::lake::column_types;
use crate::lake::content::{self, metadata};
use crate::lake::copied::Copied;
use crate::lake::next_version::{self, Compared, NextVersion, all_rows};
use crate::outcomes::{NodeResult, Status};
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::{FolderLock, make_durable};
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Event, Level, Reporter, counted, noun};
use ingot_engine::Engine;
use ingot_lake::arrow::datatypes::Schema;
use ingot_lake::{
    CHECKPOINT_INTERVAL, Changes, CommitDetails, DeltaTable, LiveFile, NewFile, Removal, TableDefinition,
    VerifiedFiles, clear_unfinished_commits, lock_tables, mirror, vacuum_files,
};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Instant;

const STAGE: &str = "lake";

/// A run, as far as its copies need to know it.
pub(crate) struct CopyJob<'a> {
    /// The folder of the project, to which `lake_folder` is relative.
    pub(crate) root: &'a Path,
    pub(crate) manifest: &'a Manifest,
    pub(crate) results: &'a [NodeResult],
    /// By unique id: what is in tables, as far as it is known already.
    pub(crate) contents: &'a HashMap<String, String>,
    /// Whether the run does only what an earlier one left undone: some tests of a table are enough then.
    pub(crate) is_retry: bool,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) interrupt: &'a Interrupt,
}

/// Writes the copies that the run made due. Gives whether all went well; what did not was reported.
pub(crate) fn write(job: &CopyJob<'_>) -> bool {
    let clock = Instant::now();
    let (due, mut failures) = due(job);
    if due.is_empty() && failures.is_empty() {
        return true;
    }
    job.reporter.report(Event::StageStarted { stage: STAGE, detail: counted(due.len() as u64, "table") });
    let mut counts = Counts::default();
    // Held until all is written: another run (of another target, for example) would take files of this one for a killed run's.
    match hold(&due).and_then(|held| Ok((held, prepare_all(job, &due, &mut failures)?))) {
        Ok((_held, prepared)) => finish(prepared, &mut counts, &mut failures),
        Err(error) => failures.push(error),
    }
    for error in &failures {
        let text = format!("error while writing to the lake: {}", error.with_hint());
        job.reporter.report(Event::Message { level: Level::Error, text });
    }
    job.reporter.report(Event::StageFinished {
        stage: STAGE,
        seconds: clock.elapsed().as_secs_f64(),
        detail: counts.line(failures.len()),
    });
    failures.is_empty()
}

#[derive(Default)]
struct Counts {
    written: usize,
    unchanged: usize,
    rows: u64,
    bytes: u64,
}

impl Counts {
    fn line(&self, failed: usize) -> String {
        let mut line = format!(
            "{} {} written ({} {}, {:.1} MB), {} unchanged",
            self.written,
            noun(self.written as u64, "table"),
            self.rows,
            noun(self.rows, "row"),
            self.bytes as f64 / 1e6,
            self.unchanged
        );
        if failed > 0 {
            line.push_str(&format!(", {failed} failed"));
        }
        line
    }
}

/// The tables that this run has built, or whose tests it has done again, and of which no test failed.
fn due<'a>(job: &CopyJob<'a>) -> (Vec<Copied<'a>>, Vec<Error>) {
    let (manifest, root) = (job.manifest, job.root);
    let status: HashMap<&str, Status> =
        job.results.iter().map(|result| (result.unique_id.as_str(), result.status)).collect();
    let (mut due, mut failures) = (Vec::new(), Vec::new());
    let mut places: BTreeMap<PathBuf, &str> = BTreeMap::new();
    for (index, node) in manifest.nodes.iter().enumerate() {
        let copied = match Copied::of(node, root) {
            Ok(Some(copied)) => copied,
            Ok(None) => continue,
            Err(error) => {
                failures.push(error);
                continue;
            }
        };
        let children = manifest.graph.children[index].iter().map(|child| &manifest.nodes[*child]);
        let all_tests: Vec<&Node> =
            children.filter(|child| child.resource_type() == ResourceType::Test).collect();
        let tests: Vec<Status> =
            all_tests.iter().filter_map(|test| status.get(test.unique_id.as_str()).copied()).collect();
        let is_touched = match status.get(node.unique_id.as_str()) {
            Some(status) => *status == Status::Success,
            // Not built now: only if every test was done again. (A `retry` does those that had not passed.)
            None => !tests.is_empty() && (tests.len() == all_tests.len() || job.is_retry),
        };
        if !is_touched {
            continue;
        }
        if tests.iter().any(|status| status.is_bad() || *status == Status::Skipped) {
            job.reporter.warn(format!(
                "{}.{} is not written to the lake, which keeps what it has: not all of its tests have passed",
                node.schema, node.alias
            ));
            continue;
        }
        match copied.take_place(&mut places) {
            Ok(()) => due.push(copied),
            Err(error) => failures.push(error),
        }
    }
    (due, failures)
}

/// Locks the folders, each through a file in it, while the process lives or until they are dropped.
fn hold(due: &[Copied]) -> Result<Vec<FolderLock>> {
    let folders: BTreeSet<&Path> = due.iter().map(|copied| copied.folder.as_path()).collect();
    folders.into_iter().map(lock_tables).collect()
}

/// A table's files are written; nothing is committed.
struct Prepared {
    folder: PathBuf,
    delta: PathBuf,
    parquet: PathBuf,
    kept_hours: Option<f64>,
    table: Option<DeltaTable>,
    /// None if the lake has these rows already.
    new: Option<NewVersion>,
}

struct NewVersion {
    name: String,
    /// `None` if rows only left.
    file: Option<(NewFile, Schema)>,
    removed: Vec<LiveFile>,
    metadata: Map<String, Json>,
}

impl Prepared {
    /// The new file, if there is one.
    fn file(&self) -> Option<PathBuf> {
        let (file, _) = self.new.as_ref()?.file.as_ref()?;
        Some(self.delta.join(&file.relative))
    }
}

fn prepare_all(job: &CopyJob<'_>, due: &[Copied], failures: &mut Vec<Error>) -> Result<Vec<Prepared>> {
    // One transaction, so that all copies are of one state.
    let mut connection = Connection::new(job.engine.session()?);
    let mut known: BTreeMap<PathBuf, VerifiedFiles> = BTreeMap::new();
    let mut prepared = Vec::new();
    for copied in due {
        if job.interrupt.is_set() {
            failures
                .push(Error::new("interrupted: nothing was written to the lake").of_kind(Kind::Interrupted));
            prepared.iter().for_each(forget);
            return Ok(Vec::new());
        }
        let lake = copied.folder.parent().unwrap_or(&copied.folder);
        let known = known.entry(lake.to_path_buf()).or_insert_with(|| VerifiedFiles::of(lake));
        let content = job.contents.get(&copied.node.unique_id);
        match prepare(copied, content, &mut connection, known) {
            Ok(one) => prepared.push(one),
            Err(error) => {
                failures.push(error.context(format!("the copy of {}", copied.label())));
                // A failed statement ends the transaction.
                connection.rollback();
            }
        }
    }
    connection.rollback();
    known.values_mut().for_each(VerifiedFiles::save);
    Ok(prepared)
}

/// Removes a file that will not be committed.
fn forget(prepared: &Prepared) {
    if let Some(file) = prepared.file() {
        let _ = std::fs::remove_file(file);
    }
}

fn prepare(
    copied: &Copied,
    content: Option<&String>,
    connection: &mut Connection,
    known: &mut VerifiedFiles,
) -> Result<Prepared> {
    let (delta, parquet) = (copied.side("delta"), copied.side("parquet"));
    let table = if DeltaTable::exists(&delta) { Some(copied.open()?) } else { None };
    let next = table.as_ref().map_or(0, |table| table.version() + 1);
    let names_begin = format!("v{next:08}-");
    clear_unfinished_commits(&delta)?;
    clear_strays(&delta, &names_begin)?;
    let (folder, kept_hours) = (copied.folder.clone(), copied.kept_hours);
    let columns = column_types::columns(connection, &copied.relation)?;
    let content = match content {
        Some(content) => content.clone(),
        None => content::content(connection, &copied.relation, &columns, "true")?,
    };
    let next = match &table {
        None => NextVersion::Changed { leave: Vec::new(), rows: Some(all_rows(&copied.relation, &columns)) },
        Some(table) => {
            let (relation, files) = (copied.relation.as_str(), replaceable(table)?);
            Compared { relation, columns: &columns, content: &content, table, files }
                .next(connection, known)?
        }
    };
    let NextVersion::Changed { leave: removed, rows } = next else {
        return Ok(Prepared { folder, delta, parquet, kept_hours, table, new: None });
    };
    std::fs::create_dir_all(&delta).or_cannot_at("create the folder", &delta)?;
    let relative = format!("{names_begin}{}.parquet", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let file = rows.map(|rows| next_version::write(connection, &rows, &delta, &relative)).transpose()?;
    let metadata = metadata(&copied.node.unique_id, &content, &columns);
    let new = NewVersion { name: copied.node.alias.clone(), file, removed, metadata };
    Ok(Prepared { folder, delta, parquet, kept_hours, table, new: Some(new) })
}

/// What a killed run wrote for a version that never came about.
fn clear_strays(delta: &Path, names_begin: &str) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(delta) else { return Ok(()) };
    for entry in entries {
        let entry = entry.or_cannot_at("list the folder", delta)?;
        if entry.file_name().to_string_lossy().starts_with(names_begin) {
            std::fs::remove_file(entry.path()).or_cannot_at("remove the file", &entry.path())?;
        }
    }
    Ok(())
}

/// The files that a new version takes the place of.
fn replaceable(table: &DeltaTable) -> Result<Vec<LiveFile>> {
    let files = table.files()?;
    let foreign = files.iter().any(LiveFile::has_deletion_vector) || !table.partition_columns()?.is_empty();
    if foreign {
        return Err(Error::new(
            "there is a Delta table of another make, with partitions or deletion vectors",
        )
        .at(table.root())
        .hint("move its folder away: the next run writes a new one"));
    }
    Ok(files)
}

/// Commits what is prepared, and shows it.
fn finish(prepared: Vec<Prepared>, counts: &mut Counts, failures: &mut Vec<Error>) {
    let mut written: BTreeMap<&Path, Vec<PathBuf>> = BTreeMap::new();
    for one in &prepared {
        if let Some(file) = one.file() {
            written.entry(&one.folder).or_default().push(file);
        }
    }
    for (folder, files) in &written {
        if let Err(error) = make_durable(files, folder) {
            failures.push(error);
            prepared.iter().for_each(forget);
            return;
        }
    }
    let mut logs: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for one in prepared {
        match &one.new {
            Some(new) => {
                counts.written += 1;
                counts.rows += new.file.as_ref().map_or(0, |(file, _)| file.rows);
                counts.bytes += new.file.as_ref().map_or(0, |(file, _)| file.bytes);
            }
            None => counts.unchanged += 1,
        }
        let (folder, is_new) = (one.folder.clone(), one.new.is_some());
        match commit(one) {
            Ok(log) if is_new => logs.entry(folder).or_default().push(log),
            Ok(_) => {}
            Err(error) => failures.push(error),
        }
    }
    for (folder, files) in &logs {
        failures.extend(make_durable(files, folder).err());
    }
}

/// Gives the log's file of the version that is there now.
fn commit(prepared: Prepared) -> Result<PathBuf> {
    let Prepared { delta, parquet, kept_hours, table, new, .. } = prepared;
    let is_new = new.is_some();
    let table = match (table, new) {
        (Some(table), None) => table,
        (Some(mut table), Some(new)) => {
            let (add, schema) = new.file.unzip();
            let schema = match schema {
                Some(schema) if table.schema()?.as_ref() != &schema => Some(schema),
                _ => None,
            };
            let changes = Changes { add: add.into_iter().collect(), remove: new.removed, schema };
            table.commit(changes, &details("WRITE", new.metadata))?;
            table
        }
        (None, Some(NewVersion { name, file: Some((file, schema)), metadata, .. })) => {
            let definition = TableDefinition {
                name,
                schema,
                partition_columns: Vec::new(),
                properties: log_properties(kept_hours),
                id: None,
            };
            DeltaTable::create_with(&delta, &definition, vec![file], &details("CREATE TABLE", metadata))?
        }
        (None, _) => return Err(Error::defect("nothing was prepared").at(delta)),
    };
    mirror(&table.files()?, &*table.schema()?, &parquet)?;
    if let (true, Some(hours)) = (is_new, kept_hours) {
        vacuum_files(&table, hours, Removal::Do)?;
    }
    Ok(table.log_file())
}

/// The log is kept as long as the versions in it.
fn log_properties(kept_hours: Option<f64>) -> Vec<(String, String)> {
    let property = |name: &str, value: String| (name.to_owned(), value);
    let mut properties = vec![property("delta.checkpointInterval", CHECKPOINT_INTERVAL.to_string())];
    properties.push(match kept_hours {
        Some(hours) => {
            let seconds = (hours * 3_600.0).ceil();
            property("delta.logRetentionDuration", format!("interval {seconds} seconds"))
        }
        None => property("delta.enableExpiredLogCleanup", "false".to_owned()),
    });
    properties
}

fn details(operation: &'static str, metadata: Map<String, Json>) -> CommitDetails {
    CommitDetails { operation, metadata, timestamp: None }
}
