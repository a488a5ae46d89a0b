//! dbt's verbs and their flags: `ingot dbt VERB`.

use super::flags::{
    Building, Connection, Deferral, Selection, Strictness, Testing, TextOrJson, WithoutEffect, absolute,
    mapping,
};
use super::{execute, print};
use crate::cli::exit::Exit;
use crate::cli::global::{Global, current_dir};
use clap::{Args, Subcommand, ValueEnum};
use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use ingot_models::{self, ListOutput, RunOptions, Verb};
use std::path::PathBuf;

/// Run a dbt verb on a dbt-duckdb project, with dbt's flags
#[derive(Debug, Args)]
#[command(after_help = "To use it in place of dbt: alias dbt='ingot dbt'\n\n\
                  dbt's flags for logging, colours, parsing and usage statistics are accepted and have no effect.")]
pub(crate) struct DbtArguments {
    #[command(flatten)]
    strictness: Strictness,
    /// Parse the whole project again, ignoring the cache of the last parse
    #[arg(long, global = true, overrides_with = "partial_parse")]
    no_partial_parse: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_partial_parse")]
    partial_parse: bool,
    #[command(flatten)]
    without_effect: WithoutEffect,
    #[command(subcommand)]
    verb: DbtVerb,
}

#[derive(Debug, Subcommand)]
enum DbtVerb {
    /// Build and test seeds, snapshots and models in dependency order
    Build(BuildFlags),
    /// Build models
    Run(RunFlags),
    /// Run tests
    Test(TestFlags),
    /// Load seeds
    Seed(SeedFlags),
    /// Take snapshots
    Snapshot(SnapshotFlags),
    /// Write the compiled SQL to target/compiled without building anything
    Compile(CompileFlags),
    /// Check the project and write target/manifest.json
    Parse(ParseFlags),
    /// List the selected nodes, one per line
    #[command(visible_alias = "ls")]
    List(ListFlags),
    /// Show the first rows of a model or a query
    Show(ShowFlags),
    /// Call a macro
    RunOperation(OperationFlags),
    /// Check the freshness of sources
    #[command(subcommand)]
    Source(SourceVerb),
    /// Generate documentation artifacts
    #[command(subcommand)]
    Docs(DocsVerb),
    /// Retry what failed or was skipped in the last run
    Retry(RetryFlags),
    /// Create views of the relations of another target
    Clone(CloneFlags),
    /// Install packages from local folders (nothing is downloaded)
    Deps(DepsFlags),
    /// Show the files and the database in use, and test the connection
    Debug(DebugFlags),
    /// Remove the folders that runs leave behind
    Clean(CleanFlags),
    /// Write a small new dbt project into a folder
    Init(InitFlags),
}

#[derive(Debug, Subcommand)]
enum SourceVerb {
    /// Measure the age of the newest rows and write target/sources.json
    #[command(visible_alias = "snapshot-freshness")]
    Freshness(FreshnessFlags),
}

#[derive(Debug, Subcommand)]
enum DocsVerb {
    /// Write target/manifest.json and target/catalog.json
    Generate(Box<DocsFlags>),
    /// Not available: dbt's own pages are not part of ingot
    Serve(ServeFlags),
}

#[derive(Debug, Args)]
struct BuildFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    testing: Testing,
    #[command(flatten)]
    deferral: Deferral,
    /// Show the first rows of the seeds
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct RunFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    deferral: Deferral,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct TestFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    testing: Testing,
    #[command(flatten)]
    deferral: Deferral,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct SeedFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    building: Building,
    /// Show the first rows of the seeds
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct SnapshotFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    deferral: Deferral,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct CompileFlags {
    #[command(flatten)]
    selection: Selection,
    /// Compile a query instead of the project's nodes
    #[arg(long, value_name = "SQL")]
    inline: Option<String>,
    /// Print the SQL as text or as JSON
    #[arg(long, value_enum, default_value_t)]
    output: TextOrJson,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    deferral: Deferral,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct ParseFlags {
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Shape {
    #[default]
    Selector,
    Name,
    Path,
    Json,
}

#[derive(Debug, Args)]
struct ListFlags {
    #[command(flatten)]
    selection: Selection,
    /// What to print for each node
    #[arg(long, value_enum, default_value_t)]
    output: Shape,
    /// With --output json: keys to print
    #[arg(long, num_args = 1.., value_name = "KEY")]
    output_keys: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct ShowFlags {
    #[command(flatten)]
    selection: Selection,
    /// Show a query instead of a model: --inline "select * from {{ ref('a') }}"
    #[arg(long, value_name = "SQL")]
    inline: Option<String>,
    /// Number of rows to show; -1 shows all
    #[arg(long, default_value = "5", allow_negative_numbers = true)]
    limit: i64,
    /// Print the rows as text or as JSON
    #[arg(long, value_enum, default_value_t)]
    output: TextOrJson,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    deferral: Deferral,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct OperationFlags {
    /// Name of the macro, or package.macro
    #[arg(value_name = "MACRO")]
    name: String,
    /// Arguments of the macro, as YAML: '{name: value}'
    #[arg(long, value_name = "YAML")]
    args: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct FreshnessFlags {
    #[command(flatten)]
    selection: Selection,
    /// File for the results, instead of target/sources.json
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct DocsFlags {
    #[command(flatten)]
    selection: Selection,
    /// Do not compile the project first
    #[arg(long, overrides_with = "compile")]
    no_compile: bool,
    #[arg(long, hide = true, overrides_with = "no_compile")]
    compile: bool,
    /// Write an empty catalog without querying the database
    #[arg(long)]
    empty_catalog: bool,
    /// Accepted for compatibility: the pages are never made
    #[arg(long, hide = true)]
    r#static: bool,
    #[command(flatten)]
    deferral: Deferral,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct ServeFlags {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<String>,
}

#[derive(Debug, Args)]
struct RetryFlags {
    /// Folder of the run_results.json to retry, if it is not the target folder
    #[arg(long, value_name = "DIR", env = "DBT_STATE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct CloneFlags {
    #[command(flatten)]
    selection: Selection,
    /// Accepted for compatibility: cloning always uses the state
    #[arg(long, hide = true)]
    defer: bool,
    /// Replace existing relations
    #[arg(long, short)]
    full_refresh: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct DepsFlags {
    /// Accepted for compatibility: there is no lock file
    #[arg(long, hide = true)]
    lock: bool,
    #[arg(long, hide = true)]
    upgrade: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct DebugFlags {
    /// Accepted for compatibility: the connection is always tested
    #[arg(long = "connection", hide = true)]
    connection_only: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct CleanFlags {
    /// Accepted for compatibility: folders outside the project are never removed
    #[arg(long, hide = true)]
    clean_project_files_only: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct InitFlags {
    /// Name of the project and of its folder
    name: String,
    /// Accepted for compatibility: the profile is written into the project
    #[arg(long, hide = true)]
    skip_profile_setup: bool,
}

pub(crate) fn run_dbt(arguments: &DbtArguments, global: &Global) -> Result<Exit> {
    match &arguments.verb {
        DbtVerb::Init(flags) => return init(flags, global),
        DbtVerb::Deps(_) => {
            let lines = ingot_models::deps(global.project()?.root())?;
            return print(&lines, global).map(|()| Exit::Success);
        }
        DbtVerb::Clean(_) => return clean(global),
        DbtVerb::Docs(DocsVerb::Serve(_)) => {
            return Err(Error::new("`docs serve` is not available: the pages are dbt's own and not part of ingot")
                .hint("run `docs generate` to write manifest.json and catalog.json, which dbt's pages and other tools read"));
        }
        _ => {}
    }
    let project = global.project()?;
    let mut options = RunOptions::new(Verb::Build, project.root());
    options.partial_parse = !arguments.no_partial_parse;
    arguments.strictness.apply(&mut options)?;
    arguments.verb.apply(&mut options)?;
    if let DbtVerb::Retry(_) = &arguments.verb {
        let Some(again) = ingot_models::retry_options(&options)? else {
            global.reporter().info("the last run succeeded: there is nothing to retry".to_owned());
            return Ok(Exit::Success);
        };
        options = again;
    }
    execute(&options, &project, global)
}

impl DbtVerb {
    fn apply(&self, options: &mut RunOptions) -> Result<()> {
        match self {
            Self::Build(flags) => {
                flags.selection.apply(options)?;
                flags.building.apply(options)?;
                flags.testing.apply(options);
                flags.deferral.apply(options)?;
                options.show_rows = flags.show;
                flags.connection.apply(options)
            }
            Self::Run(flags) => {
                options.verb = Verb::Run;
                flags.selection.apply(options)?;
                flags.building.apply(options)?;
                flags.deferral.apply(options)?;
                flags.connection.apply(options)
            }
            Self::Test(flags) => {
                options.verb = Verb::Test;
                flags.selection.apply(options)?;
                flags.testing.apply(options);
                flags.deferral.apply(options)?;
                flags.connection.apply(options)
            }
            Self::Seed(flags) => {
                options.verb = Verb::Seed;
                flags.selection.apply(options)?;
                flags.building.apply(options)?;
                options.show_rows = flags.show;
                flags.connection.apply(options)
            }
            Self::Snapshot(flags) => {
                options.verb = Verb::Snapshot;
                flags.selection.apply(options)?;
                flags.building.apply(options)?;
                flags.deferral.apply(options)?;
                flags.connection.apply(options)
            }
            Self::Compile(flags) => {
                options.verb = Verb::Compile;
                flags.selection.apply(options)?;
                flags.building.apply(options)?;
                flags.deferral.apply(options)?;
                options.inline = flags.inline.clone();
                options.json = matches!(flags.output, TextOrJson::Json);
                flags.connection.apply(options)
            }
            Self::Parse(flags) => {
                options.verb = Verb::Parse;
                flags.connection.apply(options)
            }
            Self::List(flags) => {
                options.verb = Verb::List;
                flags.selection.apply(options)?;
                options.list_output = match flags.output {
                    Shape::Selector => ListOutput::Selector,
                    Shape::Name => ListOutput::Name,
                    Shape::Path => ListOutput::Path,
                    Shape::Json => ListOutput::Json,
                };
                options.output_keys = flags.output_keys.clone();
                flags.connection.apply(options)
            }
            Self::Show(flags) => {
                options.verb = Verb::Show;
                flags.selection.apply(options)?;
                flags.building.apply(options)?;
                flags.deferral.apply(options)?;
                options.inline = flags.inline.clone();
                options.limit = u64::try_from(flags.limit).ok();
                options.json = matches!(flags.output, TextOrJson::Json);
                flags.connection.apply(options)
            }
            Self::RunOperation(flags) => {
                options.verb = Verb::RunOperation;
                options.macro_name = Some(flags.name.clone());
                options.macro_arguments = mapping(flags.args.as_deref(), "--args")?;
                flags.connection.apply(options)
            }
            Self::Source(SourceVerb::Freshness(flags)) => {
                options.verb = Verb::Freshness;
                flags.selection.apply(options)?;
                options.output_file = absolute(flags.output.as_deref())?;
                flags.connection.apply(options)
            }
            Self::Docs(DocsVerb::Generate(flags)) => {
                options.verb = Verb::Docs;
                flags.selection.apply(options)?;
                flags.deferral.apply(options)?;
                options.compile_docs = !flags.no_compile;
                options.empty_catalog = flags.empty_catalog;
                flags.connection.apply(options)
            }
            Self::Retry(flags) => {
                options.state = absolute(flags.state.as_deref())?;
                flags.connection.apply(options)
            }
            Self::Clone(flags) => {
                options.verb = Verb::Clone;
                flags.selection.apply(options)?;
                options.full_refresh = flags.full_refresh;
                flags.connection.apply(options)
            }
            Self::Debug(flags) => {
                options.verb = Verb::Debug;
                flags.connection.apply(options)
            }
            Self::Docs(DocsVerb::Serve(_)) | Self::Deps(_) | Self::Clean(_) | Self::Init(_) => Ok(()),
        }
    }
}

fn init(flags: &InitFlags, global: &Global) -> Result<Exit> {
    let folder = ingot_models::init(&current_dir()?, &flags.name)?;
    global.reporter().info(format!(
        "Wrote a project to {}.\n\nNext:\n  cd {}\n  ingot dbt build",
        folder.display(),
        flags.name
    ));
    Ok(Exit::Success)
}

fn clean(global: &Global) -> Result<Exit> {
    let project: Project = global.project()?;
    let removed = ingot_models::clean(project.root())?;
    let reporter = global.reporter();
    for folder in &removed {
        reporter.info(format!("removed {}", folder.display()));
    }
    if removed.is_empty() {
        reporter.info("there was nothing to remove".to_owned());
    }
    Ok(Exit::Success)
}
