//! The feeds that are asked for, and their raw files.

use crate::options::LoadOptions;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::{Error, Result, nearest};

/// The contracts of the feeds in `options`, of all feeds if it names none.
///
/// # Errors
/// No contracts, or a feed that is unknown.
pub(crate) fn chosen_contracts(options: &LoadOptions) -> Result<Vec<Contract>> {
    let mut contracts = ingot_contract::load_all(&options.schemas)?;
    for name in &options.tables {
        if !contracts.iter().any(|contract| contract.name == *name) {
            let names: Vec<&str> = contracts.iter().map(|contract| contract.name.as_str()).collect();
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("the feeds are: {}", names.join(", ")),
            };
            return Err(Error::new(format!("there is no feed '{name}'")).hint(hint));
        }
    }
    if !options.tables.is_empty() {
        contracts.retain(|contract| options.tables.contains(&contract.name));
    }
    Ok(contracts)
}

/// The raw files of each contract.
///
/// # Errors
/// No raw folder, or no file in it that belongs to a feed.
pub(crate) fn raw_files<'c>(
    contracts: &'c [Contract],
    options: &LoadOptions,
) -> Result<Vec<(&'c Contract, Vec<RawFile>)>> {
    const HINT: &str = "run `ingot generate` for synthetic data, or name the folder with --raw";
    if !options.raw.is_dir() {
        return Err(Error::new("there is no raw data yet: the folder does not exist")
            .at(&options.raw)
            .hint(HINT));
    }
    let mut feeds = Vec::new();
    for contract in contracts {
        feeds.push((contract, contract.raw_files(&options.raw)?));
    }
    if feeds.iter().all(|(_, files)| files.is_empty()) {
        return Err(Error::new("there is no raw data yet: no file in the folder belongs to a feed")
            .at(&options.raw)
            .hint(HINT));
    }
    Ok(feeds)
}
