//! Macros by package, and who finds which: the node's own package, the root project, the built-in ones.

use crate::context::trace;
use crate::dialect::{ADAPTER_PACKAGES, adapter_package};
use crate::graph::node::Node;
use crate::project::dbt_project_yml::{DbtProject, Dispatch};
use crate::project::file_listing::FileListing;
use crate::values;
use include_dir::{Dir, include_dir};
use ingot_core::error::{Context, Error, Result, nearest};
use ingot_engine::Dialect;
use ingot_jinja::{Block, Environment, Template, Value};
use rayon::prelude::*;
use regex::Regex;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use xxhash_rust::xxh3::xxh3_128;

/// dbt's own macros under these names, in words of ours.
static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/builtin_macros");

/// The package of the built-in macros that any database understands.
pub(crate) const COMMON: &str = "dbt";

/// A macro, and the file it is in.
#[derive(Clone)]
pub(crate) struct MacroEntry {
    pub unique_id: String,
    pub name: String,
    pub package_name: String,
    pub original_file_path: String,
    pub text: String,
    /// Of a materialization: the languages of models that it builds.
    pub languages: Vec<String>,
    /// The hash of the whole file: what a macro does may depend on its neighbours.
    pub file_hash: u128,
    pub value: Value,
}

/// The folder that the files of the built-in macros appear to be in.
const BUILT_IN_FILES: &str = "built-in macros";

/// An error as somebody sees it who does not know the built-in macros: at the line that called them, or else at
/// the node that is being built.
pub(crate) fn at_users_line(mut error: ingot_jinja::Error, node: &Node) -> Error {
    error.forget_places(|file| file.starts_with(BUILT_IN_FILES));
    let error = Error::from(error);
    // Under dbt a macro has another name in Python.
    let called =
        error.message().strip_prefix("macro '").filter(|rest| rest.contains("takes no keyword argument"));
    let words = called.map(|rest| format!("macro 'dbt_macro__{rest}"));
    let error = match words {
        Some(words) if error.dbts_words().is_none() => error.in_dbts_words(words),
        _ => error,
    };
    match error.place() {
        Some(_) => error,
        None if node.line > 1 || node.generic_test().is_some() => {
            error.at_line(&node.original_file_path, node.line)
        }
        None => error.at(&node.original_file_path),
    }
}

impl MacroEntry {
    /// Whether it is one of ours, and not of the project or its packages.
    pub(crate) fn is_built_in(&self) -> bool {
        is_built_in_package(&self.package_name)
    }
    /// The macros that this one names in a call, by unique id; those it dispatches to as well.
    pub(crate) fn calls(&self, macros: &MacroRegistry) -> Vec<String> {
        static CALL: LazyLock<Regex> = LazyLock::new(|| {
            #[expect(clippy::unwrap_used, reason = "a constant pattern, tried by the tests")]
            Regex::new(
                r#"(?:([A-Za-z_]\w*)\.)?([A-Za-z_]\w*)\s*\(\s*(?:['"]([\w.]+)['"])?(?:\s*,\s*(?:macro_namespace\s*=\s*)?['"](\w+)['"])?"#,
            )
            .unwrap()
        });
        let mut out: Vec<String> = Vec::new();
        let mut keep = |entry: Option<&Arc<MacroEntry>>| {
            if let Some(entry) = entry
                && entry.unique_id != self.unique_id
                && !out.contains(&entry.unique_id)
            {
                out.push(entry.unique_id.clone());
            }
        };
        for found in CALL.captures_iter(&self.text) {
            let part = |index: usize| found.get(index).map(|text| text.as_str());
            let name = part(2).unwrap_or_default();
            match (part(1), name) {
                (Some("adapter"), "dispatch") => {
                    if let Some(name) = part(3) {
                        keep(macros.dispatch(&self.package_name, name, part(4)).ok());
                    }
                }
                (Some(package), name) => keep(macros.in_package(package, name)),
                (None, name) => keep(macros.find(&self.package_name, name)),
            }
        }
        out
    }
    /// The names of its parameters.
    pub(crate) fn parameters(&self) -> Vec<String> {
        let own = self.value.downcast::<ingot_jinja::Macro>();
        own.into_iter().flat_map(|own| own.parameters().map(|(name, _)| name.to_owned())).collect()
    }
    /// As in dbt's manifest, without what properties say of it.
    pub(crate) fn to_json(&self, macros: &MacroRegistry) -> Json {
        json!({
            "name": self.name, "resource_type": "macro", "package_name": self.package_name,
            "path": self.original_file_path, "original_file_path": self.original_file_path,
            "unique_id": self.unique_id, "macro_sql": self.text, "depends_on": {"macros": self.calls(macros)},
            "description": "", "meta": {}, "docs": {"show": true, "node_color": null},
            "config": {"meta": {}, "docs": {"show": true, "node_color": null}}, "patch_path": null,
            "arguments": [], "created_at": 0, "supported_languages": self.name.starts_with("materialization_").then_some(&self.languages),
        })
    }
}

/// All macros of a run.
pub(crate) struct MacroRegistry {
    packages: HashMap<String, HashMap<String, Arc<MacroEntry>>>,
    /// The namespaces (`dbt_utils.…`) that templates see, one for each package.
    namespaces: HashMap<String, Value>,
    root: String,
    dispatch: Vec<Dispatch>,
    /// Whether a package may replace a built-in materialization: dbt's flag
    /// `require_explicit_package_overrides_for_builtin_materializations` is off.
    packages_override: bool,
    dialect: Dialect,
}

fn is_built_in_package(name: &str) -> bool {
    name == COMMON || ADAPTER_PACKAGES.contains(&name)
}

impl MacroRegistry {
    /// Parses the built-in macros and those of `projects` (the root project first). All errors at once.
    pub(crate) fn load(
        environment: &Environment,
        projects: &[&DbtProject],
        project_files: &FileListing,
        dialect: Dialect,
    ) -> Result<Self, Vec<Error>> {
        let mut files: Vec<(String, PathBuf, String, Option<String>)> = Vec::new();
        for (folder, package) in [("common", COMMON), (dialect.adapter_type(), adapter_package(dialect))] {
            let found = BUILT_IN.get_dir(folder).map(|dir| dir.files()).into_iter().flatten();
            for file in found {
                let path = Path::new(BUILT_IN_FILES).join(file.path());
                let inside = Path::new("macros").join(file.path()).to_string_lossy().into_owned();
                let text = file.contents_utf8().map(str::to_owned);
                files.push((package.to_owned(), path, inside, text));
            }
        }
        for project in projects {
            let generic_tests = project.test_paths.iter().map(|folder| format!("{folder}/generic"));
            for folder in project.macro_paths.iter().cloned().chain(generic_tests) {
                for path in project_files.list(&project.root.join(&folder), &["sql"]) {
                    let inside = crate::project::file_listing::relative(&path, &project.root);

                    files.push((project.name.clone(), path, inside, None));
                }
            }
        }
        let parsed: Vec<Result<Vec<MacroEntry>>> = files
            .into_par_iter()
            .map(|(package, path, inside, text)| {
                let text = match text {
                    Some(text) => text,
                    None => std::fs::read_to_string(&path).or_cannot_at("read macros", &path)?,
                };
                entries(environment, &package, &path, &inside, text)
            })
            .collect();
        let mut errors = Vec::new();
        let mut packages: HashMap<String, HashMap<String, Arc<MacroEntry>>> = HashMap::new();
        for found in parsed {
            match found {
                Err(error) => errors.push(error),
                Ok(found) => {
                    for entry in found {
                        let package = packages.entry(entry.package_name.clone()).or_default();
                        if let Some(other) = package.get(&entry.name) {
                            errors.push(
                                Error::new(format!("the macro '{}' is there twice", entry.name))
                                    .in_dbts_words(format!(
                                        "dbt found multiple macros named \"{}\" in the project",
                                        entry.name
                                    ))
                                    .at(&entry.original_file_path)
                                    .hint(format!(
                                        "the other one is in {}; rename one",
                                        other.original_file_path
                                    )),
                            );
                        }
                        package.insert(entry.name.clone(), Arc::new(entry));
                    }
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let root = projects.first().map(|project| project.name.clone()).unwrap_or_default();
        let dispatch = projects.first().map(|project| project.dispatch.clone()).unwrap_or_default();
        let flag = "require_explicit_package_overrides_for_builtin_materializations";
        let packages_override = projects.first().is_some_and(|project| !project.flag(flag, true));
        let mut registry =
            Self { packages, namespaces: HashMap::new(), root, dispatch, packages_override, dialect };
        for project in projects {
            registry.packages.entry(project.name.clone()).or_default();
        }
        let mut namespaces = HashMap::new();
        for package in registry.packages.keys().filter(|name| !is_built_in_package(name)) {
            namespaces.insert(package.clone(), registry.namespace_of(&[package]));
        }
        namespaces.insert(COMMON.to_owned(), registry.namespace_of(&[COMMON, adapter_package(dialect)]));
        registry.namespaces = namespaces;
        Ok(registry)
    }

    fn namespace_of(&self, packages: &[&str]) -> Value {
        let mut members: HashMap<String, Value> = HashMap::new();
        for package in packages {
            for (name, entry) in self.packages.get(*package).into_iter().flatten() {
                members.insert(name.clone(), entry.value.clone());
            }
        }
        Value::object(Namespace { name: packages.first().copied().unwrap_or_default().to_owned(), members })
    }

    /// A macro of one package; `dbt` means all built-in ones.
    pub(crate) fn in_package(&self, package: &str, name: &str) -> Option<&Arc<MacroEntry>> {
        if package == COMMON {
            return self.built_in(name);
        }
        noted(name, self.packages.get(package).and_then(|own| own.get(name)))
    }

    fn built_in(&self, name: &str) -> Option<&Arc<MacroEntry>> {
        let packages = [adapter_package(self.dialect), COMMON];
        noted(name, packages.iter().find_map(|package| self.packages.get(*package)?.get(name)))
    }

    /// A bare name as a node of `package` sees it.
    pub(crate) fn find(&self, package: &str, name: &str) -> Option<&Arc<MacroEntry>> {
        let own = self.packages.get(package).and_then(|own| own.get(name));
        let found = own.or_else(|| self.packages.get(&self.root)?.get(name));
        noted(name, found).or_else(|| self.built_in(name))
    }

    /// What a bare name means in a template: a macro, or a package's namespace.
    pub(crate) fn lookup(&self, package: &str, name: &str) -> Option<Value> {
        self.find(package, name).map(|entry| entry.value.clone()).or_else(|| self.namespace(name))
    }

    /// The macros of a package, as templates see them under its name.
    pub(crate) fn namespace(&self, name: &str) -> Option<Value> {
        self.namespaces.get(name).cloned()
    }

    /// The entry of a macro that is being called by this name.
    pub(crate) fn identify(&self, name: &str, called: &Value) -> Option<&Arc<MacroEntry>> {
        let is_it = |entry: &&Arc<MacroEntry>| entry.value.equals(called);
        self.packages.values().filter_map(|package| package.get(name)).find(is_it)
    }

    /// `adapter.dispatch(name, namespace)`.
    pub(crate) fn dispatch(
        &self,
        package: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> Result<&Arc<MacroEntry>, ingot_jinja::Error> {
        let search: Vec<Option<&str>> = match namespace {
            None => vec![None],
            Some(namespace) => match self.dispatch.iter().find(|dispatch| dispatch.namespace == namespace) {
                Some(dispatch) => dispatch.search_order.iter().map(|name| Some(name.as_str())).collect(),
                None if namespace == COMMON || self.packages.contains_key(namespace) => {
                    vec![Some(self.root.as_str()), Some(namespace)]
                }
                // No package of that name: as if none had been given.
                None => vec![None],
            },
        };
        if name.contains('.') {
            let (namespace, bare) = name.split_once('.').unwrap_or_default();
            return Err(ingot_jinja::Error::value(format!(
                "adapter.dispatch('{name}') has a dot in the macro's name"
            ))
            .hint(format!("write adapter.dispatch('{bare}', '{namespace}')")));
        }
        let mut tried = Vec::new();
        for place in search {
            for prefix in [self.dialect.adapter_type(), "default"] {
                let full = format!("{prefix}__{name}");
                let found = match place {
                    None => self.find(package, &full),
                    Some(place) => self.in_package(place, &full),
                };
                if let Some(found) = found {
                    return Ok(found);
                }
                tried.push(place.map_or(full.clone(), |place| format!("{place}.{full}")));
            }
        }
        let searched: Vec<String> = tried.iter().map(|name| format!("'{name}'")).collect();
        let words = format!(
            "In dispatch: No macro named '{name}' found within namespace: '{}'\n    Searched for: {}",
            namespace.unwrap_or("None"),
            searched.join(", ")
        );
        Err(Error::new(format!("adapter.dispatch found no macro for '{name}'"))
            .in_dbts_words(words)
            .hint(format!("it looked for {}", tried.join(", ")))
            .into())
    }

    /// The macro of a materialization: made for the engine before general, the project's before the built-in.
    pub(crate) fn materialization(&self, name: &str) -> Option<&Arc<MacroEntry>> {
        [self.dialect.adapter_type(), "default"].iter().find_map(|adapter| {
            let full = format!("materialization_{name}_{adapter}");
            let root = self.packages.get(&self.root).and_then(|own| own.get(&full));
            let of_package = || {
                self.packages
                    .iter()
                    .find_map(|(name, package)| package.get(&full).filter(|_| !is_built_in_package(name)))
            };
            let found = match self.packages_override {
                true => root.or_else(of_package).or_else(|| self.built_in(&full)),
                false => root.or_else(|| self.built_in(&full)).or_else(of_package),
            };
            noted(&full, found)
        })
    }

    /// Whether a materialization is a package's, and stands in the place of a built-in one.
    pub(crate) fn overrides_built_in(&self, entry: &MacroEntry, name: &str) -> bool {
        let is_of_package = !entry.is_built_in() && entry.package_name != self.root;
        let adapters = [self.dialect.adapter_type(), "default"];
        is_of_package
            && adapters
                .iter()
                .any(|adapter| self.built_in(&format!("materialization_{name}_{adapter}")).is_some())
    }

    /// Whether the project or a package has a macro of its own under the name of a built-in one.
    pub(crate) fn is_replaced(&self, name: &str) -> bool {
        let theirs = self.packages.iter().filter(|(package, _)| !is_built_in_package(package));
        theirs.into_iter().any(|(_, macros)| macros.contains_key(name))
    }

    /// `generate_schema_name` and its like: the root project's, then that of the node's package, then dbt's.
    pub(crate) fn generator(&self, package: &str, name: &str) -> Option<&Arc<MacroEntry>> {
        self.packages
            .get(&self.root)
            .and_then(|own| own.get(name))
            .or_else(|| self.packages.get(package)?.get(name))
            .or_else(|| self.built_in(name))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<MacroEntry>> {
        self.packages.values().flat_map(HashMap::values)
    }

    /// Names a template of `package` could have meant.
    pub(crate) fn names_for(&self, package: &str) -> Vec<String> {
        let mut names: Vec<String> = [package, self.root.as_str(), adapter_package(self.dialect), COMMON]
            .iter()
            .filter_map(|package| self.packages.get(*package))
            .flat_map(HashMap::keys)
            .cloned()
            .collect();
        names.extend(self.namespaces.keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    /// The names of all materializations there are, without their prefix.
    pub(crate) fn materializations(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .all()
            .filter_map(|entry| entry.name.strip_prefix("materialization_")?.rsplit_once('_'))
            .map(|(name, _)| name.to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Macros, tests and materializations of one file.
fn entries(
    environment: &Environment,
    package: &str,
    path: &Path,
    inside: &str,
    text: String,
) -> Result<Vec<MacroEntry>> {
    let file_hash = xxh3_128(text.as_bytes());
    let template = Template::parse(text.clone(), path, environment)
        .or_else(|error| Template::parse(blocks_alone(&text), path, environment).map_err(|_| error))?;
    let entry = |name: String, text: &str, languages: Vec<String>, value: Value| MacroEntry {
        unique_id: format!("macro.{package}.{name}"),
        name,
        package_name: package.to_owned(),
        original_file_path: inside.to_owned(),
        text: text.to_owned(),
        languages,
        file_hash,
        value,
    };
    let mut out: Vec<MacroEntry> = template
        .macros()
        .map(|info| entry(info.name().to_owned(), info.text(), Vec::new(), info.value()))
        .collect();
    for block in template.blocks() {
        let Some(name) = block_macro_name(&block) else { continue };
        let given = block.option("supported_languages").and_then(Value::as_list).map(|list| list.items());
        let given = given.map(|list| list.iter().map(values::text).collect());
        out.push(entry(
            name,
            block.text(),
            given.unwrap_or_else(|| vec!["sql".to_owned()]),
            block.body().value(),
        ));
    }
    Ok(out)
}

/// The file without what stands between its macros, which dbt passes over: most likely a comment that is none
/// (`{% see https://… %}`). Lines stay where they are.
/// <https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/clients/_jinja_blocks.py> (BlockIterator)
fn blocks_alone(text: &str) -> String {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?s)\{#.*?#\}|\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|\{%-?\s*(?P<end>end)?(?P<tag>macro|materialization|test|data_test)\b(?:[^'"%]|'[^']*'|"[^"]*"|%[^}])*?%\}"#)
            .expect("the pattern is a constant")
    });
    let mut out = String::with_capacity(text.len());
    let (mut begun, mut behind): (Option<(&str, usize)>, usize) = (None, 0);
    let blank =
        |part: &str| part.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect::<String>();
    for found in TAG.captures_iter(text) {
        let (Some(whole), Some(tag)) = (found.get(0), found.name("tag")) else { continue };
        match begun {
            None if found.name("end").is_none() => begun = Some((tag.as_str(), whole.start())),
            Some((name, start)) if found.name("end").is_some() && name == tag.as_str() => {
                out.push_str(&blank(&text[behind..start]));
                out.push_str(&text[start..whole.end()]);
                (begun, behind) = (None, whole.end());
            }
            _ => {}
        }
    }
    // A macro without its end stays, for the error about it.
    let (kept, rest) =
        text[behind..].split_at(begun.map_or(text.len() - behind, |(_, start)| start - behind));
    out + &blank(kept) + rest
}

/// The name under which a block tag's macro is kept; `None` for tags that make no macro.
fn block_macro_name(block: &Block) -> Option<String> {
    match block.tag() {
        "test" | "data_test" => Some(format!("test_{}", block.name())),
        "materialization" => {
            let adapter = block.option("adapter").and_then(Value::as_str).unwrap_or("default");
            Some(format!("materialization_{}_{adapter}", block.name()))
        }
        _ => None,
    }
}

/// Notes for the node that runs which name was looked for.
fn noted<'e>(name: &str, found: Option<&'e Arc<MacroEntry>>) -> Option<&'e Arc<MacroEntry>> {
    trace::note_name(name, found.is_some_and(|entry| !entry.is_built_in()));
    found
}

/// `dbt_utils`, whose attributes are the package's macros.
struct Namespace {
    name: String,
    members: HashMap<String, Value>,
}

impl ingot_jinja::Object for Namespace {
    fn type_name(&self) -> &str {
        "package"
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        trace::note_name(name, self.name != COMMON && self.members.contains_key(name));
        self.members.get(name).cloned().or_else(|| {
            let sentence = match nearest(name, self.members.keys().map(String::as_str)) {
                Some(near) => {
                    format!("package '{}' has no macro '{name}'; did you mean '{near}'?", self.name)
                }
                None => format!("package '{}' has no macro '{name}'", self.name),
            };
            Some(Value::undefined_because(name, sentence))
        })
    }
    fn get_item(&self, key: &Value) -> ingot_jinja::Result<Option<Value>> {
        Ok(key.as_str().and_then(|name| {
            trace::note_name(name, self.name != COMMON && self.members.contains_key(name));
            self.members.get(name).cloned()
        }))
    }
    fn contains(&self, item: &Value) -> Option<bool> {
        Some(item.as_str().is_some_and(|name| {
            trace::note_name(name, false);
            self.members.contains_key(name)
        }))
    }
}
