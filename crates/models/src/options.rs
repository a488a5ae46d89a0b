//! What a run is asked to do: dbt's verbs and flags, as plain values.

use crate::dbt_log::LogOptions;
use crate::engine_variables;
use crate::graph::batch::BatchResults;
use crate::graph::resource_type::ResourceType;
use crate::metrics::MetricQuery;
use crate::select::indirect::IndirectSelection;
use crate::warnings::{Warning, WarningKind, WarningRules};
use ingot_core::interrupt::Interrupt;
use ingot_lake::Verify;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// Shows the first rows of a model, or of a query.
    Show,
    RunOperation,
    /// `source freshness`: how old the newest rows of sources are.
    Freshness,
    /// `docs generate`: writes `catalog.json` beside the manifest.
    Docs,
    /// Makes views onto the relations of another target.
    Clone,
    /// Opens the database and says what it finds.
    Debug,
    /// Brings back tables of the database from their copies in the lake.
    Recover,
    /// Lists metrics, or computes some.
    Metrics,
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
            Self::Show => "show",
            Self::RunOperation => "run-operation",
            Self::Freshness => "freshness",
            Self::Docs => "generate",
            Self::Clone => "clone",
            Self::Debug => "debug",
            Self::Recover => "recover",
            Self::Metrics => "metrics",
        }
    }

    /// The verb of that name, for `retry`.
    pub fn of_name(name: &str) -> Option<Self> {
        [
            Self::Build,
            Self::Run,
            Self::Test,
            Self::Seed,
            Self::Snapshot,
            Self::Compile,
            Self::Docs,
            Self::Clone,
        ]
        .into_iter()
        .chain([Self::RunOperation, Self::Freshness])
        .find(|verb| verb.name() == name)
    }

    /// Whether it builds or tests something.
    pub(crate) fn runs_nodes(self) -> bool {
        matches!(self, Self::Build | Self::Run | Self::Test | Self::Seed | Self::Snapshot)
    }

    pub(crate) fn takes(self, resource_type: ResourceType) -> bool {
        use ResourceType::{
            Analysis, Exposure, Function, Model, Operation, SavedQuery, Seed, Snapshot, Source, Test,
            UnitTest,
        };
        match self {
            Self::Build => matches!(
                resource_type,
                Model | Seed | Snapshot | Test | UnitTest | Exposure | SavedQuery | Function
            ),
            Self::Run => resource_type == Model,
            Self::Test => matches!(resource_type, Test | UnitTest),
            Self::Seed => resource_type == Seed,
            Self::Snapshot => resource_type == Snapshot,
            Self::Compile => matches!(resource_type, Model | Snapshot | Test | Analysis | Seed | Function),
            // Sources are not compiled, but are in the catalog.
            Self::Docs => {
                matches!(resource_type, Model | Snapshot | Test | Analysis | Seed | Function | Source)
            }
            Self::Show => matches!(resource_type, Model | Snapshot | Test | Analysis | Seed),
            Self::Clone => matches!(resource_type, Model | Seed | Snapshot),
            Self::Freshness => resource_type == Source,
            Self::List => resource_type != Operation,
            Self::Parse => resource_type != Operation && !resource_type.is_only_described(),
            Self::RunOperation | Self::Debug | Self::Recover | Self::Metrics => false,
        }
    }
}

/// How `list` prints what it lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListOutput {
    /// What selects the node: `shop.staging.stg_orders`, `source:shop.raw.orders`.
    #[default]
    Selector,
    Name,
    Path,
    Json,
}

/// Everything that a run is asked to do, in plain values.
#[derive(Debug, Clone)]
pub struct RunOptions {
    pub verb: Verb,
    pub project_dir: PathBuf,
    pub profiles_dir: Option<PathBuf>,
    pub profile: Option<String>,
    pub target: Option<String>,
    /// Overrides the profile's `threads`.
    pub threads: Option<usize>,
    /// How many threads the engine has for the statements of all of them; its own default (every core), or what the
    /// profile's settings say, where it is `None`.
    pub engine_threads: Option<usize>,
    /// dbt's selection syntax; empty means everything.
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    /// The name of a selector in `selectors.yml`; without `select` and `exclude`.
    pub selector: Option<String>,
    /// Exactly these nodes, by unique id, whatever is selected; what `retry` tries again.
    pub only: Option<Vec<String>>,
    /// `model`, `test`, …; empty means all that the verb takes.
    pub resource_types: Vec<String>,
    pub exclude_resource_types: Vec<String>,
    pub indirect_selection: IndirectSelection,
    /// A folder with the artifacts of another run, to compare with or to defer to.
    pub state: Option<PathBuf>,
    /// Instead of `state`, for deferring alone.
    pub defer_state: Option<PathBuf>,
    /// References to what is not selected and not there mean the relation of the other state.
    pub defer: bool,
    /// They mean it even where the relation is there.
    pub favor_state: bool,
    pub vars: Map<String, Json>,
    /// Whether `vars` were given, be it that there are none: `retry` takes those of the last run otherwise.
    pub says_vars: bool,
    pub full_refresh: bool,
    /// Nodes are not run whose inputs are what they were, and whose relation is as their last run left it.
    pub skip_unchanged: bool,
    /// With `skip_unchanged`: all nodes run, and what they were built from is kept for the next run.
    pub force: bool,
    /// Nodes of which `output` says why they ran or did not.
    pub explain: Vec<String>,
    /// Kinds of inputs that `skip_unchanged` does not compare: only for tests, which must fail without any of them.
    #[doc(hidden)]
    pub overlooked: Vec<String>,
    /// Inputs are read without their rows: a build of the schemas alone.
    pub empty: bool,
    /// Whether copies of what was built go to the lake, as `meta: {lake_folder: …}` says.
    pub lake_copies: bool,
    /// Where a microbatch run begins (in UTC, included) …
    pub event_time_start: Option<jiff::civil::DateTime>,
    /// … and ends (not included).
    pub event_time_end: Option<jiff::civil::DateTime>,
    /// Batches of an earlier run, by unique id: those that failed are computed, and no others.
    pub retry_batches: BTreeMap<String, BatchResults>,
    /// When the run began that is tried again (in UTC): its batches are computed, and not those up to now.
    pub batches_until: Option<jiff::civil::DateTime>,
    pub store_failures: bool,
    pub fail_fast: bool,
    /// Of `build`: whether what depends on a tested node waits for its tests, and is skipped if one fails, as under dbt.
    pub tests_block: bool,
    /// Which warnings end the run, or fail the test; `None`: as `dbt_project.yml` says under `flags:`.
    pub warnings: Option<WarningRules>,
    /// Models and snapshots read only rows of this period (in UTC) of inputs that have an `event_time`.
    pub sample: Option<(jiff::civil::DateTime, jiff::civil::DateTime)>,
    /// What `metrics` computes; without it they are listed.
    pub metric_query: Option<MetricQuery>,
    /// A query in place of a model, for `show` and `compile`.
    pub inline: Option<String>,
    /// How many rows `show` shows; `None` is all.
    pub limit: Option<u64>,
    pub list_output: ListOutput,
    /// Of `list` as JSON: which keys; empty means dbt's choice.
    pub output_keys: Vec<String>,
    /// `show` and `compile` print JSON.
    pub json: bool,
    /// `show` of seeds: the first rows of what was loaded are printed.
    pub show_rows: bool,
    /// The macro of `run-operation`, and its arguments.
    pub macro_name: Option<String>,
    pub macro_arguments: Map<String, Json>,
    /// `docs generate` without compiling, or without asking the database.
    pub compile_docs: bool,
    pub empty_catalog: bool,
    /// `debug` says nothing of files, and tests the connection.
    pub connection_only: bool,
    /// Where `source freshness` writes, instead of `target/sources.json`.
    pub output_file: Option<PathBuf>,
    /// Instead of the project's `target-path`.
    pub target_path: Option<PathBuf>,
    /// Whether the result of an earlier parse may be used again; without it every run parses everything.
    pub partial_parse: bool,
    /// `show` and `compile` print rows and SQL without a line above them.
    pub quiet: bool,
    /// Which files of the lake are compared with their hashes before models read them.
    pub verify: Verify,
    /// Whether artifacts are written.
    pub write_json: bool,
    /// Whether projects that require another version of dbt are refused.
    pub version_check: bool,
    /// Whether `print()` of templates prints.
    pub print: bool,
    /// Whether the flag `--models` was used in place of `--select`.
    pub says_models: bool,
    /// Whether every deprecation is told, and not only the first of each kind.
    pub show_all_deprecations: bool,
    /// Whether templates may ask the database while they are compiled.
    pub introspect: bool,
    /// Of `compile`: whether ephemeral models become part of the SQL of those that use them.
    pub inject_ephemerals: bool,
    /// The command as it was given, for artifacts and templates; empty if there was none.
    pub command: String,
    /// dbt's log; `None`: there is none.
    pub log: Option<LogOptions>,
    /// Set it (as on Ctrl-C) and the run stops cleanly.
    pub interrupt: Interrupt,
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
            engine_threads: None,
            select: Vec::new(),
            exclude: Vec::new(),
            selector: None,
            only: None,
            resource_types: Vec::new(),
            exclude_resource_types: Vec::new(),
            indirect_selection: IndirectSelection::default(),
            state: None,
            defer_state: None,
            defer: false,
            favor_state: false,
            vars: Map::new(),
            says_vars: false,
            full_refresh: false,
            skip_unchanged: false,
            force: false,
            explain: Vec::new(),
            overlooked: Vec::new(),
            empty: false,
            lake_copies: true,
            event_time_start: None,
            event_time_end: None,
            retry_batches: BTreeMap::new(),
            batches_until: None,
            store_failures: false,
            fail_fast: false,
            tests_block: true,
            warnings: None,
            sample: None,
            metric_query: None,
            inline: None,
            limit: Some(5),
            list_output: ListOutput::default(),
            output_keys: Vec::new(),
            json: false,
            show_rows: false,
            macro_name: None,
            macro_arguments: Map::new(),
            compile_docs: true,
            empty_catalog: false,
            connection_only: false,
            output_file: None,
            target_path: None,
            partial_parse: true,
            quiet: false,
            verify: Verify::default(),
            write_json: true,
            version_check: true,
            print: true,
            says_models: false,
            show_all_deprecations: false,
            introspect: true,
            inject_ephemerals: true,
            command: String::new(),
            log: None,
            interrupt: Interrupt::default(),
        }
    }
    /// Warnings about the flags that were used.
    pub(crate) fn deprecated_flags(&self) -> Vec<Warning> {
        let mut out = engine_variables::warnings();
        if self.says_models {
            let text = "--models, --model and -m are deprecated; use --select".to_owned();
            out.push(Warning::new(WarningKind::ModelParamUsageDeprecation, text));
        }
        if let (Verb::Freshness, Some(file)) = (self.verb, &self.output_file) {
            let text = format!("the flag --output of `source freshness` is deprecated: {}", file.display());
            let warning = Warning::new(WarningKind::CustomOutputPathInSourceFreshnessDeprecation, text);
            out.push(warning.with(serde_json::json!({"path": file.display().to_string()})));
        }
        out
    }
}
