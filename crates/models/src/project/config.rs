//! The configuration of a node: defaults, then `dbt_project.yml` (from the outside in), then the YAML
//! properties, then `config(...)` in the file; for a package's node the root project has the last word.

use crate::json_values::Object;
use crate::project::dbt_project_yml::DbtProject;
use crate::project::dbt_schemas;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// Which kind of node is configured: decides defaults and where in `dbt_project.yml` to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ConfigKind {
    Model,
    Seed,
    Snapshot,
    Test,
    Source,
    Analysis,
    Exposure,
    Operation,
    UnitTest,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
}

impl ConfigKind {
    /// The key of `dbt_project.yml` that holds its configs.
    pub(crate) fn tree(self) -> &'static str {
        match self {
            Self::Model | Self::Analysis | Self::Operation => "models",
            Self::Seed => "seeds",
            Self::Snapshot => "snapshots",
            Self::Test => "data_tests",
            Self::Source => "sources",
            Self::Exposure => "exposures",
            Self::UnitTest => "unit_tests",
            Self::Metric => "metrics",
            Self::SemanticModel => "semantic-models",
            Self::SavedQuery => "saved-queries",
            Self::Function => "functions",
        }
    }

    /// The type of its nodes, as dbt's manifest has it.
    fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Source => "source",
            Self::Analysis => "analysis",
            Self::Exposure => "exposure",
            Self::Operation => "operation",
            Self::UnitTest => "unit_test",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::Function => "function",
        }
    }

    /// What dbt's manifest shows for a node that nothing configures.
    fn defaults(self) -> Object {
        let value = match self {
            Self::Source => json!({
                "enabled": true, "event_time": null, "freshness": {
                    "warn_after": {"count": null, "period": null},
                    "error_after": {"count": null, "period": null}, "filter": null,
                },
                "loaded_at_field": null, "loaded_at_query": null, "meta": {}, "tags": [],
                "static_analysis": null,
            }),
            Self::Exposure => json!({"enabled": true, "tags": [], "meta": {}}),
            Self::Metric | Self::SemanticModel => json!({"enabled": true, "group": null, "meta": {}}),
            Self::SavedQuery => json!({
                "enabled": true, "group": null, "meta": {}, "export_as": null, "schema": null,
                "cache": {"enabled": false},
            }),
            Self::UnitTest => json!({
                "tags": [], "meta": {}, "enabled": true, "static_analysis": null, "materialized": "unit",
            }),
            Self::Test => json!({
                "enabled": true, "alias": null, "schema": "dbt_test__audit", "database": null, "tags": [],
                "meta": {}, "group": null, "static_analysis": null, "materialized": "test", "severity": "ERROR",
                "store_failures": null, "store_failures_as": null, "where": null, "limit": null,
                "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0",
            }),
            Self::Model | Self::Seed | Self::Snapshot | Self::Analysis | Self::Operation | Self::Function => {
                json!({
                    "enabled": true, "alias": null, "schema": null, "database": null, "tags": [], "meta": {},
                    "group": null, "static_analysis": null,
                    "materialized": match self {
                        Self::Seed => "seed", Self::Snapshot => "snapshot", Self::Function => "function", _ => "view",
                    },
                    "incremental_strategy": null, "batch_size": null, "lookback": 1, "begin": null,
                    "persist_docs": {}, "post-hook": [], "pre-hook": [], "quoting": {}, "column_types": {},
                    "full_refresh": null, "unique_key": null, "on_schema_change": "ignore",
                    "on_configuration_change": "apply", "grants": {}, "packages": [],
                    "docs": {"show": true, "node_color": null},
                    "contract": {"enforced": false, "alias_types": true}, "event_time": null,
                    "concurrent_batches": null,
                })
            }
        };
        let Json::Object(mut object) = value else { return Object::new() };
        match self {
            Self::Model => {
                object.insert("access".to_owned(), "protected".into());
                object.insert("freshness".to_owned(), Json::Null);
            }
            Self::Seed => {
                object.insert("delimiter".to_owned(), ",".into());
                object.insert("quote_columns".to_owned(), Json::Null);
            }
            Self::Snapshot => {
                for unknown in ["strategy", "target_schema", "target_database", "updated_at", "check_cols"] {
                    object.insert(unknown.to_owned(), Json::Null);
                }
            }
            Self::Function => {
                object.insert("type".to_owned(), "scalar".into());
                for unknown in ["volatility", "runtime_version", "entry_point"] {
                    object.insert(unknown.to_owned(), Json::Null);
                }
            }
            _ => {}
        }
        object
    }
}

/// Builds the final configuration.
///
/// `fqn` starts with the package's name. `properties` is what a YAML file says under `config:`,
/// `in_file` what `config(...)` said while the node was rendered.
pub(crate) fn build(
    kind: ConfigKind,
    fqn: &[String],
    own: &DbtProject,
    root: &DbtProject,
    properties: &Object,
    in_file: &Object,
) -> Object {
    let mut config = kind.defaults();
    let mut all = levels(&own.configs, kind, fqn);
    all.extend([properties.clone(), in_file.clone()]);
    if own.name != root.name {
        all.extend(levels(&root.configs, kind, fqn));
    }
    for level in all {
        // Of these kinds the innermost tags hold, where others collect them, and of exposures the innermost meta.
        let replaced: &[&str] = match kind {
            ConfigKind::Source => &["tags"],
            ConfigKind::Exposure => &["tags", "meta"],
            _ => &[],
        };
        for key in replaced.iter().filter(|key| level.contains_key(**key)) {
            config.insert((*key).to_owned(), Json::Null);
        }
        update(&mut config, level);
    }
    finish(kind, &mut config);
    config
}

/// The config that a model has while a unit test of it is compiled.
/// <https://github.com/dbt-labs/dbt-core/blob/1.11.latest/core/dbt/parser/unit_tests.py> (UnitTestNodeConfig)
pub(crate) fn of_unit_tests() -> Object {
    let mut config = ConfigKind::Analysis.defaults();
    config.insert("materialized".to_owned(), "unit".into());
    config
}

/// Gives a key that dbt declares for this kind of node, and that ended as null, what it has without the node's own
/// words: what `dbt_project.yml` says of it, or its default. dbt leaves nulls out when it puts a final config over the
/// one that it began with, so nobody can take such a key back; keys of others do become null. Those that cannot be null
/// stay so here, and are refused with all that has a wrong type.
/// <https://github.com/dbt-labs/dbt-core/blob/1.11.latest/core/dbt/parser/base.py> (`update_parsed_node_config_dict`).
///
/// Gives nothing where nothing changes.
pub(crate) fn without_nulls(
    kind: ConfigKind,
    fqn: &[String],
    own: &DbtProject,
    root: &DbtProject,
    config: &Object,
) -> Option<Object> {
    let mut declared = kind.defaults();
    if kind == ConfigKind::Snapshot {
        declared.insert("dbt_valid_to_current".to_owned(), Json::Null);
    }
    let is_null = |key: &&String| {
        config.get(key.as_str()).is_some_and(Json::is_null) && dbt_schemas::takes_null(kind.name(), key)
    };
    let taken: Vec<&String> = declared.keys().filter(is_null).collect();
    if taken.is_empty() {
        return None;
    }
    let from_outside = build(kind, fqn, own, root, &Object::new(), &Object::new());
    let mut out = config.clone();
    for key in taken {
        let said = from_outside.get(key).filter(|value| !value.is_null()).unwrap_or(&declared[key]);
        out.insert(key.clone(), said.clone());
    }
    (out != *config).then_some(out)
}

/// The same, as it is written: no defaults, later keys in place of earlier ones, the Jinja of
/// `dbt_project.yml` unrendered. Two states of a project are compared by it.
pub(crate) fn unrendered(
    kind: ConfigKind,
    fqn: &[String],
    own: &DbtProject,
    root: &DbtProject,
    properties: &Object,
    in_file: &Object,
) -> Object {
    let mut out = Object::new();
    for level in levels(&own.unrendered_configs, kind, fqn) {
        out.extend(level);
    }
    out.extend(properties.clone());
    if own.name != root.name {
        for level in levels(&root.unrendered_configs, kind, fqn) {
            out.extend(level);
        }
    }
    out.extend(in_file.clone());
    out
}

/// Joins a further `config(...)` of the same file to what was said before: lists grow, mappings are
/// updated, everything else is replaced.
pub(crate) fn join_calls(said: &mut Object, more: Object) {
    for (key, value) in more {
        let key = match key.as_str() {
            "pre_hook" => "pre-hook".to_owned(),
            "post_hook" => "post-hook".to_owned(),
            _ => key,
        };
        match (key.as_str(), said.get_mut(&key)) {
            ("tags" | "packages" | "pre-hook" | "post-hook", Some(old)) => {
                let mut all = list(Some(old));
                all.extend(list(Some(&value)));
                *old = Json::Array(all);
            }
            ("grants", Some(Json::Object(old))) if value.is_object() => {
                for (privilege, to) in value.as_object().cloned().unwrap_or_default() {
                    let mut all = match privilege.starts_with('+') {
                        true => list(old.get(&privilege)),
                        false => Vec::new(),
                    };
                    all.extend(list(Some(&to)));
                    old.insert(privilege, Json::Array(all));
                }
            }
            ("meta" | "quoting" | "column_types" | "docs" | "contract", Some(Json::Object(old)))
                if value.is_object() =>
            {
                old.extend(value.as_object().cloned().unwrap_or_default());
            }
            _ => {
                said.insert(key, value);
            }
        }
    }
}

/// What `dbt_project.yml` says of this node, from the outermost level to the innermost.
fn levels(trees: &HashMap<String, Object>, kind: ConfigKind, fqn: &[String]) -> Vec<Object> {
    let Some(mut tree) = trees.get(kind.tree()) else { return Vec::new() };
    let mut out = vec![own_keys(tree)];
    for part in fqn {
        match tree.get(part) {
            Some(Json::Object(inner)) => {
                out.push(own_keys(inner));
                tree = inner;
            }
            _ => break,
        }
    }
    out
}

/// How many parts of the path `dbt_project.yml` has a level for.
pub(crate) fn depth(trees: &HashMap<String, Object>, kind: ConfigKind, fqn: &[String]) -> usize {
    let mut tree = trees.get(kind.tree());
    let mut below = |part: &String| {
        tree = tree.and_then(|tree| tree.get(part)).and_then(Json::as_object);
        tree.is_some()
    };
    fqn.iter().take_while(|part| below(part)).count()
}

/// The configs of this level itself. A mapping without `+` is a folder, not a config.
fn own_keys(level: &Object) -> Object {
    level
        .iter()
        .filter_map(|(key, value)| match key.strip_prefix('+') {
            Some(key) => Some((key.trim().to_owned(), value.clone())),
            None if value.is_object() => None,
            None => Some((key.clone(), value.clone())),
        })
        .collect()
}

/// Merges `more` into `config` as dbt does: lists of tags and hooks grow, `meta` and the like are
/// updated key by key, everything else is replaced.
pub(crate) fn update(config: &mut Object, more: Object) {
    for (key, value) in more {
        let key = match key.as_str() {
            "pre_hook" => "pre-hook".to_owned(),
            "post_hook" => "post-hook".to_owned(),
            _ => key,
        };
        match key.as_str() {
            // A null among them stays, and is refused.
            "tags" | "packages" | "pre-hook" | "post-hook" if value.is_null() => {
                let mut all: Vec<Json> = list(config.get(&key));
                all.push(value);
                config.insert(key, Json::Array(all));
            }
            "tags" | "packages" => {
                let mut all: Vec<Json> = list(config.get(&key));
                all.extend(list(Some(&value)));
                config.insert(key, Json::Array(all));
            }
            "pre-hook" | "post-hook" => {
                let mut all: Vec<Json> = list(config.get(&key));
                all.extend(list(Some(&value)).iter().map(hook));
                config.insert(key, Json::Array(all));
            }
            "grants" if !value.is_object() => {
                config.insert(key, value);
            }
            "meta" | "quoting" | "column_types" | "docs" | "contract" | "snapshot_meta_column_names" => {
                match (config.get_mut(&key), value) {
                    (Some(Json::Object(old)), Json::Object(new)) => old.extend(new),
                    (_, Json::Null) if key == "snapshot_meta_column_names" => {}
                    (_, value) => {
                        config.insert(key, value);
                    }
                }
            }
            "grants" => {
                let mut old = config.get("grants").and_then(Json::as_object).cloned().unwrap_or_default();
                for (privilege, to) in value.as_object().into_iter().flatten() {
                    match privilege.strip_prefix('+') {
                        Some(privilege) => {
                            let mut all = list(old.get(privilege));
                            all.extend(list(Some(to)));
                            old.insert(privilege.to_owned(), Json::Array(all));
                        }
                        None => {
                            old.insert(privilege.clone(), Json::Array(list(Some(to))));
                        }
                    }
                }
                config.insert(key, Json::Object(old));
            }
            _ => {
                config.insert(key, value);
            }
        }
    }
}

fn list(value: Option<&Json>) -> Vec<Json> {
    match value {
        Some(Json::Array(items)) => items.clone(),
        Some(Json::Null) | None => Vec::new(),
        Some(other) => vec![other.clone()],
    }
}

/// A hook as text, as a mapping, or as the JSON that `before_begin()` and `after_commit()` give.
pub(crate) fn hook(value: &Json) -> Json {
    let from_text = |text: &str| {
        serde_json::from_str::<Json>(text.trim())
            .ok()
            .filter(|parsed| parsed.get("sql").is_some())
            .unwrap_or_else(|| json!({"sql": text}))
    };
    let mut hook = match value {
        Json::String(text) => from_text(text),
        other => other.clone(),
    };
    if let Json::Object(hook) = &mut hook {
        hook.entry("transaction").or_insert(Json::Bool(true));
        hook.entry("index").or_insert(Json::Null);
    }
    hook
}

/// Makes a whole number of its text.
fn from_text(value: &mut Json) {
    if let Some(number) = value.as_str().and_then(|text| text.trim().parse::<i64>().ok()) {
        *value = number.into();
    }
}

fn finish(kind: ConfigKind, config: &mut Object) {
    // Each tag once, in the order of first mention.
    if let Some(tags) = config.get("tags") {
        let mut seen = Vec::new();
        for tag in list(Some(tags)) {
            if !seen.contains(&tag) {
                seen.push(tag);
            }
        }
        config.insert("tags".to_owned(), seen.into());
    }
    // As under dbt, the freshness of a source means nothing for a model.
    let of_source = |freshness: &Json| freshness.is_object() && freshness.get("build_after").is_none();
    if kind == ConfigKind::Model && config.get("freshness").is_some_and(of_source) {
        config.insert("freshness".to_owned(), Json::Null);
    }
    // As under dbt, a text may be a whole number where one is needed.
    let count =
        config.get_mut("freshness").and_then(|freshness| freshness.get_mut("build_after")?.get_mut("count"));
    if let Some(count) = count.filter(|_| kind == ConfigKind::Model) {
        from_text(count);
    }
    if kind != ConfigKind::Test {
        return;
    }
    config.get_mut("limit").into_iter().for_each(from_text);
    // store_failures and store_failures_as say the same thing in two ways; the latter wins.
    let stored_as = config.get("store_failures_as").and_then(Json::as_str).map(str::to_owned);
    match (stored_as.as_deref(), config.get("store_failures").and_then(Json::as_bool)) {
        (Some("ephemeral"), _) => {
            config.insert("store_failures".to_owned(), Json::Bool(false));
        }
        (Some(_), _) => {
            config.insert("store_failures".to_owned(), Json::Bool(true));
        }
        (None, Some(true)) => {
            config.insert("store_failures_as".to_owned(), "table".into());
        }
        (None, Some(false)) => {
            config.insert("store_failures_as".to_owned(), "ephemeral".into());
        }
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn project(name: &str, models: Json) -> DbtProject {
        let folder = tempfile::tempdir().unwrap();
        let text = json!({"name": name, "models": models}).to_string();
        std::fs::write(folder.path().join("dbt_project.yml"), text).unwrap();
        let mut file =
            crate::project::dbt_project_yml::read(folder.path(), &|text| Ok(Json::String(text.to_owned())))
                .unwrap();
        file.root = Path::new("/").to_path_buf();
        file
    }
    fn fqn(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }
    fn object(value: Json) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_inner_level_wins_and_tags_add_up() {
        let root = project(
            "shop",
            json!({"+materialized": "table", "+tags": "all", "shop": {"staging": {
                "+materialized": "view", "+tags": ["stg"], "+meta": {"owner": "a", "tier": 1}}}}),
        );
        let config = build(
            ConfigKind::Model,
            &fqn(&["shop", "staging", "stg_a"]),
            &root,
            &root,
            &object(json!({"meta": {"owner": "b"}, "tags": ["stg"]})),
            &object(json!({"schema": "s", "pre_hook": "select 1"})),
        );
        assert_eq!(config["materialized"], "view");
        assert_eq!(config["tags"], json!(["all", "stg"]));
        assert_eq!(config["meta"], json!({"owner": "b", "tier": 1}));
        assert_eq!(config["schema"], "s");
        assert_eq!(config["pre-hook"], json!([{"sql": "select 1", "transaction": true, "index": null}]));
    }

    #[test]
    fn the_root_project_overrides_a_package() {
        let root = project("shop", json!({"tools": {"+schema": "mine"}}));
        let package = project("tools", json!({"+schema": "theirs"}));
        let config =
            build(ConfigKind::Model, &fqn(&["tools", "m"]), &package, &root, &Object::new(), &Object::new());
        assert_eq!(config["schema"], "mine");
    }
}
