//! The contracts of a folder.

use super::reader::Reader;
use crate::contract::Contract;
use ingot_core::error::{Error, Result};
use ingot_core::yaml;
use std::path::Path;

/// Every contract (`*.odcs.yaml`) in the folder, in the order of their names.
///
/// # Errors
/// The folder is missing or empty, a file is not such a contract, or two describe one feed.
pub fn load_all(schemas: &Path) -> Result<Vec<Contract>> {
    let entries = std::fs::read_dir(schemas).map_err(|error| {
        Error::new("cannot read the folder of the contracts").at(schemas).caused_by(error).hint(
            "run this inside a project (`ingot init DIR` makes one), or name the project with --project-dir",
        )
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| {
                Error::new("cannot read the folder of the contracts").at(schemas).caused_by(error)
            })?
            .path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(".odcs.yaml")) {
            files.push(path);
        }
    }
    files.sort();
    let mut contracts: Vec<Contract> = Vec::with_capacity(files.len());
    for file in &files {
        let contract = load(file)?;
        if let Some(other) = contracts.iter().find(|other| other.name == contract.name) {
            return Err(Error::new(format!("two contracts describe the feed '{}'", contract.name))
                .at(file)
                .hint(format!("the other is {}", other.file.display())));
        }
        contracts.push(contract);
    }
    if contracts.is_empty() {
        return Err(Error::new("no contract (*.odcs.yaml) in the folder").at(schemas));
    }
    Ok(contracts)
}

fn load(file: &Path) -> Result<Contract> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::new("cannot read the contract").at(file).caused_by(error))?;
    parse(&text, file)
}

fn parse(text: &str, file: &Path) -> Result<Contract> {
    let document = yaml::parse(text, file)?;
    Reader { text, file }.contract(&document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{DataType, Freshness, Partition};

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
        let product = lines.column("product_id").unwrap().1;
        assert_eq!(product.references, Some(("products".into(), "product_id".into())));
    }

    #[test]
    fn every_reference_is_to_a_column_that_exists() {
        let contracts = load_all(&schemas()).unwrap();
        for column in contracts.iter().flat_map(|contract| &contract.columns) {
            if let Some((feed, name)) = &column.references {
                let target = contracts.iter().find(|contract| contract.name == *feed).unwrap();
                assert!(target.column(name).is_some(), "{feed}.{name}");
            }
        }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        let text = std::fs::read_to_string(schemas().join("suppliers.odcs.yaml")).unwrap();
        for (from, to, message) in [
            ("physicalType: i32", "physicalType: int32", "'int32' is not one of"),
            ("logicalType: boolean", "logicalType: string", "is a boolean, but logicalType says string"),
            ("apiVersion: v3.1.0", "apiVersion: v2.2.2", "this is ODCS v2.2.2"),
            ("value: evolve", "value: ignore", "'ignore' is not one of evolve, freeze, discard"),
            ("format: csv", "format: cvs", "'cvs' is not one of"),
            ("path: suppliers.csv", "path: ../suppliers.csv", "should be relative"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = parse(&text.replacen(from, to, 1), Path::new("suppliers.odcs.yaml")).unwrap_err();
            assert!(error.message().contains(message), "{error}");
            assert!(error.place().unwrap().excerpt.is_some(), "{error}");
        }
    }
}
