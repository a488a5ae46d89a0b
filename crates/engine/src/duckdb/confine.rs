//! SQL of others, kept to some folders.

use crate::text_literal;
use std::path::{Path, PathBuf};

/// Statements after which a database opens files below these folders only, loads no extension, and takes no setting that
/// would change that.
pub fn confined_to(folders: &[PathBuf]) -> String {
    let folders: Vec<String> = folders
        .iter()
        .flat_map(|folder| {
            // Views name files relative to the project, which is the current folder.
            let relative = std::env::current_dir()
                .ok()
                .and_then(|here| folder.strip_prefix(here).ok().map(Path::to_path_buf));
            relative.into_iter().chain([folder.clone()])
        })
        .map(|folder| text_literal(&format!("{}/", folder.to_string_lossy())))
        .collect();
    format!(
        "set autoload_known_extensions = false; set allowed_directories = [{}]; set enable_external_access = false; set lock_configuration = true",
        folders.join(", ")
    )
}
