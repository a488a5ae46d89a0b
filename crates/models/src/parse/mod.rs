//! From files to a manifest: everything is read, every template rendered once without a database, every
//! reference resolved. All errors are collected, so that a person sees them together.

mod cache;
mod checks;
mod configs;
pub mod dbt_generic_tests;
mod dbt_unit_tests;
pub mod describe;
mod exposures;
mod names;
pub mod operations;
mod python_models;
mod references;
mod sources;
mod sql_files;

use crate::context::NodeContext;
use crate::context::connection::Connection;
use crate::context::environment::YamlContext;
use crate::context::{Shared, inputs};
use crate::graph::dag::Graph;
use crate::graph::manifest::{Lookup, Manifest};
use crate::graph::node::{Node, ResourceType, described_as};
use crate::project::dbt_project_yml::ProjectFile;
use crate::project::file_listing;
use crate::project::properties;
use crate::project::properties::{Origin, Patch, PropertyFile};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::Error;
use rayon::prelude::*;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What the properties say of one node, and where.
pub(crate) type Patches = HashMap<(&'static str, String, String), Patch>;

/// A manifest, and what is worth a warning.
pub struct Parsed {
    pub manifest: Manifest,
    pub warnings: Vec<Warning>,
    /// `None` if nothing could be kept of it.
    pub kept: Option<Kept>,
}

/// Of which parse something was kept.
pub struct Kept {
    /// The invocation that parsed.
    pub parse: String,
    /// Whether it was an earlier one, whose outcome was taken up again.
    pub taken_up: bool,
}

/// What is known before anything is parsed.
pub struct Start {
    /// `None` if a file cannot be read.
    key: Option<String>,
    found: Option<cache::KeptFile>,
}

/// Reads every file of the root project and its packages, and looks for what was kept of a parse of just these.
pub fn start(shared: &Shared) -> Start {
    let key = cache::key(shared);
    let found = key.as_ref().filter(|_| shared.partial_parse).and_then(|key| cache::open(shared, key));
    Start { key, found }
}

impl Start {
    /// The parse that would be taken up again, if nothing about it needs another look.
    pub fn unchanged(&self) -> Option<Kept> {
        self.found.as_ref()?.unchanged()
    }

    /// Takes up what was kept of the last time, or parses.
    pub fn parse(self, shared: &Arc<Shared>) -> Result<Parsed, Vec<Error>> {
        let mut parsed = self.take_up_or_parse(shared)?;
        // Not kept: another day has other warnings.
        let Manifest { nodes, graph, .. } = &parsed.manifest;
        let texts = checks::deprecated(nodes, graph, shared.started);
        parsed.warnings.extend(Warning::all(WarningKind::DeprecatedModel, texts));
        Ok(parsed)
    }

    fn take_up_or_parse(self, shared: &Arc<Shared>) -> Result<Parsed, Vec<Error>> {
        let moments = inputs::moments();
        if let Some(parsed) = self.found.and_then(|found| found.read(shared)) {
            return Ok(parsed);
        }
        let mut parsed = parse_anew(shared)?;
        // Moments that were asked for outside of what can be rendered again: nothing is kept.
        let in_nodes = shared.moments_in_nodes.load(Ordering::Relaxed);
        if let Some(key) = &self.key
            && inputs::moments() - moments == in_nodes
        {
            parsed.kept = cache::store(shared, key, &parsed);
        }
        Ok(parsed)
    }
}

fn parse_anew(shared: &Arc<Shared>) -> Result<Parsed, Vec<Error>> {
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
    let mut exposure_entries = Vec::new();
    let mut groups = Vec::new();
    let mut macro_entries = Vec::new();
    let mut unit_test_entries = Vec::new();
    for file in read {
        warnings.extend(file.warnings);
        source_entries.extend(file.sources);
        exposure_entries.extend(file.exposures);
        macro_entries.extend(file.macros);
        for entry in &file.groups {
            match exposures::group(entry) {
                Ok(group) => groups.push(group),
                Err(error) => errors.push(error),
            }
        }
        unit_test_entries.extend(file.unit_tests);
        for patch in file.patches {
            if let Some(other) = patches.get(&(patch.kind, patch.package_name.clone(), patch.name.clone())) {
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
            for entry in &patch.versions {
                let one = patch.for_version(entry);
                let name = described_as(&patch.name, Some(&entry.version));
                patches.insert((patch.kind, patch.package_name.clone(), name), one);
            }
            patches.insert((patch.kind, patch.package_name.clone(), patch.name.clone()), patch);
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
    sql_files::adopt(shared, &pieces, &mut patches);
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
                let tests = dbt_generic_tests::of_source(&entry, &node);
                if node.is_enabled() {
                    source_tests.extend(tests);
                }
                keep(Ok(vec![node]), &mut errors);
            }
            Err(error) => errors.push(error),
        }
    }
    for entry in &exposure_entries {
        keep(exposures::node(shared, entry).map(|node| vec![node]), &mut errors);
    }
    for outcome in operations::nodes(shared, &projects) {
        keep(outcome.map(|node| vec![node]), &mut errors);
    }
    let unused = checks::unused_properties(&patches, &nodes, &disabled);
    warnings.extend(Warning::all(WarningKind::NoNodeForYamlKey, unused));

    // Tests need to know what they are declared on, so they come second.
    let mut declared = dbt_generic_tests::of_nodes(&patches, &nodes);
    declared.extend(source_tests);
    let outcomes: Vec<_> =
        declared.into_par_iter().map(|test| dbt_generic_tests::node(shared, test)).collect();
    for outcome in outcomes {
        match outcome {
            Ok(node) if node.is_enabled() => nodes.push(node),
            Ok(node) => disabled.push(node),
            Err(error) => errors.push(error),
        }
    }

    let lookup = Lookup::new(&nodes, &disabled);
    dbt_unit_tests::add(shared, unit_test_entries, &lookup, &mut nodes, &mut disabled, &mut errors);
    checks::names(&nodes, &mut errors);
    configs::wrong(&nodes, &disabled, &mut errors);
    checks::groups(&groups, &nodes, &mut errors);
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
    let (mut nodes, off): (Vec<Node>, Vec<Node>) = nodes.into_iter().partition(Node::is_enabled);
    disabled.extend(off);
    let graph = graph_of(&nodes);
    if let Some(cycle) = graph.cycle() {
        errors.push(checks::cycle(&cycle, &nodes));
    }
    checks::access(&projects, &nodes, &graph, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    checks::primary_keys(&mut nodes, &disabled);
    for (kind, texts) in [
        (WarningKind::UnusedResourceConfigPath, checks::unused_configs(&shared.root, &nodes, &disabled)),
        (WarningKind::CustomKeyInConfigDeprecation, configs::unknown(&nodes)),
    ] {
        warnings.extend(Warning::all(kind, texts));
    }
    let (macro_patches, selectors) = (macro_entries, shared.selectors.written());
    Ok(Parsed {
        manifest: Manifest { nodes, graph, lookup, disabled, groups, macro_patches, selectors },
        warnings,
        kept: None,
    })
}

fn read_properties(shared: &Arc<Shared>, projects: &[&ProjectFile]) -> Vec<Result<PropertyFile, Error>> {
    let mut found: Vec<(String, PathBuf, String)> = Vec::new();
    for project in projects {
        for folder in project.source_folders() {
            for path in shared.files.list(&project.root.join(folder), &["yml", "yaml"]) {
                let inside = file_listing::relative(&path, &project.root);
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
fn yaml_variables(shared: &Shared) -> crate::json_values::Object {
    let mut vars = shared.root.vars.clone();
    if let Some(Json::Object(own)) = shared.root.vars.get(&shared.root.name) {
        vars.extend(own.clone());
    }
    vars.extend(shared.cli_vars.clone());
    vars
}

/// A context in which templates are rendered without a database.
pub(crate) fn parsing_context(shared: &Arc<Shared>, node: Node) -> NodeContext {
    NodeContext::new(shared.clone(), Arc::new(node), None, Connection::none())
}

fn graph_of(nodes: &[Node]) -> Graph {
    Graph::new(
        nodes
            .iter()
            .map(|node| (node.unique_id.as_str(), node.depends_on.iter().map(String::as_str).collect())),
    )
}

/// A query that stands in no file, read as a model is: its references are found and resolved.
///
/// # Errors
/// It cannot be rendered, or refers to what is not there.
pub fn inline(shared: &Arc<Shared>, manifest: &Manifest, name: &str, text: &str) -> Result<Node, Error> {
    let mut node = blank(ResourceType::Operation, &shared.root.name, name);
    node.original_file_path = name.to_owned();
    node.raw_code = text.to_owned();
    node.database = shared.target.database.clone();
    node.schema = shared.target.schema.clone();
    sql_files::capture(shared, &mut node)?;
    let mut errors = Vec::new();
    references::resolve(shared, std::slice::from_mut(&mut node), &manifest.lookup, &mut errors);
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(node),
    }
}

/// SHA-256 of a text, in hex.
pub fn checksum(text: &str) -> String {
    crate::project::dbt_generic_tests::hex(&Sha256::digest(text.trim().as_bytes()))
}

/// A path without its first folder, `models/` say.
pub(crate) fn below_first_folder(path: &str) -> String {
    path.split_once('/').map_or(path, |(_, inner)| inner).to_owned()
}

/// A node with nothing in it but what its file says.
pub fn blank(resource_type: ResourceType, package: &str, name: &str) -> Node {
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
        own_tags: Vec::new(),
        inherited_group: None,
        unrendered_config: Default::default(),
        description: String::new(),
        doc_blocks: Vec::new(),
        columns: Vec::new(),
        patch_path: None,
        refs: Vec::new(),
        sources: Vec::new(),
        depends_on: Vec::new(),
        depends_on_macros: Vec::new(),
        constraints: Vec::new(),
        primary_key: Vec::new(),
        version: None,
        latest_version: None,
        deprecation_date: None,
        generic_test: None,
        unit_test: None,
        source: None,
        exposure: None,
        checksum: String::new(),
        build_path: None,
        of_the_moment: false,
        batch: None,
    }
}
