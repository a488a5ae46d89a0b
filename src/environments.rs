//! Environments by name: where the state of each is, and the entry of its audit trail for what changes it.

use crate::audited::{AuditNotes, OpenEntry};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::project::Project;
use ingot_govern::{Promotion, State, StateChecks, promote};
use ingot_models::{RunOptions, Verb, places};

/// The state of an environment, or of the project itself under the name of its target; and how its models are read.
///
/// # Errors
/// There is neither, or the profile cannot be read.
pub(crate) fn state(project: &Project, name: &str) -> Result<(State, RunOptions)> {
    let main = project.main();
    let (project, target) = match main.environment(name) {
        Some(environment) => (environment, Some(name.to_owned())),
        None => (main, None),
    };
    let mut options = RunOptions::new(Verb::Build, project.root());
    options.target = target;
    let found = places(&options)?;
    if options.target.is_none() && found.target != name {
        return Err(Error::new(format!("there is no environment '{name}'"))
            .at(project.environments())
            .of_kind(Kind::NotFound { what: "environment", name: name.to_owned() })
            .hint(format!("make it with `ingot env add {name}`; the project itself is '{}'", found.target)));
    }
    let warehouse = found.warehouse.ok_or_else(|| {
        Error::new(format!("the database of '{name}' is in memory, so it has no state"))
            .hint("give the target in profiles.yml a path, such as duckdb/warehouse.duckdb")
    })?;
    let state = State { name: name.to_owned(), project, warehouse, artifacts: found.artifacts };
    Ok((state, options))
}

/// Promotes, and adds the entry to the trail of the environment that is changed.
///
/// # Errors
/// As [`promote`], or the trail cannot be written.
pub(crate) fn promote_audited(
    from: &State,
    to: &State,
    checks: &StateChecks<'_>,
    command: &str,
) -> Result<Promotion> {
    let entry = OpenEntry::begin(&to.project, &to.project.lake(), command, false)?;
    let outcome = promote(from, to, checks, false);
    if let Some(entry) = entry {
        let mut notes = AuditNotes::default();
        if let Ok(promotion) = &outcome {
            notes.detail("from", promotion.from.clone());
            notes.detail("run", promotion.run.clone());
        }
        let (result, error) = match &outcome {
            Ok(_) => ("ok", None),
            Err(error) if *error.kind() == Kind::Data => ("failed", Some(error.kind().name())),
            Err(error) => ("could not run", Some(error.kind().name())),
        };
        entry.end(result, error, notes)?;
    }
    outcome
}
