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
//! `docs/dbt-compatibility.md`.

mod artifacts;
mod compile;
mod config;
mod context;
mod delta;
mod files;
mod generic_tests;
mod graph;
mod hooks;
mod macros;
mod manifest;
mod materialize;
mod microbatch;
mod nodes;
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
mod yaml_values;

pub use microbatch::parse_time;
pub use profiles::Target;
pub use results::{BatchResults, NodeResult, RunSummary, Status};
pub use select::IndirectSelection;

use crate::engine::Engine;
use crate::engine::duckdb::{DuckDb, DuckDbOptions};
use crate::error::{Error, Exit, Result};
use crate::report::{Event, Level, Reporter};
use context::{RunShared, Shared};
use manifest::Manifest;
use nodes::{Node, ResourceType};
use relation_cache::RelationCache;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What to do with the project; dbt's verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Seeds, snapshots, models and tests, each test before what depends on what it tests.
    Build,
    Run,
    Test,
    Seed,
    Snapshot,
    /// Writes the SQL to `target/compiled/` and runs no model.
    Compile,
    Parse,
    List,
}

impl Verb {
    /// As templates see it in `flags.WHICH`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Run => "run",
            Self::Test => "test",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Compile => "compile",
            Self::Parse => "parse",
            Self::List => "list",
        }
    }

    fn takes(self, resource_type: ResourceType) -> bool {
        use ResourceType::{Analysis, Model, Operation, Seed, Snapshot, Source, Test, UnitTest};
        match self {
            Self::Build => matches!(resource_type, Model | Seed | Snapshot | Test | UnitTest),
            Self::Run => resource_type == Model,
            Self::Test => matches!(resource_type, Test | UnitTest),
            Self::Seed => resource_type == Seed,
            Self::Snapshot => resource_type == Snapshot,
            Self::Compile => matches!(resource_type, Model | Snapshot | Test | Analysis),
            Self::List => !matches!(resource_type, Operation),
            Self::Parse => !matches!(resource_type, Source | Operation) || resource_type == Source,
        }
    }
}

/// Everything a run is told, in plain values.
#[derive(Debug, Clone)]
pub struct RunOptions {
    pub verb: Verb,
    pub project_dir: PathBuf,
    pub profiles_dir: Option<PathBuf>,
    pub profile: Option<String>,
    pub target: Option<String>,
    /// Overrides the profile's `threads`.
    pub threads: Option<usize>,
    /// dbt's selection syntax; empty means everything.
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    /// `model`, `test`, …; empty means all that the verb takes.
    pub resource_types: Vec<String>,
    pub indirect_selection: IndirectSelection,
    pub vars: Map<String, Json>,
    pub full_refresh: bool,
    pub store_failures: bool,
    pub fail_fast: bool,
    /// Inputs are read without their rows, to see whether everything builds.
    pub empty: bool,
    /// Microbatch models compute the batches from here (UTC; included) …
    pub event_time_start: Option<jiff::civil::DateTime>,
    /// … to here (not included).
    pub event_time_end: Option<jiff::civil::DateTime>,
    /// Batches of an earlier run, by unique id: those that failed are computed, and no others.
    pub retry_batches: BTreeMap<String, BatchResults>,
    /// Instead of the project's `target-path`.
    pub target_path: Option<PathBuf>,
    /// Set it (on Ctrl-C, say) and the run stops cleanly.
    pub interrupted: Arc<AtomicBool>,
}

impl RunOptions {
    pub fn new(verb: Verb, project_dir: impl Into<PathBuf>) -> Self {
        Self {
            verb,
            project_dir: project_dir.into(),
            profiles_dir: None,
            profile: None,
            target: None,
            threads: None,
            select: Vec::new(),
            exclude: Vec::new(),
            resource_types: Vec::new(),
            indirect_selection: IndirectSelection::default(),
            vars: Map::new(),
            full_refresh: false,
            store_failures: false,
            fail_fast: false,
            empty: false,
            event_time_start: None,
            event_time_end: None,
            retry_batches: BTreeMap::new(),
            target_path: None,
            interrupted: Arc::new(AtomicBool::new(false)),
        }
    }
}

const STAGE: &str = "run-models";

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
    let loaded = pool.install(|| -> std::result::Result<_, Vec<Error>> {
        let shared = Arc::new(setup::load(options)?);
        let parsed = parse::parse(&shared)?;
        Ok((shared, parsed))
    });
    let (shared, parsed) = loaded.map_err(|errors| all_errors(errors, reporter))?;
    for warning in parsed.warnings {
        reporter.warn(warning);
    }
    let manifest = Arc::new(parsed.manifest);
    reporter.report(Event::Message {
        level: Level::Debug,
        text: format!("parsed {} nodes in {:.2} s", manifest.nodes.len(), clock.elapsed().as_secs_f64()),
    });
    let selected = select(options, &shared, &manifest, reporter)?;
    let mut summary = RunSummary::default();
    match options.verb {
        Verb::Parse => {}
        Verb::List => summary.listed = selected.iter().map(|node| listed(&manifest.nodes[*node])).collect(),
        _ => execute(options, reporter, open, &shared, &manifest, &selected, &mut summary)?,
    }
    runner::flush(&shared, reporter);
    summary.elapsed = clock.elapsed();
    artifacts::write_manifest(&shared, &manifest, &summary.results)?;
    if !matches!(options.verb, Verb::Parse | Verb::List) {
        let arguments = json!({
            "which": options.verb.name(), "select": options.select, "exclude": options.exclude,
            "full_refresh": options.full_refresh, "vars": options.vars,
        });
        artifacts::write_run_results(&shared, &summary, arguments)?;
    }
    Ok(summary)
}

/// One error is returned as it is; of several, all but the last are reported, and the last one says how many.
fn all_errors(mut errors: Vec<Error>, reporter: &dyn Reporter) -> Error {
    if errors.len() < 2 {
        return errors.pop().unwrap_or_else(|| Error::new("the project cannot be read"));
    }
    let count = errors.len();
    for error in errors {
        let hint = error.hint_text().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        reporter.report(Event::Message { level: Level::Error, text: format!("{error}{hint}") });
    }
    let error = Error::new(format!("the project has {count} errors; nothing was run"));
    debug_assert_eq!(error.exit(), Exit::CouldNotRun);
    error.hint("they stand above")
}

fn select(
    options: &RunOptions,
    shared: &Shared,
    manifest: &Manifest,
    reporter: &dyn Reporter,
) -> Result<BTreeSet<usize>> {
    let selector = select::Selector {
        nodes: &manifest.nodes,
        graph: &manifest.graph,
        indirect: options.indirect_selection,
        root_package: &shared.root.name,
    };
    let mut chosen = selector.choose(&options.select, &options.exclude)?;
    for (word, near) in select::unmatched(&selector, &options.select)? {
        let near = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
        reporter.warn(format!("'{word}' selects nothing{near}"));
    }
    chosen.retain(|index| {
        let node = &manifest.nodes[*index];
        let wanted = options.resource_types.is_empty()
            || options.resource_types.iter().any(|kind| kind == "all" || kind == node.resource_type.name());
        let runs = matches!(options.verb, Verb::List | Verb::Parse | Verb::Compile) || !node.is_ephemeral();
        options.verb.takes(node.resource_type) && wanted && runs
    });
    Ok(chosen)
}

/// `package.folder.name`, as dbt's `list` prints it.
fn listed(node: &Node) -> String {
    match node.resource_type {
        ResourceType::Source => format!("source:{}", node.fqn_of_source()),
        _ => node.fqn.join("."),
    }
}

fn execute(
    options: &RunOptions,
    reporter: &dyn Reporter,
    open: OpenEngine,
    shared: &Arc<Shared>,
    manifest: &Arc<Manifest>,
    selected: &BTreeSet<usize>,
    summary: &mut RunSummary,
) -> Result<()> {
    if selected.is_empty() {
        reporter.warn(format!("there is nothing to {}", options.verb.name()));
        return Ok(());
    }
    let engine = open(&shared.target.options)?;
    let cache = RelationCache::load(engine.session()?.as_mut())?;
    let run = Arc::new(RunShared {
        manifest: manifest.clone(),
        cache,
        selected: selected.iter().map(|index| manifest.nodes[*index].unique_id.clone()).collect(),
        graph_value: Default::default(),
        results: Default::default(),
    });
    let only_compile = options.verb == Verb::Compile;
    if !only_compile {
        let nodes: Vec<&Node> = selected.iter().map(|index| &manifest.nodes[*index]).collect();
        hooks::create_schemas(shared, &run, engine.as_ref(), &nodes)?;
        let results = &mut summary.results;
        if let Err(error) = hooks::run(shared, &run, engine.as_ref(), hooks::When::Start, results) {
            report_error(&error, reporter);
            summary.hook_failed = true;
            return Ok(());
        }
        runner::flush(shared, reporter);
    }
    let plan = schedule::plan(&manifest.graph, &manifest.nodes, selected, options.verb == Verb::Build);
    let manner = runner::Manner {
        threads: shared.target.threads,
        fail_fast: options.fail_fast,
        only_compile,
        interrupted: &options.interrupted,
    };
    reporter.report(Event::StageStarted {
        stage: STAGE,
        detail: format!(
            "{} nodes of {}, {} threads, {}",
            plan.nodes.len(),
            shared.root.name,
            manner.threads,
            shared.target.options.path.display()
        ),
    });
    let clock = Instant::now();
    summary.results.extend(runner::run(shared, &run, &plan, engine.as_ref(), reporter, &manner)?);
    summary.interrupted = options.interrupted.load(Ordering::Relaxed);
    if !only_compile
        && !summary.interrupted
        && let Err(error) = hooks::run(shared, &run, engine.as_ref(), hooks::When::End, &mut summary.results)
    {
        report_error(&error, reporter);
        summary.hook_failed = true;
    }
    runner::flush(shared, reporter);
    runner::tell_failures(&summary.results, reporter);
    let inside: f64 = summary.results.iter().map(|result| result.engine_time.as_secs_f64()).sum();
    reporter.report(Event::Message {
        level: Level::Debug,
        text: format!(
            "{:.3} s for all nodes, {inside:.3} s of them inside the engine",
            clock.elapsed().as_secs_f64()
        ),
    });
    reporter.report(Event::StageFinished {
        stage: STAGE,
        seconds: clock.elapsed().as_secs_f64(),
        detail: summary.line(),
    });
    Ok(())
}

fn report_error(error: &Error, reporter: &dyn Reporter) {
    let hint = error.hint_text().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
    reporter.report(Event::Message { level: Level::Error, text: format!("{error}{hint}") });
}
