//! Files that show the SQL of nodes: `target/compiled/` and `target/run/`.

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use ingot_core::error::{Context, Result};
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Where a node's SQL is written under `target/compiled` or `target/run`.
pub(crate) fn output_file(invocation: &Invocation, node: &Node, folder: &str) -> PathBuf {
    let base = invocation.settings.target_folder.join(folder).join(&node.package_name);
    if let Some(batch) = node.batch() {
        let file = base.join(&node.original_file_path);
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        return file.with_extension("").join(format!("{stem}_{}.sql", batch.name));
    }
    match (node.generic_test(), node.resource_type()) {
        (Some(_), _) | (_, ResourceType::UnitTest | ResourceType::Operation) => {
            base.join(&node.original_file_path).join(&node.path)
        }
        // One in YAML: its file is not that of a query.
        (None, ResourceType::Snapshot)
            if Path::new(&node.path).file_name() != Path::new(&node.original_file_path).file_name() =>
        {
            base.join(&node.original_file_path).join(&node.path)
        }
        _ => base.join(&node.original_file_path),
    }
}

pub(crate) fn write_output(
    invocation: &Invocation,
    node: &Node,
    folder: &str,
    text: &str,
) -> Result<PathBuf> {
    let file = output_file(invocation, node, folder);
    // As under dbt, what renders to nothing has no file.
    if text.is_empty() {
        return Ok(file);
    }
    // Most files are new and have neighbours, so that their folder is there.
    let create = || File::create_new(&file).and_then(|mut new| new.write_all(text.as_bytes()));
    let mut written = create();
    if let (Err(error), Some(parent)) = (&written, file.parent())
        && error.kind() == ErrorKind::NotFound
    {
        std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
        written = create();
    }
    if written.as_ref().is_err_and(|error| error.kind() == ErrorKind::AlreadyExists) {
        // Most of what is written over is the same again; and a file system writes out at once what replaces a file.
        if std::fs::read(&file).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(file);
        }
        written = std::fs::write(&file, text);
    }
    written.or_cannot_at("write the file", &file)?;
    Ok(file)
}
