//! Results of the engine and lists of the lake, for people (a table), and for programs (JSON, CSV).

use ingot_core::error::{Context as _, Error, Result};
use ingot_core::report::Table;
use ingot_engine::{Cell, Rows};
use serde_json::{Map, Number, Value};

/// Rows under a title.
#[derive(Debug, Clone)]
pub struct Listing {
    pub title: String,
    pub rows: Rows,
}

impl Listing {
    pub fn table(&self) -> Table {
        Table {
            title: self.title.clone(),
            headers: self.rows.columns.iter().map(|column| column.name.clone()).collect(),
            rows: self.rows.rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect(),
        }
    }

    /// Some of the columns, in this order.
    pub fn table_of(&self, columns: &[&str]) -> Table {
        let places: Vec<usize> = columns.iter().filter_map(|name| self.rows.column(name)).collect();
        let row = |row: &Vec<Cell>| places.iter().map(|at| row[*at].to_string()).collect();
        Table {
            title: self.title.clone(),
            headers: places.iter().map(|at| self.rows.columns[*at].name.clone()).collect(),
            rows: self.rows.rows.iter().map(row).collect(),
        }
    }

    /// A list of objects. Decimals are text, so that they keep their digits.
    pub fn json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let members = self.rows.columns.iter().zip(row);
            Value::Object(
                members.map(|(column, cell)| (column.name.clone(), json(cell))).collect::<Map<_, _>>(),
            )
        };
        Value::Array(self.rows.rows.iter().map(object).collect())
    }

    /// A header, then a line for each row.
    ///
    /// # Errors
    /// A value is not UTF-8, which the engine does not give.
    pub fn csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let task = "write the rows as CSV";
        writer.write_record(self.rows.columns.iter().map(|column| &column.name)).or_cannot(task)?;
        for row in &self.rows.rows {
            writer.write_record(row.iter().map(ToString::to_string)).or_cannot(task)?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| Error::new("cannot write the rows as CSV").caused_by(error.into_error()))?;
        let text = String::from_utf8(bytes).or_cannot(task)?;
        Ok(text.trim_end_matches('\n').to_owned())
    }
}

pub(crate) fn json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => Value::Bool(*value),
        Cell::Int(value) => Number::from_i128(*value).map_or_else(|| value.to_string().into(), Value::Number),
        Cell::Float(value) => {
            Number::from_f64(*value).map_or_else(|| value.to_string().into(), Value::Number)
        }
        other => other.as_str().unwrap_or_default().into(),
    }
}
