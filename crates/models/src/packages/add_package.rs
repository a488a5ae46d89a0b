//! `deps --add-package`: an entry more in `packages.yml`, in the place of those of the same package.

use super::events;
use super::lock_file::FORM;
use crate::project::yaml_files;
use crate::values::python_yaml;
use ingot_core::error::{Context, Error, Result};
use ingot_core::report::Reporter;
use serde_json::{Value as Json, json};
use std::path::Path;

/// Where a package to add is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PackageSource {
    #[default]
    Hub,
    Git,
    Local,
}

/// A package to add.
#[derive(Debug, Clone)]
pub struct NewPackage {
    pub name: String,
    pub version: Option<String>,
    pub source: PackageSource,
}

impl NewPackage {
    /// Reads `NAME@VERSION`.
    ///
    /// # Errors
    /// There is no version, and the source needs one.
    pub fn parse(given: &str, source: PackageSource) -> Result<Self> {
        // The address of a repository may have an @ of its own: git@host:path.
        let parts = given
            .rsplit_once('@')
            .filter(|(name, version)| !name.is_empty() && !version.contains('/') && !version.contains(':'));
        let (name, version) = parts.map_or((given, None), |(name, version)| (name, Some(version)));
        let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
        if version.is_none() && source != PackageSource::Local {
            let word = if source == PackageSource::Git { "git" } else { "hub" };
            return Err(Error::new(format!("the package '{given}' to add has no version"))
                .in_dbts_words(format!(
                    "Version is required in --add-package when a package when source is {word}"
                ))
                .hint("write it as NAME@VERSION"));
        }
        Ok(Self { name: name.to_owned(), version, source })
    }

    fn entry(&self) -> Json {
        let (own, versions) = match self.source {
            PackageSource::Hub => ("package", "version"),
            PackageSource::Git => ("git", "revision"),
            PackageSource::Local => ("local", "version"),
        };
        let mut entry = json!({ own: self.name });
        match self.version.as_deref() {
            Some(range) if range.contains(',') => {
                entry[versions] = range.split(',').collect::<Vec<_>>().into();
            }
            Some(one) => entry[versions] = one.into(),
            None => {}
        }
        entry
    }
}

/// Adds the package to the file that names the project's packages, and gives the entries that are in it then.
///
/// # Errors
/// The file cannot be read or written.
pub(crate) fn add(root: &Path, new: &NewPackage, reporter: &dyn Reporter) -> Result<Vec<Json>> {
    let [packages, dependencies] = ["packages.yml", "dependencies.yml"].map(|name| root.join(name));
    let names_packages = |file: &Path| -> Result<bool> {
        Ok(file.is_file() && yaml_files::read_last_of_repeated(file)?.get("packages").is_some())
    };
    let file = if names_packages(&dependencies)? { dependencies } else { packages };
    let mut document = match file.is_file() {
        true => yaml_files::read_last_of_repeated(&file)?.to_json(),
        false => json!({}),
    };
    if document.is_null() {
        document = json!({});
    }
    let Some(top) = document.as_object_mut() else {
        return Err(Error::new("the file is not a mapping")
            .at(&file)
            .hint("write `packages:`, and a list below it"));
    };
    let entries = top.entry("packages").or_insert_with(|| json!([]));
    if entries.is_null() {
        *entries = json!([]);
    }
    let Some(entries) = entries.as_array_mut() else {
        return Err(Error::new("`packages` is not a list")
            .at(&file)
            .hint("write each package as `- package: …`"));
    };
    entries.retain(|entry| {
        let is_same = ["package", "git", "local", "tarball", "private"]
            .iter()
            .find_map(|kind| entry.get(kind).and_then(Json::as_str))
            .is_some_and(|known| is_same_package(known, &new.name));
        if is_same {
            reporter.report(events::removed_duplicate(entry));
        }
        !is_same
    });
    entries.push(new.entry());
    let entries = entries.clone();
    std::fs::write(&file, python_yaml::dump(&document, FORM)).or_cannot_at("write the file", &file)?;
    reporter.report(events::added(&new.name, new.version.as_deref(), &file.display().to_string()));
    Ok(entries)
}

/// Whether an address is that of a package: its name, with `-` or `_`, stands between `/`, `.` and the ends. Only the first
/// place where a name is counts, as under dbt.
fn is_same_package(address: &str, name: &str) -> bool {
    let short = name.rsplit('/').next().unwrap_or(name);
    [name, short]
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.replace('_', "-"), name.replace('-', "_")])
        .any(|name| {
            let Some(at) = address.find(&name) else { return false };
            let is_end = |letter: Option<char>| letter.is_none_or(|letter| matches!(letter, '/' | '.'));
            is_end(address[..at].chars().next_back()) && is_end(address[at + name.len()..].chars().next())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_the_same_under_its_names() {
        assert!(is_same_package("https://github.com/dbt-labs/dbt-utils.git", "dbt-labs/dbt_utils"));
        assert!(is_same_package("dbt-labs/dbt_utils", "dbt_utils"));
        assert!(!is_same_package("dbt-labs/dbt_utils_more", "dbt-labs/dbt_utils"));
        assert!(!is_same_package("dbt-labs/codegen", "dbt-labs/dbt_utils"));
    }

    #[test]
    fn versions_stand_behind_the_last_at() {
        let parse = |given: &str, source| NewPackage::parse(given, source).map(|new| (new.name, new.version));
        let git = "git@host.com:a/b.git";
        assert_eq!(
            parse(&format!("{git}@1.0"), PackageSource::Git).unwrap(),
            (git.to_owned(), Some("1.0".to_owned()))
        );
        assert_eq!(parse("../a", PackageSource::Local).unwrap(), ("../a".to_owned(), None));
        assert!(parse(git, PackageSource::Git).is_err());
        assert!(parse("a/b", PackageSource::Hub).is_err());
    }
}
