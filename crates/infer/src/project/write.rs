//! Writes a new project for the files that were named.

use super::dbt_files::{dbt_project, gitignore, profiles, readme};
use super::from_contracts::{Kind, write_from_contracts};
use super::star::{self, Star};
use crate::ask::Ask;
use crate::feed::{Feed, InferOptions};
use crate::infer::infer;
use crate::names::slug;
use crate::odcs::contract_text;
use ingot_contract::load_all;
use ingot_core::error::{Context, Error, Result};
use ingot_core::fs::{link_or_copy, link_or_copy_folder};
use std::path::{Path, PathBuf};

/// A project that was written.
#[derive(Debug)]
pub struct NewProject {
    pub feeds: Vec<Feed>,
    /// Files that are in no feed, and why.
    pub passed_over: Vec<(PathBuf, String)>,
    /// Files that were written.
    pub files: usize,
    /// The gold layer, if one was asked for and keys and references make it plain.
    pub star: Option<Star>,
}

/// Looks at the files, and writes a project that loads and tests them into `folder`. The files themselves are linked into its
/// folder `data_raw`, or copied where the system has no links. `with_star`: a gold layer is proposed as well.
///
/// # Errors
/// The folder has a project already, a path cannot be read, or there is no data in it. Nothing is left behind then.
pub fn init_from(
    folder: &Path,
    options: &InferOptions,
    with_star: bool,
    ask: &mut dyn Ask,
) -> Result<NewProject> {
    for name in ["dbt_project.yml", "schemas", "models", "data_raw"] {
        if folder.join(name).symlink_metadata().is_ok() {
            return Err(Error::new("this folder already has a project or part of one")
                .at(folder.join(name))
                .hint("choose a new folder; nothing was written"));
        }
    }
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
    let written = write(folder, options, with_star, ask);
    if written.is_err() {
        // The error that led here is the one to report.
        let _ = unlink(&folder.join("data_raw"));
        if is_new {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
    written
}

/// Removes a link, or a folder of links and copies.
fn unlink(raw: &Path) -> std::io::Result<()> {
    match raw.symlink_metadata() {
        Ok(found) if found.is_symlink() => std::fs::remove_file(raw),
        _ => std::fs::remove_dir_all(raw),
    }
}

fn write(folder: &Path, options: &InferOptions, with_star: bool, ask: &mut dyn Ask) -> Result<NewProject> {
    let raw = folder.join("data_raw");
    bring(&options.paths, &raw)?;
    let options = InferOptions { paths: vec![raw.clone()], root: Some(raw_root(&raw)?), ..options.clone() };
    let found = infer(&options, ask)?;
    let absolute = std::path::absolute(folder).or_cannot_at("find the folder", folder)?;
    let name = match slug(&absolute.file_name().unwrap_or_default().to_string_lossy()) {
        name if name.is_ascii() && !name.is_empty() => name,
        _ => "warehouse".to_owned(),
    };
    let passed_over: Vec<String> =
        found.passed_over.iter().map(|(path, why)| format!("- {}: {why}", shown(path, &raw))).collect();
    let star = with_star.then(|| Star::of(&found.feeds)).flatten();
    let mut files = vec![
        ("dbt_project.yml".to_owned(), dbt_project(&name, star.is_some())),
        ("profiles.yml".to_owned(), profiles(&name)),
        (".gitignore".to_owned(), gitignore().to_owned()),
        ("README.md".to_owned(), readme(&name, &found.feeds, &passed_over)),
    ];
    for feed in &found.feeds {
        files.push((format!("schemas/{}.odcs.yaml", feed.name), contract_text(feed)));
    }
    files.extend(star.iter().flat_map(|star| star::files(&found.feeds, star)));
    for (relative, text) in &files {
        let path = folder.join(relative);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
        }
        std::fs::write(&path, text).or_cannot_at("write the project", &path)?;
    }
    let contracts = load_all(&folder.join("schemas"))?;
    let mut written = files.len();
    for kind in [Kind::Sources, Kind::Staging] {
        written += write_from_contracts(folder, &contracts, &[], kind)?.len();
    }
    Ok(NewProject { feeds: found.feeds, passed_over: found.passed_over, files: written, star })
}

fn raw_root(raw: &Path) -> Result<PathBuf> {
    std::path::absolute(raw).or_cannot_at("find the folder", raw)
}

/// A path below the raw folder.
fn shown(path: &Path, raw: &Path) -> String {
    let root = raw_root(raw).unwrap_or_default();
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Links the paths into the raw folder. A single folder becomes the raw folder, so that what lands in it is found.
fn bring(paths: &[PathBuf], raw: &Path) -> Result<()> {
    let mut from = Vec::new();
    for path in paths {
        let found = path.canonicalize().map_err(|error| {
            Error::new("there is no such file or folder").at(path).hint("check the path").caused_by(error)
        })?;
        from.push(found);
    }
    if let [only] = from.as_slice()
        && only.is_dir()
        && !only.join("_delta_log").is_dir()
    {
        return link_or_copy_folder(only, raw);
    }
    std::fs::create_dir(raw).or_cannot_at("create the folder", raw)?;
    for path in &from {
        let to = raw.join(path.file_name().unwrap_or_default());
        if to.symlink_metadata().is_ok() {
            return Err(Error::new("two of the paths have the same name")
                .at(path)
                .hint("name the folder around them"));
        }
        if path.is_dir() { link_or_copy_folder(path, &to)? } else { link_or_copy(path, &to)? }
    }
    Ok(())
}
