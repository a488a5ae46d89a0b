//! Which tables have a copy in the lake, and where.

use crate::graph::node::Node;
use ingot_core::error::{Error, Result};
use ingot_lake::{DeltaTable, LakeTable};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files that only versions before so many hours need are removed.
const KEPT_HOURS: f64 = 168.0;

/// A table that has a copy.
pub(crate) struct Copied<'a> {
    pub(crate) node: &'a Node,
    pub(crate) relation: String,
    /// The folder of both sides, absolute.
    pub(crate) folder: PathBuf,
    /// For how many hours earlier versions can be read and restored; `None` for ever.
    pub(crate) kept_hours: Option<f64>,
}

impl<'a> Copied<'a> {
    /// The copy of a node; `None` if it has none.
    ///
    /// # Errors
    /// Its config says something that is not a folder or a number of hours.
    pub(crate) fn of(node: &'a Node, root: &Path) -> Result<Option<Self>> {
        let elsewhere = ["view", "materialized_view", "ephemeral", "external", "delta"];
        if !node.is_relational() || elsewhere.contains(&node.materialized()) {
            return Ok(None);
        }
        let meta = node.config.get("meta");
        let folder = match meta.and_then(|meta| meta.get("lake_folder")) {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::String(folder)) if !folder.trim().is_empty() => root.join(folder),
            Some(other) => {
                return Err(Error::new(format!(
                    "meta.lake_folder of '{}' is not a folder: {other}",
                    node.name
                ))
                .at(&node.original_file_path)
                .hint("name a folder, relative to the project: lake_folder: lake/gold"));
            }
        };
        let kept_hours = match meta.and_then(|meta| meta.get("lake_keep_hours")) {
            None | Some(Json::Null) => Some(KEPT_HOURS),
            Some(Json::String(text)) if text == "forever" => None,
            Some(Json::Number(hours)) if hours.as_f64().is_some_and(|hours| hours >= 0.0) => hours.as_f64(),
            Some(other) => {
                return Err(Error::new(format!(
                    "meta.lake_keep_hours of '{}' must be a number of hours that is not negative, or forever: {other}",
                    node.name
                ))
                .at(&node.original_file_path));
            }
        };
        let Some(relation) = node.relation_name() else { return Ok(None) };
        Ok(Some(Self { node, relation, folder, kept_hours }))
    }

    pub(crate) fn side(&self, name: &str) -> PathBuf {
        self.folder.join(name).join(&self.node.alias)
    }

    /// The table of the lake; `None` if the folder is at the root of the file system.
    pub(crate) fn table(&self) -> Option<LakeTable> {
        Some(LakeTable {
            lake: self.folder.parent()?.to_path_buf(),
            layer: self.folder.file_name()?.to_string_lossy().into_owned(),
            name: self.node.alias.clone(),
        })
    }

    /// Opens the copy, whose log is as it was written.
    ///
    /// # Errors
    /// There is none, or its log is damaged.
    pub(crate) fn open(&self) -> Result<DeltaTable> {
        match self.table() {
            Some(table) => table.open_intact(),
            None => DeltaTable::open(&self.side("delta")),
        }
    }

    /// `gold.dim_customer`, as in the database.
    pub(crate) fn label(&self) -> String {
        format!("{}.{}", self.node.schema, self.node.alias)
    }

    /// Each table has a folder of its own, inside that of the config.
    ///
    /// # Errors
    /// Another table has that folder, or its name cannot be one.
    pub(crate) fn take_place(&self, places: &mut BTreeMap<PathBuf, &'a str>) -> Result<()> {
        let alias = &self.node.alias;
        let at = |error: Error| error.at(&self.node.original_file_path);
        if alias.starts_with('.') || alias.contains(['/', '\\', '\0']) {
            return Err(at(Error::new(format!("'{alias}' cannot be the name of a folder in the lake")))
                .hint("give the model another alias, or no meta.lake_folder"));
        }
        let place = self.side("delta");
        DeltaTable::check_place(&place)?;
        match places.insert(place, &self.node.unique_id) {
            None => Ok(()),
            Some(other) => Err(at(Error::new(format!(
                "{} and {other} have the same folder in the lake",
                self.node.unique_id
            )))
            .hint("give one of them another meta.lake_folder, or another alias")),
        }
    }
}
