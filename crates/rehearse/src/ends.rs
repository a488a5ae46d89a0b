//! The tables at the end of the models, as they are without defects, and how many of their rows are others with them.

use crate::scratch::Scratch;
use ingot_core::error::Result;
use ingot_engine::{Cell, EngineOptions, Session, name_literal, text_literal};

/// A table at the end, kept as it was in the first run.
#[derive(Debug, Clone)]
pub(crate) struct End {
    schema: String,
    name: String,
    /// Those that are the same in every run: not the time of loading, nor what is made of it.
    columns: Vec<String>,
}

impl End {
    pub(crate) fn shown(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    fn now(&self) -> String {
        format!("{}.{}", name_literal(&self.schema), name_literal(&self.name))
    }
}

/// Keeps the rows of these tables (schema and name) after the first run, which had no defects.
///
/// # Errors
/// The warehouse cannot be read, or the copy cannot be written.
pub(crate) fn keep(scratch: &Scratch, tables: &[(String, String)]) -> Result<Vec<End>> {
    let Some(warehouse) = scratch.warehouse()? else { return Ok(Vec::new()) };
    let database = EngineOptions::existing_file(&warehouse).open()?;
    let mut session = database.session()?;
    let kept = scratch.kept_warehouse();
    session.execute(&format!("attach {} as kept", text_literal(&kept.to_string_lossy())))?;
    let mut ends = Vec::new();
    for (schema, name) in tables {
        let mut end = End { schema: schema.clone(), name: name.clone(), columns: Vec::new() };
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
        let mut same = Vec::new();
        for column in std::mem::take(&mut end.columns) {
            if differences(session.as_mut(), place, end, &name_literal(&column)) == Some(0) {
                same.push(column);
            }
        }
        end.columns = same;
    }
    Ok(())
}

/// The tables whose rows differ from those of the first run, with the number of rows that only one of them has.
///
/// # Errors
/// The warehouse cannot be read.
pub(crate) fn changed(scratch: &Scratch, ends: &[End]) -> Result<Vec<(String, u64)>> {
    let Some(mut session) = session(scratch)? else { return Ok(Vec::new()) };
    let mut changed = Vec::new();
    for (place, end) in ends.iter().enumerate().filter(|(_, end)| !end.columns.is_empty()) {
        let columns: Vec<String> = end.columns.iter().map(|column| name_literal(column)).collect();
        if let Some(count) =
            differences(session.as_mut(), place, end, &columns.join(", ")).filter(|count| *count > 0)
        {
            changed.push((end.shown(), count));
        }
    }
    Ok(changed)
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

/// How many rows only one of both has; `None` if the table is not there in this run.
fn differences(session: &mut dyn Session, place: usize, end: &End, columns: &str) -> Option<u64> {
    let (now, kept) = (end.now(), format!("kept.{}", kept_name(place)));
    let rows = session
        .query(&format!(
            "select (select count(*) from (select {columns} from {now} except all select {columns} from {kept}))
                  + (select count(*) from (select {columns} from {kept} except all select {columns} from {now}))"
        ))
        .ok()?;
    rows.first().and_then(Cell::as_i64).and_then(|count| u64::try_from(count).ok())
}
