//! How templates of a node find a name: macros of the project, dbt's functions, what belongs to the node, what is the
//! same for all nodes, and the built-in macros, in this order.

use crate::context::node_context::NodeContext;
use crate::context::{functions, inputs, references, trace};
use crate::json_values::Object;
use crate::values;
use ingot_core::sync::lock;
use ingot_jinja::{Globals, UndefinedMode, Value};
use serde_json::Value as Json;
use std::any::Any;

impl NodeContext {
    /// `model`: the node as dbt's manifest has it.
    fn model(&self) -> Value {
        self.made
            .model
            .get_or_init(|| {
                let mut node = self.node.to_json();
                if self.executes() {
                    references::resolve_constraints(self, &mut node);
                }
                without_absent(&mut node);
                let model = values::from_json(&Json::Object(node));
                if let Some(batch) = self.node.batch() {
                    let parts = model.as_dict().and_then(|model| model.get_str("batch"));
                    if let Some(parts) = parts.as_ref().and_then(Value::as_dict) {
                        batch.times().into_iter().for_each(|(name, time)| _ = parts.set_str(name, time));
                    }
                }
                if let Some(sql) = self.made.compiled.get() {
                    show_compiled(&model, sql);
                }
                model
            })
            .clone()
    }

    /// From here on `model` shows the compiled SQL.
    pub(crate) fn note_compiled(&self, sql: &str) {
        self.made.compiled.set(sql.to_owned()).ok();
        if let Some(model) = self.made.model.get() {
            show_compiled(model, sql);
        }
    }

    fn own(&self, name: &str) -> Option<Value> {
        Some(match name {
            "execute" => self.executes().into(),
            "model" => self.model(),
            "this" => self.this(),
            "database" => self.node.database.as_str().into(),
            "schema" => self.node.schema.as_str().into(),
            "graph" => match &self.execution {
                Some(run) => {
                    lock(&self.noted).read_graph = true;
                    trace::note_graph();
                    run.graph_value.get_or_init(|| references::graph_value(&run.manifest)).clone()
                }
                None => {
                    let sections = [
                        "nodes",
                        "sources",
                        "exposures",
                        "metrics",
                        "semantic_models",
                        "saved_queries",
                        "groups",
                    ];
                    Value::dict(sections.map(|section| (section, Value::dict::<&str>([]))))
                }
            },
            "selected_resources" => match &self.execution {
                Some(run) => {
                    trace::note_constant(name);
                    Value::list(run.selected.iter().map(|id| Value::from(id.as_str())))
                }
                None => Value::list([]),
            },
            "builtins" => {
                trace::note_project();
                functions::builtins(&self.invocation)
            }
            "thread_id" => {
                trace::note_constant(name);
                std::thread::current().name().unwrap_or("main").into()
            }
            "pre_hooks" => self.hooks("pre-hook"),
            "post_hooks" => self.hooks("post-hook"),
            _ => return None,
        })
    }

    fn hooks(&self, key: &str) -> Value {
        self.node.config.get(key).map_or_else(|| Value::list([]), values::from_json)
    }
}

/// What descriptions may use, beside the filters of templates.
const IN_DESCRIPTIONS: [&str; 25] = [
    "doc",
    "var",
    "env_var",
    "target",
    "project_name",
    "dbt_version",
    "run_started_at",
    "invocation_id",
    "thread_id",
    "flags",
    "modules",
    "log",
    "print",
    "return",
    "debug",
    "fromjson",
    "tojson",
    "fromyaml",
    "toyaml",
    "set",
    "set_strict",
    "zip",
    "zip_strict",
    "local_md5",
    "diff_of_two_dicts",
];

/// Configs that dbt declares and that may be absent; of others, a null that somebody wrote stays.
/// `dbt/artifacts/resources/v1/config.py` and its neighbours.
const MAY_BE_ABSENT: [&str; 25] = [
    "alias",
    "schema",
    "database",
    "group",
    "static_analysis",
    "incremental_strategy",
    "full_refresh",
    "unique_key",
    "on_schema_change",
    "freshness",
    "event_time",
    "concurrent_batches",
    "batch_size",
    "begin",
    "quote_columns",
    "strategy",
    "target_schema",
    "target_database",
    "updated_at",
    "check_cols",
    "dbt_valid_to_current",
    "store_failures",
    "store_failures_as",
    "where",
    "limit",
];

/// Leaves out what is null: dbt's `model` has no key for what is not there, so that `model.get('group', 'none')` gives the
/// second, while its `graph` has all keys (`to_dict(omit_none=True)` in `dbt/context/providers.py`). What somebody wrote
/// freely keeps its nulls.
fn without_absent(node: &mut Object) {
    const FREE: [&str; 6] = ["meta", "unrendered_config", "config_call_dict", "kwargs", "vars", "grants"];
    node.retain(|_, value| !value.is_null());
    for (key, value) in node.iter_mut().filter(|(key, _)| !FREE.contains(&key.as_str())) {
        match value {
            Json::Object(config) if key == "config" => {
                config.retain(|key, value| !value.is_null() || !MAY_BE_ABSENT.contains(&key.as_str()));
                for part in ["docs", "contract", "snapshot_meta_column_names"] {
                    if let Some(Json::Object(part)) = config.get_mut(part) {
                        without_absent(part);
                    }
                }
            }
            Json::Object(part) => without_absent(part),
            Json::Array(parts) => parts.iter_mut().filter_map(Json::as_object_mut).for_each(without_absent),
            _ => {}
        }
    }
}

fn show_compiled(model: &Value, sql: &str) {
    let Some(model) = model.as_dict() else { return };
    model.set_str("compiled_code", sql.into());
    model.set_str("compiled", true.into());
    model.set_str("extra_ctes_injected", true.into());
    model.set_str("compiled_path", Value::None);
}

impl Globals for NodeContext {
    fn lookup(&self, name: &str) -> Option<Value> {
        if self.describes() && !IN_DESCRIPTIONS.contains(&name) {
            return None;
        }
        if let Some(value) = self.extra(name) {
            return Some(value);
        }
        if let Some(value) = self.unit.as_ref().and_then(|unit| unit.lookup(name)) {
            return Some(value);
        }
        // A project's macro goes before everything of that name, `ref` and `source` too: `builtins` has the others.
        let templates = &self.invocation.templates;
        let found = templates.macros.find(&self.node.package_name, name);
        if let Some(entry) = found.filter(|entry| !entry.is_built_in()) {
            return Some(entry.value.clone());
        }
        if let Some(value) = functions::find(name) {
            return Some(value);
        }
        if let Some(value) = self.own(name) {
            return Some(value);
        }
        if let Some(value) = templates.constants.get(name) {
            if self.executes() {
                trace::note_constant(name);
            } else {
                inputs::note_name(name);
            }
            return Some(value.clone());
        }
        found.map(|entry| entry.value.clone()).or_else(|| templates.macros.namespace(name))
    }

    /// While parsing, not everything is known yet: what is done with an undefined value is undefined again, and the node
    /// that needs the value fails alone when it runs. <https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/clients/jinja.py>
    /// (create_undefined)
    fn undefined_mode(&self) -> Option<UndefinedMode> {
        let is_final = self.executes() || self.describes();
        Some(if is_final { UndefinedMode::Lenient } else { UndefinedMode::Chainable })
    }

    fn calls_macro(&self, name: &str, called: &Value) {
        if self.executes() {
            return;
        }
        if let Some(entry) = self.invocation.templates.macros.identify(name, called) {
            self.note_macro(&entry.unique_id);
        }
    }

    fn names(&self) -> Vec<String> {
        let templates = &self.invocation.templates;
        let mut names = templates.macros.names_for(&self.node.package_name);
        names.extend(functions::names());
        names.extend(templates.constants.keys().map(|name| (*name).to_owned()));
        names.extend(
            ["builtins", "execute", "model", "this", "database", "schema", "graph"].map(str::to_owned),
        );
        names
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}
