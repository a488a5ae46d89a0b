//! SQL model files through the engine: a dbt project, run without Python.
//!
//! ```text
//! dbt_project.yml, profiles.yml ──► Shared (settings, macros, interpreter)
//! models, YAML, seeds, tests ─parse─► Manifest (nodes, graph) ─select─► Plan ─runner─► results, artifacts
//!                                       templates rendered              one node: compile, materialize
//!                                       without a database              (macros in builtin_macros/)
//! ```
//!
//! [`run`] is the whole of it. What dbt documents is what happens here; what differs is in
//! `docs/reference/dbt-compatibility.md`.

mod artifacts;
mod compile;
mod config;
mod config_memo;
mod context;
mod data_files;
mod delta;
mod files;
mod generic_tests;
mod graph;
mod hooks;
mod lake_copies;
mod macros;
mod manifest;
mod materialize;
mod microbatch;
mod node_json;
mod nodes;
mod options;
mod parse;
mod profiles;
mod project_files;
mod properties;
mod relation;
mod relation_cache;
mod results;
mod runner;
mod schedule;
mod seeds;
mod select;
mod setup;
mod unit_tests;
mod verbs;
mod warnings;
mod yaml_values;

pub use microbatch::parse_time;
pub use options::{ListOutput, RunOptions, Verb};
pub use profiles::Target;
pub use results::{BatchResults, NodeResult, RunSummary, Status};
pub use select::IndirectSelection;
pub use verbs::clean::run as clean;
pub use verbs::deps::run as deps;
pub use verbs::init::run as init;
pub use warnings::WarningRules;

use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Level, Reporter};
use ingot_engine::duckdb::{DuckDb, DuckDbOptions};
use ingot_engine::{Engine, EngineTimes};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use verbs::Job;
use warnings::{Treatment, Warning};

/// Opens the engine that a profile asks for.
pub type OpenEngine<'a> = &'a (dyn Fn(&DuckDbOptions) -> Result<Box<dyn Engine>> + Sync);

/// The engine of every ordinary run.
pub fn open_duckdb(options: &DuckDbOptions) -> Result<Box<dyn Engine>> {
    Ok(Box::new(DuckDb::open(options)?))
}

/// Does what `options` say.
///
/// # Errors
/// What keeps the run from starting: a broken project (all that is wrong in it was reported before), no
/// profile, a locked database. Nodes that fail are no error here: see [`RunSummary::exit_code`].
pub fn run(options: &RunOptions, reporter: &dyn Reporter) -> Result<RunSummary> {
    run_with(options, reporter, &open_duckdb)
}

/// [`run`] with an engine of the caller's.
pub fn run_with(options: &RunOptions, reporter: &dyn Reporter, open: OpenEngine) -> Result<RunSummary> {
    // Templates of a large project recurse; rayon's workers get the stack for it.
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(context::environment::STACK_BYTES)
        .build()
        .map_err(|error| Error::new("cannot start threads").caused_by(error))?;
    let clock = Instant::now();
    if options.verb == Verb::Debug {
        return debug(options, reporter, open);
    }
    let loaded = pool.install(|| -> std::result::Result<_, Vec<Error>> {
        let shared = Arc::new(setup::load(options)?);
        let start = parse::start(&shared);
        // Nothing but the manifest's metadata is new: it needs no nodes.
        if options.verb == Verb::Parse
            && let Some(kept) = start.unchanged()
            && artifacts::renew_manifest(&shared, &kept).map_err(|error| vec![error])?
        {
            return Ok((shared, None));
        }
        let parsed = start.parse(&shared)?;
        Ok((shared, Some(parsed)))
    });
    let (shared, parsed) = loaded.map_err(|errors| all_errors(errors, reporter))?;
    let Some(parsed) = parsed else {
        runner::flush(&shared, reporter);
        return Ok(RunSummary { elapsed: clock.elapsed(), ..RunSummary::default() });
    };
    tell_warnings(&shared.warning_rules, parsed.warnings, reporter)?;
    let (manifest, kept) = (Arc::new(parsed.manifest), parsed.kept);
    reporter.report(Event::Message {
        level: Level::Debug,
        text: format!("parsed {} nodes in {:.2} s", manifest.nodes.len(), clock.elapsed().as_secs_f64()),
    });
    let times = Arc::new(EngineTimes::default());
    let job = Job { options, shared: &shared, manifest: &manifest, reporter, open, times: &times };
    let mut summary = RunSummary::default();
    do_verb(&job, &mut summary)?;
    runner::flush(&shared, reporter);
    summary.elapsed = clock.elapsed();
    if options.verb != Verb::Docs || options.compile_docs {
        artifacts::write_manifest(&shared, &manifest, kept.as_ref(), &summary.results)?;
        runner::flush(&shared, reporter);
    }
    if !matches!(options.verb, Verb::Parse | Verb::List | Verb::Show | Verb::Freshness) {
        artifacts::write_run_results(&shared, &summary, arguments(options))?;
    }
    summary.engine_time = times.statements.total();
    tell_times(clock.elapsed(), &times, reporter);
    Ok(summary)
}

/// The options with which `retry` does the last run again, and only what failed in it.
/// `None` if nothing did.
///
/// # Errors
/// There was no run, or its verb cannot be done again.
pub fn retry_options(given: &RunOptions) -> Result<Option<RunOptions>> {
    let root = std::path::absolute(&given.project_dir).unwrap_or_else(|_| given.project_dir.clone());
    let folder = match (&given.state, &given.target_path) {
        (Some(folder), _) | (None, Some(folder)) => root.join(folder),
        (None, None) => root.join(setup::target_path(&root)?),
    };
    verbs::retry::options(given, &folder)
}

fn do_verb(job: &Job, summary: &mut RunSummary) -> Result<()> {
    let options = job.options;
    match (options.verb, &options.inline) {
        (Verb::Parse | Verb::Debug, _) => return Ok(()),
        (Verb::RunOperation, _) => return verbs::operation::run(job, summary),
        (Verb::Compile, Some(text)) => return verbs::show::compile_inline(job, text, summary),
        (Verb::Show, Some(_)) => return verbs::show::run(job, &BTreeSet::new(), summary),
        _ => {}
    }
    let selected = match &options.only {
        Some(ids) => ids.iter().filter_map(|id| job.manifest.index_of(id)).collect(),
        None => job.select()?,
    };
    match options.verb {
        Verb::List => {
            summary.output = verbs::list::lines(job, &selected)?;
            if summary.output.is_empty() {
                job.reporter.warn("no node is selected".to_owned());
            }
        }
        Verb::Show => verbs::show::run(job, &selected, summary)?,
        Verb::Freshness => verbs::freshness::run(job, &selected, summary)?,
        Verb::Docs => verbs::docs::run(job, &selected, summary)?,
        Verb::Clone => verbs::clone::run(job, &selected, summary)?,
        _ => {
            verbs::build::run(job, &selected, summary)?;
            verbs::show::compiled(job, summary);
            if options.show_rows {
                verbs::show::seeds(job, summary)?;
            }
        }
    }
    Ok(())
}

fn debug(options: &RunOptions, reporter: &dyn Reporter, open: OpenEngine) -> Result<RunSummary> {
    let shared = setup::load(options).map_err(|errors| all_errors(errors, reporter))?;
    let profiles_yaml = profiles::find(options.profiles_dir.as_deref(), &shared.root.root)?;
    let (output, outcome) = verbs::debug::lines(&shared, &profiles_yaml, open);
    for line in output {
        reporter.report(Event::Result { line });
    }
    outcome?;
    Ok(RunSummary::default())
}

/// Where the time of an invocation went: what the engine needed, and what is ours (parsing, templates, artifacts).
fn tell_times(all: Duration, times: &EngineTimes, reporter: &dyn Reporter) {
    let [all, statements, opening] =
        [all, times.statements.total(), times.opening_and_closing.total()].map(|time| time.as_secs_f64());
    let ours = (all - statements - opening).max(0.0);
    let share = 100.0 * ours / all.max(f64::EPSILON);
    reporter.report(Event::Message {
        level: Level::Debug,
        text: format!(
            "{all:.3} s in all: {statements:.3} s in statements, {opening:.3} s opening and closing the database, {ours:.3} s ({share:.1} %) beside them"
        ),
    });
}

/// What the run was told, for its artifact and for `retry`.
fn arguments(options: &RunOptions) -> Json {
    json!({
        "which": options.verb.name(), "select": options.select, "exclude": options.exclude,
        "selector": options.selector, "full_refresh": options.full_refresh, "empty": options.empty,
        "store_failures": options.store_failures, "fail_fast": options.fail_fast, "vars": options.vars,
        "event_time_start": options.event_time_start.map(|time| time.to_string()),
        "event_time_end": options.event_time_end.map(|time| time.to_string()),
        "macro": options.macro_name, "args": options.macro_arguments,
    })
}

fn tell_warnings(rules: &WarningRules, warnings: Vec<Warning>, reporter: &dyn Reporter) -> Result<()> {
    let mut errors = 0;
    for warning in warnings {
        match rules.of(warning.kind) {
            Treatment::Silence => {}
            Treatment::Tell => reporter.warn(warning.text),
            Treatment::Error => {
                errors += 1;
                reporter.warn(format!("{} [{}]", warning.text, warning.kind.name()));
            }
        }
    }
    if errors == 0 {
        return Ok(());
    }
    Err(Error::new(format!("the project has {errors} warnings that are to be errors")).hint(
        "they stand above, each with its name; --warn-error and --warn-error-options say which are errors",
    ))
}

/// One error is returned as it is; of several, all but the last are reported, and the last one says how many.
fn all_errors(mut errors: Vec<Error>, reporter: &dyn Reporter) -> Error {
    if errors.len() < 2 {
        return errors.pop().unwrap_or_else(|| Error::new("the project cannot be read"));
    }
    let count = errors.len();
    for error in errors {
        reporter.error(&error);
    }
    let error = Error::new(format!("the project has {count} errors; nothing was run"));
    error.hint("they stand above")
}
