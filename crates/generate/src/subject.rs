//! What a project's data is about: the retail world that ingot knows, or what the contracts describe.

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
            // Two years, of which one has a leap day.
            Self::Retail => 731,
            Self::Contracts => 30,
        }
    }
}
