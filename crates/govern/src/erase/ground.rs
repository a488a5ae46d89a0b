//! What an erasure stands on: the feeds with rows of the people, the rules of relations, and which file is whose.

use super::feeds::{Feed, KEYS, check_keys, feeds, root};
use super::options::ErasedProject;
use super::relations::{ColumnRule, RelationRule, relation_rules};
use super::rules::TableWork;
use super::values::{TEXTS, Values};
use crate::layer::is_of_layer;
use ingot_catalog::Lineage;
use ingot_contract::{Contract, Format};
use ingot_core::error::Result;
use ingot_lake::LakeTable;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A project, as far as an erasure must know it.
pub(super) struct Ground {
    pub(super) feeds: Vec<Feed>,
    pub(super) rules: Vec<RelationRule>,
    /// Raw files of all feeds, and folders of those that are Delta tables, with the name of the feed.
    pub(super) raw: BTreeMap<PathBuf, String>,
}

impl Ground {
    /// Which feeds and relations have to do with the people. Domains that a journal knows are not looked for again.
    ///
    /// # Errors
    /// There is no such contract or column; a file of bronze cannot be read.
    pub(super) fn of(
        erased: &ErasedProject,
        (contract, column): (&str, &str),
        keys: &[String],
        values: &mut Values,
    ) -> Result<Self> {
        let ErasedProject { places, project, sources } = erased;
        let contracts: &[Contract] = sources.contracts();
        let root = root(contracts, contract, column)?;
        check_keys(root, column, keys)?;
        values.add(KEYS, keys.iter().cloned())?;
        let feeds = feeds(contracts, root, column, &places.lake, values)?;
        let lineage = Lineage::of(project, sources, &[])?;
        let rules = relation_rules(project, sources, &lineage, &feeds);
        let mut raw = BTreeMap::new();
        for contract in contracts {
            if contract.raw.format == Format::Delta {
                raw.insert(places.raw.join(&contract.raw.path), contract.name.clone());
            } else {
                let files = contract.raw_files(&places.raw).unwrap_or_default();
                raw.extend(files.into_iter().map(|file| (file.path, contract.name.clone())));
            }
        }
        Ok(Self { feeds, rules, raw })
    }

    /// The feed of a raw file.
    pub(super) fn feed_of_raw(&self, file: &Path) -> Option<&str> {
        file.ancestors().find_map(|path| self.raw.get(path)).map(String::as_str)
    }
}

/// The path of a file as a person names it in the project.
pub(super) fn inside(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

/// The table of bronze of a feed.
pub(super) fn table_of(lake: &Path, feed: &str) -> LakeTable {
    LakeTable { lake: lake.to_path_buf(), layer: "bronze".to_owned(), name: feed.to_owned() }
}

/// The tables of the lake that are copies of models.
pub(super) fn copies(lake: &Path) -> Result<Vec<LakeTable>> {
    Ok(ingot_operate::all_tables(lake)?.into_iter().filter(|table| !table.is_bronze()).collect())
}

/// Whether a table of the lake is the copy of a relation.
pub(super) fn is_copy_of(table: &LakeTable, rule: &RelationRule) -> bool {
    rule.name.eq_ignore_ascii_case(&table.name)
        && is_of_layer(&rule.schema.to_lowercase(), &table.layer.to_lowercase())
}

/// The rule of the model that a table of the lake is a copy of.
pub(super) fn rule_of<'r>(table: &LakeTable, rules: &'r [RelationRule]) -> Option<&'r RelationRule> {
    let named = || rules.iter().filter(|rule| rule.name.eq_ignore_ascii_case(&table.name));
    rules.iter().find(|rule| is_copy_of(table, rule)).or_else(|| {
        let mut named = named();
        named.next().filter(|_| named.next().is_none())
    })
}

/// A file of which nothing is known but its columns.
pub(super) fn unknown_work(columns: &[(String, String)], values: &Values) -> TableWork {
    let columns_with_texts = columns.iter().filter(|(_, kind)| kind == "VARCHAR").map(|(name, _)| {
        (
            name.to_lowercase(),
            ColumnRule { names: BTreeSet::from([TEXTS.to_owned()]), ..ColumnRule::default() },
        )
    });
    let rule =
        RelationRule { columns: columns_with_texts.collect(), deletes: true, ..RelationRule::default() };
    TableWork::of(Some(&rule), columns, values)
}
