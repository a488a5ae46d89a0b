//! dbt's verbs and their flags: `ingot dbt VERB`.

use super::flags::{
    Building, Comparison, Connection, Selection, Skipping, Strictness, Testing, TextOrJson, Writing,
    absolute, mapping,
};
use super::init;
use super::logging::Logging;
use super::without_effect::WithoutEffect;
use super::{execute, print};
use crate::cli::docs;
use crate::cli::effect::Effect;
use crate::cli::exit::Exit;
use crate::cli::global::Global;
use crate::run_notes::RunNotes;
use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand, ValueEnum};
use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use ingot_core::report::{ErrorsOnly, Reporter, Silent};
use ingot_models::{self, DepsRequest, ListOutput, NewPackage, PackageSource, RunOptions, Verb, places};
use ingot_site::{SiteForm, StaticFiles, forward, write_site};
use std::path::PathBuf;

/// Run a dbt verb on a dbt-duckdb project, with dbt's flags
#[derive(Debug, Args)]
#[command(after_help = "To use it in place of dbt: alias dbt='ingot dbt'\n\n\
                  dbt's flags for colours, parsing and usage statistics are accepted and have no effect.")]
#[command(disable_version_flag = true)]
pub(crate) struct DbtArguments {
    /// Show the version, and the version of dbt that is followed
    #[arg(long, short = 'V', visible_short_alias = 'v', global = true)]
    version: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    comparison: Comparison,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    strictness: Strictness,
    /// Parse the whole project again, ignoring the cache of the last parse
    #[arg(long, global = true, overrides_with = "partial_parse")]
    no_partial_parse: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_partial_parse")]
    partial_parse: bool,
    #[command(flatten)]
    logging: Logging,
    #[command(flatten)]
    without_effect: WithoutEffect,
    #[command(subcommand)]
    verb: Option<DbtVerb>,
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
    Parse,
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
    /// Install the packages that packages.yml names, and write package-lock.yml
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
    /// Write target/manifest.json, target/catalog.json and the pages of `ingot docs`
    Generate(Box<DocsFlags>),
    /// Serve the pages that `docs generate` wrote
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
    skipping: Skipping,
    /// Show the first rows of the seeds
    #[arg(long)]
    show: bool,
    /// Accepted for compatibility: saved queries have no exports here
    #[arg(long, hide = true, overrides_with = "no_export_saved_queries")]
    export_saved_queries: bool,
    #[arg(long, hide = true, overrides_with = "export_saved_queries")]
    no_export_saved_queries: bool,
}

#[derive(Debug, Args)]
struct RunFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    skipping: Skipping,
}

#[derive(Debug, Args)]
struct TestFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    testing: Testing,
    #[command(flatten)]
    skipping: Skipping,
}

#[derive(Debug, Args)]
struct SeedFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    skipping: Skipping,
    /// Show the first rows of the seeds
    #[arg(long)]
    show: bool,
}

#[derive(Debug, Args)]
struct SnapshotFlags {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    skipping: Skipping,
}

#[derive(Debug, Args)]
struct CompileFlags {
    #[command(flatten)]
    selection: Selection,
    /// Compile a query instead of the project's nodes
    #[arg(long, value_name = "SQL", conflicts_with_all = ["select", "selector"])]
    inline: Option<String>,
    /// Compile a query that holds no templates
    #[arg(long, value_name = "SQL", conflicts_with = "inline")]
    inline_direct: Option<String>,
    /// Print the SQL as text or as JSON
    #[arg(long, value_enum, default_value_t)]
    output: TextOrJson,
    /// Leave ephemeral models out of the SQL of those that use them
    #[arg(long, overrides_with = "inject_ephemeral_ctes")]
    no_inject_ephemeral_ctes: bool,
    #[arg(long, hide = true, overrides_with = "no_inject_ephemeral_ctes")]
    inject_ephemeral_ctes: bool,
    #[command(flatten)]
    building: Building,
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
}

#[derive(Debug, Args)]
struct ShowFlags {
    #[command(flatten)]
    selection: Selection,
    /// Show a query instead of a model: --inline "select * from {{ ref('a') }}"
    #[arg(long, value_name = "SQL", conflicts_with_all = ["select", "selector"])]
    inline: Option<String>,
    /// Show a query that holds no templates
    #[arg(long, value_name = "SQL", conflicts_with = "inline")]
    inline_direct: Option<String>,
    /// Number of rows to show; -1 shows all
    #[arg(long, default_value = "5", allow_negative_numbers = true)]
    limit: i64,
    /// Print the rows as text or as JSON
    #[arg(long, value_enum, default_value_t)]
    output: TextOrJson,
    #[command(flatten)]
    building: Building,
}

#[derive(Debug, Args)]
struct OperationFlags {
    /// Name of the macro, or package.macro
    #[arg(value_name = "MACRO")]
    name: String,
    /// Arguments of the macro, as YAML: '{name: value}'
    #[arg(long, value_name = "YAML")]
    args: Option<String>,
}

#[derive(Debug, Args)]
struct FreshnessFlags {
    #[command(flatten)]
    selection: Selection,
    /// File for the results, instead of target/sources.json
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
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
    /// Write the pages as one file too, target/static_index.html
    #[arg(long)]
    r#static: bool,
}

#[derive(Debug, Args)]
struct ServeFlags {
    /// Port to listen on; 0 for one that is free
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// No browser is opened, with or without it
    #[arg(long, hide = true, overrides_with = "no_browser")]
    browser: bool,
    #[arg(long, hide = true, overrides_with = "browser")]
    no_browser: bool,
}

#[derive(Debug, Args)]
struct RetryFlags {
    /// Rebuild incremental models and seeds from scratch, whether the last run did or not
    #[arg(long, short, env = "DBT_FULL_REFRESH", value_parser = FalseyValueParser::new())]
    full_refresh: bool,
}

#[derive(Debug, Args)]
struct CloneFlags {
    #[command(flatten)]
    selection: Selection,
    /// Replace existing relations
    #[arg(long, short)]
    full_refresh: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Packages are local folders, git repositories (with your own git), archives, and those of the \
                        package hub at hub.getdbt.com or DBT_PACKAGE_HUB_URL. As long as packages.yml does not change, \
                        the versions of package-lock.yml are installed."
)]
struct DepsFlags {
    /// Write package-lock.yml, and install nothing
    #[arg(long)]
    lock: bool,
    /// Find the newest versions in the ranges of packages.yml again
    #[arg(long)]
    upgrade: bool,
    /// Add a package to packages.yml before: NAME@VERSION
    #[arg(long, value_name = "PACKAGE")]
    add_package: Option<String>,
    /// Where the package to add is from
    #[arg(long, value_enum, default_value_t)]
    source: Source,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Source {
    #[default]
    Hub,
    Git,
    Local,
}

impl DepsFlags {
    fn request(&self) -> Result<DepsRequest> {
        let source = match self.source {
            Source::Hub => PackageSource::Hub,
            Source::Git => PackageSource::Git,
            Source::Local => PackageSource::Local,
        };
        let parse = |given: &String| NewPackage::parse(given, source);
        Ok(DepsRequest {
            only_locks: self.lock,
            upgrade: self.upgrade,
            add: self.add_package.as_ref().map(parse).transpose()?,
            hub: std::env::var("DBT_PACKAGE_HUB_URL").ok(),
        })
    }
}

#[derive(Debug, Args)]
struct DebugFlags {
    /// Test the connection, and say nothing of files
    #[arg(long = "connection")]
    connection_only: bool,
    /// Show the folder of profiles.yml and do nothing else
    #[arg(long)]
    config_dir: bool,
}

#[derive(Debug, Args)]
struct CleanFlags {
    #[arg(long, hide = true, overrides_with = "no_clean_project_files_only")]
    clean_project_files_only: bool,
    /// Remove folders of clean-targets outside of the project too
    #[arg(long, overrides_with = "clean_project_files_only")]
    no_clean_project_files_only: bool,
}

#[derive(Debug, Args)]
struct InitFlags {
    /// Name of the project and of its folder; without it, a project that is there gets the profile that it names
    name: Option<String>,
    /// Leave the profile of a project that is there as it is
    #[arg(long, short)]
    skip_profile_setup: bool,
}

impl DbtArguments {
    pub(crate) fn effect(&self) -> Effect {
        let changes = |verb: &str| Effect::changes(format!("dbt {verb}"));
        match &self.verb {
            None => Effect::Reads,
            Some(_) if self.version => Effect::Reads,
            Some(DbtVerb::Build(_)) => changes("build"),
            Some(DbtVerb::Run(_)) => changes("run"),
            Some(DbtVerb::Test(_)) => changes("test"),
            Some(DbtVerb::Seed(_)) => changes("seed"),
            Some(DbtVerb::Snapshot(_)) => changes("snapshot"),
            Some(DbtVerb::RunOperation(_)) => changes("run-operation"),
            Some(DbtVerb::Retry(_)) => changes("retry"),
            Some(DbtVerb::Clone(_)) => changes("clone"),
            Some(DbtVerb::Deps(_)) => changes("deps"),
            Some(DbtVerb::Clean(_)) => changes("clean"),
            Some(DbtVerb::Init(_)) => Effect::Begins,
            Some(DbtVerb::Compile(_) | DbtVerb::Parse | DbtVerb::List(_) | DbtVerb::Show(_)) => Effect::Reads,
            Some(DbtVerb::Source(_) | DbtVerb::Docs(_) | DbtVerb::Debug(_)) => Effect::Reads,
        }
    }
}

pub(crate) fn run_dbt(arguments: &DbtArguments, global: &Global) -> Result<Exit> {
    if arguments.version {
        return print(&ingot_models::version_lines(), global).map(|()| Exit::Success);
    }
    let Some(verb) = &arguments.verb else {
        return Err(Error::new("`dbt` needs a verb")
            .hint("run `ingot dbt build`, or see the verbs with `ingot dbt --help`"));
    };
    match verb {
        DbtVerb::Init(flags) => {
            return init::run(flags.name.as_deref(), flags.skip_profile_setup, &arguments.connection, global);
        }
        DbtVerb::Docs(DocsVerb::Serve(flags)) => return serve(flags, arguments, global),
        _ => {}
    }
    let project = global.project()?;
    let mut options = RunOptions::new(Verb::Build, project.root());
    options.partial_parse = !arguments.no_partial_parse;
    arguments.strictness.apply(&mut options)?;
    arguments.connection.apply(&mut options)?;
    arguments.comparison.apply(&mut options)?;
    arguments.writing.apply(&mut options);
    verb.apply(&mut options)?;
    if !matches!(verb, DbtVerb::Compile(_) | DbtVerb::Show(_)) {
        options.introspect = true;
    }
    options.command = std::iter::once("dbt".to_owned())
        .chain(std::env::args().skip_while(|word| word != "dbt").skip(1))
        .collect::<Vec<_>>()
        .join(" ");
    // The parser knows them as --select.
    options.says_models = std::env::args().any(|word| {
        let name = word.split('=').next().unwrap_or_default();
        matches!(name, "--models" | "--model" | "-m")
    });
    match verb {
        DbtVerb::Debug(flags) if flags.config_dir => {
            let folder = ingot_models::profiles_folder(&options)?;
            return print(&[folder.display().to_string()], global).map(|()| Exit::Success);
        }
        DbtVerb::Retry(_) => {
            let Some(again) = ingot_models::retry_options(&options)? else {
                global.reporter().info("the last operation succeeded: there is nothing to retry".to_owned());
                return Ok(Exit::Success);
            };
            options = again;
        }
        _ => {}
    }
    options.log = Some(arguments.logging.options(global.speaks_json(), global.is_quiet())?);
    match verb {
        DbtVerb::Deps(flags) => return deps(&options, flags, global),
        DbtVerb::Clean(flags) => return clean(&options, flags, global),
        _ => {}
    }
    if global.speaks_json() {
        // The log prints all there is to say, errors included.
        let ended = noted(&options, &project, global, Box::new(Silent));
        return Ok(ended.unwrap_or_else(|error| Exit::from(&error)));
    }
    // dbt's --quiet keeps warnings to itself as well.
    let reporter = global.reporter();
    let reporter = if global.is_quiet() { Box::new(ErrorsOnly(reporter)) } else { reporter };
    let exit = noted(&options, &project, global, reporter)?;
    if let (DbtVerb::Docs(DocsVerb::Generate(flags)), Exit::Success) = (verb, exit) {
        write_pages(&options, &project, arguments, flags, global);
    }
    Ok(exit)
}

/// Runs, and notes what ran for the audit trail.
fn noted(
    options: &RunOptions,
    project: &Project,
    global: &Global,
    reporter: Box<dyn Reporter>,
) -> Result<Exit> {
    let mut notes = RunNotes::since(jiff::Timestamp::now());
    let (exit, summary) = execute(options, project, global, reporter)?;
    notes.add_run(&summary);
    global.note(|audit| audit.add(&notes));
    Ok(exit)
}

fn deps(options: &RunOptions, flags: &DepsFlags, global: &Global) -> Result<Exit> {
    let request = flags.request()?;
    if global.speaks_json() {
        let ended = ingot_models::deps(options, &request, &Silent);
        return Ok(ended.map_or_else(|error| Exit::from(&error), |()| Exit::Success));
    }
    let reporter = global.reporter();
    let reporter = if global.is_quiet() { Box::new(ErrorsOnly(reporter)) } else { reporter };
    ingot_models::deps(options, &request, reporter.as_ref())?;
    Ok(Exit::Success)
}

fn serve(flags: &ServeFlags, arguments: &DbtArguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let mut options = RunOptions::new(Verb::Parse, project.root());
    arguments.connection.apply(&mut options)?;
    let files = StaticFiles::open(&places(&options)?.artifacts, &flags.host, flags.port)?;
    print(&[format!("serving {}", files.address())], global)?;
    files.serve(&global.interrupt());
    Ok(Exit::Success)
}

/// The pages of `ingot docs`, beside the artifacts, where dbt has its own: `index.html`, and with `--static` the one file
/// `static_index.html` too. The artifacts are written by then, so that what is wrong with the pages is a warning.
fn write_pages(
    options: &RunOptions,
    project: &Project,
    arguments: &DbtArguments,
    flags: &DocsFlags,
    global: &Global,
) {
    let reporter = global.reporter();
    let write = || {
        let target = places(options)?.artifacts;
        let site = docs::site(project, &arguments.connection, false, reporter.as_ref())?;
        let written = write_site(&site, &SiteForm::Folder(target.join("docs")))?;
        forward(&target.join("index.html"), "docs/index.html")?;
        docs::tell(&written, reporter.as_ref());
        if flags.r#static {
            let written = write_site(&site, &SiteForm::OneFile(target.join("static_index.html")))?;
            docs::tell(&written, reporter.as_ref());
        }
        Ok(())
    };
    let outcome: Result<()> = write();
    if let Err(error) = outcome {
        reporter.warn(format!("no pages were written: {}", error.message()));
    }
}

impl DbtVerb {
    fn apply(&self, options: &mut RunOptions) -> Result<()> {
        match self {
            Self::Build(flags) => {
                flags.selection.apply(options);
                flags.skipping.apply(options);
                flags.building.apply(options)?;
                flags.testing.apply(options);
                options.show_rows = flags.show;
            }
            Self::Run(flags) => {
                options.verb = Verb::Run;
                flags.selection.apply(options);
                flags.skipping.apply(options);
                flags.building.apply(options)?;
            }
            Self::Test(flags) => {
                options.verb = Verb::Test;
                flags.selection.apply(options);
                flags.skipping.apply(options);
                flags.testing.apply(options);
            }
            Self::Seed(flags) => {
                options.verb = Verb::Seed;
                flags.selection.apply(options);
                flags.skipping.apply(options);
                flags.building.apply(options)?;
                options.show_rows = flags.show;
            }
            Self::Snapshot(flags) => {
                options.verb = Verb::Snapshot;
                flags.selection.apply(options);
                flags.skipping.apply(options);
                flags.building.apply(options)?;
            }
            Self::Compile(flags) => {
                options.verb = Verb::Compile;
                flags.selection.apply(options);
                flags.building.apply(options)?;
                options.inline = flags
                    .inline
                    .clone()
                    .or_else(|| flags.inline_direct.as_deref().map(ingot_models::raw_template));
                options.json = matches!(flags.output, TextOrJson::Json);
                options.inject_ephemerals = !flags.no_inject_ephemeral_ctes;
            }
            Self::Parse => options.verb = Verb::Parse,
            Self::List(flags) => {
                options.verb = Verb::List;
                flags.selection.apply(options);
                options.list_output = match flags.output {
                    Shape::Selector => ListOutput::Selector,
                    Shape::Name => ListOutput::Name,
                    Shape::Path => ListOutput::Path,
                    Shape::Json => ListOutput::Json,
                };
                options.output_keys = flags.output_keys.clone();
            }
            Self::Show(flags) => {
                options.verb = Verb::Show;
                flags.selection.apply(options);
                flags.building.apply(options)?;
                options.inline = flags
                    .inline
                    .clone()
                    .or_else(|| flags.inline_direct.as_deref().map(ingot_models::raw_template));
                options.limit = u64::try_from(flags.limit).ok();
                options.json = matches!(flags.output, TextOrJson::Json);
            }
            Self::RunOperation(flags) => {
                options.verb = Verb::RunOperation;
                options.macro_name = Some(flags.name.clone());
                options.macro_arguments = mapping(flags.args.as_deref(), "--args")?;
            }
            Self::Source(SourceVerb::Freshness(flags)) => {
                options.verb = Verb::Freshness;
                flags.selection.apply(options);
                options.output_file = absolute(flags.output.as_deref())?;
            }
            Self::Docs(DocsVerb::Generate(flags)) => {
                options.verb = Verb::Docs;
                flags.selection.apply(options);
                options.compile_docs = !flags.no_compile;
                options.empty_catalog = flags.empty_catalog;
            }
            Self::Retry(flags) => {
                options.full_refresh = flags.full_refresh;
            }
            Self::Clone(flags) => {
                options.verb = Verb::Clone;
                flags.selection.apply(options);
                options.full_refresh = flags.full_refresh;
            }
            Self::Debug(flags) => {
                options.verb = Verb::Debug;
                options.connection_only = flags.connection_only;
            }
            Self::Docs(DocsVerb::Serve(_)) | Self::Deps(_) | Self::Clean(_) | Self::Init(_) => {}
        }
        Ok(())
    }
}

fn clean(options: &RunOptions, flags: &CleanFlags, global: &Global) -> Result<Exit> {
    let removed =
        ingot_models::clean(options, !flags.no_clean_project_files_only, global.reporter().as_ref())?;
    let reporter = global.reporter();
    for folder in &removed {
        reporter.info(format!("removed {}", folder.display()));
    }
    if removed.is_empty() {
        reporter.info("there was nothing to remove".to_owned());
    }
    Ok(Exit::Success)
}
