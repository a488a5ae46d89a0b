//! JSON Schemas for editors, made of the tables that the files are read with.

use crate::project::project_contract;
use crate::project::properties::read;
use serde_json::Value as Json;

/// The schema of `dbt_project.yml`.
pub fn project_schema() -> Json {
    project_contract::json_schema()
}

/// The schema of files with properties.
pub fn properties_schema() -> Json {
    read::json_schema()
}
