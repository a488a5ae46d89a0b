//! An entry of a property file that is kept as it is written.

use crate::json_values::Object;
use std::path::PathBuf;

/// An entry of a section that is kept as it is written: an exposure, a group, a macro.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Entry {
    pub name: String,
    pub package_name: String,
    pub file: PathBuf,
    pub original_file_path: String,
    pub line: usize,
    pub members: Object,
}
