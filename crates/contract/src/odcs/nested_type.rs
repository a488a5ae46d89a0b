//! The types that are more than one plain value: lists, objects, maps, bytes, times of day.
//!
//! The standard writes a list as `logicalType: array` with `items`, and an object as `logicalType: object` with
//! `properties`; both are properties again, with types, `required` and rules of their own. It has no maps: they are
//! written as `physicalType: map<key,value>`. The word may also spell the other two, as SQL engines do: `list<str>`,
//! `object<id:i64,tags:list<str>>`.

use super::column::plain_type;
use super::reader::Reader;
use crate::contract::{Column, DataType};
use ingot_core::error::Result;
use ingot_core::yaml::Node;
use std::sync::Arc;

/// The deepest nesting of a type.
const DEEPEST: usize = 32;

impl Reader<'_> {
    /// The type of a property, if it is one of these; `None` for plain types, and for a list or an object that is kept as
    /// JSON text because its physical type is one of text.
    pub(super) fn nested_type(&self, property: &Node) -> Result<Option<DataType>> {
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
        if matches!(spelled, Some(DataType::Map(..) | DataType::Binary | DataType::Time)) {
            return Ok(spelled);
        }
        if physical.and_then(plain_type).is_some() {
            return Ok(None);
        }
        match logical {
            Some("array") if property.get("items").is_some() => {
                let item = self.column_named(self.member(property, "items")?, "element")?;
                Ok(Some(DataType::List(Arc::new(item))))
            }
            Some("object") if property.get("properties").is_some() => {
                let members = self.items(property, "properties")?;
                let members = members.iter().map(|one| self.column(one)).collect::<Result<Vec<_>>>()?;
                for (index, member) in members.iter().enumerate() {
                    let same = |other: &Column| other.name.eq_ignore_ascii_case(&member.name);
                    if members[..index].iter().any(same) {
                        return Err(
                            self.error(format!("the object has two members '{}'", member.name), property)
                        );
                    }
                }
                if members.is_empty() {
                    return Err(self.error("the object has no 'properties'", property));
                }
                Ok(Some(DataType::Struct(members.into())))
            }
            Some("time") if physical.is_none() => Ok(Some(DataType::Time)),
            Some("array" | "object") if spelled.is_none() => {
                Err(self.error("the contract does not say what is inside this column", property).hint(
                    "write 'items' for an array, 'properties' for an object, `physicalType: map<str,str>` \
                     for an object of any members, or `physicalType: str` for its JSON text",
                ))
            }
            _ => Ok(spelled),
        }
    }
}

fn may_be(spelled: &DataType, logical: Option<&str>) -> bool {
    match (spelled, logical) {
        (_, None) | (DataType::List(_), Some("array")) | (DataType::Struct(_), Some("object")) => true,
        (DataType::Map(..), Some("object" | "array")) => true,
        (DataType::Time, Some("time")) => true,
        (DataType::Binary, Some("string" | "array" | "object")) => true,
        _ => false,
    }
}

/// The type that a word spells, if it is not a plain one.
fn type_of_word(word: &str) -> Option<DataType> {
    let found = parse(word, 0)?;
    (found.is_nested() || matches!(found, DataType::Binary | DataType::Time)).then_some(found)
}

fn parse(word: &str, depth: usize) -> Option<DataType> {
    let word = word.trim();
    if depth > DEEPEST {
        return None;
    }
    if let Some(item) = word.strip_suffix("[]") {
        return Some(list(parse(item, depth + 1)?));
    }
    let lower = word.to_ascii_lowercase();
    if let Some(plain) = plain_type(&lower) {
        return Some(plain);
    }
    let base = lower.split('(').next().unwrap_or_default().trim_end();
    match base {
        "binary" | "varbinary" | "blob" | "bytes" | "bytea" | "large_binary" | "longblob" | "image" => {
            return Some(DataType::Binary);
        }
        "time" | "time64" | "time32" => return Some(DataType::Time),
        _ => {}
    }
    let (base, inside) = word.strip_suffix('>').and_then(|word| word.split_once('<'))?;
    match base.trim().to_ascii_lowercase().as_str() {
        "list" | "array" => Some(list(parse(inside, depth + 1)?)),
        "map" => {
            let [key, value] = split(inside).try_into().ok()?;
            let (key, value) = (parse(key, depth + 1)?, parse(value, depth + 1)?);
            if key.is_nested() {
                return None;
            }
            Some(DataType::Map(Arc::new(Column::plain("key", key)), Arc::new(Column::plain("value", value))))
        }
        "object" | "struct" => {
            let members: Option<Vec<Column>> = split(inside)
                .into_iter()
                .map(|member| {
                    let (name, data_type) = member.split_once(':')?;
                    Some(Column::plain(name.trim(), parse(data_type, depth + 1)?))
                })
                .collect();
            Some(DataType::Struct(members?.into()))
        }
        _ => None,
    }
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Column::plain("element", item)))
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
        assert_eq!(type_of_word("VARBINARY(16)"), Some(DataType::Binary));
        for word in ["str", "list<>", "list<what>", "map<str>", "map<list<str>,i64>", "object<a>", "list<str"]
        {
            assert_eq!(type_of_word(word), None, "{word}");
        }
        assert_eq!(type_of_word(&format!("{}str{}", "list<".repeat(100), ">".repeat(100))), None);
    }
}
