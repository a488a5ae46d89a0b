//! The hub: an index of packages by name, and of the versions of each.
//! <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/clients/registry.py>

use super::download::Downloads;
use super::version::{Version, VersionRange};
use crate::dbt;
use crate::json_values::{Object, strings, text};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, Result};
use serde_json::{Value as Json, json};
use std::collections::HashMap;

pub(crate) const DEFAULT_ADDRESS: &str = "https://hub.getdbt.com/";

/// The hub at an address. What it answered once is kept.
pub(crate) struct Hub {
    address: String,
    checks_versions: bool,
    index: Option<Vec<String>>,
    packages: HashMap<String, Object>,
}

/// A version of a package that fulfils what was asked for, and the newest that can be used.
pub(crate) struct Found {
    pub(crate) version: String,
    pub(crate) latest: String,
}

impl Hub {
    /// `checks_versions`: versions for another version of dbt are left out.
    pub(crate) fn new(address: Option<&str>, checks_versions: bool) -> Self {
        let address = address.filter(|given| !given.is_empty()).unwrap_or(DEFAULT_ADDRESS);
        Self {
            address: format!("{}/", address.trim_end_matches('/')),
            checks_versions,
            index: None,
            packages: HashMap::new(),
        }
    }

    /// The version to install of a package under conditions.
    ///
    /// # Errors
    /// The hub cannot be reached, or has no such package or version.
    pub(crate) fn find(
        &mut self,
        downloads: &Downloads,
        package: &str,
        conditions: &[Version],
        prereleases: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Found> {
        self.check_is_in_index(downloads, package)?;
        let range = VersionRange::of_all(conditions.to_vec()).ok_or_else(|| {
            let shown: Vec<String> = conditions.iter().map(|one| format!("'{one}'")).collect();
            let shown = shown.join(", ");
            Error::new(format!("no version of the package '{package}' can fulfil all of {shown}"))
                .in_dbts_words(format!(
                    "Version error for package {package}: Could not find a satisfactory version from options: [{shown}]"
                ))
                .hint("packages that need it may ask for it too; choose versions of them that agree")
        })?;
        let checks = self.checks_versions;
        let versions = self.versions(downloads, package, warnings)?;
        let prereleases = prereleases || conditions.iter().any(Version::is_prerelease);
        let mut usable: Vec<(Version, String)> = Vec::new();
        for (text, about) in versions {
            let version = Version::parse(text)?;
            if (!checks || is_compatible(about)) && (prereleases || !version.is_prerelease()) {
                usable.push((version, text.clone()));
            }
        }
        usable.sort_by(|one, other| one.0.compare(&other.0));
        match (range.highest(&usable), usable.last()) {
            (Some(version), Some((_, latest))) => {
                Ok(Found { version: version.to_owned(), latest: latest.clone() })
            }
            _ => Err(no_version(package, &range, &usable, checks)),
        }
    }

    /// What the hub knows of a version: its name, what it needs, where it is.
    ///
    /// # Errors
    /// The hub cannot be reached, or its answer is not what it should be.
    pub(crate) fn about(
        &mut self,
        downloads: &Downloads,
        package: &str,
        version: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Json> {
        let versions = self.versions(downloads, package, warnings)?;
        let about = versions.get(version).cloned();
        about.ok_or_else(|| Error::new(format!("the package '{package}' has no version {version}")))
    }

    fn check_is_in_index(&mut self, downloads: &Downloads, package: &str) -> Result<()> {
        if self.index.is_none() {
            let address = format!("{}api/v1/index.json", self.address);
            let answer = read_json(downloads, &address)?;
            let Json::Array(names) = answer else { return Err(not_a_hub(&address)) };
            self.index = Some(names.iter().filter_map(Json::as_str).map(str::to_owned).collect());
        }
        let names = self.index.as_deref().unwrap_or_default();
        if names.iter().any(|name| name == package) {
            return Ok(());
        }
        let error = Error::new(format!("the hub at {} has no package '{package}'", self.address))
            .in_dbts_words(format!("Package {package} was not found in the package index"))
            .did_you_mean(package, names.iter().map(String::as_str));
        Err(match error.hint_text() {
            Some(_) => error,
            None => error.hint("check its name at the hub, or name its repository with `git: URL`"),
        })
    }

    fn versions(
        &mut self,
        downloads: &Downloads,
        package: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<&Object> {
        if !self.packages.contains_key(package) {
            let address = format!("{}api/v1/{package}.json", self.address);
            let Json::Object(answer) = read_json(downloads, &address)? else {
                return Err(not_a_hub(&address));
            };
            let Some(Json::Object(versions)) = answer.get("versions") else {
                return Err(not_a_hub(&address));
            };
            warnings.extend(redirect(package, &answer));
            self.packages.insert(package.to_owned(), versions.clone());
        }
        self.packages.get(package).ok_or_else(|| Error::defect("the hub's answer was not kept"))
    }
}

fn read_json(downloads: &Downloads, address: &str) -> Result<Json> {
    let content = downloads.get(address)?;
    serde_json::from_slice(&content).map_err(|error| not_a_hub(address).caused_by(error))
}

fn not_a_hub(address: &str) -> Error {
    Error::new(format!("the answer of {address} is not that of a package hub"))
        .hint("check DBT_PACKAGE_HUB_URL, and what is between this machine and the hub")
}

fn redirect(package: &str, answer: &Object) -> Option<Warning> {
    if !answer.contains_key("redirectnamespace") && !answer.contains_key("redirectname") {
        return None;
    }
    let (owner, name) = package.split_once('/').unwrap_or(("", package));
    let part = |new: &str, old: &str, given: &str| {
        text(answer, new).or_else(|| text(answer, old)).unwrap_or_else(|| given.to_owned())
    };
    let new =
        format!("{}/{}", part("redirectnamespace", "namespace", owner), part("redirectname", "name", name));
    let words = format!(
        "The `{package}` package is deprecated in favor of `{new}`. Please update your `packages.yml` configuration to use `{new}` instead."
    );
    let warning = Warning::new(
        WarningKind::PackageRedirectDeprecation,
        format!("the package '{package}' is now '{new}'; change its name in packages.yml"),
    );
    Some(warning.with(json!({"old_name": package, "new_name": new})).in_dbts_words(words))
}

/// Whether a version of a package works with the version of dbt that is followed.
fn is_compatible(about: &Json) -> bool {
    let required = strings(about.get("require_dbt_version"));
    let followed = Version::parse(dbt::VERSION);
    let all: Result<Vec<Version>> =
        std::iter::once(followed).chain(required.iter().map(|one| Version::parse(one))).collect();
    all.is_ok_and(|all| VersionRange::of_all(all).is_some())
}

fn no_version(package: &str, range: &VersionRange, usable: &[(Version, String)], checks: bool) -> Error {
    let shown: Vec<String> = usable.iter().map(|(_, text)| format!("'{text}'")).collect();
    let shown = shown.join(", ");
    let error = Error::new(format!("the hub has no version of the package '{package}' in the range {range}"))
        .in_dbts_words(format!(
            "Could not find a matching compatible version for package {package}\n  Requested range: {range}\n  Compatible versions: [{shown}]"
        ));
    let hint = match usable.last() {
        Some((_, latest)) => format!("the newest that can be used is {latest}"),
        None => "it has none that can be used".to_owned(),
    };
    error.hint(if checks {
        format!("{hint}; versions for another version of dbt than {} are left out, unless --no-version-check is given", dbt::VERSION)
    } else {
        hint
    })
}
