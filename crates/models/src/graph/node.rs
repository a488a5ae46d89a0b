//! The nodes of the graph: what models, seeds, snapshots, tests, sources and hooks have in common.

use crate::graph::batch::Batch;
use crate::graph::column::Column;
use crate::graph::function::Function;
use crate::graph::node_kind::{Exposure, GenericTest, ModelDetails, NodeKind, SourceTable, UnitTest};
use crate::graph::resource_type::ResourceType;
use crate::graph::semantics::metric::Metric;
use crate::graph::semantics::saved_query::SavedQuery;
use crate::graph::semantics::semantic_model::SemanticModel;
use crate::json_values::{Object, strings, text};
use crate::relations::name_parts::NameParts;
use crate::relations::relation::Relation;
use ingot_engine::Dialect;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;

/// `ref('name')`, `ref('package', 'name', version=2)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct RefCall {
    pub package: Option<String>,
    pub name: String,
    /// The version of the model, or of the model that a unit test tests.
    pub version: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Node {
    pub unique_id: String,
    pub name: String,
    pub kind: NodeKind,
    pub package_name: String,
    /// Relative to the folder of models (tests, seeds, …), with `/`.
    pub path: String,
    /// Relative to the package's root, with `/`.
    pub original_file_path: String,
    /// The file itself.
    pub file: PathBuf,
    /// The line of the file where this node begins (a test in YAML, a snapshot block); 1 for a whole file.
    pub line: usize,
    pub raw_code: String,
    pub fqn: Vec<String>,
    pub alias: String,
    /// Empty where the engine has no databases.
    pub database: String,
    pub schema: String,
    pub dialect: Dialect,
    /// Whether database, schema and identifier are quoted in SQL.
    pub quote: NameParts,
    /// Shared by all nodes that are configured the same.
    #[serde(skip)]
    pub config: Arc<Object>,
    /// Tags beside those of the config: those of a test's column or source, the kind of a hook.
    pub own_tags: Vec<String>,
    /// The group of the model that a test is declared on.
    pub inherited_group: Option<String>,
    /// What the project file, the properties and `config(...)` say, without defaults; the Jinja of the project file as written.
    #[serde(skip)]
    pub unrendered_config: Arc<Object>,
    pub description: String,
    /// The docs blocks that the description is made of, by unique id.
    pub doc_blocks: Vec<String>,
    pub columns: Vec<Column>,
    /// `package://file` of the YAML that describes it.
    pub patch_path: Option<String>,
    pub refs: Vec<RefCall>,
    pub sources: Vec<(String, String)>,
    /// `metric('name')` and `metric('package', 'name')`, as often as they were called.
    pub metrics: Vec<Vec<String>>,
    /// The same of `function(…)`.
    pub functions: Vec<Vec<String>>,
    /// Unique ids, in the order of first mention.
    pub depends_on: Vec<String>,
    pub depends_on_macros: Vec<String>,
    pub constraints: Vec<Json>,
    /// The version of the model, or of the model that a unit test tests.
    pub version: Option<String>,
    /// SHA-256 of the raw code, in hex.
    pub checksum: String,
    pub build_path: Option<String>,
    /// Whether this is a test that keeps the rows it finds, in a relation of its own.
    pub stores_failures: bool,
    /// Whether rendering read the clock or another value that changes between runs, so that the node is rendered again
    /// in every run.
    pub volatile: bool,
}

impl Node {
    /// A node with nothing in it but what its file says.
    pub(crate) fn new(dialect: Dialect, resource_type: ResourceType, package: &str, name: &str) -> Self {
        Self {
            unique_id: format!("{}.{package}.{name}", resource_type.name()),
            name: name.to_owned(),
            kind: NodeKind::new(resource_type),
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
            dialect,
            quote: NameParts::ALL,
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
            metrics: Vec::new(),
            functions: Vec::new(),
            depends_on: Vec::new(),
            depends_on_macros: Vec::new(),
            constraints: Vec::new(),
            version: None,
            checksum: String::new(),
            build_path: None,
            stores_failures: false,
            volatile: false,
        }
    }
    pub(crate) fn resource_type(&self) -> ResourceType {
        self.kind.resource_type()
    }
    /// What only models have.
    pub(crate) fn model(&self) -> Option<&ModelDetails> {
        match &self.kind {
            NodeKind::Model(details) => Some(details),
            _ => None,
        }
    }
    pub(crate) fn model_mut(&mut self) -> Option<&mut ModelDetails> {
        match &mut self.kind {
            NodeKind::Model(details) => Some(details),
            _ => None,
        }
    }
    pub(crate) fn source(&self) -> Option<&SourceTable> {
        match &self.kind {
            NodeKind::Source(source) => Some(source),
            _ => None,
        }
    }
    pub(crate) fn exposure(&self) -> Option<&Exposure> {
        match &self.kind {
            NodeKind::Exposure(exposure) => Some(exposure),
            _ => None,
        }
    }
    pub(crate) fn metric(&self) -> Option<&Metric> {
        match &self.kind {
            NodeKind::Metric(metric) => metric.as_deref(),
            _ => None,
        }
    }
    pub(crate) fn semantic_model(&self) -> Option<&SemanticModel> {
        match &self.kind {
            NodeKind::SemanticModel(model) => model.as_deref(),
            _ => None,
        }
    }
    pub(crate) fn saved_query(&self) -> Option<&SavedQuery> {
        match &self.kind {
            NodeKind::SavedQuery(query) => query.as_deref(),
            _ => None,
        }
    }
    pub(crate) fn function(&self) -> Option<&Function> {
        match &self.kind {
            NodeKind::Function(function) => Some(function),
            _ => None,
        }
    }
    /// The declaration of a data test that is not a file of its own.
    pub(crate) fn generic_test(&self) -> Option<&GenericTest> {
        match &self.kind {
            NodeKind::Test(test) => test.as_deref(),
            _ => None,
        }
    }
    pub(crate) fn unit_test(&self) -> Option<&Arc<UnitTest>> {
        match &self.kind {
            NodeKind::UnitTest(test) => test.as_ref(),
            _ => None,
        }
    }
    /// The batch of a microbatch model that is being computed.
    pub(crate) fn batch(&self) -> Option<&Batch> {
        self.model()?.batch.as_ref()
    }
    pub(crate) fn materialized(&self) -> &str {
        self.config.get("materialized").and_then(Json::as_str).unwrap_or("view")
    }
    pub(crate) fn is_enabled(&self) -> bool {
        self.config.get("enabled").and_then(Json::as_bool).unwrap_or(true)
    }
    pub(crate) fn is_ephemeral(&self) -> bool {
        self.resource_type() == ResourceType::Model && self.materialized() == "ephemeral"
    }
    /// `sql`, `python` or `javascript`, by the file's ending.
    pub(crate) fn language(&self) -> &'static str {
        match self.original_file_path.rsplit_once('.') {
            Some((_, "py")) => "python",
            Some((_, "js")) => "javascript",
            _ => "sql",
        }
    }
    /// A model in Python, which can be read about and not run.
    pub(crate) fn is_python(&self) -> bool {
        self.resource_type() == ResourceType::Model && self.original_file_path.ends_with(".py")
    }
    pub(crate) fn tags(&self) -> Vec<String> {
        let mut all = self.own_tags.clone();
        all.extend(strings(self.config.get("tags")).into_iter().filter(|tag| !self.own_tags.contains(tag)));
        all
    }
    pub(crate) fn group(&self) -> Option<String> {
        text(&self.config, "group").or_else(|| self.inherited_group.clone())
    }
    /// `private`, `protected` or `public`; `None` for what is not a model.
    pub(crate) fn access(&self) -> Option<&str> {
        (self.resource_type() == ResourceType::Model)
            .then(|| self.config.get("access").and_then(Json::as_str).unwrap_or("protected"))
    }
    /// The name under which properties describe it: that of a version has the version in it.
    pub(crate) fn described_as(&self) -> String {
        described_as(&self.name, self.version.as_deref())
    }
    /// Whether it makes something in the database that others select from.
    pub(crate) fn is_relational(&self) -> bool {
        matches!(self.resource_type(), ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot)
            && !self.is_ephemeral()
    }
    /// `package.source.table`.
    pub(crate) fn fqn_of_source(&self) -> String {
        let source = self.source().map(|source| source.source_name.as_str()).unwrap_or_default();
        format!("{}.{source}.{}", self.package_name, self.name)
    }
    /// `"db"."schema"."name"`, as dbt's manifest has it.
    pub(crate) fn relation_name(&self) -> Option<String> {
        if let Some(external) = self.source().and_then(|source| source.external.clone()) {
            return Some(external);
        }
        let is_relation =
            self.is_relational() || self.resource_type() == ResourceType::Source || self.stores_failures;
        let identifier = self.source().map_or(&self.alias, |source| &source.identifier);
        is_relation.then(|| {
            let mut relation = Relation::new(
                self.dialect,
                Some(&self.database),
                Some(&self.schema),
                Some(identifier.as_str()),
            );
            relation.quote = self.quote;
            relation.render()
        })
    }
}

/// The name under which properties describe a model, or one version of it.
pub(crate) fn described_as(name: &str, version: Option<&str>) -> String {
    version.map_or_else(|| name.to_owned(), |version| format!("{name}.v{version}"))
}

/// A path without its first folder, such as `models/`.
pub(crate) fn below_first_folder(path: &str) -> String {
    path.split_once('/').map_or(path, |(_, inner)| inner).to_owned()
}
