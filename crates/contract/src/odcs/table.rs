//! One object of the schema as a feed: its columns, partitions and rules, and how fresh it is to be.

use super::column::ReadColumn;
use super::described::Described;
use super::reader::Reader;
use crate::contract::{AUDIT_COLUMNS, Column, Contract, DataType, Freshness, Partition, SameContent};
use crate::frequency::{Frequency, FrequencyUnit};
use crate::raw_form::Format;
use crate::rules::{Measure, TableRule};
use ingot_core::error::Result;
use ingot_core::yaml::Node;

/// The members that the standard gives an object.
const MEMBERS: [&str; 14] = [
    "id",
    "name",
    "physicalName",
    "physicalType",
    "logicalType",
    "description",
    "businessName",
    "tags",
    "customProperties",
    "authoritativeDefinitions",
    "dataGranularityDescription",
    "properties",
    "relationships",
    "quality",
];

const HOURS: [(&str, f64); 11] = [
    ("m", 1.0 / 60.0),
    ("min", 1.0 / 60.0),
    ("minutes", 1.0 / 60.0),
    ("h", 1.0),
    ("hr", 1.0),
    ("hour", 1.0),
    ("hours", 1.0),
    ("d", 24.0),
    ("day", 24.0),
    ("days", 24.0),
    ("w", 168.0),
];

/// Frequencies in a word.
const FREQUENCIES: [(&str, Frequency); 7] = [
    ("as it lands", Frequency::AsItLands),
    ("continuous", Frequency::AsItLands),
    ("each minute", Frequency::Every(1, FrequencyUnit::Minute)),
    ("hourly", Frequency::Every(1, FrequencyUnit::Hour)),
    ("daily", Frequency::Every(1, FrequencyUnit::Day)),
    ("weekly", Frequency::Every(1, FrequencyUnit::Week)),
    ("monthly", Frequency::Every(1, FrequencyUnit::Month)),
];

const FREQUENCY_UNITS: [(&str, FrequencyUnit); 17] = [
    ("m", FrequencyUnit::Minute),
    ("min", FrequencyUnit::Minute),
    ("minute", FrequencyUnit::Minute),
    ("minutes", FrequencyUnit::Minute),
    ("h", FrequencyUnit::Hour),
    ("hr", FrequencyUnit::Hour),
    ("hour", FrequencyUnit::Hour),
    ("hours", FrequencyUnit::Hour),
    ("d", FrequencyUnit::Day),
    ("day", FrequencyUnit::Day),
    ("days", FrequencyUnit::Day),
    ("w", FrequencyUnit::Week),
    ("week", FrequencyUnit::Week),
    ("weeks", FrequencyUnit::Week),
    ("mo", FrequencyUnit::Month),
    ("month", FrequencyUnit::Month),
    ("months", FrequencyUnit::Month),
];

impl Reader<'_> {
    pub(super) fn object(&self, document: &Node, object: &Node) -> Result<Described> {
        let name = self.table_name(object)?;
        self.check_members(object, &MEMBERS)?;
        let mut columns: Vec<Column> = Vec::new();
        let (mut relationships, mut table_rules, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for property in self.items(object, "properties")? {
            let read: ReadColumn = self.column(property)?;
            self.check_name(&read.column, &columns, property)?;
            columns.push(read.column);
            relationships.extend(read.relationships);
            table_rules.extend(read.table_rules);
            notes.extend(read.notes);
        }
        let quality = self.quality(object, None)?;
        table_rules.extend(quality.table);
        notes.extend(quality.notes);
        relationships.extend(self.relationships(object, None)?);
        self.check_columns_of_rules(object, &columns, &mut table_rules)?;
        let settings = self.table_settings(object)?;
        let partitions = self.partitions(object)?;
        let mut query_names = vec![name.clone()];
        query_names.extend(
            self.optional_text(object, "physicalName")?
                .filter(|physical| *physical != name)
                .map(str::to_owned),
        );
        let raw = self.raw_form(document, object, &name)?;
        if let Ok((raw, server)) = &raw {
            for (column, property) in columns.iter_mut().zip(self.items(object, "properties")?) {
                self.set_forms(column, property, server, raw.format)?;
            }
        }
        let described = |contract| Described {
            name: name.clone(),
            file: self.file.to_path_buf(),
            columns: columns.clone(),
            relationships: relationships.clone(),
            table_rules: table_rules.clone(),
            notes: notes.clone(),
            contract,
        };
        let raw = match raw {
            Ok(_) if columns.is_empty() => {
                let what = format!("'{name}' has no 'properties', so nothing is known of its columns");
                return Ok(described(Err(self.error(what, object))));
            }
            Ok((raw, _)) => raw,
            Err(why) => return Ok(described(Err(why))),
        };
        for partition in &partitions {
            if !raw.path.contains(&format!("{{{}}}", partition.name)) {
                return Err(self.error(
                    format!(
                        "the partition '{}' has no {{{}}} in the raw path",
                        partition.name, partition.name
                    ),
                    object,
                ));
            }
        }
        if raw.format == Format::Delta && !partitions.is_empty() {
            return Err(self.error("a table that follows a Delta table is not partitioned", object));
        }
        if raw.format == Format::Delta && settings.same_content != SameContent::Warn {
            return Err(
                self.error("'sameContent' does not apply to a table that follows a Delta table", object)
            );
        }
        for name in raw.placeholders() {
            let is_column = columns.iter().any(|column| column.name == name);
            if !is_column && !partitions.iter().any(|partition| partition.name == name) {
                return Err(self
                    .error(
                        format!("the raw path has {{{name}}}, but the table has no column '{name}'"),
                        object,
                    )
                    .hint("add the column, or write * for text in the path that is not to be kept"));
            }
            let is_plain = |column: &Column| {
                !column.data_type.is_nested()
                    && !matches!(column.data_type, DataType::Binary | DataType::Time)
            };
            if let Some(column) = columns.iter().find(|column| column.name == name && !is_plain(column)) {
                let word = column.data_type.word();
                return Err(self.error(
                    format!("the raw path has {{{name}}}, but no text of a path can be a value of {word}"),
                    object,
                ));
            }
        }
        let contract = Contract {
            name: name.clone(),
            version: self.text(document, "version")?.to_owned(),
            description: match document.get("description") {
                Some(description) => {
                    self.optional_text(description, "purpose")?.unwrap_or_default().to_owned()
                }
                None => String::new(),
            },
            columns: columns.clone(),
            raw,
            partitions,
            evolution: settings.evolution,
            row_hash: settings.row_hash,
            same_content: settings.same_content,
            lake_keep_hours: settings.lake_keep_hours,
            freshness: self.freshness(document, &name)?,
            frequency: self.frequency(document, &name)?,
            relationships: relationships.clone(),
            stewardship: self.stewardship(document)?,
            privacy: self.privacy(document, object, &name)?,
            table_rules: table_rules.clone(),
            query_names,
            notes: notes.clone(),
            file: self.file.to_path_buf(),
        };
        Ok(described(Ok(contract)))
    }

    /// The object's name is that of its folder in the lake.
    fn table_name(&self, object: &Node) -> Result<String> {
        let name = self.text(object, "name")?;
        let is_unsafe = |letter: char| letter.is_control() || "/\\:*?\"<>|".contains(letter);
        if name.is_empty() || name.starts_with(['.', '_']) || name.contains(is_unsafe) {
            return Err(self.error(
                format!("'{name}' cannot be the name of a table, because it is the name of its folder, too"),
                self.member(object, "name")?,
            ));
        }
        Ok(name.to_owned())
    }

    fn check_name(&self, column: &Column, before: &[Column], property: &Node) -> Result<()> {
        if before.iter().any(|other| other.name == column.name) {
            return Err(self.error(format!("there are two columns '{}'", column.name), property));
        }
        if AUDIT_COLUMNS.iter().any(|(name, _)| *name == column.name) {
            return Err(self.error(
                format!("bronze adds a column '{}' of its own; give this one another name", column.name),
                property,
            ));
        }
        Ok(())
    }

    /// Rules of the table name columns of it; names in the files become those of the columns.
    fn check_columns_of_rules(
        &self,
        object: &Node,
        columns: &[Column],
        rules: &mut [TableRule],
    ) -> Result<()> {
        for rule in rules {
            let Measure::Duplicates { columns: named } = &mut rule.measure else { continue };
            for name in named {
                let found = columns
                    .iter()
                    .find(|column| column.name == *name)
                    .or_else(|| columns.iter().find(|column| column.physical_name.as_ref() == Some(name)));
                match found {
                    Some(column) => name.clone_from(&column.name),
                    None => {
                        let what =
                            format!("the rule '{}' names a column '{name}' that does not exist", rule.name);
                        return Err(self
                            .error(what, object)
                            .did_you_mean(name, columns.iter().map(|column| column.name.as_str())));
                    }
                }
            }
        }
        Ok(())
    }

    fn partitions(&self, table: &Node) -> Result<Vec<Partition>> {
        let Some(node) = self.custom(table, "partitions")? else { return Ok(Vec::new()) };
        let items = node.as_list().ok_or_else(|| self.error("'partitions' should be a list", node))?;
        items
            .iter()
            .map(|item| {
                Ok(Partition {
                    name: self.text(item, "name")?.to_owned(),
                    data_type: self.choice(
                        self.member(item, "type")?,
                        &[("date", DataType::Date), ("i64", DataType::I64), ("str", DataType::Str)],
                    )?,
                })
            })
            .collect()
    }

    /// How fresh a table is to be.
    fn freshness(&self, document: &Node, table: &str) -> Result<Option<Freshness>> {
        let hours = |name: &str| -> Result<Option<f64>> {
            let Some(property) = self.service_level(document, table, name)? else { return Ok(None) };
            let value = self.member(property, "value")?;
            let number = value.as_float().ok_or_else(|| self.error("should be a number", value))?;
            let unit = match property.get("unit") {
                None => 1.0,
                Some(unit) => self.choice(unit, &HOURS)?,
            };
            Ok(Some(number * unit))
        };
        Ok(match (hours("freshness_warning")?, hours("freshness")?) {
            (None, None) => None,
            (warn, error) => Some(Freshness {
                warn_after_hours: warn.or(error).unwrap_or(f64::INFINITY),
                error_after_hours: error.unwrap_or(f64::INFINITY),
            }),
        })
    }

    /// How often a table is loaded: a word, or a number of units.
    fn frequency(&self, document: &Node, table: &str) -> Result<Frequency> {
        let Some(property) = self.service_level(document, table, "frequency")? else {
            return Ok(Frequency::default());
        };
        let value = self.member(property, "value")?;
        let Some(unit) = property.get("unit").filter(|unit| !unit.is_null()) else {
            return self.choice(value, &FREQUENCIES).map_err(|error| {
                error.hint("write one of these words, or a number with a unit: {value: 15, unit: min}")
            });
        };
        let count = value.as_float().filter(|count| *count >= 1.0 && count.fract() == 0.0 && *count <= 1e6);
        let count = count.ok_or_else(|| self.error("should be a whole number from 1 on", value))?;
        Ok(Frequency::Every(count as u32, self.choice(unit, &FREQUENCY_UNITS)?))
    }

    /// What is promised of a table under this name: what is said of it, or of no table in particular.
    pub(super) fn service_level<'n>(
        &self,
        document: &'n Node,
        table: &str,
        name: &str,
    ) -> Result<Option<&'n Node>> {
        for property in self.items(document, "slaProperties")? {
            let element = self.optional_text(property, "element")?;
            let is_of_table = element.is_none_or(|element| {
                element.split(',').any(|one| one.trim().split('.').next() == Some(table))
            });
            if self.text(property, "property")? == name && is_of_table {
                return Ok(Some(property));
            }
        }
        Ok(None)
    }
}
