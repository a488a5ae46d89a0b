//! Copies of models in the lake. A table whose config says `meta: {lake_folder: lake/gold}` is written to
//! `lake/gold/delta/<table>` and `lake/gold/parquet/<table>` too: one Parquet file, linked in both, and one commit a version.
//!
//! All copies are written at the end of a run, so that none is of a table whose tests have not passed and all are of one
//! state of the database: first the files, where no reader looks; then they are forced to the disk; then the commits to the
//! Delta logs, each of which is the moment at which a table is the new one; then the Parquet sides, which any later
//! run would put right. What a table holds is remembered with its commit as a sum over its rows, so a table
//! that a run left as it was, or built again from the same data, is not written again.

use crate::connection::Connection;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::lake::column_types;
use crate::lake::column_types::Column;
use crate::outcomes::{NodeResult, Status};
use crate::relations::relation::quoted;
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::{FolderLock, make_durable};
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Event, Level, Reporter};
use ingot_engine::Engine;
use ingot_lake::arrow::datatypes::Schema;
use ingot_lake::{
    Changes, CommitDetails, DeltaTable, LiveFile, NewFile, TableDefinition, VerifiedFiles, Verify,
    lock_tables, mirror,
};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Instant;

const STAGE: &str = "lake";
/// The key of a commit's metadata that holds the sum over the rows.
const CONTENT: &str = "content";

/// A run, as far as its copies need to know it.
pub(crate) struct CopyJob<'a> {
    /// The folder of the project, to which `lake_folder` is relative.
    pub(crate) root: &'a Path,
    pub(crate) manifest: &'a Manifest,
    pub(crate) results: &'a [NodeResult],
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
    job.reporter.report(Event::StageStarted { stage: STAGE, detail: format!("{} tables", due.len()) });
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
            "{} tables written ({} rows, {:.1} MB), {} unchanged",
            self.written,
            self.rows,
            self.bytes as f64 / 1e6,
            self.unchanged
        );
        if failed > 0 {
            line.push_str(&format!(", {failed} failed"));
        }
        line
    }
}

/// A table that has a copy.
struct Copied<'a> {
    node: &'a Node,
    relation: String,
    /// The folder of both sides, absolute.
    folder: PathBuf,
}

impl Copied<'_> {
    fn side(&self, name: &str) -> PathBuf {
        self.folder.join(name).join(&self.node.alias)
    }
}

/// The folder that the node's config names, if it makes a table of its own in the database.
fn folder_of(node: &Node, root: &Path) -> Result<Option<PathBuf>> {
    let elsewhere = ["view", "materialized_view", "ephemeral", "external", "delta"];
    if !node.is_relational() || elsewhere.contains(&node.materialized()) {
        return Ok(None);
    }
    match node.config.get("meta").and_then(|meta| meta.get("lake_folder")) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(folder)) if !folder.trim().is_empty() => Ok(Some(root.join(folder))),
        Some(other) => {
            Err(Error::new(format!("meta.lake_folder of '{}' is not a folder: {other}", node.name))
                .at(&node.original_file_path)
                .hint("name a folder, relative to the project: lake_folder: lake/gold"))
        }
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
        let folder = match folder_of(node, root) {
            Ok(Some(folder)) => folder,
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
        let Some(relation) = node.relation_name() else { continue };
        let copied = Copied { node, relation, folder };
        match checked(&copied, &mut places) {
            Ok(()) => due.push(copied),
            Err(error) => failures.push(error),
        }
    }
    (due, failures)
}

/// Each table has a folder of its own, inside that of the config.
fn checked<'a>(copied: &Copied<'a>, places: &mut BTreeMap<PathBuf, &'a str>) -> Result<()> {
    let alias = &copied.node.alias;
    let at = |error: Error| error.at(&copied.node.original_file_path);
    if alias.starts_with('.') || alias.contains(['/', '\\', '\0']) {
        return Err(at(Error::new(format!("'{alias}' cannot be the name of a folder in the lake")))
            .hint("give the model another alias, or no meta.lake_folder"));
    }
    let place = copied.side("delta");
    DeltaTable::check_place(&place)?;
    match places.insert(place, &copied.node.unique_id) {
        None => Ok(()),
        Some(other) => Err(at(Error::new(format!(
            "{} and {other} have the same folder in the lake",
            copied.node.unique_id
        )))
        .hint("give one of them another meta.lake_folder, or another alias")),
    }
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
    table: Option<DeltaTable>,
    /// None if the lake has these rows already.
    new: Option<NewVersion>,
}

struct NewVersion {
    name: String,
    file: NewFile,
    schema: Schema,
    removed: Vec<LiveFile>,
    metadata: Map<String, Json>,
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
        match prepare(copied, &mut connection, known) {
            Ok(one) => prepared.push(one),
            Err(error) => {
                let label = format!("{}.{}", copied.node.schema, copied.node.alias);
                failures.push(error.context(format!("the copy of {label}")));
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
    if let Some(new) = &prepared.new {
        let _ = std::fs::remove_file(prepared.delta.join(&new.file.relative));
    }
}

fn prepare(copied: &Copied, connection: &mut Connection, known: &mut VerifiedFiles) -> Result<Prepared> {
    let (delta, parquet) = (copied.side("delta"), copied.side("parquet"));
    let table = if DeltaTable::exists(&delta) { Some(DeltaTable::open(&delta)?) } else { None };
    let next = table.as_ref().map_or(0, |table| table.version() + 1);
    let names_begin = format!("v{next:08}-");
    clear_strays(&delta, &names_begin)?;
    let columns = column_types::columns(connection, &copied.relation)?;
    let content = content(connection, &copied.relation, &columns)?;
    let removed = match &table {
        Some(table) => replaceable(table)?,
        None => Vec::new(),
    };
    let mut prepared = Prepared { folder: copied.folder.clone(), delta, parquet, table, new: None };
    if let Some(table) = &prepared.table
        && holds(table, &content, &removed, known)?
    {
        return Ok(prepared);
    }
    std::fs::create_dir_all(&prepared.delta).or_cannot_at("create the folder", &prepared.delta)?;
    let relative = format!("{names_begin}{}.parquet", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let path = prepared.delta.join(&relative);
    let listed: Vec<String> = columns.iter().map(Column::to_file).collect();
    let written = column_types::copy(
        connection,
        &format!("select {} from {}", listed.join(", "), copied.relation),
        &path,
    )
    .and_then(|()| column_types::describe(&prepared.delta, &relative, Vec::new()));
    let (file, schema) = written.inspect_err(|_| {
        let _ = std::fs::remove_file(&path);
    })?;
    let mut metadata = Map::new();
    metadata.insert("model".to_owned(), copied.node.unique_id.clone().into());
    metadata.insert("rows".to_owned(), file.rows.into());
    metadata.insert(CONTENT.to_owned(), content.into());
    prepared.new = Some(NewVersion { name: copied.node.alias.clone(), file, schema, removed, metadata });
    Ok(prepared)
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

/// A text that changes when a column, a type or any value does, whatever the order of the rows.
fn content(connection: &mut Connection, relation: &str, columns: &[Column]) -> Result<String> {
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let found = connection.query(
        &format!(
            "select count(*), coalesce(sum(content), 0)::varchar, coalesce(bit_xor(content), 0)::varchar
             from (select hash({}) as content from {relation})",
            names.join(", ")
        ),
        true,
    )?;
    let cells: Vec<String> = found.rows.iter().flatten().map(ToString::to_string).collect();
    let columns: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect();
    Ok(format!("{} of {}", cells.join(" "), columns.join(", ")))
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

/// Whether the table's newest version is of these rows, and its files are as they were written.
fn holds(table: &DeltaTable, content: &str, files: &[LiveFile], known: &mut VerifiedFiles) -> Result<bool> {
    let last = table.last_commit()?;
    let same =
        last.is_some_and(|commit| commit.metadata.get(CONTENT).and_then(Json::as_str) == Some(content));
    if !same {
        return Ok(false);
    }
    let hashes = table.hashes()?;
    Ok(files.iter().all(|file| {
        let hash = hashes.get(&file.relative).map(String::as_str);
        known.damage(&file.path, file.bytes, hash, Verify::Changed).is_none()
    }))
}

/// Commits what is prepared, and shows it.
fn finish(prepared: Vec<Prepared>, counts: &mut Counts, failures: &mut Vec<Error>) {
    let mut written: BTreeMap<&Path, Vec<PathBuf>> = BTreeMap::new();
    for one in &prepared {
        if let Some(new) = &one.new {
            written.entry(&one.folder).or_default().push(one.delta.join(&new.file.relative));
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
                counts.rows += new.file.rows;
                counts.bytes += new.file.bytes;
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
    let Prepared { delta, parquet, table, new, .. } = prepared;
    let table = match (table, new) {
        (Some(table), None) => table,
        (None, None) => return Err(Error::defect("nothing was prepared").at(delta)),
        (Some(mut table), Some(new)) => {
            let is_other = table.schema()?.as_ref() != &new.schema;
            let changes =
                Changes { add: vec![new.file], remove: new.removed, schema: is_other.then_some(new.schema) };
            table.commit(changes, &details("WRITE", new.metadata))?;
            table
        }
        (None, Some(new)) => {
            let definition = TableDefinition {
                name: new.name,
                schema: new.schema,
                partition_columns: Vec::new(),
                properties: Vec::new(),
                id: None,
            };
            DeltaTable::create_with(
                &delta,
                &definition,
                vec![new.file],
                &details("CREATE TABLE", new.metadata),
            )?
        }
    };
    mirror(&table.files()?, &parquet)?;
    Ok(table.log_file())
}

fn details(operation: &'static str, metadata: Map<String, Json>) -> CommitDetails {
    CommitDetails { operation, metadata, timestamp: None }
}
