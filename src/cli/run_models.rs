//! `ingot run-models`, and `ingot dbt VERB` with dbt's own words.

use super::Global;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::run_models::{self, IndirectSelection, RunOptions, Verb};
use crate::{report, yaml};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

/// Build the models in the order of their dependencies, and test them: seeds, snapshots, models, tests
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Selection is dbt's: names, +upstream, downstream+, tag:nightly, path:models/gold, ...\n\
                        A test that fails stops what depends on the tested model."
)]
pub struct Arguments {
    /// Nodes to build
    #[arg(long, short, visible_alias = "models", short_alias = 'm', num_args = 1.., value_name = "SELECTION")]
    select: Vec<String>,
    /// Nodes to leave out
    #[arg(long, num_args = 1.., value_name = "SELECTION")]
    exclude: Vec<String>,
    /// Only nodes of this type (model, test, seed, snapshot, ...); may be repeated
    #[arg(long = "resource-type", visible_alias = "resource-types", value_name = "TYPE")]
    resource_types: Vec<String>,
    /// Which tests come with the selected nodes: eager, cautious, buildable, empty
    #[arg(long, value_name = "MODE", default_value = "eager")]
    indirect_selection: String,
    /// Build incremental models anew, and seeds from nothing
    #[arg(long, short)]
    full_refresh: bool,
    /// Variables for the templates, as YAML: '{as_of_date: 2024-12-31}'
    #[arg(long, value_name = "YAML")]
    vars: Option<String>,
    /// The target of the profile
    #[arg(long, short, env = "DBT_TARGET")]
    target: Option<String>,
    /// The profile, instead of the one that dbt_project.yml names
    #[arg(long, env = "DBT_PROFILE")]
    profile: Option<String>,
    /// The folder of profiles.yml [default: the project, then ~/.dbt]
    #[arg(long, value_name = "DIR", env = "DBT_PROFILES_DIR")]
    profiles_dir: Option<PathBuf>,
    /// Nodes that run at the same time [default: as the profile says]
    #[arg(long, value_parser = super::threads)]
    threads: Option<usize>,
    /// Where compiled SQL and artifacts go [default: target, or as dbt_project.yml says]
    #[arg(long, value_name = "DIR")]
    target_path: Option<PathBuf>,
    /// Keep the rows that fail a test in a table
    #[arg(long)]
    store_failures: bool,
    /// Stop at the first failure
    #[arg(long, short = 'x')]
    fail_fast: bool,
}

/// The same under dbt's verbs: `alias dbt='ingot dbt'`
#[derive(Debug, clap::Args)]
pub struct DbtArguments {
    #[command(subcommand)]
    verb: DbtVerb,
}

#[derive(Debug, clap::Subcommand)]
enum DbtVerb {
    /// Seeds, snapshots, models and tests in the order of their dependencies
    Build(Arguments),
    /// Models alone
    Run(Arguments),
    /// Tests alone
    Test(Arguments),
    /// Seeds alone
    Seed(Arguments),
    /// Snapshots alone
    Snapshot(Arguments),
    /// Write the SQL to target/compiled and build nothing
    Compile(Arguments),
    /// Read the project, report what is wrong in it, write target/manifest.json
    Parse(Arguments),
    /// Names of the selected nodes, a line each
    #[command(visible_alias = "ls")]
    List(Arguments),
}

pub fn run(arguments: &Arguments, global: &Global) -> Result<ExitCode> {
    let project = global.project()?;
    if project.schemas().is_dir() && !project.lake().join("bronze").is_dir() {
        return Err(Error::new("there is no bronze data yet: no such folder")
            .at(project.lake().join("bronze"))
            .hint(
                "run `ingot load-bronze` first (and before it `ingot generate`, if there is no raw data)",
            ));
    }
    execute(Verb::Build, arguments, &project, global)
}

pub fn run_dbt(arguments: &DbtArguments, global: &Global) -> Result<ExitCode> {
    let (verb, arguments) = match &arguments.verb {
        DbtVerb::Build(arguments) => (Verb::Build, arguments),
        DbtVerb::Run(arguments) => (Verb::Run, arguments),
        DbtVerb::Test(arguments) => (Verb::Test, arguments),
        DbtVerb::Seed(arguments) => (Verb::Seed, arguments),
        DbtVerb::Snapshot(arguments) => (Verb::Snapshot, arguments),
        DbtVerb::Compile(arguments) => (Verb::Compile, arguments),
        DbtVerb::Parse(arguments) => (Verb::Parse, arguments),
        DbtVerb::List(arguments) => (Verb::List, arguments),
    };
    execute(verb, arguments, &global.project()?, global)
}

fn execute(verb: Verb, arguments: &Arguments, project: &Project, global: &Global) -> Result<ExitCode> {
    let options = RunOptions {
        profiles_dir: absolute(arguments.profiles_dir.as_deref())?,
        profile: arguments.profile.clone(),
        target: arguments.target.clone(),
        threads: arguments.threads,
        select: arguments.select.clone(),
        exclude: arguments.exclude.clone(),
        resource_types: arguments.resource_types.clone(),
        indirect_selection: indirect_selection(&arguments.indirect_selection)?,
        vars: variables(arguments.vars.as_deref())?,
        full_refresh: arguments.full_refresh,
        store_failures: arguments.store_failures,
        fail_fast: arguments.fail_fast,
        target_path: absolute(arguments.target_path.as_deref())?,
        ..RunOptions::new(verb, project.root())
    };
    // The first Ctrl-C stops cleanly, the second at once.
    let interrupted = options.interrupted.clone();
    let handler = ctrlc::set_handler(move || {
        if interrupted.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    let reporter = global.reporter();
    if let Err(error) = handler {
        reporter.warn(format!("Ctrl-C will stop at once instead of cleanly: {error}"));
    }
    // As under dbt, paths in a project (of the database, of files that models read) are relative to its root.
    project.enter()?;
    let summary = run_models::run(&options, reporter.as_ref())?;
    for line in &summary.listed {
        reporter.report(report::Event::Result { line: line.clone() });
    }
    Ok(ExitCode::from(summary.exit_code()))
}

fn absolute(path: Option<&Path>) -> Result<Option<PathBuf>> {
    path.map(|path| {
        std::path::absolute(path).map_err(|error| Error::new("not a usable path").at(path).caused_by(error))
    })
    .transpose()
}

fn variables(text: Option<&str>) -> Result<serde_json::Map<String, serde_json::Value>> {
    let Some(text) = text else { return Ok(serde_json::Map::new()) };
    match yaml::parse(text, Path::new("--vars"))?.to_json() {
        serde_json::Value::Object(members) => Ok(members),
        serde_json::Value::Null => Ok(serde_json::Map::new()),
        _ => Err(Error::new("--vars takes a mapping").hint("write it as YAML: --vars '{name: value}'")),
    }
}

fn indirect_selection(word: &str) -> Result<IndirectSelection> {
    match word {
        "eager" => Ok(IndirectSelection::Eager),
        "cautious" => Ok(IndirectSelection::Cautious),
        "buildable" => Ok(IndirectSelection::Buildable),
        "empty" => Ok(IndirectSelection::Empty),
        _ => Err(Error::new(format!(
            "--indirect-selection is not '{word}' but eager, cautious, buildable or empty"
        ))),
    }
}
