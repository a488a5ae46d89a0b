//! Embeds projects in the binary, for `ingot init`: the retail project at the root of the repository, and those below
//! `examples`, each under the name of its folder. Writes `$OUT_DIR/examples.rs`, a list of names, each with a list of the
//! relative path and the content of each of the project's files.

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

/// The name of the project at the root.
const NAME: &str = "retail";
/// The folder of the other projects. A folder in it that is not a project is passed over.
const EXAMPLES: &str = "examples";

fn main() -> Result<()> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").map_err(Error::other)?);
    // Of a folder, Cargo watches all that is in it.
    for path in SAMPLE.iter().chain([&EXAMPLES]) {
        println!("cargo:rerun-if-changed={path}");
    }
    let mut list = String::from("&[\n");
    let mut sample = Vec::new();
    for path in SAMPLE {
        collect(&root.join(path), &mut sample)?;
    }
    embed(&mut list, NAME, &root, Path::new(""), sample)?;
    let mut examples: Vec<_> = std::fs::read_dir(root.join(EXAMPLES))?.collect::<Result<_>>()?;
    examples.sort_by_key(std::fs::DirEntry::file_name);
    for example in examples.iter().filter(|example| example.path().join("dbt_project.yml").is_file()) {
        let mut files = Vec::new();
        collect(&example.path(), &mut files)?;
        let name = example.file_name().to_string_lossy().into_owned();
        embed(&mut list, &name, &root, &Path::new(EXAMPLES).join(&name), files)?;
    }
    list.push(']');
    let out = std::env::var("OUT_DIR").map_err(Error::other)?;
    std::fs::write(Path::new(&out).join("examples.rs"), list)
}

/// Adds a project, whose files are in `folder` below the root.
fn embed(list: &mut String, name: &str, root: &Path, folder: &Path, mut files: Vec<PathBuf>) -> Result<()> {
    let slashed = |path: &Path| path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
    files.sort();
    let _ = writeln!(list, "({name:?}, &[");
    for file in &files {
        let from = slashed(file.strip_prefix(root).map_err(Error::other)?);
        let to = slashed(file.strip_prefix(root.join(folder)).map_err(Error::other)?);
        // Spelled by way of `env!`, so that Cargo knows that the list depends on where the checkout is: checkouts that share
        // a target directory would otherwise embed one another's files.
        let _ = writeln!(
            list,
            "    ({to:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/\", {from:?}))),"
        );
    }
    list.push_str("]),\n");
    Ok(())
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
