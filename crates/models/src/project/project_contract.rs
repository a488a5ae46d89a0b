//! What may stand in `dbt_project.yml`: its keys, and the type of each. dbt refuses a project whose file has others.
//! <https://github.com/dbt-labs/dbt-core/blob/v1.11.0/core/dbt/contracts/project.py>

use crate::json_values::{Object, has_jinja, python_repr};
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml;
use regex::Regex;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::LazyLock;

/// What a key's value is.
#[derive(Clone, Copy)]
enum Type {
    Text,
    /// Whole.
    Number,
    Flag,
    Mapping,
    List,
    /// A list of texts.
    Texts,
    /// The same, or one text, which is taken for a list of one.
    TextOrTexts,
    /// `1.0.0`, `1.0`, or a number with a point.
    Version,
    /// Text and no number that could be taken for it.
    Written,
    /// The same, or a mapping.
    WrittenOrMapping,
}

impl Type {
    fn fits(self, value: &Json) -> bool {
        // Commands that need no profile, such as `clean`, read the file without rendering it.
        if value.as_str().is_some_and(has_jinja) {
            return true;
        }
        let is_text = |value: &Json| value.is_string() || value.is_number() || value.is_boolean();
        match self {
            Self::Text => is_text(value),
            Self::Number => value.is_i64(),
            Self::Flag => value.is_boolean(),
            Self::Mapping => value.is_object(),
            Self::List => value.is_array(),
            Self::Texts => value.as_array().is_some_and(|items| items.iter().all(is_text)),
            Self::TextOrTexts => is_text(value) || Self::Texts.fits(value),
            Self::Version => value.is_f64() || value.as_str().is_some_and(|text| VERSION.is_match(text)),
            Self::Written => value.is_string(),
            Self::WrittenOrMapping => value.is_string() || value.is_object(),
        }
    }

    /// The values that fit, as JSON Schemas of which one must hold.
    fn schemas(self) -> Vec<Json> {
        let text = json!({"type": ["string", "number", "boolean"]});
        let own = match self {
            Self::Text => vec![text],
            Self::Number => vec![json!({"type": "integer"})],
            Self::Flag => vec![json!({"type": "boolean"})],
            Self::Mapping => vec![json!({"type": "object"})],
            Self::List => vec![json!({"type": "array"})],
            Self::Texts => vec![json!({"type": "array", "items": text})],
            Self::TextOrTexts => vec![text.clone(), json!({"type": "array", "items": text})],
            Self::Version => {
                vec![json!({"type": "number"}), json!({"type": "string", "pattern": VERSION.as_str()})]
            }
            Self::Written => vec![json!({"type": "string"})],
            Self::WrittenOrMapping => vec![json!({"type": "string"}), json!({"type": "object"})],
        };
        // A null is as good as no value, and a template may become anything.
        let others = [json!({"type": "null"}), json!({"type": "string", "pattern": r"\{\{|\{%|\{#"})];
        own.into_iter().chain(others).collect()
    }

    fn described(self) -> &'static str {
        match self {
            Self::Text | Self::Written => "text",
            Self::Number => "a whole number",
            Self::Flag => "true or false",
            Self::Mapping => "a mapping",
            Self::List => "a list",
            Self::Texts | Self::TextOrTexts => "a list of texts",
            Self::Version => "a version as in '1.0.0'",
            Self::WrittenOrMapping => "text or a mapping",
        }
    }

    /// dbt's word for it, where the key takes nothing else.
    fn in_json_schema(self, key: &str) -> Option<&'static str> {
        match self {
            _ if matches!(key, "vars" | "quoting" | "dbt-cloud") => None,
            Self::Flag => Some("boolean"),
            Self::Mapping => Some("object"),
            Self::List => Some("array"),
            _ => None,
        }
    }
}

/// Semantic versioning 2.0, with two numbers or three, then what comes before a release, then the build.
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(0|[1-9]\d*)\.(0|[1-9]\d*)(\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?)?$")
        .expect("the pattern is a constant")
});

/// Every key of the top level.
const KEYS: &[(&str, Type)] = &[
    ("name", Type::Text),
    ("version", Type::Version),
    ("config-version", Type::Number),
    ("profile", Type::Text),
    ("project-root", Type::Text),
    ("source-paths", Type::Texts),
    ("model-paths", Type::Texts),
    ("data-paths", Type::Texts),
    ("seed-paths", Type::Texts),
    ("snapshot-paths", Type::Texts),
    ("test-paths", Type::Texts),
    ("macro-paths", Type::Texts),
    ("analysis-paths", Type::Texts),
    ("docs-paths", Type::Texts),
    ("asset-paths", Type::Texts),
    ("function-paths", Type::Texts),
    ("target-path", Type::Text),
    ("log-path", Type::Text),
    ("packages-install-path", Type::Text),
    ("clean-targets", Type::Texts),
    ("on-run-start", Type::TextOrTexts),
    ("on-run-end", Type::TextOrTexts),
    ("require-dbt-version", Type::TextOrTexts),
    ("vars", Type::Mapping),
    ("dispatch", Type::List),
    ("quoting", Type::Mapping),
    ("flags", Type::Mapping),
    ("models", Type::Mapping),
    ("seeds", Type::Mapping),
    ("snapshots", Type::Mapping),
    ("analyses", Type::Mapping),
    ("sources", Type::Mapping),
    ("tests", Type::Mapping),
    ("data_tests", Type::Mapping),
    ("unit_tests", Type::Mapping),
    ("exposures", Type::Mapping),
    ("metrics", Type::Mapping),
    ("semantic-models", Type::Mapping),
    ("saved-queries", Type::Mapping),
    ("functions", Type::Mapping),
    ("packages", Type::List),
    ("query-comment", Type::WrittenOrMapping),
    ("restrict-access", Type::Flag),
    ("dbt-cloud", Type::Mapping),
];

/// The keys under `quoting:`.
const QUOTING: &[(&str, Type)] = &[
    ("database", Type::Flag),
    ("schema", Type::Flag),
    ("identifier", Type::Flag),
    ("column", Type::Flag),
    ("snowflake_ignore_case", Type::Flag),
];

/// Those under `query-comment:`, if it is a mapping.
const QUERY_COMMENT: &[(&str, Type)] =
    &[("comment", Type::Written), ("append", Type::Flag), ("job-label", Type::Flag)];

/// Refuses what `key` has of other keys than `inner`, or of other types.
fn check_inner(top: &Object, key: &str, inner: &[(&str, Type)]) -> Result<()> {
    for (name, value) in top.get(key).and_then(Json::as_object).into_iter().flatten() {
        let words = format!(
            "at path ['{key}']: {} is not valid under any of the given schemas",
            python_repr(&top[key])
        );
        let error = match inner.iter().find(|(known, _)| known == name) {
            Some((_, kind)) if value.is_null() || kind.fits(value) => continue,
            Some((_, kind)) => Error::new(format!(
                "'{name}' under `{key}:` of dbt_project.yml must be {}, and is {value}",
                kind.described()
            )),
            None => {
                let known: Vec<&str> = inner.iter().map(|(known, _)| *known).collect();
                let error = Error::new(format!("unknown key '{name}' under `{key}:` of dbt_project.yml"));
                match nearest(name, known.iter().copied()) {
                    Some(near) => error.hint(format!("did you mean '{near}'?")),
                    None => error.hint(format!("its keys: {}", known.join(", "))),
                }
            }
        };
        return Err(error.in_dbts_words(words));
    }
    Ok(())
}

/// The JSON Schema of the file, for editors: these keys and types.
pub(crate) fn json_schema() -> Json {
    let properties: Object =
        KEYS.iter().map(|(key, kind)| ((*key).to_owned(), json!({"anyOf": kind.schemas()}))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "dbt_project.yml",
        "type": "object",
        "properties": properties,
        "required": ["name"],
        "additionalProperties": false,
    })
}

/// Refuses keys that are not there and values of another type. `top` is the rendered file, `document` the file as it
/// is written; a null is as good as no value.
///
/// # Errors
/// Says the first such key, with its line.
pub(super) fn check(top: &Object, document: &yaml::Node, file: &Path) -> Result<()> {
    let line = |key: &str| document.get(key).map_or(1, |node| node.line);
    for (key, value) in top {
        let Some((_, kind)) = KEYS.iter().find(|(known, _)| known == key) else {
            let error = Error::new(format!("unknown key '{key}' in dbt_project.yml"))
                .in_dbts_words(format!("Additional properties are not allowed ('{key}' was unexpected)"))
                .at_line(file, line(key));
            return Err(match nearest(key, KEYS.iter().map(|(known, _)| *known)) {
                Some(near) => error.hint(format!("did you mean '{near}'?")),
                None => error.hint("take it out; values of your own go under `vars:`"),
            });
        };
        if !value.is_null() && !kind.fits(value) {
            let what = format!("'{key}' of dbt_project.yml must be {}, and is {value}", kind.described());
            let value = python_repr(value);
            let words = match kind.in_json_schema(key) {
                Some(word) => format!("at path ['{key}']: {value} is not of type '{word}'"),
                None => format!("at path ['{key}']: {value} is not valid under any of the given schemas"),
            };
            return Err(Error::new(what).in_dbts_words(words).at_line(file, line(key)));
        }
    }
    check_dispatch(top, file, line("dispatch"))?;
    for (key, inner) in [("quoting", QUOTING), ("query-comment", QUERY_COMMENT)] {
        check_inner(top, key, inner).map_err(|error| error.at_line(file, line(key)))?;
    }
    let has = |key: &str| top.get(key).and_then(Json::as_object).is_some_and(|tree| !tree.is_empty());
    if has("tests") && has("data_tests") {
        return Err(Error::new("dbt_project.yml has both `tests:` and `data_tests:`, which mean the same")
            .in_dbts_words("Invalid project config: cannot have both 'tests' and 'data_tests' defined")
            .at_line(file, line("tests"))
            .hint("join the two under `data_tests:`"));
    }
    Ok(())
}

fn check_dispatch(top: &Object, file: &Path, line: usize) -> Result<()> {
    for entry in top.get("dispatch").and_then(Json::as_array).into_iter().flatten() {
        let is_whole = entry.get("macro_namespace").is_some() && entry["search_order"].is_array();
        if !is_whole {
            return Err(Error::new(format!("an entry of `dispatch:` is {entry}"))
                .in_dbts_words(format!("Invalid project dispatch config: {}", python_repr(entry)))
                .at_line(file, line)
                .hint(
                    "write\n  dispatch:\n    - macro_namespace: dbt\n      search_order: [my_project, dbt]",
                ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<()> {
        let file = Path::new("dbt_project.yml");
        let document = yaml::parse(text, file).unwrap();
        check(document.to_json().as_object().unwrap(), &document, file)
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = json_schema();
        let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(keys, KEYS.iter().map(|(key, _)| key).collect::<Vec<_>>());
        for key in keys {
            assert!(checked(&format!("{key}:\n")).is_ok(), "{key}");
        }
    }

    #[test]
    fn what_dbt_takes_is_taken() {
        for text in [
            "name: a\nversion: 1.0\nmodels:\non-run-start: select 1\nrequire-dbt-version: '>=1.0.0'",
            "name: a\nversion: '1.0.0-rc.1'\ndbt-cloud: {project-id: 1}\nquery-comment: {append: true}",
        ] {
            assert!(checked(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_dbt_refuses_is_refused_with_its_line() {
        for (text, line, words) in [
            (
                "name: a\nversion: '1'",
                2,
                "at path ['version']: '1' is not valid under any of the given schemas",
            ),
            ("name: a\nmy-key: 1", 2, "Additional properties are not allowed ('my-key' was unexpected)"),
            (
                "name: a\ndbt-cloud: x",
                2,
                "at path ['dbt-cloud']: 'x' is not valid under any of the given schemas",
            ),
            ("model-paths: a", 1, "at path ['model-paths']: 'a' is not valid under any of the given schemas"),
            ("models: []", 1, "at path ['models']: [] is not of type 'object'"),
            ("dispatch:\n  - search_order: a", 1, "Invalid project dispatch config: {'search_order': 'a'}"),
        ] {
            let error = checked(text).unwrap_err();
            assert_eq!(error.dbts_words(), Some(words));
            assert_eq!(error.place().and_then(|place| place.line), Some(line));
        }
    }
}
