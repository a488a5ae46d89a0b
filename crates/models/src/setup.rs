//! From options to [`Invocation`]: the project, its profile, its packages, macros and docs.

use crate::context::environment;
use crate::context::environment::YamlContext;
use crate::dbt_log::LogOptions;
use crate::invocation::arguments;
use crate::invocation::outbox::Outbox;
use crate::invocation::project::Project;
use crate::invocation::settings::RunSettings;
use crate::invocation::{Caches, Invocation, Templates};
use crate::json_values::{Object, object, text};
use crate::options::RunOptions;
use crate::project::dbt_project_yml::DbtProject;
use crate::project::file_listing::FileListing;
use crate::project::macros::MacroRegistry;
use crate::project::profiles::Target;
use crate::project::{
    catalogs, dbt_project_yml, docs_blocks, packages, profiles, required_version, yaml_files,
};
use crate::select::selectors_yml::Selectors;
use crate::warnings::WarningRules;
use ingot_core::error::Error;
use ingot_engine::EngineOptions;
use ingot_engine::duckdb::DuckDbOptions;
use serde_json::Value as Json;

/// Reads everything but the models. `id` is the UUID of the invocation.
///
/// # Errors
/// All errors of the first kind of file that has any.
pub(crate) fn load(options: &RunOptions, id: &str) -> Result<Invocation, Vec<Error>> {
    let one = |error: Error| vec![error];
    let root_folder =
        std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let project_yaml = root_folder.join("dbt_project.yml");
    let environment = environment::environment();
    let cli_vars: Object = options.vars.clone();
    let target = read_target(options, &root_folder, &environment).map_err(one)?;
    let with_target = YamlContext::new(&cli_vars, Some(&target));
    let render = |text: &str| -> ingot_core::error::Result<Json> {
        with_target.render(&environment, text, &project_yaml)
    };
    let mut root = dbt_project_yml::read(&root_folder, &render).map_err(one)?;
    let profiles_yaml = profiles::find(options.profiles_dir.as_deref(), &root_folder).map_err(one)?;
    root.warnings.extend(profiles::moved_flags(&profiles_yaml).map_err(one)?);
    let with_secrets = YamlContext::new(&cli_vars, Some(&target)).with_secrets();
    let render_packages = |text: &str| with_secrets.render(&environment, text, &project_yaml);
    let packages = packages::read_packages(&root, &render).map_err(one)?;
    packages::check_all_are_there(&root, packages.len(), &render_packages).map_err(one)?;
    let projects: Vec<&dbt_project_yml::DbtProject> = std::iter::once(&root).chain(&packages).collect();
    if options.version_check && root.flag("version_check", true) {
        let fits = |project: &&DbtProject| {
            let file = project.root.join("dbt_project.yml");
            required_version::check(&project.name, &project.required_versions, &file)
        };
        projects.iter().try_for_each(fits).map_err(one)?;
    }
    catalogs::check(&root_folder, &render).map_err(one)?;
    let selectors = Selectors::read(&root_folder, &render).map_err(one)?;
    let files = FileListing::of(projects.iter().map(|project| &project.root)).map_err(one)?;
    let macros = MacroRegistry::load(&environment, &projects, &files, target.dialect())?;
    let docs = docs_blocks::read(&environment, &projects, &files).map_err(one)?;
    let started = jiff::Timestamp::now();
    let warning_rules = match &options.warnings {
        Some(given) => given.clone(),
        None => rules_of_project(&root).map_err(|error| vec![error.at(root.root.join("dbt_project.yml"))])?,
    };
    let warning_rules = warning_rules.with_flags(|name| root.flag(name, false));
    root.warnings.extend(warning_rules.deprecated_words());
    root.warnings.extend(options.deprecated_flags());
    let settings = RunSettings {
        verb: options.verb.name(),
        cli_vars,
        full_refresh: options.full_refresh,
        store_failures: options.store_failures,
        fail_fast: options.fail_fast,
        empty: options.empty,
        event_time: (options.event_time_start, options.event_time_end),
        sample: options.sample,
        retry_batches: options.retry_batches.clone(),
        batches_until: options.batches_until,
        warning_rules,
        partial_parse: options.partial_parse,
        target_folder: options.target_path.clone().unwrap_or_else(|| root.root.join(&root.target_path)),
        introspect: options.introspect,
        inject_ephemerals: options.inject_ephemerals,
        logs_statements: options.log.as_ref().is_some_and(LogOptions::has_debug),
        logs_data: options.log.as_ref().is_some_and(LogOptions::has_data),
        print: options.print,
        write_json: options.write_json,
        interrupt: options.interrupt.clone(),
    };
    let arguments = arguments::of(options);
    let constants =
        environment::constants(&target, &settings, &arguments, &root, &profiles_yaml, id, started);
    Ok(Invocation {
        id: id.to_owned(),
        started,
        project: Project { root, packages, docs, selectors, files },
        settings,
        arguments,
        target,
        templates: Templates { environment, macros, constants },
        caches: Caches::default(),
        outbox: Outbox::default(),
    })
}

/// What `flags:` of the project says of warnings.
pub(crate) fn rules_of_project(root: &DbtProject) -> ingot_core::error::Result<WarningRules> {
    match root.flags.get("warn_error").and_then(serde_json::Value::as_bool) {
        Some(true) => Ok(WarningRules::all_errors()),
        _ => WarningRules::read(&object(&root.flags, "warn_error_options")),
    }
}

/// The target that a run with `options` uses.
///
/// # Errors
/// There is no project, profile or target of that name.
pub(crate) fn target(options: &RunOptions) -> ingot_core::error::Result<Target> {
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    read_target(options, &root, &environment::environment())
}

/// The profile that the project names.
///
/// # Errors
/// There is no project, or it cannot be read.
pub(crate) fn profile_name(options: &RunOptions) -> ingot_core::error::Result<Option<String>> {
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let (early, environment) = (YamlContext::new(&options.vars, None), environment::environment());
    let file = root.join("dbt_project.yml");
    dbt_project_yml::profile_name(&root, &|text| early.render(&environment, text, &file))
}

/// As [`target`]: first the profile's name, because the target needs it, and the rest of a project
/// needs the target.
///
/// # Errors
/// There is no project, profile or target of that name.
fn read_target(
    options: &RunOptions,
    root_folder: &std::path::Path,
    environment: &ingot_jinja::Environment,
) -> ingot_core::error::Result<Target> {
    let project_yaml = root_folder.join("dbt_project.yml");
    let early = YamlContext::new(&options.vars, None);
    let with_secrets = YamlContext::new(&options.vars, None).with_secrets();
    let render_early = |text: &str| early.render(environment, text, &project_yaml);
    let profile = match &options.profile {
        Some(profile) => Some(profile.clone()),
        None => dbt_project_yml::profile_name(root_folder, &render_early)?,
    };
    let profile = profile.ok_or_else(|| {
        Error::new("dbt_project.yml names no profile")
            .at(&project_yaml)
            .hint("add `profile: NAME`, a profile of profiles.yml")
    })?;
    let profiles_yaml = profiles::find(options.profiles_dir.as_deref(), root_folder)?;
    let mut target = profiles::read(
        &profiles_yaml,
        root_folder,
        &profile,
        options.target.as_deref(),
        options.threads,
        &|text| with_secrets.render(environment, text, &profiles_yaml),
    )?;
    if let (Some(threads), EngineOptions::DuckDb(duckdb)) = (options.engine_threads, &mut target.options) {
        let is_other = |(name, _): &(String, String)| !["threads", "worker_threads"].contains(&name.as_str());
        duckdb.settings.retain(is_other);
        duckdb.config_options.retain(is_other);
        duckdb.threads = Some(threads);
    }
    Ok(target)
}

/// Where a run leaves what others read.
#[derive(Debug, Clone)]
pub struct Places {
    /// The name of the target.
    pub target: String,
    /// The DuckDB file; none for a database in memory, or on a server.
    pub warehouse: Option<std::path::PathBuf>,
    /// How it is opened by those who only read, with the databases that the target attaches.
    pub reading: DuckDbOptions,
    /// The folder of dbt's artifacts.
    pub artifacts: std::path::PathBuf,
}

/// Where a run with `options` leaves what others read, as profile and project say.
///
/// # Errors
/// There is no project, profile or target of that name.
pub fn places(options: &RunOptions) -> ingot_core::error::Result<Places> {
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let artifacts = match &options.target_path {
        Some(folder) => root.join(folder),
        None => root.join(target_path(&root)?),
    };
    let target = target(options)?;
    // What is not in a file of this machine is not the warehouse of those who ask.
    let options = target.options.duckdb().cloned().unwrap_or_else(|| DuckDbOptions::new(":memory:"));
    let reading = options.only_reading();
    let warehouse = Some(options.path).filter(|path| path != std::path::Path::new(":memory:"));
    Ok(Places { target: target.name, warehouse, reading, artifacts })
}

/// The target folder as `dbt_project.yml` has it, for those who need it before anything else is read.
///
/// # Errors
/// There is no project.
pub(crate) fn target_path(root: &std::path::Path) -> ingot_core::error::Result<String> {
    let file = root.join("dbt_project.yml");
    if !file.is_file() {
        return Err(Error::new("this folder is not a dbt project: it has no dbt_project.yml").at(&file));
    }
    let document = yaml_files::read_last_of_repeated(&file)?.to_json();
    let given = document.as_object().and_then(|top| text(top, "target-path"));
    Ok(given.unwrap_or_else(|| "target".to_owned()))
}
