//! The tables at the end of the models, as they are without defects, and which of their rows are others with them.

use crate::lineage::EndTable;
use crate::scratch::Scratch;
use crate::warehouse::Warehouse;
use ingot_core::error::Result;
use ingot_engine::duckdb::explain_attach;
use ingot_engine::{Rows, Session, name_literal, text_literal};

/// So many rows are read of what is other in a table.
const MOST_ROWS: usize = 20_000;
/// The column that says in which of the two runs a row is.
const RUN: &str = "\"which run\"";

/// A table at the end, kept as it was in the first run.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) table: EndTable,
    /// What it is kept as.
    kept: String,
    /// Those that are the same in every run: not the time of loading, nor what is made of it.
    columns: Vec<String>,
}

impl End {
    pub(crate) fn shown(&self) -> String {
        format!("{}.{}", self.table.schema, self.table.name)
    }

    fn now(&self) -> String {
        now(&self.table)
    }
}

fn now(table: &EndTable) -> String {
    format!("{}.{}", name_literal(&table.schema), name_literal(&table.name))
}

/// Keeps the rows of these tables after the first run, which had no defects.
///
/// # Errors
/// The warehouse cannot be read, or the copy cannot be written.
pub(crate) fn keep(scratch: &Scratch, tables: &[EndTable]) -> Result<Vec<End>> {
    let Some(warehouse) = Warehouse::open(scratch)? else { return Ok(Vec::new()) };
    let mut session = warehouse.session()?;
    let kept = scratch.kept_warehouse();
    session
        .execute(&format!("attach {} as kept", text_literal(&kept.to_string_lossy())))
        .map_err(|error| explain_attach(error, &kept))?;
    let mut ends = Vec::new();
    for table in tables {
        // A model that was not built has no rows to compare.
        let Ok(rows) = session.query(&format!("select * from {} limit 0", now(table))) else { continue };
        let columns = rows.columns.into_iter().map(|column| column.name).collect();
        let end = End { table: table.clone(), kept: format!("kept.end_{}", ends.len()), columns };
        session.execute(&format!("create table {} as select * from {}", end.kept, end.now()))?;
        ends.push(end);
    }
    Ok(ends)
}

/// Leaves out the columns that differ after a second run without defects.
///
/// # Errors
/// The warehouse cannot be read.
pub(crate) fn leave_out_what_varies(scratch: &Scratch, ends: &mut [End]) -> Result<()> {
    let Some(warehouse) = with_kept(scratch)? else { return Ok(()) };
    let same = warehouse.for_each(ends, same_columns)?;
    for (end, columns) in ends.iter_mut().zip(same) {
        end.columns = columns;
    }
    Ok(())
}

/// The columns that have the same values now, whatever their order. They are compared by the sum of their hashes, so that
/// each table is read once.
fn same_columns(session: &mut dyn Session, end: &End) -> Vec<String> {
    let sums: Vec<String> =
        end.columns.iter().map(|column| format!("sum(hash({})::hugeint)", name_literal(column))).collect();
    let mut sums_of = |table: &str| {
        let rows = session.query(&format!("select count(*), {} from {table}", sums.join(", "))).ok()?;
        rows.rows.into_iter().next()
    };
    let (Some(now), Some(kept)) = (sums_of(&end.now()), sums_of(&end.kept)) else { return Vec::new() };
    if now.first() != kept.first() {
        return Vec::new();
    }
    let both = now.iter().zip(&kept).skip(1).zip(&end.columns);
    both.filter(|((now, kept), _)| now == kept).map(|(_, column)| column.clone()).collect()
}

/// The rows of each table that only this run or only the first one has; `None` for a table that is not there, or of which
/// nobody asks.
///
/// # Errors
/// The warehouse cannot be read.
pub(crate) fn changes(
    scratch: &Scratch,
    ends: &[End],
    is_asked: impl Fn(&End) -> bool,
) -> Result<Vec<Option<Rows>>> {
    let mut changes = vec![None; ends.len()];
    let asked: Vec<(usize, &End)> = ends.iter().enumerate().filter(|(_, end)| is_asked(end)).collect();
    if asked.is_empty() {
        return Ok(changes);
    }
    let Some(warehouse) = with_kept(scratch)? else { return Ok(changes) };
    let found = warehouse.for_each(&asked, |session, (place, end)| (*place, differences(session, end)))?;
    for (place, rows) in found {
        changes[place] = rows;
    }
    Ok(changes)
}

/// The warehouse with the tables that were kept; `None` if none were.
fn with_kept(scratch: &Scratch) -> Result<Option<Warehouse>> {
    let kept = scratch.kept_warehouse();
    let Some(warehouse) = Warehouse::open(scratch)?.filter(|_| kept.is_file()) else { return Ok(None) };
    let attach = format!("attach {} as kept (read_only)", text_literal(&kept.to_string_lossy()));
    warehouse.session()?.execute(&attach).map_err(|error| explain_attach(error, &kept))?;
    Ok(Some(warehouse))
}

/// Each row of which one of the two runs has more, once.
fn differences(session: &mut dyn Session, end: &End) -> Option<Rows> {
    if end.columns.is_empty() {
        return Some(Rows::default());
    }
    let columns: Vec<String> = end.columns.iter().map(|column| name_literal(column)).collect();
    let (columns, now, kept) = (columns.join(", "), end.now(), &end.kept);
    let query = format!(
        "select {columns} from (select {columns}, 1 as {RUN} from {now} union all select {columns}, -1 from {kept})
         group by {columns} having sum({RUN}) <> 0 limit {MOST_ROWS}"
    );
    session.query(&query).ok()
}
