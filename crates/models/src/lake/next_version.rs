//! What the next version of a copy is made of. A table that changed a little is not written again as a whole:
//!
//! - If its first rows, in the order in which the engine keeps them, are the rows of the copy, the others are written to a
//!   file of their own. That is what an incremental model does that appends.
//! - Otherwise rows are told by their hashes. Files of the copy whose rows are all still there stay; the rows of the others,
//!   and the new ones, go into one file.
//!
//! A small copy is one file, and is written again. So is one whose files have become many.

use crate::connection::Connection;
use crate::lake::column_types::{self, Column, path_text};
use crate::lake::content::{columns_of, content, content_of, row_hash, rows_of};
use crate::relations::relation::quoted;
use ingot_core::error::Result;
use ingot_engine::{Cell, text_literal};
use ingot_lake::{DeltaTable, LiveFile, VerifiedFiles, Verify};
use std::collections::HashSet;

/// A copy that has fewer bytes is one file: to write it costs less than to compare it.
const ONE_FILE_BELOW: u64 = 1 << 20;
/// A copy of more files is written again as one.
const MOST_FILES: usize = 16;

/// What the next version has that this one has not.
#[derive(Debug)]
pub(crate) enum NextVersion {
    /// The copy has these rows already.
    Same,
    /// Files whose rows are not all there any more leave, and the rows that the others do not have come. `None`: no row
    /// does.
    Changed { leave: Vec<LiveFile>, rows: Option<String> },
}

/// The relation, and the copy of it.
pub(crate) struct Compared<'c> {
    pub(crate) relation: &'c str,
    pub(crate) columns: &'c [Column],
    /// The sum over the rows of the relation.
    pub(crate) content: &'c str,
    pub(crate) table: &'c DeltaTable,
    /// The files of the copy.
    pub(crate) files: Vec<LiveFile>,
}

/// All rows of a relation, as they are written.
pub(crate) fn all_rows(relation: &str, columns: &[Column]) -> String {
    format!("select {} from {relation}", written(columns))
}

fn written(columns: &[Column]) -> String {
    let columns: Vec<String> = columns.iter().map(Column::to_file).collect();
    columns.join(", ")
}

impl Compared<'_> {
    /// # Errors
    /// The relation or the log of the copy cannot be read.
    pub(crate) fn next(
        mut self,
        connection: &mut Connection,
        known: &mut VerifiedFiles,
    ) -> Result<NextVersion> {
        let before = content_of(self.table)?;
        let is_intact = self.is_intact(known)?;
        if is_intact && before.as_deref() == Some(self.content) {
            return Ok(NextVersion::Same);
        }
        let bytes: u64 = self.files.iter().map(|file| file.bytes).sum();
        let has_these_columns = columns_of(self.table)?.as_deref() == Some(self.columns);
        if !is_intact || !has_these_columns || bytes < ONE_FILE_BELOW || self.files.len() >= MOST_FILES {
            return Ok(self.whole());
        }
        if let Some(before) = &before
            && let Some(rows) = self.appended(connection, before)?
        {
            return Ok(NextVersion::Changed { leave: Vec::new(), rows: Some(rows) });
        }
        self.by_hash(connection, bytes)
    }

    /// Whether the files are as they were written.
    fn is_intact(&self, known: &mut VerifiedFiles) -> Result<bool> {
        let hashes = self.table.hashes()?;
        Ok(self.files.iter().all(|file| {
            let hash = hashes.get(&file.relative).map(String::as_str);
            known.damage(&file.path, file.bytes, hash, Verify::Changed).is_none()
        }))
    }

    fn whole(&mut self) -> NextVersion {
        NextVersion::Changed {
            leave: std::mem::take(&mut self.files),
            rows: Some(all_rows(self.relation, self.columns)),
        }
    }

    /// The rows behind those of the copy, if the relation begins with them. `before` is the sum over the rows of the copy.
    fn appended(&self, connection: &mut Connection, before: &str) -> Result<Option<String>> {
        let rows = rows_of(before);
        // A column of that name hides the number that the engine gives each row.
        let is_hidden = self.columns.iter().any(|column| column.name.eq_ignore_ascii_case("rowid"));
        if is_hidden || rows_of(self.content) <= rows {
            return Ok(None);
        }
        let first = content(connection, self.relation, self.columns, &format!("rowid < {rows}"))?;
        Ok((first == before).then(|| {
            format!("select {} from {} where rowid >= {rows}", written(self.columns), self.relation)
        }))
    }

    /// The rows that the files do not have which stay. Which file a row is in is told by its hash.
    fn by_hash(mut self, connection: &mut Connection, bytes: u64) -> Result<NextVersion> {
        let (copy, model) = (quoted("__ingot_copy_rows"), quoted("__ingot_model_rows"));
        let names: Vec<String> = self.columns.iter().map(Column::read_back).collect();
        let list: Vec<String> = self.files.iter().map(|file| text_literal(&path_text(&file.path))).collect();
        let hash = row_hash(self.columns);
        connection.execute(
            &format!(
                "create or replace temporary table {copy} as
                 select filename, {hash} as row_hash, count(*) as rows
                 from (select filename, {} from read_parquet([{}], filename = true, hive_partitioning = false)) group by all",
                names.join(", "),
                list.join(", ")
            ),
            true,
        )?;
        connection.execute(
            &format!(
                "create or replace temporary table {model} as
                 select {hash} as row_hash, count(*) as rows from {} group by all",
                self.relation
            ),
            true,
        )?;
        let surplus = connection.query(
            &format!(
                "select distinct filename from {copy} semi join (
                     select row_hash from (select row_hash, sum(rows) as rows from {copy} group by all) as have
                     left join {model} as wanted using (row_hash) where have.rows > coalesce(wanted.rows, 0)
                 ) using (row_hash)"
            ),
            true,
        )?;
        let surplus: HashSet<String> =
            surplus.rows.iter().filter_map(|row| row.first().map(Cell::to_string)).collect();
        let (leave, stay): (Vec<LiveFile>, Vec<LiveFile>) = std::mem::take(&mut self.files)
            .into_iter()
            .partition(|file| surplus.contains(&path_text(&file.path)));
        let leaving: u64 = leave.iter().map(|file| file.bytes).sum();
        if stay.is_empty() || leaving * 2 > bytes {
            self.files = leave.into_iter().chain(stay).collect();
            return Ok(self.whole());
        }
        let staying: Vec<String> = stay.iter().map(|file| text_literal(&path_text(&file.path))).collect();
        connection
            .execute(&format!("delete from {copy} where filename not in ({})", staying.join(", ")), true)?;
        let is_one = connection.query(
            &format!(
                "select coalesce(max(rows), 0) <= 1 and (select coalesce(max(rows), 0) <= 1 from {model})
                 from (select sum(rows) as rows from {copy} group by row_hash)"
            ),
            true,
        )?;
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        let columns = columns.join(", ");
        let new = match is_one.first() {
            Some(Cell::Bool(true)) => format!(
                "(select {columns} from (select {columns}, {hash} as __row_hash from {}) as now
                  anti join {copy} as kept on kept.row_hash = now.__row_hash)",
                self.relation
            ),
            // Equal rows are told apart by counting them.
            _ => format!(
                "(select {columns} from (
                      select {columns}, {hash} as __row_hash, row_number() over (partition by {hash}) as __nth from {}
                  ) as now
                  left join (select row_hash, sum(rows) as rows from {copy} group by all) as kept
                      on kept.row_hash = now.__row_hash
                  where __nth > coalesce(kept.rows, 0))",
                self.relation
            ),
        };
        let any = connection.query(&format!("select 1 from {new} limit 1"), true)?;
        let rows = (!any.rows.is_empty()).then(|| format!("select {} from {new}", written(self.columns)));
        Ok(NextVersion::Changed { leave, rows })
    }
}

/// Writes the rows of a query to a new file of a copy.
pub(crate) fn write(
    connection: &mut Connection,
    query: &str,
    delta: &std::path::Path,
    relative: &str,
) -> Result<(ingot_lake::NewFile, ingot_lake::arrow::datatypes::Schema)> {
    let path = delta.join(relative);
    column_types::copy(connection, query, &path)
        .and_then(|()| column_types::describe(delta, relative, Vec::new()))
        .inspect_err(|_| {
            let _ = std::fs::remove_file(&path);
        })
}
