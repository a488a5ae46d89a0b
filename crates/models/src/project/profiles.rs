//! `profiles.yml`: which database a run writes to, and how it is opened.

use crate::json_values;
use crate::json_values::{Object, Render, scalar_text, strings, text};
use crate::project::{spark_profile, yaml_files};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, Result, nearest};
use ingot_core::project::Project;
use ingot_core::yaml;
use ingot_engine::duckdb::{Attach, DuckDbOptions, catalog_name};
use ingot_engine::{Dialect, EngineOptions};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// One output of a profile: what templates see as `target`, and what the engine is opened with.
#[derive(Debug, Clone)]
pub struct Target {
    pub profile_name: String,
    pub name: String,
    /// Empty where the engine has no databases.
    pub database: String,
    pub schema: String,
    pub threads: usize,
    pub external_root: String,
    /// All keys of the output but the secret ones, for templates.
    pub keys: Object,
    pub options: EngineOptions,
}

impl Target {
    /// The SQL of the engine.
    pub fn dialect(&self) -> Dialect {
        self.options.dialect()
    }

    /// Whether a database is one of DuckLake: its path says so, or the profile.
    pub(crate) fn is_ducklake(&self, database: &str) -> bool {
        let says_so = |of: &Object| {
            let by_path = text(of, "path").is_some_and(|path| path.to_lowercase().contains("ducklake:"));
            by_path || of.get("is_ducklake").and_then(Json::as_bool) == Some(true)
        };
        let attached = self.keys.get("attach").and_then(Json::as_array).into_iter().flatten();
        let mut attached = attached.filter_map(Json::as_object).map(|one| {
            let of_path = || text(one, "path").map(|path| catalog_name(Path::new(&path)));
            (text(one, "alias").or_else(of_path), says_so(one))
        });
        match attached.find(|(name, _)| name.as_deref() == Some(database)) {
            Some((_, is_ducklake)) => is_ducklake,
            None => says_so(&self.keys),
        }
    }
}

/// Keys that dbt-duckdb knows and this runner does not, each with what it does there.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("remote", "a remote DuckDB server"),
    ("plugins", "Python plugins"),
    ("filesystems", "fsspec filesystems"),
    ("motherduck_token", "MotherDuck"),
];

/// The file to read: in `--profiles-dir` or `DBT_PROFILES_DIR` if given, else in the working
/// directory, the project, or `~/.dbt`.
pub(crate) fn find(given: Option<&Path>, project: &Path) -> Result<PathBuf> {
    let environment = std::env::var_os("DBT_PROFILES_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    if let Some(folder) = given.map(Path::to_path_buf).or(environment) {
        let file = folder.join("profiles.yml");
        return if file.is_file() {
            Ok(file)
        } else {
            let here = std::env::current_dir().ok();
            let shown = here.and_then(|here| folder.strip_prefix(here).ok()).unwrap_or(&folder);
            Err(Error::new(format!("there is no profiles.yml in {}", folder.display()))
                .in_dbts_words(format!("dbt looked for a profiles.yml file in {}", shown.display()))
                .hint("check --profiles-dir (or DBT_PROFILES_DIR), or leave it out to use the project's own"))
        };
    }
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".dbt"));
    let folders = [std::env::current_dir().ok(), Some(project.to_path_buf()), home];
    folders.into_iter().flatten().map(|folder| folder.join("profiles.yml")).find(|file| file.is_file()).ok_or_else(
        || {
            Error::new("there is no profiles.yml").at(project).hint(
                "put one beside dbt_project.yml:\n  my_profile:\n    target: dev\n    outputs:\n      dev: {type: duckdb, path: warehouse.duckdb}",
            )
        },
    )
}

/// The file that [`find`] gives, or the one that it would give if it were there.
pub(crate) fn expected(given: Option<&Path>, project: &Path) -> PathBuf {
    find(given, project).unwrap_or_else(|_| {
        let said =
            given.map(Path::to_path_buf).or_else(|| std::env::var_os("DBT_PROFILES_DIR").map(PathBuf::from));
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".dbt"));
        said.or_else(home).unwrap_or_else(|| project.to_path_buf()).join("profiles.yml")
    })
}

/// The warning about settings of the user's, which belong into `dbt_project.yml` now.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn moved_flags(file: &Path) -> Result<Option<Warning>> {
    let document = yaml_files::read_last_of_repeated(file)?;
    let text =
        "the key `config` of profiles.yml has moved: put its members under `flags:` of dbt_project.yml";
    let has_config = document.get("config").is_some_and(|config| config.as_map().is_some());
    let words = "User config should be moved from the 'config' key in profiles.yml to the 'flags' key in dbt_project.yml.";
    let kind = WarningKind::ProjectFlagsMovedDeprecation;
    Ok(has_config.then(|| Warning::new(kind, text.to_owned()).in_dbts_words(words)))
}

/// Reads output `target` (or the profile's default one) of `profile`.
pub(crate) fn read(
    file: &Path,
    project: &Path,
    profile: &str,
    target: Option<&str>,
    threads: Option<usize>,
    render_text: Render,
) -> Result<Target> {
    let document = yaml_files::read_last_of_repeated(file)?;
    let profiles = document.as_map().ok_or_else(|| {
        Error::new(format!("profiles.yml must be a mapping of profiles, and is {}", document.kind())).at(file)
    })?;
    let node = profiles.get(profile).ok_or_else(|| {
        let error = Error::new(format!("profiles.yml has no profile '{profile}'")).at(file);
        let error = error.in_dbts_words(format!("Could not find profile named '{profile}'"));
        let known: Vec<&str> = profiles.keys().map(String::as_str).filter(|name| *name != "config").collect();
        match nearest(profile, known.iter().copied()) {
            Some(near) => {
                error.hint(format!("did you mean '{near}'? dbt_project.yml says `profile: {profile}`"))
            }
            None => error.hint(format!("it has: {}", known.join(", "))),
        }
    })?;
    // Only what is used is rendered: another output may need environment variables that are not set.
    let usual = || match node.get("target") {
        Some(given) => json_values::render(given, file, &|_| true, render_text)
            .map(|given| scalar_text(&given).unwrap_or_else(|| "default".to_owned())),
        None => Ok("default".to_owned()),
    };
    let environment = Project::at(project);
    let environment = environment.environment_name();
    let name = match (target, environment) {
        (Some(name), _) | (None, Some(name)) => name.to_owned(),
        (None, None) => usual()?,
    };
    let outputs = node.get("outputs").and_then(yaml::Node::as_map).ok_or_else(|| {
        Error::new(format!("profile '{profile}' has no outputs"))
            .at_line(file, node.line)
            .hint("write them as\n  outputs:\n    dev: {type: duckdb, path: warehouse.duckdb}")
    })?;
    // The folder of an environment tells it from others, so that its output need not: then it is that of the project, under
    // the environment's name.
    let output = match outputs.get(&name) {
        None if environment == Some(name.as_str()) => outputs.get(&usual()?),
        given => given,
    };
    let output = output.ok_or_else(|| {
        let known: Vec<&str> = outputs.keys().map(String::as_str).collect();
        Error::new(format!("profile '{profile}' has no target '{name}'"))
            .at_line(file, node.line)
            .in_dbts_words(format!("The profile '{profile}' does not have a target named '{name}'."))
            .hint(format!("it has: {}", known.join(", ")))
    })?;
    let Json::Object(keys) = json_values::render(output, file, &|_| true, render_text)? else {
        return Err(Error::new(format!("target '{name}' must be a mapping")).at_line(file, output.line));
    };
    build(profile, &name, keys, threads, project)
        .map_err(|error| if error.place().is_some() { error } else { error.at_line(file, output.line) })
}

fn build(profile: &str, name: &str, keys: Object, threads: Option<usize>, project: &Path) -> Result<Target> {
    let threads = threads
        .or_else(|| keys.get("threads").and_then(Json::as_u64).map(|count| count as usize))
        .unwrap_or(1)
        .max(1);
    let of = |(options, database, schema): (EngineOptions, String, String)| Target {
        profile_name: profile.to_owned(),
        name: name.to_owned(),
        database,
        schema,
        threads,
        external_root: text(&keys, "external_root").unwrap_or_else(|| ".".to_owned()),
        keys: shown(&keys),
        options,
    };
    let kind = text(&keys, "type").unwrap_or_default();
    if kind == Dialect::DuckDb.adapter_type() {
        return duckdb(name, &keys, project).map(of);
    }
    if kind == Dialect::Spark.adapter_type() {
        let (options, schema) = spark_profile::read(name, &keys)?;
        return Ok(of((EngineOptions::Spark(options), String::new(), schema)));
    }
    Err(Error::new(format!("target '{name}' is of type '{kind}'; only duckdb and spark can be used"))
        .hint("set `type: duckdb` and a `path`"))
}

/// The keys that templates see: none that lets somebody in.
fn shown(keys: &Object) -> Object {
    let is_secret = |key: &str| matches!(key, "secrets" | "password" | "token" | "url");
    keys.iter().filter(|(key, _)| !is_secret(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// How a database of DuckDB is opened, its name, and the schema.
fn duckdb(name: &str, keys: &Object, project: &Path) -> Result<(EngineOptions, String, String)> {
    for (key, what) in UNSUPPORTED {
        if keys.get(*key).is_some_and(|value| !value.is_null()) {
            return Err(Error::new(format!(
                "target '{name}' uses `{key}` ({what}), which needs Python or a service"
            ))
            .hint(format!("take `{key}` out of the profile")));
        }
    }
    let path = text(keys, "path").unwrap_or_else(|| ":memory:".to_owned());
    let in_memory = path == ":memory:" || path.is_empty();
    // Relative to the project, so that it does not matter where the command is typed.
    let file = if in_memory { PathBuf::from(":memory:") } else { project.join(&path) };
    let mut options = DuckDbOptions::new(&file);
    options.config_options = pairs(keys.get("config_options"));
    options.settings = pairs(keys.get("settings"));
    options.read_only = options
        .config_options
        .iter()
        .any(|(key, value)| key == "access_mode" && value.eq_ignore_ascii_case("read_only"));
    options.config_options.retain(|(key, _)| key != "access_mode");
    if let Some(index) =
        options.config_options.iter().position(|(key, _)| key == "storage_compatibility_version")
    {
        options.storage_version = options.config_options.remove(index).1;
    }
    options.extensions = keys
        .get("extensions")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|extension| scalar_text(extension).or_else(|| scalar_text(extension.get("name")?)))
        .collect();
    options.attach = keys
        .get("attach")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| attachment(entry, project))
        .collect();
    let aliases: Vec<&str> = options.attach.iter().filter_map(|attach| attach.alias.as_deref()).collect();
    let own = if in_memory { "memory".to_owned() } else { catalog_name(&file) };
    let database = match text(keys, "database") {
        Some(given) if given == own || aliases.contains(&given.as_str()) => given,
        Some(given) => {
            return Err(Error::new(format!("database '{given}' does not go with path '{path}'"))
                .hint(format!("set `database: {own}`, or leave it out")));
        }
        None => own,
    };
    let schema = text(keys, "schema").unwrap_or_else(|| "main".to_owned());
    Ok((EngineOptions::DuckDb(options), database, schema))
}

fn attachment(entry: &Json, project: &Path) -> Option<Attach> {
    let object = entry.as_object()?;
    let path = text(object, "path")?;
    let inner = json_values::object(object, "options");
    let is_address = path.contains(':') && !Path::new(&path).is_absolute();
    let path = if is_address { path } else { project.join(&path).to_string_lossy().into_owned() };
    let flag = |from: &Object| from.get("read_only").and_then(Json::as_bool).unwrap_or(false);
    Some(Attach {
        path,
        alias: text(object, "alias"),
        kind: text(object, "type").or_else(|| text(&inner, "type")),
        read_only: flag(object) || flag(&inner),
    })
}

fn pairs(value: Option<&Json>) -> Vec<(String, String)> {
    let Some(Json::Object(members)) = value else { return Vec::new() };
    members
        .iter()
        .map(|(key, value)| {
            (key.clone(), scalar_text(value).unwrap_or_else(|| strings(Some(value)).join(",")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str, name: Option<&str>) -> Result<Target> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("profiles.yml");
        std::fs::write(&file, text).unwrap();
        read(&file, folder.path(), "shop", name, None, &|text| Ok(Json::String(text.to_owned())))
    }

    const SHOP: &str = "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: db/ware.house.duckdb, threads: 4, settings: {memory_limit: 1GB}}\n    pg: {type: postgres}\n";

    #[test]
    fn reads_the_default_target() {
        let target = target(SHOP, None).unwrap();
        assert_eq!((target.name.as_str(), target.database.as_str(), target.threads), ("dev", "ware", 4));
        assert_eq!(target.schema, "main");
        let options = target.options.duckdb().unwrap();
        assert_eq!(options.settings, [("memory_limit".to_owned(), "1GB".to_owned())]);
        assert!(options.path.is_absolute());
    }

    #[test]
    fn other_databases_and_unknown_targets_are_refused() {
        assert!(target(SHOP, Some("pg")).unwrap_err().message().contains("only duckdb"));
        let error = target(SHOP, Some("prod")).unwrap_err();
        assert_eq!(error.hint_text(), Some("it has: dev, pg"));
        assert_eq!(error.place().and_then(|place| place.line), Some(1));
    }
}
