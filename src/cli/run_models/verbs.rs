//! dbt's verbs and their flags: `ingot dbt VERB`.

use super::flags::{
    Building, Connection, Deferral, Selection, Strictness, Testing, TextOrJson, WithoutEffect, absolute,
    mapping,
};
use super::{execute, print};
use crate::cli::{Exit, Global, current_dir};
use clap::{Args, Subcommand, ValueEnum};
use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use ingot_models::{self, ListOutput, RunOptions, Verb};
use std::path::PathBuf;

/// The same under dbt's verbs: `alias dbt='ingot dbt'`
#[derive(Debug, Args)]
#[command(
    after_help = "dbt's flags about logging, colours, parsing and usage statistics are taken and change nothing."
)]
pub struct DbtArguments {
    #[command(flatten)]
    strictness: Strictness,
    /// Parse the project anew, whatever was kept of the last time
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
    /// Seeds, snapshots, models and tests in the order of their dependencies
    Build(BuildFlags),
    /// Models alone
    Run(RunFlags),
    /// Tests alone
    Test(TestFlags),
    /// Seeds alone
    Seed(SeedFlags),
    /// Snapshots alone
    Snapshot(SnapshotFlags),
    /// Write the SQL to target/compiled and build nothing
    Compile(CompileFlags),
    /// Read the project, report what is wrong in it, write target/manifest.json
    Parse(ParseFlags),
    /// Names of the selected nodes, a line each
    #[command(visible_alias = "ls")]
    List(ListFlags),
    /// The first rows of a model, or of a query
    Show(ShowFlags),
    /// Call a macro
    RunOperation(OperationFlags),
    /// How fresh the sources are
    #[command(subcommand)]
    Source(SourceVerb),
    /// What tools that show a project read
    #[command(subcommand)]
    Docs(DocsVerb),
    /// Do again what failed in the last run
    Retry(RetryFlags),
    /// Make views onto the relations of another target
    Clone(CloneFlags),
    /// Install the packages that lie on this machine
    Deps(DepsFlags),
    /// Say which files and which database are used, and try the connection
    Debug(DebugFlags),
    /// Remove what runs leave behind
    Clean(CleanFlags),
    /// Write a new, small project into a folder
    Init(InitFlags),
}

#[derive(Debug, Subcommand)]
enum SourceVerb {
    /// Measure how long ago the newest rows were loaded, and write target/sources.json
    #[command(visible_alias = "snapshot-freshness")]
    Freshness(FreshnessFlags),
}

#[derive(Debug, Subcommand)]
enum DocsVerb {
    /// Write target/manifest.json and target/catalog.json
    Generate(Box<DocsFlags>),
    /// (dbt's own pages are not part of ingot)
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
    /// Print the first rows of the seeds
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
    /// Print the first rows of the seeds
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
    /// A query, instead of the project's nodes
    #[arg(long, value_name = "SQL")]
    inline: Option<String>,
    /// How the SQL is printed
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
    /// What is printed of each node
    #[arg(long, value_enum, default_value_t)]
    output: Shape,
    /// With --output json: the keys to print
    #[arg(long, num_args = 1.., value_name = "KEY")]
    output_keys: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct ShowFlags {
    #[command(flatten)]
    selection: Selection,
    /// A query, instead of a model: --inline "select * from {{ ref('a') }}"
    #[arg(long, value_name = "SQL")]
    inline: Option<String>,
    /// Rows to show; -1 shows all
    #[arg(long, default_value = "5", allow_negative_numbers = true)]
    limit: i64,
    /// How the rows are printed
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
    /// The macro, or package.macro
    #[arg(value_name = "MACRO")]
    name: String,
    /// Its arguments, as YAML: '{name: value}'
    #[arg(long, value_name = "YAML")]
    args: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct FreshnessFlags {
    #[command(flatten)]
    selection: Selection,
    /// Where to write the results, instead of target/sources.json
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
    /// Write an empty catalog, without asking the database
    #[arg(long)]
    empty_catalog: bool,
    /// (the pages are never made, so this is always so)
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
    /// The folder of the run's run_results.json, where it is not the target folder
    #[arg(long, value_name = "DIR", env = "DBT_STATE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct CloneFlags {
    #[command(flatten)]
    selection: Selection,
    /// (cloning always looks at the state)
    #[arg(long, hide = true)]
    defer: bool,
    /// Replace what is there
    #[arg(long, short)]
    full_refresh: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct DepsFlags {
    /// (taken for dbt's sake; nothing is locked)
    #[arg(long, hide = true)]
    lock: bool,
    #[arg(long, hide = true)]
    upgrade: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct DebugFlags {
    /// (taken for dbt's sake; the connection is always tried)
    #[arg(long = "connection", hide = true)]
    connection_only: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct CleanFlags {
    /// (folders outside the project are never removed)
    #[arg(long, hide = true)]
    clean_project_files_only: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct InitFlags {
    /// The name of the project, and of its folder
    name: String,
    /// (taken for dbt's sake; the profile stands in the project)
    #[arg(long, hide = true)]
    skip_profile_setup: bool,
}

pub fn run_dbt(arguments: &DbtArguments, global: &Global) -> Result<Exit> {
    match &arguments.verb {
        DbtVerb::Init(flags) => return init(flags, global),
        DbtVerb::Deps(_) => {
            let lines = ingot_models::deps(global.project()?.root())?;
            return print(&lines, global).map(|()| Exit::Success);
        }
        DbtVerb::Clean(_) => return clean(global),
        DbtVerb::Docs(DocsVerb::Serve(_)) => {
            return Err(Error::new("the pages that show a project are dbt's own and not part of ingot")
                .hint("write manifest.json and catalog.json with `docs generate`; dbt's pages and other tools read them"));
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
            global.reporter().info("the last run went well: there is nothing to do again".to_owned());
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
