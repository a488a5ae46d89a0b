//! `ingot schema`.

use super::exit::Exit;
use super::global::Global;
use crate::editor_schemas::{editor_schemas, write_schemas};
use ingot_core::error::Result;
use ingot_core::report::Event;
use std::path::PathBuf;

/// Write JSON Schemas with which editors complete and check the project's YAML files
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The schemas are of contracts, generate.yaml, dbt_project.yml and dbt's property files. Editors with the YAML \
                  language server take them from a first line such as\n  \
                  # yaml-language-server: $schema=../.ingot/schemas/contract.json\n\
                  or from their settings. Run it again after an update of ingot, or when contracts change."
)]
pub(super) struct Arguments {
    /// Folder of the schemas [default: .ingot/schemas in the project]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let folder = arguments.out.clone().unwrap_or_else(|| project.root().join(".ingot").join("schemas"));
    let schemas = editor_schemas(&project)?;
    let files = write_schemas(&schemas, &folder)?;
    let lines =
        schemas.iter().zip(&files).map(|(schema, file)| format!("{}  for {}", file.display(), schema.of));
    let line = lines.collect::<Vec<_>>().join("\n");
    global.reporter().report(Event::Result { line });
    Ok(Exit::Success)
}
