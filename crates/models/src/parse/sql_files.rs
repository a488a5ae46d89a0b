//! Models, seeds, singular tests, analyses and snapshots: one file (or one block) to one node.

use crate::context::{Shared, inputs, lock, references};
use crate::graph::node::{Node, ResourceType, described_as};
use crate::json_values::{Object, has_jinja};
use crate::parse::{Patches, describe, names, python_models};
use crate::project::config::ConfigKind;
use crate::project::config_cache::Said;
use crate::project::dbt_project_yml::ProjectFile;
use crate::project::file_listing;
use crate::project::macros::at_users_line;
use crate::project::properties::Patch;
use ingot_core::error::{Context, Error, Result};
use ingot_jinja::Template;
use rayon::prelude::*;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A file, or a block of one, that becomes a node.
#[derive(Clone)]
pub struct Piece {
    resource_type: ResourceType,
    package: String,
    pub name: String,
    path: PathBuf,
    inside: String,
    /// Relative to the folder it was found in.
    within: String,
    line: usize,
    text: Option<String>,
    version: Option<Version>,
}

impl Piece {
    fn kind(&self) -> ConfigKind {
        match self.resource_type {
            ResourceType::Seed => ConfigKind::Seed,
            ResourceType::Snapshot => ConfigKind::Snapshot,
            ResourceType::Test => ConfigKind::Test,
            ResourceType::Analysis => ConfigKind::Analysis,
            _ => ConfigKind::Model,
        }
    }
    /// Where properties describe it.
    fn section(&self) -> &'static str {
        match self.resource_type {
            ResourceType::Seed => "seeds",
            ResourceType::Snapshot => "snapshots",
            ResourceType::Test => "data_tests",
            ResourceType::Analysis => "analyses",
            _ => "models",
        }
    }
    fn described_as(&self) -> String {
        described_as(&self.name, self.version.as_ref().map(|version| version.version.as_str()))
    }
}

/// What makes a model a version of another.
#[derive(Clone)]
struct Version {
    model: String,
    version: String,
    latest: String,
}

/// Every piece of SQL (and every seed) of the projects.
pub fn pieces(
    shared: &Arc<Shared>,
    projects: &[&ProjectFile],
    patches: &Patches,
    errors: &mut Vec<Error>,
) -> Vec<Piece> {
    let mut out = Vec::new();
    for project in projects {
        let versions = versions(shared, patches, project);
        for (resource_type, folders, endings) in [
            (ResourceType::Model, &project.model_paths, &["sql", "py"][..]),
            (ResourceType::Seed, &project.seed_paths, &["csv"][..]),
            (ResourceType::Test, &project.test_paths, &["sql"][..]),
            (ResourceType::Analysis, &project.analysis_paths, &["sql"][..]),
            (ResourceType::Snapshot, &project.snapshot_paths, &["sql"][..]),
        ] {
            for folder in folders {
                for path in shared.files.list(&project.root.join(folder), endings) {
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
        snapshots.into_par_iter().map(|piece| snapshot_blocks(shared, piece)).collect();
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
fn snapshots_in_yaml(project: &ProjectFile, patches: &Patches) -> Vec<Piece> {
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
                within: crate::parse::below_first_folder(&patch.original_file_path),
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
fn versions(shared: &Shared, patches: &Patches, project: &ProjectFile) -> HashMap<String, Version> {
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
        .flat_map(|folder| shared.files.list(&project.root.join(folder), &["sql"]))
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

/// Properties that a package gives for a model of another one's, which the root project put in place of its own: a node is found
/// by its name where the package has none of that name that is switched on.
pub fn adopt(shared: &Arc<Shared>, pieces: &[Piece], patches: &mut Patches) {
    // Of one package alone there is nothing to adopt.
    if shared.packages.is_empty() {
        return;
    }
    let mut by_name: HashMap<(&'static str, String), Vec<&Piece>> = HashMap::new();
    for piece in pieces {
        by_name.entry((piece.section(), piece.described_as())).or_default().push(piece);
    }
    let mut adopted = Vec::new();
    for ((section, package, name), patch) in &*patches {
        let Some(candidates) = by_name.get(&(*section, name.clone())) else { continue };
        let (own, others): (Vec<&Piece>, Vec<&Piece>) =
            candidates.iter().partition(|piece| piece.package == *package);
        let is_on =
            |piece: &&&Piece| node(shared, Piece::clone(piece), patches).is_ok_and(|node| node.is_enabled());
        if others.is_empty() || own.iter().any(|piece| is_on(&piece)) {
            continue;
        }
        for other in others {
            let key = (*section, other.package.clone(), name.clone());
            if !patches.contains_key(&key) && is_on(&&other) {
                adopted.push((key, patch.clone()));
            }
        }
    }
    // Each describes one node.
    for ((section, _, name), patch) in &adopted {
        patches.remove(&(*section, patch.package_name.clone(), name.clone()));
    }
    patches.extend(adopted);
}

fn snapshot_blocks(shared: &Arc<Shared>, piece: Piece) -> Result<Vec<Piece>> {
    let text = read(&piece.path)?;
    let template = Template::parse(text, &piece.inside, &shared.environment)?;
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

fn read(path: &std::path::Path) -> Result<String> {
    let bytes = std::fs::read(path).doing_to("reading", path)?;
    String::from_utf8(bytes)
        .map_err(|_| Error::new("the file is not UTF-8 text").at(path).hint("save it as UTF-8"))
}

/// Parses a piece: renders it without a database, collects what it refers to, settles its config.
pub fn node(shared: &Arc<Shared>, piece: Piece, patches: &Patches) -> Result<Node> {
    let mut node = crate::parse::blank(piece.resource_type, &piece.package, &piece.name);
    let (kind, section) = (piece.kind(), piece.section());
    let mut fqn: Vec<String> = vec![piece.package.clone()];
    // dbt puts analyses below a folder of that name, wherever they lie.
    if piece.resource_type == ResourceType::Analysis {
        fqn.push("analysis".to_owned());
    }
    let folders: Vec<&str> = piece.within.split('/').collect();
    fqn.extend(folders[..folders.len().saturating_sub(1)].iter().map(|folder| (*folder).to_owned()));
    if piece.resource_type == ResourceType::Snapshot {
        // Those of a YAML file have its folders alone.
        let stem = folders.last().and_then(|file| file.strip_suffix(".sql"));
        fqn.extend(stem.map(str::to_owned));
    }
    fqn.push(piece.name.clone());
    if let Some(version) = &piece.version {
        fqn.push(format!("v{}", version.version));
        node.unique_id = format!("{}.v{}", node.unique_id, version.version);
        node.version = Some(version.version.clone());
        node.latest_version = Some(version.latest.clone());
    }
    node.fqn = fqn;
    node.path = match piece.resource_type {
        ResourceType::Analysis => format!("analysis/{}", piece.within),
        ResourceType::Snapshot if !piece.within.ends_with(".sql") => {
            format!("{}/{}.sql", piece.within, piece.name)
        }
        _ => piece.within,
    };
    node.original_file_path = piece.inside;
    node.file = piece.path;
    node.line = piece.line;
    let is_seed = piece.resource_type == ResourceType::Seed;
    if is_seed {
        let bytes = std::fs::read(&node.file).doing_to("reading the seed", &node.file)?;
        node.checksum = crate::parse::checksum(&String::from_utf8_lossy(&bytes));
    } else {
        node.raw_code = match piece.text {
            Some(text) => text,
            None => read(&node.file)?.trim_end().to_owned(),
        };
        node.checksum = crate::parse::checksum(&node.raw_code);
    }
    let patch = patches.get(&(section, piece.package.clone(), node.described_as()));
    let properties = patch.map(|patch| patch.config.clone()).unwrap_or_default();
    let own = shared.project(&piece.package);
    let fqn = node.fqn.clone();
    let nothing = Object::new();
    let from_outside = Said { kind, fqn: &fqn, properties: &properties, in_file: &nothing };
    node.config = shared.configs.build(&from_outside, own, &shared.root);
    let mut in_file = Object::new();
    if !is_seed {
        in_file = match capture(shared, &mut node) {
            Ok(in_file) => in_file,
            // What is switched off from outside may refer to what is not there.
            Err(_) if !node.is_enabled() => Object::new(),
            Err(error) => return Err(error),
        };
        if node.is_python() && node.materialized() == "view" {
            in_file.entry("materialized").or_insert_with(|| "table".into());
        }
    }
    let said = Said { in_file: &in_file, ..from_outside };
    node.config = shared.configs.build(&said, own, &shared.root);
    node.unrendered_config = shared.configs.unrendered(&said, own, &shared.root);
    if let Some(patch) = patch {
        describe::apply(shared, &mut node, patch)?;
        capture_constraints(shared, &mut node)?;
    }
    if matches!(piece.resource_type, ResourceType::Analysis) {
        node.unique_id = format!("analysis.{}.{}", piece.package, piece.name);
    }
    names::give(shared, &mut node)?;
    if node.is_enabled() {
        crate::build::microbatch::check(&node)?;
        capture_hooks(shared, &mut node)?;
    }
    Ok(node)
}

/// A foreign key's `to: ref('a')` is a dependency like any other.
fn capture_constraints(shared: &Arc<Shared>, node: &mut Node) -> Result<()> {
    let of_columns = node.columns.iter().flat_map(|column| &column.constraints);
    let calls: Vec<String> = node
        .constraints
        .iter()
        .chain(of_columns)
        .filter_map(|constraint| constraint.get("to").and_then(Json::as_str))
        .filter(|to| references::is_reference(to))
        .map(|to| format!("{{{{ {to} }}}}"))
        .collect();
    if calls.is_empty() {
        return Ok(());
    }
    capture_text(shared, node, calls.concat())
}

/// What the node's hooks refer to and call, the node depends on.
fn capture_hooks(shared: &Arc<Shared>, node: &mut Node) -> Result<()> {
    let hooks = ["pre-hook", "post-hook"].into_iter().filter_map(|key| node.config.get(key)?.as_array());
    let texts: Vec<String> = hooks
        .flatten()
        .filter_map(|hook| hook.get("sql")?.as_str())
        .filter(|sql| has_jinja(sql))
        .map(str::to_owned)
        .collect();
    texts.into_iter().try_for_each(|text| capture_text(shared, node, text))?;
    if node.resource_type == ResourceType::Seed && !(node.refs.is_empty() && node.sources.is_empty()) {
        return Err(Error::new(format!(
            "Seeds cannot depend on other nodes: a hook of '{}' uses ref() or source()",
            node.name
        ))
            .at(&node.original_file_path)
            .hint("seeds come before everything else: write the relation's name, or put the statement into a model's hook"));
    }
    Ok(())
}

/// Renders a text that belongs to the node, and adds what it refers to.
fn capture_text(shared: &Arc<Shared>, node: &mut Node, text: String) -> Result<()> {
    let context = crate::parse::parsing_context(shared, node.clone());
    let template = Template::parse(text, &node.original_file_path, &shared.environment)?;
    template.render(&shared.environment, &context)?;
    let captured = std::mem::take(&mut *lock(&context.captured));
    add_new(&mut node.refs, captured.refs);
    add_new(&mut node.sources, captured.sources);
    add_new(&mut node.depends_on_macros, captured.macros);
    Ok(())
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !all.contains(&item) {
            all.push(item);
        }
    }
}

/// `'dbt_utils' is undefined`: most likely a package that is not there.
pub fn hint_at_package(error: Error, code: &str) -> Error {
    let name = error.message().strip_prefix('\'').and_then(|rest| rest.strip_suffix("' is undefined"));
    match name {
        Some(name) if error.hint_text().is_none() && code.contains(&format!("{name}.")) => {
            let hint = format!(
                "if '{name}' is a package, put it into dbt_packages/ or name its folder in packages.yml"
            );
            error.hint(hint)
        }
        Some(name) if error.hint_text().is_none() && code.contains(&format!("{name}(")) => {
            let hint = format!("define it in macros/: {{% macro {name}() %}} ... {{% endmacro %}}");
            error.hint(hint)
        }
        _ => error,
    }
}

/// Renders the code in the first phase; gives what `config(...)` said.
pub fn capture(shared: &Arc<Shared>, node: &mut Node) -> Result<Object> {
    let python = node.is_python().then(|| python_models::as_template(&node.raw_code));
    if python.is_none() && !has_jinja(&node.raw_code) {
        return Ok(Object::new());
    }
    let mut shell = node.clone();
    shell.database = shared.target.database.clone();
    shell.schema = shared.target.schema.clone();
    let raw_code = python.unwrap_or_else(|| std::mem::take(&mut shell.raw_code));
    let context = crate::parse::parsing_context(shared, Node { raw_code: raw_code.clone(), ..shell });
    let template = Template::parse_piece(raw_code, &node.original_file_path, node.line, &shared.environment)?;
    let moments = inputs::moments_here();
    template
        .render(&shared.environment, &context)
        .map_err(|error| hint_at_package(at_users_line(error, node), &node.raw_code))?;
    let moments = inputs::moments_here() - moments;
    shared.moments_in_nodes.fetch_add(moments, Ordering::Relaxed);
    node.of_the_moment = moments > 0;
    let captured = std::mem::take(&mut *lock(&context.captured));
    node.refs = captured.refs;
    node.sources = captured.sources;
    node.depends_on_macros = captured.macros;
    Ok(captured.config)
}
