//! JSON Schemas for editors: of contracts, `generate.yaml`, `dbt_project.yml` and dbt's property files. They are made of the
//! tables that the files are read with, so that an editor offers what ingot takes.

use ingot_core::error::{Context as _, Error, Result};
use ingot_core::project::Project;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A schema, and the files that it is for.
#[derive(Debug)]
pub struct EditorSchema {
    /// The name of its file.
    pub file: &'static str,
    /// Where the project's files are that it is for, relative to the project.
    pub of: &'static str,
    pub schema: Value,
}

/// The schemas for a project.
///
/// # Errors
/// Its contracts or settings are wrong.
pub fn editor_schemas(project: &Project) -> Result<Vec<EditorSchema>> {
    let mut schemas = Vec::new();
    let contracts = project.schemas();
    if contracts.is_dir() {
        let schema = ingot_contract::standard::editor_schema()?;
        schemas.push(EditorSchema { file: "contract.json", of: "schemas/*.odcs.yaml", schema });
        let settings = Some(project.generate_settings()).filter(|file| file.is_file());
        let schema = ingot_generate::settings_schema(&contracts, settings.as_deref())?;
        schemas.push(EditorSchema { file: "generate.json", of: "generate.yaml", schema });
    }
    let schema = ingot_models::project_schema();
    schemas.push(EditorSchema { file: "dbt_project.json", of: "dbt_project.yml", schema });
    let schema = ingot_models::properties_schema();
    schemas.push(EditorSchema { file: "properties.json", of: "models/**/*.yml", schema });
    Ok(schemas)
}

/// Writes schemas into a folder. Returns their files.
///
/// # Errors
/// The folder cannot be written.
pub fn write_schemas(schemas: &[EditorSchema], folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
    schemas
        .iter()
        .map(|one| {
            let file = folder.join(one.file);
            let text = serde_json::to_string_pretty(&one.schema)
                .map_err(|error| Error::defect("a schema cannot be written").caused_by(error))?;
            std::fs::write(&file, text + "\n").or_cannot_at("write the schema", &file)?;
            Ok(file)
        })
        .collect()
}
