//! What binding a query does not say: whether it keeps its contract, whether keys and tested columns are there,
//! and whether a `*` would change a table.

use super::explain::finding;
use super::input_types::described;
use super::plan::{Plan, relation};
use super::typed_project::{CheckFinding, CheckSeverity, TypedColumn};
use crate::final_semicolon::without_final_semicolon;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::{object, strings, text};
use ingot_core::error::{Result, nearest};
use ingot_core::sync::lock;
use ingot_engine::SqlError;
use regex::Regex;
use serde_json::Value as Json;
use std::sync::LazyLock;

fn find<'c>(columns: &'c [TypedColumn], name: &str) -> Option<&'c TypedColumn> {
    columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
}

fn did_you_mean(name: &str, columns: &[TypedColumn]) -> Option<String> {
    nearest(name, columns.iter().map(|column| column.name.as_str()))
        .map(|near| format!("did you mean '{near}'?"))
}

/// A finding at the line of YAML that describes the column.
fn at_column(plan: &Plan, node: &Node, column: &str, code: &str, message: String) -> CheckFinding {
    let mut out = finding(node, code, message);
    if let Some(place) = plan.yaml.column(&plan.invocation.project.root.root, node, column) {
        (out.file, out.line) = (place.file, Some(place.line));
    }
    out
}

/// Columns and types against an enforced contract, as a run would compare them.
pub(super) fn of_contract(
    plan: &Plan,
    node: &Node,
    columns: &[TypedColumn],
    mut describe: impl FnMut(&str) -> Result<Vec<TypedColumn>>,
) -> Vec<CheckFinding> {
    let enforced = object(&node.config, "contract").get("enforced").and_then(Json::as_bool);
    if enforced != Some(true) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for promised in &node.columns {
        let Some(kind) = &promised.data_type else {
            let message = format!("the contract of '{}' gives '{}' no data_type", node.name, promised.name);
            out.push(at_column(plan, node, &promised.name, "contract", message));
            continue;
        };
        let Some(made) = find(columns, &promised.name) else {
            let message = format!(
                "the contract of '{}' promises '{}', which the model does not make",
                node.name, promised.name
            );
            let mut broken = at_column(plan, node, &promised.name, "contract", message);
            broken.hint = did_you_mean(&promised.name, columns);
            out.push(broken);
            continue;
        };
        if *kind == made.data_type {
            continue;
        }
        match plan.type_name(kind, &mut describe) {
            Some(wanted) if wanted != made.data_type => {
                let message = format!(
                    "the contract of '{}' promises {wanted} for '{}', and the model makes {}",
                    node.name, promised.name, made.data_type
                );
                let mut broken = at_column(plan, node, &promised.name, "contract", message);
                broken.hint = Some(format!("cast the column to {wanted}, or change the contract"));
                out.push(broken);
            }
            Some(_) => {}
            None => {
                let message = format!(
                    "the contract of '{}' gives '{}' the type '{kind}', which DuckDB does not know",
                    node.name, promised.name
                );
                out.push(at_column(plan, node, &promised.name, "contract", message));
            }
        }
    }
    for made in columns {
        if !node.columns.iter().any(|promised| promised.name.eq_ignore_ascii_case(&made.name)) {
            let message = format!("'{}' makes '{}', which its contract does not name", node.name, made.name);
            let mut broken = finding(node, "contract", message);
            broken.line = Some(line_of(node, &made.name));
            broken.hint =
                Some(format!("describe '{}' with its data_type, or take it out of the model", made.name));
            out.push(broken);
        }
    }
    out
}

/// The first line of the node that has this word, or its first line.
fn line_of(node: &Node, word: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let has_word = |line: &str| {
        line.match_indices(word)
            .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
    };
    node.raw_code.lines().position(has_word).map_or(node.line, |index| node.line + index)
}

/// The columns that configs name: keys, times, and what a snapshot compares.
pub(super) fn of_configs(
    plan: &Plan,
    node: &Node,
    sql: &str,
    mut describe: impl FnMut(&str) -> Result<Vec<TypedColumn>>,
) -> Vec<CheckFinding> {
    let is_snapshot = node.resource_type() == ResourceType::Snapshot;
    if !is_snapshot && node.materialized() != "incremental" {
        return Vec::new();
    }
    let strategy = text(&node.config, "strategy").unwrap_or_default();
    let mut named: Vec<(&str, String)> = Vec::new();
    named.extend(strings(node.config.get("unique_key")).into_iter().map(|name| ("unique_key", name)));
    if is_snapshot && strategy == "timestamp" {
        named.extend(text(&node.config, "updated_at").map(|name| ("updated_at", name)));
    }
    if is_snapshot && strategy == "check" {
        let checked = strings(node.config.get("check_cols"));
        named.extend(checked.into_iter().filter(|name| name != "all").map(|name| ("check_cols", name)));
    }
    let query = without_final_semicolon(sql);
    let mut out = Vec::new();
    for (key, name) in named {
        let Err(error) = describe(&format!("select {name} from (\n{query}\n) as rows_of_the_model")) else {
            continue;
        };
        let is_missing = SqlError::of(&error).is_some_and(|sql| sql.message.starts_with("Referenced column"));
        if is_missing {
            let columns = describe(sql).unwrap_or_default();
            let message =
                format!("{key} of '{}' names the column '{name}', which it does not have", node.name);
            let mut broken = finding(node, "key-column", message);
            broken.hint = did_you_mean(&name, &columns);
            broken.line = Some(line_of(node, key));
            // A config of YAML is in the file that describes the node.
            if !node.raw_code.contains(key)
                && let Some(place) = plan.yaml.column(&plan.invocation.project.root.root, node, "")
            {
                (broken.file, broken.line) = (place.file, Some(place.line));
            }
            out.push(broken);
        }
    }
    out
}

/// The columns of a snapshot's table: those of its query, and those in which dbt keeps when a row was valid.
pub(super) fn with_snapshot_columns(
    node: &Node,
    columns: &[TypedColumn],
    sql: &str,
    mut describe: impl FnMut(&str) -> Result<Vec<TypedColumn>>,
) -> Vec<TypedColumn> {
    let updated = text(&node.config, "updated_at").unwrap_or_else(|| "cast(now() as timestamp)".to_owned());
    let query = without_final_semicolon(sql);
    let moment = describe(&format!("select {updated} as moment from (\n{query}\n) as rows_of_the_snapshot"));
    let moment = moment.ok().and_then(|columns| columns.into_iter().next()).map(|column| column.data_type);
    let moment = moment.unwrap_or_else(|| "TIMESTAMP".to_owned());
    let mut names = object(&node.config, "snapshot_meta_column_names");
    if names.is_empty() {
        names = object(&node.config, "snapshot_table_column_names");
    }
    let name = |key: &str| text(&names, key).unwrap_or_else(|| key.to_owned());
    let mut out = columns.to_vec();
    out.push(TypedColumn::new(name("dbt_scd_id"), "VARCHAR"));
    for key in ["dbt_updated_at", "dbt_valid_from", "dbt_valid_to"] {
        out.push(TypedColumn::new(name(key), moment.clone()));
    }
    if text(&node.config, "hard_deletes").as_deref() == Some("new_record") {
        out.push(TypedColumn::new(name("dbt_is_deleted"), "VARCHAR"));
    }
    out
}

/// A data test on a column that its node does not have. `None` if the column is there, or is not a plain name.
pub(super) fn of_tested_column(plan: &Plan, index: usize) -> Option<CheckFinding> {
    let node = plan.node(index);
    let test = node.generic_test()?;
    let column = test.column_name.as_deref()?.trim_matches('"');
    if !column.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let parents = &plan.execution.manifest.graph.parents[index];
    let tested = match &test.attached_node {
        Some(id) => plan.execution.manifest.index_of(id)?,
        None => parents.iter().copied().find(|parent| plan.node(*parent).source().is_some())?,
    };
    let columns = plan.columns(tested)?;
    if find(columns, column).is_some() {
        return None;
    }
    let name = &plan.node(tested).name;
    let mut out = finding(
        node,
        "test-column",
        format!("the test '{}' is on '{column}', which '{name}' does not have", test.name),
    );
    out.hint = did_you_mean(column, columns);
    Some(out)
}

/// A `*` (or an incremental model) whose columns are not those of the table as it was built.
pub(super) fn of_earlier_table(plan: &Plan, node: &Node, columns: &[TypedColumn]) -> Option<CheckFinding> {
    #[expect(clippy::unwrap_used, reason = "a constant pattern, tried by the tests")]
    static STAR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)(?:\bselect\s+|\.|,\s*)\*").unwrap());
    let is_incremental = node.materialized() == "incremental";
    let star = STAR.find(&node.raw_code);
    if !is_incremental && star.is_none() || node.is_ephemeral() {
        return None;
    }
    let warehouse = plan.warehouse.as_ref()?;
    let there = described(lock(warehouse).as_mut(), &format!("describe {}", relation(node).render())).ok()?;
    let missing = |from: &[TypedColumn], of: &[TypedColumn]| -> Vec<String> {
        from.iter().filter(|one| find(of, &one.name).is_none()).map(|one| format!("'{}'", one.name)).collect()
    };
    let (added, removed) = (missing(columns, &there), missing(&there, columns));
    let retyped: Vec<String> = columns
        .iter()
        .filter_map(|now| Some((now, find(&there, &now.name)?)))
        .filter(|(now, then)| now.data_type != then.data_type)
        .map(|(now, then)| format!("'{}' from {} to {}", now.name, then.data_type, now.data_type))
        .collect();
    let parts: Vec<String> = [("adds", added), ("drops", removed), ("changes", retyped)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word} {}", names.join(", ")))
        .collect();
    if parts.is_empty() {
        return None;
    }
    let table = format!("{}.{}", node.schema, node.alias);
    let fails = is_incremental && text(&node.config, "on_schema_change").as_deref() == Some("fail");
    let mut out = finding(node, "table-change", format!("the next run {} in {table}", parts.join(" and ")));
    if let Some(star) = star {
        out.line = Some(node.line + node.raw_code[..star.end()].matches('\n').count());
    }
    if fails {
        out.message = format!("the model is not what {table} is any more: it {}", parts.join(" and "));
        out.hint = Some("run it with --full-refresh, because on_schema_change is 'fail'".to_owned());
    } else {
        out.severity = CheckSeverity::Warning;
        out.hint = Some(match is_incremental {
            true => {
                "an incremental model keeps its columns: run it with --full-refresh, or set on_schema_change"
                    .to_owned()
            }
            false => "name the columns in place of `*` to keep the table as it is".to_owned(),
        });
    }
    Some(out)
}
