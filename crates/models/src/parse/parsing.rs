//! One parse of a whole project, step by step. All errors are collected, so that a person sees them together.

use crate::context::environment::YamlContext;
use crate::graph::dag::Graph;
use crate::graph::group::Group;
use crate::graph::manifest::{Lookup, Manifest};
use crate::graph::node::Node;
use crate::graph::property_entry::Entry;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::parse::parsed::Parsed;
use crate::parse::patches::{self, Patches};
use crate::parse::rendering::yaml_variables;
use crate::parse::{
    checks, configs, contracts, dbt_generic_tests, dbt_unit_tests, describe, exposures, macro_arguments,
    microbatch, operations, references, semantics, snapshots, source_overrides, sources, sql_files,
    sql_nodes,
};
use crate::project::dbt_project_yml::DbtProject;
use crate::project::file_listing;
use crate::project::properties;
use crate::project::properties::property_file::{Origin, PropertyFile, SourceEntry, UnitTestEntry};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::Error;
use rayon::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// What was found so far.
pub(super) struct Parsing<'a> {
    invocation: &'a Arc<Invocation>,
    /// The root project first.
    projects: Vec<&'a DbtProject>,
    errors: Vec<Error>,
    warnings: Vec<Warning>,
    nodes: Vec<Node>,
    disabled: Vec<Node>,
    groups: Vec<Group>,
    patches: Patches,
    /// What properties say of macros.
    macro_patches: Vec<Entry>,
    /// Names of SQL files that could not be read: that others do not find them is not a second error.
    unread: HashSet<String>,
}

/// Entries of property files that become nodes themselves.
#[derive(Default)]
struct Entries {
    sources: Vec<SourceEntry>,
    exposures: Vec<Entry>,
    unit_tests: Vec<UnitTestEntry>,
    semantics: SemanticEntries,
}

/// Those of the semantic layer.
#[derive(Default)]
struct SemanticEntries {
    models: Vec<Entry>,
    metrics: Vec<Entry>,
    saved_queries: Vec<Entry>,
}

impl<'a> Parsing<'a> {
    /// Parses the project of an invocation.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(super) fn run(invocation: &'a Arc<Invocation>) -> Result<Parsed, Vec<Error>> {
        let mut parsing = Self {
            invocation,
            projects: invocation.project.all().collect(),
            errors: Vec::new(),
            warnings: invocation.project.all().flat_map(|project| project.warnings.clone()).collect(),
            nodes: Vec::new(),
            disabled: Vec::new(),
            groups: Vec::new(),
            patches: Patches::new(),
            macro_patches: Vec::new(),
            unread: HashSet::new(),
        };
        let entries = parsing.read_properties();
        parsing.sql_files();
        parsing.describe_macros();
        let source_tests = parsing.sources(&entries.sources);
        parsing.exposures(&entries.exposures);
        parsing.semantics(&entries.semantics);
        parsing.operations();
        parsing.warn_of_unused_properties();
        // Tests need to know what they are declared on, so they come after all other nodes.
        parsing.data_tests(source_tests);
        let own_first = invocation.project.root.flag("require_ref_searches_node_package_before_root", false);
        let lookup = Lookup::new(&parsing.nodes, &parsing.disabled, own_first);
        parsing.unit_tests(entries.unit_tests, &lookup);
        parsing.check();
        parsing.resolve(&lookup);
        parsing.finish(lookup)
    }

    /// Keeps a node where it belongs, or its error.
    fn keep(&mut self, outcome: Result<Node, Error>) {
        let outcome = outcome.map(|mut node| {
            if node.resource_type() == ResourceType::Test {
                let said = node.config.get("store_failures").and_then(Json::as_bool);
                node.stores_failures = said.unwrap_or(self.invocation.settings.store_failures);
            }
            node
        });
        match outcome {
            Ok(node) if node.is_enabled() => self.nodes.push(node),
            Ok(node) => self.disabled.push(node),
            Err(error) => self.errors.push(error),
        }
    }

    /// Reads all property files of all projects.
    fn read_properties(&mut self) -> Entries {
        let mut entries = Entries::default();
        for outcome in self.property_files() {
            match outcome {
                Ok(file) => self.take_apart(file, &mut entries),
                Err(error) => self.errors.push(error),
            }
        }
        entries
    }

    fn property_files(&self) -> Vec<Result<PropertyFile, Error>> {
        let invocation = self.invocation;
        let mut found: Vec<(String, PathBuf, String)> = Vec::new();
        for project in &self.projects {
            for folder in project.source_folders() {
                for path in invocation.project.files.list(&project.root.join(folder), &["yml", "yaml"]) {
                    let inside = file_listing::relative(&path, &project.root);
                    // A folder may be named twice, as when tests are inside models.
                    if !found.iter().rev().take(4).any(|(_, other, _)| *other == path) {
                        found.push((project.name.clone(), path, inside));
                    }
                }
            }
        }
        let contexts: HashMap<&str, YamlContext> = self
            .projects
            .iter()
            .map(|project| {
                let variables = yaml_variables(invocation, &project.name);
                (project.name.as_str(), YamlContext::new(&variables, Some(&invocation.target)))
            })
            .collect();
        let environment = &invocation.templates.environment;
        found
            .into_par_iter()
            .map(|(package, path, inside)| {
                let origin = Origin { package_name: &package, file: &path, original_file_path: &inside };
                let context = &contexts[package.as_str()];
                properties::read::read(&origin, &|text| context.render(environment, text, &path))
            })
            .collect()
    }

    fn take_apart(&mut self, file: PropertyFile, entries: &mut Entries) {
        self.warnings.extend(file.warnings);
        entries.sources.extend(file.sources);
        entries.exposures.extend(file.exposures);
        entries.unit_tests.extend(file.unit_tests);
        entries.semantics.models.extend(file.semantic_models);
        entries.semantics.metrics.extend(file.metrics);
        entries.semantics.saved_queries.extend(file.saved_queries);
        self.macro_patches.extend(file.macros);
        for entry in &file.groups {
            match exposures::group(entry) {
                Ok(group) => self.groups.push(group),
                Err(error) => self.errors.push(error),
            }
        }
        for patch in file.patches {
            if let Err(error) = patches::add(&mut self.patches, patch) {
                self.errors.push(error);
            }
        }
    }

    /// Models, seeds, snapshots, singular tests and analyses.
    fn sql_files(&mut self) {
        let invocation = self.invocation;
        let pieces = sql_files::pieces(invocation, &self.projects, &self.patches, &mut self.errors);
        sql_nodes::adopt(invocation, &pieces, &mut self.patches);
        let names: Vec<String> = pieces.iter().map(|piece| piece.name.clone()).collect();
        let patches = &self.patches;
        let outcomes: Vec<_> =
            pieces.into_par_iter().map(|piece| sql_nodes::node(invocation, piece, patches)).collect();
        for (name, outcome) in names.into_iter().zip(outcomes) {
            if outcome.is_err() {
                self.unread.insert(name);
            }
            self.keep(outcome);
        }
    }

    /// Puts docs blocks into what property files say of macros and of their arguments.
    fn describe_macros(&mut self) {
        let invocation = self.invocation;
        let macros = &invocation.templates.macros;
        let there = |patch: &&mut Entry| macros.in_package(&patch.package_name, &patch.name).is_some();
        for patch in self.macro_patches.iter_mut().filter(there) {
            if let Err(error) = describe::macro_patch(invocation, patch) {
                self.errors.push(error);
            }
        }
    }

    /// Sources; gives the tests that are declared on them.
    fn sources(&mut self, entries: &[SourceEntry]) -> Vec<dbt_generic_tests::Declared> {
        let mut tests = Vec::new();
        let overridden = source_overrides::put_in_place(entries, &mut self.errors, &mut self.warnings);
        for entry in &overridden {
            let outcome = sources::node(self.invocation, entry);
            if let Ok(node) = &outcome
                && node.is_enabled()
            {
                tests.extend(dbt_generic_tests::of_source(entry, node));
            }
            self.keep(outcome);
        }
        tests
    }

    fn exposures(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.warnings.extend(exposures::odd_name(entry));
            let outcome = exposures::node(self.invocation, entry);
            self.keep(outcome);
        }
    }

    fn semantics(&mut self, entries: &SemanticEntries) {
        let invocation = self.invocation;
        for entry in &entries.metrics {
            let outcome = semantics::metrics::node(invocation, entry);
            self.keep(outcome);
        }
        for entry in &entries.models {
            match semantics::semantic_models::node(invocation, entry) {
                Ok((node, as_metrics)) => {
                    for measure in as_metrics {
                        let outcome = semantics::metrics::of_measure(invocation, entry, &node, &measure);
                        self.keep(outcome);
                    }
                    self.keep(Ok(node));
                }
                Err(error) => self.errors.push(error),
            }
        }
        for entry in &entries.saved_queries {
            let outcome = semantics::saved_queries::node(invocation, entry);
            self.keep(outcome);
        }
    }

    fn operations(&mut self) {
        for outcome in operations::nodes(self.invocation, &self.projects) {
            self.keep(outcome);
        }
    }

    fn warn_of_unused_properties(&mut self) {
        self.warnings.extend(checks::unused_properties(&self.patches, &self.nodes, &self.disabled));
    }

    /// The data tests that property files declare on nodes, and those on sources.
    fn data_tests(&mut self, of_sources: Vec<dbt_generic_tests::Declared>) {
        let invocation = self.invocation;
        let mut declared = dbt_generic_tests::of_nodes(&self.patches, &self.nodes);
        declared.extend(of_sources);
        let warnings =
            declared.iter().filter_map(|test| dbt_generic_tests::warning_of_arguments(invocation, test));
        self.warnings.extend(warnings);
        let of_configs =
            declared.iter().filter_map(|test| dbt_generic_tests::warning_of_configs(invocation, test));
        self.warnings.extend(of_configs);
        let outcomes: Vec<_> =
            declared.into_par_iter().map(|test| dbt_generic_tests::node(invocation, test)).collect();
        for outcome in outcomes {
            self.keep(outcome);
        }
    }

    fn unit_tests(&mut self, entries: Vec<UnitTestEntry>, lookup: &Lookup) {
        for entry in entries {
            match dbt_unit_tests::of_entry(self.invocation, &entry, lookup, &self.nodes) {
                Ok(found) => found.into_iter().for_each(|node| self.keep(Ok(node))),
                Err(error) => self.errors.push(error),
            }
        }
    }

    /// What is wrong with nodes whatever they refer to.
    fn check(&mut self) {
        checks::names(&self.nodes, &mut self.errors);
        let required = self.invocation.project.root.flag("require_unique_project_resource_names", false);
        checks::names_across_types(&self.nodes, required, &mut self.errors, &mut self.warnings);
        self.check_spaces_in_names();
        configs::wrong(&self.nodes, &self.disabled, &mut self.errors);
        snapshots::check(&self.nodes, &mut self.errors);
        contracts::check(&self.nodes, &mut self.errors, &mut self.warnings);
        checks::enabled_of_several(&self.patches, &self.nodes, &self.disabled, &mut self.errors);
        checks::groups(&self.groups, &self.nodes, &mut self.errors);
    }

    /// An error under dbt's flag `require_resource_names_without_spaces`, which is on unless the project turns it
    /// off; else a warning.
    fn check_spaces_in_names(&mut self) {
        let required = self.invocation.project.root.flag("require_resource_names_without_spaces", true);
        let mut count = 0;
        for node in self.nodes.iter().filter(|node| checks::has_space_in_name(node)) {
            let what =
                format!("the name of the {} '{}' contains a space", node.resource_type().name(), node.name);
            if required {
                let error = Error::new(what).at_line(&node.original_file_path, node.line);
                let error = error.in_dbts_words("Resource names cannot contain spaces");
                self.errors.push(error.hint("rename it, for example with _ in place of the space"));
            } else {
                count += 1;
                let text = format!("{what} ({})", node.original_file_path);
                let warning = Warning::new(WarningKind::SpacesInResourceNameDeprecation, text);
                let data = json!({"unique_id": node.unique_id, "level": "warn"});
                let words = format!("Found spaces in the name of `{}`", node.unique_id);
                self.warnings.push(warning.with(data).in_dbts_words(words));
            }
        }
        if count > 0 {
            let text = format!("{count} names of nodes contain spaces, which will be an error");
            let warning = Warning::new(WarningKind::ResourceNamesWithSpacesDeprecation, text);
            let data = json!({"count_invalid_names": count, "show_debug_hint": count > 1, "level": "warn"});
            let show_all = if count > 1 { " Run again with `--debug` to see them all." } else { "" };
            let words = format!(
                "Spaces found in {count} resource name(s). This is deprecated, and may lead to errors when using dbt.{show_all}"
            );
            self.warnings.push(warning.with(data).in_dbts_words(words));
        }
    }

    /// Finds what nodes refer to.
    fn resolve(&mut self, lookup: &Lookup) {
        let root = &self.invocation.project.root.name;
        references::resolve(
            root,
            &mut self.nodes,
            lookup,
            &self.unread,
            &mut self.errors,
            &mut self.warnings,
        );
        semantics::resolve::resolve(root, &mut self.nodes, &self.disabled, lookup, &mut self.errors);
        if self.errors.is_empty() {
            let flag = |name: &str| self.invocation.project.root.flag(name, false);
            semantics::validate::check(
                &self.nodes,
                flag("require_nested_cumulative_type_params"),
                flag("require_yaml_configuration_for_mf_time_spines"),
                &mut self.errors,
                &mut self.warnings,
            );
        }
    }

    /// Makes the graph, if nothing was wrong so far, and checks what needs it.
    fn finish(mut self, lookup: Lookup) -> Result<Parsed, Vec<Error>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        // Resolving disables tests of nodes that are disabled.
        let (mut nodes, off): (Vec<Node>, Vec<Node>) = self.nodes.into_iter().partition(Node::is_enabled);
        self.disabled.extend(off);
        let graph = Graph::of_nodes(&nodes);
        if let Some(cycle) = graph.cycle() {
            self.errors.push(checks::cycle(&cycle, &nodes));
        }
        checks::access(&self.projects, &nodes, &graph, &mut self.errors);
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        checks::primary_keys(&mut nodes, &self.disabled);
        let project = &self.invocation.project;
        self.warnings.extend(checks::unused_configs(&project.root, &nodes, &self.disabled));
        self.warnings.extend(macro_arguments::check(self.invocation, &self.macro_patches));
        self.warnings.extend(checks::itertools(&nodes));
        self.warnings.extend(microbatch::warnings(self.invocation, &nodes));
        let unknown = configs::unknown(&nodes);
        self.warnings.extend(Warning::all(WarningKind::CustomKeyInConfigDeprecation, unknown));
        Ok(Parsed {
            manifest: Manifest {
                nodes,
                graph,
                lookup,
                disabled: self.disabled,
                groups: self.groups,
                macro_patches: self.macro_patches,
                selectors: project.selectors.written(),
            },
            warnings: self.warnings,
            kept: None,
        })
    }
}
