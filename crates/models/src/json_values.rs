//! From YAML to plain JSON values, with the Jinja in its strings rendered on the way where dbt renders it.

use ingot_core::error::Result;
use ingot_core::yaml::{Node, Value};
use serde_json::{Map, Value as Json};
use std::fmt::Write;
use std::path::Path;

pub(crate) type Object = Map<String, Json>;

/// Renders one string that contains Jinja. What it gives keeps its type when the string is one expression.
pub(crate) type Render<'a> = &'a (dyn Fn(&str) -> Result<Json> + Sync);

/// Whether the string at this path of keys (list items have the key `""`) is rendered.
pub(crate) type Wanted<'a> = &'a (dyn Fn(&[&str]) -> bool + Sync);

/// Whether a text has anything for Jinja in it.
pub(crate) fn has_jinja(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The node as JSON, its strings rendered where `wanted` says so. Errors name file and line.
pub(crate) fn render(node: &Node, file: &Path, wanted: Wanted, render_text: Render) -> Result<Json> {
    let mut path = Vec::new();
    walk(node, file, wanted, render_text, &mut path)
}

fn walk<'n>(
    node: &'n Node,
    file: &Path,
    wanted: Wanted,
    render_text: Render,
    path: &mut Vec<&'n str>,
) -> Result<Json> {
    match &node.value {
        Value::Str(text) if has_jinja(text) && wanted(path) => render_text(text)
            .map_err(|error| if error.place().is_some() { error } else { error.at_line(file, node.line) }),
        Value::List(items) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                path.push("");
                out.push(walk(item, file, wanted, render_text, path)?);
                path.pop();
            }
            Ok(Json::Array(out))
        }
        Value::Map(members) => {
            let mut out = Object::new();
            for (key, member) in members {
                path.push(key);
                let value = walk(member, file, wanted, render_text, path)?;
                path.pop();
                out.insert(key.clone(), value);
            }
            Ok(Json::Object(out))
        }
        _ => Ok(node.to_json()),
    }
}

/// A list of strings from a list, a single string, or nothing.
pub(crate) fn strings(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::Array(items)) => items.iter().filter_map(scalar_text).collect(),
        Some(other) => scalar_text(other).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The text of a scalar; `None` for null, lists and mappings.
pub(crate) fn scalar_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The member as text, if it is a scalar.
pub(crate) fn text(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(scalar_text)
}

/// The member as an object; an absent one is empty.
pub(crate) fn object(of: &Object, key: &str) -> Object {
    of.get(key).and_then(Json::as_object).cloned().unwrap_or_default()
}

/// What Python's `str()` says of a value: `None`, `True`, `['a', 1]`.
pub(crate) fn python_str(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => python_repr(other),
    }
}

/// What Python's `repr()` says of a value.
pub(crate) fn python_repr(value: &Json) -> String {
    match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => quote_as_python(text),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(python_repr).collect::<Vec<_>>().join(", "))
        }
        Json::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", quote_as_python(key), python_repr(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// A JSON string with everything outside ASCII escaped.
pub(crate) fn json_string(text: &str) -> String {
    let quoted = Json::String(text.to_owned()).to_string();
    let mut out = String::with_capacity(quoted.len());
    for character in quoted.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            let mut units = [0u16; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").ok();
            }
        }
    }
    out
}

/// JSON as Python's `json.dumps` writes it.
pub(crate) fn python_json(json: &Json, sort: bool) -> String {
    match json {
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| python_json(item, sort)).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(members) => {
            let mut pairs: Vec<(&String, &Json)> = members.iter().collect();
            if sort {
                pairs.sort_by_key(|(key, _)| *key);
            }
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", json_string(key), python_json(value, sort)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Json::String(text) => json_string(text),
        other => other.to_string(),
    }
}

fn quote_as_python(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_is_pythons() {
        let value = serde_json::json!({"a": ["it's", "say \"x\"", 1, 1.5, null, true], "b": {}});
        assert_eq!(python_repr(&value), r#"{'a': ["it's", 'say "x"', 1, 1.5, None, True], 'b': {}}"#);
    }

    #[test]
    fn renders_only_what_is_wanted() {
        let file = Path::new("a.yml");
        let node = ingot_core::yaml::parse("a: '{{ x }}'\nhook: '{{ y }}'\nc: [1, '{{ z }}']", file).unwrap();
        let json =
            render(&node, file, &|path| path != ["hook"], &|text| Ok(Json::String(format!("<{text}>"))))
                .unwrap();
        assert_eq!(json, serde_json::json!({"a": "<{{ x }}>", "hook": "{{ y }}", "c": [1, "<{{ z }}>"]}));
    }
}
