//! Fetches packages: what each of them needs in turn, and its files. What was fetched once is kept for the run.

use super::download::Downloads;
use super::hub::Hub;
use super::pinned::{Pinned, Tarball};
use super::spec::PackageSpec;
use super::{archive, git};
use crate::json_values::{Object, Render, text};
use crate::project::packages::named_packages;
use crate::project::yaml_files;
use crate::warnings::Warning;
use ingot_core::error::{Context, Error, Result};
use ingot_core::fs::link_or_copy_folder;
use ingot_core::yaml::Node;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Of a package: the name of its project, the packages that it needs, and of a repository its commit.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) needs: Vec<PackageSpec>,
    pub(crate) commit: Option<String>,
}

pub(crate) struct Fetcher<'a> {
    /// The project whose packages these are.
    root: PathBuf,
    /// Where archives and repositories are put before they are installed.
    folder: PathBuf,
    render_text: Render<'a>,
    pub(crate) hub: Hub,
    downloads: Option<Downloads>,
    /// By what was asked for.
    fetched: HashMap<String, (Metadata, PathBuf)>,
    count: usize,
    pub(crate) warnings: Vec<Warning>,
}

impl<'a> Fetcher<'a> {
    pub(crate) fn new(root: &Path, folder: &Path, hub: Hub, render_text: Render<'a>) -> Self {
        Self {
            root: root.to_path_buf(),
            folder: folder.to_path_buf(),
            render_text,
            hub,
            downloads: None,
            fetched: HashMap::new(),
            count: 0,
            warnings: Vec::new(),
        }
    }

    /// The version of a package of the hub, as [`Hub::find`] has it.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn find_version(
        &mut self,
        package: &str,
        conditions: &[super::version::Version],
        prereleases: bool,
    ) -> Result<super::hub::Found> {
        let downloads = ready(&mut self.downloads)?;
        self.hub.find(downloads, package, conditions, prereleases, &mut self.warnings)
    }

    /// What a package needs. Repositories and archives are fetched for it.
    ///
    /// # Errors
    /// It cannot be fetched, or is not a package.
    pub(crate) fn metadata(&mut self, pinned: &Pinned) -> Result<Metadata> {
        match pinned {
            Pinned::Local(local) => self.read(&self.local_folder(local)?),
            Pinned::Hub { package, version, .. } => {
                let downloads = ready(&mut self.downloads)?;
                let about = self.hub.about(downloads, package, version, &mut self.warnings)?;
                let needs = about.get("packages").and_then(Json::as_array).cloned().unwrap_or_default();
                let needs: Result<Vec<PackageSpec>> =
                    needs.iter().map(|entry| PackageSpec::read(entry, Object::new())).collect();
                let name = about.as_object().and_then(|about| text(about, "name"));
                let name = name.ok_or_else(|| Error::new(format!("the hub has no name for '{package}'")))?;
                Ok(Metadata { name, needs: needs.map_err(|error| error.context(package))?, commit: None })
            }
            Pinned::Git { .. } | Pinned::Tarball(_) => Ok(self.fetch(pinned)?.0),
        }
    }

    /// Puts the files of a package into `installed`, under the name of its project.
    ///
    /// # Errors
    /// They cannot be fetched or written.
    pub(crate) fn install(&mut self, pinned: &Pinned, installed: &Path) -> Result<()> {
        let metadata = self.metadata(pinned)?;
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        if metadata.name.is_empty() || !metadata.name.chars().all(is_name) {
            return Err(Error::new(format!(
                "the package {} has the name '{}', which must be letters, digits and underscores",
                pinned.name(),
                metadata.name
            ))
            .in_dbts_words(format!("Invalid package name '{}'", metadata.name)));
        }
        let target = installed.join(&metadata.name);
        if target.symlink_metadata().is_ok() {
            return Err(Error::new(format!("two packages have the name '{}'", metadata.name))
                .in_dbts_words(format!("Found duplicate project \"{}\".", metadata.name))
                .hint("package names must differ; remove one of the two from packages.yml"));
        }
        let folder = match pinned {
            Pinned::Local(local) => return link_or_copy_folder(&self.local_folder(local)?, &target),
            Pinned::Hub { package, version, .. } => {
                let downloads = ready(&mut self.downloads)?;
                let about = self.hub.about(downloads, package, version, &mut self.warnings)?;
                let address = about["downloads"]["tarball"].as_str().map(str::to_owned).ok_or_else(|| {
                    Error::new(format!("the hub does not say where '{package}' {version} is"))
                })?;
                self.unpack(&address)?
            }
            Pinned::Git { .. } | Pinned::Tarball(_) => self.fetch(pinned)?.1,
        };
        std::fs::rename(&folder, &target).or_cannot_at("move the package to", &target)
    }

    /// The folder of a local package; as under dbt, its path is relative to the project that is built, also that of a
    /// package that another one names.
    fn local_folder(&self, local: &str) -> Result<PathBuf> {
        let home = local.strip_prefix("~/").and_then(|rest| Some(std::env::home_dir()?.join(rest)));
        let folder = home.unwrap_or_else(|| self.root.join(local));
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        if folder.join("dbt_project.yml").is_file() {
            return Ok(folder);
        }
        Err(Error::new(format!("the local package '{local}' is not there"))
            .at(folder.join("dbt_project.yml"))
            .in_dbts_words(format!("No dbt_project.yml found at expected path {}", folder.display()))
            .hint(format!(
                "the path is relative to {}, and needs a dbt_project.yml in it",
                self.root.display()
            )))
    }

    fn fetch(&mut self, pinned: &Pinned) -> Result<(Metadata, PathBuf)> {
        let key = format!("{} {}", pinned.name(), pinned.version());
        if let Some(known) = self.fetched.get(&key) {
            return Ok(known.clone());
        }
        let (metadata, folder) = match pinned {
            Pinned::Git { repository, revision, subdirectory, .. } => {
                self.warnings.extend(pinned.unpinned());
                let clone = self.next_folder();
                let subdirectory = subdirectory.as_deref();
                let commit = git::check_out(repository, revision, subdirectory, &clone)?;
                let folder = subdirectory.map_or(clone.clone(), |inside| clone.join(inside));
                // Not one that leads out of it.
                let is_inside = match (folder.canonicalize(), clone.canonicalize()) {
                    (Ok(folder), Ok(clone)) => folder.starts_with(clone),
                    _ => false,
                };
                if !is_inside {
                    return Err(Error::new(format!(
                        "the subdirectory '{}' is not in {} at '{revision}'",
                        subdirectory.unwrap_or_default(),
                        crate::secrets::without_secrets(repository)
                    )));
                }
                (Metadata { commit: Some(commit), ..self.read(&folder)? }, folder)
            }
            Pinned::Tarball(Tarball { address, name, .. }) => {
                let folder = self.unpack(address)?;
                // What the entry says goes before the name of the project.
                (Metadata { name: name.clone(), ..self.read(&folder)? }, folder)
            }
            Pinned::Local(_) | Pinned::Hub { .. } => {
                return Err(Error::defect(format!("{} is not fetched as a folder", pinned.name())));
            }
        };
        if let (Some(commit), Pinned::Git { .. }) = (&metadata.commit, pinned) {
            let exact = format!("{} revision {commit}", pinned.name());
            self.fetched.insert(exact, (metadata.clone(), folder.clone()));
        }
        self.fetched.insert(key, (metadata.clone(), folder.clone()));
        Ok((metadata, folder))
    }

    fn unpack(&mut self, address: &str) -> Result<PathBuf> {
        let folder = self.next_folder();
        let content = ready(&mut self.downloads)?.get(address)?;
        archive::unpack(&content, &folder, &crate::secrets::without_secrets(address))
    }

    fn next_folder(&mut self) -> PathBuf {
        self.count += 1;
        self.folder.join(self.count.to_string())
    }

    /// What the project in a folder says of itself.
    fn read(&self, folder: &Path) -> Result<Metadata> {
        let file = folder.join("dbt_project.yml");
        if !file.is_file() {
            return Err(Error::new("this package is not a dbt project: it has no dbt_project.yml")
                .at(&file)
                .in_dbts_words(format!("No dbt_project.yml found at expected path {}", file.display()))
                .hint("if the project is in a folder of its repository, name that as `subdirectory`"));
        }
        let document = yaml_files::read_last_of_repeated(&file)?;
        let name = document.get("name").and_then(Node::scalar_text).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| {
            Error::new("this package has no name")
                .at(&file)
                .in_dbts_words("Package defined in dbt_project.yml must have a name!")
        })?;
        let needs: Result<Vec<PackageSpec>> =
            named_packages(folder, self.render_text)?.iter().map(|named| named.spec()).collect();
        Ok(Metadata { name, needs: needs?, commit: None })
    }
}

/// The connection, made when it is first needed.
fn ready(downloads: &mut Option<Downloads>) -> Result<&Downloads> {
    if downloads.is_none() {
        *downloads = Some(Downloads::new()?);
    }
    downloads.as_ref().ok_or_else(|| Error::defect("there is no connection"))
}
