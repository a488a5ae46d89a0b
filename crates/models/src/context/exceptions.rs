//! `exceptions.raise_compiler_error(...)` and the rest of that name.

use crate::context::node_context::context;
use crate::values;
use crate::warnings::{Treatment, Warning, WarningKind};
use ingot_core::error;
use ingot_jinja::{Args, Error, Object, Result, State, Value};
use std::any::Any;

pub(super) struct Exceptions;

const NAMES: &[&str] = &[
    "raise_compiler_error",
    "raise_database_error",
    "raise_parsing_error",
    "raise_not_implemented",
    "raise_fail_fast_error",
    "raise_dep_not_found",
    "raise_dependency_error",
    "raise_duplicate_patch_name",
    "raise_contract_error",
    "missing_config",
    "missing_relation",
    "missing_materialization",
    "relation_wrong_type",
    "column_type_missing",
    "invalid_type_error",
    "warn",
    "warn_snapshot_timestamp_data_types",
];

impl Object for Exceptions {
    fn type_name(&self) -> &str {
        "exceptions"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn method_names(&self) -> &[&'static str] {
        NAMES
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        let all: Vec<Value> = args.positional.iter().chain(args.named.values()).cloned().collect();
        let word = |index: usize| all.get(index).map(values::text).unwrap_or_default();
        Some(match name {
            "warn" => context(state).and_then(|context| {
                match context.invocation.settings.warning_rules.of(WarningKind::JinjaLogWarning) {
                    Treatment::Tell => {
                        let warning = Warning::new(WarningKind::JinjaLogWarning, word(0));
                        context.invocation.outbox.warn(warning);
                    }
                    Treatment::Silence => {}
                    Treatment::Error => {
                        return Err(
                            Error::value(word(0)).hint("a warning (JinjaLogWarning) that is to be an error")
                        );
                    }
                }
                Ok("".into())
            }),
            "warn_snapshot_timestamp_data_types" => context(state).map(|context| {
                let (of_table, of_column) = (word(0), word(1));
                let text =
                    format!("the types of the snapshot's timestamps differ: {of_table} and {of_column}");
                let words = format!(
                    "Data type of snapshot table timestamp columns ({of_table}) doesn't match derived column \
                     'updated_at' ({of_column}). Please update snapshot config 'updated_at'."
                );
                let warning = Warning::new(WarningKind::SnapshotTimestampWarning, text);
                context.invocation.outbox.warn(warning.in_dbts_words(words));
                "".into()
            }),
            "raise_not_implemented" => Err(Error::value(format!("not implemented: {}", word(0)))),
            "missing_config" => Err(Error::value(format!("the config '{}' is missing", word(1)))),
            "missing_relation" => Err(Error::value(format!("the relation {} is not there", word(0)))),
            "missing_materialization" => {
                Err(Error::value(format!("there is no materialization '{}'", word(1))))
            }
            "relation_wrong_type" => {
                Err(Error::value(format!("{} is no {}, which it should be", word(0), word(1))))
            }
            "column_type_missing" => {
                let what = format!(
                    "a model with an enforced contract needs a data_type for every column; missing for: {}",
                    word(0)
                );
                let names: Vec<String> = word(0).split(", ").map(|name| format!("'{name}'")).collect();
                let words = format!(
                    "Contracted models require data_type to be defined for each column.  Please ensure that the column name and data_type are defined within the YAML configuration for the [{}] column(s).",
                    names.join(", ")
                );
                Err(error::Error::new(what).in_dbts_words(words).into())
            }
            "raise_contract_error" => Err(contract_error(&all)),
            "raise_compiler_error" => Err(compiler_error(state, &word(0))),
            name if NAMES.contains(&name) => Err(Error::value(word(0))),
            _ => return None,
        })
    }
}

/// What a template raises, with the line that dbt puts in front of it.
fn compiler_error(state: &State<'_>, what: &str) -> Error {
    let error = error::Error::new(what);
    match context(state) {
        Ok(context) if !context.node.original_file_path.is_empty() => {
            let node = &context.node;
            let (kind, file) = (node.resource_type().name(), &node.original_file_path);
            error.in_dbts_words(format!("Compilation Error in {kind} {} ({file})", node.name)).into()
        }
        _ => error.into(),
    }
}

/// Which columns differ between the contract and the query.
fn contract_error(all: &[Value]) -> Error {
    let columns = |value: Option<&Value>| -> Vec<(String, String)> {
        let items = value.and_then(|value| value.as_list().map(|list| list.items())).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| {
                let dict = item.as_dict()?;
                let text =
                    |key: &str| dict.get_str(key).map(|value| values::text(&value)).unwrap_or_default();
                Some((text("name"), text("data_type")))
            })
            .collect()
    };
    let (expected, actual) = (columns(all.first()), columns(all.get(1)));
    let mut lines = Vec::new();
    for (name, wanted) in &expected {
        match actual.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            None => {
                lines.push(format!("  {name}: missing in definition (in the contract, not in the query)"))
            }
            Some((_, found)) if !found.eq_ignore_ascii_case(wanted) => {
                lines.push(format!(
                    "  {name}: data type mismatch ({wanted} in the contract, {found} in the query)"
                ));
            }
            Some(_) => {}
        }
    }
    for (name, _) in &actual {
        if !expected.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            lines.push(format!("  {name}: missing in contract (in the query, not in the contract)"));
        }
    }
    error::Error::new(format!("the model does not keep its contract:\n{}", lines.join("\n")))
        .in_dbts_words("This model has an enforced contract that failed.\nPlease ensure the name, data_type, and number of columns in your contract match the columns in your model's definition.")
        .hint("change the query, or the columns in the YAML file that describes it")
        .into()
}
