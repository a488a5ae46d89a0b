//! The contracts of a folder.

use super::described::Described;
use super::reader::Reader;
use crate::contract::Contract;
use ingot_core::error::{Context, Error, Result};
use ingot_core::yaml;
use std::path::{Path, PathBuf};

/// The feeds of a folder that can be loaded, in the order of the files' names.
///
/// # Errors
/// As [`read_all`], and that none of them can be loaded.
pub fn load_all(schemas: &Path) -> Result<Vec<Contract>> {
    let mut contracts = Vec::new();
    let mut why = None;
    for described in read_all(schemas)? {
        match described.contract {
            Ok(contract) => contracts.push(contract),
            Err(error) => why = why.or(Some(error)),
        }
    }
    match why {
        Some(error) if contracts.is_empty() => Err(error),
        _ => Ok(contracts),
    }
}

/// What the contracts of a folder describe: `*.odcs.yaml`, and other YAML files that say `kind: DataContract`, in the
/// order of their names.
///
/// # Errors
/// The folder is missing or has no contract, a file is not a valid contract, or two describe one feed.
pub fn read_all(schemas: &Path) -> Result<Vec<Described>> {
    let files = contract_files(schemas)?;
    let mut all: Vec<Described> = Vec::with_capacity(files.len());
    for file in &files {
        for described in read_file(file)? {
            if let Some(other) = all.iter().find(|other| other.name == described.name) {
                return Err(described.also_in(other));
            }
            all.push(described);
        }
    }
    Ok(all)
}

/// The contracts of a folder, in the order of their names.
///
/// # Errors
/// The folder is missing, or has no contract.
pub fn contract_files(schemas: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(schemas).map_err(|error| {
        Error::new("cannot read the folder of the contracts").at(schemas).caused_by(error).hint(
            "run this inside a project (`ingot init DIR --from PATH` makes one for your files), or name the project with --project-dir",
        )
    })?;
    let files = contracts_among(entries, schemas)?;
    if files.is_empty() {
        return Err(Error::new("no contract (*.odcs.yaml) in the folder")
            .at(schemas)
            .hint("run `ingot contract infer PATH` to write contracts for the files in a folder"));
    }
    Ok(files)
}

/// The contracts of a folder, of which there may be none, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub fn contracts_in(folder: &Path) -> Result<Vec<PathBuf>> {
    contracts_among(
        std::fs::read_dir(folder).or_cannot_at("read the folder of the contracts", folder)?,
        folder,
    )
}

fn contracts_among(entries: std::fs::ReadDir, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.or_cannot_at("read the folder of the contracts", folder)?.path();
        if is_contract(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file is a contract, by its name or by what it says of itself.
fn is_contract(file: &Path) -> bool {
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return false };
    is_contract_text(name, || std::fs::read_to_string(file).unwrap_or_default())
}

/// Whether a file of this name, with a text that is only asked for if the name does not say it, is a contract.
pub fn is_contract_text(name: &str, text: impl FnOnce() -> String) -> bool {
    if name.starts_with('.') || !(name.ends_with(".yaml") || name.ends_with(".yml")) {
        return false;
    }
    if name.ends_with(".odcs.yaml") || name.ends_with(".odcs.yml") {
        return true;
    }
    text().lines().any(|line| {
        let mut parts = line.splitn(2, ':').map(|part| part.trim().trim_matches(['"', '\'']));
        match (parts.next(), parts.next()) {
            (Some("kind"), Some(kind)) => kind.split([' ', '#', '"', '\'']).next() == Some("DataContract"),
            (Some("dataContractSpecification"), Some(_)) => true,
            _ => false,
        }
    })
}

/// What one contract describes: a feed for each object of its schema.
///
/// # Errors
/// The file cannot be read, or is not a valid contract: the error shows the line.
pub fn read_file(file: &Path) -> Result<Vec<Described>> {
    let text = std::fs::read_to_string(file).or_cannot_at("read the contract", file)?;
    read_text(&text, file)
}

/// As [`read_file`], for a text that is or was in this file.
///
/// # Errors
/// The text is not a valid contract: the error shows the line.
pub fn read_text(text: &str, file: &Path) -> Result<Vec<Described>> {
    let document = yaml::parse(text, file)?;
    Reader { text, file }.described(&document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{DataType, Freshness, Partition, Relationship};

    fn schemas() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
    }

    #[test]
    fn the_eleven_feeds_are_read() {
        let contracts = load_all(&schemas()).unwrap();
        let names: Vec<&str> = contracts.iter().map(|contract| contract.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "customers",
                "events",
                "exchange_rates",
                "orders_header",
                "orders_lines",
                "products",
                "returns",
                "sensors",
                "shipments",
                "stores",
                "suppliers"
            ]
        );
        let lines = &contracts[4];
        assert_eq!(
            lines.primary_key().iter().map(|column| column.name.as_str()).collect::<Vec<_>>(),
            ["order_id", "line_number"]
        );
        assert_eq!(
            lines.column("unit_price").unwrap().1.data_type,
            DataType::Decimal { precision: 12, scale: 4 }
        );
        assert_eq!(lines.partitions, [Partition { name: "order_dt".into(), data_type: DataType::Date }]);
        assert_eq!(lines.freshness, Some(Freshness { warn_after_hours: 12.0, error_after_hours: 24.0 }));
        assert!(lines.relationships.contains(&Relationship {
            columns: vec!["product_id".into()],
            table: "products".into(),
            to: vec!["product_id".into()],
        }));
    }

    #[test]
    fn every_reference_is_to_a_column_that_exists() {
        let contracts = load_all(&schemas()).unwrap();
        let mut seen = 0;
        for relationship in contracts.iter().flat_map(|contract| &contract.relationships) {
            let target = contracts.iter().find(|contract| contract.name == relationship.table).unwrap();
            for name in &relationship.to {
                assert!(target.column(name).is_some(), "{}.{name}", relationship.table);
                seen += 1;
            }
        }
        assert!(seen > 5, "{seen}");
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        let text = std::fs::read_to_string(schemas().join("suppliers.odcs.yaml")).unwrap();
        for (from, to, message) in [
            (
                "logicalType: integer\n        physicalType: i32",
                "physicalType: whole",
                "the type 'whole' is not known",
            ),
            ("primaryKey: true", "primarykey: true", "the standard has no 'primarykey' here"),
            ("logicalType: boolean", "logicalType: string", "is a boolean, but logicalType says string"),
            ("apiVersion: v3.1.0", "apiVersion: v2.2.2", "this is ODCS v2.2.2"),
            ("value: evolve", "value: ignore", "'ignore' is not one of evolve, freeze, discard"),
            ("format: csv", "format: cvs", "'cvs' is not one of"),
            ("path: suppliers.csv", "path: ../suppliers.csv", "should be relative"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = read_text(&text.replacen(from, to, 1), Path::new("suppliers.odcs.yaml")).unwrap_err();
            assert!(error.message().contains(message), "{error}");
            assert!(error.place().unwrap().excerpt.is_some(), "{error}");
        }
    }
}
