//! `deps`: puts the packages that `packages.yml` names into `dbt_packages/`. Those that are on this machine;
//! nothing is fetched.

use crate::context::environment;
use crate::context::environment::YamlContext;
use crate::json_values::{Object, Render};
use crate::project::dbt_project_yml;
use crate::project::packages::named_packages;
use ingot_core::error::{Context, Error, Result};
use ingot_core::fs::link_or_copy_folder;
use std::path::Path;

/// What was done, a line each. `vars` are those of the command line, which `packages.yml` may use.
///
/// # Errors
/// A package that is not on this machine, or one whose folder is not a package. Nothing is installed then.
pub fn run(project_dir: &Path, vars: &Object) -> Result<Vec<String>> {
    let root = std::path::absolute(project_dir).unwrap_or_else(|_| project_dir.to_path_buf());
    let project = dbt_project_yml::read(&root, &|text| Ok(text.into()))?;
    let (environment, context) = (environment::environment(), YamlContext::new(vars, None));
    let file = root.join("packages.yml");
    let render = |text: &str| context.render(&environment, text, &file);
    let installed = root.join(&project.packages_path);
    let mut plan = Vec::new();
    let mut lines = Vec::new();
    collect(&root, &root, &installed, &render, &mut plan, &mut lines)?;
    if plan.is_empty() && lines.is_empty() {
        return Ok(vec!["there are no packages: no packages.yml or dependencies.yml names any".to_owned()]);
    }
    for (name, source) in plan {
        let target = installed.join(&name);
        std::fs::create_dir_all(&installed).or_cannot_at("create the folder", &installed)?;
        if target.is_symlink() {
            std::fs::remove_file(&target).or_cannot_at("remove the old link", &target)?;
        } else if target.exists() {
            // Somebody put it there by hand; it may be the only copy.
            lines.push(format!("{name} is there already, and was left as it is"));
            continue;
        }
        link_or_copy_folder(&source, &target)?;
        lines.push(format!("{name} installed from {}", source.display()));
    }
    Ok(lines)
}

/// Whether there are as many packages as the project's files name: one that is missing may have hooks and models that nobody refers to.
///
/// # Errors
/// There are fewer, or a file cannot be read.
pub(crate) fn check(root: &Path, there: usize, render_text: Render) -> Result<()> {
    let all = named_packages(root, render_text)?;
    match all.first() {
        Some(first) if there < all.len() => {
            Err(Error::new(format!("of {} packages named here, {there} are there", all.len()))
                .at(&first.file)
                .hint("`ingot dbt deps` says which is missing, and where to put it"))
        }
        _ => Ok(()),
    }
}

/// Names and folders of the local packages, those that they need themselves included.
fn collect(
    root: &Path,
    folder: &Path,
    installed: &Path,
    render_text: Render,
    plan: &mut Vec<(String, std::path::PathBuf)>,
    lines: &mut Vec<String>,
) -> Result<()> {
    for package in named_packages(folder, render_text)? {
        if let Some(source) = package.local_folder()? {
            let source = std::path::absolute(&source).unwrap_or(source);
            let project = dbt_project_yml::read(&source, &|text| Ok(text.into()))?;
            if !plan.iter().any(|(known, _)| *known == project.name) {
                plan.push((project.name.clone(), source.clone()));
                collect(root, &source, installed, render_text, plan, lines)?;
            }
            continue;
        }
        let (what, folder_name) =
            match (package.text("package"), package.text("git"), package.text("tarball")) {
                (Some(hub), _, _) => {
                    (format!("the package '{hub}'"), hub.rsplit('/').next().unwrap_or(&hub).to_owned())
                }
                (_, Some(git), _) => {
                    let last = git.trim_end_matches('/').rsplit('/').next().unwrap_or(&git);
                    (format!("the git package '{git}'"), last.trim_end_matches(".git").to_owned())
                }
                (_, _, Some(tarball)) => {
                    (format!("the package '{tarball}'"), package.text("name").unwrap_or_default())
                }
                _ => {
                    return Err(Error::new("this entry names no package")
                        .at_line(&package.file, package.entry.line)
                        .hint("write `- local: ../path`"));
                }
            };
        // A package's folder is named after the project in it, which may have - or _ for the other.
        let candidates = [folder_name.clone(), folder_name.replace('-', "_")];
        let there = candidates.iter().any(|name| installed.join(name).join("dbt_project.yml").is_file());
        if !there {
            return Err(Error::new(format!(
                "{what} is not installed, and deps fetches nothing from the network"
            ))
            .at_line(&package.file, package.entry.line)
            .hint(format!(
                "put a copy of it into {}, or name a local copy: `- local: ../{folder_name}`",
                installed.strip_prefix(root).unwrap_or(installed).join(&candidates[1]).display()
            )));
        }
        lines.push(format!("{folder_name} is there already"));
    }
    Ok(())
}
