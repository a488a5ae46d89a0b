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
        }
    }
    /// Whether `ref()` may point at it.
    pub(crate) fn can_be_referred_to(self) -> bool {
        matches!(self, Self::Model | Self::Seed | Self::Snapshot)
    }
}
