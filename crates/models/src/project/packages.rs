//! Packages: installed below the project, or named as folders in `packages.yml` or `dependencies.yml`.

use crate::json_values::Render;
use crate::packages::spec::PackageSpec;
use crate::project::dbt_project_yml::{DbtProject, read};
use crate::project::yaml_files;
use ingot_core::error::{Context, Error, Result};
use ingot_core::yaml;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// The project's packages: every folder with a `dbt_project.yml` under `dbt_packages/`. If fewer are installed there than
/// `packages.yml` and `dependencies.yml` name, their `local:` ones are read where they are. A project that was copied with
/// its `dbt_packages` is complete, wherever its `local:` packages were.
pub(crate) fn read_packages(project: &DbtProject, render_text: Render) -> Result<Vec<DbtProject>> {
    let mut roots: Vec<PathBuf> = Vec::new();
    let installed = project.root.join(&project.packages_path);
    if installed.is_dir() {
        for entry in std::fs::read_dir(&installed).or_cannot_at("list the installed packages", &installed)? {
            let folder = entry.or_cannot_at("list the installed packages", &installed)?.path();
            if folder.join("dbt_project.yml").is_file() {
                roots.push(folder);
            }
        }
    }
    roots.sort();
    let mut packages = Vec::new();
    for root in roots {
        packages.push(read(&root, render_text)?);
    }
    if packages.len() < named_packages(&project.root, render_text)?.len() {
        local_packages(&project.root, render_text, &project.name, &mut packages)?;
    }
    for (index, package) in packages.iter().enumerate() {
        let same = packages[..index].iter().find(|other| other.name == package.name);
        if package.name == project.name || same.is_some() {
            return Err(Error::new(format!("two packages have the name '{}'", package.name))
                .at(package.root.join("dbt_project.yml"))
                .hint("package names must differ; remove one of the two"));
        }
    }
    Ok(packages)
}

fn local_packages(root: &Path, render_text: Render, own: &str, found: &mut Vec<DbtProject>) -> Result<()> {
    for entry in named_packages(root, render_text)? {
        let Some(folder) = entry.local_folder()? else { continue };
        let package = read(&folder, render_text)?;
        if package.name == own || found.iter().any(|other| other.name == package.name) {
            continue;
        }
        let (folder, name) = (package.root.clone(), package.name.clone());
        found.push(package);
        local_packages(&folder, render_text, &name, found)?;
    }
    Ok(())
}

/// Refuses a project with fewer packages than its files name: one that is missing may have hooks and models that nobody
/// refers to.
///
/// # Errors
/// There are fewer than `there`, or a file cannot be read.
pub(crate) fn check_all_are_there(project: &DbtProject, there: usize, render_text: Render) -> Result<()> {
    let all = named_packages(&project.root, render_text)?;
    match all.first() {
        Some(first) if there < all.len() => {
            let (named, folder) = (all.len(), &project.packages_path);
            let file = first.file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            Err(Error::new(format!("of {named} packages named here, {there} are there"))
                .at(&first.file)
                .in_dbts_words(format!(
                    "dbt found {named} package(s) specified in {file}, but only {there} package(s) installed in {folder}. Run \"dbt deps\" to install package dependencies."
                ))
                .hint("run `ingot dbt deps`, which installs them"))
        }
        _ => Ok(()),
    }
}

/// A package that `packages.yml` or `dependencies.yml` names.
pub(crate) struct NamedPackage {
    pub file: PathBuf,
    pub entry: yaml::Node,
    /// The entry as it is written, its templates included.
    written: Json,
}

/// All packages that the files of a project's folder name, in their order.
///
/// # Errors
/// A file that is not YAML, or a template in it that fails; both files name packages.
pub(crate) fn named_packages(root: &Path, render_text: Render) -> Result<Vec<NamedPackage>> {
    let mut named: Vec<NamedPackage> = Vec::new();
    let mut files = Vec::new();
    for name in ["packages.yml", "dependencies.yml"] {
        let file = root.join(name);
        if !file.is_file() {
            continue;
        }
        let written = yaml_files::read_last_of_repeated(&file)?;
        let document = yaml_files::rendered(&written, &file, render_text)?;
        let entries = document.get("packages").and_then(yaml::Node::as_list).unwrap_or_default();
        let as_written = written.get("packages").and_then(yaml::Node::as_list).unwrap_or_default();
        for (index, entry) in entries.iter().enumerate() {
            let written = as_written.get(index).map(yaml::Node::to_json).unwrap_or_default();
            named.push(NamedPackage { file: file.clone(), entry: entry.clone(), written });
        }
        if document.get("packages").is_some() {
            files.push(file);
        }
    }
    match files.as_slice() {
        [_, dependencies] => {
            Err(Error::new("both packages.yml and dependencies.yml have the key `packages`")
                .at(dependencies)
                .in_dbts_words(
                    "The 'packages' key cannot be specified in both packages.yml and dependencies.yml",
                )
                .hint("name all packages in one of the two files"))
        }
        _ => Ok(named),
    }
}

impl NamedPackage {
    /// What the entry asks for.
    ///
    /// # Errors
    /// It is not a package.
    pub(crate) fn spec(&self) -> Result<PackageSpec> {
        let written = self.written.as_object().cloned().unwrap_or_default();
        PackageSpec::read(&self.entry.to_json(), written)
            .map_err(|error| error.at_line(&self.file, self.entry.line))
    }

    fn text(&self, key: &str) -> Option<String> {
        self.entry.get(key).and_then(yaml::Node::scalar_text)
    }

    /// The folder of a `local:` package.
    ///
    /// # Errors
    /// There is no project in it.
    fn local_folder(&self) -> Result<Option<PathBuf>> {
        let Some(local) = self.text("local") else { return Ok(None) };
        let folder = self.file.parent().unwrap_or(Path::new("")).join(&local);
        if folder.join("dbt_project.yml").is_file() {
            return Ok(Some(folder));
        }
        Err(Error::new(format!("the local package '{local}' is not there"))
            .at_line(&self.file, self.entry.line)
            .hint("the path is relative to the folder of this file, and needs a dbt_project.yml in it"))
    }
}
