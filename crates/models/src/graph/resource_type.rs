//! The types of nodes, under dbt's names.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum ResourceType {
    Model,
    Seed,
    Snapshot,
    Test,
    Analysis,
    Operation,
    Source,
    Exposure,
    UnitTest,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
}

impl ResourceType {
    /// As dbt writes it in unique ids and artifacts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Analysis => "analysis",
            Self::Operation => "operation",
            Self::Source => "source",
            Self::Exposure => "exposure",
            Self::UnitTest => "unit_test",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::Function => "function",
        }
    }
    /// Whether it is in the graph for others' sake alone, and has nothing to run: exposures and the semantic layer.
    pub(crate) fn is_only_described(self) -> bool {
        self == Self::Exposure || self.is_semantic()
    }
    /// Whether it belongs to the semantic layer.
    pub(crate) fn is_semantic(self) -> bool {
        matches!(self, Self::Metric | Self::SemanticModel | Self::SavedQuery)
    }
    /// Whether `ref()` may point at it.
    pub(crate) fn can_be_referred_to(self) -> bool {
        matches!(self, Self::Model | Self::Seed | Self::Snapshot)
    }
}
