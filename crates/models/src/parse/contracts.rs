//! What dbt asks of a model with an enforced contract before anything runs, and of the keys of all models.
//! <https://docs.getdbt.com/reference/resource-configs/contract>

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::python_repr;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::Error;
use serde_json::{Value as Json, json};

/// Says of each model what its contract lacks, and warns of constraints that its materialization does not keep.
pub(super) fn check(nodes: &[Node], errors: &mut Vec<Error>, warnings: &mut Vec<Warning>) {
    for node in nodes.iter().filter(|node| node.resource_type() == ResourceType::Model) {
        // What only properties can say is asked of what has some.
        if node.patch_path.is_some() {
            errors.extend(primary_keys(node));
        }
        if !node.config["contract"]["enforced"].as_bool().unwrap_or(false) {
            continue;
        }
        errors.extend(schema_changes(node));
        if node.patch_path.is_some() {
            errors.extend(prerequisites(node));
            warnings.extend(not_kept(node));
        }
    }
}

fn error(node: &Node, what: String) -> Error {
    Error::new(format!("model '{}': {what}", node.name)).at_line(&node.original_file_path, node.line)
}

fn prerequisites(node: &Node) -> Option<Error> {
    if node.is_python() {
        return Some(
            error(node, "a contract is for SQL, and this is Python".to_owned())
                .in_dbts_words("Language Error: Expected 'sql' but found 'python'")
                .hint("take `contract:` out, or write the model in SQL"),
        );
    }
    let words = "Constraints must be defined in a `yml` schema configuration file like `schema.yml`.";
    node.columns.is_empty().then(|| {
        error(node, "its contract is enforced, and none of its columns is described".to_owned())
            .in_dbts_words(words)
            .hint("list its columns under `columns:`, each with its `data_type:`")
    })
}

/// An incremental model keeps its contract only if it takes in new columns or refuses them.
fn schema_changes(node: &Node) -> Option<Error> {
    let said = node.config.get("on_schema_change").and_then(Json::as_str).unwrap_or("ignore");
    let is_wrong = node.materialized() == "incremental" && !matches!(said, "append_new_columns" | "fail");
    is_wrong.then(|| {
        let words = format!(
            "Invalid value for on_schema_change: {said}. Models materialized as incremental with contracts enabled must set on_schema_change to 'append_new_columns' or 'fail'"
        );
        error(node, format!("its contract is enforced, and on_schema_change is '{said}'"))
            .in_dbts_words(words)
            .hint("set on_schema_change to append_new_columns or fail")
    })
}

fn is_primary_key(constraint: &Json) -> bool {
    constraint["type"] == "primary_key"
}

/// A primary key stands in one place: at the model, or at its one column.
fn primary_keys(node: &Node) -> Option<Error> {
    let mut keys: Vec<Json> = node
        .columns
        .iter()
        .filter(|column| column.constraints.iter().any(is_primary_key))
        .map(|column| column.name.as_str().into())
        .collect();
    // A version may describe a column that the model describes for all versions.
    keys.dedup();
    if keys.len() > 1 {
        let words = format!(
            "Found {} columns ({}) with primary key constraints defined. Primary keys for multiple columns must be defined as a model level constraint.",
            keys.len(),
            python_repr(&Json::Array(keys.clone()))
        );
        return Some(
            error(node, format!("{} of its columns are its primary key, each alone", keys.len()))
                .in_dbts_words(words)
                .hint("write one constraint of the model: {type: primary_key, columns: [...]}"),
        );
    }
    let is_twice = !keys.is_empty() && node.constraints.iter().any(is_primary_key);
    is_twice.then(|| {
        error(node, "its primary key is at the model and at a column".to_owned())
            .in_dbts_words("Primary key constraints defined at the model level and the columns level. Primary keys can be defined at the model level or the column level, not both.")
            .hint("keep one of the two")
    })
}

/// Only tables keep constraints.
fn not_kept(node: &Node) -> Option<Warning> {
    let kind = node.materialized();
    let mut constraints =
        node.constraints.iter().chain(node.columns.iter().flat_map(|column| &column.constraints));
    let is_told = constraints.any(|constraint| constraint["warn_unsupported"] != false);
    (is_told && !matches!(kind, "table" | "incremental")).then(|| {
        let text = format!(
            "the constraints of model '{}' have no effect, since a {kind} keeps none ({})",
            node.name, node.original_file_path
        );
        let words = format!(
            "Constraint types are not supported for {kind} materializations and will be ignored.  Set 'warn_unsupported: false' on this constraint to ignore this warning."
        );
        Warning::new(WarningKind::UnsupportedConstraintMaterialization, text)
            .with(json!({"materialized": kind}))
            .in_dbts_words(words)
    })
}
