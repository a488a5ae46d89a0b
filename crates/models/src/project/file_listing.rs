//! The files of a project's folders. Each folder is walked once in an invocation, however many kinds of
//! files are looked for in it.

use ingot_core::sync::lock;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What was found so far, by folder.
#[derive(Default)]
pub(crate) struct FileListing(Mutex<HashMap<PathBuf, Arc<Found>>>);

/// All files below a folder, hidden ones too, sorted by name folder by folder.
pub(crate) struct Found {
    pub files: Vec<PathBuf>,
    /// Whether everything could be read. (A link that leads nowhere is not a file.)
    pub is_complete: bool,
}

impl FileListing {
    /// All there is below a folder; nothing if there is no such folder.
    pub(crate) fn all(&self, folder: &Path) -> Arc<Found> {
        if let Some(known) = lock(&self.0).get(folder) {
            return known.clone();
        }
        let found = Arc::new(walk(folder));
        lock(&self.0).entry(folder.to_path_buf()).or_insert(found).clone()
    }

    /// The files whose names end in one of `endings`, hidden ones and those in hidden folders left out.
    pub(crate) fn list(&self, folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
        let wanted = |path: &Path| {
            let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
            ending.is_some_and(|ending| endings.contains(&ending.as_str()))
        };
        let hidden = |path: &Path| {
            let below = path.strip_prefix(folder).unwrap_or(path);
            below.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
        };
        let found = self.all(folder);
        found.files.iter().filter(|path| wanted(path) && !hidden(path)).cloned().collect()
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
    fn hidden_files_are_there_but_are_no_models() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("models");
        for file in ["b/z.sql", "b/a.SQL", ".git/c.sql", "a.yml", ".d.sql", "b/.e/f.sql"] {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let files = FileListing::default();
        let names = |paths: &[PathBuf]| paths.iter().map(|path| relative(path, &root)).collect::<Vec<_>>();
        assert_eq!(names(&files.list(&root, &["sql"])), ["b/a.SQL", "b/z.sql"]);
        assert_eq!(files.all(&root).files.len(), 6);
        assert!(files.all(&root).is_complete);
        assert!(files.list(&root.join("nothing"), &["sql"]).is_empty());
    }
}
