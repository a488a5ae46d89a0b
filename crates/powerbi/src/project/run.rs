//! `ingot powerbi` and `ingot powerbi init`, step by step.

use super::definition::{self, Definition};
use super::files::{self, Written};
use super::model::ContractDescriptions;
use super::tmdl::OwnObjects;
use super::{model, proposal, report, tmdl};
use crate::dbt_manifest::DbtManifest;
use crate::warehouse::{WarehouseTable, schema_meant, schemas_of, tables_of};
use ingot_core::error::{Context, Error, Kind, Result};
use ingot_core::fs::{FolderLock, LockPurpose};
use ingot_engine::EngineOptions;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The name of the definition in the folder of the report.
pub(super) const DEFINITION: &str = "measures.yaml";

const WRITING: LockPurpose = LockPurpose {
    file: ".powerbi.lock",
    activity: "is writing the Power BI project",
    hint: "wait until it has ended",
    cannot_write: |folder, error| Error::new("cannot write to the folder").at(folder).caused_by(error),
};
/// How long one command waits for another.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub struct ProjectOptions {
    /// Where the project goes; `measures.yaml` is in it.
    pub folder: PathBuf,
    /// The DuckDB file whose tables it describes.
    pub warehouse: PathBuf,
    /// The folder `target` with the manifest of the last run.
    pub target: PathBuf,
    /// The folder of the contracts, if the project has any: they describe columns that models do not describe.
    pub schemas: PathBuf,
    /// Replace files that somebody has changed.
    pub overwrite: bool,
}

/// Waits until no other command writes the project.
fn alone(target: &Path) -> Result<FolderLock> {
    let begun = Instant::now();
    loop {
        match FolderLock::take(target, &WRITING) {
            Err(error) if *error.kind() == Kind::InUse && begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            lock => return lock,
        }
    }
}

/// Writes the project.
///
/// # Errors
/// The definition, the warehouse or the manifest is missing; the definition names what does not exist; a file was changed by
/// hand.
pub fn write(options: &ProjectOptions) -> Result<Written> {
    let file = options.folder.join(DEFINITION);
    let definition = definition::read(&file)?;
    let model = build_model(options, &definition, &file)?;
    // What another command has written and not recorded yet would look like somebody's own pages.
    let _alone = alone(&options.target)?;
    let (semantic, pages) =
        (format!("{}.SemanticModel", definition.name), format!("{}.Report", definition.name));
    let own = |below: &str, ending: &str| files::own_entries(&options.folder, below, ending);
    let own_objects = OwnObjects {
        tables: own(&format!("{semantic}/definition/tables"), ".tmdl")?,
        roles: own(&format!("{semantic}/definition/roles"), ".tmdl")?,
    };
    let own_pages = own(&format!("{pages}/definition/pages"), "")?;
    let mut all = shell(&definition)?;
    for (path, text) in tmdl::files(&definition, &model, &own_objects)? {
        all.push((format!("{semantic}/definition/{path}"), text));
    }
    for (path, value) in report::files(&definition, &file, &model, &own_pages)? {
        all.push((format!("{pages}/definition/{path}"), json_text(&value)?));
    }
    let theme = json_text(&report::theme(&definition))?;
    all.push((format!("{pages}/StaticResources/RegisteredResources/theme.json"), theme));
    files::write(&options.folder, &all, options.overwrite)
}

/// Proposes a definition for the star of a schema. Returns the file.
///
/// # Errors
/// There is one already, or no table refers to another.
pub fn init(options: &ProjectOptions, name: &str, schema: &str) -> Result<PathBuf> {
    let file = options.folder.join(DEFINITION);
    if file.exists() {
        return Err(Error::new("there is a definition already")
            .at(file)
            .hint("edit it, then run `ingot powerbi`; or move it away for a new proposal"));
    }
    let manifest = DbtManifest::read(&options.target)?;
    let relations = read_relations(&options.warehouse, schema)?;
    // As it is called in the warehouse, also if the person named it more briefly.
    let schema = relations.first().map_or(schema, |relation| &relation.schema);
    let text = proposal::propose(name, schema, &manifest.references(schema), &relations)?;
    std::fs::create_dir_all(&options.folder).or_cannot_at("make the folder", &options.folder)?;
    std::fs::write(&file, text).or_cannot_at("write the file", &file)?;
    Ok(file)
}

/// The model that the definition (in `file`) makes of the warehouse.
pub(super) fn build_model(
    options: &ProjectOptions,
    definition: &Definition,
    file: &Path,
) -> Result<model::Model> {
    let manifest = DbtManifest::read(&options.target)?;
    let mut contracts = ContractDescriptions::new();
    if options.schemas.is_dir() {
        for contract in ingot_contract::load_all(&options.schemas)? {
            for column in contract.columns.iter().filter(|column| !column.description.is_empty()) {
                let place = (contract.name.to_lowercase(), column.name.to_lowercase());
                contracts.insert(place, column.description.clone());
            }
        }
    }
    let relations = read_relations(&options.warehouse, &definition.schema)?;
    model::build(definition, file, &manifest, &contracts, &relations)
}

/// The tables and views of the schema of the warehouse that is meant by this name; at least one.
fn read_relations(warehouse: &Path, schema: &str) -> Result<Vec<WarehouseTable>> {
    if !warehouse.is_file() {
        return Err(Error::new("the warehouse is not there")
            .at(warehouse)
            .hint("run `ingot run-models` first, or name the file with --warehouse"));
    }
    let mut session = EngineOptions::existing_file(warehouse).open()?.session()?;
    let database =
        session.query("select current_database()")?.first().map(ToString::to_string).unwrap_or_default();
    let mut found = tables_of(session.as_mut(), &database)?;
    let schemas = schemas_of(&found);
    let Some(meant) = schema_meant(schema, &schemas) else {
        let hint = match schemas.is_empty() {
            true => "run `ingot run-models` first".to_owned(),
            false => {
                let there: Vec<&str> = schemas.iter().map(String::as_str).collect();
                format!(
                    "name another schema, or run `ingot run-models` first; there are: {}",
                    there.join(", ")
                )
            }
        };
        return Err(Error::new(format!("the schema '{schema}' has no tables")).at(warehouse).hint(hint));
    };
    found.retain(|table| table.schema == meant);
    Ok(found)
}

/// The files around model and report, by which Desktop finds them.
fn shell(definition: &Definition) -> Result<Vec<(String, String)>> {
    const SCHEMAS: &str = "https://developer.microsoft.com/json-schemas/fabric";
    let name = &definition.name;
    let platform = |kind: &str| {
        json!({
            "$schema": format!("{SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json"),
            "metadata": {"type": kind, "displayName": name},
            "config": {"version": "2.0", "logicalId": tmdl::lineage_tag(&format!("{kind} {name}"))}
        })
    };
    let files = [
        (
            format!("{name}.pbip"),
            json!({
                "$schema": format!("{SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json"),
                "version": "1.0",
                "artifacts": [{"report": {"path": format!("{name}.Report")}}],
                "settings": {"enableAutoRecovery": true}
            }),
        ),
        (
            format!("{name}.Report/definition.pbir"),
            json!({
                "$schema": format!("{SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json"),
                "version": "4.0",
                "datasetReference": {"byPath": {"path": format!("../{name}.SemanticModel")}}
            }),
        ),
        (
            format!("{name}.SemanticModel/definition.pbism"),
            json!({
                "$schema": format!("{SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json"),
                "version": "4.2",
                "settings": {}
            }),
        ),
        (format!("{name}.Report/.platform"), platform("Report")),
        (format!("{name}.SemanticModel/.platform"), platform("SemanticModel")),
    ];
    files.into_iter().map(|(path, value)| Ok((path, json_text(&value)?))).collect()
}

fn json_text(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Error::defect("a JSON document cannot be written").caused_by(error))
}
