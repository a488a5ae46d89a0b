//! The types that dbt declares for entries of property files and for configs, and what does not fit them.
//!
//! `dbt_schemas.json` has dbt's classes as JSON Schemas, as `tests/oracle/dbt_schemas.py` writes them from the classes
//! themselves. dbt checks every entry against its class before it reads anything from it, and every config once it is
//! final: <https://github.com/dbt-labs/dbt-core/blob/1.11.latest/core/dbt/parser/schemas.py>.

use crate::json_values::{Object, python_repr};
use crate::project::properties::property_file::Origin;
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml;
use serde_json::Value as Json;
use std::fmt::Write;
use std::sync::LazyLock;

static SCHEMAS: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(include_str!("dbt_schemas.json")).unwrap_or_default());

/// A value that does not fit.
#[derive(Debug)]
pub(crate) struct Violation {
    /// Keys, and places in lists, that lead to it.
    path: Vec<String>,
    /// What is wrong with it, after its name: `must be a list, and is "a"`.
    pub(crate) what: String,
    /// The same in the words of Python's `jsonschema`.
    pub(crate) words: String,
    pub(crate) hint: Option<String>,
}

impl Violation {
    /// The key as people write it: `columns[0].name`.
    pub(crate) fn key(&self) -> String {
        let mut out = String::new();
        for part in &self.path {
            match part.parse::<usize>() {
                Ok(place) => _ = write!(out, "[{place}]"),
                Err(_) if out.is_empty() => out.push_str(part),
                Err(_) => _ = write!(out, ".{part}"),
            }
        }
        out
    }

    /// The line of the value, or of what it would be in.
    fn line(&self, entry: &yaml::Node) -> usize {
        let mut node = entry;
        for part in &self.path {
            let below = match part.parse::<usize>() {
                Ok(place) => node.as_list().and_then(|items| items.get(place)),
                Err(_) => node.get(part),
            };
            match below {
                Some(below) => node = below,
                None => break,
            }
        }
        node.line
    }

    fn into_error(
        self,
        section: &str,
        name: &str,
        entry: &yaml::Node,
        value: &Object,
        origin: &Origin,
    ) -> Error {
        let key = match self.path.is_empty() {
            true => String::new(),
            false => format!(": `{}:`", self.key()),
        };
        let place = match self.path.as_slice() {
            [] => String::new(),
            path => {
                let path: Json = path
                    .iter()
                    .map(|part| part.parse::<usize>().map_or(part.as_str().into(), Json::from))
                    .collect();
                format!("at path {}: ", python_repr(&path))
            }
        };
        // dbt prints all of the entry, which may be pages long.
        let shown: String = python_repr(&Json::Object(value.clone())).chars().take(80).collect();
        let words = format!(
            "Invalid {section} config given in {} @ {section}: {shown}... - {place}{}",
            origin.original_file_path, self.words
        );
        let line = self.line(entry);
        let error =
            Error::new(format!("'{name}' under `{section}:`{key} {}", self.what)).in_dbts_words(words);
        let error = error.at_line(origin.file, line);
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// Holds an entry of a property file against the class of its section; `value` is the entry with its templates rendered.
///
/// # Errors
/// The first value that does not fit.
pub(crate) fn check_entry(section: &str, entry: &yaml::Node, value: &Object, origin: &Origin) -> Result<()> {
    let is_override = section == "sources" && value.contains_key("overrides");
    let schema = &SCHEMAS["entries"][if is_override { "overrides" } else { section }];
    let name = value.get("name").and_then(Json::as_str).unwrap_or("?");
    match Place::default().check_members(value, resolved(schema)) {
        Some(violation) => Err(violation.into_error(section, name, entry, value, origin)),
        None => Ok(()),
    }
}

/// What of a final config does not fit the class for nodes of a type, such as `model`.
pub(crate) fn check_config(resource_type: &str, config: &Object) -> Option<Violation> {
    // dbt drops what it does not know within a config before it checks it.
    let mut place = Place { takes_more: true, ..Place::default() };
    place.check_members(config, resolved(&SCHEMAS["configs"][resource_type]))
}

/// Whether null is a value for a key of a config that dbt declares for nodes of a type.
pub(crate) fn takes_null(resource_type: &str, key: &str) -> bool {
    match resolved(&SCHEMAS["configs"][resource_type])["properties"].get(key) {
        Some(schema) => Place::default().check(&Json::Null, schema).is_none(),
        None => true,
    }
}

/// The schema that a reference points to.
fn resolved(schema: &'static Json) -> &'static Json {
    let name = schema.get("$ref").and_then(Json::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
    name.map_or(schema, |name| &SCHEMAS["$defs"][name])
}

/// Where in an entry or a config we are.
#[derive(Clone, Default)]
struct Place {
    path: Vec<String>,
    /// Whether keys that no class has are let pass where it has a fixed list of them.
    takes_more: bool,
}

impl Place {
    fn check(&mut self, value: &Json, schema: &'static Json) -> Option<Violation> {
        let schema = resolved(schema);
        if let Some(options) = schema.get("anyOf").and_then(Json::as_array) {
            return self.one_of(value, options);
        }
        if let Some(allowed) = schema.get("enum").and_then(Json::as_array) {
            let fits = allowed.contains(value);
            return (!fits).then(|| Violation {
                path: self.path.clone(),
                what: format!("must be {}, and is {value}", described(schema)),
                words: format!(
                    "{} is not one of {}",
                    python_repr(value),
                    python_repr(&allowed.clone().into())
                ),
                hint: value.as_str().and_then(|value| {
                    let near = nearest(value, allowed.iter().filter_map(Json::as_str))?;
                    Some(format!("did you mean '{near}'?"))
                }),
            });
        }
        if !of_type(value, schema) {
            let says = match value {
                Json::Null => format!("must be {}, and has no value", described(schema)),
                _ => format!("must be {}, and is {value}", described(schema)),
            };
            let wanted = match &schema["type"] {
                Json::String(name) => format!("'{name}'"),
                names => {
                    let names = names.as_array().into_iter().flatten().map(python_repr);
                    names.collect::<Vec<_>>().join(", ")
                }
            };
            return Some(Violation {
                path: self.path.clone(),
                what: says,
                words: match value {
                    Json::Null if wanted == "'object'" => "expected dict, got None".to_owned(),
                    _ => format!("{} is not of type {wanted}", python_repr(value)),
                },
                hint: None,
            });
        }
        match value {
            Json::Object(members) => self.check_members(members, schema),
            Json::Array(items) => items.iter().enumerate().find_map(|(place, item)| {
                self.path.push(place.to_string());
                let found = self.check(item, schema.get("items")?);
                self.path.pop();
                found
            }),
            Json::String(text) if schema.get("pattern").is_some() => {
                // The one pattern there is: the severity of a test.
                let fits = ["warn", "error"].iter().any(|severity| text.eq_ignore_ascii_case(severity));
                (!fits).then(|| Violation {
                    path: self.path.clone(),
                    what: format!("must be warn or error, and is {value}"),
                    words: format!(
                        "{} does not match {}",
                        python_repr(value),
                        python_repr(&schema["pattern"])
                    ),
                    hint: nearest(text, ["warn", "error"]).map(|near| format!("did you mean '{near}'?")),
                })
            }
            _ => None,
        }
    }

    fn check_members(&mut self, members: &Object, schema: &'static Json) -> Option<Violation> {
        let properties = schema.get("properties").and_then(Json::as_object);
        let missing =
            schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        if let Some(key) = missing.into_iter().find(|key| !members.contains_key(*key)) {
            let unknown =
                members.keys().filter(|other| properties.is_some_and(|known| !known.contains_key(*other)));
            let slip = nearest(key, unknown.map(String::as_str));
            return Some(Violation {
                path: self.path.clone(),
                what: format!("has no `{key}:`"),
                words: format!("'{key}' is a required property"),
                hint: match key {
                    _ if slip.is_some() => slip.map(|_| format!("did you mean '{key}'?")),
                    "owner" => {
                        Some("add `owner: {name: ..., email: ...}`; one of the two is enough".to_owned())
                    }
                    "returns" => Some("add `returns: {data_type: ...}`".to_owned()),
                    _ => None,
                },
            });
        }
        for (key, value) in members {
            match properties.and_then(|properties| properties.get(key)) {
                Some(schema) => {
                    self.path.push(key.clone());
                    if let Some(found) = self.check(value, schema) {
                        return Some(found);
                    }
                    self.path.pop();
                }
                None if !self.takes_more
                    && schema.get("additionalProperties") == Some(&Json::Bool(false)) =>
                {
                    let known: Vec<&str> =
                        properties.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
                    let near = nearest(key, known.iter().copied());
                    self.path.push(key.clone());
                    return Some(Violation {
                        path: self.path.clone(),
                        what: "is not a key that is known here".to_owned(),
                        words: format!(
                            "Additional properties are not allowed ({} was unexpected)",
                            python_repr(&key.as_str().into())
                        ),
                        hint: Some(match near {
                            Some(near) => format!("did you mean '{near}'?"),
                            None if known.contains(&"config") => {
                                format!(
                                    "keys: {}; data of your own goes under `meta:` of its `config:`",
                                    known.join(", ")
                                )
                            }
                            None => format!("keys: {}", known.join(", ")),
                        }),
                    });
                }
                None => {}
            }
        }
        None
    }

    /// Whether one of several schemas fits. If none does and one is of the value's type, what is wrong is wrong in that one.
    fn one_of(&self, value: &Json, options: &'static [Json]) -> Option<Violation> {
        let mut inside = None;
        for option in options {
            let found = self.clone().check(value, option)?;
            if found.path.len() > self.path.len() || of_type(value, resolved(option)) {
                inside.get_or_insert(found);
            }
        }
        Some(inside.unwrap_or_else(|| Violation {
            path: self.path.clone(),
            what: match value {
                Json::Null => format!("must be {}, and has no value", any_of(options)),
                _ => format!("must be {}, and is {value}", any_of(options)),
            },
            words: format!("{} is not valid under any of the given schemas", python_repr(value)),
            hint: None,
        }))
    }
}

fn any_of(options: &'static [Json]) -> String {
    let kinds: Vec<String> =
        options.iter().map(|option| described(resolved(option))).filter(|kind| kind != "empty").collect();
    kinds.join(" or ")
}

fn of_type(value: &Json, schema: &Json) -> bool {
    match schema.get("type") {
        Some(Json::String(name)) => is_of_type(value, name),
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).any(|name| is_of_type(value, name)),
        _ => true,
    }
}

fn is_of_type(value: &Json, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}

/// What a schema asks for, in words.
fn described(schema: &Json) -> String {
    if let Some(allowed) = schema.get("enum").and_then(Json::as_array) {
        let allowed: Vec<&str> = allowed.iter().filter_map(Json::as_str).collect();
        return match allowed.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => "nothing".to_owned(),
        };
    }
    let named = |name: &str| match name {
        "object" => "a mapping",
        "array" if schema["items"]["type"] == "string" => "a list of texts",
        "array" => "a list",
        "string" => "text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        _ => "empty",
    };
    match schema.get("type") {
        Some(Json::String(name)) => named(name).to_owned(),
        Some(Json::Array(names)) => {
            let names = names.iter().filter_map(Json::as_str).filter(|name| *name != "null");
            names.map(named).collect::<Vec<_>>().join(" or ")
        }
        _ => "a mapping".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::Path;

    fn of(section: &str, text: &str) -> Result<()> {
        let file = Path::new("models/s.yml");
        let origin = Origin { package_name: "shop", file, original_file_path: "models/s.yml" };
        let entry = yaml::parse(text, file).unwrap();
        let value = entry.to_json().as_object().unwrap().clone();
        check_entry(section, &entry, &value, &origin)
    }

    #[test]
    fn entries_are_held_to_the_types_that_dbt_declares() {
        assert!(of("models", "name: a\ncolumns:\n  - name: id\n    quote: true\n").is_ok());
        let error = of("models", "name: a\ncolumns:\n  - name: id\n    quote: maybe\n").unwrap_err();
        assert_eq!(
            error.message(),
            "'a' under `models:`: `columns[0].quote:` must be true or false, and is \"maybe\""
        );
        assert_eq!(error.place().unwrap().line, Some(4));
        assert_eq!(
            error.dbts_words().unwrap().to_string(),
            "Invalid models config given in models/s.yml @ models: {'name': 'a', 'columns': [{'name': 'id', 'quote': 'maybe'}]}... - at path ['columns', 0, 'quote']: 'maybe' is not of type 'boolean', 'null'"
        );
        let error = of("exposures", "name: e\ntype: ml\nowner: {name: x}\nmaturity: mid\n").unwrap_err();
        assert!(
            error.message().ends_with("`maturity:` must be low, medium or high, and is \"mid\""),
            "{error}"
        );
        let error = of("exposures", "name: e\ntype: ml\nowner: {name: x}\ndescripton: x\n").unwrap_err();
        assert_eq!(error.hint_text(), Some("did you mean 'description'?"));
        let error = of("groups", "name: g\n").unwrap_err();
        assert!(error.message().ends_with("has no `owner:`") && error.hint_text().is_some());
        assert!(of("sources", "name: s\noverrides: package\ntables: []\n").is_ok());
    }

    #[test]
    fn configs_are_held_to_them_too() {
        let wrong = |config: Json| check_config("model", config.as_object().unwrap());
        assert!(wrong(json!({"enabled": true, "my_own": [1], "unique_key": ["a", "b"]})).is_none());
        assert!(wrong(json!({"contract": {"enforced": true, "more": 1}})).is_none());
        assert!(
            takes_null("model", "unique_key")
                && takes_null("model", "my_own")
                && !takes_null("model", "meta")
        );
        let found = wrong(json!({"enabled": "yes"})).unwrap();
        assert_eq!(
            (found.key().as_str(), found.words.as_str()),
            ("enabled", "'yes' is not of type 'boolean'")
        );
        let found = wrong(json!({"unique_key": ["a", 5]})).unwrap();
        assert_eq!((found.key().as_str(), found.what.as_str()), ("unique_key[1]", "must be text, and is 5"));
        let found = wrong(json!({"freshness": {"build_after": {"count": 1, "period": "week"}}})).unwrap();
        assert_eq!(found.key(), "freshness.build_after.period");
    }
}
