//! The state of one environment becomes that of another.
//!
//! All of it is prepared beside the other environment's state: its lake and the warehouse by reference, copies of dbt's artifacts.
//! A note (`pending`) then says that it is complete, and one after the other takes its place by a rename. From the note on, a
//! promotion that was killed is completed by the next command in the environment.

use super::carry::carry;
use super::folder::PROMOTED;
use super::pending::{NOTE, Pending, complete, complete_held, hold_environment};
use super::state::State;
use super::tested::{Tested, tested};
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::{FolderLock, FolderSwap, clone_file, make_each_durable, share_file, shared_note};
use ingot_core::project::Project;
use ingot_engine::duckdb::{Seal, write_ahead_log};
use ingot_engine::{Engine, EngineOptions};
use ingot_models::RunOptions;
use ingot_operate::{all_tables, lock_all_tables};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What must be true of a state before it goes elsewhere.
pub enum StateChecks<'o> {
    /// It was tested as it is; the options say how the models are read.
    Tested(&'o RunOptions),
    /// Anything goes: it is the beginning of work.
    None,
}

/// What was promoted, or would be.
#[derive(Debug, Clone, Serialize)]
pub struct Promotion {
    pub from: String,
    pub to: String,
    /// `invocation_id` of the run of the models that tested the state; `None` if nobody asked.
    pub run: Option<String>,
    /// Tables of the lake and their versions.
    pub tables: Vec<(String, u64)>,
    /// Of the tables of the models, those that no test is about.
    pub without_test: Vec<String>,
    /// Files that both environments share from now on.
    pub linked: u64,
    pub copied: u64,
    /// Bytes of the copied files of the lake, and of the warehouse, which is shared until one of the two writes to it.
    pub copied_bytes: u64,
    pub warehouse_bytes: u64,
}

/// Makes the state of `from` that of `to`, or with `dry_run` says what would be done.
///
/// # Errors
/// The state was not tested as it is (of the kind `Data`), another process writes to one of the two, or a file cannot be
/// written. `to` is then as it was, or the next command in it completes the promotion.
pub fn promote(from: &State, to: &State, checks: &StateChecks<'_>, dry_run: bool) -> Result<Promotion> {
    check_places(from, to)?;
    let _promoting = hold_environment(&to.project)?;
    complete_held(&to.project)?;
    let _lake = hold_lake(&from.project)?;
    let tested = match checks {
        StateChecks::Tested(options) => Some(tested(from, options)?),
        StateChecks::None => None,
    };
    let mut promotion = about(from, to, tested.as_ref())?;
    if dry_run {
        return Ok(promotion);
    }
    // The lake of `to` goes away with its locks; that of `from` stays.
    let _other_lake = hold_lake(&to.project)?;
    let warehouses = (open(&from.warehouse)?, open(&to.warehouse)?);
    if tested.as_ref().is_some_and(|tested| !tested.holds(from)) {
        return Err(Error::new("somebody has written to the warehouse just now")
            .at(&from.warehouse)
            .of_kind(Kind::Data));
    }
    let swap = FolderSwap::begin(&to.project.lake())?;
    let carried = carry(&from.project.lake(), swap.next(), &to.project.lake())?;
    (promotion.linked, promotion.copied, promotion.copied_bytes) =
        (carried.linked, carried.copied, carried.bytes);
    let pending = stage(from, to, &promotion, swap.next())?;
    complete(&to.project, &pending)?;
    drop(warehouses);
    if let Some(unseen) = tested.and_then(|tested| tested.unseen()) {
        // The next run need not look at what this one has seen.
        Seal::look(&to.artifacts, &to.warehouse).renew(unseen);
    }
    Ok(promotion)
}

fn check_places(from: &State, to: &State) -> Result<()> {
    if from.project.root() == to.project.root() {
        return Err(Error::new(format!("'{}' and '{}' are the same environment", from.name, to.name)));
    }
    if to.project.environment_name().is_none() {
        return Err(Error::new(format!("'{}' is the project itself, and no environment", to.name))
            .at(to.project.root())
            .hint("promote into an environment; `ingot env add NAME` makes one"));
    }
    from.check_own()?;
    to.check_own()?;
    if !from.project.lake().is_dir() || !from.warehouse.is_file() {
        return Err(Error::new(format!("'{}' has no data yet", from.name))
            .at(from.project.root())
            .hint(format!("run `{}` first", from.run_command())));
    }
    if from.warehouse.file_name() != to.warehouse.file_name() {
        return Err(Error::new(format!(
            "the warehouses of '{}' and '{}' have different names, and views name the database they are in",
            from.name, to.name
        ))
        .at(&to.warehouse)
        .hint(format!("give both targets a path that ends with {}", shown_name(&from.warehouse))));
    }
    Ok(())
}

fn shown_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Opens a warehouse, if it is there, for reading: then nobody else can write to it, and others can read.
fn open(warehouse: &Path) -> Result<Option<Box<dyn Engine>>> {
    let open = || EngineOptions::existing_file(warehouse).open();
    warehouse.is_file().then(open).transpose()
}

/// Keeps others from writing to a lake.
fn hold_lake(project: &Project) -> Result<Vec<FolderLock>> {
    let lake = project.lake();
    if lake.is_dir() { lock_all_tables(&lake) } else { Ok(Vec::new()) }
}

fn about(from: &State, to: &State, tested: Option<&Tested>) -> Result<Promotion> {
    let mut tables = Vec::new();
    for table in all_tables(&from.project.lake())? {
        tables.push((table.label(), table.open()?.version()));
    }
    Ok(Promotion {
        from: from.name.clone(),
        to: to.name.clone(),
        run: tested.map(|tested| tested.run.id.clone()),
        tables,
        without_test: tested.map(|tested| tested.run.without_test.clone()).unwrap_or_default(),
        linked: 0,
        copied: 0,
        copied_bytes: 0,
        warehouse_bytes: std::fs::metadata(&from.warehouse)
            .or_cannot_at("read the file", &from.warehouse)?
            .len(),
    })
}

/// Prepares everything but the lake, which is in `lake`, flushes it, and writes the note that says so.
fn stage(from: &State, to: &State, promotion: &Promotion, lake: &Path) -> Result<Pending> {
    let id = uuid::Uuid::new_v4().simple().to_string();
    std::fs::write(lake.join(NOTE), &id).or_cannot_at("write the file", lake)?;
    let root = to.project.root();
    let mut staged = Staged { files: Vec::new(), remove: Vec::new() };
    let log = write_ahead_log(&from.warehouse);
    if std::fs::metadata(&log).is_ok_and(|about| about.len() > 0) {
        staged.copy(&log, &write_ahead_log(&to.warehouse))?;
    } else {
        staged.remove.push(write_ahead_log(&to.warehouse));
    }
    staged.share(&from.warehouse, &to.warehouse)?;
    // Loads note what they did in the warehouse of the usual name, whichever the target has.
    let of_loads = from.project.warehouse();
    if of_loads != from.warehouse && of_loads.is_file() {
        staged.share(&of_loads, &to.project.warehouse())?;
    }
    for file in artifacts(&from.artifacts)? {
        staged.copy(&file, &to.artifacts.join(shown_name(&file)))?;
    }
    let note = serde_json::json!({
        "from": promotion.from, "at": format!("{:.0}", jiff::Timestamp::now()), "run": promotion.run, "id": id,
    });
    let place = to.artifacts.join(PROMOTED);
    let beside = beside(&place)?;
    std::fs::write(&beside, format!("{note:#}\n")).or_cannot_at("write the file", &beside)?;
    staged.files.push((beside, place));
    let Staged { files, remove } = staged;
    let mut written = vec![lake.join(NOTE)];
    written.extend(files.iter().map(|(beside, _)| beside.clone()));
    make_each_durable(&written, root)?;
    let pending = Pending { id, lake: to.project.lake(), files, remove };
    pending.write(&to.project)?;
    Ok(pending)
}

/// Files that are prepared beside their places, and files that go.
struct Staged {
    files: Vec<(PathBuf, PathBuf)>,
    remove: Vec<PathBuf>,
}

impl Staged {
    fn copy(&mut self, source: &Path, place: &Path) -> Result<()> {
        let beside = beside(place)?;
        std::fs::copy(source, &beside).or_cannot_at("copy the file", source)?;
        self.files.push((beside, place.to_path_buf()));
        Ok(())
    }

    /// A warehouse costs no space until one of the two environments writes to it.
    fn share(&mut self, source: &Path, place: &Path) -> Result<()> {
        let beside = beside(place)?;
        if !(clone_file(source, &beside) || share_file(source, &beside)?) {
            std::fs::copy(source, &beside).or_cannot_at("copy the file", source)?;
        }
        // The note takes its place before the file that it is about. A copy of a file that is shared with a third environment
        // is read-only, and has its note too.
        let note = shared_note(source);
        if note.is_file() {
            self.copy(&note, &shared_note(place))?;
        } else {
            self.remove.push(shared_note(place));
        }
        self.files.push((beside, place.to_path_buf()));
        Ok(())
    }
}

/// Where the file is prepared that will be at `place`. Nothing is there.
fn beside(place: &Path) -> Result<PathBuf> {
    let folder = place.parent().unwrap_or(place);
    std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
    let beside = folder.join(format!(".{}.promoting", shown_name(place)));
    // What a killed promotion left may be a second name of the source, which a copy would write into.
    let _ = std::fs::remove_file(&beside);
    Ok(beside)
}

/// Files in the folder of artifacts that say what was built and from what. The seal is of one file at one place.
fn artifacts(folder: &Path) -> Result<Vec<PathBuf>> {
    let own = ["warehouse_seal.json", "audit-head.json", PROMOTED];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).or_cannot_at("list the folder", folder)? {
        let path = entry.or_cannot_at("list the folder", folder)?.path();
        let name = shown_name(&path);
        let is_artifact =
            path.extension().is_some_and(|extension| extension == "json") && !name.starts_with('.');
        if is_artifact && path.is_file() && !own.contains(&name.as_str()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
