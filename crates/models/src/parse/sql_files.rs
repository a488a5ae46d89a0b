//! Models, seeds, singular tests, analyses and snapshots: one file (or one block) to one node.

use crate::graph::node::below_first_folder;
use crate::graph::node::described_as;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::parse::patches::Patches;
use crate::project::config::ConfigKind;
use crate::project::dbt_project_yml::DbtProject;
use crate::project::file_listing;
use crate::project::properties::property_file::Patch;
use ingot_core::error::{Context, Error, Result};
use ingot_jinja::Template;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A file, or a block of one, that becomes a node.
#[derive(Clone)]
pub(super) struct Piece {
    pub resource_type: ResourceType,
    pub package: String,
    pub name: String,
    pub path: PathBuf,
    /// Relative to the package's root.
    pub inside: String,
    /// Relative to the folder it was found in.
    pub within: String,
    pub line: usize,
    pub text: Option<String>,
    pub version: Option<Version>,
}

impl Piece {
    pub(super) fn kind(&self) -> ConfigKind {
        match self.resource_type {
            ResourceType::Seed => ConfigKind::Seed,
            ResourceType::Snapshot => ConfigKind::Snapshot,
            ResourceType::Test => ConfigKind::Test,
            ResourceType::Analysis => ConfigKind::Analysis,
            ResourceType::Function => ConfigKind::Function,
            _ => ConfigKind::Model,
        }
    }
    /// Where properties describe it.
    pub(super) fn section(&self) -> &'static str {
        match self.resource_type {
            ResourceType::Seed => "seeds",
            ResourceType::Snapshot => "snapshots",
            ResourceType::Test => "data_tests",
            ResourceType::Analysis => "analyses",
            ResourceType::Function => "functions",
            _ => "models",
        }
    }
    pub(super) fn described_as(&self) -> String {
        described_as(&self.name, self.version.as_ref().map(|version| version.version.as_str()))
    }
}

/// What makes a model a version of another.
#[derive(Clone)]
pub(super) struct Version {
    pub model: String,
    pub version: String,
    pub latest: String,
}

/// Every piece of SQL (and every seed) of the projects.
pub(super) fn pieces(
    invocation: &Arc<Invocation>,
    projects: &[&DbtProject],
    patches: &Patches,
    errors: &mut Vec<Error>,
) -> Vec<Piece> {
    let mut out = Vec::new();
    for project in projects {
        let versions = versions(invocation, patches, project);
        for (resource_type, folders, endings) in [
            (ResourceType::Model, &project.model_paths, &["sql", "py"][..]),
            (ResourceType::Seed, &project.seed_paths, &["csv"][..]),
            (ResourceType::Test, &project.test_paths, &["sql"][..]),
            (ResourceType::Analysis, &project.analysis_paths, &["sql"][..]),
            (ResourceType::Snapshot, &project.snapshot_paths, &["sql"][..]),
            (ResourceType::Function, &project.function_paths, &["sql", "py", "js"][..]),
        ] {
            for folder in folders {
                for path in invocation.project.files.list(&project.root.join(folder), endings) {
                    let inside = file_listing::relative(&path, &project.root);
                    let within = file_listing::relative(&path, &project.root.join(folder));
                    if resource_type == ResourceType::Test
                        && ["generic/", "fixtures/"].iter().any(|folder| within.starts_with(folder))
                    {
                        continue;
                    }
                    let stem =
                        path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                    let version =
                        (resource_type == ResourceType::Model).then(|| versions.get(&stem)).flatten();
                    out.push(Piece {
                        resource_type,
                        package: project.name.clone(),
                        name: version.map_or(stem, |version| version.model.clone()),
                        path,
                        inside,
                        within,
                        line: 1,
                        text: None,
                        version: version.cloned(),
                    });
                }
            }
        }
    }
    let (snapshots, mut rest): (Vec<Piece>, Vec<Piece>) =
        out.into_iter().partition(|piece| piece.resource_type == ResourceType::Snapshot);
    let blocks: Vec<Result<Vec<Piece>>> =
        snapshots.into_par_iter().map(|piece| snapshot_blocks(invocation, piece)).collect();
    for found in blocks {
        match found {
            Ok(found) => rest.extend(found),
            Err(error) => errors.push(error),
        }
    }
    for project in projects {
        rest.extend(snapshots_in_yaml(project, patches));
    }
    rest
}

/// Snapshots that YAML alone describes: all rows of their `relation:`.
fn snapshots_in_yaml(project: &DbtProject, patches: &Patches) -> Vec<Piece> {
    let of_package = |patch: &&Patch| patch.kind == "snapshots" && patch.package_name == project.name;
    let mut out: Vec<Piece> = patches
        .values()
        .filter(of_package)
        .filter_map(|patch| {
            let relation = patch.relation.as_ref()?;
            Some(Piece {
                resource_type: ResourceType::Snapshot,
                package: project.name.clone(),
                name: patch.name.clone(),
                path: patch.file.clone(),
                inside: patch.original_file_path.clone(),
                within: below_first_folder(&patch.original_file_path),
                line: patch.line,
                text: Some(format!("select * from {{{{ {relation} }}}}")),
                version: None,
            })
        })
        .collect();
    out.sort_by(|a, b| (&a.inside, a.line).cmp(&(&b.inside, b.line)));
    out
}

/// File stems that are versions of a model, as `versions:` says. The latest one may have a file without a suffix.
fn versions(invocation: &Invocation, patches: &Patches, project: &DbtProject) -> HashMap<String, Version> {
    let mut out = HashMap::new();
    let of_package = |patch: &&Patch| patch.kind == "models" && patch.package_name == project.name;
    let patches: Vec<&Patch> =
        patches.values().filter(of_package).filter(|patch| !patch.versions.is_empty()).collect();
    if patches.is_empty() {
        return out;
    }
    let stems: HashSet<String> = project
        .model_paths
        .iter()
        .flat_map(|folder| invocation.project.files.list(&project.root.join(folder), &["sql"]))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    for patch in patches {
        let latest = patch.latest_version.clone().unwrap_or_default();
        for entry in &patch.versions {
            let suffixed =
                entry.defined_in.clone().unwrap_or_else(|| format!("{}_v{}", patch.name, entry.version));
            let bare = !stems.contains(&suffixed) && entry.version == latest && stems.contains(&patch.name);
            let version =
                Version { model: patch.name.clone(), version: entry.version.clone(), latest: latest.clone() };
            out.insert(if bare { patch.name.clone() } else { suffixed }, version);
        }
    }
    out
}

fn snapshot_blocks(invocation: &Arc<Invocation>, piece: Piece) -> Result<Vec<Piece>> {
    let text = read(&piece.path)?;
    let template = Template::parse(text, &piece.inside, &invocation.templates.environment)?;
    let blocks = template.blocks().filter(|block| block.tag() == "snapshot");
    Ok(blocks
        .map(|block| Piece {
            resource_type: ResourceType::Snapshot,
            package: piece.package.clone(),
            name: block.name().to_owned(),
            path: piece.path.clone(),
            inside: piece.inside.clone(),
            within: piece.within.clone(),
            line: block.line(),
            text: Some(block.body_text().to_owned()),
            version: None,
        })
        .collect())
}

/// The text of a file.
///
/// # Errors
/// It cannot be read, or is not UTF-8.
pub(super) fn read(path: &std::path::Path) -> Result<String> {
    let bytes = std::fs::read(path).or_cannot_at("read the file", path)?;
    String::from_utf8(bytes)
        .map_err(|_| Error::new("the file is not UTF-8 text").at(path).hint("save it as UTF-8"))
}
