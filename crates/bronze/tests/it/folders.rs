//! Folders as a whole: copied, and listed to be compared.

use std::path::Path;

/// Copies a raw folder: some formats' bytes depend on when they are written.
pub fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every file under a folder with its length, but for the lock, folders that were shown aside, and what is known of raw files,
/// which depends on how much time passes between two loads.
pub fn listing(folder: &Path) -> Vec<(String, u64)> {
    let mut files: Vec<(String, u64)> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_entry(|entry| {
            !entry.file_name().to_string_lossy().contains(".old-") && entry.file_name() != ".raw-files"
        })
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != ".load-bronze.lock")
        .map(|entry| {
            let length = entry.metadata().unwrap().len();
            (entry.path().strip_prefix(folder).unwrap().display().to_string(), length)
        })
        .collect();
    files.sort();
    files
}
