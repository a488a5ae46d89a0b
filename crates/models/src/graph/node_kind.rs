//! What makes a node a model, a test, a source, an exposure or a unit test.

use crate::graph::batch::Batch;
use crate::graph::function::Function;
use crate::graph::resource_type::ResourceType;
use crate::graph::semantics::metric::Metric;
use crate::graph::semantics::saved_query::SavedQuery;
use crate::graph::semantics::semantic_model::SemanticModel;
use crate::json_values::Object;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::sync::Arc;

/// The kind of a node, with what only nodes of this kind have.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum NodeKind {
    Model(Box<ModelDetails>),
    Seed,
    Snapshot,
    Analysis,
    /// A hook of the run, or a query of the command line.
    Operation,
    /// A data test: one that is declared on a node or source, or (`None`) a file of its own.
    Test(Option<Box<GenericTest>>),
    Source(Box<SourceTable>),
    Exposure(Box<Exposure>),
    /// `None` if the tested model is disabled: then nothing more is known of it.
    UnitTest(Option<Arc<UnitTest>>),
    /// Of these three `None` stands for one of which nothing is known yet.
    Metric(Option<Box<Metric>>),
    SemanticModel(Option<Box<SemanticModel>>),
    SavedQuery(Option<Box<SavedQuery>>),
    Function(Box<Function>),
}

impl NodeKind {
    /// A node of which nothing is known yet but its type.
    pub(crate) fn new(resource_type: ResourceType) -> Self {
        match resource_type {
            ResourceType::Model => Self::Model(Box::default()),
            ResourceType::Seed => Self::Seed,
            ResourceType::Snapshot => Self::Snapshot,
            ResourceType::Analysis => Self::Analysis,
            ResourceType::Operation => Self::Operation,
            ResourceType::Test => Self::Test(None),
            ResourceType::Source => Self::Source(Box::default()),
            ResourceType::Exposure => Self::Exposure(Box::default()),
            ResourceType::UnitTest => Self::UnitTest(None),
            ResourceType::Metric => Self::Metric(None),
            ResourceType::SemanticModel => Self::SemanticModel(None),
            ResourceType::SavedQuery => Self::SavedQuery(None),
            ResourceType::Function => Self::Function(Box::default()),
        }
    }

    pub(crate) fn resource_type(&self) -> ResourceType {
        match self {
            Self::Model(_) => ResourceType::Model,
            Self::Seed => ResourceType::Seed,
            Self::Snapshot => ResourceType::Snapshot,
            Self::Analysis => ResourceType::Analysis,
            Self::Operation => ResourceType::Operation,
            Self::Test(_) => ResourceType::Test,
            Self::Source(_) => ResourceType::Source,
            Self::Exposure(_) => ResourceType::Exposure,
            Self::UnitTest(_) => ResourceType::UnitTest,
            Self::Metric(_) => ResourceType::Metric,
            Self::SemanticModel(_) => ResourceType::SemanticModel,
            Self::SavedQuery(_) => ResourceType::SavedQuery,
            Self::Function(_) => ResourceType::Function,
        }
    }
}

/// What only models have.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ModelDetails {
    pub(crate) latest_version: Option<String>,
    /// After this day, whoever refers to the model is warned.
    pub(crate) deprecation_date: Option<String>,
    /// `time_spine:` of its properties, as the manifest has it.
    pub(crate) time_spine: Option<Json>,
    /// The columns that its constraints or tests make a key.
    pub(crate) primary_key: Vec<String>,
    /// While one batch of a microbatch model is computed.
    #[serde(skip)]
    pub(crate) batch: Option<Batch>,
}

/// What makes a node a generic test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GenericTest {
    /// `unique`, without `test_`.
    pub name: String,
    pub namespace: Option<String>,
    /// The arguments as written, Jinja unrendered; `model` is one of them.
    pub kwargs: Object,
    pub column_name: Option<String>,
    /// The node it is declared on; `None` for a source.
    pub attached_node: Option<String>,
    pub file_key_name: String,
}

/// What makes a node a source table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SourceTable {
    pub source_name: String,
    pub identifier: String,
    pub loader: String,
    pub source_description: String,
    /// What a query reads in its place, if it is outside the database.
    pub external: Option<String>,
    /// `external:` as the manifest has it.
    pub described_external: Option<Json>,
    /// `database` and `schema` as written, with their templates.
    pub unrendered: [Option<String>; 2],
    pub quoting: Object,
    pub loaded_at_field: Option<String>,
    pub loaded_at_query: Option<String>,
    /// `warn_after`, `error_after`, `filter`; null where freshness is switched off.
    pub freshness: Json,
    pub source_meta: Object,
}

/// What makes a node an exposure: something outside that reads models.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Exposure {
    /// `dashboard`, `notebook`, `analysis`, `ml` or `application`.
    pub kind: String,
    pub label: Option<String>,
    pub maturity: Option<String>,
    pub url: Option<String>,
    /// `name`, `email`, and what else is given.
    pub owner: Object,
}

/// The rows that a unit test puts in the place of an input, or expects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum FixtureRows {
    /// Rows of a YAML list or of CSV: each a mapping from column to value.
    Rows(Vec<Json>),
    /// A query, with its Jinja unrendered.
    Sql(String),
}

/// `given:` of a unit test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GivenInput {
    /// As written: `ref('a')`, `source('a', 'b')`, `this`.
    pub written: String,
    /// Of the node whose rows it replaces.
    pub unique_id: String,
    pub rows: FixtureRows,
}

/// What is to be said of an input of a unit test that is not there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WrongInput {
    pub what: String,
    pub dbts_words: Option<String>,
    pub hint: Option<String>,
}

/// What makes a node a unit test of a model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UnitTest {
    /// The model as the file names it.
    pub model: String,
    pub tested: String,
    pub given: Vec<GivenInput>,
    /// An input that is not there: the test fails when it runs, and alone.
    pub wrong_input: Option<WrongInput>,
    pub expect: FixtureRows,
    /// Macros, variables and environment variables that have another value while the model is rendered.
    pub macros: Object,
    pub vars: Object,
    pub env_vars: Object,
    /// `given`, `expect`, `overrides` and `versions` as dbt's manifest has them.
    pub definition: Object,
}
