//! What is loaded into a lake in a bucket.

use super::memory::FileMemory;
use super::shard::Shard;
use crate::feeds::contracts_to_load;
use crate::options::LoadOptions;
use crate::text_table::text_table;
use ingot_core::error::Result;
use ingot_core::report::{Reporter, Table, thousands};
use ingot_lake::{Bucket, BucketTable};
use serde_json::{Value, json};

/// The tables of a lake in a bucket.
#[derive(Debug)]
pub struct BucketStatus {
    tables: Vec<BucketTableStatus>,
}

#[derive(Debug)]
struct BucketTableStatus {
    table: String,
    /// `None` if nothing was ever loaded.
    version: Option<u64>,
    rows: u64,
    data_files: u64,
    raw_files: usize,
    /// Microseconds since 1970.
    newest_load: Option<i64>,
}

/// Reads the tables' logs. Nothing is written.
///
/// # Errors
/// The contracts or the bucket cannot be read.
pub fn bucket_status(lake: &Bucket, options: &LoadOptions, reporter: &dyn Reporter) -> Result<BucketStatus> {
    let mut tables = Vec::new();
    for contract in contracts_to_load(options, reporter)? {
        let table = BucketTable::open(lake, &format!("bronze/delta/{}", contract.name))?;
        let memory = FileMemory::of(lake, &contract.name, &table, Shard::WHOLE, false)?;
        let (data_files, rows) = table.size()?;
        tables.push(BucketTableStatus {
            table: contract.name,
            version: table.version(),
            rows,
            data_files,
            raw_files: memory.len(),
            newest_load: memory.newest,
        });
    }
    Ok(BucketStatus { tables })
}

impl BucketStatus {
    /// One line a table.
    pub fn table(&self) -> Table {
        let rows = self.tables.iter().map(|table| {
            vec![
                table.table.clone(),
                table.version.map(|version| version.to_string()).unwrap_or_default(),
                thousands(table.rows),
                thousands(table.data_files),
                thousands(table.raw_files as u64),
                moment(table.newest_load, "%Y-%m-%d %H:%M:%S").unwrap_or_default(),
            ]
        });
        let names = ["table", "version", "rows", "data files", "raw files", "newest load (UTC)"];
        text_table("bronze", &names, rows.collect())
    }

    /// The same for programs. Fields may be added; existing fields are stable.
    pub fn json(&self) -> Value {
        let tables = self.tables.iter().map(|table| {
            json!({
                "table": table.table, "version": table.version, "rows": table.rows, "data_files": table.data_files,
                "files": table.raw_files, "newest_load": moment(table.newest_load, "%Y-%m-%dT%H:%M:%SZ"),
            })
        });
        json!({ "tables": tables.collect::<Vec<_>>() })
    }
}

fn moment(microseconds: Option<i64>, form: &str) -> Option<String> {
    let moment = jiff::Timestamp::from_microsecond(microseconds?).ok()?;
    Some(moment.strftime(form).to_string())
}
