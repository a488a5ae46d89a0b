//! Words that selections may use, and what is said about others.

use ingot_core::error::{Error, Result, nearest};

/// What `resource_type:` and `--resource-type` know.
pub(crate) const RESOURCE_TYPES: &[&str] = &[
    "model",
    "seed",
    "snapshot",
    "test",
    "unit_test",
    "source",
    "analysis",
    "exposure",
    "operation",
    "metric",
    "saved_query",
    "semantic_model",
    "function",
];

/// An error where `value` is none of those that the method knows.
pub(crate) fn one_of(what: &str, value: &str, known: &[&str]) -> Result<()> {
    if known.contains(&value) {
        return Ok(());
    }
    let error = Error::new(format!("there is no {what} '{value}' to select by"));
    Err(match nearest(value, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error.hint(format!("use one of {}", known.join(", "))),
    })
}
