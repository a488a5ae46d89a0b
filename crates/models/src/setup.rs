//! From options to [`Shared`]: the project, its profile, its packages, macros and docs.

use super::context::Shared;
use super::context::environment::{self, FlagSettings, YamlContext};
use super::files::ProjectFiles;
use super::macros::MacroRegistry;
use super::project_files::ProjectFile;
use super::select::yaml::Selectors;
use super::warnings::WarningRules;
use super::yaml_values::{Object, object, text};
use super::{RunOptions, parse, profiles, project_files, verbs};
use ingot_core::error::Error;
use serde_json::Value as Json;

/// Reads everything but the models. The errors are all there are of one kind.
pub fn load(options: &RunOptions) -> Result<Shared, Vec<Error>> {
    let one = |error: Error| vec![error];
    let root_folder =
        std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let project_yaml = root_folder.join("dbt_project.yml");
    let environment = environment::environment();
    let cli_vars: Object = options.vars.clone();
    // Three steps, because each needs what the one before has found: the profile's name, the target, the rest.
    let early = YamlContext::new(&cli_vars, None);
    let render_early = |text: &str| early.render(&environment, text, &project_yaml);
    let profile = match &options.profile {
        Some(profile) => Some(profile.clone()),
        None => project_files::profile_name(&root_folder, &render_early).map_err(one)?,
    };
    let profile = profile.ok_or_else(|| {
        one(Error::new("dbt_project.yml names no profile")
            .at(&project_yaml)
            .hint("add `profile: NAME`, a profile of profiles.yml"))
    })?;
    let profiles_yaml = profiles::find(options.profiles_dir.as_deref(), &root_folder).map_err(one)?;
    let target = profiles::read(
        &profiles_yaml,
        &root_folder,
        &profile,
        options.target.as_deref(),
        options.threads,
        &|text| early.render(&environment, text, &profiles_yaml),
    )
    .map_err(one)?;
    let with_target = YamlContext::new(&cli_vars, Some(&target));
    let render = |text: &str| -> ingot_core::error::Result<Json> {
        with_target.render(&environment, text, &project_yaml)
    };
    let root = project_files::read(&root_folder, &render).map_err(one)?;
    let packages = project_files::read_packages(&root, &render).map_err(one)?;
    verbs::deps::check(&root.root, packages.len()).map_err(one)?;
    let projects: Vec<&project_files::ProjectFile> = std::iter::once(&root).chain(&packages).collect();
    let selectors = Selectors::read(&root_folder).map_err(one)?;
    let files = ProjectFiles::default();
    let macros = MacroRegistry::load(&environment, &projects, &files)?;
    let docs = parse::describe::docs(&environment, &projects, &files).map_err(one)?;
    let invocation_id = uuid::Uuid::new_v4().to_string();
    let started = jiff::Timestamp::now();
    let flags = FlagSettings {
        full_refresh: options.full_refresh,
        store_failures: options.store_failures,
        fail_fast: options.fail_fast,
        empty: options.empty,
        which: options.verb.name(),
    };
    let warning_rules = match &options.warnings {
        Some(given) => given.clone(),
        None => rules_of_project(&root).map_err(|error| vec![error.at(root.root.join("dbt_project.yml"))])?,
    };
    let constants = environment::constants(&target, &flags, &root.name, &invocation_id, started);
    let target_folder = options.target_path.clone().unwrap_or_else(|| root.root.join(&root.target_path));
    Ok(Shared {
        environment,
        macros,
        configs: Default::default(),
        built_in_generators: Default::default(),
        files,
        cli_vars,
        store_failures: options.store_failures,
        full_refresh: options.full_refresh,
        empty: options.empty,
        event_time: (options.event_time_start, options.event_time_end),
        retry_batches: options.retry_batches.clone(),
        interrupt: options.interrupt.clone(),
        invocation_id,
        started,
        constants,
        docs,
        selectors,
        flags,
        partial_parse: options.partial_parse,
        moments_in_nodes: Default::default(),
        warning_rules,
        sample: options.sample,
        target_folder,
        outbox: Default::default(),
        warned: Default::default(),
        root,
        packages,
        target,
    })
}

/// What `flags:` of the project says of warnings.
fn rules_of_project(root: &ProjectFile) -> ingot_core::error::Result<WarningRules> {
    match root.flags.get("warn_error").and_then(serde_json::Value::as_bool) {
        Some(true) => Ok(WarningRules::all_errors()),
        _ => WarningRules::read(&object(&root.flags, "warn_error_options")),
    }
}

/// The target folder as `dbt_project.yml` has it, for those who need it before anything else is read.
///
/// # Errors
/// There is no project.
pub fn target_path(root: &std::path::Path) -> ingot_core::error::Result<String> {
    let file = root.join("dbt_project.yml");
    if !file.is_file() {
        return Err(Error::new("this folder is no dbt project: it has no dbt_project.yml").at(&file));
    }
    let document = ingot_core::yaml::read(&file)?.to_json();
    let given = document.as_object().and_then(|top| text(top, "target-path"));
    Ok(given.unwrap_or_else(|| "target".to_owned()))
}
