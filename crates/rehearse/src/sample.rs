//! Which rows of a project are rehearsed: so many of each table, the newest first, and all rows that these refer to, so
//! that the time of a rehearsal does not depend on the size of the lake, and joins find what they find in it.

use crate::rows::{SourceRow, TableRows};
use crate::scratch::Scratch;
use ingot_contract::{AUDIT_COLUMNS, Column, Contract, DataType, Format, Relationship};
use ingot_core::error::Result;
use ingot_engine::{Cell, EngineOptions, Session, name_literal, text_literal};
use ingot_generate::Value;
use std::collections::BTreeSet;

/// So many rows of a table are taken, and those that they refer to.
const ENOUGH_ROWS: usize = 400;
/// So many of its newest rows at least, however many others refer to.
const NEWEST_ROWS: usize = 200;
/// Of a table in which nothing is planted, so many rows find what they refer to.
const ROWS_TO_JOIN: usize = 40;

/// Reads the sample of all these tables from bronze, as the lake of the project has it. Tables without rows, and those
/// that follow a Delta table, are not in it.
///
/// # Errors
/// The lake cannot be read.
pub(crate) fn sample(scratch: &Scratch, contracts: &[Contract]) -> Result<Vec<TableRows>> {
    // A table of the lake may have thousands of small files: they are read once.
    let database = EngineOptions::file(scratch.sampled_lake()).open()?;
    let mut session = database.session()?;
    let mut tables: Vec<TableRows> = Vec::new();
    for contract in contracts {
        let folder = scratch.project.lake().join("bronze/parquet").join(&contract.name);
        let pattern = folder.join("**/*.parquet");
        let copy = format!(
            "create table {} as select * from read_parquet({}, hive_partitioning = true, hive_types_autocast = false, union_by_name = true)",
            all(contract),
            text_literal(&pattern.to_string_lossy())
        );
        // A table without rows has no file.
        if session.execute(&copy).is_err() {
            continue;
        }
        let columns = session.query(&format!("select * from {} limit 0", all(contract)))?.columns;
        let mut known = contract.clone();
        for column in columns {
            let is_audit = AUDIT_COLUMNS.iter().any(|(name, _)| *name == column.name);
            let is_partition = contract.partitions.iter().any(|one| one.name == column.name);
            if !is_audit && !is_partition && contract.column(&column.name).is_none() {
                known.columns.push(Column::plain(&column.name, DataType::Str));
            }
        }
        tables.push(TableRows::new(known));
    }
    for place in order(&tables) {
        pick(session.as_mut(), &tables, place)?;
    }
    tables.retain(|table| table.contract.raw.format != Format::Delta);
    for table in &mut tables {
        read(session.as_mut(), table)?;
    }
    tables.retain(|table| table.count() > 0);
    Ok(tables)
}

fn all(contract: &Contract) -> String {
    name_literal(&format!("all {}", contract.name))
}

fn picked(name: &str) -> String {
    name_literal(&format!("picked {name}"))
}

/// Whether rows of the table are parts of a row of the other one, such as the lines of an order: the reference is in the
/// primary key.
fn is_part_of(table: &TableRows, reference: &Relationship) -> bool {
    let key = table.contract.primary_key();
    key.len() > reference.columns.len()
        && reference.columns.iter().all(|name| key.iter().any(|column| column.name == *name))
}

/// Tables after those that decide which of their rows are needed: what refers to a table comes before it, and parts come
/// after the whole.
fn order(tables: &[TableRows]) -> Vec<usize> {
    let mut waits_for: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); tables.len()];
    for (place, table) in tables.iter().enumerate() {
        for reference in &table.contract.relationships {
            let Some(to) = tables.iter().position(|other| other.contract.name == reference.table) else {
                continue;
            };
            if to == place {
                continue;
            }
            if is_part_of(table, reference) {
                waits_for[place].insert(to);
            } else {
                waits_for[to].insert(place);
            }
        }
    }
    let mut order = Vec::new();
    while order.len() < tables.len() {
        let left = (0..tables.len()).filter(|place| !order.contains(place));
        let ready = left.clone().find(|place| waits_for[*place].iter().all(|other| order.contains(other)));
        // In a circle any may be first.
        let Some(next) = ready.or_else(|| left.clone().next()) else { break };
        order.push(next);
    }
    order
}

/// Decides which rows of a table are taken: files and row numbers in a table of their own.
fn pick(session: &mut dyn Session, tables: &[TableRows], place: usize) -> Result<()> {
    let table = &tables[place];
    let name = &table.contract.name;
    let done: Vec<String> = session
        .query("select table_name from information_schema.tables where table_type = 'BASE TABLE'")?
        .rows
        .iter()
        .map(|row| row[0].to_string())
        .collect();
    let is_picked = |name: &str| done.contains(&format!("picked {name}"));
    let whole = table
        .contract
        .relationships
        .iter()
        .find(|one| is_part_of(table, one) && one.table != *name && is_picked(&one.table));
    let among = |own: &[String], other: &str, to: &[String]| {
        let texts = |names: &[String]| {
            let names: Vec<String> =
                names.iter().map(|one| format!("{}::varchar", name_literal(one))).collect();
            names.join(", ")
        };
        format!("({}) in (select ({}) from {})", texts(own), texts(to), picked(other))
    };
    let mut wanted: Vec<String> =
        whole.iter().map(|reference| among(&reference.columns, &reference.table, &reference.to)).collect();
    for other in tables {
        for reference in other.contract.relationships.iter().filter(|one| one.table == *name) {
            if is_picked(&other.contract.name) && table.places(&reference.to).is_some() {
                wanted.push(among(&reference.to, &other.contract.name, &reference.columns));
            }
        }
    }
    let (all, picked) = (all(&table.contract), picked(name));
    let wanted = if wanted.is_empty() { "false".to_owned() } else { wanted.join(" or ") };
    session.execute(&format!("create table {picked} as select * from {all} where {wanted}"))?;
    if whole.is_none() {
        let found = session.query(&format!("select count(*) from {picked}"))?.first().and_then(Cell::as_i64);
        let found = usize::try_from(found.unwrap_or(0)).unwrap_or(0);
        let more = match table.contract.raw.format {
            Format::Delta => ROWS_TO_JOIN,
            _ => ENOUGH_ROWS.saturating_sub(found).max(NEWEST_ROWS),
        };
        session.execute(&format!(
            "insert into {picked} by name select * from \
             (select * from {all} order by src_filename desc, src_row_number desc limit {more}) as newest \
             anti join {picked} as known using (src_filename, src_row_number)"
        ))?;
    }
    Ok(())
}

fn read(session: &mut dyn Session, table: &mut TableRows) -> Result<()> {
    let contract = &table.contract;
    let columns: Vec<String> = contract
        .columns
        .iter()
        .map(|column| {
            let name = name_literal(&column.name);
            match column.data_type {
                DataType::Binary => format!("base64({name})"),
                _ if column.data_type.is_nested() => format!("to_json({name})::varchar"),
                _ => format!("{name}::varchar"),
            }
        })
        .collect();
    let rows = session.query(&format!(
        "select src_filename, {} from {} order by src_filename, src_row_number",
        columns.join(", "),
        picked(&contract.name)
    ))?;
    for row in rows.rows {
        let mut cells = row.into_iter();
        let file = cells.next().map(|cell| cell.to_string()).unwrap_or_default();
        let values = contract
            .columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| value(&column.data_type, &cell))
            .collect();
        table.files.entry(file).or_default().push(SourceRow { values, is_clean: true });
    }
    Ok(())
}

fn value(data_type: &DataType, cell: &Cell) -> Value {
    if cell.is_null() {
        return Value::Null;
    }
    let text = cell.to_string();
    if data_type.is_nested() {
        return serde_json::from_str(&text).map_or(Value::Null, |json| Value::of_json(data_type, &json));
    }
    Value::parse(data_type, &text).unwrap_or(Value::Null)
}
