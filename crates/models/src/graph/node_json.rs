//! Nodes as dbt's manifest, and a template's `model` and `graph`, show them.

use crate::graph::column::Column;
use crate::graph::group::Group;
use crate::graph::node::below_first_folder;
use crate::graph::node::{Node, RefCall};
use crate::graph::node_kind::{Exposure, GenericTest, NodeKind, SourceTable, UnitTest};
use crate::graph::resource_type::ResourceType;
use crate::hashing;
use crate::json_values::Object;
use serde_json::{Value as Json, json};

impl Column {
    pub(crate) fn to_json(&self) -> Json {
        let mut out = json!({
            "name": self.name, "description": self.description, "meta": self.meta,
            "data_type": self.data_type, "constraints": constraints(&self.constraints), "quote": self.quote,
            "config": {"meta": self.meta, "tags": self.tags}, "tags": self.tags,
            "granularity": null, "doc_blocks": self.doc_blocks,
        });
        if let Json::Object(out) = &mut out {
            out.extend(self.extra.clone());
        }
        out
    }
}

impl Group {
    pub(crate) fn to_json(&self) -> Json {
        let mut config = json!({"meta": {}});
        if let Json::Object(config) = &mut config {
            config.extend(self.config.clone());
        }
        json!({
            "name": self.name, "resource_type": "group", "package_name": self.package_name,
            "path": self.original_file_path, "original_file_path": self.original_file_path,
            "unique_id": self.unique_id(), "owner": owner(&self.owner), "description": self.description,
            "config": config,
        })
    }
}

/// An owner always has both of its usual keys.
fn owner(given: &Object) -> Json {
    let mut out = json!({"email": null, "name": null});
    if let Json::Object(out) = &mut out {
        out.extend(given.clone());
    }
    out
}

/// Constraints with all the keys that dbt shows of them.
fn constraints(given: &[Json]) -> Json {
    let full = |constraint: &Json| {
        let mut out = json!({
            "type": null, "name": null, "expression": null, "warn_unenforced": true, "warn_unsupported": true,
            "to": null, "to_columns": [],
        });
        if let (Json::Object(out), Json::Object(given)) = (&mut out, constraint) {
            out.extend(given.clone());
        }
        out
    };
    given.iter().map(full).collect()
}

/// A day as the moment when it begins.
fn moment(text: &str) -> String {
    match text.parse::<jiff::civil::Date>() {
        Ok(day) => format!("{day}T00:00:00+00:00"),
        Err(_) => text.to_owned(),
    }
}

/// A version as YAML has it: a number where it is one.
fn version(text: Option<&String>) -> Json {
    match text {
        None => Json::Null,
        Some(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => whole.into(),
            (_, Ok(number)) => number.into(),
            _ => text.as_str().into(),
        },
    }
}

/// What dbt shows of a snapshot's config where nothing is said.
fn fill_in_snapshot(config: &mut Object) {
    let names = config.entry("snapshot_meta_column_names").or_insert_with(|| json!({}));
    if let Json::Object(names) = names {
        for key in ["dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"] {
            names.entry(key).or_insert(Json::Null);
        }
    }
    config.entry("dbt_valid_to_current").or_insert(Json::Null);
}

/// Keys with which both kinds of entry are put together.
pub(super) struct Entry(Object);

impl Entry {
    pub(super) fn put(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }
    pub(super) fn extend(&mut self, members: Object) {
        self.0.extend(members);
    }
}

impl Node {
    /// The node as dbt's manifest and a template's `model` show it.
    pub(crate) fn to_json(&self) -> Object {
        let mut out = Entry(Object::new());
        match &self.kind {
            NodeKind::Source(source) => self.put_source(source, &mut out),
            NodeKind::Exposure(exposure) => self.put_exposure(exposure, &mut out),
            NodeKind::UnitTest(Some(test)) => self.put_unit_test(test, &mut out),
            NodeKind::Metric(Some(metric)) => self.put_metric(metric, &mut out),
            NodeKind::SemanticModel(Some(model)) => self.put_semantic_model(model, &mut out),
            NodeKind::SavedQuery(Some(query)) => self.put_saved_query(query, &mut out),
            _ => self.put_node(&mut out),
        }
        out.0
    }

    fn put_unit_test(&self, test: &UnitTest, out: &mut Entry) {
        self.put_identity(out);
        // One that is switched off was never put beside its model.
        let on = self.is_enabled();
        out.put("schema", on.then_some(self.schema.as_str()));
        out.put("model", test.model.as_str());
        for key in ["given", "expect", "overrides", "versions"] {
            out.put(key, test.definition.get(key).cloned().unwrap_or(Json::Null));
        }
        out.put("description", self.description.as_str());
        let parents: &[String] = if on { &self.depends_on } else { &[] };
        out.put("depends_on", json!({"macros": [], "nodes": parents}));
        let mut config = Object::clone(&self.config);
        for internal in ["materialized", "expected_rows", "expected_sql"] {
            config.shift_remove(internal);
        }
        out.put("config", config);
        // In dbt's form a unit test is in its YAML file; the path of its own is where its SQL is written.
        out.put("path", below_first_folder(&self.original_file_path));
        out.put("checksum", self.checksum.as_str());
        out.put("created_at", 0);
        out.put("version", version(self.version.as_ref()));
    }

    pub(super) fn put_identity(&self, out: &mut Entry) {
        out.put("name", self.name.as_str());
        out.put("resource_type", self.resource_type().name());
        out.put("package_name", self.package_name.as_str());
        out.put("path", self.path.as_str());
        out.put("original_file_path", self.original_file_path.as_str());
        out.put("unique_id", self.unique_id.as_str());
        out.put("fqn", self.fqn.clone());
    }

    fn put_description(&self, out: &mut Entry) {
        let columns: Object =
            self.columns.iter().map(|column| (column.name.clone(), column.to_json())).collect();
        out.put("description", self.description.as_str());
        out.put("columns", columns);
        out.put("meta", self.config.get("meta").cloned().unwrap_or_else(|| json!({})));
        out.put("doc_blocks", self.doc_blocks.clone());
    }

    fn put_source(&self, source: &SourceTable, out: &mut Entry) {
        out.put("database", Some(self.database.as_str()).filter(|name| !name.is_empty()));
        out.put("schema", self.schema.as_str());
        self.put_identity(out);
        out.put("source_name", source.source_name.as_str());
        out.put("source_description", source.source_description.as_str());
        out.put("loader", source.loader.as_str());
        out.put("identifier", source.identifier.as_str());
        let quoted = |key: &str| source.quoting.get(key).cloned().unwrap_or(Json::Null);
        out.put(
            "quoting",
            json!({"database": quoted("database"), "schema": quoted("schema"),
                   "identifier": quoted("identifier"), "column": quoted("column")}),
        );
        out.put("loaded_at_field", source.loaded_at_field.clone());
        out.put("loaded_at_query", source.loaded_at_query.clone());
        out.put("freshness", source.freshness.clone());
        out.put("external", source.described_external.clone());
        self.put_description(out);
        out.put("source_meta", source.source_meta.clone());
        out.put("tags", self.tags());
        out.put("config", Object::clone(&self.config));
        out.put("patch_path", Json::Null);
        out.put("unrendered_config", Object::clone(&self.unrendered_config));
        out.put("relation_name", self.relation_name());
        out.put("created_at", 0);
        let [database, schema] = &source.unrendered;
        out.put("unrendered_database", database.clone());
        out.put("unrendered_schema", schema.clone());
    }

    fn put_exposure(&self, exposure: &Exposure, out: &mut Entry) {
        self.put_identity(out);
        out.put("type", exposure.kind.as_str());
        out.put("owner", owner(&exposure.owner));
        out.put("description", self.description.as_str());
        out.put("label", exposure.label.clone());
        out.put("maturity", exposure.maturity.clone());
        out.put("meta", self.config.get("meta").cloned().unwrap_or_else(|| json!({})));
        out.put("tags", self.tags());
        out.put("config", Object::clone(&self.config));
        out.put("unrendered_config", Object::clone(&self.unrendered_config));
        out.put("url", exposure.url.clone());
        self.put_dependencies(out);
        out.put("created_at", 0);
    }

    fn put_dependencies(&self, out: &mut Entry) {
        out.put("depends_on", json!({"macros": self.depends_on_macros, "nodes": self.depends_on}));
        out.put("refs", self.refs_json());
        let sources: Vec<Json> = self.sources.iter().map(|(source, table)| json!([source, table])).collect();
        out.put("sources", sources);
        out.put("metrics", self.metrics.clone());
    }

    /// What it refers to, as the manifest has it.
    pub(super) fn refs_json(&self) -> Vec<Json> {
        // What a generic test is declared on comes first; dbt writes its version as text, but for the two tests that it need not render.
        let is_rendered = |test: &GenericTest| {
            test.namespace.is_some() || !matches!(test.name.as_str(), "unique" | "not_null")
        };
        let tested = usize::from(self.generic_test().is_some_and(is_rendered));
        let version_of = |at: usize, call: &RefCall| match at < tested {
            true => call.version.clone().map_or(Json::Null, Json::from),
            false => version(call.version.as_ref()),
        };
        self.refs
            .iter()
            .enumerate()
            .map(|(at, call)| json!({"name": call.name, "package": call.package, "version": version_of(at, call)}))
            .collect()
    }

    fn put_node(&self, out: &mut Entry) {
        out.put("database", Some(self.database.as_str()).filter(|name| !name.is_empty()));
        out.put("schema", self.schema.as_str());
        self.put_identity(out);
        out.put("alias", self.alias.as_str());
        let checksum = match self.generic_test() {
            Some(_) => json!({"name": "none", "checksum": ""}),
            None => json!({"name": "sha256", "checksum": self.checksum}),
        };
        out.put("checksum", checksum);
        let mut config = Object::clone(&self.config);
        if self.resource_type() == ResourceType::Snapshot {
            fill_in_snapshot(&mut config);
        }
        if let Some(begin) =
            config.get("begin").and_then(Json::as_str).and_then(crate::graph::batches::parse_time)
        {
            config.insert("begin".to_owned(), begin.strftime("%Y-%m-%dT%H:%M:%S").to_string().into());
        }
        out.put("config", config);
        out.put("tags", self.tags());
        self.put_description(out);
        out.put("group", self.group());
        let docs = self.config.get("docs").cloned();
        out.put("docs", docs.unwrap_or_else(|| json!({"show": true, "node_color": null})));
        out.put("patch_path", self.patch_path.clone());
        out.put("build_path", self.build_path.clone());
        out.put("unrendered_config", Object::clone(&self.unrendered_config));
        out.put("created_at", 0);
        out.put("relation_name", self.relation_name());
        // That of a snapshot is everything between its tags.
        let is_snapshot = self.resource_type() == ResourceType::Snapshot;
        out.put("raw_code", if is_snapshot { self.raw_code.as_str() } else { self.raw_code.trim() });
        if self.resource_type() == ResourceType::Seed {
            let root = self.file.ancestors().nth(self.original_file_path.split('/').count());
            out.put("root_path", root.map(|root| root.to_string_lossy().into_owned()));
            out.put("depends_on", json!({"macros": self.depends_on_macros}));
            return;
        }
        out.put("language", self.language());
        self.put_dependencies(out);
        out.put("functions", self.functions.clone());
        out.put("compiled_path", Json::Null);
        let enforced = self.config.get("contract").and_then(|contract| contract.get("enforced"));
        let enforced = enforced.and_then(Json::as_bool).unwrap_or(false);
        out.put(
            "contract",
            json!({"enforced": enforced, "alias_types": true, "checksum": enforced.then(|| self.contract_checksum())}),
        );
        if let Some(model) = self.model() {
            out.put("access", self.access());
            let mut all = constraints(&self.constraints);
            for constraint in all.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
                constraint.entry("columns").or_insert_with(|| json!([]));
            }
            out.put("constraints", all);
            out.put("version", version(self.version.as_ref()));
            out.put("latest_version", version(model.latest_version.as_ref()));
            out.put("deprecation_date", model.deprecation_date.as_deref().map(moment));
            out.put("primary_key", model.primary_key.clone());
            out.put("time_spine", model.time_spine.clone());
            if let Some(batch) = self.batch() {
                out.put("batch", batch.to_json());
            }
        }
        if let Some(function) = self.function() {
            out.put("arguments", json!(function.arguments));
            out.put("returns", json!(function.returns));
        }
        if let Some(test) = self.generic_test() {
            out.put("column_name", test.column_name.clone());
            out.put("file_key_name", test.file_key_name.as_str());
            out.put("attached_node", test.attached_node.clone());
            out.put(
                "test_metadata",
                json!({"name": test.name, "kwargs": test.kwargs, "namespace": test.namespace}),
            );
        }
    }

    /// SHA-256 over the columns (names, types, constraints), sorted by name: what a contract promises.
    pub(crate) fn contract_checksum(&self) -> String {
        let mut columns: Vec<&Column> = self.columns.iter().collect();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        let promised: String = columns
            .iter()
            .map(|column| {
                let kind = column.data_type.as_deref().unwrap_or("None");
                format!("|{}{kind}{}", column.name, Json::from(column.constraints.clone()))
            })
            .collect();
        // Tables keep constraints, so that they are part of what is promised.
        let kept = match self.materialized() {
            kind @ ("table" | "incremental") => format!("{kind}{}", Json::from(self.constraints.clone())),
            _ => String::new(),
        };
        hashing::checksum(&(promised + &kept))
    }
}
