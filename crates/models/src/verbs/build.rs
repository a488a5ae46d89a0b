//! Verbs that run nodes: `build`, `run`, `test`, `seed`, `snapshot`, `compile`.

use crate::build::run_node::run_node;
use crate::build::runner::{Runner, RunnerOptions};
use crate::build::{hooks, runner};
use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::graph::dag::Graph;
use crate::graph::node::Node;
use crate::graph::schedule;
use crate::lake::built_from::{self, BuiltFrom};
use crate::lake::{copies, verify_inputs};
use crate::options::Verb;
use crate::outcomes::{NodeResult, RunSummary, Status};
use crate::quality;
use crate::unchanged::explain;
use crate::unchanged::knowledge::{Everything, Knowledge, Opening};
use crate::unchanged::record::{self, Changes};
use crate::verbs::job::Job;
use ingot_core::error::Result;
use ingot_core::report::{Event, Level, Reporter, counted};
use ingot_core::sync::lock;
use ingot_engine::Engine;
use ingot_engine::duckdb::Seal;
use ingot_lake::Verify;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

const STAGE: &str = "run-models";

/// Runs the selected nodes (or compiles them alone) and keeps the results in `summary`.
pub(crate) fn run(job: &Job, selected: &BTreeSet<usize>, summary: &mut RunSummary) -> Result<()> {
    let (options, invocation, manifest, reporter) = (job.options, job.invocation, job.manifest, job.reporter);
    let only_compile = matches!(options.verb, Verb::Compile | Verb::Docs);
    // Ephemeral models are not run: they become part of the models that use them.
    let is_run =
        |node: &Node| !node.resource_type().is_only_described() && (only_compile || !node.is_ephemeral());
    let (selected, others): (BTreeSet<usize>, BTreeSet<usize>) =
        selected.iter().partition(|index| is_run(&manifest.nodes[**index]));
    // Hooks run for ephemeral models, exposures and saved queries too, which have nothing to run of their own.
    if selected.is_empty() && others.is_empty() {
        match options.only {
            Some(_) => reporter.info("the last run succeeded: there is nothing to retry".to_owned()),
            None => reporter.warn(format!("there is nothing to {}", options.verb.name())),
        }
        return Ok(());
    }
    if !only_compile {
        refuse_damaged_inputs(job, &selected)?;
    }
    let explained = explain_whom(job)?;
    let duckdb = invocation.target.options.duckdb();
    let seal = duckdb.map(|options| Seal::look(&invocation.settings.target_folder, &options.path));
    let (opened, run) = job.open(&selected)?;
    if duckdb.is_some() && matches!(options.verb, Verb::Build | Verb::Run | Verb::Snapshot) {
        crate::verbs::recover::refuse_forgetting(job, &run.cache, &selected)?;
    }
    let ephemerals = others.iter().map(|index| &manifest.nodes[*index]).filter(|node| node.is_ephemeral());
    let _ = run.selected_ephemerals.set(ephemerals.map(|node| node.unique_id.clone()).collect());
    crate::verbs::clone::defer(job, &run, &selected)?;
    summary.deferred =
        lock(&run.deferred).iter().map(|(id, relation)| (id.clone(), relation.render())).collect();
    let engine = opened.as_ref();
    let built_from = match options.verb {
        Verb::Build | Verb::Run if duckdb.is_some() => built_from::follow(job, engine, &run, &selected)?,
        _ => BuiltFrom::default(),
    };
    if !only_compile {
        let nodes: Vec<&Node> = selected.iter().map(|index| &manifest.nodes[*index]).collect();
        hooks::create_schemas(invocation, &run, engine, &nodes)?;
        run_hooks(job, &run, engine, hooks::When::Start, summary);
        if summary.could_not_compile {
            return Ok(());
        }
        let stops = invocation.project.root.flag("skip_nodes_if_on_run_start_fails", false);
        if summary.hook_failed && stops {
            // So that `retry` does them later.
            let skipped = |node: &&Node| {
                let why = "a hook of on-run-start failed".to_owned();
                NodeResult::new(node, Status::Skipped, why, Duration::ZERO, None)
            };
            summary.results.extend(nodes.iter().map(skipped));
            if !summary.interrupted {
                run_hooks(job, &run, engine, hooks::When::End, summary);
            }
            return Ok(());
        }
    }
    let knowledge = match seal.filter(|_| skips(job)) {
        Some(seal) => Some(Knowledge::open(Opening {
            invocation,
            run: &run,
            engine,
            reporter,
            everything: everything(job),
            overlooked: &options.overlooked,
            seal,
            hooks_ran: ran_hooks(summary),
        })?),
        None => {
            forget(job, engine, &run, &selected)?;
            None
        }
    };
    let tests_block = options.verb == Verb::Build && options.tests_block;
    let waiting = schedule::waiting(&manifest.graph, &manifest.nodes, &selected, tests_block);
    let plan = schedule::plan(&waiting, &selected);
    let runner = Runner {
        invocation,
        execution: &run,
        plan: &plan,
        engine,
        reporter,
        knowledge: knowledge.as_ref(),
        options: RunnerOptions {
            threads: invocation.target.threads,
            fail_fast: options.fail_fast,
            only_compile,
        },
    };
    reporter.report(Event::StageStarted {
        stage: STAGE,
        detail: format!(
            "{} of {}, {}, {}",
            counted(plan.nodes.len() as u64, "node"),
            invocation.project.root.name,
            counted(runner.options.threads as u64, "thread"),
            invocation.target.options.place()
        ),
    });
    let clock = Instant::now();
    summary.results.extend(runner.run()?);
    summary.interrupted = options.interrupt.is_set();
    built_from.remember(engine, &summary.results)?;
    explain_by_damage(job, summary);
    compile_ephemerals(job, &run, engine, &waiting, &others, summary)?;
    summary.injected = std::mem::take(&mut *lock(&run.injected));
    summary.could_not_compile = only_compile && summary.exit_code() != 0 && !summary.interrupted;
    // As under dbt, they do not wait for tests.
    note_described(job, &manifest.graph, &others, summary);
    let contents = knowledge.as_ref().map(Knowledge::contents).unwrap_or_default();
    if !summary.interrupted {
        summary.lake_failed = !write_copies(job, engine, &summary.results, &contents);
    }
    let learned = knowledge.map(Knowledge::finish).transpose()?;
    // As under dbt, hooks are compiled with the whole project, and not with a part of it.
    if only_compile && options.select.is_empty() && options.selector.is_none() && options.only.is_none() {
        summary.results.extend(hooks::compile_all(invocation, &run, engine));
    }
    if !only_compile && !summary.interrupted {
        run_hooks(job, &run, engine, hooks::When::End, summary);
        summary.measures = quality::measures(manifest, &summary.results, engine);
    }
    invocation.outbox.flush(reporter);
    // Hooks that failed were reported when they did.
    let is_node = |result: &&NodeResult| result.resource_type != "operation";
    let of_nodes: Vec<NodeResult> = summary.results.iter().filter(is_node).cloned().collect();
    tell_broken_ephemerals(&run, reporter);
    runner::tell_failures(&of_nodes, manifest, reporter);
    let unchanged = match summary.unchanged() {
        0 => String::new(),
        count => format!(", {count} unchanged"),
    };
    reporter.report(Event::StageFinished {
        stage: STAGE,
        seconds: clock.elapsed().as_secs_f64(),
        detail: format!("{}{unchanged}", summary.line()),
    });
    if learned.is_none() {
        let why = "every selected node runs where nothing is left out, or only a part of the rows is read";
        let line = |index: &usize| format!("{}: {why}", manifest.nodes[*index].unique_id);
        summary.output.extend(explained.iter().map(line));
    }
    if let Some(learned) = learned {
        for index in explained {
            summary.output.extend(explain::lines(manifest, index, learned.decisions.get(&index)));
        }
        let hooks_ran = ran_hooks(summary);
        drop(opened);
        if !hooks_ran {
            learned.seal();
        }
    }
    Ok(())
}

/// The nodes of which the run is to say why it ran them or did not.
fn explain_whom(job: &Job) -> Result<Vec<usize>> {
    let found = job.options.explain.iter().map(|name| explain::meant(job.manifest, name));
    Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Whether nodes may be left out because nothing has changed. Not in a run that reads only a part of the rows, or those of
/// another target: what it builds is not what the nodes are.
fn skips(job: &Job) -> bool {
    let options = job.options;
    let builds = options.verb.runs_nodes();
    let is_whole = !options.empty
        && !options.defer
        && options.sample.is_none()
        && options.event_time_start.is_none()
        && options.event_time_end.is_none();
    options.skip_unchanged
        && builds
        && is_whole
        && job
            .invocation
            .target
            .options
            .duckdb()
            .is_some_and(|options| options.path.as_os_str() != ":memory:")
}

fn everything(job: &Job) -> Option<Everything> {
    match (job.options.force, job.options.full_refresh) {
        (_, true) => Some(Everything::FullRefresh),
        (true, false) => Some(Everything::Forced),
        (false, false) => None,
    }
}

/// Whether a hook of the run had something to do.
fn ran_hooks(summary: &RunSummary) -> bool {
    let has_done = |result: &NodeResult| {
        let sql = result.compiled_code.as_deref().unwrap_or_default();
        result.resource_type == "operation" && !(result.status == Status::Success && sql.trim().is_empty())
    };
    summary.results.iter().any(has_done)
}

/// A run that keeps nothing makes what is kept of its nodes untrue.
fn forget(job: &Job, engine: &dyn Engine, run: &Execution, selected: &BTreeSet<usize>) -> Result<()> {
    let compiles = matches!(job.options.verb, Verb::Compile | Verb::Docs);
    if compiles || !record::is_there(run, &job.invocation.target.database) {
        return Ok(());
    }
    let ids = selected.iter().map(|index| job.manifest.nodes[*index].unique_id.clone());
    let changes = Changes { forgotten: ids.collect(), ..Changes::default() };
    record::write(&mut Connection::new(engine.session()?), &changes)
}

/// Nothing is run on files that are not what was written.
fn refuse_damaged_inputs(job: &Job, selected: &BTreeSet<usize>) -> Result<()> {
    let root = &job.invocation.project.root.root;
    let mut errors = verify_inputs::damaged_inputs(job.manifest, selected, root, job.options.verify);
    let Some(last) = errors.pop() else { return Ok(()) };
    if !errors.is_empty() {
        errors.iter().for_each(|error| job.reporter.error(error));
    }
    Err(last.context("nothing was run"))
}

/// The engine's error on a damaged file often does not name it. So where nodes ended with an error, all files that they read
/// are compared with their hashes, and what is damaged is reported.
fn explain_by_damage(job: &Job, summary: &RunSummary) {
    let failed: BTreeSet<usize> = summary
        .results
        .iter()
        .filter(|result| result.status == Status::Error)
        .filter_map(|result| job.manifest.index_of(&result.unique_id))
        .collect();
    if failed.is_empty() {
        return;
    }
    let root = &job.invocation.project.root.root;
    for error in verify_inputs::damaged_inputs(job.manifest, &failed, root, Verify::All) {
        job.reporter.error(&error);
    }
}

/// Copies of what the run built go to the lake; not those of a build of empty tables.
fn write_copies(
    job: &Job,
    engine: &dyn Engine,
    results: &[NodeResult],
    contents: &HashMap<String, String>,
) -> bool {
    let options = job.options;
    let builds = matches!(options.verb, Verb::Build | Verb::Run | Verb::Seed | Verb::Snapshot);
    let is_here = job.invocation.target.options.duckdb().is_some();
    if !builds || options.empty || !options.lake_copies || !is_here {
        return true;
    }
    copies::write(&copies::CopyJob {
        root: &job.invocation.project.root.root,
        manifest: job.manifest,
        results,
        contents,
        is_retry: options.only.is_some(),
        engine,
        reporter: job.reporter,
        interrupt: &options.interrupt,
    })
}

/// Ephemeral models that were selected get their file in `target/compiled`, as dbt has it; one that cannot be compiled is an error.
fn compile_ephemerals(
    job: &Job,
    run: &Arc<Execution>,
    engine: &dyn Engine,
    waiting: &Graph,
    others: &BTreeSet<usize>,
    summary: &mut RunSummary,
) -> Result<()> {
    let missing = missing(summary);
    let mut session = None;
    for index in others.iter().filter(|index| job.manifest.nodes[**index].is_ephemeral()) {
        let id = &job.manifest.nodes[*index].unique_id;
        // What needs it was skipped with its error.
        if is_blocked(waiting, *index, &missing) || lock(&run.broken_ephemerals).contains_key(id) {
            continue;
        }
        let own = match session.take() {
            Some(session) => session,
            None => engine.session()?,
        };
        let node = Arc::new(job.manifest.nodes[*index].clone());
        let (result, back) = run_node(job.invocation, run, &node, own, true);
        session = back;
        if result.status.is_bad() {
            summary.results.push(result);
        }
    }
    Ok(())
}

/// Of ephemeral models for which others were skipped there are no results.
fn tell_broken_ephemerals(run: &Execution, reporter: &dyn Reporter) {
    let mut broken: Vec<(String, String)> = lock(&run.broken_ephemerals).clone().into_iter().collect();
    broken.sort();
    for (id, error) in broken {
        let text = format!("error in {id}: {error}");
        reporter.report(Event::Message { level: Level::Error, text });
    }
}

/// The unique ids of what failed or was skipped.
fn missing(summary: &RunSummary) -> HashSet<String> {
    let is_missing = |result: &&NodeResult| result.status.is_bad() || result.status == Status::Skipped;
    summary.results.iter().filter(is_missing).map(|result| result.unique_id.clone()).collect()
}

/// Whether something that a node waits for is missing.
fn is_blocked(waiting: &Graph, index: usize, missing: &HashSet<String>) -> bool {
    waiting.ancestors(index, None).iter().any(|node| missing.contains(&waiting.ids[*node]))
}

/// Exposures and saved queries have nothing to run; their results say whether what they read is there.
fn note_described(job: &Job, graph: &Graph, others: &BTreeSet<usize>, summary: &mut RunSummary) {
    let missing = missing(summary);
    let is_described = |index: &&usize| job.manifest.nodes[**index].resource_type().is_only_described();
    let noted: Vec<NodeResult> = others
        .iter()
        .filter(is_described)
        .map(|index| {
            let node = &job.manifest.nodes[*index];
            let blocked = is_blocked(graph, *index, &missing);
            let (status, message) = if blocked {
                (Status::Skipped, "what it reads is not there")
            } else {
                (Status::NoOp, "NO-OP")
            };
            let mut result = NodeResult::new(node, status, message.to_owned(), Duration::ZERO, None);
            result.failures = (!blocked).then_some(0);
            result
        })
        .collect();
    summary.results.extend(noted);
}

/// Runs the hooks of the run; those that fail are reported at once.
pub(crate) fn run_hooks(
    job: &Job,
    run: &Arc<Execution>,
    engine: &dyn Engine,
    when: hooks::When,
    summary: &mut RunSummary,
) {
    let ended = hooks::run(job.invocation, run, engine, when, &summary.results);
    summary.results.extend(ended.results);
    if let Some(error) = ended.failure {
        job.reporter.error(&error);
        summary.hook_failed = true;
    }
    summary.could_not_compile |= !ended.is_compiled;
    job.invocation.outbox.flush(job.reporter);
}
