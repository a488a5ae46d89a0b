//! From what packages ask for to one exact version of each.
//! <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/deps/resolver.py>

use super::fetcher::Fetcher;
use super::pinned::{Pinned, Tarball};
use super::spec::PackageSpec;
use super::version::Version;
use ingot_core::error::{Error, Result};
use serde_json::Value as Json;

/// All that is asked of one package.
#[derive(Debug, Clone)]
enum Wanted {
    Local(String),
    Tarball(Tarball),
    Git {
        repository: String,
        written: String,
        revisions: Vec<String>,
        warns: bool,
        subdirectory: Option<String>,
    },
    Hub {
        package: String,
        conditions: Vec<Version>,
        prereleases: bool,
    },
}

impl Wanted {
    fn of(spec: &PackageSpec) -> Result<Self> {
        Ok(match spec {
            PackageSpec::Local { local, .. } => Self::Local(local.clone()),
            PackageSpec::Tarball { tarball, name, about } => Self::Tarball(Tarball {
                address: tarball.clone(),
                written: written(about.unrendered.get("tarball"), tarball),
                name: name.clone(),
            }),
            PackageSpec::Git { git, subdirectory, warns, about, .. } => Self::Git {
                repository: git.clone(),
                written: written(about.unrendered.get("git"), git),
                revisions: spec.versions(),
                warns: warns.as_bool().unwrap_or(true),
                subdirectory: subdirectory.clone(),
            },
            PackageSpec::Hub { package, prerelease, .. } => {
                let conditions: Result<Vec<Version>> =
                    spec.versions().iter().map(|one| Version::parse(one)).collect();
                let conditions =
                    conditions.map_err(|error| error.context(format!("the package '{package}'")))?;
                Self::Hub {
                    package: package.clone(),
                    conditions,
                    prereleases: prerelease.as_bool() == Some(true),
                }
            }
        })
    }

    /// The names under which it is one package; the first is its own.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Local(local) => vec![local.clone()],
            Self::Tarball(tarball) => vec![tarball.address.clone()],
            Self::Hub { package, .. } => vec![package.clone()],
            Self::Git { repository, subdirectory, .. } => {
                let other = match repository.strip_suffix(".git") {
                    Some(short) => short.to_owned(),
                    None => format!("{repository}.git"),
                };
                let inside = subdirectory.as_ref().map(|inside| format!("/{inside}")).unwrap_or_default();
                vec![format!("{repository}{inside}"), format!("{other}{inside}")]
            }
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Tarball(_) => "tarball",
            Self::Git { .. } => "git",
            Self::Hub { .. } => "package",
        }
    }

    /// Takes in what another package asks of the same.
    fn add(&mut self, other: Self, name: &str) -> Result<()> {
        match (self, other) {
            (Self::Git { revisions, warns, .. }, Self::Git { revisions: more, warns: also, .. }) => {
                revisions.extend(more);
                *warns = *warns && also;
            }
            (Self::Hub { conditions, .. }, Self::Hub { conditions: more, .. }) => conditions.extend(more),
            (Self::Local(_), Self::Local(_)) | (Self::Tarball(_), Self::Tarball(_)) => {}
            (own, other) => {
                let (own, other) = (own.kind(), other.kind());
                return Err(Error::new(format!(
                    "the package '{name}' is asked for as `{own}` and as `{other}`"
                ))
                .hint("name it in one way in all packages.yml"));
            }
        }
        Ok(())
    }

    fn pinned(&self, fetcher: &mut Fetcher) -> Result<Pinned> {
        Ok(match self {
            Self::Local(local) => Pinned::Local(local.clone()),
            Self::Tarball(tarball) => Pinned::Tarball(tarball.clone()),
            Self::Git { repository, written, revisions, warns, subdirectory } => {
                let mut different: Vec<&String> = revisions.iter().collect();
                different.sort();
                different.dedup();
                if let [one, two, ..] = different[..] {
                    let shown: Vec<String> = different.iter().map(|one| format!("'{one}'")).collect();
                    let name = &self.names()[0];
                    return Err(Error::new(format!(
                        "the git package '{name}' is asked for in the revisions '{one}' and '{two}'"
                    ))
                    .in_dbts_words(format!(
                        "git dependencies should contain exactly one version. {name} contains: {{{}}}",
                        shown.join(", ")
                    ))
                    .hint("packages that need it may ask for it too; choose one revision for all"));
                }
                Pinned::Git {
                    repository: repository.clone(),
                    written: written.clone(),
                    revision: revisions.first().cloned().unwrap_or_else(|| "HEAD".to_owned()),
                    subdirectory: subdirectory.clone(),
                    warns: *warns,
                }
            }
            Self::Hub { package, conditions, prereleases } => {
                let found = fetcher.find_version(package, conditions, *prereleases)?;
                Pinned::Hub { package: package.clone(), version: found.version, latest: found.latest }
            }
        })
    }
}

fn written(unrendered: Option<&Json>, rendered: &str) -> String {
    unrendered.and_then(Json::as_str).filter(|text| !text.is_empty()).unwrap_or(rendered).to_owned()
}

/// What is asked for, in the order in which it was met first.
#[derive(Default)]
struct Listing(Vec<(String, Wanted)>);

impl Listing {
    /// Takes in an entry, and says where it is.
    fn add(&mut self, wanted: Wanted) -> Result<usize> {
        let names = wanted.names();
        let known = self.0.iter().position(|(name, _)| names.contains(name));
        match known {
            Some(at) => {
                let (name, there) = &mut self.0[at];
                there.add(wanted, name)?;
                Ok(at)
            }
            None => {
                self.0.push((names[0].clone(), wanted));
                Ok(self.0.len() - 1)
            }
        }
    }

    fn of(specs: &[PackageSpec]) -> Result<Self> {
        let mut listing = Self::default();
        for spec in specs {
            listing.add(Wanted::of(spec)?)?;
        }
        Ok(listing)
    }
}

/// Every package that is needed, with the name of its project: those that are asked for, those that they ask for, and so
/// on. Of repositories the revision is a commit.
///
/// # Errors
/// Packages contradict each other, or one cannot be found.
pub(crate) fn resolve(
    specs: &[PackageSpec],
    project: &str,
    fetcher: &mut Fetcher,
) -> Result<Vec<(Pinned, String)>> {
    let mut pending = Listing::of(specs)?;
    let mut all = Listing::default();
    while !pending.0.is_empty() {
        let mut next = Listing::default();
        for (_, wanted) in pending.0 {
            let at = all.add(wanted)?;
            let pinned = all.0[at].1.clone().pinned(fetcher)?;
            for spec in fetcher.metadata(&pinned)?.needs {
                next.add(Wanted::of(&spec)?)?;
            }
        }
        pending = next;
    }
    let mut out: Vec<(Pinned, String)> = Vec::new();
    for (_, wanted) in &all.0 {
        let mut pinned = wanted.pinned(fetcher)?;
        let metadata = fetcher.metadata(&pinned)?;
        if let (Pinned::Git { revision, .. }, Some(commit)) = (&mut pinned, metadata.commit) {
            *revision = commit;
        }
        out.push((pinned, metadata.name));
    }
    for (index, (pinned, name)) in out.iter().enumerate() {
        if let Some((other, _)) = out[..index].iter().find(|(_, other)| other == name) {
            return Err(Error::new(format!(
                "the packages '{}' and '{}' both have the name '{name}'",
                other.name(),
                pinned.name()
            ))
            .in_dbts_words(format!("Found duplicate project \"{name}\". This occurs when a dependency has the same project name as some other dependency."))
            .hint("package names must differ; remove one of the two"));
        }
        if name == project {
            return Err(Error::new(format!("the package '{}' has the name of this project, '{name}'", pinned.name()))
                .in_dbts_words(format!("Found a dependency with the same name as the root project \"{name}\". Package names must be unique in a project. Please rename one of these packages."))
                .hint("rename the project or the package"));
        }
    }
    Ok(out)
}

/// The packages of a lock file, which are exact.
///
/// # Errors
/// One of them cannot be found.
pub(crate) fn exact(specs: &[PackageSpec], fetcher: &mut Fetcher) -> Result<Vec<Pinned>> {
    Listing::of(specs)?.0.iter().map(|(_, wanted)| wanted.pinned(fetcher)).collect()
}
