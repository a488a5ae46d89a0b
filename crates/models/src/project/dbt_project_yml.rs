//! `dbt_project.yml` of the project and of the packages installed beside it.

use crate::json_values;
use crate::json_values::{Object, Render, object, strings, text};
use crate::project::{project_contract, required_version, yaml_files};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, Result};
use ingot_core::yaml;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// One `dispatch:` entry: where macros of a namespace are looked for, in order.
#[derive(Debug, Clone)]
pub(crate) struct Dispatch {
    pub namespace: String,
    pub search_order: Vec<String>,
}

/// What `dbt_project.yml` says. Paths are as written: relative to `root`, with `/`.
#[derive(Debug, Clone)]
pub(crate) struct DbtProject {
    pub root: PathBuf,
    pub name: String,
    /// As written; empty where the file gives none.
    pub version: String,

    pub model_paths: Vec<String>,
    pub seed_paths: Vec<String>,
    pub snapshot_paths: Vec<String>,
    pub test_paths: Vec<String>,
    pub macro_paths: Vec<String>,
    pub analysis_paths: Vec<String>,
    pub function_paths: Vec<String>,
    pub docs_paths: Vec<String>,
    pub target_path: String,
    pub packages_path: String,
    pub on_run_start: Vec<String>,
    pub on_run_end: Vec<String>,
    pub vars: Object,
    /// The config trees by their key: `models`, `seeds`, `snapshots`, `sources`, `data_tests`, …
    pub configs: HashMap<String, Object>,
    /// The same with their Jinja as written.
    pub unrendered_configs: HashMap<String, Object>,
    /// Whether other packages may not use what is not public here.
    pub restrict_access: bool,
    /// What `clean` removes; by default the target folder.
    pub clean_targets: Option<Vec<String>>,
    /// `require-dbt-version`.
    pub required_versions: Vec<String>,
    /// Folders that `docs generate` copies into the target folder.
    pub asset_paths: Vec<String>,
    /// `query-comment`, as it is written; null if there is none.
    pub query_comment: Json,
    /// dbt's flags, of the root project alone.
    pub flags: Object,
    pub dispatch: Vec<Dispatch>,
    pub quoting: Object,
    /// What reading the file gives a warning of.
    pub warnings: Vec<Warning>,
}

impl DbtProject {
    /// One of dbt's flags that are true or false; `otherwise` where the project does not say it.
    pub(crate) fn flag(&self, name: &str, otherwise: bool) -> bool {
        self.flags.get(name).and_then(Json::as_bool).unwrap_or(otherwise)
    }

    /// The folders that hold sources of the project, docs apart. One may be named several times.
    pub(crate) fn source_folders(&self) -> impl Iterator<Item = &String> {
        let kinds = [
            &self.model_paths,
            &self.seed_paths,
            &self.snapshot_paths,
            &self.test_paths,
            &self.macro_paths,
            &self.analysis_paths,
            &self.function_paths,
        ];
        kinds.into_iter().flatten()
    }

    /// All that the file says, as text that changes with it.
    pub(crate) fn fingerprint(&self) -> String {
        let sorted = |trees: &HashMap<String, Object>| {
            let mut trees: Vec<(&String, &Object)> = trees.iter().collect();
            trees.sort_by_key(|(key, _)| *key);
            format!("{trees:?}")
        };
        let rest = Self { configs: HashMap::new(), unrendered_configs: HashMap::new(), ..self.clone() };
        format!("{rest:?}{}{}", sorted(&self.configs), sorted(&self.unrendered_configs))
    }
}

/// The keys of config trees, and the name each has here.
const CONFIG_TREES: &[(&str, &str)] = &[
    ("models", "models"),
    ("seeds", "seeds"),
    ("snapshots", "snapshots"),
    ("sources", "sources"),
    ("tests", "data_tests"),
    ("data_tests", "data_tests"),
    ("unit_tests", "unit_tests"),
    ("exposures", "exposures"),
    ("metrics", "metrics"),
    ("semantic-models", "semantic-models"),
    ("saved-queries", "saved-queries"),
    ("functions", "functions"),
];

/// Trees that dbt looks for under another key, and so never finds, when it notes configs as they are written.
/// <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/context/context_config.py> (UnrenderedConfig)
const NOT_UNRENDERED: [&str; 3] = ["semantic-models", "saved-queries", "functions"];

/// Hooks, and what is rendered later in a richer context, are left as written.
fn rendered_while_reading(path: &[&str]) -> bool {
    match path.first().copied() {
        Some("on-run-start" | "on-run-end" | "query-comment" | "vars") => false,
        Some("models" | "seeds" | "snapshots" | "tests" | "data_tests" | "functions") => {
            !path.iter().any(|key| {
                matches!(key.trim_start_matches('+'), "pre-hook" | "post-hook" | "pre_hook" | "post_hook")
            })
        }
        _ => true,
    }
}

/// Only the profile's name, which must be known before the rest can be rendered.
pub(crate) fn profile_name(root: &Path, render_text: Render) -> Result<Option<String>> {
    let file = root.join("dbt_project.yml");
    // The whole file is read again, and its warnings with it.
    let document = read_document(&file, &mut Vec::new())?;
    match document.get("profile") {
        None => Ok(None),
        Some(node) => {
            let value = json_values::render(node, &file, &|_| true, render_text)?;
            Ok(json_values::scalar_text(&value))
        }
    }
}

fn read_document(file: &Path, warnings: &mut Vec<Warning>) -> Result<yaml::Node> {
    if !file.is_file() {
        return Err(Error::new("this folder is not a dbt project: it has no dbt_project.yml")
            .at(file)
            .hint("run it in the folder that has one, or name that folder with --project-dir"));
    }
    let document = yaml_files::read(file, "dbt_project.yml", warnings)?;
    if document.as_map().is_none() {
        return Err(Error::new(format!("dbt_project.yml must be a mapping, and is {}", document.kind()))
            .at(file)
            .hint("it needs at least `name: my_project`"));
    }
    Ok(document)
}

/// Warnings about keys that dbt has renamed, or that are flags now.
fn old_paths(top: &Object) -> Vec<Warning> {
    let mut out = Vec::new();
    let renamed = [
        ("source-paths", "model-paths", WarningKind::ConfigSourcePathDeprecation),
        ("data-paths", "seed-paths", WarningKind::ConfigDataPathDeprecation),
    ];
    for (old, new, kind) in renamed {
        if top.contains_key(old) {
            let text = format!("the key `{old}` of dbt_project.yml has been renamed to `{new}`");
            let data = json!({"deprecated_path": old, "exp_path": new});
            let words = format!(
                "The `{old}` config has been renamed to `{new}`. Please update your `dbt_project.yml` configuration to reflect this change."
            );
            out.push(Warning::new(kind, text).with(data).in_dbts_words(words));
        }
    }
    let flags = [
        ("log-path", "logs", WarningKind::ConfigLogPathDeprecation),
        ("target-path", "target", WarningKind::ConfigTargetPathDeprecation),
    ];
    for (key, usual, kind) in flags {
        if text(top, key).is_some_and(|given| given != usual) {
            let text = format!("the key `{key}` of dbt_project.yml is deprecated; use the flag --{key}");
            out.push(Warning::new(kind, text).with(json!({"deprecated_path": key})));
        }
    }
    let cleaned = strings(top.get("clean-targets"));
    if cleaned.iter().any(|target| target == "dbt_modules") && !top.contains_key("packages-install-path") {
        let text = "packages are in `dbt_packages` and no longer in `dbt_modules`; change `clean-targets`";
        let words = "The default package install path has changed from `dbt_modules` to `dbt_packages`. Please update `clean-targets` in `dbt_project.yml` and check `.gitignore`.";
        let warning = Warning::new(WarningKind::PackageInstallPathDeprecation, text.to_owned());
        out.push(warning.in_dbts_words(words));
    }
    out
}

/// Reads `root/dbt_project.yml`.
pub(crate) fn read(root: &Path, render_text: Render) -> Result<DbtProject> {
    let file = root.join("dbt_project.yml");
    let mut warnings = Vec::new();
    let document = read_document(&file, &mut warnings)?;
    let value = json_values::render(&document, &file, &rendered_while_reading, render_text)?;
    let Json::Object(top) = value else {
        return Err(Error::new("dbt_project.yml must be a mapping").at(&file));
    };
    if let Err(error) = project_contract::check(&top, &document, &file) {
        // Of a project for another version of dbt, that is the news: it may have keys of that version.
        let name = text(&top, "name").unwrap_or_default();
        required_version::check(&name, &strings(top.get("require-dbt-version")), &file)?;
        return Err(error);
    }
    let name = text(&top, "name").ok_or_else(|| {
        Error::new("dbt_project.yml has no 'name'")
            .at(&file)
            .hint("add `name: my_project` (letters, digits, _)")
    })?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(Error::new(format!("'{name}' cannot be a project's name"))
            .at_line(&file, document.get("name").map_or(1, |node| node.line))
            .hint("use letters, digits and _, not starting with a digit"));
    }
    warnings.extend(old_paths(&top));
    let paths = |key: &str, old_key: &str, default: &str| -> Vec<String> {
        let given = top.get(key).or_else(|| top.get(old_key));
        match given {
            Some(value) if !value.is_null() => strings(Some(value)),
            _ => vec![default.to_owned()],
        }
    };
    let trees = |top: &Object, left_out: &[&str]| {
        let mut out: HashMap<String, Object> = HashMap::new();
        for (key, known_as) in CONFIG_TREES.iter().filter(|(key, _)| !left_out.contains(key)) {
            if let Some(Json::Object(tree)) = top.get(*key) {
                out.entry((*known_as).to_owned()).or_default().extend(tree.clone());
            }
        }
        out
    };
    let configs = trees(&top, &[]);
    let unrendered_configs = document.to_json();
    let unrendered_configs =
        unrendered_configs.as_object().map(|written| trees(written, &NOT_UNRENDERED)).unwrap_or_default();
    let dispatch = top
        .get("dispatch")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            Some(Dispatch {
                namespace: entry.get("macro_namespace")?.as_str()?.to_owned(),
                search_order: strings(entry.get("search_order")),
            })
        })
        .collect();
    let model_paths = paths("model-paths", "source-paths", "models");
    let seed_paths = paths("seed-paths", "data-paths", "seeds");
    let snapshot_paths = paths("snapshot-paths", "snapshot-paths", "snapshots");
    let analysis_paths = paths("analysis-paths", "analysis-paths", "analyses");
    let macro_paths = paths("macro-paths", "macro-paths", "macros");
    let test_paths = paths("test-paths", "test-paths", "tests");
    let function_paths = paths("function-paths", "function-paths", "functions");
    let docs_paths = match top.get("docs-paths") {
        Some(given) if !given.is_null() => strings(Some(given)),
        _ => [
            &model_paths,
            &seed_paths,
            &snapshot_paths,
            &analysis_paths,
            &macro_paths,
            &test_paths,
            &function_paths,
        ]
        .into_iter()
        .flatten()
        .cloned()
        .collect(),
    };
    Ok(DbtProject {
        root: root.to_path_buf(),
        name,
        version: text(&top, "version").unwrap_or_default(),

        model_paths,
        seed_paths,
        snapshot_paths,
        test_paths,
        macro_paths,
        analysis_paths,
        function_paths,
        docs_paths,
        warnings,
        target_path: text(&top, "target-path").unwrap_or_else(|| "target".to_owned()),
        packages_path: text(&top, "packages-install-path").unwrap_or_else(|| "dbt_packages".to_owned()),
        on_run_start: strings(top.get("on-run-start")),
        on_run_end: strings(top.get("on-run-end")),
        vars: object(&top, "vars"),
        configs,
        unrendered_configs,
        restrict_access: top.get("restrict-access").and_then(Json::as_bool).unwrap_or(false),
        required_versions: strings(top.get("require-dbt-version")),
        asset_paths: strings(top.get("asset-paths")),
        query_comment: top.get("query-comment").cloned().unwrap_or_default(),
        clean_targets: top.get("clean-targets").map(|targets| strings(Some(targets))),
        flags: object(&top, "flags"),
        dispatch,
        quoting: object(&top, "quoting"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> Result<DbtProject> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dbt_project.yml"), text).unwrap();
        read(folder.path(), &|text| Ok(Json::String(format!("<{text}>"))))
    }

    #[test]
    fn reads_with_defaults_and_leaves_hooks_alone() {
        let file = project(
            "name: shop\nprofile: p\non-run-start: \"{{ a() }}\"\nmodels:\n  shop:\n    +schema: \"{{ x }}\"\n    +post-hook: \"{{ y }}\"\n",
        )
        .unwrap();
        assert_eq!(file.model_paths, ["models"]);
        assert_eq!(file.on_run_start, ["{{ a() }}"]);
        let shop = &file.configs["models"]["shop"];
        assert_eq!(shop["+schema"], "<{{ x }}>");
        assert_eq!(shop["+post-hook"], "{{ y }}");
    }

    #[test]
    fn a_misspelt_key_is_refused_with_the_right_one() {
        let error = project("name: shop\nmodel-path: [a]\n").unwrap_err();
        assert_eq!(error.hint_text(), Some("did you mean 'model-paths'?"));
        assert_eq!(error.place().and_then(|place| place.line), Some(2));
    }
}
