//! The feeds that are asked for, and their raw files.

use crate::bucket::Shard;
use crate::options::LoadOptions;
use crate::summary::TableSummary;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::{Error, Kind, Result, nearest};
use ingot_core::report::Reporter;
use ingot_lake::LakeTable;
use std::collections::BTreeMap;
use std::path::Path;

/// The contracts of the feeds in `options`, of all feeds if it names none.
///
/// # Errors
/// No contracts, or a feed that is unknown or has no files.
pub(crate) fn chosen_contracts(options: &LoadOptions) -> Result<Vec<Contract>> {
    choose(options).map(|(contracts, _)| contracts)
}

/// As `chosen_contracts`, and warns of contracts that say nothing of files, and of what contracts say without effect.
pub fn contracts_to_load(options: &LoadOptions, reporter: &dyn Reporter) -> Result<Vec<Contract>> {
    let (contracts, without_files) = choose(options)?;
    for (name, why) in &without_files {
        reporter.warn(format!("{name}: nothing is loaded: {}", why.message()));
    }
    let mut notes: BTreeMap<&Path, Vec<String>> = BTreeMap::new();
    for contract in &contracts {
        let of_file = notes.entry(&contract.file).or_default();
        of_file.extend(contract.notes.iter().map(|note| format!("{}: {note}", contract.name)));
    }
    for (file, notes) in notes.into_iter().filter(|(_, notes)| !notes.is_empty()) {
        let shown = notes.iter().take(SHOWN_NOTES).map(String::as_str).collect::<Vec<_>>().join("; ");
        let more = match notes.len().saturating_sub(SHOWN_NOTES) {
            0 => String::new(),
            more => format!("; and {more} more, which `ingot contract check` lists"),
        };
        reporter.warn(format!("{}: {shown}{more}", file.file_name().unwrap_or_default().to_string_lossy()));
    }
    Ok(contracts)
}

/// Notes of a contract that a load shows.
const SHOWN_NOTES: usize = 5;

/// Feeds without files, by name, and why.
type WithoutFiles = Vec<(String, Error)>;

fn choose(options: &LoadOptions) -> Result<(Vec<Contract>, WithoutFiles)> {
    let (mut contracts, mut without_files) = (Vec::new(), Vec::new());
    for described in ingot_contract::read_all(&options.schemas)? {
        match described.contract {
            Ok(contract) => contracts.push(contract),
            Err(why) => without_files.push((described.name, why)),
        }
    }
    for name in &options.tables {
        if let Some(index) = without_files.iter().position(|(other, _)| other == name) {
            return Err(without_files.swap_remove(index).1);
        }
        if !contracts.iter().any(|contract| contract.name == *name) {
            let names: Vec<&str> = contracts.iter().map(|contract| contract.name.as_str()).collect();
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!(
                    "the feeds are: {}; `ingot contract infer PATH` writes the contract of another one",
                    names.join(", ")
                ),
            };
            return Err(Error::new(format!("there is no feed '{name}'")).hint(hint));
        }
    }
    if contracts.is_empty()
        && let Some((_, why)) = without_files.pop()
    {
        return Err(why);
    }
    if !options.tables.is_empty() {
        contracts.retain(|contract| options.tables.contains(&contract.name));
        without_files.clear();
    }
    Ok((contracts, without_files))
}

/// What is not found where no raw file is there: `what` of its [`Kind::NotFound`].
pub const RAW_DATA: &str = "raw data";

/// Refuses a bucket of which no object belongs to a feed, unless only a part of it was looked at.
///
/// # Errors
/// It is one.
pub(crate) fn refuse_without_files(tables: &[TableSummary], options: &LoadOptions) -> Result<()> {
    let is_empty = |table: &TableSummary| {
        table.error.is_none() && table.files.is_empty() && table.unnamed_unchanged == 0
    };
    match options.raw_bucket.is_some() && options.shard == Shard::WHOLE && tables.iter().all(is_empty) {
        true => Err(no_raw_data("no object in the bucket belongs to a feed", &options.raw)),
        false => Ok(()),
    }
}

fn no_raw_data(why: &str, folder: &Path) -> Error {
    let kind = Kind::NotFound { what: RAW_DATA, name: folder.display().to_string() };
    Error::new(format!("there is no raw data yet: {why}")).of_kind(kind).at(folder).hint(
        "run `ingot generate` for synthetic data, name the folder with --raw, or write contracts for your own files \
         with `ingot contract infer PATH`",
    )
}

/// Whether the lake has a table of this feed.
pub fn has_table(lake: &Path, feed: &str) -> bool {
    LakeTable { lake: lake.to_path_buf(), layer: "bronze".to_owned(), name: feed.to_owned() }.has_log()
}

/// The raw files of each contract.
///
/// # Errors
/// No raw folder, or no file in it that belongs to a feed.
pub(crate) fn raw_files<'c>(
    contracts: &'c [Contract],
    options: &LoadOptions,
) -> Result<Vec<(&'c Contract, Vec<RawFile>)>> {
    if !options.raw.is_dir() {
        return Err(no_raw_data("the folder does not exist", &options.raw));
    }
    let mut feeds = Vec::new();
    for contract in contracts {
        feeds.push((contract, contract.raw_files(&options.raw)?));
    }
    if feeds.iter().all(|(_, files)| files.is_empty()) {
        return Err(no_raw_data("no file in the folder belongs to a feed", &options.raw));
    }
    Ok(feeds)
}
