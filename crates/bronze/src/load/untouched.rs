//! A table of which nothing was loaded yet. The first load of a feed makes it, also where it can take no file, so that models and
//! tests find the contract's columns. Such a table holds nobody to its columns: until something is loaded, it is what the contract
//! says now.

use crate::commit::{LoadedFiles, OpenTable, Run, TablePaths};
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Result};
use ingot_lake::arrow::datatypes::{DataType, Schema};
use ingot_lake::{DeltaTable, forget_log_copies};

/// Takes away a table of which nothing was loaded and that is not what the contract says now, so that this load makes it again. A
/// dry run only passes it over.
///
/// # Errors
/// Its log cannot be read, or its folder cannot be removed.
pub(super) fn without_outdated(
    run: &Run<'_>,
    contract: &Contract,
    paths: &TablePaths,
    table: OpenTable,
) -> Result<OpenTable> {
    let Some(delta) = &table.delta else { return Ok(table) };
    if !is_untouched(delta, &table.loaded)? || is_as_agreed(delta, contract)? {
        return Ok(table);
    }
    if !run.options.dry_run {
        let folder = paths.delta();
        forget_log_copies(&folder)?;
        std::fs::remove_dir_all(&folder).or_cannot_at("remove the folder", &folder)?;
    }
    Ok(OpenTable { delta: None, loaded: table.loaded })
}

fn is_untouched(delta: &DeltaTable, loaded: &LoadedFiles) -> Result<bool> {
    let took_nothing =
        loaded.files.is_empty() && loaded.newest.is_none() && loaded.changing_commits.is_empty();
    Ok(took_nothing && delta.version() == 0 && delta.files()?.is_empty())
}

fn is_as_agreed(delta: &DeltaTable, contract: &Contract) -> Result<bool> {
    let partitions = contract.partitions.iter().map(|partition| &partition.name);
    let (found, agreed) = (delta.schema()?, contract.lake_schema());
    Ok(types(&found) == types(&agreed) && delta.partition_columns()?.iter().eq(partitions))
}

fn types(columns: &Schema) -> Vec<(&String, &DataType)> {
    columns.fields().iter().map(|field| (field.name(), field.data_type())).collect()
}
