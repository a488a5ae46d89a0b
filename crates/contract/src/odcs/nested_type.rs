//! The types that consist of others: lists, objects and maps.
//!
//! The standard writes a list as `logicalType: array` with `items`, and an object as `logicalType: object` with
//! `properties`; both are properties again, with types, `required` and rules of their own. It has no maps: they are
//! written as `physicalType: map<key,value>`. The word may also spell the other two, as SQL engines do: `list<str>`,
//! `ARRAY<STRING>`, `BIGINT[]`, `object<id:i64,tags:list<str>>`, `STRUCT(a INTEGER, b VARCHAR)`.

use super::data_type::of_physical;
use super::options::rules_of_type;
use super::reader::Reader;
use crate::contract::{Column, DataType};
use ingot_core::error::Result;
use ingot_core::yaml::Node;
use std::sync::Arc;

/// The deepest nesting of a type.
const DEEPEST: usize = 32;

impl Reader<'_> {
    /// The type of a property, if it is one of these; `None` for plain types, and for a list or an object that is kept as
    /// JSON text because its physical type is one of text, or because the contract does not say what is inside it.
    pub(super) fn nested_type(&self, property: &Node, notes: &mut Vec<String>) -> Result<Option<DataType>> {
        let physical = self.optional_text(property, "physicalType")?;
        let logical = self.optional_text(property, "logicalType")?;
        let spelled = physical.and_then(type_of_word);
        if spelled.as_ref().is_some_and(|spelled| !may_be(spelled, logical)) {
            let (word, logical) = (physical.unwrap_or_default(), logical.unwrap_or_default());
            return Err(self.error(
                format!("physicalType {word} is not a {logical}, as logicalType says"),
                self.member(property, "physicalType")?,
            ));
        }
        let is_plain = physical.and_then(of_physical).is_some();
        if is_plain || matches!(spelled, Some(DataType::Map(..))) {
            return Ok(spelled);
        }
        match logical {
            Some("array") if property.get("items").is_some_and(|items| !items.is_null()) => {
                let item = self.inner_column(self.member(property, "items")?, "element", notes)?;
                Ok(Some(DataType::List(Arc::new(item))))
            }
            Some("object") if !self.items(property, "properties")?.is_empty() => {
                let mut members: Vec<Column> = Vec::new();
                for member in self.items(property, "properties")? {
                    let member = self.inner_column(member, self.text(member, "name")?, notes)?;
                    if members.iter().any(|other| other.name.eq_ignore_ascii_case(&member.name)) {
                        return Err(
                            self.error(format!("the object has two members '{}'", member.name), property)
                        );
                    }
                    members.push(member);
                }
                Ok(Some(DataType::Struct(members.into())))
            }
            Some(logical @ ("array" | "object")) if spelled.is_none() => {
                let members = if logical == "array" { "items" } else { "properties" };
                notes.push(format!(
                    "the contract does not say what is inside it ('{members}'): kept as its JSON text"
                ));
                Ok(None)
            }
            _ => Ok(spelled),
        }
    }

    /// What is inside a column. Rules on the whole table and keys have no place there.
    fn inner_column(&self, property: &Node, name: &str, notes: &mut Vec<String>) -> Result<Column> {
        let inner = self.column_named(property, name)?;
        notes.extend(inner.notes);
        if !inner.table_rules.is_empty() {
            notes.push(format!("rules on the table that are inside it, at '{name}', are not checked"));
        }
        Ok(Column { primary_key: None, natural_key: false, ..inner.column })
    }
}

fn may_be(spelled: &DataType, logical: Option<&str>) -> bool {
    matches!(
        (spelled, logical),
        (_, None)
            | (DataType::List(_), Some("array"))
            | (DataType::Struct(_), Some("object"))
            | (DataType::Map(..), Some("object" | "array"))
    )
}

/// The type that a word spells, if it is not a plain one.
fn type_of_word(word: &str) -> Option<DataType> {
    Some(parse("", word, 0)?.data_type).filter(DataType::is_nested)
}

/// The column of this name and of the type that a word spells.
fn parse(name: &str, word: &str, depth: usize) -> Option<Column> {
    let word = word.trim();
    if depth > DEEPEST {
        return None;
    }
    if let Some(stated) = of_physical(word) {
        let rules = rules_of_type(&stated);
        return Some(Column { rules, ..Column::plain(name, stated.data_type) });
    }
    let list = |item: &str| Some(DataType::List(Arc::new(parse("element", item, depth + 1)?)));
    if let Some(item) = word.strip_suffix("[]") {
        return Some(Column::plain(name, list(item)?));
    }
    let (base, inside) = match word.strip_suffix('>') {
        Some(word) => word.split_once('<')?,
        None => word.strip_suffix(')')?.split_once('(')?,
    };
    let data_type = match base.trim().to_ascii_lowercase().as_str() {
        "list" | "array" => list(inside)?,
        "map" => {
            let [key, value] = split(inside).try_into().ok()?;
            let (key, value) = (parse("key", key, depth + 1)?, parse("value", value, depth + 1)?);
            if key.data_type.is_nested() {
                return None;
            }
            DataType::Map(Arc::new(key), Arc::new(value))
        }
        "object" | "struct" | "row" | "record" => {
            let mut members: Vec<Column> = Vec::new();
            for member in split(inside) {
                let member = member.trim();
                let (name, word) = match member.split_once(':') {
                    Some(parts) => parts,
                    None => member.split_once(char::is_whitespace)?,
                };
                let name = name.trim().trim_matches(['"', '`']);
                if members.iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
                    return None;
                }
                members.push(parse(name, word, depth + 1)?);
            }
            DataType::Struct(members.into())
        }
        _ => return None,
    };
    Some(Column::plain(name, data_type))
}

/// The text at the commas that are not inside brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_spell_types_and_types_spell_words() {
        for word in [
            "list<str>",
            "map<str,i64>",
            "map<str,object<id:i64,price:dec(12,4),tags:list<list<date>>>>",
            "object<a:binary,b:time>",
        ] {
            assert_eq!(type_of_word(word).unwrap().word(), word);
        }
        assert_eq!(
            type_of_word("ARRAY<Struct<a: i64, b: bool>>").unwrap().word(),
            "list<object<a:i64,b:bool>>"
        );
        assert_eq!(type_of_word("i64[]").unwrap().word(), "list<i64>");
        assert_eq!(
            type_of_word("STRUCT(a INTEGER, tags VARCHAR[], m MAP(VARCHAR, DECIMAL(8,2)))").unwrap().word(),
            "object<a:i32,tags:list<str>,m:map<str,dec(8,2)>>"
        );
        assert_eq!(type_of_word("ARRAY<STRUCT<a INT64>>").unwrap().word(), "list<object<a:i64>>");
        assert!(!type_of_word("list<VARCHAR(3)>").unwrap().inner()[0].rules.is_empty());
        for word in [
            "str",
            "list<>",
            "list<what>",
            "map<str>",
            "map<list<str>,i64>",
            "object<a>",
            "list<str",
            "object<a:i64,A:str>",
        ] {
            assert_eq!(type_of_word(word), None, "{word}");
        }
        assert_eq!(type_of_word(&format!("{}str{}", "list<".repeat(100), ">".repeat(100))), None);
    }
}
