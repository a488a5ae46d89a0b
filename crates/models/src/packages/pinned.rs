//! A package in one exact version.

use crate::secrets::without_secrets;
use crate::warnings::{Warning, WarningKind};
use serde_json::{Value as Json, json};

/// A file with a package, which has no versions to choose from.
#[derive(Debug, Clone)]
pub(crate) struct Tarball {
    pub(crate) address: String,
    /// The address as the file has it, its templates included.
    pub(crate) written: String,
    pub(crate) name: String,
}

/// What is fetched. In a repository, `written` is as in a tarball.
#[derive(Debug, Clone)]
pub(crate) enum Pinned {
    Local(String),
    Tarball(Tarball),
    Git { repository: String, written: String, revision: String, subdirectory: Option<String>, warns: bool },
    Hub { package: String, version: String, latest: String },
}

impl Pinned {
    /// As it is called while it is installed.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Local(local) => local.clone(),
            Self::Tarball(tarball) => tarball.name.clone(),
            Self::Git { repository, subdirectory: Some(subdirectory), .. } => {
                format!("{repository}/{subdirectory}")
            }
            Self::Git { repository, .. } => repository.clone(),
            Self::Hub { package, .. } => package.clone(),
        }
    }

    /// Its version, in words.
    pub(crate) fn version(&self) -> String {
        match self {
            Self::Local(local) => format!("<local @ {local}>"),
            Self::Tarball(tarball) => format!("tarball (url: {})", without_secrets(&tarball.address)),
            Self::Git { revision, .. } if revision == "HEAD" => "HEAD (default revision)".to_owned(),
            Self::Git { revision, .. } => format!("revision {revision}"),
            Self::Hub { version, .. } => format!("version {version}"),
        }
    }

    /// The warning about a revision that moves.
    pub(crate) fn unpinned(&self) -> Option<Warning> {
        let Self::Git { repository, revision, warns: true, .. } = self else { return None };
        let (how, dbts) = match revision.as_str() {
            "HEAD" => (
                "has no revision: its default branch is used",
                "not pinned, using HEAD (default branch)".to_owned(),
            ),
            "main" | "master" => ("is that of a branch", format!("pinned to the \"{revision}\" branch")),
            _ => return None,
        };
        let repository = without_secrets(repository);
        let text = format!(
            "the git package '{repository}' {how}, so that it can change at any time; add `revision: COMMIT`, or `warn-unpinned: false`"
        );
        let words = format!(
            "The git package \"{repository}\" \n\tis {dbts}.\n\tThis can introduce breaking changes into your project without warning!\n\nSee https://docs.getdbt.com/docs/package-management#section-specifying-package-versions"
        );
        let data = json!({"revision": revision, "git": repository});
        Some(Warning::new(WarningKind::DepsUnpinned, text).with(data).in_dbts_words(words))
    }

    /// Its entry in the lock file, without its name. Secrets that are written out are left out, with a warning.
    pub(crate) fn to_json(&self, warnings: &mut Vec<Warning>) -> Json {
        let mut scrubbed = |written: &str| {
            let shown = without_secrets(written);
            if shown != written {
                let text = format!(
                    "the address {shown} of a package has a secret in it, which is left out of package-lock.yml; write it as env_var('DBT_ENV_SECRET_…') in packages.yml"
                );
                let data = json!({"package_name": shown});
                warnings.push(Warning::new(WarningKind::DepsScrubbedPackageName, text).with(data));
            }
            shown
        };
        match self {
            Self::Local(local) => json!({"local": local}),
            Self::Tarball(Tarball { written, name, .. }) => {
                json!({"tarball": scrubbed(written), "name": name})
            }
            Self::Git { written, revision, subdirectory, .. } => {
                let mut out = json!({"git": scrubbed(written), "revision": revision});
                if let Some(subdirectory) = subdirectory {
                    out["subdirectory"] = subdirectory.as_str().into();
                }
                out
            }
            Self::Hub { package, version, .. } => json!({"package": package, "version": version}),
        }
    }
}
