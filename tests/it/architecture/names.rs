//! From a path as a module writes it to the files that define what it names, through `use` and `pub use`.

use super::graph::Graph;
use super::modules::{Crate, ModuleId};
use std::collections::BTreeSet;
use std::path::Path;

/// What a path may name. A name can be a module and an item at the same time (`mod run; pub use run::run`).
#[derive(Default)]
struct Found {
    /// The modules in which the item is defined.
    items: BTreeSet<ModuleId>,
    modules: BTreeSet<ModuleId>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.items.is_empty() && self.modules.is_empty()
    }

    fn extend(&mut self, other: Self) {
        self.items.extend(other.items);
        self.modules.extend(other.modules);
    }
}

/// Names that are being looked up, so that imports in a ring end.
type Seen = BTreeSet<(ModuleId, String)>;

impl Crate {
    /// Draws an arrow from each file to those that define what it names. `mod x;` is none, nor is a re-export.
    pub fn draw(&self, graph: &mut Graph, shown: impl Fn(&Path) -> std::path::PathBuf) {
        for (id, module) in self.modules.iter().enumerate() {
            let imports =
                module.imports.iter().filter(|import| !import.is_re_export && import.name.is_some());
            for path in imports.map(|import| &import.path).chain(&module.paths) {
                let found = self.resolve(id, path, &mut Seen::new());
                for target in found.items {
                    let name = path.last().map_or("", String::as_str);
                    graph.add(&shown(&module.file), &shown(&self.modules[target].file), name);
                }
            }
        }
    }

    /// What a path names, seen from a module. Nothing if it leads out of the crate or names a local variable.
    fn resolve(&self, from: ModuleId, path: &[String], seen: &mut Seen) -> Found {
        let mut at = BTreeSet::from([from]);
        let mut found = Found::default();
        for (index, segment) in path.iter().enumerate() {
            let mut next = Found::default();
            for &module in &at {
                next.extend(match segment.as_str() {
                    "crate" if index == 0 => Found { modules: BTreeSet::from([0]), ..Found::default() },
                    "self" if index == 0 => Found { modules: BTreeSet::from([module]), ..Found::default() },
                    "super" => Found {
                        modules: self.modules[module].parent.into_iter().collect(),
                        ..Found::default()
                    },
                    name => self.look_up(module, name, index + 1 < path.len(), seen),
                });
            }
            if index + 1 == path.len() {
                found.extend(next);
                return found;
            }
            // `Kind::Variant` and `Type::function` need the file of the type.
            found.items.extend(next.items);
            at = next.modules;
        }
        found
    }

    /// What a name means in a module: what it defines, what it imports by name, what it imports by `*`.
    fn look_up(&self, id: ModuleId, name: &str, leads_on: bool, seen: &mut Seen) -> Found {
        let module = &self.modules[id];
        let mut found = Found::default();
        if module.items.contains(name) {
            found.items.insert(id);
        }
        if let Some(&child) = module.children.get(name) {
            found.modules.insert(child);
            // `use run::run` means the module `run` by its first word.
            if leads_on {
                return found;
            }
        }
        if !seen.insert((id, name.to_owned())) {
            return found;
        }
        for import in module.imports.iter().filter(|import| import.name.as_deref() == Some(name)) {
            found.extend(self.resolve(id, &import.path, seen));
        }
        if found.is_empty() {
            for import in module.imports.iter().filter(|import| import.name.is_none()) {
                for source in self.resolve(id, &import.path, seen).modules {
                    found.extend(self.look_up(source, name, leads_on, seen));
                }
            }
        }
        seen.remove(&(id, name.to_owned()));
        found
    }
}
