//! Arrows between files, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// From a file to one that it needs, with the names that it needs from there.
#[derive(Default)]
pub struct Graph {
    arrows: BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>,
}

impl Graph {
    pub fn add(&mut self, from: &Path, to: &Path, name: &str) {
        if from != to {
            let names = self.arrows.entry(from.to_owned()).or_default().entry(to.to_owned()).or_default();
            names.insert(name.to_owned());
        }
    }

    pub fn arrows(&self) -> usize {
        self.arrows.values().map(BTreeMap::len).sum()
    }

    pub fn has(&self, from: &Path, to: &Path) -> bool {
        self.arrows.get(from).is_some_and(|targets| targets.contains_key(to))
    }

    /// All files that a file needs, at first or at last hand.
    fn reach(&self, from: &Path) -> BTreeSet<PathBuf> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&Path> = vec![from];
        while let Some(file) = open.pop() {
            for target in self.arrows.get(file).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(target.clone()) {
                    open.push(target);
                }
            }
        }
        reached
    }

    /// Sets of files that all need each other.
    pub fn circles(&self) -> Vec<BTreeSet<PathBuf>> {
        let reach: BTreeMap<&Path, BTreeSet<PathBuf>> =
            self.arrows.keys().map(|file| (file.as_path(), self.reach(file))).collect();
        let mut circles: Vec<BTreeSet<PathBuf>> = Vec::new();
        for (file, reached) in &reach {
            if reached.contains(*file) && !circles.iter().any(|circle| circle.contains(*file)) {
                let together = reached.iter().filter(|other| {
                    reach.get(other.as_path()).is_some_and(|their_reach| their_reach.contains(*file))
                });
                circles.push(together.cloned().collect());
            }
        }
        circles
    }

    /// The arrows inside a circle with the names that tie it, a line each.
    pub fn describe(&self, circle: &BTreeSet<PathBuf>) -> String {
        let mut text = format!("{} files need each other:\n", circle.len());
        for from in circle {
            for (to, names) in
                self.arrows.get(from).into_iter().flatten().filter(|(to, _)| circle.contains(*to))
            {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                text.push_str(&format!("  {} -> {}: {}\n", from.display(), to.display(), names.join(", ")));
            }
        }
        text
    }
}
