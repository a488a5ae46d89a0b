//! The rows of a table on their way into its files, and what a defect does to one of them.

use crate::defect::{Change, Defect};
use crate::marks::Mark;
use crate::rows::{TableRows, texts};
use ingot_contract::DataType;
use ingot_generate::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A row on its way into a file.
pub(crate) struct Marked {
    pub(crate) values: Vec<Value>,
    pub(crate) mark: Mark,
    /// The key as it was, if the row was changed.
    pub(crate) key: Option<Vec<String>>,
}

impl Marked {
    pub(crate) fn of(values: &[Value]) -> Self {
        Self { values: values.to_vec(), mark: Mark::default(), key: None }
    }
}

/// The rows of a table in one list.
pub(crate) struct Sheet {
    pub(crate) rows: Vec<Marked>,
    /// Twins come after all others of their file, so that the numbers of the others stay.
    twins: Vec<(usize, Marked)>,
    key: Vec<usize>,
}

impl Sheet {
    pub(crate) fn new(table: &TableRows) -> Self {
        let rows = table.all().map(|row| Marked::of(&row.values)).collect();
        Self { rows, twins: Vec::new(), key: table.key.clone() }
    }

    /// Changes a row; says whether anything is other than before.
    pub(crate) fn change(&mut self, row: usize, defect: &Defect, tables: &[TableRows]) -> bool {
        let contract = &tables[defect.table].contract;
        let key = texts(&self.rows[row].values, &self.key);
        let values = &mut self.rows[row].values;
        let (change, Some(column)) = (&defect.change, defect.column) else {
            if matches!(defect.change, Change::RowTwice) {
                let mut twin = Marked::of(values);
                twin.mark.owners.extend(self.rows[row].mark.owners.iter().copied());
                self.twins.push((row, twin));
                self.rows[row].key = key;
                return true;
            }
            return false;
        };
        let before = values[column].clone();
        let after = match change {
            Change::Value(value) => value.clone(),
            Change::DropMember(member) => without_member(&before, member),
            Change::Scale(factor) => scaled(&contract.columns[column].data_type, &before, *factor),
            Change::Swap(other) => {
                let after = values[*other].clone();
                values[*other] = before.clone();
                after
            }
            Change::Rename { from, to } if before.text() == *from => Value::Text(to.clone()),
            Change::Empty if !row.is_multiple_of(10) => Value::Null,
            _ => before.clone(),
        };
        if after == before {
            return false;
        }
        values[column] = after;
        self.rows[row].key = key;
        true
    }

    /// The rows of each file.
    pub(crate) fn files(mut self, table: &TableRows) -> BTreeMap<String, Vec<Marked>> {
        let mut files = BTreeMap::new();
        // A twin has the mark of its row.
        let owners: Vec<BTreeSet<usize>> =
            self.twins.iter().map(|(row, _)| self.rows[*row].mark.owners.clone()).collect();
        for ((_, twin), owners) in self.twins.iter_mut().zip(owners) {
            twin.mark.owners = owners;
        }
        let mut rows = self.rows.into_iter();
        let mut first = 0;
        for (file, source) in &table.files {
            let mut own: Vec<Marked> = rows.by_ref().take(source.len()).collect();
            let range = first..first + source.len();
            first = range.end;
            let (here, later) = self.twins.into_iter().partition(|(row, _)| range.contains(row));
            own.extend(Vec::into_iter(here).map(|(_, twin)| twin));
            self.twins = later;
            files.insert(file.clone(), own);
        }
        files
    }
}

/// A number times a factor, if its type can hold it.
fn scaled(data_type: &DataType, value: &Value, factor: f64) -> Value {
    match (data_type, value) {
        (DataType::I32, Value::Int(number)) => {
            let scaled = (*number as f64 * factor) as i64;
            Value::Int(if i32::try_from(scaled).is_ok() { scaled } else { *number })
        }
        (_, Value::Int(number)) => Value::Int((*number as f64 * factor) as i64),
        (_, Value::Float(number)) => Value::Float(number * factor),
        (DataType::Decimal { precision, .. }, Value::Decimal { units, scale }) => {
            let scaled = (*units as f64 * factor) as i128;
            let fits = scaled.unsigned_abs() < 10u128.pow(u32::from(*precision));
            Value::Decimal { units: if fits { scaled } else { *units }, scale: *scale }
        }
        _ => value.clone(),
    }
}

/// A JSON object without one of its members.
fn without_member(value: &Value, member: &str) -> Value {
    match serde_json::from_str(&value.text()) {
        Ok(serde_json::Value::Object(mut object)) => {
            object.shift_remove(member);
            Value::Text(serde_json::Value::Object(object).to_string())
        }
        _ => value.clone(),
    }
}
