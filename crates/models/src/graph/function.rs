//! Functions of the database that the project defines.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What only functions have, as properties say it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Function {
    pub arguments: Vec<Argument>,
    pub returns: Returns,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Argument {
    pub name: String,
    pub data_type: String,
    #[serde(default)]
    pub description: Option<String>,
    /// What it is where a call leaves it out; null: it must be given.
    #[serde(default)]
    pub default_value: Json,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Returns {
    pub data_type: String,
    #[serde(default)]
    pub description: Option<String>,
}
