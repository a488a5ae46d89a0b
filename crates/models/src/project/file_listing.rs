//! The files of a project's folders. Each folder is walked once in an invocation, however many kinds of
//! files are looked for in it.

use crate::project::ignored::Ignored;
use ingot_core::error::Result;
use ingot_core::sync::lock;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What was found so far, by folder.
#[derive(Default)]
pub(crate) struct FileListing {
    found: Mutex<HashMap<PathBuf, Arc<Found>>>,
    /// What the `.dbtignore` of each project leaves out, by the project's root.
    ignored: Vec<(PathBuf, Ignored)>,
}

/// All files below a folder, hidden ones too, sorted by name folder by folder.
pub(crate) struct Found {
    pub files: Vec<PathBuf>,
    /// Whether everything could be read. (A link that leads nowhere is not a file.)
    pub is_complete: bool,
}

impl FileListing {
    /// The files of projects in these folders.
    ///
    /// # Errors
    /// A `.dbtignore` cannot be read.
    pub(crate) fn of<'a>(roots: impl Iterator<Item = &'a PathBuf>) -> Result<Self> {
        let ignored: Result<Vec<_>> = roots.map(|root| Ok((root.clone(), Ignored::read(root)?))).collect();
        Ok(Self { ignored: ignored?, ..Self::default() })
    }

    /// Whether a project leaves the file out. A package within the root project's folder has its own say.
    fn is_ignored(&self, path: &Path) -> bool {
        let roots = self.ignored.iter().filter(|(root, _)| path.starts_with(root));
        let own = roots.max_by_key(|(root, _)| root.components().count());
        own.is_some_and(|(root, ignored)| path.strip_prefix(root).is_ok_and(|inside| ignored.has(inside)))
    }

    /// All there is below a folder; nothing if there is no such folder.
    pub(crate) fn all(&self, folder: &Path) -> Arc<Found> {
        if let Some(known) = lock(&self.found).get(folder) {
            return known.clone();
        }
        let found = Arc::new(walk(folder));
        lock(&self.found).entry(folder.to_path_buf()).or_insert(found).clone()
    }

    /// The files whose names end in one of `endings`, hidden ones, those in hidden folders and those that
    /// `.dbtignore` names left out.
    pub(crate) fn list(&self, folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
        let wanted = |path: &Path| {
            let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
            ending.is_some_and(|ending| endings.contains(&ending.as_str()))
        };
        // Those of editors and file systems: `.a.sql.swp`, `#a.sql#`, `~a.sql`.
        let hidden = |path: &Path| {
            path.file_name().is_some_and(|name| [b'.', b'#', b'~'].contains(&name.as_encoded_bytes()[0]))
        };
        let found = self.all(folder);
        found
            .files
            .iter()
            .filter(|path| wanted(path) && !hidden(path) && !self.is_ignored(path))
            .cloned()
            .collect()
    }
}

fn walk(folder: &Path) -> Found {
    let mut found = Found { files: Vec::new(), is_complete: true };
    if !folder.exists() {
        return found;
    }
    for entry in walkdir::WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() => found.files.push(entry.into_path()),
            Ok(_) => {}
            Err(error) => {
                let leads_nowhere = std::io::ErrorKind::NotFound;
                found.is_complete &= error.io_error().is_some_and(|error| error.kind() == leads_nowhere);
            }
        }
    }
    found
}

/// The path as seen from `root`, with `/`.
pub(crate) fn relative(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_editors_are_there_but_are_no_models() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("models");
        for file in
            ["b/z.sql", "b/a.SQL", ".git/c.sql", "a.yml", ".d.sql", "b/.e/f.sql", "b/#a.sql", "~z.sql"]
        {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let files = FileListing::default();
        let names = |paths: &[PathBuf]| paths.iter().map(|path| relative(path, &root)).collect::<Vec<_>>();
        assert_eq!(names(&files.list(&root, &["sql"])), [".git/c.sql", "b/.e/f.sql", "b/a.SQL", "b/z.sql"]);
        assert_eq!(files.all(&root).files.len(), 8);
        assert!(files.all(&root).is_complete);
        assert!(files.list(&root.join("nothing"), &["sql"]).is_empty());
    }
}
