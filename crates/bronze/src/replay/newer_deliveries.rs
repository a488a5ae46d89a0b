//! Rejects whose key was delivered again since.
//!
//! What counts is which delivery is newer, not which row was loaded last: a row that is loaded late has the newest
//! `ingestion_ts` of its key, and would replace newer data wherever the newest row of a key counts.

use crate::commit::LoadedFiles;
use ingot_contract::Contract;
use ingot_core::error::Result;
use ingot_engine::{EngineOptions, Session, name_literal, text_literal};
use ingot_lake::{DeltaTable, NewFile};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// The file and number of a row.
pub(super) type RowId = (String, u64);

/// Those of the rows in `written` (data files below `folder`, not committed) whose key has a row of a newer delivery, in the
/// table or among `written`. Without a primary key there are none.
pub(super) fn superseded(
    table: Option<&DeltaTable>,
    folder: &Path,
    written: &[NewFile],
    contract: &Contract,
    loaded: &LoadedFiles,
) -> Result<BTreeSet<RowId>> {
    let key: Vec<String> = contract.primary_key().iter().map(|column| name_literal(&column.name)).collect();
    if key.is_empty() || written.is_empty() {
        return Ok(BTreeSet::new());
    }
    let key = key.join(", ");
    let engine = EngineOptions::in_memory().open()?;
    let mut session = engine.session()?;
    // When each file was delivered, and which rows of the table were loaded later than they were delivered.
    let deliveries = loaded
        .files
        .values()
        .map(|delivery| format!("({}, {})", text_literal(&delivery.file.path), moment(delivery.at)));
    fill(session.as_mut(), "deliveries", "src_filename varchar, delivered_ts timestamptz", deliveries)?;
    let times: HashMap<(&str, &str), i64> = loaded
        .earlier
        .iter()
        .chain(loaded.files.values())
        .map(|delivery| ((delivery.key.as_str(), delivery.file.path.as_str()), delivery.at))
        .collect();
    let mut came_back = Vec::new();
    for record in &loaded.changing_commits {
        for replayed in &record.replayed {
            let Some(at) = times.get(&(replayed.rejects.as_str(), replayed.file.as_str())) else { continue };
            let (file, loaded, at) = (text_literal(&replayed.file), moment(record.ingestion_ts), moment(*at));
            came_back.extend(replayed.rows.iter().map(|row| format!("({file}, {row}, {loaded}, {at})")));
        }
    }
    let columns =
        "src_filename varchar, src_row_number bigint, ingestion_ts timestamptz, delivered_ts timestamptz";
    fill(session.as_mut(), "came_back", columns, came_back.into_iter())?;

    let is_partitioned = !contract.partitions.is_empty();
    let files: Vec<String> = written.iter().map(|file| path_text(&folder.join(&file.relative))).collect();
    let open = read(&files, is_partitioned);
    let live: Vec<String> = match table {
        Some(table) => table.files()?.iter().map(|file| path_text(&file.path)).collect(),
        None => Vec::new(),
    };
    let in_table = match live.is_empty() {
        true => format!("select {key}, delivered_ts from open where false"),
        false => format!(
            "select {key}, coalesce(came_back.delivered_ts, loaded.ingestion_ts) as delivered_ts
             from {} as loaded
             left join came_back using (src_filename, src_row_number, ingestion_ts)
             semi join open using ({key})",
            read(&live, is_partitioned)
        ),
    };
    let found = session.query(&format!(
        "with open as materialized (
             select {key}, src_filename, src_row_number, deliveries.delivered_ts
             from {open} inner join deliveries using (src_filename)
         ),
         newest as (
             select {key}, max(delivered_ts) as newest_ts
             from (select {key}, delivered_ts from open union all {in_table})
             group by {key}
         )
         select src_filename, src_row_number
         from open inner join newest using ({key})
         where newest_ts > delivered_ts"
    ))?;
    let id = |row: &Vec<ingot_engine::Cell>| {
        let number = row.get(1).and_then(ingot_engine::Cell::as_i64)?;
        Some((row.first()?.to_string(), u64::try_from(number).ok()?))
    };
    Ok(found.rows.iter().filter_map(id).collect())
}

/// A temporary table with these rows.
fn fill(
    session: &mut dyn Session,
    table: &str,
    columns: &str,
    rows: impl Iterator<Item = String>,
) -> Result<()> {
    session.execute(&format!("create temp table {table} ({columns})"))?;
    let rows: Vec<String> = rows.collect();
    for some in rows.chunks(1000) {
        session.execute(&format!("insert into {table} values {}", some.join(", ")))?;
    }
    Ok(())
}

fn moment(microseconds: i64) -> String {
    format!("make_timestamptz({microseconds})")
}

fn read(files: &[String], is_partitioned: bool) -> String {
    let files: Vec<String> = files.iter().map(|file| text_literal(file)).collect();
    format!(
        "read_parquet([{}], hive_partitioning = {is_partitioned}, hive_types_autocast = false, union_by_name = true)",
        files.join(", ")
    )
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
