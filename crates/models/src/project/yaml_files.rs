//! YAML files of a dbt project, read as dbt reads them: without the white space at their end, so that a last block of
//! text has no line break there.

use crate::json_values::{Render, has_jinja};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Context, Result};
use ingot_core::yaml::{self, Mapping, Node, Value};
use serde_json::{Value as Json, json};
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
    // dbt reads the file without what is blank at its beginning, and counts from there.
    let blank = text[..text.len() - text.trim_start().len()].matches('\n').count();
    warnings.extend(repeats.into_iter().map(|repeat| {
        let text = format!(
            "{shown}:{}: the key '{}' stands twice in one mapping; the last one holds",
            repeat.line, repeat.key
        );
        let words = format!(
            "Duplicate key '{}' in \"<unicode string>\", line {}, column {} in file `{shown}`",
            repeat.key,
            repeat.line - blank,
            repeat.column
        );
        let data = json!({"duplicate_description": words, "file": shown});
        Warning::new(WarningKind::DuplicateYAMLKeysDeprecation, text).with(data).in_dbts_words(words)
    }));
    Ok(node)
}

/// The same as [`read_last_of_repeated`], with all templates in its values rendered.
///
/// # Errors
/// As there, or a template fails.
pub(crate) fn read_rendered(file: &Path, render_text: Render) -> Result<Node> {
    rendered(&read_last_of_repeated(file)?, file, render_text)
}

/// A document of `file` with all templates in its values rendered.
///
/// # Errors
/// A template fails.
pub(crate) fn rendered(written: &Node, file: &Path, render_text: Render) -> Result<Node> {
    let mut document = written.clone();
    render(&mut document, file, render_text)?;
    Ok(document)
}

fn render(node: &mut Node, file: &Path, render_text: Render) -> Result<()> {
    let line = node.line;
    match &mut node.value {
        Value::Str(text) if has_jinja(text) => {
            let rendered = render_text(text)
                .map_err(|error| if error.place().is_some() { error } else { error.at_line(file, line) })?;
            *node = placed(rendered, node);
        }
        Value::List(items) => items.iter_mut().try_for_each(|item| render(item, file, render_text))?,
        Value::Map(members) => {
            members.values_mut().try_for_each(|member| render(member, file, render_text))?;
        }
        _ => {}
    }
    Ok(())
}

/// What a template gave, in the place of the template.
fn placed(value: Json, at: &Node) -> Node {
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(float)) => Value::Float(float),
            (None, None) => Value::Str(number.to_string()),
        },
        Json::String(text) => Value::Str(text),
        Json::Array(items) => Value::List(items.into_iter().map(|item| placed(item, at)).collect()),
        Json::Object(members) => {
            let members = members.into_iter().map(|(key, member)| (key, placed(member, at)));
            Value::Map(members.collect::<Mapping>())
        }
    };
    Node { value, line: at.line, column: at.column }
}
