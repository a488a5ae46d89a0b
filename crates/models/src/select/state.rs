//! The project as it was at another time: the artifacts in the folder that `--state` names, and how nodes
//! differ from what they were.

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::Object;
use crate::select::known_words::one_of;
use ingot_core::error::{Context, Error, Result};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What was read from `--state`, and what of this run it is compared with.
#[derive(Default)]
pub(crate) struct State {
    folder: PathBuf,
    manifest: Option<Object>,
    /// Unique ids to statuses.
    results: Option<HashMap<String, String>>,
    /// Unique ids to `max_loaded_at`.
    sources: Option<HashMap<String, String>>,
    /// The same of the last `source freshness` of this project.
    sources_now: Option<HashMap<String, String>>,
    /// The macros of this project whose text has changed, and what each macro calls.
    changed_macros: HashSet<String>,
    macro_calls: HashMap<String, Vec<String>>,
    /// Whether templates of database and schema are compared, and not what they give: dbt's flag
    /// `state_modified_compare_more_unrendered_values`.
    pub(crate) compares_unrendered: bool,
    /// Whether a selection asked for what is modified, contracts included.
    asked_for_changes: AtomicBool,
}

/// A macro of the project as it is now.
pub(crate) struct MacroNow<'a> {
    pub unique_id: &'a str,
    /// What is built in has none: that it is not dbt's text is no change.
    pub text: Option<&'a str>,
    pub calls: Vec<String>,
}

impl State {
    /// Reads the artifacts in `folder`; those that are not there are missed only when they are asked for.
    ///
    /// # Errors
    /// The folder is not there, or a file in it is not JSON.
    pub(crate) fn read(folder: &Path, target_folder: &Path, macros: Vec<MacroNow>) -> Result<Self> {
        if !folder.is_dir() {
            return Err(Error::new("the folder that --state names is not there")
                .at(folder)
                .hint("give it the target folder of an earlier run, with its manifest.json"));
        }
        let manifest = read_json(&folder.join("manifest.json"))?;
        if let Some(manifest) = &manifest {
            refuse_older(manifest, folder)?;
        }
        let mut changed_macros = HashSet::new();
        if let Some(old) = manifest.as_ref().and_then(|manifest| manifest.get("macros")) {
            for entry in &macros {
                let before =
                    old.get(entry.unique_id).and_then(|old| old.get("macro_sql")).and_then(Json::as_str);
                if entry.text.is_some_and(|text| before != Some(text)) {
                    changed_macros.insert(entry.unique_id.to_owned());
                }
            }
        }
        let by_id = |file: &str, key: &str| -> Result<Option<HashMap<String, String>>> {
            let found = read_json(&folder.join(file))?;
            Ok(found.map(|found| results_by_id(&found, key)))
        };
        Ok(Self {
            results: by_id("run_results.json", "status")?,
            sources: by_id("sources.json", "max_loaded_at")?,
            sources_now: read_json(&target_folder.join("sources.json"))?
                .map(|found| results_by_id(&found, "max_loaded_at")),
            macro_calls: macros.into_iter().map(|entry| (entry.unique_id.to_owned(), entry.calls)).collect(),
            folder: folder.to_path_buf(),
            manifest,
            changed_macros,
            compares_unrendered: false,
            asked_for_changes: AtomicBool::new(false),
        })
    }

    fn missing(&self, file: &str) -> Error {
        Error::new(format!("the folder of --state has no {file}")).at(&self.folder)
    }

    /// The entry of a node as it was.
    pub(crate) fn node(&self, unique_id: &str) -> Option<&Json> {
        let manifest = self.manifest.as_ref()?;
        SECTIONS.iter().find_map(|section| manifest.get(*section)?.get(unique_id))
    }

    /// The manifest that was read.
    ///
    /// # Errors
    /// There is none in the folder.
    pub(crate) fn manifest(&self) -> Result<&Object> {
        self.manifest.as_ref().ok_or_else(|| self.missing("manifest.json"))
    }

    /// Whether contracts were compared to find what is selected.
    pub(crate) fn compared_contracts(&self) -> bool {
        self.asked_for_changes.load(Ordering::Relaxed)
    }

    fn calls_changed_macro(&self, start: &[String]) -> bool {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut open: Vec<&str> = start.iter().map(String::as_str).collect();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if self.changed_macros.contains(id) {
                return true;
            }
            open.extend(self.macro_calls.get(id).into_iter().flatten().map(String::as_str));
        }
        false
    }
}

fn read_json(file: &Path) -> Result<Option<Object>> {
    if !file.is_file() {
        return Ok(None);
    }
    let text = std::fs::read(file).or_cannot_at("read the file", file)?;
    let value: Json = serde_json::from_slice(&text).map_err(|error| {
        Error::new("this is not a JSON file")
            .at(file)
            .caused_by(error)
            .hint("was it written by dbt or ingot?")
    })?;
    match value {
        Json::Object(members) => Ok(Some(members)),
        _ => Err(Error::new("this is not an artifact of dbt").at(file)),
    }
}

/// Manifests of a version that dbt no longer compares with.
///
/// # Errors
/// The manifest is one.
fn refuse_older(manifest: &Object, folder: &Path) -> Result<()> {
    const OLDEST: u32 = 4;
    let schema = manifest.get("metadata").and_then(|about| about.get("dbt_schema_version"));
    let schema = schema.and_then(Json::as_str).unwrap_or_default();
    let version = schema.rsplit_once("/v").and_then(|(_, version)| version.strip_suffix(".json"));
    let Some(version) =
        version.and_then(|version| version.parse::<u32>().ok()).filter(|found| *found < OLDEST)
    else {
        return Ok(());
    };
    let words = format!(
        "Expected a schema version of \"https://schemas.getdbt.com/dbt/manifest/v12.json\", but found \"{schema}\". Are you running with a different version of dbt?"
    );
    Err(Error::new(format!(
        "the manifest of --state is of version {version}, and {OLDEST} is the oldest that is read"
    ))
    .in_dbts_words(words)
    .at(folder.join("manifest.json"))
    .hint("write it again, with this program or a newer dbt"))
}

fn results_by_id(artifact: &Object, key: &str) -> HashMap<String, String> {
    let results = artifact.get("results").and_then(Json::as_array);
    results
        .into_iter()
        .flatten()
        .filter_map(|result| {
            let text = |key: &str| result.get(key).and_then(Json::as_str).map(str::to_owned);
            Some((text("unique_id")?, text(key)?))
        })
        .collect()
}

fn needed<'a>(state: Option<&'a State>, method: &str) -> Result<&'a State> {
    state.ok_or_else(|| {
        Error::new(format!("'{method}:' compares with another state of the project, and none is given"))
            .in_dbts_words("Got a state selector method, but no comparison manifest")
            .hint("name the folder with its artifacts: --state DIR (or DBT_STATE)")
    })
}

/// `result:error`.
pub(crate) fn result_matches(state: Option<&State>, node: &Node, value: &str) -> Result<bool> {
    const STATUSES: &[&str] =
        &["success", "error", "fail", "warn", "pass", "skipped", "runtime error", "no-op", "partial success"];
    one_of("result", value, STATUSES)?;
    let state = needed(state, "result")?;
    let results = state.results.as_ref().ok_or_else(|| state.missing("run_results.json"))?;
    Ok(results.get(&node.unique_id).is_some_and(|status| status == value))
}

/// `source_status:fresher`: sources with newer rows than at the other time.
pub(crate) fn source_status_matches(state: Option<&State>, node: &Node, value: &str) -> Result<bool> {
    one_of("source status", value, &["fresher"])?;
    let state = needed(state, "source_status")?;
    let before = state.sources.as_ref().ok_or_else(|| {
        state
            .missing("sources.json")
            .in_dbts_words("No previous state comparison freshness results in sources.json")
    })?;
    let now = state.sources_now.as_ref().ok_or_else(|| {
        Error::new("the target folder has no sources.json to compare with")
            .in_dbts_words("No current state comparison freshness results in sources.json")
            .hint("run `source freshness` first")
    })?;
    let newer = |now: &String| before.get(&node.unique_id).is_none_or(|before| now > before);
    Ok(now.get(&node.unique_id).is_some_and(newer))
}

/// The sections of a manifest that hold nodes.
const SECTIONS: &[&str] = &[
    "nodes",
    "sources",
    "exposures",
    "unit_tests",
    "metrics",
    "semantic_models",
    "saved_queries",
    "functions",
];

const STATES: &[&str] = &["new", "old", "modified", "unmodified"];
const PARTS: &[&str] = &["body", "configs", "relation", "persisted_descriptions", "macros", "contract"];

/// `state:modified`, `state:modified.body`, `state:new`, …
pub(crate) fn matches(state: Option<&State>, node: &Node, value: &str) -> Result<bool> {
    let (word, part) = match value.split_once('.') {
        Some((word, part)) => (word, Some(part)),
        None => (value, None),
    };
    one_of("state", word, STATES)?;
    if let Some(part) = part {
        one_of("part of a state", part, PARTS)?;
        if word != "modified" {
            return Err(
                Error::new(format!("'state:{value}' is not known")).hint("parts belong to state:modified")
            );
        }
    }
    let state = needed(state, "state")?;
    state.manifest()?;
    // Whoever asks for what is not modified compares all the same.
    if matches!((word, part), ("modified", None | Some("contract")) | ("unmodified", _)) {
        state.asked_for_changes.store(true, Ordering::Relaxed);
    }
    let old = state.node(&node.unique_id);
    let macros = || match node.generic_test().is_some() && node.depends_on_macros.is_empty() {
        true => Err(no_macro(node)),
        false => Ok(state.calls_changed_macro(&node.depends_on_macros)),
    };
    let modified = || match old {
        Some(old) if same(state, node, old) => macros(),
        _ => Ok(true),
    };
    Ok(match (word, part) {
        ("new", _) => old.is_none(),
        ("old", _) => old.is_some(),
        ("unmodified", _) => !modified()?,
        (_, None) => modified()?,
        (_, Some("macros")) => macros()?,
        (_, Some(part)) => differs(state, node, old, part),
    })
}

/// The error about a generic test that is no longer there, of which nobody can say whether it has changed.
fn no_macro(node: &Node) -> Error {
    let words = format!(
        "Node '{}' (in {}) depends on a macro or test that does not exist. This can happen when a macro or generic test is removed but is still referenced. Check for typos and/or install package dependencies with 'dbt deps'.",
        node.name, node.original_file_path
    );
    Error::new(format!("'{}' is a test of which the macro is not there", node.name))
        .in_dbts_words(words)
        .at_line(&node.original_file_path, node.line)
        .hint("take the test out, or bring back its macro")
}

/// One part of a node, where that kind of node has it.
fn differs(state: &State, node: &Node, old: Option<&Json>, part: &str) -> bool {
    let is_code = node.source().is_none() && !node.resource_type().is_only_described();
    let has_part = match part {
        "configs" => true,
        "relation" => !node.resource_type().is_only_described(),
        _ => is_code,
    };
    let Some(old) = old else { return has_part };
    has_part
        && !match part {
            "body" => same_body(node, old),
            "configs" => same_config(node, old),
            "relation" => same_relation(state, node, old),
            "contract" => same_contract(node, old),
            _ => same_descriptions(node, old),
        }
}

fn same(state: &State, node: &Node, old: &Json) -> bool {
    let now = Json::Object(node.to_json());
    // Older manifests lack what is null in newer ones.
    fn said<'j>(entry: &'j Json, key: &str) -> Option<&'j Json> {
        entry.get(key).filter(|value| !value.is_null())
    }
    let equal = |keys: &[&str]| keys.iter().all(|key| said(&now, key) == said(old, key));
    match node.resource_type() {
        ResourceType::Source => {
            equal(&["identifier", "fqn", "quoting", "freshness", "loaded_at_field", "external"])
                && same_relation(state, node, old)
                && same_config(node, old)
        }
        ResourceType::Exposure => {
            let needs = |entry: &Json| -> HashSet<String> {
                let nodes = entry.get("depends_on").and_then(|on| on.get("nodes")).and_then(Json::as_array);
                nodes.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
            };
            equal(&["fqn", "type", "owner", "maturity", "url", "description", "label"])
                && needs(&now) == needs(old)
                && same_config(node, old)
        }
        // Everything but what is found out from others: <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/contracts/graph/nodes.py>
        // (same_contents of Metric, SemanticModel and SavedQuery)
        ResourceType::Metric => {
            equal(&["fqn", "filter", "label", "type", "type_params", "time_granularity", "metadata"])
                && same_config(node, old)
        }
        ResourceType::SemanticModel => {
            equal(&[
                "model",
                "description",
                "defaults",
                "entities",
                "dimensions",
                "measures",
                "primary_entity",
                "group",
            ]) && same_config(node, old)
        }
        ResourceType::SavedQuery => {
            let exports = |entry: &Json| -> Vec<Json> {
                let all = entry.get("exports").and_then(Json::as_array).cloned().unwrap_or_default();
                all.into_iter()
                    .map(|mut export| {
                        serde_json::json!([export["name"].take(), export["unrendered_config"].take()])
                    })
                    .collect()
            };
            equal(&["query_params", "description", "label", "group", "tags"])
                && exports(&now) == exports(old)
                && same_config(node, old)
        }
        // What the test says; the SQL of its model is the model's own change.
        ResourceType::UnitTest => equal(&["fqn", "model", "given", "expect", "overrides", "versions"]),
        ResourceType::Test if node.generic_test().is_some() => equal(&["fqn"]) && same_config(node, old),
        _ => {
            same_body(node, old)
                && same_config(node, old)
                && same_descriptions(node, old)
                && equal(&["fqn"])
                && same_relation(state, node, old)
                && same_contract(node, old)
                && (node.resource_type() != ResourceType::Model
                    || equal(&["latest_version", "deprecation_date"])
                        && (said(old, "access").is_none() || equal(&["access"])))
        }
    }
}

fn same_body(node: &Node, old: &Json) -> bool {
    if node.resource_type() == ResourceType::Seed {
        let checksum = old.get("checksum").and_then(|sum| sum.get("checksum")).and_then(Json::as_str);
        return checksum == Some(node.checksum.as_str());
    }
    // Up to version 6 of the manifest it was `raw_sql`.
    let code = old.get("raw_code").or_else(|| old.get("raw_sql"));
    code.and_then(Json::as_str).map(str::trim) == Some(node.raw_code.trim())
}

/// Names and tags are compared elsewhere, or not at all.
fn same_config(node: &Node, old: &Json) -> bool {
    let empty = Object::new();
    let before = old.get("unrendered_config").and_then(Json::as_object).unwrap_or(&empty);
    let apart: &[&str] = match node.resource_type() {
        kind if kind == ResourceType::Source || kind.is_only_described() => &[],
        _ => &["alias", "schema", "database", "tags", "group"],
    };
    let now = &node.unrendered_config;
    let keys: HashSet<&String> = now.keys().chain(before.keys()).collect();
    keys.into_iter().filter(|key| !apart.contains(&key.as_str())).all(|key| now.get(key) == before.get(key))
}

/// For a source the names themselves; for others what is configured, so that another target is not a change.
fn same_relation(state: &State, node: &Node, old: &Json) -> bool {
    let text = |key: &str| old.get(key).and_then(Json::as_str);
    if let Some(source) = node.source() {
        if state.compares_unrendered {
            let before = ["unrendered_database", "unrendered_schema"].map(|key| text(key).map(str::to_owned));
            return before == source.unrendered;
        }
        return text("database") == Some(node.database.as_str())
            && text("schema") == Some(node.schema.as_str());
    }
    let before = old.get("unrendered_config");
    ["database", "schema", "alias"]
        .iter()
        .all(|key| node.unrendered_config.get(*key) == before.and_then(|before| before.get(*key)))
}

/// Descriptions count where they are written to the database.
fn same_descriptions(node: &Node, old: &Json) -> bool {
    let persists = |what: &str| {
        let docs = node.config.get("persist_docs").and_then(|docs| docs.get(what));
        docs.and_then(Json::as_bool).unwrap_or(false)
    };
    if persists("relation")
        && old.get("description").and_then(Json::as_str) != Some(node.description.as_str())
    {
        return false;
    }
    if !persists("columns") {
        return true;
    }
    let now: HashMap<&str, &str> =
        node.columns.iter().map(|column| (column.name.as_str(), column.description.as_str())).collect();
    let before = old.get("columns").and_then(Json::as_object);
    let before: HashMap<&str, &str> = before
        .into_iter()
        .flatten()
        .map(|(name, column)| {
            (name.as_str(), column.get("description").and_then(Json::as_str).unwrap_or_default())
        })
        .collect();
    now == before
}

fn same_contract(node: &Node, old: &Json) -> bool {
    let now = Json::Object(node.to_json());
    let of = |entry: &Json| {
        let contract = entry.get("contract").cloned().unwrap_or_default();
        let enforced = contract.get("enforced").and_then(Json::as_bool).unwrap_or(false);
        enforced.then(|| contract.get("checksum").cloned().unwrap_or_default())
    };
    of(&now) == of(old)
}
