//! What one invocation does: reads the project, parses it, does what the verb says, writes artifacts.

use crate::dbt_log::DbtLog;
use crate::invocation::arguments;
use crate::options::{RunOptions, Verb};
use crate::outcomes::RunSummary;
use crate::project::profiles;
use crate::tell_warnings::tell_warnings;
use crate::verbs::job::{Job, OpenEngine};
use crate::{artifacts, context, dbt, parse, setup, verbs};
use ingot_core::error::{Context, Error, Result};
use ingot_core::report::{Event, Level, Reporter, counted};
use ingot_engine::{EngineOptions, EngineTimes};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Does what `options` say.
///
/// # Errors
/// What keeps the run from starting: a broken project (all that is wrong in it was reported before), no
/// profile, a locked database. A node that fails is not an error here: see [`RunSummary::exit_code`].
pub fn run(options: &RunOptions, reporter: &dyn Reporter) -> Result<RunSummary> {
    run_with(options, reporter, &EngineOptions::open)
}

/// [`run`] with an engine of the caller's.
pub fn run_with(options: &RunOptions, reporter: &dyn Reporter, open: OpenEngine) -> Result<RunSummary> {
    let id = uuid::Uuid::new_v4().to_string();
    let Some(log) = &options.log else { return run_logged(options, &id, reporter, open) };
    let arguments = arguments::of(options);
    let log = DbtLog::open(log, &options.project_dir, options.verb.name(), arguments, &id, reporter)?;
    let mut outcome = run_logged(options, &id, &log, open);
    if let Ok(summary) = &mut outcome {
        let lines = std::mem::take(&mut summary.output);
        summary.output = match summary.shown.is_empty() {
            true => log.output(if options.verb == Verb::List { "PrintEvent" } else { "ShowNode" }, lines),
            false => log.shown(&summary.shown, lines),
        };
        if options.verb.runs_nodes() {
            log.sum_up(summary);
        }
    }
    log.finish(outcome.as_ref().map(RunSummary::exit_code));
    outcome
}

fn run_logged(
    options: &RunOptions,
    id: &str,
    reporter: &dyn Reporter,
    open: OpenEngine,
) -> Result<RunSummary> {
    // Templates of a large project recurse; rayon's workers get the stack for it.
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(context::environment::STACK_BYTES)
        .build()
        .or_cannot("start threads")?;
    let clock = Instant::now();
    if options.verb == Verb::Debug {
        return verbs::debug::run(options, id, reporter, open);
    }
    let loaded = pool.install(|| -> std::result::Result<_, Vec<Error>> {
        let invocation = Arc::new(setup::load(options, id)?);
        let start = parse::start::start(&invocation);
        // Nothing but the manifest's metadata is new: it needs no nodes.
        if options.verb == Verb::Parse
            && options.write_json
            && let Some(kept) = start.unchanged()
            && artifacts::renew_manifest(&invocation, &kept, &RunSummary::default())
                .map_err(|error| vec![error])?
        {
            return Ok((invocation, None));
        }
        let parsed = start.parse(&invocation)?;
        Ok((invocation, Some(parsed)))
    });
    let (invocation, parsed) = loaded.map_err(|errors| all_errors(errors, reporter))?;
    let Some(parsed) = parsed else {
        invocation.outbox.flush(reporter);
        return Ok(RunSummary { elapsed: clock.elapsed(), ..RunSummary::default() });
    };
    tell_warnings(options, &invocation.settings.warning_rules, parsed.warnings, reporter)?;
    let (manifest, kept) = (Arc::new(parsed.manifest), parsed.kept);
    reporter.report(Event::Message {
        level: Level::Debug,
        text: format!(
            "parsed {} in {:.2} s",
            counted(manifest.nodes.len() as u64, "node"),
            clock.elapsed().as_secs_f64()
        ),
    });
    let times = Arc::new(EngineTimes::default());
    let job = Job { options, invocation: &invocation, manifest: &manifest, reporter, open, times: &times };
    let mut summary = RunSummary::default();
    do_verb(&job, &mut summary)?;
    invocation.outbox.flush(reporter);
    summary.elapsed = clock.elapsed();
    // Without compiling, `docs generate` writes the catalog alone, as under dbt.
    let only_catalog = options.verb == Verb::Docs && !options.compile_docs;
    let writes = options.write_json && options.verb != Verb::Metrics && !only_catalog;
    // Those who compile and cannot end with an exception under dbt, and leave the manifest of the parse and no results.
    let only_compiles = matches!(options.verb, Verb::Compile | Verb::Docs);
    let is_broken_off = only_compiles && summary.could_not_compile;
    if writes {
        let nothing = RunSummary::default();
        let compiled = if is_broken_off { &nothing } else { &summary };
        artifacts::write_manifest(&invocation, &manifest, kept.as_ref(), compiled)?;
        invocation.outbox.flush(reporter);
    }
    let has_results = !matches!(options.verb, Verb::Parse | Verb::List | Verb::Show | Verb::Freshness);
    if writes && has_results {
        artifacts::write_graph_summary(&invocation, &manifest)?;
        if !is_broken_off {
            artifacts::write_run_results(&invocation, &summary)?;
        }
    }
    summary.engine_time = times.statements.total();
    tell_times(clock.elapsed(), &times, reporter);
    Ok(summary)
}

/// The options with which `retry` does the last run again, and only what failed in it.
/// `None` if it was an operation that did not fail.
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

/// The folder of profiles.yml that a run with `options` reads.
///
/// # Errors
/// There is none.
pub fn profiles_folder(options: &RunOptions) -> Result<PathBuf> {
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let file = profiles::find(options.profiles_dir.as_deref(), &root)?;
    Ok(file.parent().map_or(root, Path::to_path_buf))
}

/// Which version this is, and which version of dbt it follows, in lines like those of `dbt --version`.
pub fn version_lines() -> Vec<String> {
    vec![
        "Core:".to_owned(),
        format!("  - installed: {} (followed by ingot {})", dbt::VERSION, env!("CARGO_PKG_VERSION")),
        "Plugins:".to_owned(),
        "  - duckdb: built in".to_owned(),
        "  - spark: a server, over Spark Connect".to_owned(),
    ]
}

/// A template that renders to `sql` itself, whatever in it looks like a template.
pub fn raw_template(sql: &str) -> String {
    if ["{{", "{%", "{#"].iter().all(|opening| !sql.contains(opening)) {
        return sql.to_owned();
    }
    // A brace alone opens nothing, so every one of them is written as a string.
    sql.replace('{', "{{ '{' }}")
}

fn do_verb(job: &Job, summary: &mut RunSummary) -> Result<()> {
    let options = job.options;
    match (options.verb, &options.inline) {
        (Verb::Parse | Verb::Debug, _) => return Ok(()),
        (Verb::RunOperation, _) => return verbs::operation::run(job, summary),
        (Verb::Recover, _) => return verbs::recover::run(job, summary),
        (Verb::Metrics, _) => return verbs::metrics::run(job, summary),
        (Verb::Compile, Some(text)) => return verbs::show::compile_inline(job, text, summary),
        (Verb::Show, Some(_)) => return verbs::show::run(job, &BTreeSet::new(), summary),
        _ => {}
    }
    let selected = match &options.only {
        Some(ids) => ids
            .iter()
            .map(|id| job.manifest.index_of(id).ok_or_else(|| is_gone(id)))
            .collect::<Result<_>>()?,
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

/// The error about a node that `retry` is to run again and that the project no longer has.
fn is_gone(id: &str) -> Error {
    let kind = id.split('.').next().unwrap_or_default();
    Error::new(format!("the {kind} '{id}', which failed in the last run, is no longer in the project"))
        .in_dbts_words(format!("Couldn't find {kind} '{id}'"))
        .hint("run the command of the last run again in place of retry")
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

/// One error is returned as it is; of several, all but the last are reported, and the last one says how many.
fn all_errors(mut errors: Vec<Error>, reporter: &dyn Reporter) -> Error {
    if errors.len() < 2 {
        return errors.pop().unwrap_or_else(|| Error::new("the project cannot be read"));
    }
    let count = errors.len();
    for error in errors {
        reporter.error(&error);
    }
    let error = Error::new(format!("the project has {}; nothing was run", counted(count as u64, "error")));
    error.hint("see the errors above")
}
