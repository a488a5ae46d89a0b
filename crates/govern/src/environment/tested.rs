//! What keeps a state from being promoted: it was not built and tested as a whole, or something has changed since.

use super::state::State;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::Silent;
use ingot_engine::duckdb::{Seal, Unseen};
use ingot_models::{ListOutput, RunOptions, Verb};
use ingot_operate::all_tables;
use ingot_powerbi::{LastRun, last_run};
use jiff::Timestamp;
use std::path::Path;
use std::time::SystemTime;

/// Reasons that are listed.
const LISTED: usize = 20;

/// What is known of a state that was tested.
pub(super) struct Tested {
    pub(super) run: LastRun,
    /// The warehouse's length and time.
    stamp: Option<(u64, SystemTime)>,
    seal: Seal,
}

impl Tested {
    /// Whether the warehouse is still the one that was looked at; asked when it is open.
    pub(super) fn holds(&self, state: &State) -> bool {
        self.stamp.is_some() && self.stamp == stamp(&state.warehouse)
    }

    /// What the seal says that nobody has looked at; `None` if there is no seal.
    pub(super) fn unseen(&self) -> Option<Unseen> {
        self.seal.unseen().cloned()
    }
}

fn stamp(file: &Path) -> Option<(u64, SystemTime)> {
    let about = std::fs::metadata(file).ok()?;
    Some((about.len(), about.modified().ok()?))
}

/// The warehouse must not be open.
///
/// # Errors
/// The state was not tested as it is. The error lists why.
pub(super) fn tested(state: &State, options: &RunOptions) -> Result<Tested> {
    let run = last_run(state.project.root(), &state.artifacts)?;
    let mut reasons = run.distrust.clone();
    let seal = Seal::look(&state.artifacts, &state.warehouse);
    let stamp = stamp(&state.warehouse);
    reasons.extend(changed_warehouse(state, &seal, stamp));
    reasons.extend(changed_tables(state, &run)?);
    if reasons.is_empty() {
        reasons.extend(changed_code(state, options)?);
    }
    if reasons.is_empty() {
        return Ok(Tested { run, stamp, seal });
    }
    let more = reasons.len().saturating_sub(LISTED);
    reasons.truncate(LISTED);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    Err(Error::new(format!(
        "the state of '{}' was not tested as it is:\n  {}",
        state.name,
        reasons.join("\n  ")
    ))
    .of_kind(Kind::Data)
    .hint(format!("run `{}` until everything passes, then promote it", state.run_command())))
}

/// Whether somebody has written to the warehouse. A run writes its results when the warehouse is closed. After that a load
/// notes in the seal what it has written; where there is no seal (after hooks, or under `ingot dbt`), any later time counts.
fn changed_warehouse(state: &State, seal: &Seal, stamp: Option<(u64, SystemTime)>) -> Option<String> {
    let ended = self::stamp(&state.artifacts.join("run_results.json"));
    if stamp.zip(ended).is_some_and(|((_, written), (_, ended))| written <= ended) {
        return None;
    }
    match seal.unseen().filter(|_| seal.holds()) {
        Some(unseen) if unseen.tables.is_empty() => None,
        Some(_) => Some("bronze was loaded after the last run".to_owned()),
        None => Some(format!("{} was written after the last run", state.warehouse.display())),
    }
}

/// Tables of the lake with a version that is newer than the run.
fn changed_tables(state: &State, run: &LastRun) -> Result<Vec<String>> {
    let (Ok(started), Ok(ended)) = (run.started_at.parse::<Timestamp>(), run.ended_at.parse::<Timestamp>())
    else {
        return Ok(vec!["it is not known when the last run was".to_owned()]);
    };
    let mut reasons = Vec::new();
    for table in all_tables(&state.project.lake())? {
        let Some(commit) = table.open()?.last_commit()? else { continue };
        let operation = commit.operation.unwrap_or_default();
        let Some(time) = commit.timestamp.and_then(|time| Timestamp::from_millisecond(time).ok()) else {
            continue;
        };
        // Copies of silver and gold are written at the end of a run, and files may be joined at any time.
        let is_loaded = table.is_bronze() && operation != "OPTIMIZE" && time > started;
        let is_restored = operation == "RESTORE" && time > ended;
        if is_loaded || is_restored {
            reasons.push(format!(
                "{} has version {} of {time:.0}, after the last run",
                table.label(),
                commit.version
            ));
        }
    }
    Ok(reasons)
}

/// Nodes that are not as the last run built them, as dbt's `state:modified` finds them.
fn changed_code(state: &State, options: &RunOptions) -> Result<Vec<String>> {
    let options = RunOptions {
        verb: Verb::List,
        select: vec!["state:modified".to_owned()],
        state: Some(state.artifacts.clone()),
        list_output: ListOutput::Name,
        write_json: false,
        ..options.clone()
    };
    let found = ingot_models::run(&options, &Silent)?;
    Ok(found.output.into_iter().map(|name| format!("{name} has changed since the last run")).collect())
}
