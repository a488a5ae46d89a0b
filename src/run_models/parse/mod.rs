//! From files to a manifest: everything is read, every template rendered once without a database, every
//! reference resolved. All errors are collected, so that a person sees them together.

pub mod describe;
pub mod generic;
mod names;
mod references;
mod sources;
mod sql_files;
mod unit_tests;

use super::context::environment::YamlContext;
use super::context::{Shared, connection::Connection};
use super::graph::Graph;
use super::manifest::{Lookup, Manifest};
use super::nodes::{Node, ResourceType};
use super::project_files::ProjectFile;
use super::properties::{self, Origin, Patch, PropertyFile};
use super::{context::NodeContext, files};
use crate::error::Error;
use rayon::prelude::*;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What the properties say of one node, and where.
pub(super) type Patches = HashMap<(&'static str, String, String), Patch>;

/// A manifest, and what is worth a warning.
pub struct Parsed {
    pub manifest: Manifest,
    pub warnings: Vec<String>,
}

/// Parses the root project and its packages.
pub fn parse(shared: &Arc<Shared>) -> Result<Parsed, Vec<Error>> {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let projects: Vec<&ProjectFile> = std::iter::once(&shared.root).chain(&shared.packages).collect();

    let mut read = Vec::new();
    for outcome in read_properties(shared, &projects) {
        match outcome {
            Ok(file) => read.push(file),
            Err(error) => errors.push(error),
        }
    }
    let mut patches: Patches = HashMap::new();
    let mut source_entries = Vec::new();
    let mut unit_test_entries = Vec::new();

    for file in read {
        warnings.extend(file.warnings);

        source_entries.extend(file.sources);
        unit_test_entries.extend(file.unit_tests);
        for patch in file.patches {
            let key = (patch.kind, patch.package_name.clone(), patch.name.clone());
            if let Some(other) = patches.get(&key) {
                errors.push(
                    Error::new(format!("'{}' is described twice under `{}:`", patch.name, patch.kind))
                        .at_line(&patch.file, patch.line)
                        .hint(format!(
                            "the other place is {}:{}; join the two",
                            other.original_file_path, other.line
                        )),
                );
                continue;
            }
            patches.insert(key, patch);
        }
    }

    let mut nodes: Vec<Node> = Vec::new();
    let mut disabled: Vec<Node> = Vec::new();
    let mut keep = |outcome: Result<Vec<Node>, Error>, errors: &mut Vec<Error>| match outcome {
        Ok(found) => {
            for node in found {
                if node.is_enabled() { nodes.push(node) } else { disabled.push(node) }
            }
        }
        Err(error) => errors.push(error),
    };
    let pieces = sql_files::pieces(shared, &projects, &patches, &mut errors);
    let names: Vec<String> = pieces.iter().map(|piece| piece.name.clone()).collect();
    let outcomes: Vec<_> =
        pieces.into_par_iter().map(|piece| sql_files::node(shared, piece, &patches)).collect();
    let mut unread: Vec<String> = Vec::new();
    for (name, outcome) in names.into_iter().zip(outcomes) {
        if outcome.is_err() {
            unread.push(name);
        }
        keep(outcome.map(|node| vec![node]), &mut errors);
    }
    let mut source_tests = Vec::new();
    for entry in source_entries {
        match sources::node(shared, &entry) {
            Ok(node) => {
                let tests = generic::of_source(&entry, &node);
                if node.is_enabled() {
                    source_tests.extend(tests);
                }
                keep(Ok(vec![node]), &mut errors);
            }
            Err(error) => errors.push(error),
        }
    }
    warn_of_unused(&patches, &nodes, &disabled, &mut warnings);

    // Tests need to know what they are declared on, so they come second.
    let mut declared = generic::of_nodes(&patches, &nodes);
    declared.extend(source_tests);
    let outcomes: Vec<_> = declared.into_par_iter().map(|test| generic::node(shared, test)).collect();
    for outcome in outcomes {
        match outcome {
            Ok(node) if node.is_enabled() => nodes.push(node),
            Ok(node) => disabled.push(node),
            Err(error) => errors.push(error),
        }
    }

    let lookup = Lookup::new(&nodes, &disabled);
    unit_tests::add(shared, unit_test_entries, &lookup, &mut nodes, &mut disabled, &mut errors);
    check_names(&nodes, &mut errors);
    let mut unresolved = Vec::new();
    references::resolve(shared, &mut nodes, &lookup, &mut unresolved);
    // A model that is there but could not be read has its own error; that others do not find it is no second one.
    let follows = |error: &Error| {
        unread.iter().any(|name| error.message().contains(&format!("'{name}') was not found")))
    };
    errors.extend(unresolved.into_iter().filter(|error| !follows(error)));
    if !errors.is_empty() {
        return Err(errors);
    }
    // Tests of what is switched off.
    let (nodes, off): (Vec<Node>, Vec<Node>) = nodes.into_iter().partition(Node::is_enabled);
    disabled.extend(off);
    let graph = graph_of(&nodes);
    if let Some(cycle) = graph.cycle() {
        return Err(vec![cycle_error(&cycle, &nodes)]);
    }
    Ok(Parsed { manifest: Manifest { nodes, graph, lookup, disabled }, warnings })
}

fn read_properties(shared: &Arc<Shared>, projects: &[&ProjectFile]) -> Vec<Result<PropertyFile, Error>> {
    let mut found: Vec<(String, PathBuf, String)> = Vec::new();
    for project in projects {
        let folders = [
            &project.model_paths,
            &project.seed_paths,
            &project.snapshot_paths,
            &project.test_paths,
            &project.macro_paths,
            &project.analysis_paths,
        ];
        for folder in folders.into_iter().flatten() {
            for path in files::list(&project.root.join(folder), &["yml", "yaml"]) {
                let inside = files::relative(&path, &project.root);
                // A folder may be named twice (tests inside models, say).
                if !found.iter().rev().take(4).any(|(_, other, _)| *other == path) {
                    found.push((project.name.clone(), path, inside));
                }
            }
        }
    }
    let context = YamlContext::new(&yaml_variables(shared), Some(&shared.target));
    found
        .into_par_iter()
        .map(|(package, path, inside)| {
            let origin = Origin { package_name: &package, file: &path, original_file_path: &inside };
            properties::read(&origin, &|text| context.render(&shared.environment, text, &path))
        })
        .collect()
}

/// The variables that YAML files see: those of the project, with the command line's over them.
fn yaml_variables(shared: &Shared) -> super::yaml_values::Object {
    let mut vars = shared.root.vars.clone();
    if let Some(Json::Object(own)) = shared.root.vars.get(&shared.root.name) {
        vars.extend(own.clone());
    }
    vars.extend(shared.cli_vars.clone());
    vars
}

/// A context in which templates are rendered without a database.
pub(super) fn parsing_context(shared: &Arc<Shared>, node: Node) -> NodeContext {
    NodeContext::new(shared.clone(), Arc::new(node), None, Connection::none())
}

fn graph_of(nodes: &[Node]) -> Graph {
    Graph::new(
        nodes
            .iter()
            .map(|node| (node.unique_id.as_str(), node.depends_on.iter().map(String::as_str).collect())),
    )
}

fn cycle_error(cycle: &[String], nodes: &[Node]) -> Error {
    let short = |id: &String| id.rsplit('.').next().unwrap_or(id).to_owned();
    let path: Vec<String> = cycle.iter().map(short).collect();
    let places: Vec<String> = cycle
        .iter()
        .take(cycle.len().saturating_sub(1))
        .filter_map(|id| nodes.iter().find(|node| node.unique_id == *id))
        .map(|node| format!("\n  {}", node.original_file_path))
        .collect();
    // The graph's edges lead from what is needed to what needs it; a person reads it the other way round.
    let reversed: Vec<String> = path.into_iter().rev().collect();
    Error::new(format!(
        "there is a cycle, models that need each other: {}{}",
        reversed.join(" -> "),
        places.concat()
    ))
    .hint("take one ref() of the cycle out")
}

fn check_names(nodes: &[Node], errors: &mut Vec<Error>) {
    let mut ids: HashMap<&str, &Node> = HashMap::new();
    let mut relations: HashMap<String, &Node> = HashMap::new();
    for node in nodes {
        if let Some(other) = ids.insert(&node.unique_id, node) {
            let what = node.resource_type.name();
            let error = Error::new(format!("there are two {what}s '{}'", node.name))
                .at_line(&node.original_file_path, node.line);
            errors.push(error.hint(format!(
                "the other one is {}:{}; {}",
                other.original_file_path,
                other.line,
                if node.generic_test.is_some() { "remove one, or give it a `name:`" } else { "rename one" }
            )));
            continue;
        }
        if node.is_relational()
            && let Some(name) = node.relation_name()
            && let Some(other) = relations.insert(name.to_lowercase(), node)
        {
            errors.push(
                Error::new(format!("'{}' and '{}' would both be {name}", other.name, node.name))
                    .at(&node.original_file_path)
                    .hint("give one of them another alias or schema"),
            );
        }
    }
}

fn warn_of_unused(patches: &Patches, nodes: &[Node], disabled: &[Node], warnings: &mut Vec<String>) {
    let mut known: Vec<(&'static str, &str)> = Vec::new();
    for node in nodes.iter().chain(disabled) {
        let kind = match node.resource_type {
            ResourceType::Model => "models",
            ResourceType::Seed => "seeds",
            ResourceType::Snapshot => "snapshots",
            ResourceType::Analysis => "analyses",
            ResourceType::Test => "data_tests",
            _ => continue,
        };
        known.push((kind, &node.name));
    }
    let known: std::collections::HashSet<(&'static str, &str)> = known.into_iter().collect();
    let mut unused: Vec<String> = patches
        .values()
        .filter(|patch| !known.contains(&(patch.kind, patch.name.as_str())))
        .map(|patch| {
            let names = known.iter().filter(|(kind, _)| *kind == patch.kind).map(|(_, name)| *name);
            let near = crate::error::nearest(&patch.name, names)
                .map(|near| format!("; did you mean '{near}'?"))
                .unwrap_or_default();
            format!(
                "{}:{} describes '{}' under `{}:`, but there is no such file{near}",
                patch.original_file_path, patch.line, patch.name, patch.kind
            )
        })
        .collect();
    unused.sort();
    warnings.extend(unused);
}

/// SHA-256 of a text, in hex.
pub(super) fn checksum(text: &str) -> String {
    super::generic_tests::hex(&Sha256::digest(text.trim().as_bytes()))
}

/// A node with nothing in it but what its file says.
pub(super) fn blank(resource_type: ResourceType, package: &str, name: &str) -> Node {
    Node {
        unique_id: format!("{}.{package}.{name}", resource_type.name()),
        name: name.to_owned(),
        resource_type,
        package_name: package.to_owned(),
        path: String::new(),
        original_file_path: String::new(),
        file: PathBuf::new(),
        line: 1,
        raw_code: String::new(),
        fqn: Vec::new(),
        alias: name.to_owned(),
        database: String::new(),
        schema: String::new(),
        quote: [true; 3],
        config: Default::default(),
        unrendered_config: Default::default(),
        description: String::new(),
        columns: Vec::new(),
        patch_path: None,
        refs: Vec::new(),
        sources: Vec::new(),
        depends_on: Vec::new(),
        depends_on_macros: Vec::new(),
        constraints: Vec::new(),
        version: None,
        latest_version: None,
        generic_test: None,
        unit_test: None,
        source: None,
        checksum: String::new(),
        build_path: None,
        batch: None,
    }
}
