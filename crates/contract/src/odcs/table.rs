//! A contract as a whole: the table, its partitions and how fresh it is to be.

use super::reader::Reader;
use crate::contract::{AUDIT_COLUMNS, Contract, DataType, Evolution, Freshness, Partition};
use crate::raw_form::Format;
use ingot_core::error::Result;
use ingot_core::yaml::Node;

impl Reader<'_> {
    pub(super) fn contract(&self, document: &Node) -> Result<Contract> {
        let version = self.text(document, "apiVersion")?;
        if !version.starts_with("v3.") {
            return Err(self
                .error(
                    format!("this is ODCS {version}, and ingot reads version 3"),
                    self.member(document, "apiVersion")?,
                )
                .hint("write `apiVersion: v3.1.0` and follow that version of the standard"));
        }
        let tables = self.member(document, "schema")?;
        let [table] = tables.as_list().unwrap_or_default() else {
            return Err(
                self.error("a contract describes one table: 'schema' should be a list of one", tables)
            );
        };
        let columns = self
            .items(table, "properties")?
            .iter()
            .map(|property| self.column(property))
            .collect::<Result<Vec<_>>>()?;
        if columns.is_empty() {
            return Err(self.error("the table has no 'properties'", table));
        }
        for (index, column) in columns.iter().enumerate() {
            if columns[..index].iter().any(|other| other.name == column.name) {
                return Err(self.error(format!("there are two columns '{}'", column.name), table));
            }
            if AUDIT_COLUMNS.iter().any(|(name, _)| *name == column.name) {
                return Err(self.error(
                    format!("bronze adds a column '{}' of its own; give this one another name", column.name),
                    table,
                ));
            }
        }
        let evolution = match self.custom(table, "evolution")? {
            None => Evolution::Evolve,
            Some(node) => self.choice(
                node,
                &[
                    ("evolve", Evolution::Evolve),
                    ("freeze", Evolution::Freeze),
                    ("discard", Evolution::Discard),
                ],
            )?,
        };
        let raw = self.raw_form(document)?;
        let partitions = self.partitions(table)?;
        for partition in &partitions {
            if !raw.path.contains(&format!("{{{}}}", partition.name)) {
                return Err(self.error(
                    format!(
                        "the partition '{}' has no {{{}}} in the raw path",
                        partition.name, partition.name
                    ),
                    table,
                ));
            }
        }
        if raw.format == Format::Delta && !partitions.is_empty() {
            return Err(self.error("a table that follows a Delta table is not partitioned", table));
        }
        for name in raw.placeholders() {
            let is_column = columns.iter().any(|column| column.name == name);
            if !is_column && !partitions.iter().any(|partition| partition.name == name) {
                return Err(self
                    .error(
                        format!("the raw path has {{{name}}}, but the table has no column '{name}'"),
                        table,
                    )
                    .hint("add the column, or write * for text in the path that is not to be kept"));
            }
        }
        Ok(Contract {
            name: self.text(table, "name")?.to_owned(),
            version: self.text(document, "version")?.to_owned(),
            description: match document.get("description") {
                Some(description) => {
                    self.optional_text(description, "purpose")?.unwrap_or_default().to_owned()
                }
                None => String::new(),
            },
            columns,
            raw,
            partitions,
            evolution,
            freshness: self.freshness(document)?,
            file: self.file.to_path_buf(),
        })
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

    fn freshness(&self, document: &Node) -> Result<Option<Freshness>> {
        let hours = |name: &str| -> Result<Option<f64>> {
            for property in self.items(document, "slaProperties")? {
                if self.text(property, "property")? == name {
                    let value = self.member(property, "value")?;
                    let number = value.as_float().ok_or_else(|| self.error("should be a number", value))?;
                    let unit = match property.get("unit") {
                        None => 1.0,
                        Some(unit) => {
                            self.choice(unit, &[("h", 1.0), ("hours", 1.0), ("d", 24.0), ("days", 24.0)])?
                        }
                    };
                    return Ok(Some(number * unit));
                }
            }
            Ok(None)
        };
        Ok(match (hours("freshness_warning")?, hours("freshness")?) {
            (None, None) => None,
            (warn, error) => Some(Freshness {
                warn_after_hours: warn.or(error).unwrap_or(f64::INFINITY),
                error_after_hours: error.unwrap_or(f64::INFINITY),
            }),
        })
    }
}
