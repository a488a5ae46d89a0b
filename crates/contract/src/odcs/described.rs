//! What a contract's file describes: a feed for each object of its `schema`.

use super::reader::Reader;
use crate::contract::{Column, Contract, Relationship};
use crate::rules::TableRule;
use ingot_core::error::{Error, Result};
use ingot_core::yaml::Node;
use std::path::PathBuf;

/// One object of a contract's `schema`.
#[derive(Debug)]
pub struct Described {
    /// The object's name, which is the feed's and the table's.
    pub name: String,
    /// The file with the contract.
    pub file: PathBuf,
    pub columns: Vec<Column>,
    pub relationships: Vec<Relationship>,
    /// Rules on the table; those on rows are with the columns.
    pub table_rules: Vec<TableRule>,
    /// What is not checked, and what was understood in a way that is not obvious.
    pub notes: Vec<String>,
    /// The feed, or why there are no files that could be loaded.
    pub contract: Result<Contract>,
}

impl Described {
    /// Rules that each row is checked against, and rules on the table.
    pub fn rules(&self) -> usize {
        self.columns.iter().map(|column| column.rules.len()).sum::<usize>() + self.table_rules.len()
    }

    /// The error that another file describes the same feed.
    pub fn also_in(&self, other: &Self) -> Error {
        Error::new(format!("two contracts describe the feed '{}'", self.name))
            .at(&self.file)
            .hint(format!("the other is {}", other.file.display()))
    }
}

impl Reader<'_> {
    /// The objects of a document, in its order.
    ///
    /// # Errors
    /// Another standard or version of it, and whatever is not valid in an object.
    pub(super) fn described(&self, document: &Node) -> Result<Vec<Described>> {
        self.check_version(document)?;
        let objects = self.items(document, "schema")?;
        let mut described: Vec<Described> = Vec::with_capacity(objects.len());
        for object in objects {
            let mut next = self.object(document, object)?;
            for other in &described {
                if other.name == next.name {
                    let what = format!("there are two objects '{}' in the schema", next.name);
                    return Err(self.error(what, object));
                }
                if let (Ok(one), Ok(two)) = (&other.contract, &next.contract)
                    && one.raw == two.raw
                {
                    let what = format!("'{}' and '{}' would be read from the same files", one.name, two.name);
                    next.contract = Err(self.error(what, object).hint(
                        "write {object} in the path, or name a server with the custom property `server` of the object",
                    ));
                    break;
                }
            }
            described.push(next);
        }
        Ok(described)
    }

    fn check_version(&self, document: &Node) -> Result<()> {
        if let Some(node) = document.get("dataContractSpecification") {
            return Err(self
                .error("this follows the Data Contract Specification, and ingot reads ODCS", node)
                .hint("convert it with datacontract-cli: `datacontract export odcs`"));
        }
        let version = self.text(document, "apiVersion")?;
        if !version.starts_with("v3.") {
            return Err(self
                .error(
                    format!("this is ODCS {version}, and ingot reads version 3"),
                    self.member(document, "apiVersion")?,
                )
                .hint("write `apiVersion: v3.1.0` and follow that version of the standard"));
        }
        Ok(())
    }
}
