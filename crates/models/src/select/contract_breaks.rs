//! What breaks an enforced contract between another state of the project and now: dbt warns of it, and refuses it for a
//! model with versions, whose users rely on theirs
//! (<https://docs.getdbt.com/reference/resource-configs/contract#detecting-breaking-changes>).

use crate::graph::node::Node;
use crate::json_values::{Object, strings, text};
use crate::select::state::State;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, Result};
use serde_json::{Value as Json, json};
use std::collections::HashSet;

/// Compares the models of the other state with those of now, of which some are disabled. Gives a warning for each that has
/// no versions.
///
/// # Errors
/// A model with versions breaks its contract.
pub(crate) fn check(state: &State, nodes: &[Node], disabled: &[Node]) -> Result<Vec<Warning>> {
    let mut warnings = Vec::new();
    let manifest = state.manifest()?;
    let off: HashSet<&str> = disabled.iter().map(|node| node.unique_id.as_str()).collect();
    for (id, old) in manifest.get("nodes").and_then(Json::as_object).into_iter().flatten() {
        if !is_enforced(old) || old["resource_type"] != "model" {
            continue;
        }
        let now = nodes.iter().find(|node| node.unique_id == *id);
        let breaks = match now {
            Some(node) => changes(node, old),
            None if is_past(old) => Vec::new(),
            None if off.contains(id.as_str()) => vec![format!("Contracted model '{id}' was disabled.")],
            None => vec![format!("Contracted model '{id}' was deleted or renamed.")],
        };
        if breaks.is_empty() {
            continue;
        }
        let (name, file) = (&old["name"], &old["original_file_path"]);
        let (name, file) = (name.as_str().unwrap_or_default(), file.as_str().unwrap_or_default());
        let reasons = breaks.join("\n  - ");
        if !old["version"].is_null() {
            let what = format!(
                "While comparing to previous project state, dbt detected a breaking change to an enforced contract.\n  - {reasons}"
            );
            return Err(Error::new(what).at(file).hint(
                "make a change that adds to the contract, or add a version of the model under `versions:`",
            ));
        }
        let text = format!(
            "Breaking change to contracted, unversioned model {name} ({file})\nWhile comparing to previous project state, dbt detected a breaking change to an unversioned model.\n  - {reasons}"
        );
        let data = json!({"breaking_changes": breaks, "model_name": name, "model_file_path": file});
        warnings.push(Warning::new(WarningKind::UnversionedBreakingChange, text).with(data));
    }
    Ok(warnings)
}

fn is_enforced(entry: &Json) -> bool {
    entry["contract"]["enforced"].as_bool().unwrap_or(false)
}

/// Whether the day is over until which the model was promised.
fn is_past(old: &Json) -> bool {
    let day = old["deprecation_date"].as_str().and_then(|date| date.get(..10));
    let day = day.and_then(|day| day.parse::<jiff::civil::Date>().ok());
    day.is_some_and(|day| day <= jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// Only tables keep what constraints say.
fn keeps_constraints(materialized: &str) -> bool {
    matches!(materialized, "table" | "incremental")
}

/// What is less than it was promised, in dbt's words.
fn changes(node: &Node, old: &Json) -> Vec<String> {
    let now = Json::Object(node.to_json());
    if is_enforced(&now) && now["contract"]["checksum"] == old["contract"]["checksum"] {
        return Vec::new();
    }
    let empty = Object::new();
    let columns = |entry: &Json| entry["columns"].as_object().cloned().unwrap_or_default();
    let (before, after) = (columns(old), columns(&now));
    let old_kind = old["config"]["materialized"].as_str().unwrap_or_default();
    let kept = keeps_constraints(old_kind);
    let (mut removed, mut retyped, mut loosened) = (Vec::new(), Vec::new(), Vec::new());
    let mut names: Vec<&String> = before.keys().collect();
    names.sort();
    for name in names {
        let was = before[name].as_object().unwrap_or(&empty);
        let Some(is) = after.get(name).and_then(Json::as_object) else {
            removed.push(name.clone());
            continue;
        };
        let (type_was, type_is) = (text(was, "data_type"), text(is, "data_type"));
        if base_type(type_was.as_deref()) != base_type(type_is.as_deref()) {
            let shown = |kind: Option<String>| kind.unwrap_or_else(|| "None".to_owned());
            retyped.push(format!("{name} ({} -> {})", shown(type_was), shown(type_is)));
        }
        for constraint in lost(was.get("constraints"), is.get("constraints")).filter(|_| kept) {
            loosened.push(format!("'{}' constraint on column {name}", called(constraint)));
        }
    }
    let of_model: Vec<String> = lost(Some(&old["constraints"]), Some(&now["constraints"]))
        .filter(|_| kept)
        .map(|constraint| {
            let columns: Vec<String> =
                strings(constraint.get("columns")).iter().map(|column| format!("'{column}'")).collect();
            format!("'{}' constraint on columns [{}]", called(constraint), columns.join(", "))
        })
        .collect();
    let has =
        |constraints: Option<&Json>| constraints.and_then(Json::as_array).is_some_and(|all| !all.is_empty());
    let had_constraints =
        has(old.get("constraints")) || before.values().any(|column| has(column.get("constraints")));
    let rebuilt = kept && had_constraints && !keeps_constraints(node.materialized());
    let mut out = Vec::new();
    if !is_enforced(&now) {
        out.push("Contract enforcement was removed: Previously, this model had an enforced contract. It is no longer configured to enforce its contract, and this is a breaking change.".to_owned());
    }
    let materializations =
        if rebuilt { vec![format!("{old_kind} -> {}", node.materialized())] } else { Vec::new() };
    for (title, list) in [
        ("Columns were removed", removed),
        ("Columns with data_type changes", retyped),
        ("Enforced column level constraints were removed", loosened),
        ("Enforced model level constraints were removed", of_model),
        ("Materialization changed with enforced constraints", materializations),
    ] {
        if !list.is_empty() {
            out.push(format!("{title}: \n    - {}", list.join("\n    - ")));
        }
    }
    out
}

/// A type without its size, which may change.
fn base_type(kind: Option<&str>) -> Option<String> {
    kind.map(|kind| kind.split('(').next().unwrap_or_default().trim().to_lowercase())
}

/// The constraints that are no longer there and that DuckDB enforces.
fn lost<'a>(before: Option<&'a Json>, after: Option<&'a Json>) -> impl Iterator<Item = &'a Json> {
    let list =
        |value: Option<&'a Json>| value.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let after = list(after);
    list(before)
        .iter()
        .filter(move |constraint| !after.contains(constraint) && constraint["type"] != "custom")
}

fn called(constraint: &Json) -> &str {
    let name = constraint["name"].as_str();
    name.or_else(|| constraint["type"].as_str()).unwrap_or_default()
}
