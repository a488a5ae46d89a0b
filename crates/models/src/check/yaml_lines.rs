//! Where property files describe a node and its columns.

use crate::graph::node::Node;
use ingot_core::sync::lock;
use ingot_core::yaml;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A line of a property file, relative to the project.
pub(super) struct YamlPlace {
    pub(super) file: String,
    pub(super) line: usize,
}

/// Property files, each read once.
#[derive(Default)]
pub(super) struct YamlLines(Mutex<HashMap<PathBuf, Option<Arc<yaml::Node>>>>);

impl YamlLines {
    /// Where the column of the node is described, or else the node.
    pub(super) fn column(&self, root: &Path, node: &Node, column: &str) -> Option<YamlPlace> {
        let (package, file) = node.patch_path.as_ref()?.split_once("://")?;
        // Files of packages have their folders in between; those of the root project do not.
        let mut base = node.file.clone();
        for _ in 0..node.original_file_path.split('/').count() {
            base.pop();
        }
        let base = if package == node.package_name { base } else { root.to_path_buf() };
        let path = base.join(file);
        let document = self.read(&path)?;
        let described = ["models", "seeds", "snapshots", "data"].into_iter().find_map(|section| {
            let entries = document.get(section)?.as_list()?;
            entries.iter().find(|entry| entry.get("name").and_then(yaml::Node::as_str) == Some(&node.name))
        })?;
        let found = described.get("columns").and_then(|columns| named(columns, column));
        let line =
            found.map_or(described.line, |entry| entry.get("name").map_or(entry.line, |name| name.line));
        let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        Some(YamlPlace { file: shown, line })
    }

    /// The line of `key` of an entry of an entry: `[section, name, list, name]`; that of its name if it has no such key.
    pub(super) fn entry(&self, file: &Path, path: [&str; 4], key: &str) -> Option<usize> {
        let [section, outer, list, inner] = path;
        let document = self.read(file)?;
        let outer = named(document.get(section)?, outer)?;
        let inner = named(outer.get(list)?, inner)?;
        Some(inner.get(key).or_else(|| inner.get("name")).map_or(inner.line, |found| found.line))
    }

    fn read(&self, path: &Path) -> Option<Arc<yaml::Node>> {
        if let Some(known) = lock(&self.0).get(path) {
            return known.clone();
        }
        let read = yaml::read(path).ok().map(Arc::new);
        lock(&self.0).insert(path.to_path_buf(), read.clone());
        read
    }
}

/// The entry of a list that has this name.
fn named<'y>(entries: &'y yaml::Node, wanted: &str) -> Option<&'y yaml::Node> {
    entries.as_list()?.iter().find(|entry| {
        let name = entry.get("name").and_then(yaml::Node::scalar_text);
        name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    })
}
