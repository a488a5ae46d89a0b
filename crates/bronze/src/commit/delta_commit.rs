//! Enters a commit into the Delta log: the one moment at which a load becomes true.

use super::commit_record::CommitRecord;
use super::old_versions::memory_for_next;
use super::table_paths::TablePaths;
use ingot_contract::Contract;
use ingot_core::error::Result;
use ingot_core::fs::make_durable;
use ingot_lake::arrow::datatypes::Schema;
use ingot_lake::{CHECKPOINT_INTERVAL, Changes, DeltaTable, TableDefinition};

/// Makes the commit. If there is no table, it is created with it, with the columns in `changes`.
///
/// What the commit names must be on the disk before it. The commit itself is before this returns.
pub(super) fn commit_to_delta(
    paths: &TablePaths,
    table: Option<DeltaTable>,
    contract: &Contract,
    changes: Changes,
    record: &CommitRecord,
) -> Result<DeltaTable> {
    let table = match table {
        Some(mut table) => {
            let operation = if changes.remove.is_empty() { "WRITE" } else { "MERGE" };
            let record = CommitRecord { memory: memory_for_next(&table)?, ..record.clone() };
            table.commit(changes, &record.details(operation)?)?;
            table
        }
        None => create(paths, contract, changes, record)?,
    };
    make_durable(&[table.log_file()], &paths.lake)?;
    Ok(table)
}

fn create(
    paths: &TablePaths,
    contract: &Contract,
    changes: Changes,
    record: &CommitRecord,
) -> Result<DeltaTable> {
    let definition = definition(&paths.table, contract, changes.schema.as_ref());
    DeltaTable::create_with(&paths.delta(), &definition, changes.add, &record.details("CREATE TABLE")?)
}

/// The table of a feed, with its columns if they are not those of the contract. Its properties keep other programs from shortening
/// its log, which remembers what was loaded.
pub(crate) fn definition(name: &str, contract: &Contract, schema: Option<&Schema>) -> TableDefinition {
    TableDefinition {
        name: name.to_owned(),
        schema: schema.cloned().unwrap_or_else(|| contract.lake_schema()),
        partition_columns: contract.partitions.iter().map(|partition| partition.name.clone()).collect(),
        properties: vec![
            ("delta.enableExpiredLogCleanup".to_owned(), "false".to_owned()),
            ("delta.checkpointInterval".to_owned(), CHECKPOINT_INTERVAL.to_string()),
        ],
        id: None,
    }
}
