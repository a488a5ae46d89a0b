//! The modules of a crate as its sources declare them: what each defines, what it imports, which paths it writes.

use super::paths::{Import, Paths, is_test_only};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The place of a module in [`Crate::modules`].
pub type ModuleId = usize;

/// One module: a file, or `mod x { … }` inside one.
pub struct Module {
    pub file: PathBuf,
    pub parent: Option<ModuleId>,
    pub children: BTreeMap<String, ModuleId>,
    /// Names of functions, types, constants and macros that are defined right here.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Every other path in the module, by its segments.
    pub paths: BTreeSet<Vec<String>>,
}

/// All modules of a crate. The first is its root.
pub struct Crate {
    pub modules: Vec<Module>,
}

impl Crate {
    /// Reads a crate from its `lib.rs` or `main.rs` on. Without `tests`, code under `#[cfg(test)]` is left out.
    pub fn read(root: &Path, tests: bool) -> Self {
        let mut found = Self { modules: Vec::new() };
        found.read_file(root, None, root.parent().unwrap(), tests);
        found
    }

    pub fn files(&self) -> BTreeSet<&Path> {
        self.modules.iter().map(|module| module.file.as_path()).collect()
    }

    /// `folder` is where the files of child modules are.
    fn read_file(&mut self, file: &Path, parent: Option<ModuleId>, folder: &Path, tests: bool) -> ModuleId {
        let text = std::fs::read_to_string(file).unwrap();
        let source = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_items(&source.items, file, parent, folder, tests)
    }

    fn read_items(
        &mut self,
        items: &[syn::Item],
        file: &Path,
        parent: Option<ModuleId>,
        folder: &Path,
        tests: bool,
    ) -> ModuleId {
        let id = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            imports: Vec::new(),
            paths: BTreeSet::new(),
        });
        let mut paths = Paths::new(tests);
        for item in items {
            if let syn::Item::Mod(module) = item {
                if !tests && is_test_only(&module.attrs) {
                    continue;
                }
                let name = module.ident.to_string();
                let inside = folder.join(&name);
                let child = match &module.content {
                    Some((_, items)) => self.read_items(items, file, Some(id), &inside, tests),
                    None => {
                        let beside = folder.join(format!("{name}.rs"));
                        let file = if beside.is_file() { beside } else { inside.join("mod.rs") };
                        self.read_file(&file, Some(id), &inside, tests)
                    }
                };
                self.modules[id].children.insert(name, child);
            } else {
                paths.item(item);
            }
        }
        let module = &mut self.modules[id];
        module.items = paths.items;
        module.imports = paths.imports;
        module.paths = paths.paths;
        id
    }
}
