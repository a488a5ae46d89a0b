//! The flags of dbt's verbs, in groups that several verbs share, and how they become options.

use crate::cli::global::threads;
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use ingot_core::yaml;
use ingot_models::{self, IndirectSelection, RunOptions, Verify, WarningRules};
use std::path::{Path, PathBuf};

/// Which project, profile and database, and how the templates are parameterised.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct Connection {
    /// Target of the profile
    #[arg(long, short, global = true, env = "DBT_TARGET")]
    target: Option<String>,
    /// Profile to use instead of the one that dbt_project.yml names
    #[arg(long, global = true, env = "DBT_PROFILE")]
    profile: Option<String>,
    /// Folder of profiles.yml [default: the project, then ~/.dbt]
    #[arg(long, global = true, value_name = "DIR", env = "DBT_PROFILES_DIR")]
    profiles_dir: Option<PathBuf>,
    /// Variables for the templates, as YAML: '{as_of_date: 2024-12-31}'
    #[arg(long, global = true, value_name = "YAML", env = "DBT_VARS")]
    vars: Option<String>,
    /// Number of nodes that run at the same time [default: as the profile says]
    #[arg(long, global = true, value_parser = threads, env = "DBT_THREADS")]
    threads: Option<usize>,
    /// The same as --threads 1
    #[arg(long, global = true, hide = true, overrides_with = "no_single_threaded")]
    single_threaded: bool,
    #[arg(long, global = true, hide = true, overrides_with = "single_threaded")]
    no_single_threaded: bool,
    /// Folder for compiled SQL and artifacts [default: target, or as dbt_project.yml says]
    #[arg(long, global = true, value_name = "DIR", env = "DBT_TARGET_PATH")]
    target_path: Option<PathBuf>,
}

impl Connection {
    /// The same for another part of a project. `--target` names one of them: an environment, or a target of the profile, which is
    /// for the project itself.
    pub(in crate::cli) fn within(&self, environment: Option<&str>, chosen: &Project) -> Self {
        let of_project = self.target.clone().filter(|_| chosen.environment_name().is_none());
        Self { target: environment.map(str::to_owned).or(of_project), ..self.clone() }
    }

    /// The profile that the command line names.
    pub(super) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The variables of the command line.
    fn vars(&self) -> Result<serde_json::Map<String, serde_json::Value>> {
        mapping(self.vars.as_deref(), "--vars")
    }

    pub(in crate::cli) fn apply(&self, options: &mut RunOptions) -> Result<()> {
        options.target = self.target.clone();
        options.profile = self.profile.clone();
        options.profiles_dir = absolute(self.profiles_dir.as_deref())?;
        options.vars = self.vars()?;
        options.says_vars = self.vars.is_some();
        options.threads = if self.single_threaded { Some(1) } else { self.threads };
        options.target_path = absolute(self.target_path.as_deref())?;
        Ok(())
    }
}

/// Which nodes.
#[derive(Debug, Default, Args)]
pub(super) struct Selection {
    /// Select nodes: names, +upstream, downstream+, tag:nightly, path:models/gold, ...
    #[arg(long, short, visible_alias = "models", visible_alias = "model", short_alias = 'm', num_args = 1.., value_name = "SELECTION")]
    select: Vec<String>,
    /// Leave out nodes
    #[arg(long, num_args = 1.., value_name = "SELECTION")]
    exclude: Vec<String>,
    /// Use a selector of selectors.yml instead of --select and --exclude
    #[arg(long, value_name = "NAME", env = "DBT_SELECTOR")]
    selector: Option<String>,
    /// Only nodes of this type (model, test, seed, snapshot, ...); may be repeated
    #[arg(
        long = "resource-type",
        visible_alias = "resource-types",
        value_name = "TYPE",
        num_args = 1..,
        env = "DBT_RESOURCE_TYPES",
        value_delimiter = ' '
    )]
    resource_types: Vec<String>,
    /// Leave out nodes of this type; may be repeated
    #[arg(
        long = "exclude-resource-type",
        visible_alias = "exclude-resource-types",
        value_name = "TYPE",
        num_args = 1..,
        env = "DBT_EXCLUDE_RESOURCE_TYPES",
        value_delimiter = ' '
    )]
    exclude_resource_types: Vec<String>,
}

impl Selection {
    pub(super) fn apply(&self, options: &mut RunOptions) {
        options.select = self.select.clone();
        options.exclude = self.exclude.clone();
        options.selector = self.selector.clone();
        options.resource_types = self.resource_types.clone();
        options.exclude_resource_types = self.exclude_resource_types.clone();
    }
}

/// Another state to compare with and to read from, and which tests come along. dbt takes these before and after
/// every verb, also where the verb does not use them.
#[derive(Debug, Default, Args)]
pub(super) struct Comparison {
    /// Which tests the selected nodes bring along: eager, cautious, buildable, empty
    #[arg(long, global = true, value_name = "MODE", default_value = "eager", env = "DBT_INDIRECT_SELECTION")]
    indirect_selection: String,
    /// Target folder of another run, for state:, result:, --defer, retry and clone
    #[arg(long, global = true, value_name = "DIR", env = "DBT_STATE")]
    state: Option<PathBuf>,
    /// Resolve references to unselected models missing from this target to the relations of --state
    #[arg(long, global = true, overrides_with = "no_defer", env = "DBT_DEFER", value_parser = FalseyValueParser::new())]
    defer: bool,
    #[arg(long, global = true, hide = true, overrides_with = "defer")]
    no_defer: bool,
    /// With --defer: prefer --state even where this target has the relation
    #[arg(long, global = true, overrides_with = "no_favor_state", env = "DBT_FAVOR_STATE", value_parser = FalseyValueParser::new())]
    favor_state: bool,
    #[arg(long, global = true, hide = true, overrides_with = "favor_state")]
    no_favor_state: bool,
    /// Target folder to defer to, if it differs from --state
    #[arg(long, global = true, value_name = "DIR", env = "DBT_DEFER_STATE")]
    defer_state: Option<PathBuf>,
}

impl Comparison {
    pub(super) fn apply(&self, options: &mut RunOptions) -> Result<()> {
        options.indirect_selection = IndirectSelection::of(&self.indirect_selection)
            .map_err(|error| error.context("--indirect-selection"))?;
        options.state = in_project(self.state.as_deref(), &options.project_dir)?;
        options.defer = self.defer;
        options.favor_state = self.favor_state;
        options.defer_state = in_project(self.defer_state.as_deref(), &options.project_dir)?;
        Ok(())
    }
}

/// How models are built.
#[derive(Debug, Default, Args)]
pub(super) struct Building {
    /// Rebuild incremental models and seeds from scratch
    #[arg(long, short, env = "DBT_FULL_REFRESH", value_parser = FalseyValueParser::new())]
    full_refresh: bool,
    /// Read no input rows: build only the schemas
    #[arg(long, overrides_with = "no_empty", env = "DBT_EMPTY", value_parser = FalseyValueParser::new())]
    empty: bool,
    #[arg(long, hide = true, overrides_with = "empty")]
    no_empty: bool,
    /// Start of a microbatch run (inclusive, UTC)
    #[arg(long, value_name = "TIME", env = "DBT_EVENT_TIME_START")]
    event_time_start: Option<String>,
    /// End of a microbatch run (exclusive, UTC)
    #[arg(long, value_name = "TIME", env = "DBT_EVENT_TIME_END")]
    event_time_end: Option<String>,
    /// Read only this period of inputs with an event_time: '3 days', or '{start: 2024-01-01, end: 2024-02-01}'
    #[arg(long, value_name = "PERIOD", env = "DBT_SAMPLE")]
    sample: Option<String>,
}

/// Which nodes `ingot run-models` leaves out.
#[derive(Debug, Default, Args)]
pub(super) struct Unchanged {
    /// Run all selected nodes, also those that have not changed since their last run
    #[arg(long)]
    force: bool,
    /// Say of a node why it ran, or why not; may be repeated
    #[arg(long, value_name = "NODE")]
    explain: Vec<String>,
}

impl Unchanged {
    pub(super) fn apply(&self, options: &mut RunOptions) {
        options.skip_unchanged = true;
        options.force = self.force;
        options.explain.clone_from(&self.explain);
    }
}

/// The same for dbt's verbs, which run everything if nothing else is said.
#[derive(Debug, Default, Args)]
pub(super) struct Skipping {
    /// Do not run nodes that have not changed since their last run with this flag, or under `ingot run-models`
    #[arg(long)]
    skip_unchanged: bool,
}

impl Skipping {
    pub(super) fn apply(&self, options: &mut RunOptions) {
        options.skip_unchanged = self.skip_unchanged;
    }
}

/// Which files of the lake are compared with their hashes before models read them.
#[derive(Debug, Default, Args)]
pub(super) struct Verifying {
    /// Files of the lake to compare with their hashes before models read them
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    verify: Which,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Which {
    /// All that the selected nodes read
    All,
    /// Those that have changed since, or were never compared
    #[default]
    Changed,
    /// None: damaged files may be read as other values
    None,
}

impl Verifying {
    pub(super) fn apply(&self, options: &mut RunOptions) {
        options.verify = match self.verify {
            Which::All => Verify::All,
            Which::Changed => Verify::Changed,
            Which::None => Verify::None,
        };
    }
}

/// The error about one of two flags that belong together.
fn alone(given: &str, missing: &str) -> Error {
    Error::new("--event-time-start and --event-time-end must be given together")
        .in_dbts_words(format!("When specifying `{given}`, `{missing}` must also be present."))
}

impl Building {
    pub(super) fn apply(&self, options: &mut RunOptions) -> Result<()> {
        options.full_refresh = self.full_refresh;
        options.empty = self.empty;
        options.event_time_start = time(self.event_time_start.as_deref(), "--event-time-start")?;
        options.event_time_end = time(self.event_time_end.as_deref(), "--event-time-end")?;
        options.sample = self.sample.as_deref().map(sample).transpose()?;
        match (options.event_time_start, options.event_time_end) {
            (Some(start), Some(end)) if start >= end => {
                Err(Error::new("--event-time-start must be before --event-time-end")
                    .in_dbts_words("Value for `--event-time-start` must be less than `--event-time-end`"))
            }
            (Some(_), None) => Err(alone("--event-time-start", "--event-time-end")),
            (None, Some(_)) => Err(alone("--event-time-end", "--event-time-start")),
            _ => Ok(()),
        }
    }
}

/// `3 days` until now, or a mapping with `start` and `end`.
fn sample(text: &str) -> Result<(jiff::civil::DateTime, jiff::civil::DateTime)> {
    let wrong = || {
        Error::new(format!("--sample: '{text}' is not a period of time"))
            .hint("write '3 days' (or hours, months, years), or '{start: 2024-01-01, end: 2024-02-01}'")
    };
    if text.trim_start().starts_with('{') {
        let given = mapping(Some(text), "--sample")?;
        let side = |key: &str| given.get(key).and_then(|value| ingot_models::parse_time(value.as_str()?));
        return side("start").zip(side("end")).filter(|(start, end)| start < end).ok_or_else(wrong);
    }
    let (count, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let count: i64 = count.parse().map_err(|_| wrong())?;
    let span = jiff::Span::new();
    let span = match unit.trim().to_ascii_lowercase().trim_end_matches('s') {
        "hour" => span.try_hours(count),
        "day" => span.try_days(count),
        "month" => span.try_months(count),
        "year" => span.try_years(count),
        _ => return Err(wrong()),
    };
    let end = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now());
    let start = span.and_then(|span| end.checked_sub(span)).map_err(|_| wrong())?;
    Ok((start, end))
}

/// How tests are run.
#[derive(Debug, Default, Args)]
pub(super) struct Testing {
    /// Store the rows that fail a test in a table
    #[arg(long, env = "DBT_STORE_FAILURES", value_parser = FalseyValueParser::new())]
    store_failures: bool,
}

impl Testing {
    pub(super) fn apply(&self, options: &mut RunOptions) {
        options.store_failures = self.store_failures;
    }
}

/// What stops a run.
#[derive(Debug, Default, Args)]
pub(super) struct Strictness {
    /// Stop at the first failure
    #[arg(long, short = 'x', overrides_with = "no_fail_fast", global = true, env = "DBT_FAIL_FAST", value_parser = FalseyValueParser::new())]
    fail_fast: bool,
    #[arg(long, hide = true, overrides_with = "fail_fast", global = true)]
    no_fail_fast: bool,
    /// Treat every warning as an error
    #[arg(long, global = true, env = "DBT_WARN_ERROR", value_parser = FalseyValueParser::new(), conflicts_with = "warn_error_options")]
    warn_error: bool,
    /// Which warnings are errors or silenced, by name: '{error: all, warn: [...], silence: [...]}'
    #[arg(long, value_name = "YAML", global = true, env = "DBT_WARN_ERROR_OPTIONS")]
    warn_error_options: Option<String>,
    /// Show every deprecation, and not only the first of each kind
    #[arg(long, global = true, overrides_with = "no_show_all_deprecations", env = "DBT_SHOW_ALL_DEPRECATIONS", value_parser = FalseyValueParser::new())]
    show_all_deprecations: bool,
    #[arg(long, hide = true, global = true, overrides_with = "show_all_deprecations")]
    no_show_all_deprecations: bool,
}

impl Strictness {
    pub(super) fn apply(&self, options: &mut RunOptions) -> Result<()> {
        options.fail_fast = self.fail_fast;
        options.show_all_deprecations = self.show_all_deprecations;
        let given = mapping(self.warn_error_options.as_deref(), "--warn-error-options")?;
        options.warnings = match (self.warn_error, self.warn_error_options.is_some()) {
            (true, _) => Some(WarningRules::all_errors()),
            (false, true) => Some(WarningRules::read(&given)?),
            (false, false) => None,
        };
        Ok(())
    }
}

/// What a run writes and prints beside its results.
#[derive(Debug, Default, Args)]
pub(super) struct Writing {
    /// Do not write manifest.json, run_results.json and the other artifacts
    #[arg(long, global = true, overrides_with = "write_json")]
    no_write_json: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_write_json")]
    write_json: bool,
    /// Do not print what templates print with `print()`
    #[arg(long, global = true, overrides_with = "print")]
    no_print: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_print")]
    print: bool,
    /// Keep the templates that `compile` and `show` render from asking the database
    #[arg(long, global = true, overrides_with = "introspect")]
    no_introspect: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_introspect")]
    introspect: bool,
    /// Do not refuse projects whose `require-dbt-version` is not the version that is followed
    #[arg(long, global = true, overrides_with = "version_check")]
    no_version_check: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_version_check", env = "DBT_VERSION_CHECK", num_args = 0, default_missing_value = "true", value_parser = FalseyValueParser::new())]
    version_check: Option<bool>,
}

impl Writing {
    pub(super) fn apply(&self, options: &mut RunOptions) {
        options.write_json = !self.no_write_json;
        options.print = !self.no_print;
        options.introspect = !self.no_introspect;
        options.version_check = self.version_check.unwrap_or(true) && !self.no_version_check;
    }
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum TextOrJson {
    #[default]
    Text,
    Json,
}

fn time(text: Option<&str>, flag: &str) -> Result<Option<jiff::civil::DateTime>> {
    text.map(|text| {
        ingot_models::parse_time(text).ok_or_else(|| {
            Error::new(format!("{flag}: '{text}' is not a date or time"))
                .hint("write 2024-01-31 or 2024-01-31T10:00:00")
        })
    })
    .transpose()
}

/// A path that does not depend on the current folder, which becomes the project's once a run begins.
pub(in crate::cli) fn absolute(path: Option<&Path>) -> Result<Option<PathBuf>> {
    path.map(|path| {
        std::path::absolute(path)
            .map_err(|error| Error::new("the path cannot be used").at(path).caused_by(error))
    })
    .transpose()
}

/// The folder of another state: as under dbt one of the project, or else one of the current folder.
fn in_project(path: Option<&Path>, project: &Path) -> Result<Option<PathBuf>> {
    match path.map(|path| project.join(path)).filter(|folder| folder.is_dir()) {
        Some(folder) => absolute(Some(&folder)),
        None => absolute(path),
    }
}

/// The value of a flag that is a YAML mapping.
pub(super) fn mapping(text: Option<&str>, flag: &str) -> Result<serde_json::Map<String, serde_json::Value>> {
    let Some(text) = text else { return Ok(serde_json::Map::new()) };
    match yaml::parse(text, Path::new(flag))?.to_json() {
        serde_json::Value::Object(members) => Ok(members),
        serde_json::Value::Null => Ok(serde_json::Map::new()),
        _ => Err(Error::new(format!("{flag} takes a mapping"))
            .hint(format!("write it as YAML: {flag} '{{name: value}}'"))),
    }
}
