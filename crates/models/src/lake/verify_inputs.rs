//! Whether the tables of the lake that a run reads are as they were written.
//!
//! A damaged Parquet file is often read without an error, as other values. So before a run the files of its sources in the
//! lake are compared with the hashes in the Delta log: each once, and again when it has changed. The Parquet side must also have
//! exactly the files of the newest version.

use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use ingot_core::error::{Error, Kind, Result};
use ingot_lake::{DeltaTable, FileDamage, LakeTable, LiveFile, NO_ROWS, VerifiedFiles, Verify};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// How many damaged files of a table an error names.
const NAMED: usize = 5;

/// Compares what the nodes read. Gives an error for each table that is damaged.
pub(crate) fn damaged_inputs(
    manifest: &Manifest,
    nodes: &BTreeSet<usize>,
    root: &Path,
    verify: Verify,
) -> Vec<Error> {
    let mut by_lake: BTreeMap<PathBuf, VerifiedFiles> = BTreeMap::new();
    let mut errors = Vec::new();
    for input in inputs(manifest, nodes, root) {
        let lake = &input.table.lake;
        let files = by_lake.entry(lake.clone()).or_insert_with(|| VerifiedFiles::of(lake));
        if let Err(error) = input.check(files, verify) {
            errors.push(error);
        }
    }
    by_lake.values_mut().for_each(VerifiedFiles::save);
    errors
}

/// A table of the lake that is read, from one of its two sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Input {
    pub(crate) table: LakeTable,
    reads_parquet: bool,
}

/// The tables of the lake that sources above the nodes, or among them, are read from.
fn inputs(manifest: &Manifest, nodes: &BTreeSet<usize>, root: &Path) -> BTreeSet<Input> {
    let mut above = nodes.clone();
    let mut rest: Vec<usize> = nodes.iter().copied().collect();
    while let Some(node) = rest.pop() {
        rest.extend(manifest.graph.parents[node].iter().filter(|parent| above.insert(**parent)));
    }
    let mut found = BTreeSet::new();
    for node in above {
        found.extend(inputs_of(&manifest.nodes[node], root));
    }
    found
}

/// The tables of the lake that a source is read from; none for other nodes.
pub(crate) fn inputs_of(node: &Node, root: &Path) -> Vec<Input> {
    match &node.kind {
        NodeKind::Source(source) => {
            let place = source.external.as_deref().unwrap_or_default();
            paths(place).filter_map(|path| Input::at(&root.join(path))).collect()
        }
        _ => Vec::new(),
    }
}

/// The texts in an expression such as `read_parquet('lake/bronze/parquet/orders/**/*.parquet')`, up to the first wildcard.
fn paths(expression: &str) -> impl Iterator<Item = &str> {
    let quoted = expression.split('\'').skip(1).step_by(2);
    quoted.map(|text| text.find(['*', '?', '[']).map_or(text, |wildcard| &text[..wildcard]))
}

impl Input {
    /// The table that has a file or folder.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let table = LakeTable::at(path)?;
        Some(Self { reads_parquet: path.starts_with(table.parquet()), table })
    }

    /// # Errors
    /// The table's log, or one of its files, is not as it was written.
    pub(crate) fn check(&self, known: &mut VerifiedFiles, verify: Verify) -> Result<()> {
        let table = &self.table;
        let delta = match verify {
            Verify::None => table.open(),
            Verify::All | Verify::Changed => table.open_intact(),
        };
        let delta = delta.map_err(|error| error.context(table.label()))?;
        let (files, hashes) = (delta.files()?, delta.hashes()?);
        if self.reads_parquet {
            self.show_what_is_committed(&delta, &files)?;
        }
        let damaged: Vec<(PathBuf, FileDamage)> = files
            .iter()
            .filter_map(|file| {
                let path = self.read_path(file);
                let damage = known.damage(&path, file.bytes, hash(&hashes, file), verify)?;
                Some((path, damage))
            })
            .collect();
        let Some((first, damage)) = damaged.first() else { return Ok(()) };
        let mut message = match damaged.len() {
            1 => format!("a data file of {} is damaged: {damage}", table.label()),
            count => format!("{count} data files of {} are damaged: {damage}", table.label()),
        };
        for (path, damage) in damaged.iter().skip(1).take(NAMED - 1) {
            message.push_str(&format!("\n  {}: {damage}", path.display()));
        }
        Err(Error::new(message)
            .of_kind(Kind::Data)
            .at(first)
            .hint(format!("run `{}`", table.repair_command())))
    }

    /// The file that the source reads.
    fn read_path(&self, file: &LiveFile) -> PathBuf {
        if self.reads_parquet { self.table.parquet().join(&file.relative) } else { file.path.clone() }
    }

    /// If the Parquet side has other files than the newest version, it is made to show that: a load was killed before it did,
    /// or somebody has changed the folder. While another process writes to the table, it is left to that.
    fn show_what_is_committed(&self, delta: &DeltaTable, files: &[LiveFile]) -> Result<()> {
        let folder = self.table.parquet();
        let shown: BTreeSet<PathBuf> = WalkDir::new(&folder)
            .into_iter()
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "parquet"))
            .map(walkdir::DirEntry::into_path)
            .collect();
        let mut committed: BTreeSet<PathBuf> = files.iter().map(|file| self.read_path(file)).collect();
        if committed.is_empty() {
            committed.insert(folder.join(NO_ROWS));
        }
        if shown == committed {
            return Ok(());
        }
        match self.table.lock() {
            Ok(_lock) if files.iter().all(|file| file.path.is_file()) => self.table.show_newest(delta),
            // A missing file is named below.
            Ok(_) => Ok(()),
            Err(error) if *error.kind() == Kind::InUse => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn hash<'h>(hashes: &'h HashMap<String, String>, file: &LiveFile) -> Option<&'h str> {
    hashes.get(&file.relative).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_end_before_their_wildcards() {
        let found: Vec<&str> = paths("read_parquet(['a/b/*.parquet', 'c/d.parquet'], x = true)").collect();
        assert_eq!(found, ["a/b/", "c/d.parquet"]);
        assert_eq!(paths("'lake/delta/t/**'").collect::<Vec<_>>(), ["lake/delta/t/"]);
    }
}
