//! What can be said of a project once all of it is read: names that clash, properties and configs that
//! nothing uses, who may refer to whom, cycles.

use crate::context::references::relation_of;
use crate::graph::dag::Graph;
use crate::graph::group::Group;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::Object;
use crate::parse::patches::Patches;
use crate::project::dbt_project_yml::DbtProject;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, nearest};
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The error about a cycle, as a path of names with the files below it.
pub(super) fn cycle(cycle: &[String], nodes: &[Node]) -> Error {
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
    let ids: Vec<&str> = cycle.iter().rev().map(String::as_str).collect();
    Error::new(format!(
        "there is a cycle, models that need each other: {}{}",
        reversed.join(" -> "),
        places.concat()
    ))
    .in_dbts_words(format!("Found a cycle: {}", ids.join(" --> ")))
    .hint("take one ref() of the cycle out")
}

/// Two nodes with one unique id, or with one relation.
pub(super) fn names(nodes: &[Node], errors: &mut Vec<Error>) {
    let mut ids: HashMap<&str, &Node> = HashMap::new();
    let mut relations: HashMap<String, &Node> = HashMap::new();
    for node in nodes {
        if let Some(other) = ids.insert(&node.unique_id, node) {
            let plural = plural(node.resource_type());
            let error = Error::new(format!("there are two {plural} '{}'", node.name))
                .in_dbts_words(found_two(node, &plural))
                .at_line(&node.original_file_path, node.line);
            errors.push(error.hint(format!(
                "the other one is {}:{}; {}",
                other.original_file_path,
                other.line,
                if node.generic_test().is_some() { "remove one, or give it a `name:`" } else { "rename one" }
            )));
            continue;
        }
        // As under dbt, an ephemeral model takes the name too that its relation would have.
        if !(node.is_relational() || node.stores_failures) {
            continue;
        }
        let name = relation_of(node).render();
        if let Some(other) = relations.insert(name.to_lowercase(), node) {
            errors.push(
                Error::new(format!("'{}' and '{}' would both be {name}", other.name, node.name))
                    .in_dbts_words(format!(
                        "dbt found two resources with the database representation \"{name}\""
                    ))
                    .at(&node.original_file_path)
                    .hint("give one of them another alias or schema"),
            );
        }
    }
}

fn plural(resource_type: ResourceType) -> String {
    match resource_type.name() {
        "analysis" => "analyses".to_owned(),
        name => format!("{name}s"),
    }
}

/// What dbt says of two nodes with one name.
fn found_two(node: &Node, plural: &str) -> String {
    let (plural, name) = match (node.source(), node.generic_test()) {
        (Some(source), _) => (plural, format!("{}_{}", source.source_name, node.name)),
        (None, Some(test)) => ("data_tests", {
            let column = test.column_name.as_ref().map(|column| format!("column \"{column}\" in "));
            format!("{}\" defined on {}\"{}", node.name, column.unwrap_or_default(), test.file_key_name)
        }),
        (None, None) if node.resource_type() == ResourceType::Test => ("data_tests", node.name.clone()),
        (None, None) => (plural, node.name.clone()),
    };
    format!("dbt found two {plural} with the name \"{name}\"")
}

/// Nodes of different types with one name, which dbt will refuse one day, and does where the project's flag
/// `require_unique_project_resource_names` asks for it.
pub(super) fn names_across_types(
    nodes: &[Node],
    required: bool,
    errors: &mut Vec<Error>,
    warnings: &mut Vec<Warning>,
) {
    let mut seen: HashMap<(&str, &str), &Node> = HashMap::new();
    for node in nodes.iter().filter(|node| node.is_relational() && node.version.is_none()) {
        let Some(other) = seen.insert((&node.package_name, &node.name), node) else { continue };
        if other.unique_id == node.unique_id {
            continue;
        }
        let (own, others) = (node.resource_type().name(), other.resource_type().name());
        let text = format!("the {own} and the {others} '{}' have the same name", node.name);
        if required {
            let error = Error::new(text).at_line(&node.original_file_path, node.line);
            let hint = format!("rename one of the two; the other is {}", other.original_file_path);
            errors.push(error.in_dbts_words(found_two(node, "resources")).hint(hint));
        } else {
            let data = json!({
                "resource_name": node.name, "unique_id1": other.unique_id, "unique_id2": node.unique_id,
                "package_name": node.package_name,
            });
            let kind = WarningKind::DuplicateNameDistinctNodeTypesDeprecation;
            warnings.push(Warning::new(kind, text).with(data));
        }
    }
}

/// Whether a node's name has a space in it, which dbt refuses unless `require_resource_names_without_spaces` is off.
pub(super) fn has_space_in_name(node: &Node) -> bool {
    use ResourceType::{Analysis, Model, Seed, Snapshot, Test};
    matches!(node.resource_type(), Model | Seed | Snapshot | Analysis | Test) && node.name.contains(' ')
}

/// The section of a properties file that describes a kind of node.
fn section(resource_type: ResourceType) -> Option<&'static str> {
    Some(match resource_type {
        ResourceType::Model => "models",
        ResourceType::Seed => "seeds",
        ResourceType::Snapshot => "snapshots",
        ResourceType::Analysis => "analyses",
        ResourceType::Test => "data_tests",
        ResourceType::Function => "functions",
        _ => return None,
    })
}

/// Warnings about properties of what is not there.
pub(super) fn unused_properties(patches: &Patches, nodes: &[Node], disabled: &[Node]) -> Vec<Warning> {
    let known: HashSet<(&'static str, String)> = nodes
        .iter()
        .chain(disabled)
        .filter_map(|node| Some((section(node.resource_type())?, node.described_as())))
        .collect();
    let mut unused: Vec<Warning> = patches
        .iter()
        // A model with versions has no file of its own name.
        .filter(|((kind, _, name), patch)| {
            patch.versions.is_empty() && !known.contains(&(*kind, name.clone()))
        })
        .map(|((kind, _, name), patch)| {
            let names = known.iter().filter(|(of, _)| of == kind).map(|(_, name)| name.as_str());
            let elsewhere = known.iter().find(|(of, other)| of != kind && *other == patch.name);
            let hint = match (elsewhere, nearest(name, names)) {
                (Some((of, _)), _) => format!("; it belongs under `{of}:`"),
                (None, Some(near)) => format!("; did you mean '{near}'?"),
                (None, None) => String::new(),
            };
            let what = match &patch.version {
                Some(version) => format!("version {version} of '{}'", patch.name),
                None => format!("'{}'", patch.name),
            };
            let text = format!(
                "{}:{} describes {what} under `{kind}:`, but there is no such file{hint}",
                patch.original_file_path, patch.line
            );
            let words = format!(
                "Did not find matching node for patch with name '{}' in the '{kind}' section of file '{}'",
                patch.name, patch.original_file_path
            );
            let data = json!({
                "patch_name": patch.name, "yaml_key": kind, "file_path": patch.original_file_path,
            });
            Warning::new(WarningKind::NoNodeForYamlKey, text).with(data).in_dbts_words(words)
        })
        .collect();
    unused.sort_by(|a, b| a.text.cmp(&b.text));
    unused
}

/// Nodes of one name that are all switched off, of which properties cannot switch on one.
pub(super) fn enabled_of_several(
    patches: &Patches,
    nodes: &[Node],
    disabled: &[Node],
    errors: &mut Vec<Error>,
) {
    for ((kind, package, name), patch) in patches {
        if patch.config.get("enabled") != Some(&Json::Bool(true)) {
            continue;
        }
        let is_it = |node: &&Node| {
            section(node.resource_type()) == Some(*kind)
                && node.package_name == *package
                && node.described_as() == *name
        };
        let off: Vec<&Node> = disabled.iter().filter(is_it).collect();
        let Some(first) = off.first().filter(|_| off.len() > 1 && !nodes.iter().any(|node| is_it(&node)))
        else {
            continue;
        };
        let what = first.resource_type().name();
        let files: Vec<&str> = off.iter().map(|node| node.original_file_path.as_str()).collect();
        let words = format!(
            "Found {} matching disabled nodes for {what} '{name}'. Multiple nodes for the same unique id cannot be enabled in the schema.yml file. They must be enabled in `dbt_project.yml` or in the sql files.",
            off.len()
        );
        errors.push(
            Error::new(format!(
                "properties enable the {what} '{name}', of which there are {}: {}",
                off.len(),
                files.join(", ")
            ))
            .in_dbts_words(words)
            .at_line(&patch.original_file_path, patch.line)
            .hint("enable one of them in its own file, or its folder in dbt_project.yml"),
        );
    }
}

/// The warning about folders in the config trees of `dbt_project.yml` that no node is in.
pub(super) fn unused_configs(root: &DbtProject, nodes: &[Node], disabled: &[Node]) -> Option<Warning> {
    let unused = unused_paths(root, nodes, disabled);
    let text = format!("dbt_project.yml configures what is not there:\n  {}", unused.join("\n  "));
    let words = format!(
        "Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\nThere are {} unused configuration paths:\n- {}",
        unused.len(),
        unused.join("\n- ")
    );
    (!unused.is_empty()).then(|| {
        let warning = Warning::new(WarningKind::UnusedResourceConfigPath, text);
        warning.with(json!({"unused_config_paths": unused})).in_dbts_words(words)
    })
}

fn unused_paths(root: &DbtProject, nodes: &[Node], disabled: &[Node]) -> Vec<String> {
    let mut prefixes: HashMap<&'static str, HashSet<&[String]>> = HashMap::new();
    for node in nodes {
        let tree = match node.resource_type() {
            ResourceType::Source => "sources",
            ResourceType::Exposure => "exposures",
            ResourceType::UnitTest => "unit_tests",
            ResourceType::Metric => "metrics",
            ResourceType::SemanticModel => "semantic-models",
            ResourceType::SavedQuery => "saved-queries",
            other => section(other).unwrap_or_default(),
        };
        prefixes.entry(tree).or_default().extend(all_prefixes(&node.fqn));
    }
    // As under dbt, what is switched off counts for every tree.
    let of_disabled: HashSet<&[String]> = disabled.iter().flat_map(|node| all_prefixes(&node.fqn)).collect();
    let mut unused = Vec::new();
    for (tree, configs) in &root.configs {
        let mut known = prefixes.remove(tree.as_str()).unwrap_or_default();
        known.extend(&of_disabled);
        unused_below(configs, &mut Vec::new(), &known, &tree.replace('-', "_"), &mut unused);
    }
    unused.sort();
    unused
}

/// The path of a node, and all that it is below.
fn all_prefixes(fqn: &[String]) -> impl Iterator<Item = &[String]> {
    (0..=fqn.len()).map(|length| &fqn[..length])
}

/// A level of the tree is unused if it configures something and no node is below it.
fn unused_below(
    level: &Object,
    path: &mut Vec<String>,
    known: &HashSet<&[String]>,
    tree: &str,
    unused: &mut Vec<String>,
) {
    let is_folder = |(key, value): (&String, &Json)| value.is_object() && !key.starts_with('+');
    if level.iter().any(|entry| !is_folder(entry)) && !known.contains(path.as_slice()) {
        let name: Vec<&str> = std::iter::once(tree).chain(path.iter().map(String::as_str)).collect();
        unused.push(name.join("."));
    }
    for (key, value) in level.iter().filter(|entry| is_folder(*entry)) {
        let Json::Object(inner) = value else { continue };
        path.push(key.clone());
        unused_below(inner, path, known, tree, unused);
        path.pop();
    }
}

/// The warning about templates that use `modules.itertools`, which dbt will take away.
pub(super) fn itertools(nodes: &[Node]) -> Option<Warning> {
    let node = nodes.iter().find(|node| node.raw_code.contains("modules.itertools"))?;
    let text = format!(
        "{} uses modules.itertools, which is deprecated; use zip(), zip_strict() or loops",
        node.original_file_path
    );
    let words = "Usage of itertools modules is deprecated. Please use the built-in functions instead.";
    Some(Warning::new(WarningKind::ModulesItertoolsUsageDeprecation, text).in_dbts_words(words))
}

/// Groups that are there twice, and nodes whose group is not there.
pub(super) fn groups(groups: &[Group], nodes: &[Node], errors: &mut Vec<Error>) {
    for (index, group) in groups.iter().enumerate() {
        if let Some(other) = groups[..index].iter().find(|other| other.unique_id() == group.unique_id()) {
            errors.push(
                Error::new(format!("there are two groups '{}'", group.name))
                    .at_line(&group.original_file_path, group.line)
                    .hint(format!("the other one is {}:{}", other.original_file_path, other.line)),
            );
        }
    }
    let known: BTreeSet<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    // As under dbt, that of a test is not looked for.
    for node in nodes.iter().filter(|node| node.resource_type() != ResourceType::Test) {
        let Some(group) = node.group().filter(|group| !known.contains(group.as_str())) else { continue };
        let known_groups = known.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let error = Error::new(format!(
            "{} '{}': there is no group '{group}'",
            node.resource_type().name(),
            node.name
        ))
        .in_dbts_words(format!("Invalid group '{group}', expected one of [{known_groups}]"))
        .at_line(&node.original_file_path, node.line);
        errors.push(match nearest(&group, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint("define it under `groups:` in a properties file, with its owner"),
        });
    }
}

const ACCESS: &[&str] = &["private", "protected", "public"];

/// Who refers to a model that is private to a group, or protected in a package that restricts access.
pub(super) fn access(projects: &[&DbtProject], nodes: &[Node], graph: &Graph, errors: &mut Vec<Error>) {
    let restricted = |package: &str| {
        projects.iter().skip(1).any(|project| project.name == package && project.restrict_access)
    };
    for (index, target) in nodes.iter().enumerate() {
        let Some(access) = target.access() else { continue };
        let place = |error: Error| error.at_line(&target.original_file_path, target.line);
        if !ACCESS.contains(&access) {
            let error = Error::new(format!("model '{}' has the access '{access}'", target.name));
            errors.push(place(error.hint("access is private, protected or public")));
            continue;
        }
        if access == "public" {
            if target.is_ephemeral() {
                let error = Error::new(format!("model '{}' is public and ephemeral", target.name));
                errors.push(place(error.hint(
                    "what others may use must be in the database: give it another materialization or access",
                )));
            }
            continue;
        }
        for &child in &graph.children[index] {
            let node = &nodes[child];
            // Tests that YAML declares on a model belong to it, and unit tests may give rows for whatever it reads.
            let own_test = node.unit_test().is_some()
                || node
                    .generic_test()
                    .is_some_and(|test| test.attached_node.as_deref() == Some(target.unique_id.as_str()));
            let abroad = node.package_name != target.package_name && restricted(&target.package_name);
            let refused = match access {
                "private" => {
                    !own_test && (node.group().is_none() || node.group() != target.group() || abroad)
                }
                _ => abroad,
            };
            if !refused {
                continue;
            }
            let scope = match access {
                "private" => match target.group() {
                    Some(group) => format!("the group '{group}'"),
                    None => "its group, and it has none".to_owned(),
                },
                _ => format!("the package '{}'", target.package_name),
            };
            errors.push(
                Error::new(format!(
                    "{} '{}' may not refer to '{}', which is {access} to {scope}",
                    node.resource_type().name(),
                    node.name,
                    target.name
                ))
                .at_line(&node.original_file_path, node.line)
                .hint(match access {
                    "private" => {
                        "put it into the same group (`group:` under config), or make the model protected"
                    }
                    _ => "the package must make the model public for others to use it",
                }),
            );
        }
    }
}

/// Finds what the constraints and tests of each model make its key.
pub(super) fn primary_keys(nodes: &mut [Node], disabled: &[Node]) {
    /// Columns with a `unique` test, switched on and off, and those with `not_null`.
    #[derive(Default)]
    struct Tested {
        unique: BTreeSet<String>,
        unique_but_off: BTreeSet<String>,
        not_null: BTreeSet<String>,
    }
    let mut tested: HashMap<String, Tested> = HashMap::new();
    for node in nodes.iter().chain(disabled) {
        let Some(test) = node.generic_test() else { continue };
        let Some(model) = &test.attached_node else { continue };
        let columns: Vec<String> =
            match (test.kwargs.get("column_name"), test.kwargs.get("combination_of_columns")) {
                (Some(Json::String(column)), _) => vec![column.clone()],
                (_, Some(Json::Array(columns))) => {
                    columns.iter().filter_map(Json::as_str).map(str::to_owned).collect()
                }
                _ => continue,
            };
        let of_model = tested.entry(model.clone()).or_default();
        match test.name.as_str() {
            "unique" | "unique_combination_of_columns" if node.is_enabled() => {
                of_model.unique.extend(columns)
            }
            "unique" | "unique_combination_of_columns" => of_model.unique_but_off.extend(columns),
            "not_null" => of_model.not_null.extend(columns),
            _ => {}
        }
    }
    let is_key = |constraint: &Json| constraint.get("type").and_then(Json::as_str) == Some("primary_key");
    for node in nodes.iter_mut().filter(|node| node.resource_type() == ResourceType::Model) {
        let constraint = node.constraints.iter().find(|constraint| is_key(constraint));
        let column = node.columns.iter().find(|column| column.constraints.iter().any(is_key));
        let key = if let Some(constraint) = constraint {
            crate::json_values::strings(constraint.get("columns"))
        } else if let Some(column) = column {
            vec![column.name.clone()]
        } else if let Some(tested) = tested.get(&node.unique_id) {
            let both: Vec<String> = tested
                .not_null
                .iter()
                .filter(|column| tested.unique.contains(*column) || tested.unique_but_off.contains(*column))
                .cloned()
                .collect();
            if !both.is_empty() {
                both
            } else if !tested.unique.is_empty() {
                tested.unique.iter().cloned().collect()
            } else {
                tested.unique_but_off.iter().cloned().collect()
            }
        } else {
            Vec::new()
        };
        if let Some(model) = node.model_mut() {
            model.primary_key = key;
        }
    }
}

/// Warnings about models past their day, and about who refers to models that have one.
pub(super) fn deprecated(nodes: &[Node], graph: &Graph, now: jiff::Timestamp) -> Vec<Warning> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut out = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let Some(written) = node.model().and_then(|model| model.deprecation_date.as_ref()) else { continue };
        let Some(date) = written.get(..10).and_then(|day| day.parse::<jiff::civil::Date>().ok()) else {
            continue;
        };
        let is_over = date <= today;
        let name = node.described_as();
        let version = node.version.clone().unwrap_or_default();
        if is_over {
            let text =
                format!("model '{name}' has passed its deprecation date of {date}; disable or remove it");
            let data = json!({"model_name": node.name, "model_version": version, "deprecation_date": date.to_string()});
            let words = format!(
                "Model {name} has passed its deprecation date of {date}T00:00:00+00:00. This model should be disabled or removed."
            );
            out.push(Warning::new(WarningKind::DeprecatedModel, text).with(data).in_dbts_words(words));
        }
        let kind = if is_over {
            WarningKind::DeprecatedReference
        } else {
            WarningKind::UpcomingReferenceDeprecation
        };
        let when = if is_over { "was deprecated on" } else { "will be deprecated on" };
        for child in graph.children[index].iter().map(|child| &nodes[*child]) {
            if child.resource_type() == ResourceType::Test {
                continue;
            }
            let text = format!("'{}' refers to '{name}', which {when} {date}", child.name);
            let data = json!({
                "model_name": child.name, "ref_model_package": node.package_name, "ref_model_name": node.name,
                "ref_model_version": version, "ref_model_deprecation_date": date.to_string(),
            });
            out.push(Warning::new(kind, text).with(data));
        }
    }
    out
}
