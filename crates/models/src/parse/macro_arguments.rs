//! What properties say of the arguments of macros, compared with the macros themselves where the project's flag
//! `validate_macro_args` asks for it
//! (<https://docs.getdbt.com/reference/global-configs/behavior-changes#macro-argument-validation>).

use crate::graph::property_entry::Entry;
use crate::invocation::Invocation;
use crate::json_values::text;
use crate::project::macros::MacroEntry;
use crate::warnings::{Warning, WarningKind};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Types without parameters, and those with them.
const PLAIN: &[&str] = &["str", "string", "bool", "int", "integer", "float", "any", "relation", "column"];
const WITH_PARAMETERS: &[(&str, usize)] = &[("list", 1), ("dict", 2), ("optional", 1)];

/// Warnings about arguments that a macro does not have, and about types that there are not.
pub(super) fn check(invocation: &Arc<Invocation>, patches: &[Entry]) -> Vec<Warning> {
    if !is_asked_for(invocation) {
        return Vec::new();
    }
    let macros = &invocation.templates.macros;
    let mut out = Vec::new();
    for patch in patches {
        let Some(entry) = macros.in_package(&patch.package_name, &patch.name) else { continue };
        let texts = compare(entry, patch);
        let data = json!({"macro_unique_id": entry.unique_id, "macro_file_path": entry.original_file_path});
        let warning = |text| Warning::new(WarningKind::InvalidMacroAnnotation, text).with(data.clone());
        out.extend(texts.into_iter().map(warning));
    }
    out
}

/// Whether the project has the flag.
pub(crate) fn is_asked_for(invocation: &Invocation) -> bool {
    invocation.project.root.flag("validate_macro_args", false)
}

fn compare(entry: &MacroEntry, patch: &Entry) -> Vec<String> {
    let name = &entry.name;
    let said = patch.members.get("arguments").and_then(Json::as_array).cloned().unwrap_or_default();
    if said.is_empty() {
        return Vec::new();
    }
    let said: Vec<(String, Option<String>)> = said
        .iter()
        .filter_map(Json::as_object)
        .map(|argument| (text(argument, "name").unwrap_or_default(), text(argument, "type")))
        .collect();
    let parameters = entry.parameters();
    let mut out = Vec::new();
    for (argument, _) in said.iter().zip(&parameters).filter(|((argument, _), own)| argument != *own) {
        let argument = &argument.0;
        out.push(format!(
            "Argument {argument} in yaml for macro {name} does not match the jinja definition."
        ));
    }
    if said.len() != parameters.len() {
        out.push(format!(
            "The number of arguments in the yaml for macro {name} does not match the jinja definition."
        ));
    }
    for (argument, kind) in &said {
        if kind.as_deref().is_some_and(|kind| !kind.trim().is_empty() && !is_type(kind)) {
            out.push(format!("Argument {argument} in the yaml for macro {name} has an invalid type."));
        }
    }
    out
}

/// `string`, `list[int]`, `dict[str, optional[column]]`.
fn is_type(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    after_type(&bare) == Some("")
}

/// What follows the type that the text begins with; `None` if it begins with none.
fn after_type(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    if PLAIN.contains(&name) {
        return Some(rest);
    }
    let (_, count) = WITH_PARAMETERS.iter().find(|(known, _)| *known == name)?;
    for index in 0..*count {
        rest = rest.strip_prefix(if index == 0 { '[' } else { ',' })?;
        rest = after_type(rest)?;
    }
    rest.strip_prefix(']')
}

#[cfg(test)]
mod tests {
    use super::is_type;

    #[test]
    fn types_are_those_of_dbt() {
        for good in ["string", "list[int]", "dict[str, any]", "optional[ list[column] ]"] {
            assert!(is_type(good), "{good}");
        }
        for bad in ["invalid_type", "int[int]", "list", "dict[str]", "list[int", "List[int]", ""] {
            assert!(!is_type(bad), "{bad}");
        }
    }
}
