//! One column: its type, keys and references.

use super::reader::Reader;
use crate::contract::{Check, Column, DataType, Rule};
use ingot_core::error::Result;
use ingot_core::yaml::Node;

impl Reader<'_> {
    pub(super) fn column(&self, property: &Node) -> Result<Column> {
        self.column_named(property, self.text(property, "name")?)
    }

    /// A column, or what is inside one: the items of a list have no name.
    pub(super) fn column_named(&self, property: &Node, name: &str) -> Result<Column> {
        let data_type = match self.nested_type(property)? {
            Some(nested) => nested,
            None => self.data_type(property)?,
        };
        let primary_key = if self.flag(property, "primaryKey")? {
            let position = match property.get("primaryKeyPosition") {
                None => 1,
                Some(node) => node
                    .as_int()
                    .and_then(|position| usize::try_from(position).ok())
                    .filter(|position| *position > 0)
                    .ok_or_else(|| self.error("'primaryKeyPosition' counts from 1", node))?,
            };
            Some(position)
        } else {
            None
        };
        let references = match self.items(property, "relationships")? {
            [] => None,
            [relationship, ..] => {
                let to = self.text(relationship, "to")?;
                let (feed, column) = to
                    .split_once('.')
                    .ok_or_else(|| self.error(format!("'{to}' should be `feed.column`"), relationship))?;
                Some((feed.to_owned(), column.to_owned()))
            }
        };
        let rules: Vec<Rule> =
            self.items(property, "quality")?.iter().map(|rule| self.rule(rule)).collect::<Result<_>>()?;
        let is_number =
            matches!(data_type, DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. });
        if !is_number && rules.iter().any(|rule| matches!(rule.check, Check::Range { .. })) {
            return Err(self.error("minimum and maximum are for numbers", property));
        }
        Ok(Column {
            name: name.to_owned(),
            data_type,
            description: self.optional_text(property, "description")?.unwrap_or_default().to_owned(),
            required: self.flag(property, "required")?,
            primary_key,
            natural_key: primary_key.is_none() && self.flag(property, "unique")?,
            references,
            personal: self.optional_text(property, "classification")? == Some("personal"),
            rules,
        })
    }

    fn data_type(&self, property: &Node) -> Result<DataType> {
        let node = self.member(property, "physicalType")?;
        let word = node.as_str().unwrap_or_default();
        let data_type = plain_type(word).ok_or_else(|| {
            self.error(
                format!(
                    "'{word}' is not one of i32, i64, f64, str, bool, date, ts, dec(precision,scale), time, \
                     binary, list<…>, object<…>, map<…,…>"
                ),
                node,
            )
        })?;
        let logical = match data_type {
            DataType::I32 | DataType::I64 => "integer",
            DataType::F64 | DataType::Decimal { .. } => "number",
            DataType::Bool => "boolean",
            DataType::Date => "date",
            DataType::Timestamp => "timestamp",
            _ => "string",
        };
        match self.optional_text(property, "logicalType")? {
            // A list or an object may be kept as its JSON text.
            Some("array" | "object") if data_type == DataType::Str => Ok(data_type),
            Some(stated) if stated != logical => Err(self
                .error(format!("physicalType {word} is a {logical}, but logicalType says {stated}"), node)),
            _ => Ok(data_type),
        }
    }
}

/// The plain type of this name.
pub(super) fn plain_type(word: &str) -> Option<DataType> {
    Some(match word {
        "i32" => DataType::I32,
        "i64" => DataType::I64,
        "f64" => DataType::F64,
        "str" => DataType::Str,
        "bool" => DataType::Bool,
        "date" => DataType::Date,
        "ts" => DataType::Timestamp,
        _ => return decimal(word),
    })
}

/// `dec(12,4)`; precision 1 to 38, scale at most the precision.
fn decimal(word: &str) -> Option<DataType> {
    let (precision, scale) = word.strip_prefix("dec(")?.strip_suffix(')')?.split_once(',')?;
    let precision: u8 = precision.trim().parse().ok()?;
    let scale: i8 = scale.trim().parse().ok()?;
    ((1..=38).contains(&precision) && scale >= 0 && scale as u8 <= precision)
        .then_some(DataType::Decimal { precision, scale })
}
