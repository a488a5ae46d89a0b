//! The custom properties of an object of the schema: what happens to unknown columns and repeated files, and what is kept
//! of each row.

use super::reader::Reader;
use crate::contract::{Evolution, RowHash, SameContent};
use ingot_core::error::Result;
use ingot_core::yaml::Node;

const PROPERTIES: [&str; 10] = [
    "erasure",
    "evolution",
    "hold",
    "lakeKeepHours",
    "partitions",
    "person",
    "rawErasure",
    "rowHash",
    "sameContent",
    "server",
];
/// The custom properties of an object of the schema that are read.
pub(crate) fn table_properties() -> impl Iterator<Item = &'static str> {
    PROPERTIES.into_iter()
}

/// For how long earlier versions of a table can be read, if its contract does not say.
const KEPT_HOURS: f64 = 168.0;

/// What an object says of its table.
pub(super) struct TableSettings {
    pub(super) evolution: Evolution,
    pub(super) row_hash: RowHash,
    pub(super) same_content: SameContent,
    pub(super) lake_keep_hours: Option<f64>,
}

impl Reader<'_> {
    /// # Errors
    /// A value that is not one of those a property has, or a property with nearly the name of one of these.
    pub(super) fn table_settings(&self, object: &Node) -> Result<TableSettings> {
        for property in self.items(object, "customProperties")? {
            let name = self.property_name(property)?;
            if !PROPERTIES.contains(&name) {
                self.check_unknown_property(property, PROPERTIES.into_iter())?;
            }
        }
        let evolution =
            [("evolve", Evolution::Evolve), ("freeze", Evolution::Freeze), ("discard", Evolution::Discard)];
        let row_hash = [("xxh3-64", RowHash::Xxh3), ("none", RowHash::None)];
        let same_content =
            [("load", SameContent::Load), ("skip", SameContent::Skip), ("refuse", SameContent::Refuse)];
        Ok(TableSettings {
            evolution: self.setting(object, "evolution", &evolution, Evolution::Evolve)?,
            row_hash: self.setting(object, "rowHash", &row_hash, RowHash::Xxh3)?,
            same_content: self.setting(object, "sameContent", &same_content, SameContent::Warn)?,
            lake_keep_hours: self.lake_keep_hours(object)?,
        })
    }

    /// For how many hours earlier versions are kept; `None` for ever.
    fn lake_keep_hours(&self, object: &Node) -> Result<Option<f64>> {
        let Some(node) = self.custom(object, "lakeKeepHours")? else { return Ok(Some(KEPT_HOURS)) };
        match (node.as_float(), node.as_str()) {
            (Some(hours), _) if hours.is_finite() && hours >= 0.0 => Ok(Some(hours)),
            (_, Some("forever")) => Ok(None),
            _ => {
                Err(self
                    .error("lakeKeepHours must be a number of hours that is not negative, or forever", node))
            }
        }
    }

    /// The choice that a custom property states; `otherwise` if there is none.
    fn setting<T: Copy>(&self, object: &Node, name: &str, choices: &[(&str, T)], otherwise: T) -> Result<T> {
        match self.custom(object, name)? {
            None => Ok(otherwise),
            Some(node) => self.choice(node, choices),
        }
    }
}
