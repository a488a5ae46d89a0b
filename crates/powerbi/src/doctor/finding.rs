//! What the examination says.

use ingot_core::error::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Good,
    /// Works, but not for everybody or not for long.
    Warning,
    /// Does not work.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `project`, `warehouse`, `published`, `lake`, `disk`, `locks`.
    pub area: &'static str,
    pub health: Health,
    pub what: String,
    /// What to do; every finding that is not good has it.
    pub advice: Option<String>,
}

impl Finding {
    pub(super) fn good(area: &'static str, what: impl Into<String>) -> Self {
        Self { area, health: Health::Good, what: what.into(), advice: None }
    }

    pub(super) fn warning(area: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { area, health: Health::Warning, what: what.into(), advice: Some(advice.into()) }
    }

    pub(super) fn bad(area: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { area, health: Health::Bad, what: what.into(), advice: Some(advice.into()) }
    }

    /// An error that prevented the look, with its own advice if it has one.
    pub(super) fn from_error(area: &'static str, error: &Error, advice: &str) -> Self {
        Self::bad(area, error.to_string(), error.hint_text().unwrap_or(advice))
    }
}
