//! `deps`: installs the packages that `packages.yml` names, in the versions of `package-lock.yml`.
//! <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/task/deps.py>

use crate::context::environment;
use crate::context::environment::YamlContext;
use crate::dbt_log::DbtLog;
use crate::invocation::arguments;
use crate::json_values::{Object, Render, has_jinja, scalar_text};
use crate::options::RunOptions;
use crate::packages::add_package::{NewPackage, add};
use crate::packages::events;
use crate::packages::fetcher::Fetcher;
use crate::packages::hub::Hub;
use crate::packages::lock_file;
use crate::packages::pinned::Pinned;
use crate::packages::resolve;
use crate::packages::spec::PackageSpec;
use crate::project::dbt_project_yml::{self, DbtProject};
use crate::project::packages::named_packages;
use crate::setup;
use crate::tell_warnings::tell_warnings;
use crate::warnings::WarningRules;
use ingot_core::error::{Context, Error, Result};
use ingot_core::report::Reporter;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// What `deps` is to do.
#[derive(Debug, Clone, Default)]
pub struct DepsRequest {
    /// Only the lock file is written.
    pub only_locks: bool,
    /// Versions are found again, whether `packages.yml` has changed or not.
    pub upgrade: bool,
    /// A package to add to `packages.yml` before.
    pub add: Option<NewPackage>,
    /// The address of the hub, instead of dbt's.
    pub hub: Option<String>,
}

/// Does what `request` says for the project of `options`, whose variables, rules of warnings and log hold.
///
/// # Errors
/// A package that cannot be found or fetched. What was installed before is still there then.
pub fn run(options: &RunOptions, request: &DepsRequest, reporter: &dyn Reporter) -> Result<()> {
    let Some(log) = &options.log else { return run_logged(options, request, reporter) };
    let id = uuid::Uuid::new_v4().to_string();
    let log = DbtLog::open(log, &options.project_dir, "deps", arguments::of(options), &id, reporter)?;
    let outcome = run_logged(options, request, &log);
    log.finish(outcome.as_ref().map(|()| 0));
    outcome
}

fn run_logged(options: &RunOptions, request: &DepsRequest, reporter: &dyn Reporter) -> Result<()> {
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let (environment, context) =
        (environment::environment(), YamlContext::new(&options.vars, None).with_secrets());
    let file = root.join("packages.yml");
    let render = |text: &str| context.render(&environment, text, &file);
    // The profile is not known, so that not all of the file can be rendered.
    let mut project = dbt_project_yml::read(&root, &|text| Ok(text.into()))?;
    if has_jinja(&project.packages_path) {
        let rendered = render(&project.packages_path)?;
        project.packages_path = scalar_text(&rendered).unwrap_or_default();
    }
    let rules = match &options.warnings {
        Some(given) => given.clone(),
        None => setup::rules_of_project(&project)?,
    };
    let added = match &request.add {
        Some(new) => Some(add(&root, new, reporter)?),
        None => None,
    };
    let mut wanted = Vec::new();
    for named in named_packages(&root, &render)? {
        wanted.push(named.spec()?);
    }
    if wanted.is_empty() {
        reporter.report(events::no_packages());
        return Ok(());
    }
    let hash = match added {
        // dbt computes it without what it knows of the file then.
        Some(entries) => lock_file::hash(&without_origin(&entries)?),
        None => lock_file::hash(&wanted),
    };
    let installed = folder_of_packages(&project)?;
    let parent = installed.parent().unwrap_or(&root);
    std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
    // Beside the folder of packages, so that they can be moved into it.
    let work = tempfile::Builder::new()
        .prefix(".dbt-deps-")
        .tempdir_in(parent)
        .or_cannot_at("create a folder in", parent)?;
    let checks_versions = options.version_check && project.flag("version_check", true);
    let hub = Hub::new(request.hub.as_deref(), checks_versions);
    let mut fetcher = Fetcher::new(&root, work.path(), hub, &render);
    let deps = Deps { options, rules: &rules, reporter, project: &project, render: &render };

    let locked = lock_file::read(&root, &render)?.filter(|locked| locked.hash.as_ref() == Some(&hash));
    let locked = match locked.filter(|_| !request.upgrade) {
        Some(locked) => locked.packages,
        None => deps.lock(&wanted, &hash, &mut fetcher)?,
    };
    if request.only_locks {
        return Ok(());
    }
    deps.install(&locked, &installed, work.path(), &mut fetcher)
}

fn without_origin(entries: &[Json]) -> Result<Vec<PackageSpec>> {
    entries.iter().map(|entry| PackageSpec::read(entry, Object::new())).collect()
}

/// The folder of the packages, which is replaced as a whole.
///
/// # Errors
/// The project would be replaced with it.
fn folder_of_packages(project: &DbtProject) -> Result<PathBuf> {
    let folder = project.root.join(&project.packages_path);
    // A link stays, and what it leads to is replaced.
    let folder = folder.canonicalize().unwrap_or(folder);
    let root = project.root.canonicalize().unwrap_or_else(|_| project.root.clone());
    let holds_sources = project.source_folders().any(|path| root.join(path).starts_with(&folder));
    if root.starts_with(&folder) || holds_sources {
        return Err(Error::new(format!(
            "packages are to be in '{}', which has files of the project in it",
            project.packages_path
        ))
        .at(project.root.join("dbt_project.yml"))
        .hint("name a folder of their own under `packages-install-path`, as dbt_packages is one"));
    }
    Ok(folder)
}

/// What the steps have in common.
struct Deps<'a> {
    options: &'a RunOptions,
    rules: &'a WarningRules,
    reporter: &'a dyn Reporter,
    project: &'a DbtProject,
    render: Render<'a>,
}

impl Deps<'_> {
    /// Finds the exact versions, and writes them into the lock file.
    fn lock(&self, wanted: &[PackageSpec], hash: &str, fetcher: &mut Fetcher) -> Result<Vec<PackageSpec>> {
        let resolved = resolve::resolve(wanted, &self.project.name, fetcher)?;
        let mut entries = Vec::new();
        for (pinned, name) in &resolved {
            let mut entry = pinned.to_json(&mut fetcher.warnings);
            entry["name"] = name.as_str().into();
            entries.push(entry);
        }
        self.tell(fetcher)?;
        let root = &self.project.root;
        lock_file::write(root, &entries, hash)?;
        self.reporter.report(events::updating_lock(&lock_file::path(root).display().to_string()));
        let locked = lock_file::read(root, self.render)?;
        locked.map(|locked| locked.packages).ok_or_else(|| Error::defect("the lock file is gone"))
    }

    /// Installs the packages of the lock file beside those that are there, and puts them in their place.
    fn install(
        &self,
        locked: &[PackageSpec],
        installed: &Path,
        work: &Path,
        fetcher: &mut Fetcher,
    ) -> Result<()> {
        let next = work.join("installed");
        std::fs::create_dir(&next).or_cannot_at("create the folder", &next)?;
        let mut outdated = Vec::new();
        for pinned in resolve::exact(locked, fetcher)? {
            if let Pinned::Local(local) = &pinned
                && self.project.root.join(local).starts_with(installed)
            {
                return Err(Error::new(format!(
                    "the local package '{local}' is in {}, whose content `deps` replaces",
                    self.project.packages_path
                ))
                .at(self.project.root.join("packages.yml"))
                .hint("move it to another folder of the project, and name that"));
            }
            self.reporter.report(events::installing(&pinned.name()));
            fetcher.install(&pinned, &next)?;
            self.reporter.report(events::installed(&pinned.version()));
            match &pinned {
                Pinned::Hub { version, latest, .. } if version == latest => {
                    self.reporter.report(events::up_to_date());
                }
                Pinned::Hub { package, latest, .. } => {
                    self.reporter.report(events::update_available(latest));
                    outdated.push(package.clone());
                }
                Pinned::Git { subdirectory: Some(subdirectory), .. } => {
                    self.reporter.report(events::subdirectory(subdirectory));
                }
                _ => {}
            }
        }
        self.tell(fetcher)?;
        if installed.symlink_metadata().is_ok() {
            let old = work.join("replaced");
            std::fs::rename(installed, &old).or_cannot_at("replace the folder", installed)?;
        }
        std::fs::rename(&next, installed).or_cannot_at("move the packages to", installed)?;
        if !outdated.is_empty() {
            self.reporter.report(events::updates_available(&outdated));
        }
        Ok(())
    }

    fn tell(&self, fetcher: &mut Fetcher) -> Result<()> {
        let warnings = std::mem::take(&mut fetcher.warnings);
        tell_warnings(self.options, self.rules, warnings, self.reporter)
    }
}
