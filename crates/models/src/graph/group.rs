//! Groups of models.

use crate::json_values::Object;
use serde::{Deserialize, Serialize};

/// A group of the project, whose models may be private to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub name: String,
    pub package_name: String,
    pub original_file_path: String,
    pub line: usize,
    pub owner: Object,
    pub description: Option<String>,
    pub config: Object,
}

impl Group {
    pub(crate) fn unique_id(&self) -> String {
        format!("group.{}.{}", self.package_name, self.name)
    }
}
