//! One entry of `packages.yml`, of the same form in `package-lock.yml` and in the hub's answers.
//! <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/contracts/project.py> (PackageSpec)

use crate::json_values::{Object, scalar_text};
use ingot_core::error::{Error, Result};
use serde_json::{Value as Json, json};

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PackageSpec {
    Local { local: String, about: About },
    Tarball { tarball: String, name: String, about: About },
    Git { git: String, revision: Json, subdirectory: Option<String>, warns: Json, about: About },
    Hub { package: String, version: Json, prerelease: Json, about: About },
}

/// What every entry may have.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct About {
    /// The entry as it is written, its templates included.
    pub(crate) unrendered: Object,
    name: Option<String>,
}

const MALFORMED: &str = "The packages.yml file in this project is malformed.";

/// The kinds, and the keys each may have beside its own.
const KINDS: &[(&str, &[&str])] = &[
    ("local", &["name"]),
    ("tarball", &["name"]),
    ("git", &["revision", "warn-unpinned", "subdirectory", "name"]),
    ("package", &["version", "install_prerelease", "name"]),
    ("private", &["provider", "revision", "warn-unpinned", "subdirectory", "name"]),
];

impl PackageSpec {
    /// Reads an entry. `unrendered` is the same as it was written; empty where nobody knows.
    ///
    /// # Errors
    /// It is not a package.
    pub(crate) fn read(entry: &Json, unrendered: Object) -> Result<Self> {
        let malformed = |what: String| {
            Error::new(what)
                .in_dbts_words(MALFORMED)
                .hint("a package is `local: PATH`, `git: URL` with a `revision`, `tarball: URL` with a `name`, or `package: OWNER/NAME` with a `version`")
        };
        let Some(keys) = entry.as_object() else {
            return Err(malformed("a package is a mapping, and this is not one".to_owned()));
        };
        let Some((kind, others)) = KINDS.iter().find(|(kind, _)| keys.contains_key(*kind)) else {
            return Err(malformed("this entry names no package".to_owned()));
        };
        if let Some(unknown) = keys.keys().find(|key| key != kind && !others.contains(&key.as_str())) {
            return Err(Error::new(format!("a package with `{kind}` has no key '{unknown}'"))
                .in_dbts_words(MALFORMED)
                .did_you_mean(unknown, others.iter().copied()));
        }
        let text = |key: &str| keys.get(key).and_then(Json::as_str).map(str::to_owned);
        let own = match text(kind).filter(|own| !own.is_empty()) {
            Some(own) => own,
            None => {
                let named = if *kind == "package" { "hub" } else { *kind };
                let words = format!("A {named} package is missing the value. It is a required property.");
                return Err(malformed(format!("`{kind}` of a package must be a text")).in_dbts_words(words));
            }
        };
        let value = |key: &str| keys.get(key).cloned().unwrap_or(Json::Null);
        let of_type = |key: &str, fits: &dyn Fn(&Json) -> bool, what: &str| {
            if keys.get(key).is_some_and(|value| !value.is_null() && !fits(value)) {
                return Err(malformed(format!("`{key}` of a package must be {what}")));
            }
            Ok(())
        };
        let is_version = |value: &Json| value.is_string() || value.is_number();
        let (is_text, is_flag) = (|value: &Json| value.is_string(), |value: &Json| value.is_boolean());
        of_type("name", &is_text, "a text")?;
        of_type("subdirectory", &is_text, "a text")?;
        of_type("warn-unpinned", &is_flag, "true or false")?;
        of_type("install_prerelease", &is_flag, "true or false")?;
        of_type("revision", &is_version, "a text or a number")?;
        let about = About { unrendered, name: text("name") };
        match *kind {
            "local" => Ok(Self::Local { local: own, about }),
            "tarball" => {
                let name = text("name").ok_or_else(|| {
                    malformed("a package with `tarball` needs a `name`, that of its project".to_owned())
                })?;
                Ok(Self::Tarball { tarball: own, name, about })
            }
            "git" => Ok(Self::Git {
                git: own,
                revision: value("revision"),
                subdirectory: text("subdirectory"),
                warns: value("warn-unpinned"),
                about,
            }),
            "package" => {
                let versions = keys.get("version").filter(|version| match version {
                    Json::Array(all) => !all.is_empty() && all.iter().all(is_version),
                    one => is_version(one) && one.as_str() != Some(""),
                });
                let Some(version) = versions else {
                    return Err(malformed(format!("the package '{own}' has no version"))
                        .in_dbts_words(format!(
                            "{own} is missing the version. When installing from the Hub package index, version is a required property"
                        ))
                        .hint("add `version: X.Y.Z`, or a range: `version: ['>=1.0.0', '<2.0.0']`"));
                };
                if !own.contains('/') {
                    return Err(malformed(format!("the package '{own}' has no owner"))
                        .in_dbts_words(format!(
                            "{own} was not found in the package index. Packages on the index require a namespace, e.g dbt-labs/dbt_utils"
                        ))
                        .hint("write `package: OWNER/NAME`"));
                }
                let prerelease = keys.get("install_prerelease").cloned().unwrap_or(Json::Bool(false));
                Ok(Self::Hub { package: own, version: version.clone(), prerelease, about })
            }
            _ => Err(Error::new(format!(
                "the private package '{own}' needs dbt's platform, which knows where it is"
            ))
            .in_dbts_words(format!(
                "Cannot resolve private package {own} because git provider integration is missing. Please use a \"git\" package instead."
            ))
            .hint("name its repository: `git: URL`, with its `revision`")),
        }
    }

    /// The conditions on the version, one a text.
    pub(crate) fn versions(&self) -> Vec<String> {
        match self {
            Self::Hub { version: Json::Array(all), .. } => all.iter().filter_map(scalar_text).collect(),
            Self::Hub { version, .. } => scalar_text(version).into_iter().collect(),
            Self::Git { revision, .. } => scalar_text(revision).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// As dbt has it when it computes the hash of all.
    pub(crate) fn to_json(&self) -> Json {
        let (mut out, about) = match self {
            Self::Local { local, about } => (json!({"local": local}), about),
            Self::Tarball { tarball, name, about } => (json!({"tarball": tarball, "name": name}), about),
            Self::Git { git, revision, subdirectory, warns, about } => (
                json!({"git": git, "revision": revision, "subdirectory": subdirectory, "warn-unpinned": warns}),
                about,
            ),
            Self::Hub { package, version, prerelease, about } => {
                (json!({"package": package, "version": version, "install_prerelease": prerelease}), about)
            }
        };
        out["unrendered"] = Json::Object(about.unrendered.clone());
        if let Some(name) = &about.name {
            out["name"] = name.as_str().into();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(entry: Json) -> String {
        let error = PackageSpec::read(&entry, Object::new()).unwrap_err();
        format!("{error}\n{}", error.hint_text().unwrap_or_default())
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_said() {
        for (entry, words) in [
            (json!("dbt-labs/dbt_utils"), "a package is a mapping"),
            (json!({"pakage": "a/b"}), "names no package"),
            (json!({"git": "u", "revison": "1"}), "did you mean 'revision'?"),
            (json!({"git": 1}), "`git` of a package must be a text"),
            (json!({"local": ""}), "`local` of a package must be a text"),
            (json!({"package": "a/b"}), "a/b is missing the version"),
            (json!({"package": "b", "version": "1.0.0"}), "require a namespace"),
            (json!({"tarball": "u"}), "needs a `name`"),
            (json!({"git": "u", "warn-unpinned": "no"}), "must be true or false"),
            (json!({"private": "a/b"}), "Please use a \"git\" package instead"),
        ] {
            let said = error(entry);
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
