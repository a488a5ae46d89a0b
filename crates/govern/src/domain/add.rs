//! Sets up a domain. What is there already is left as it is, so that the command may be given again.

use super::contract_file::with_domain;
use super::described::{Domain, quoted};
use super::project_file::with_folder;
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::make_durable;
use ingot_core::project::Project;
use ingot_core::yaml;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct DomainOptions {
    pub domain: Domain,
    /// Feeds that belong to it, by their contracts.
    pub feeds: Vec<String>,
    /// Further files that are written with it, relative to the project.
    pub files: Vec<(PathBuf, String)>,
    pub dry_run: bool,
}

/// A file that was written, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainEdit {
    /// Relative to the project.
    pub file: PathBuf,
    pub is_new: bool,
    /// What it is for.
    pub what: String,
}

/// A file with its new text.
struct Planned {
    edit: DomainEdit,
    text: String,
}

/// Writes what the domain lacks: nothing, if one of the files cannot be edited.
///
/// # Errors
/// The name is not one of a domain, a feed has no contract or is of another domain, or a file is written in a way that cannot be
/// edited; the hint has the lines to add by hand.
pub fn add_domain(project: &Project, options: &DomainOptions) -> Result<Vec<DomainEdit>> {
    let domain = &options.domain;
    check_name(&domain.name)?;
    let root = project.root();
    let mut planned = Vec::new();
    let mut plan = |file: &Path, what: String, old: Option<String>, new: String| {
        if old.as_deref() != Some(new.as_str()) {
            let file = file.strip_prefix(root).unwrap_or(file).to_path_buf();
            planned.push(Planned { edit: DomainEdit { file, is_new: old.is_none(), what }, text: new });
        }
    };

    let file = root.join("dbt_project.yml");
    let old = std::fs::read_to_string(&file).or_cannot_at("read the file", &file)?;
    let new = with_folder(&old, &file, domain)?;
    plan(&file, format!("models/{} belongs to the group {0}", domain.name), Some(old), new);

    let file = root.join("models").join(&domain.name).join(format!("_{}.yml", domain.name));
    if !file.exists() && group_of(root, &domain.name)?.is_none() {
        plan(&file, format!("the group {}, owned by {}", domain.name, domain.owner), None, group(domain)?);
    }

    for feed in &options.feeds {
        let file = contract_of(project, feed)?;
        let old = std::fs::read_to_string(&file).or_cannot_at("read the contract", &file)?;
        let new = with_domain(&old, &file, domain)?;
        plan(
            &file,
            format!("{feed} is of the domain {}, with its team and roles", domain.name),
            Some(old),
            new,
        );
    }
    for (file, text) in &options.files {
        let file = root.join(file);
        let old = std::fs::read_to_string(&file).ok();
        plan(&file, "Unity Catalog resources".to_owned(), old, text.clone());
    }
    if !options.dry_run {
        write_all(root, &planned)?;
    }
    Ok(planned.into_iter().map(|one| one.edit).collect())
}

/// The name is that of a folder, a schema, a group and a catalog.
fn check_name(name: &str) -> Result<()> {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_lowercase());
    if begins && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Ok(());
    }
    Err(Error::new(format!("'{name}' is not a valid name of a domain"))
        .hint("begin with a-z, and use a-z, 0-9 and _, because it names a folder, a schema and a group"))
}

fn contract_of(project: &Project, feed: &str) -> Result<PathBuf> {
    let described = ingot_contract::read_all(&project.schemas())?;
    let found = described.iter().find(|one| one.name == feed);
    found.map(|one| one.file.clone()).ok_or_else(|| {
        Error::new(format!("there is no contract of the feed '{feed}'"))
            .at(project.schemas())
            .of_kind(Kind::NotFound { what: "feed", name: feed.to_owned() })
            .did_you_mean(feed, described.iter().map(|one| one.name.as_str()))
    })
}

/// The owner and e-mail address of the group that a YAML file of the models defines under this name; `None` if none does.
///
/// # Errors
/// A file is not YAML.
pub fn group_owner(project: &Project, name: &str) -> Result<Option<(String, Option<String>)>> {
    let group = group_of(project.root(), name)?;
    Ok(group.and_then(|group| {
        let said = |key: &str| group.get("owner")?.get(key)?.scalar_text();
        let owner = said("name").or_else(|| said("email"))?;
        Some((owner, said("email")))
    }))
}

fn group_of(root: &Path, name: &str) -> Result<Option<yaml::Node>> {
    for entry in walkdir::WalkDir::new(root.join("models")).into_iter().flatten() {
        let path = entry.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        if !is_yaml || !entry.file_type().is_file() {
            continue;
        }
        let document = yaml::read(path)?;
        let groups = document.get("groups").and_then(yaml::Node::as_list).unwrap_or_default();
        let found = groups.iter().find(|group| group.get("name").and_then(yaml::Node::as_str) == Some(name));
        if let Some(found) = found {
            return Ok(Some(found.clone()));
        }
    }
    Ok(None)
}

fn group(domain: &Domain) -> Result<String> {
    let mut text = format!(
        "# The domain {0}: who owns it. Its models are in this folder, and this is where they are described.\nversion: 2\n\n\
         groups:\n  - name: {0}\n    owner:\n      name: {1}\n",
        domain.name,
        quoted(&domain.owner)?
    );
    if let Some(email) = &domain.email {
        text.push_str(&format!("      email: {}\n", quoted(email)?));
    }
    Ok(text)
}

/// All files are written beside their places before the first takes its place.
fn write_all(root: &Path, planned: &[Planned]) -> Result<()> {
    let mut staged = Vec::new();
    for one in planned {
        let file = root.join(&one.edit.file);
        let folder = file.parent().unwrap_or(root);
        std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = folder.join(format!(".{name}.inprogress"));
        std::fs::write(&beside, &one.text).or_cannot_at("write the file", &beside)?;
        staged.push((beside, file));
    }
    let files: Vec<PathBuf> = staged.iter().map(|(beside, _)| beside.clone()).collect();
    make_durable(&files, root)?;
    for (beside, file) in staged {
        std::fs::rename(&beside, &file).or_cannot_at("write the file", &file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("models")).unwrap();
        std::fs::write(
            folder.path().join("dbt_project.yml"),
            "name: shop\nprofile: shop\n# All models.\nmodels:\n  shop:\n    staging:\n      +schema: staging # raw\n",
        )
        .unwrap();
        folder
    }

    fn options(name: &str) -> DomainOptions {
        let domain = Domain { name: name.to_owned(), owner: "Team \"A\"".to_owned(), email: None };
        DomainOptions { domain, feeds: Vec::new(), files: Vec::new(), dry_run: false }
    }

    #[test]
    fn the_second_domain_is_as_easy_as_the_first_and_twice_is_once() {
        let folder = project();
        let project = Project::at(folder.path());
        assert_eq!(add_domain(&project, &options("sales")).unwrap().len(), 2);
        assert_eq!(add_domain(&project, &options("people")).unwrap().len(), 2);
        assert!(add_domain(&project, &options("sales")).unwrap().is_empty());
        let yaml = yaml::read(&folder.path().join("dbt_project.yml")).unwrap().to_json();
        for name in ["sales", "people"] {
            assert_eq!(yaml["models"]["shop"][name]["+group"], name);
        }
        assert_eq!(yaml["models"]["shop"]["staging"]["+schema"], "staging");
        let text = std::fs::read_to_string(folder.path().join("dbt_project.yml")).unwrap();
        assert!(text.contains("# All models.") && text.contains("# raw"));
        let group = yaml::read(&folder.path().join("models/sales/_sales.yml")).unwrap().to_json();
        assert_eq!(group["groups"][0]["owner"]["name"], "Team \"A\"");
    }

    #[test]
    fn a_dry_run_writes_nothing_and_names_are_checked() {
        let folder = project();
        let project = Project::at(folder.path());
        let dry = DomainOptions { dry_run: true, ..options("sales") };
        assert_eq!(add_domain(&project, &dry).unwrap().len(), 2);
        assert!(!folder.path().join("models/sales").exists());
        for name in ["", "Sales", "2sales", "a-b", "a/b"] {
            assert!(add_domain(&project, &options(name)).is_err(), "{name}");
        }
    }
}
