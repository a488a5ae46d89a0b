//! Embeds the retail project at the root of the repository in the binary, for `ingot init`: writes
//! `$OUT_DIR/sample.rs`, a list of the relative path and the content of each of its files.

use std::fmt::Write;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

/// What belongs to the retail project, here and nowhere else. All else at the root is the tool.
const SAMPLE: [&str; 10] = [
    "schemas",
    "models",
    "macros",
    "snapshots",
    "analyses",
    "tests/data",
    "dbt_project.yml",
    "profiles.yml",
    "generate.yaml",
    "analytics",
];

fn main() -> Result<()> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").map_err(Error::other)?);
    let mut files = Vec::new();
    for path in SAMPLE {
        // Of a folder, Cargo watches all that is in it.
        println!("cargo:rerun-if-changed={path}");
        collect(&root.join(path), &mut files)?;
    }
    files.sort();
    // Spelled by way of `env!`, so that Cargo knows that the list depends on where the checkout is: checkouts that share
    // a target directory would otherwise embed one another's files.
    let mut list = String::from("&[\n");
    for file in &files {
        let relative = file.strip_prefix(&root).map_err(Error::other)?;
        let relative = relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        let _ = writeln!(
            list,
            "    ({relative:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/\", {relative:?}))),"
        );
    }
    list.push(']');
    let out = std::env::var("OUT_DIR").map_err(Error::other)?;
    std::fs::write(Path::new(&out).join("sample.rs"), list)
}

/// The file, or all files below the folder.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}
