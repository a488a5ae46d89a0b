//! What the files of a feed show.

use crate::evidence::ColumnEvidence;
use ingot_bronze::inspect::FileFailure;
use ingot_contract::DataType;
use std::collections::HashMap;

/// Damaged rows that are remembered.
const SHOWN: usize = 5;

/// What the files of a feed show.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) columns: Vec<ColumnEvidence>,
    by_name: HashMap<String, usize>,
    pub(crate) rows: u64,
    /// Rows that no contract could accept, and the first of them: file, line, reason.
    pub(crate) bad_rows: u64,
    pub(crate) bad: Vec<(String, u64, String)>,
    /// How many of them each file has.
    bad_by_file: HashMap<String, u64>,
    /// Of a part of a file: the notations of dates that can still fit each column.
    part: Option<HashMap<String, Vec<usize>>>,
}

impl Profile {
    /// For a part of a file. `moments`: [`Self::moments`] of all that is known.
    pub(super) fn of_part(moments: HashMap<String, Vec<usize>>) -> Self {
        Self { part: Some(moments), ..Self::default() }
    }

    /// The notations of dates that can still fit each column.
    pub(super) fn moments(&self) -> HashMap<String, Vec<usize>> {
        let known = |column: &ColumnEvidence| Some((column.name.clone(), column.moments.known()?.to_vec()));
        self.columns.iter().filter_map(known).collect()
    }

    /// The index of the column of this name, which is added if there is none.
    pub(super) fn column(&mut self, name: &str) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = self.columns.len();
        self.columns.push(match &self.part {
            None => ColumnEvidence::named(name),
            Some(moments) => ColumnEvidence::of_part(name, moments.get(name).map(Vec::as_slice)),
        });
        self.by_name.insert(name.to_owned(), index);
        index
    }

    /// A damaged row.
    pub(super) fn add_bad(&mut self, file: &str, line: u64, code: &str) {
        self.bad_rows += 1;
        match self.bad_by_file.get_mut(file) {
            Some(rows) => *rows += 1,
            None => drop(self.bad_by_file.insert(file.to_owned(), 1)),
        }
        if self.bad.len() < SHOWN {
            self.bad.push((file.to_owned(), line, code.to_owned()));
        }
    }

    /// How many rows of this file no contract could accept.
    pub(crate) fn bad_rows_of(&self, file: &str) -> u64 {
        self.bad_by_file.get(file).copied().unwrap_or(0)
    }

    /// Notes the type that a file states for a column, and whether the column has no value there.
    ///
    /// # Errors
    /// Files before state another one.
    pub(super) fn state(
        &mut self,
        index: usize,
        stated: DataType,
        without_zone: bool,
        has_none: bool,
    ) -> Result<(), FileFailure> {
        let column = &mut self.columns[index];
        match &column.stated {
            None => (column.stated, column.stated_without_zone) = (Some(stated), without_zone),
            Some(known) if *known == stated => {}
            Some(DataType::I32) if stated == DataType::I64 => column.stated = Some(stated),
            Some(DataType::I64) if stated == DataType::I32 => {}
            // A column without any value has no type of its own.
            Some(DataType::Str) if column.values == 0 => column.stated = Some(stated),
            Some(_) if has_none => {}
            Some(known) => {
                let (name, stated, known) = (&column.name, stated.word(), known.word());
                let what = format!("the column '{name}' is {stated} here and {known} in the files before");
                return Err(FileFailure::new("COLUMN_TYPE", what));
            }
        }
        Ok(())
    }

    /// Adds what the rows of a part, or of a file behind those so far, show; `lines` come before it in its file.
    ///
    /// # Errors
    /// It states another type for a column. Nothing of it is added then.
    pub(super) fn absorb(&mut self, part: Self, lines: u64) -> Result<(), FileFailure> {
        for evidence in &part.columns {
            let index = self.column(&evidence.name);
            if let Some(stated) = &evidence.stated {
                self.state(index, stated.clone(), evidence.stated_without_zone, evidence.values == 0)?;
            }
        }
        self.rows += part.rows;
        let room = SHOWN - self.bad.len().min(SHOWN);
        self.bad.extend(part.bad.into_iter().take(room).map(|(file, line, code)| (file, line + lines, code)));
        self.bad_rows += part.bad_rows;
        for (file, rows) in part.bad_by_file {
            *self.bad_by_file.entry(file).or_default() += rows;
        }
        for evidence in part.columns {
            let index = self.column(&evidence.name);
            self.columns[index].absorb(evidence, lines);
        }
        Ok(())
    }
}
