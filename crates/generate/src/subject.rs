//! What a project's data is about: the retail world that ingot knows, or what the contracts describe.

use crate::retail;
use crate::settings;
use ingot_contract::Contract;
use ingot_core::error::Result;
use std::path::Path;

/// Which generator a project has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The retail world.
    Retail,
    /// Whatever the contracts describe.
    Contracts,
}

impl Subject {
    /// As `generate.yaml` writes them, under `world`.
    pub(crate) const ALL: [(&'static str, Self); 2] =
        [("retail", Self::Retail), ("contracts", Self::Contracts)];

    /// That of a project, by its settings (`world: …` in `generate.yaml`). Without them, one that has the contracts of all
    /// feeds of the retail world is about it.
    ///
    /// # Errors
    /// The contracts or the settings cannot be read.
    pub fn of_project(schemas: &Path, settings: Option<&Path>) -> Result<Self> {
        match settings.map(settings::stated_subject).transpose()?.flatten() {
            Some(subject) => Ok(subject),
            None => Ok(Self::of_contracts(&ingot_contract::load_all(schemas)?)),
        }
    }

    pub(crate) fn of_contracts(contracts: &[Contract]) -> Self {
        let has = |feed: &str| contracts.iter().any(|contract| contract.name == feed);
        if retail::feeds().all(has) { Self::Retail } else { Self::Contracts }
    }

    /// The size of the data if nobody says another. Contracts say themselves how many rows they have.
    pub fn default_scale(self) -> f64 {
        match self {
            Self::Retail => 0.01,
            Self::Contracts => 1.0,
        }
    }

    /// The days of a window if nobody says how many.
    pub fn default_days(self) -> u32 {
        match self {
            Self::Retail => retail::default_window().days.unsigned_abs(),
            Self::Contracts => 30,
        }
    }
}
