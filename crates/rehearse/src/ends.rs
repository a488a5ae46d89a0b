//! The tables at the end of the models, as they are without defects, and which of their rows are others with them.

use crate::lineage::EndTable;
use crate::scratch::Scratch;
use ingot_core::error::Result;
use ingot_engine::{Cell, EngineOptions, Rows, Session, name_literal, text_literal};

/// So many rows are read of what is other in a table.
const MOST_ROWS: usize = 20_000;

/// A table at the end, kept as it was in the first run.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) table: EndTable,
    /// Those that are the same in every run: not the time of loading, nor what is made of it.
    columns: Vec<String>,
}

impl End {
    pub(crate) fn shown(&self) -> String {
        format!("{}.{}", self.table.schema, self.table.name)
    }

    fn now(&self) -> String {
        format!("{}.{}", name_literal(&self.table.schema), name_literal(&self.table.name))
    }
}

/// Keeps the rows of these tables after the first run, which had no defects.
///
/// # Errors
/// The warehouse cannot be read, or the copy cannot be written.
pub(crate) fn keep(scratch: &Scratch, tables: &[EndTable]) -> Result<Vec<End>> {
    let Some(warehouse) = scratch.warehouse()? else { return Ok(Vec::new()) };
    let database = EngineOptions::existing_file(&warehouse).open()?;
    let mut session = database.session()?;
    let kept = scratch.kept_warehouse();
    session.execute(&format!("attach {} as kept", text_literal(&kept.to_string_lossy())))?;
    let mut ends = Vec::new();
    for table in tables {
        let mut end = End { table: table.clone(), columns: Vec::new() };
        // A model that was not built has no rows to compare.
        let Ok(rows) = session.query(&format!("select * from {} limit 0", end.now())) else { continue };
        end.columns = rows.columns.into_iter().map(|column| column.name).collect();
        let copy = kept_name(ends.len());
        session.execute(&format!("create table kept.{copy} as select * from {}", end.now()))?;
        ends.push(end);
    }
    Ok(ends)
}

/// Leaves out the columns that differ after a second run without defects.
///
/// # Errors
/// The warehouse cannot be read.
pub(crate) fn leave_out_what_varies(scratch: &Scratch, ends: &mut [End]) -> Result<()> {
    let Some(mut session) = session(scratch)? else { return Ok(()) };
    for (place, end) in ends.iter_mut().enumerate() {
        if end.columns.is_empty() || count(session.as_mut(), place, end, "*") == Some(0) {
            continue;
        }
        let columns = std::mem::take(&mut end.columns);
        end.columns = columns
            .into_iter()
            .filter(|column| count(session.as_mut(), place, end, &name_literal(column)) == Some(0))
            .collect();
    }
    Ok(())
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
    let Some(mut session) = session(scratch)? else { return Ok(vec![None; ends.len()]) };
    let mut changes = Vec::new();
    for (place, end) in ends.iter().enumerate() {
        if !is_asked(end) {
            changes.push(None);
            continue;
        }
        let columns: Vec<String> = end.columns.iter().map(|column| name_literal(column)).collect();
        let rows = if columns.is_empty() {
            Some(Rows::default())
        } else {
            session.query(&differences(place, end, &columns.join(", "), MOST_ROWS)).ok()
        };
        changes.push(rows);
    }
    Ok(changes)
}

fn kept_name(place: usize) -> String {
    format!("end_{place}")
}

fn session(scratch: &Scratch) -> Result<Option<Box<dyn Session>>> {
    let kept = scratch.kept_warehouse();
    let Some(warehouse) = scratch.warehouse()?.filter(|_| kept.is_file()) else { return Ok(None) };
    let database = EngineOptions::existing_file(&warehouse).open()?;
    let mut session = database.session()?;
    session.execute(&format!("attach {} as kept (read_only)", text_literal(&kept.to_string_lossy())))?;
    Ok(Some(session))
}

fn differences(place: usize, end: &End, columns: &str, most: usize) -> String {
    let (now, kept) = (end.now(), format!("kept.{}", kept_name(place)));
    format!(
        "select * from ((select {columns} from {now} except all select {columns} from {kept})
              union all (select {columns} from {kept} except all select {columns} from {now})) limit {most}"
    )
}

fn count(session: &mut dyn Session, place: usize, end: &End, columns: &str) -> Option<i64> {
    let query = format!("select count(*) from ({})", differences(place, end, columns, 1));
    session.query(&query).ok()?.first().and_then(Cell::as_i64)
}
