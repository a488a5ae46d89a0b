//! Versions of a model: what their entries under `versions:` change of what the model says.

use crate::json_values::{Object, scalar_text, strings, text};
use crate::project::properties::entries::{config_of, constraints_of, declared_tests, entries, read_columns};
use crate::project::properties::property_file::{Include, Origin, Patch, VersionEntry};
use ingot_core::error::{Error, Result};
use ingot_core::yaml;
use serde_json::Value as Json;

impl Patch {
    /// The properties of one version: the model's, changed as its entry says.
    pub(crate) fn for_version(&self, entry: &VersionEntry) -> Patch {
        let mut out = self.clone();
        out.versions.clear();
        out.version = Some(entry.version.clone());
        out.line = entry.line;
        if let Some(description) = &entry.description {
            out.description = description.clone();
        }
        deep_merge(&mut out.config, &entry.config);
        deep_merge(&mut out.unrendered_config, &entry.config);
        if let Some(constraints) = &entry.constraints {
            out.constraints = constraints.clone();
        }
        out.deprecation_date = entry.deprecation_date.clone();
        out.columns.retain(|column| entry.include.keeps(&column.name));
        out.columns.extend(entry.columns.iter().cloned());
        let (on_columns, on_model): (Vec<_>, Vec<_>) =
            std::mem::take(&mut out.tests).into_iter().partition(|test| test.column.is_some());
        out.tests = entry.tests.clone().unwrap_or(on_model);
        out.tests.extend(on_columns.into_iter().filter(|test| {
            test.column.as_deref().is_some_and(|column| entry.include.keeps(column.trim_matches('"')))
        }));
        out.tests.extend(entry.column_tests.iter().cloned());
        out
    }
}

fn deep_merge(into: &mut Object, more: &Object) {
    for (key, value) in more {
        match (into.get_mut(key), value) {
            (Some(Json::Object(old)), Json::Object(new)) => deep_merge(old, new),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The highest version: as numbers where both are, else as text.
pub(crate) fn highest(versions: &[VersionEntry]) -> Option<String> {
    let by_number = |a: &str, b: &str| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    };
    versions.iter().map(|entry| &entry.version).max_by(|a, b| by_number(a, b)).cloned()
}

pub(crate) fn read_versions(
    entry: &yaml::Node,
    members: &Object,
    origin: &Origin,
) -> Result<Vec<VersionEntry>> {
    let nodes = match entry.get("versions") {
        Some(node) if !node.is_null() => entries(node, "versions", origin)?,
        _ => return Ok(Vec::new()),
    };
    let values = members.get("versions").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut out: Vec<VersionEntry> = Vec::new();
    for (node, value) in nodes.iter().zip(values) {
        let missing = || {
            Error::new("an entry of `versions:` has no `v`")
                .at_line(origin.file, node.line)
                .hint("every version starts with `- v: 1`")
        };
        let Json::Object(members) = value else { return Err(missing()) };
        let version = members.get("v").and_then(scalar_text).ok_or_else(missing)?;
        if out.iter().any(|other| other.version == version) {
            return Err(Error::new(format!("version {version} is listed twice"))
                .at_line(origin.file, node.line)
                .hint("give each entry of `versions:` a `v` of its own"));
        }
        let mut include = Include { only: None, except: Vec::new() };
        for column in members.get("columns").and_then(Json::as_array).into_iter().flatten() {
            let (only, except) = (column.get("include"), column.get("exclude"));
            if only.is_some() || except.is_some() {
                let all = only.is_none_or(|only| matches!(only.as_str(), Some("all" | "*")));
                include = Include { only: (!all).then(|| strings(only)), except: strings(except) };
            }
        }
        let mut column_tests = Vec::new();
        let columns = read_columns(node, &members, origin, &mut column_tests)?;
        let says = |key: &str| node.get(key).is_some_and(|tests| !tests.is_null());
        let says_tests = says("tests") || says("data_tests");
        let tests = declared_tests(node, None, &[], origin)?;
        let what = format!("version {version} of the model");
        let constraints = constraints_of(node, &members, &what, origin)?;
        out.push(VersionEntry {
            version,
            defined_in: members.get("defined_in").and_then(scalar_text),
            line: node.line,
            description: text(&members, "description").filter(|text| !text.is_empty()),
            config: config_of(&members),
            constraints: members.contains_key("constraints").then_some(constraints),
            deprecation_date: members.get("deprecation_date").and_then(scalar_text),
            include,
            columns,
            column_tests,
            tests: says_tests.then_some(tests),
        });
    }
    Ok(out)
}
