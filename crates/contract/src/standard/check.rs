//! The text of a contract: what it describes, and what the standard does not allow in it.

use super::validator::Validator;
use crate::odcs::{Described, read_text};
use ingot_core::error::{Error, Result};
use ingot_core::yaml::{self, Node};
use std::path::Path;

const V3_0: &str = include_str!("schemas/odcs-json-schema-v3.0.2.json");
pub(super) const V3_1: &str = include_str!("schemas/odcs-json-schema-v3.1.0.json");

/// What a contract's text shows: the feeds it describes, and all that the standard does not allow in it.
#[derive(Debug)]
pub struct Checked {
    pub feeds: Vec<Described>,
    /// Faults in the order of their places.
    pub faults: Vec<Error>,
}

/// Checks the text of a contract that is in this file, against the schema of its version. For versions after 3.1 there is none
/// here. What only ingot cannot read is among the faults.
///
/// # Errors
/// The text is not YAML.
pub fn check(text: &str, file: &Path) -> Result<Checked> {
    let document = yaml::parse(text, file)?;
    let version = document.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
    let (version, schema) = match version {
        version if version.starts_with("v3.0") => ("3.0.2", Some(V3_0)),
        version if version.starts_with("v3.") && !version.starts_with("v3.1") => ("", None),
        _ => ("3.1.0", Some(V3_1)),
    };
    let mut faults = match schema {
        Some(schema) => of_schema(schema, version, &document, text, file)?,
        None => Vec::new(),
    };
    let feeds = match read_text(text, file) {
        Ok(feeds) => feeds,
        Err(error) => {
            let is_told = faults.iter().any(|fault| {
                fault.place().and_then(|place| place.line) == error.place().and_then(|place| place.line)
            });
            if !is_told {
                faults.push(error);
            }
            Vec::new()
        }
    };
    Ok(Checked { feeds, faults })
}

fn of_schema(schema: &str, version: &str, document: &Node, text: &str, file: &Path) -> Result<Vec<Error>> {
    let schema: serde_json::Value = serde_json::from_str(schema)
        .map_err(|error| Error::defect("the embedded schema of the standard is not JSON").caused_by(error))?;
    let faults = Validator::new(&schema).faults(document).into_iter();
    let error = |what: String, line, column| {
        Error::new(format!("{what} (ODCS {version})")).in_text(file, text, line, Some(column))
    };
    Ok(faults.map(|fault| error(fault.what, fault.line, fault.column)).collect())
}
