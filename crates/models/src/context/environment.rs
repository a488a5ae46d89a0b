//! The interpreter set up for dbt (tags, filters), what is constant through an invocation, and the small
//! set of names that `profiles.yml`, `dbt_project.yml` and property files see.

use crate::context::adapter::Adapter;
use crate::context::behavior::Behavior;
use crate::context::exceptions::Exceptions;
use crate::context::functions;
use crate::context::inputs;
use crate::context::node_context::context;
use crate::context::secrets;
use crate::context::trace;
use crate::context::variables::{early_var, env_var, env_var_or_secret};
use crate::context::yaml_markers;
use crate::context::yaml_markers::Marker;
use crate::dbt;
use crate::dbt_log::LOG_FOLDER;
use crate::invocation::settings::RunSettings;
use crate::json_values::Object as JsonObject;
use crate::project::dbt_project_yml::DbtProject;
use crate::project::profiles::Target;
use crate::relations::column_class::ColumnClass;
use crate::relations::relation_class::RelationClass;
use crate::values;
use crate::values::record::Record;
use ingot_core::error;
use ingot_jinja::{Args, Environment, Globals, Object, State, TagShape, Template, Value};
use serde_json::{Value as Json, json};
use std::any::Any;
use std::collections::HashMap;
use std::path::Path;

/// How much stack a thread that renders has, and how much of it templates may use.
pub(crate) const STACK_BYTES: usize = 16 << 20;

pub(crate) fn environment() -> Environment {
    let mut environment = Environment::new();
    environment.set_stack_budget(STACK_BYTES - (2 << 20));
    environment.add_tag("docs", TagShape::Raw);
    environment.add_tag("snapshot", TagShape::Body);
    environment.add_tag("test", TagShape::Signature);
    environment.add_tag("data_test", TagShape::Signature);
    environment.add_tag("materialization", TagShape::Options);
    // In SQL they hand the value on: dbt gives them a meaning only where a YAML value is rendered.
    // https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/clients/jinja.py (TEXT_FILTERS)
    let filters = [
        ("as_text", Marker::Text),
        ("as_native", Marker::Native),
        ("as_bool", Marker::Bool),
        ("as_number", Marker::Number),
    ];
    for (name, marker) in filters {
        environment.add_filter(name, move |state, value, _| match context(state) {
            Ok(context) if !context.renders_yaml() => Ok(value),
            // An argument of a generic test.
            Ok(_) => yaml_markers::convert(&value, marker),
            Err(_) => Ok(yaml_markers::mark(&value, marker)),
        });
    }
    environment
}

/// `modules.datetime`, `modules.re`, …
fn modules() -> Value {
    use ingot_jinja::python::{NAMES, module};
    Value::dict(NAMES.into_iter().filter_map(|name| Some((name, module(name)?))))
}

/// `target`: the profile's keys, and what dbt adds.
pub(crate) fn target_value(target: &Target) -> Value {
    let mut keys = target.keys.clone();
    let database =
        Some(target.database.as_str()).filter(|name| !name.is_empty()).map_or(Json::Null, Json::from);
    for (key, value) in [
        ("name", Json::from(target.name.clone())),
        ("target_name", target.name.clone().into()),
        ("profile_name", target.profile_name.clone().into()),
        ("type", target.dialect().adapter_type().into()),
        ("database", database.clone()),
        ("dbname", database),
        ("schema", target.schema.clone().into()),
        ("threads", target.threads.into()),
        ("external_root", target.external_root.clone().into()),
    ] {
        keys.insert(key.to_owned(), value);
    }
    values::from_json(&Json::Object(keys))
}

/// Names that stay the same through an invocation.
pub(crate) fn constants(
    target: &Target,
    settings: &RunSettings,
    arguments: &JsonObject,
    project: &DbtProject,
    profiles_yaml: &Path,
    invocation_id: &str,
    started: jiff::Timestamp,
) -> HashMap<&'static str, Value> {
    let dialect = target.dialect();
    HashMap::from([
        ("target", target_value(target)),
        ("flags", Value::object(flags(settings, arguments, project, profiles_yaml))),
        (
            "adapter",
            Value::object(Adapter {
                config: adapter_config(project, target, settings),
                dialect,
                behavior: Value::object(Behavior::of(project)),
            }),
        ),
        (
            "api",
            Value::dict([
                ("Relation", Value::object(RelationClass(dialect))),
                ("Column", Value::object(ColumnClass(dialect))),
            ]),
        ),
        ("column", Value::object(ColumnClass(dialect))),
        ("exceptions", Value::object(Exceptions)),
        ("modules", modules()),
        ("invocation_id", invocation_id.into()),
        ("run_started_at", ingot_jinja::python::datetime::utc(started)),
        ("dbt_version", dbt::VERSION.into()),
        ("project_name", project.name.as_str().into()),
        ("dbt_metadata_envs", metadata_variables()),
        ("invocation_args_dict", values::from_json(&Json::Object(arguments.clone()))),
        ("env", Value::dict::<&str>([])),
        ("validation", Value::object(Validation)),
        ("sql_now", started.to_string().into()),
    ])
}

/// `flags`: what the command was asked for, under the names that dbt gives to templates.
/// <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/flags.py> (`get_flag_obj`)
fn flags(
    settings: &RunSettings,
    arguments: &JsonObject,
    project: &DbtProject,
    profiles_yaml: &Path,
) -> Flags {
    const NAMES: [&str; 15] = [
        "static_parser",
        "warn_error",
        "warn_error_options",
        "partial_parse",
        "use_colors",
        "log_format",
        "version_check",
        "send_anonymous_usage_stats",
        "printer_width",
        "indirect_selection",
        "quiet",
        "no_print",
        "cache_selected_only",
        "introspect",
        "target_path",
    ];
    let given = |name: &str| arguments.get(name).cloned().unwrap_or(Json::Null);
    let folder = |name: &str, usual: &Path| match given(name) {
        Json::Null => usual.to_string_lossy().into(),
        folder => folder,
    };
    let mut members: JsonObject = NAMES.iter().map(|name| (name.to_uppercase(), given(name))).collect();
    let own = json!({
        "FULL_REFRESH": settings.full_refresh, "STORE_FAILURES": settings.store_failures, "WHICH": settings.verb,
        "FAIL_FAST": settings.fail_fast, "WRITE_JSON": settings.write_json, "EMPTY": settings.empty,
        "DEBUG": given("debug").as_bool().unwrap_or(false), "LOG_CACHE_EVENTS": false, "USE_EXPERIMENTAL_PARSER": false,
        "LOG_PATH": folder("log_path", &project.root.join(LOG_FOLDER)),
        "PROFILES_DIR": folder("profiles_dir", profiles_yaml.parent().unwrap_or(&project.root)),
        COMMAND: given("invocation_command"),
    });
    members.extend(own.as_object().cloned().unwrap_or_default());
    Flags(values::from_json(&Json::Object(members)))
}

/// `adapter.config`: the project and its profile, under the names that dbt's runtime config gives them.
/// <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/config/runtime.py>
fn adapter_config(project: &DbtProject, target: &Target, settings: &RunSettings) -> Value {
    let by_default = target.dialect().quotes_by_default();
    let quotes = |part: &str| project.quoting.get(part).and_then(Json::as_bool).unwrap_or(by_default);
    let quoting = ["database", "schema", "identifier"].map(|part| (part, Value::from(quotes(part))));
    let members = values::from_json(&json!({
        "project_name": project.name, "version": project.version, "project_root": project.root.to_string_lossy(),
        "profile_name": target.profile_name, "target_name": target.name, "threads": target.threads,
        "model_paths": project.model_paths, "seed_paths": project.seed_paths, "test_paths": project.test_paths,
        "snapshot_paths": project.snapshot_paths, "macro_paths": project.macro_paths,
        "analysis_paths": project.analysis_paths, "docs_paths": project.docs_paths, "target_path": project.target_path,
        "packages_install_path": project.packages_path, "on_run_start": project.on_run_start,
        "on_run_end": project.on_run_end, "cli_vars": settings.cli_vars,
    }));
    if let Some(members) = members.as_dict() {
        members.set_str("quoting", Value::dict(quoting));
        members.set_str("credentials", Value::object(Record(target_value(target))));
        let vars = values::from_json(&json!({ "vars": project.vars }));
        members.set_str("vars", Value::object(Record(vars)));
    }
    Value::object(Record(members))
}

fn metadata_variables() -> Value {
    const PREFIX: &str = "DBT_ENV_CUSTOM_ENV_";
    let found = std::env::vars()
        .filter_map(|(key, value)| key.strip_prefix(PREFIX).map(|key| (key.to_owned(), Value::from(value))));
    Value::dict(found)
}

/// What is another one with each way of calling the same verb.
const COMMAND: &str = "INVOCATION_COMMAND";

fn note_flag(name: &str) {
    if name == COMMAND {
        inputs::note_moment();
    } else {
        trace::note_flag(name);
    }
}

/// The flags as far as what templates gave is kept with them.
pub(crate) fn flags_as_kept(constants: &HashMap<&'static str, Value>) -> String {
    let flags = constants.get("flags").and_then(|flags| flags.downcast::<Flags>());
    let members = flags.and_then(|flags| flags.0.entries().ok()).unwrap_or_default();
    let members = members.iter().map(|(name, value)| (values::text(name), value));
    members
        .filter(|(name, _)| name != COMMAND)
        .map(|(name, value)| format!("{name}={}\n", value.repr()))
        .collect()
}

/// `flags.NAME`; in any case.
struct Flags(Value);

impl Object for Flags {
    fn type_name(&self) -> &str {
        "flags"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        let name = name.to_uppercase();
        note_flag(&name);
        self.0.as_dict()?.get_str(&name)
    }
    fn method_names(&self) -> &[&'static str] {
        &["get"]
    }
    fn call_method(
        &self,
        _state: &mut State<'_>,
        name: &str,
        args: &Args,
    ) -> Option<ingot_jinja::Result<Value>> {
        (name == "get").then(|| {
            let mut bound = args.clone().bind("flags.get", &["name", "default?"])?;
            let name = bound.text("name")?.to_uppercase();
            note_flag(&name);
            let found = self.0.as_dict().and_then(|dict| dict.get_str(&name));
            Ok(found.unwrap_or_else(|| bound.value("default")))
        })
    }
}

/// `validation.any[...]`: accepts everything, as the type checks behind it are not made.
struct Validation;

impl Object for Validation {
    fn type_name(&self) -> &str {
        "validation"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        (name == "any").then(|| Value::object(Validation))
    }
    fn get_item(&self, _key: &Value) -> ingot_jinja::Result<Option<Value>> {
        Ok(Some(Value::None))
    }
}

/// The names that YAML files see.
pub(crate) struct YamlContext {
    names: HashMap<&'static str, Value>,
}

impl YamlContext {
    /// `vars` are those known so far; `target` is known once the profile is read.
    pub(crate) fn new(vars: &JsonObject, target: Option<&Target>) -> Self {
        let mut names = HashMap::from([
            ("env_var", Value::function("env_var", env_var)),
            ("var", early_var(vars.clone())),
            ("modules", modules()),
            ("dbt_version", dbt::VERSION.into()),
        ]);
        for name in ["return", "fromjson", "tojson", "fromyaml", "toyaml", "set", "zip", "local_md5"] {
            if let Some(function) = functions::find(name) {
                names.insert(name, function);
            }
        }
        if let Some(target) = target {
            names.insert("target", target_value(target));
        }
        Self { names }
    }

    /// The same for profiles.yml and packages.yml, which may ask for secrets of the environment.
    pub(crate) fn with_secrets(mut self) -> Self {
        self.names.insert("env_var", Value::function("env_var", env_var_or_secret));
        self
    }

    /// Renders one string; a single expression keeps its type.
    pub(crate) fn render(&self, environment: &Environment, text: &str, file: &Path) -> error::Result<Json> {
        let template = Template::parse(text, file, environment)?;
        yaml_markers::begin();
        let value = environment.render_value(&template, self).and_then(yaml_markers::end);
        let value = value.map_err(|error| without_place(error, text))?;
        // Beside other text it prints as nothing; alone, it is no value that a file can have.
        if let Value::Undefined(undefined) = &value {
            let error =
                error::Error::new(format!("cannot render `{}`: {}", text.trim(), undefined.message()));
            return Err(error.hint("YAML files know var(), env_var(), target and few names more"));
        }
        let value = match template.is_constant() && !yaml_markers::has_marked() {
            true => Json::String(values::text(&value)),
            false => values::to_json(&value),
        };
        Ok(secrets::put_in_place(value))
    }
}

/// The lines of a string inside YAML are not those of the file; the caller knows the file's.
fn without_place(error: ingot_jinja::Error, text: &str) -> error::Error {
    let full: error::Error = error.into();
    let mut plain = error::Error::new(format!("cannot render `{}`: {}", text.trim(), full.message()));
    if let Some(words) = full.dbts_words() {
        plain = plain.in_dbts_words(words);
    }
    match full.hint_text() {
        Some(hint) => plain.hint(hint),
        None => plain,
    }
}

impl Globals for YamlContext {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.names.get(name).cloned()
    }
    fn names(&self) -> Vec<String> {
        self.names.keys().map(|name| (*name).to_owned()).collect()
    }
}
