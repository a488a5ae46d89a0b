//! YAML files of a dbt project, read as dbt reads them: without the white space at their end, so that a last block of
//! text has no line break there.

use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Context, Result};
use ingot_core::yaml::{self, Node};
use std::path::Path;

/// Reads a file of which dbt takes the last of repeated keys without a word: profiles, packages, selectors.
///
/// # Errors
/// The file cannot be read, or is not YAML.
pub(crate) fn read_last_of_repeated(file: &Path) -> Result<Node> {
    let text = std::fs::read_to_string(file).or_cannot_at("read the file", file)?;
    Ok(yaml::parse_noting_repeats(text.trim_end(), file)?.0)
}

/// Reads a file, and warns of keys that a mapping has twice: the last one holds. `shown` is the file's name in warnings.
///
/// # Errors
/// The file cannot be read, or is not YAML.
pub(crate) fn read(file: &Path, shown: &str, warnings: &mut Vec<Warning>) -> Result<Node> {
    let text = std::fs::read_to_string(file).or_cannot_at("read the file", file)?;
    let (node, repeats) = yaml::parse_noting_repeats(text.trim_end(), file)?;
    warnings.extend(repeats.into_iter().map(|repeat| {
        let text = format!(
            "{shown}:{}: the key '{}' stands twice in one mapping; the last one holds",
            repeat.line, repeat.key
        );
        Warning::new(WarningKind::DuplicateYAMLKeysDeprecation, text)
    }));
    Ok(node)
}
