//! One column: its type, keys and rules.

use super::data_type::StatedType;
use super::options::enum_rule;
use super::quality::QualityOf;
use super::reader::Reader;
use crate::contract::{Column, Relationship};
use crate::rules::TableRule;
use ingot_core::error::{Result, nearest};
use ingot_core::yaml::Node;

/// What a property says: its column, and what belongs to the table.
pub(super) struct ReadColumn {
    pub(super) column: Column,
    pub(super) relationships: Vec<Relationship>,
    pub(super) table_rules: Vec<TableRule>,
    pub(super) notes: Vec<String>,
}

/// The members that the standard gives a property. Others are allowed, near misses of these are not.
const MEMBERS: [&str; 29] = [
    "id",
    "name",
    "physicalName",
    "physicalType",
    "logicalType",
    "logicalTypeOptions",
    "description",
    "businessName",
    "tags",
    "customProperties",
    "authoritativeDefinitions",
    "primaryKey",
    "primaryKeyPosition",
    "required",
    "unique",
    "partitioned",
    "partitionKeyPosition",
    "classification",
    "encryptedName",
    "transformSourceObjects",
    "transformLogic",
    "transformDescription",
    "examples",
    "criticalDataElement",
    "relationships",
    "quality",
    "properties",
    "items",
    "enum",
];

impl Reader<'_> {
    pub(super) fn column(&self, property: &Node) -> Result<ReadColumn> {
        self.column_named(property, self.text(property, "name")?)
    }

    /// A column, or what is inside one: the items of a list have no name.
    pub(super) fn column_named(&self, property: &Node, name: &str) -> Result<ReadColumn> {
        let name = name.to_owned();
        self.check_members(property, &MEMBERS)?;
        let mut notes = Vec::new();
        let stated = match self.nested_type(property, &mut notes)? {
            Some(nested) => StatedType::of(nested),
            None => self.stated_type(property)?,
        };
        notes.extend(stated.note.clone());
        let primary_key = self.primary_key(property)?;
        let mut rules = self.type_rules(property, &stated, &mut notes)?;
        if property.get("enum").is_some() {
            rules.push(enum_rule(self.items(property, "enum")?));
        }
        let StatedType { data_type, .. } = stated;
        let quality = self.quality(property, Some(QualityOf { column: &name, data_type: &data_type }))?;
        rules.extend(quality.rows);
        notes.extend(quality.notes);
        Ok(ReadColumn {
            relationships: self.relationships(property, Some(&name))?,
            table_rules: quality.table,
            notes: notes.into_iter().map(|note| format!("column '{name}': {note}")).collect(),
            column: Column {
                physical_name: self
                    .optional_text(property, "physicalName")?
                    .filter(|physical| *physical != name)
                    .map(str::to_owned),
                data_type,
                description: self.optional_text(property, "description")?.unwrap_or_default().to_owned(),
                required: self.flag(property, "required")?,
                primary_key,
                natural_key: primary_key.is_none() && self.flag(property, "unique")?,
                personal: self.optional_text(property, "classification")? == Some("personal"),
                rules,
                form: None,
                name,
            },
        })
    }

    fn primary_key(&self, property: &Node) -> Result<Option<usize>> {
        if !self.flag(property, "primaryKey")? {
            return Ok(None);
        }
        match property.get("primaryKeyPosition").filter(|node| !node.is_null()) {
            None => Ok(Some(1)),
            // The standard's default says that there is no position.
            Some(node) if node.as_int() == Some(-1) => Ok(Some(1)),
            Some(node) => node
                .as_int()
                .and_then(|position| usize::try_from(position).ok())
                .filter(|position| *position > 0)
                .map(Some)
                .ok_or_else(|| self.error("'primaryKeyPosition' counts from 1", node)),
        }
    }

    /// A misspelled member would be without effect.
    pub(super) fn check_members(&self, element: &Node, known: &[&str]) -> Result<()> {
        for (name, node) in element.as_map().into_iter().flatten() {
            if !known.contains(&name.as_str())
                && let Some(near) = nearest(name, known.iter().copied())
            {
                return Err(self
                    .error(format!("the standard has no '{name}' here"), node)
                    .hint(format!("did you mean '{near}'?")));
            }
        }
        Ok(())
    }
}
