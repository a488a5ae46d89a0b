//! The rows of a table that change or go, found once and kept in a table of the engine. Writing the table again then asks for
//! numbers of rows, and looks at no value a second time.
//!
//! A number is asked for in a string of bits, not by a join: DuckDB gives rows that were joined in any order, and a table is to
//! keep the order of its rows, by which it is often read faster.

use super::rules::TableWork;
use super::values::{SCHEMA, Values};
use ingot_core::error::Result;
use ingot_engine::{Rows, name_literal, text_literal};

/// Columns of the engine's table: the file that a row is in, its number there, and whether it goes.
const FILE: &str = "__ingot_of";
const ROW: &str = "__ingot_row";
const GOES: &str = "__ingot_goes";

/// What tells the rows of a relation from each other, as SQL.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowNumbers<'s> {
    /// An expression: the file that a row is in, if there are several.
    pub(super) file: &'s str,
    /// The name of the hidden column with its number.
    pub(super) row: &'s str,
}

#[derive(Debug, Clone)]
pub(super) struct TableChanges {
    relation: String,
    /// Columns that may change, and the value that they get.
    columns: Vec<(String, String)>,
    /// The table has a column of its own by the name of the hidden one.
    hides_numbers: bool,
}

impl TableChanges {
    /// Looks through a relation. `name` is what it is remembered by; `None` if there is nothing to look for.
    ///
    /// # Errors
    /// The relation cannot be read.
    pub(super) fn find(
        name: &str,
        (relation, columns): (&str, &[(String, String)]),
        numbers: RowNumbers<'_>,
        work: &TableWork,
        values: &mut Values,
    ) -> Result<Option<Self>> {
        let Some(touches) = work.touches() else { return Ok(None) };
        let goes = match &work.delete {
            Some(delete) => format!("coalesce({delete}, false)"),
            None => "false".to_owned(),
        };
        let changes = work
            .replace
            .iter()
            .map(|(name, condition, _)| format!(", coalesce({condition}, false) as {}", name_literal(name)));
        let found = Self {
            relation: format!("{SCHEMA}.{}", name_literal(&format!("changes:{name}"))),
            columns: work.replace.iter().map(|(name, _, value)| (name.clone(), value.clone())).collect(),
            hides_numbers: columns.iter().any(|(name, _)| name.eq_ignore_ascii_case(numbers.row)),
        };
        values.execute(&format!(
            "create or replace table {} as select {} as {FILE}, {} as {ROW}, {goes} as {GOES}{} from {relation} \
             where coalesce({touches}, false)",
            found.relation,
            numbers.file,
            numbers.row,
            changes.collect::<String>()
        ))?;
        Ok(Some(found))
    }

    /// By file: how many rows there are in it that change or go, and how many go.
    pub(super) fn counts(&self, values: &mut Values) -> Result<Rows> {
        values.query(&format!(
            "select {FILE}, count(*), count(*) filter ({GOES}) from {} group by all order by 1",
            self.relation
        ))
    }

    /// A query that gives the rows of a file as they are to be, in their order; `None` if rows cannot be told by their numbers.
    /// It holds until the next one is asked for.
    ///
    /// # Errors
    /// The relation cannot be read.
    pub(super) fn rows(
        &self,
        (relation, columns): (&str, &[(String, String)]),
        row: &str,
        file: Option<&str>,
        values: &mut Values,
    ) -> Result<Option<String>> {
        if self.hides_numbers {
            return Ok(None);
        }
        let of_file = match file {
            Some(file) => format!("{FILE} = {}", text_literal(file)),
            None => "true".to_owned(),
        };
        let last = values.number(&format!("select max({row}) from {relation}"))?;
        // Whether a row is among those of which `what` is true; `None` if there are none.
        let is_among = |what: &str, values: &mut Values| -> Result<Option<String>> {
            let rows = format!("from {} where {of_file} and {what}", self.relation);
            if values.number(&format!("select count(*) {rows}"))? == 0 {
                return Ok(None);
            }
            let variable = format!("rows that change: {what}");
            values.execute(&format!(
                "set variable {} = (select bitstring_agg({ROW}, 0, {last}) {rows})",
                name_literal(&variable)
            ))?;
            let bits = format!("getvariable({})", text_literal(&variable));
            Ok(Some(format!("get_bit({bits}, cast({row} as integer)) = 1")))
        };
        let mut cells: Vec<String> = columns.iter().map(|(name, _)| name_literal(name)).collect();
        for (cell, (name, _)) in cells.iter_mut().zip(columns) {
            let Some((_, value)) = self.columns.iter().find(|(changed, _)| changed == name) else { continue };
            if let Some(changes) = is_among(cell, values)? {
                *cell = format!("case when {changes} then {value} else {cell} end as {cell}");
            }
        }
        let stays = is_among(GOES, values)?.map(|goes| format!(" where not ({goes})")).unwrap_or_default();
        Ok(Some(format!("select {} from {relation}{stays}", cells.join(", "))))
    }
}
