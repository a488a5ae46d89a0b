//! Tables of the warehouse from their copies in the lake, after the database was lost or damaged.
//!
//! A table that comes back is compared with the sum over its rows that the copy's commit keeps: the rows are those that
//! were copied, with the columns and types of the model.

use crate::connection::Connection;
use crate::lake::column_types::{self, Column, path_text};
use crate::lake::content::{columns_of, content, content_of, rows_of};
use crate::lake::copied::Copied;
use crate::relations::relation::quoted;
use ingot_core::error::{Error, Kind, Result};
use ingot_engine::{Cell, text_literal};
use ingot_lake::{DeltaTable, LiveFile, VerifiedFiles, Verify};

/// Whether there is a copy of a table in the lake.
pub(crate) fn has_copy(copied: &Copied) -> bool {
    DeltaTable::exists(&copied.side("delta"))
}

/// Makes the table of the warehouse what its copy is, in the transaction of the connection. Gives its rows.
///
/// # Errors
/// The copy is damaged, another program has written to it in a way that is not read here, or the rows are not those that
/// were copied.
pub(crate) fn recover(
    copied: &Copied,
    connection: &mut Connection,
    known: &mut VerifiedFiles,
) -> Result<u64> {
    let root = copied.side("delta");
    let table = copied.open()?;
    let files = table.files()?;
    refuse_unreadable(copied, &table, &files, known)?;
    let columns = match columns_of(&table)? {
        Some(columns) => columns,
        None => stored_columns(connection, &files)?,
    };
    let schema = quoted(&copied.node.schema);
    connection.execute(&format!("create schema if not exists {schema}"), true)?;
    drop_what_is_there(copied, connection)?;
    let names: Vec<String> = columns.iter().map(Column::read_back).collect();
    connection.execute(
        &format!("create table {} as select {} from {}", copied.relation, names.join(", "), read(&files)),
        true,
    )?;
    let now = column_types::columns(connection, &copied.relation)?;
    let found = content(connection, &copied.relation, &now, "true")?;
    if let Some(copy) = content_of(&table)?.filter(|copy| *copy != found) {
        return Err(Error::new(format!(
            "{} came back from the lake with other rows than were copied: {found} instead of {copy}",
            copied.label()
        ))
        .of_kind(Kind::Data)
        .at(&root)
        .hint("an earlier version may be readable: list them with `ingot lake history`"));
    }
    Ok(rows_of(&found))
}

fn refuse_unreadable(
    copied: &Copied,
    table: &DeltaTable,
    files: &[LiveFile],
    known: &mut VerifiedFiles,
) -> Result<()> {
    if files.iter().any(LiveFile::has_deletion_vector) || !table.partition_columns()?.is_empty() {
        return Err(Error::new(
            "the copy was written by another program, with partitions or deletion vectors",
        )
        .at(table.root()));
    }
    let hashes = table.hashes()?;
    for file in files {
        let hash = hashes.get(&file.relative).map(String::as_str);
        if let Some(damage) = known.damage(&file.path, file.bytes, hash, Verify::All) {
            let hint = copied.table().map_or_else(String::new, |table| {
                format!(
                    "restore an earlier version: `ingot lake history {0}`, `ingot lake restore {0}`",
                    table.label()
                )
            });
            return Err(Error::new(format!(
                "a data file of the copy of {} is damaged: {damage}",
                copied.label()
            ))
            .of_kind(Kind::Data)
            .at(&file.path)
            .hint(hint));
        }
    }
    Ok(())
}

fn read(files: &[LiveFile]) -> String {
    let list: Vec<String> = files.iter().map(|file| text_literal(&path_text(&file.path))).collect();
    format!("read_parquet([{}], hive_partitioning = false, union_by_name = true)", list.join(", "))
}

/// The columns as they are in the files, where no commit says what the model had.
fn stored_columns(connection: &mut Connection, files: &[LiveFile]) -> Result<Vec<Column>> {
    column_types::columns(connection, &format!("select * from {}", read(files)))
}

/// A table or view of that name that is damaged, or not what the copy is.
fn drop_what_is_there(copied: &Copied, connection: &mut Connection) -> Result<()> {
    let found = connection.query(
        &format!(
            "select table_type from information_schema.tables where table_catalog = current_database() \
             and lower(table_schema) = lower({}) and lower(table_name) = lower({})",
            text_literal(&copied.node.schema),
            text_literal(&copied.node.alias)
        ),
        true,
    )?;
    let kind = match found.first().map(Cell::to_string).as_deref() {
        Some("VIEW") => "view",
        Some(_) => "table",
        None => return Ok(()),
    };
    connection.execute(&format!("drop {kind} {}", copied.relation), true).map(drop)
}
