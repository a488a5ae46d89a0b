//! Tests declared in YAML: their arguments, their configs, and the names dbt would give them.

use crate::hashing;
use crate::json_values::{Object, python_repr, python_str};
use ingot_core::error::{Error, Result};
use serde_json::{Value as Json, json};

/// Keys of a test that configure it rather than being arguments of its macro.
const CONFIG_KEYS: &[&str] = &[
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "meta",
    "database",
    "schema",
    "alias",
];

/// One test of a model, a column or a source, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct TestDefinition {
    /// `unique`, without namespace.
    pub name: String,
    pub namespace: Option<String>,
    /// Arguments for the macro, with `column_name` and `model` in them.
    pub kwargs: Object,
    pub config: Object,
    pub description: String,
    /// For files and aliases: hashed when too long.
    pub short_name: String,
    pub full_name: String,
}

/// What a test is declared on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TestedThing<'a> {
    Node { name: &'a str, version: Option<&'a str> },
    Source { source: &'a str, table: &'a str },
}

impl TestedThing<'_> {
    fn model_argument(self) -> String {
        let call = match self {
            Self::Node { name, version: None } => format!("ref('{name}')"),
            Self::Node { name, version: Some(version) } => format!("ref('{name}', version='{version}')"),
            Self::Source { source, table } => format!("source('{source}', '{table}')"),
        };
        format!("{{{{ get_where_subquery({call}) }}}}")
    }
}

/// Takes apart one entry of `data_tests:`; its strings are rendered only where they are configs, by
/// the caller.
pub(crate) fn define(entry: &Json, on: TestedThing, column: Option<&str>) -> Result<TestDefinition> {
    let (qualified, mut kwargs) = name_and_arguments(entry)?;
    let (namespace, name) = match qualified.split_once('.') {
        Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
        None => (None, qualified.clone()),
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !is_name(&name) || namespace.as_deref().is_some_and(|namespace| !is_name(namespace)) {
        return Err(Error::new(format!("'{qualified}' cannot be the name of a test")));
    }
    if let Some(column) = column {
        kwargs.insert("column_name".to_owned(), column.into());
    }
    if let Some(Json::Object(arguments)) = kwargs.get("arguments").cloned() {
        kwargs.shift_remove("arguments");
        kwargs.extend(arguments);
    }
    if kwargs.contains_key("model") {
        return Err(Error::new(format!(
            "test '{qualified}' has an argument 'model', which is always given by itself"
        ))
        .hint("take `model:` out"));
    }
    let mut config = Object::new();
    for key in CONFIG_KEYS {
        if let Some(value) = kwargs.shift_remove(*key)
            && !value.is_null()
        {
            config.insert((*key).to_owned(), value);
        }
    }
    match kwargs.shift_remove("config") {
        Some(Json::Object(given)) if given.keys().any(|key| config.contains_key(key)) => {
            let twice: Vec<&String> = given.keys().filter(|key| config.contains_key(*key)).collect();
            return Err(Error::new(format!("test '{qualified}' has {twice:?} beside `config:` and in it"))
                .in_dbts_words(format!(
                    "Test cannot have the same key at the top-level and in config: {}",
                    python_repr(&json!(twice))
                ))
                .hint("keep the one under `config:`"));
        }
        Some(Json::Object(given)) => config.extend(given.into_iter().filter(|(_, value)| !value.is_null())),
        Some(Json::Null) | None => {}
        Some(_) => return Err(Error::new(format!("`config` of test '{qualified}' must be a mapping"))),
    }
    // In dbt's order, as `raw_code` shows it.
    let place = |key: &str| CONFIG_KEYS.iter().position(|known| *known == key).unwrap_or(CONFIG_KEYS.len());
    let mut sorted: Vec<(String, Json)> = config.into_iter().collect();
    sorted.sort_by_key(|(key, _)| place(key));
    let mut config: Object = sorted.into_iter().collect();
    let description = take_text(&mut kwargs, "description").unwrap_or_default();
    let own_name = take_text(&mut kwargs, "name");
    kwargs.insert("model".to_owned(), on.model_argument().into());
    let (short_name, full_name) = match own_name {
        Some(name) => (name.clone(), name),
        None => {
            let (short, full) = synthesize(&name, namespace.as_deref(), on, &kwargs);
            if short != full && !config.contains_key("alias") {
                config.insert("alias".to_owned(), short.clone().into());
            }
            (short, full)
        }
    };
    Ok(TestDefinition { name, namespace, kwargs, config, description, short_name, full_name })
}

/// The first config of a test that stands beside `config:`, with the test's name.
pub(crate) fn config_outside(entry: &Json) -> Option<(String, String)> {
    let (name, kwargs) = name_and_arguments(entry).ok()?;
    let key = kwargs.keys().find(|key| CONFIG_KEYS.contains(&key.as_str()))?.clone();
    Some((name, key))
}

/// The name of a test, whether it has arguments outside of `arguments:`, and whether it has that key.
pub(crate) fn argument_places(entry: &Json) -> Option<(String, bool, bool)> {
    let (name, kwargs) = name_and_arguments(entry).ok()?;
    let others = ["arguments", "config", "name", "description", "column_name"];
    let is_argument = |key: &String| !CONFIG_KEYS.contains(&key.as_str()) && !others.contains(&key.as_str());
    let outside = kwargs.keys().any(is_argument);
    Some((name, outside, kwargs.contains_key("arguments")))
}

/// The configs of a test as the call that follows it in `raw_code`; empty if there are none.
pub(crate) fn config_call(config: &Object) -> String {
    let written: Vec<String> = config
        .iter()
        .map(|(key, value)| match value {
            Json::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
            other => format!("{key}={}", python_str(other)),
        })
        .collect();
    if written.is_empty() { String::new() } else { format!("{{{{ config({}) }}}}", written.join(",")) }
}

fn take_text(from: &mut Object, key: &str) -> Option<String> {
    match from.shift_remove(key) {
        Some(Json::String(text)) => Some(text),
        _ => None,
    }
}

fn name_and_arguments(entry: &Json) -> Result<(String, Object)> {
    let wrong = || {
        Error::new("a test must be a name, or a mapping of one name to its arguments")
            .hint("write `- unique`, or\n  - accepted_values:\n      arguments:\n        values: [a, b]")
    };
    match entry {
        Json::String(name) => Ok((name.clone(), Object::new())),
        Json::Object(members) => {
            if let Some(Json::String(name)) = members.get("test_name") {
                let mut rest = members.clone();
                rest.shift_remove("test_name");
                return Ok((name.clone(), rest));
            }
            let mut members = members.iter();
            match (members.next(), members.next()) {
                (Some((name, Json::Object(arguments))), None) => Ok((name.clone(), arguments.clone())),
                (Some((name, Json::Null)), None) => {
                    Err(Error::new(format!("the test '{name}' is followed by a colon, and by no arguments"))
                        .in_dbts_words("test arguments must be a dict, got <class 'NoneType'> (value None)")
                        .hint(format!("write `- {name}`, or its arguments below it")))
                }
                (Some((_, _)), Some(_)) => Err(wrong().hint(
                    "this mapping has several keys; the arguments must be indented below the test's name",
                )),
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}

/// The short and the full name, made of the test's name, what it is on, and its arguments.
fn synthesize(name: &str, namespace: Option<&str>, on: TestedThing, kwargs: &Object) -> (String, String) {
    let (test_type, target) = match on {
        TestedThing::Node { name: node, version: None } => (name.to_owned(), node.to_owned()),
        TestedThing::Node { name: node, version: Some(version) } => {
            (name.to_owned(), format!("{node}_v{version}"))
        }
        TestedThing::Source { source, table } => (format!("source_{name}"), format!("{source}_{table}")),
    };
    let test_type = namespace.map_or(test_type.clone(), |namespace| format!("{namespace}_{test_type}"));
    let mut keys: Vec<&String> = kwargs.keys().filter(|key| *key != "model").collect();
    keys.sort();
    let mut parts = Vec::new();
    for key in keys {
        match &kwargs[key] {
            Json::Object(members) => parts.extend(members.values().map(python_str)),
            Json::Array(items) => parts.extend(items.iter().map(python_str)),
            other => parts.push(python_str(other)),
        }
    }
    let clean: Vec<String> = parts.iter().map(|part| only_word_characters(part)).collect();
    let identifier = format!("{test_type}_{target}");
    let full = format!("{identifier}_{}", clean.join("__"));
    let short = if full.chars().count() >= 64 {
        let start: String = identifier.chars().take(30).collect();
        format!("{start}_{}", hashing::md5(&full))
    } else {
        full.clone()
    };
    (short, full)
}

/// Runs of anything but ASCII letters, digits and `_` become one `_`.
fn only_word_characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_run = false;
    for character in text.chars() {
        let is_word = character.is_ascii_alphanumeric() || character == '_';
        if is_word {
            out.push(character);
        } else if !in_run {
            out.push('_');
        }
        in_run = !is_word;
    }
    out
}

/// The last ten hex digits of dbt's hash of name and metadata, which end the test's unique id.
pub(crate) fn hash(definition: &TestDefinition) -> String {
    let metadata = json!({
        "kwargs": hashable(&Json::Object(definition.kwargs.clone())),
        "name": definition.name,
        "namespace": definition.namespace.clone().unwrap_or_else(|| "None".to_owned()),
    });
    let digest = hashing::md5(&format!("{}{}", definition.full_name, python_repr(&metadata)));
    digest[digest.len() - 10..].to_owned()
}

/// Keys sorted, every scalar as Python's `str`.
fn hashable(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let mut sorted: Vec<(&String, &Json)> = members.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            Json::Object(sorted.into_iter().map(|(key, value)| (key.clone(), hashable(value))).collect())
        }
        Json::Array(items) => items.iter().map(hashable).collect(),
        other => python_str(other).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(name: &str) -> TestedThing<'_> {
        TestedThing::Node { name, version: None }
    }

    // The expected names and hashes are what dbt-core 1.11 gave for the same YAML.
    #[test]
    fn names_and_hashes_are_dbts() {
        let unique = define(&json!("unique"), on("customers"), Some("customer_id")).unwrap();
        assert_eq!(unique.full_name, "unique_customers_customer_id");
        assert_eq!(hash(&unique), "c5af1ff4b1");
        let values = define(
            &json!({"accepted_values": {"values": ["placed", "shipped", "completed", "return_pending", "returned"]}}),
            on("orders"),
            Some("status"),
        )
        .unwrap();
        assert_eq!(
            values.full_name,
            "accepted_values_orders_status__placed__shipped__completed__return_pending__returned"
        );
        assert_eq!(values.short_name, "accepted_values_orders_1ce6ab157c285f7cd2ac656013faf758");
        assert_eq!(hash(&values), "be6b5b5ec3");
        let relationships = define(
            &json!({"relationships": {"to": "ref('customers')", "field": "customer_id"}}),
            on("orders"),
            Some("customer_id"),
        )
        .unwrap();
        assert_eq!(relationships.full_name, "relationships_orders_customer_id__customer_id__ref_customers_");
        assert_eq!(hash(&relationships), "c6ec7f58f2");
    }

    #[test]
    fn configs_are_told_from_arguments() {
        let test = define(
            &json!({"tools.in_range": {"arguments": {"min": 0}, "severity": "warn", "config": {"where": "a > 1"}, "name": "mine"}}),
            on("a"),
            None,
        )
        .unwrap();
        assert_eq!((test.namespace.as_deref(), test.name.as_str()), (Some("tools"), "in_range"));
        assert_eq!(test.full_name, "mine");
        assert_eq!(Json::Object(test.config), json!({"severity": "warn", "where": "a > 1"}));
        assert!(test.kwargs.contains_key("min") && !test.kwargs.contains_key("arguments"));
    }

    #[test]
    fn arguments_beside_the_name_are_an_error_that_says_so() {
        let error = define(&json!({"accepted_values": null, "values": []}), on("a"), None).unwrap_err();
        assert!(error.hint_text().unwrap().contains("indented"));
    }
}
