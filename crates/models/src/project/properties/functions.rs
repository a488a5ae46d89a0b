//! What properties say of a function: its arguments, and what it returns.

use crate::graph::function::{Argument, Function, Returns};
use crate::json_values::Object;
use crate::project::properties::property_file::Origin;
use ingot_core::error::{Error, Result};
use ingot_core::yaml;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// Reads `arguments:` and `returns:`.
///
/// # Errors
/// One of them is not what dbt takes, or an argument that must be given comes after one that need not.
pub(super) fn read(entry: &yaml::Node, members: &Object, origin: &Origin) -> Result<Function> {
    let name = members.get("name").and_then(Json::as_str).unwrap_or_default();
    let place = |error: Error| error.at_line(origin.file, entry.line);
    let returns: Returns = part(&members["returns"], name, "returns").map_err(place)?;
    let arguments: Vec<Argument> = match members.get("arguments") {
        Some(given) if !given.is_null() => part(given, name, "arguments").map_err(place)?,
        _ => Vec::new(),
    };
    let mut optional = arguments.iter().skip_while(|argument| argument.default_value.is_null());
    if let Some(late) = optional.find(|argument| argument.default_value.is_null()) {
        // In dbt's words, which people look for.
        return Err(place(
            Error::new(format!(
                "Non-defaulted argument '{}' of function '{name}' comes after a defaulted argument. Non-defaulted arguments cannot come after defaulted arguments. ",
                late.name
            ))
            .hint("put the arguments with a default_value last"),
        ));
    }
    Ok(Function { arguments, returns })
}

fn part<T: DeserializeOwned>(given: &Json, name: &str, key: &str) -> Result<T> {
    serde_json::from_value(given.clone())
        .map_err(|error| Error::new(format!("`{key}:` of the function '{name}': {error}")))
}
