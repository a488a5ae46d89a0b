//! A domain: its name, who owns it, and the roles that go with it.

use ingot_core::error::{Context as _, Result};

/// A domain and who owns it.
#[derive(Debug, Clone)]
pub struct Domain {
    pub name: String,
    /// The name of its team or owner.
    pub owner: String,
    pub email: Option<String>,
}

impl Domain {
    /// Who may read what the domain publishes.
    pub fn readers(&self) -> String {
        format!("{}_readers", self.name)
    }

    /// Who builds it.
    pub fn engineers(&self) -> String {
        format!("{}_engineers", self.name)
    }
}

/// A text of YAML, in double quotes, as JSON writes it.
pub(super) fn quoted(text: &str) -> Result<String> {
    serde_json::to_string(text).or_cannot("write the text")
}
