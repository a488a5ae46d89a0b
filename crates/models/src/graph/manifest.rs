//! All nodes of a project, and how `ref` and `source` find theirs.

use crate::graph::dag::Graph;
use crate::graph::group::Group;
use crate::graph::node::{Node, RefCall};
use crate::graph::property_entry::Entry;
use crate::graph::resource_type::ResourceType;
use crate::json_values::Object;
use ingot_core::error::nearest;
use std::collections::HashMap;

/// What parsing gives, and running reads.
pub(crate) struct Manifest {
    pub nodes: Vec<Node>,
    /// Over `nodes`, by the same indexes.
    pub graph: Graph,
    pub lookup: Lookup,
    /// Nodes that are switched off, for messages and artifacts.
    pub disabled: Vec<Node>,
    pub groups: Vec<Group>,
    /// What properties say of macros: descriptions and arguments.
    pub macro_patches: Vec<Entry>,
    /// `selectors.yml` as written, for the artifact.
    pub selectors: Object,
}

impl Manifest {
    pub(crate) fn index_of(&self, unique_id: &str) -> Option<usize> {
        self.graph.index_of(unique_id)
    }
    pub(crate) fn node(&self, unique_id: &str) -> Option<&Node> {
        self.index_of(unique_id).map(|index| &self.nodes[index])
    }
}

/// Names to nodes.
#[derive(Default)]
pub(crate) struct Lookup {
    by_name: HashMap<String, Vec<Referable>>,
    sources: HashMap<(String, String), Vec<(String, String)>>,
    /// Metrics and functions by their kind and name: packages and unique ids.
    others: HashMap<(ResourceType, String), Vec<(String, String)>>,
    disabled: HashMap<String, String>,
    /// Whether a name is looked for in the node's own package before the root project.
    own_package_first: bool,
}

struct Referable {
    unique_id: String,
    package: String,
    version: Option<String>,
    is_latest: bool,
}

/// Why a name was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotFound {
    Disabled(String),
    Unknown { near: Option<String> },
    NoSuchVersion { versions: Vec<String> },
}

impl Lookup {
    /// `own_package_first` is dbt's flag `require_ref_searches_node_package_before_root`.
    pub(crate) fn new(nodes: &[Node], disabled: &[Node], own_package_first: bool) -> Self {
        let mut lookup = Self { own_package_first, ..Self::default() };
        for node in nodes {
            if let Some(source) = node.source() {
                lookup
                    .sources
                    .entry((source.source_name.clone(), node.name.clone()))
                    .or_default()
                    .push((node.package_name.clone(), node.unique_id.clone()));
            } else if node.resource_type().can_be_referred_to() {
                let latest = node.model().and_then(|model| model.latest_version.as_ref());
                lookup.by_name.entry(node.name.clone()).or_default().push(Referable {
                    unique_id: node.unique_id.clone(),
                    package: node.package_name.clone(),
                    version: node.version.clone(),
                    is_latest: node.version.is_none() || node.version.as_ref() == latest,
                });
            } else if is_found_by_kind(node.resource_type()) {
                let key = (node.resource_type(), node.name.clone());
                let entry = (node.package_name.clone(), node.unique_id.clone());
                lookup.others.entry(key).or_default().push(entry);
            }
        }
        for node in disabled {
            let name = match node.source() {
                Some(source) => format!("{}.{}", source.source_name, node.name),
                None if is_found_by_kind(node.resource_type()) => by_kind(node.resource_type(), &node.name),
                None => node.name.clone(),
            };
            lookup.disabled.insert(name, node.original_file_path.clone());
        }
        lookup
    }

    /// The unique id that a `ref` in a node of `package` means.
    pub(crate) fn resolve_ref(&self, call: &RefCall, package: &str, root: &str) -> Result<&str, NotFound> {
        let all = self.by_name.get(&call.name).map(Vec::as_slice).unwrap_or_default();
        let packages = self.packages(call.package.as_deref(), package, root);
        let mut versions = Vec::new();
        for wanted in packages {
            for candidate in
                all.iter().filter(|candidate| wanted.is_none_or(|wanted| candidate.package == wanted))
            {
                let fits = match &call.version {
                    Some(version) => candidate.version.as_ref() == Some(version),
                    None => candidate.is_latest,
                };
                if fits {
                    return Ok(&candidate.unique_id);
                }
                versions.extend(candidate.version.clone().filter(|version| !versions.contains(version)));
            }
        }
        if call.version.is_some() && !versions.is_empty() {
            return Err(NotFound::NoSuchVersion { versions });
        }
        Err(self.missing(&call.name, self.by_name.keys().map(String::as_str)))
    }

    /// The highest version of a model, by number if all are numbers.
    pub(crate) fn highest_version(&self, name: &str, package: &str) -> Option<&str> {
        let number = |version: &str| version.parse::<f64>().ok();
        let versions = self.by_name.get(name).into_iter().flatten().filter(|one| one.package == package);
        versions.filter_map(|one| one.version.as_deref()).max_by(|a, b| match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => a.cmp(b),
        })
    }

    /// The unique id of a source's table.
    pub(crate) fn resolve_source(
        &self,
        source: &str,
        table: &str,
        package: &str,
        root: &str,
    ) -> Result<&str, NotFound> {
        let key = (source.to_owned(), table.to_owned());
        if let Some(all) = self.sources.get(&key) {
            for wanted in self.packages(None, package, root) {
                let found = all.iter().find(|(owner, _)| wanted.is_none_or(|wanted| owner == wanted));
                if let Some((_, id)) = found {
                    return Ok(id);
                }
            }
        }
        let names: Vec<String> =
            self.sources.keys().map(|(source, table)| format!("{source}.{table}")).collect();
        Err(self.missing(&format!("{source}.{table}"), names.iter().map(String::as_str)))
    }

    /// The unique id of the metric or function that `metric('name')` or `function('package', 'name')` means.
    pub(crate) fn resolve_by_kind(
        &self,
        kind: ResourceType,
        call: &[String],
        package: &str,
        root: &str,
    ) -> Result<&str, NotFound> {
        let (given, name) = match call {
            [package, name] => (Some(package.as_str()), name.as_str()),
            [name] => (None, name.as_str()),
            _ => (None, ""),
        };
        let all = self.others.get(&(kind, name.to_owned())).map(Vec::as_slice).unwrap_or_default();
        for wanted in self.packages(given, package, root) {
            let found = all.iter().find(|(owner, _)| wanted.is_none_or(|wanted| owner == wanted));
            if let Some((_, id)) = found {
                return Ok(id);
            }
        }
        if let Some(file) = self.disabled.get(&by_kind(kind, name)) {
            return Err(NotFound::Disabled(file.clone()));
        }
        let known = self.others.keys().filter(|(other, _)| *other == kind).map(|(_, name)| name.as_str());
        Err(NotFound::Unknown { near: nearest(name, known).map(str::to_owned) })
    }

    /// The packages in which a name is looked for, in their order; `None` is all of them.
    fn packages<'a>(&self, given: Option<&'a str>, package: &'a str, root: &'a str) -> Vec<Option<&'a str>> {
        match given {
            Some(given) => vec![Some(given)],
            None if package == root => vec![Some(root), None],
            None if self.own_package_first => vec![Some(package), Some(root), None],
            None => vec![Some(root), Some(package), None],
        }
    }

    fn missing<'a>(&self, name: &str, known: impl Iterator<Item = &'a str>) -> NotFound {
        match self.disabled.get(name) {
            Some(file) => NotFound::Disabled(file.clone()),
            None => NotFound::Unknown { near: nearest(name, known).map(str::to_owned) },
        }
    }
}

/// Whether nodes of this type have names of their own, beside those of models.
fn is_found_by_kind(kind: ResourceType) -> bool {
    kind == ResourceType::Function || kind.is_semantic()
}

fn by_kind(kind: ResourceType, name: &str) -> String {
    format!("{}:{name}", kind.name())
}

/// The sentence and the hint about a `ref` or `source` that leads nowhere.
pub(crate) fn explain(what: &str, reason: &NotFound) -> (String, Option<String>) {
    match reason {
        NotFound::Disabled(file) => {
            (format!("{what} is disabled ({file})"), Some("enable it, or take this reference out".to_owned()))
        }
        NotFound::Unknown { near: Some(near) } => {
            (format!("{what} was not found"), Some(format!("did you mean '{near}'?")))
        }
        NotFound::Unknown { near: None } => (format!("{what} was not found"), None),
        NotFound::NoSuchVersion { versions } => {
            (format!("{what} has no such version"), Some(format!("its versions: {}", versions.join(", "))))
        }
    }
}

/// `ref('a')`, as it was written.
pub(crate) fn ref_text(call: &RefCall) -> String {
    let package = call.package.as_ref().map(|package| format!("'{package}', ")).unwrap_or_default();
    let version = call.version.as_ref().map(|version| format!(", version={version}")).unwrap_or_default();
    format!("ref({package}'{}'{version})", call.name)
}
