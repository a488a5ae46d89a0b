//! `clone`: views onto the relations of another target; and `--defer`, which reads those relations in place.

use crate::build::hooks;
use crate::context::execution::Execution;
use crate::context::references::relation_of;
use crate::graph::node::Node;
use crate::options::Verb;
use crate::outcomes::{NodeResult, RunSummary, Status};
use crate::relations::relation::Relation;
use crate::select::state::State;
use crate::verbs::job::Job;
use ingot_core::error::{Error, Result};
use ingot_core::report::Event;
use ingot_core::sync::lock;
use ingot_engine::{Dialect, Session};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// The relation that a node had in the other state.
fn other_relation(dialect: Dialect, entry: &Json) -> Option<Relation> {
    let text = |key: &str| entry.get(key).and_then(Json::as_str);
    let ephemeral = entry.get("config").and_then(|config| config.get("materialized")).and_then(Json::as_str);
    if ephemeral == Some("ephemeral") {
        return None;
    }
    Some(Relation::new(dialect, text("database"), text("schema"), Some(text("alias")?)))
}

fn other_state(job: &Job, folder: Option<&PathBuf>, why: &str) -> Result<State> {
    let folder = folder.ok_or_else(|| {
        Error::new(format!("{why} needs the manifest of another run, and none is given"))
            .in_dbts_words("--state or --defer-state are required for deferral, but neither was provided")
            .hint("name the folder with its manifest.json: --state DIR (or DBT_STATE)")
    })?;
    let state = State::read(folder, &job.invocation.settings.target_folder, Vec::new())?;
    state.manifest()?;
    Ok(state)
}

/// With `--defer`: notes for each node that is neither selected nor there which relation is read in its place.
pub(crate) fn defer(job: &Job, run: &Arc<Execution>, selected: &BTreeSet<usize>) -> Result<()> {
    let options = job.options;
    if !options.defer {
        return Ok(());
    }
    let state = other_state(job, options.defer_state.as_ref().or(options.state.as_ref()), "--defer")?;
    let builds = matches!(options.verb, Verb::Build | Verb::Run | Verb::Seed | Verb::Snapshot);
    let mut deferred = lock(&run.deferred);
    for (index, node) in job.manifest.nodes.iter().enumerate() {
        // What is selected is built before it is read, unless nothing is built.
        let is_read_here = selected.contains(&index) && (builds || options.favor_state);
        if !node.resource_type().can_be_referred_to() || is_read_here {
            continue;
        }
        let is_there = run.cache.get(&relation_of(node)).is_some();
        if is_there && !options.favor_state {
            continue;
        }
        if let Some(relation) =
            state.node(&node.unique_id).and_then(|entry| other_relation(node.dialect, entry))
        {
            deferred.insert(node.unique_id.clone(), relation);
        }
    }
    Ok(())
}

/// Makes a view onto each selected relation of the other state, where there is nothing yet.
pub(crate) fn run(job: &Job, selected: &BTreeSet<usize>, summary: &mut RunSummary) -> Result<()> {
    let state = other_state(job, job.options.state.as_ref(), "clone")?;
    let nodes: Vec<&Node> = selected
        .iter()
        .map(|index| &job.manifest.nodes[*index])
        .filter(|node| node.is_relational())
        .collect();
    let (engine, run) = job.open(selected)?;
    hooks::create_schemas(job.invocation, &run, engine.as_ref(), &nodes)?;
    let total = nodes.len();
    for (index, node) in nodes.into_iter().enumerate() {
        let clock = Instant::now();
        let mut session = engine.session()?;
        let mut one = || -> Result<String> {
            let target = relation_of(node);
            let other = state.node(&node.unique_id).and_then(|entry| other_relation(node.dialect, entry));
            let Some(source) = other else {
                return Ok("No-op: the state has no relation of it".to_owned());
            };
            let existing = run.cache.get(&target);
            if existing.is_some() && !job.options.full_refresh {
                return Ok("No-op: the relation is there already".to_owned());
            }
            if source.render() == target.render() {
                // What is there would be dropped for a view of itself.
                return Err(Error::new(format!("the state has the relation {} itself", target.render()))
                    .hint("give the artifacts of another target with --state, or clone into another one: --target"));
            }
            if let Some(existing) = existing {
                drop_relation(&run, session.as_mut(), &existing)?;
            }
            session.execute(&format!(
                "create or replace view {} as select * from {}",
                target.render(),
                source.render()
            ))?;
            run.cache.add(&target.of_kind("view"));
            Ok("OK".to_owned())
        };
        let outcome = one();
        let (status, message, hint) = match outcome {
            Ok(message) => (Status::Success, message, None),
            Err(error) => (Status::Error, error.to_string(), error.hint_text().map(str::to_owned)),
        };
        let made_it = message == "OK";
        let mut result = NodeResult::new(node, status, message, clock.elapsed(), hint);
        if made_it {
            result.response.insert("_message".to_owned(), "OK".into());
        }
        job.reporter.report(Event::NodeFinished {
            index: index + 1,
            total,
            label: crate::build::runner::label(node),
            status: result.status.shown(),
            message: result.message.clone(),
            seconds: result.elapsed.as_secs_f64(),
            data: crate::dbt_log::finished(job.manifest, node, &result, job.invocation.settings.logs_data),
        });
        summary.results.push(result);
    }
    Ok(())
}

fn drop_relation(run: &Execution, session: &mut dyn Session, existing: &Relation) -> Result<()> {
    let kind = existing.kind.as_deref().unwrap_or("table");
    session.execute(&format!("drop {kind} if exists {}", existing.render()))?;
    run.cache.drop_relation(existing);
    Ok(())
}
