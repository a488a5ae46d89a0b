//! A workbook in which the table is where the contract says: on which sheet, below which rows, within which range.

use super::super::value::Value;
use super::json::JsonValue;
use super::value_text::ValueText;
use crate::calendar::from_civil;
use crate::write::{Finished, OutputFile};
use ingot_contract::{CellRange, Column, Contract};
use ingot_core::error::{Context as _, Error, Result};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, Table, TableColumn, Workbook, Worksheet, XlsxError,
};
use std::path::{Path, PathBuf};

/// Digits that a number of a workbook keeps.
const EXACT_DIGITS: u32 = 15;

pub(super) struct Sheet {
    worksheet: Worksheet,
    columns: Vec<(ValueText, Option<JsonValue>)>,
    names: Vec<String>,
    contract: Contract,
    output: OutputFile,
    path: PathBuf,
    first_row: u32,
    first_column: u16,
    row: u32,
    rows: u64,
    date: Format,
}

impl Sheet {
    pub(super) fn create(contract: &Contract, path: &Path, columns: &[&Column]) -> Result<Self> {
        let place = &contract.raw.place;
        let mut worksheet = Worksheet::new();
        let name = contract.raw.sheet.as_deref().unwrap_or(&contract.name).replace('*', "1");
        // The longest name that Excel takes.
        let name: String = name.chars().take(31).collect();
        worksheet.set_name(name).or_cannot_at("name the worksheet", path)?;
        let range = place.range.unwrap_or(CellRange {
            first_row: 0,
            first_column: 0,
            last_row: None,
            last_column: None,
        });
        let mut sheet = Self {
            worksheet,
            columns: columns
                .iter()
                .map(|column| {
                    let nested = column.data_type.is_nested().then(|| JsonValue::new(column));
                    (ValueText::new(column), nested)
                })
                .collect(),
            names: columns.iter().map(|column| column.name_in_files().to_owned()).collect(),
            contract: contract.clone(),
            output: OutputFile::create(path)?,
            path: path.to_path_buf(),
            first_row: range.first_row,
            first_column: u16::try_from(range.first_column).unwrap_or(0),
            row: 0,
            rows: 0,
            date: Format::new().set_num_format("yyyy-mm-dd"),
        };
        sheet.write_head()?;
        Ok(sheet)
    }

    /// The rows above the data: titles, and the names of the columns.
    fn write_head(&mut self) -> Result<()> {
        let place = self.contract.raw.place.clone();
        let skipped = u32::try_from(place.skip_rows).unwrap_or(0);
        for row in 0..skipped {
            let written = self.worksheet.write_string(
                row,
                self.first_column,
                format!("{} {}", self.contract.name, row + 1),
            );
            noted(&self.path, written.map(drop))?;
        }
        self.row = self.first_row.max(skipped);
        for header_row in 0..place.header_rows {
            if header_row + 1 == place.header_rows {
                for (index, name) in self.names.clone().iter().enumerate() {
                    let column = self.column(index);
                    let written = self.worksheet.write_string(self.row, column, name);
                    noted(&self.path, written.map(drop))?;
                }
            }
            self.row += 1;
        }
        self.first_row = self.row;
        Ok(())
    }

    fn column(&self, index: usize) -> u16 {
        self.first_column + u16::try_from(index).unwrap_or(u16::MAX - self.first_column)
    }

    pub(super) fn write(&mut self, values: &[Value]) -> Result<()> {
        for (index, value) in values.iter().enumerate() {
            let column = self.column(index);
            let (text, nested) = &self.columns[index];
            let sheet = &mut self.worksheet;
            let written = match (value, nested) {
                (Value::Null, _) => Ok(()),
                (Value::Broken(text), _) => sheet.write_string(self.row, column, text).map(drop),
                (value, Some(nested)) => {
                    let mut json = String::new();
                    nested.write(value, &mut json);
                    sheet.write_string(self.row, column, json).map(drop)
                }
                (Value::Int(number), None)
                    if text.is_default() && number.unsigned_abs() < 10u64.pow(EXACT_DIGITS) =>
                {
                    sheet.write_number(self.row, column, *number as f64).map(drop)
                }
                (Value::Decimal { units, scale }, None)
                    if text.is_default() && units.unsigned_abs() < 10u128.pow(EXACT_DIGITS) =>
                {
                    sheet.write_number(self.row, column, *units as f64 / 10f64.powi(*scale as i32)).map(drop)
                }
                (Value::Float(number), None) if text.is_default() => {
                    sheet.write_number(self.row, column, *number).map(drop)
                }
                (Value::Bool(truth), None) if !text.has_words() => {
                    sheet.write_boolean(self.row, column, *truth).map(drop)
                }
                // Workbooks count days from 1900, and have one too many until March of that year.
                (Value::Date(day), None) if text.is_default() && *day > from_civil(1901, 1, 1) => {
                    let serial = f64::from(day - from_civil(1899, 12, 30));
                    sheet.write_number_with_format(self.row, column, serial, &self.date).map(drop)
                }
                (value, None) => sheet.write_string(self.row, column, text.text(value)).map(drop),
            };
            noted(&self.path, written)?;
        }
        self.row += 1;
        self.rows += 1;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Finished> {
        let place = self.contract.raw.place.clone();
        if let Some(name) = &place.table {
            let last = u16::try_from(self.names.len().max(1) - 1).unwrap_or(0) + self.first_column;
            let columns: Vec<TableColumn> =
                self.names.iter().map(|name| TableColumn::new().set_header(name)).collect();
            let table =
                Table::new().set_name(name).set_columns(&columns).set_header_row(place.header_rows > 0);
            let top = self.first_row - u32::from(place.header_rows > 0);
            let written =
                self.worksheet.add_table(top, self.first_column, self.row.max(top + 2) - 1, last, &table);
            noted(&self.path, written.map(drop))?;
        }
        for _ in 0..place.footer_rows {
            let written = self.worksheet.write_string(self.row, self.first_column, "end of the table");
            noted(&self.path, written.map(drop))?;
            self.row += 1;
        }
        let mut workbook = Workbook::new();
        let created = ExcelDateTime::from_ymd(2020, 1, 1).or_cannot_at("date the workbook", &self.path)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        for number in 1..place.sheet_number.unwrap_or(1) {
            let mut other = Worksheet::new();
            other.set_name(format!("Notes {number}")).or_cannot_at("name the worksheet", &self.path)?;
            workbook.push_worksheet(other);
        }
        workbook.push_worksheet(self.worksheet);
        let bytes = workbook.save_to_buffer().or_cannot_at("write the workbook", &self.path)?;
        self.output.write(&bytes)?;
        Ok(Finished { rows: self.rows, ..self.output.finish()? })
    }
}

fn noted(path: &Path, written: std::result::Result<(), XlsxError>) -> Result<()> {
    written.map_err(|error| {
        Error::new("cannot write the cell")
            .at(path)
            .caused_by(error)
            .hint("a sheet has 1,048,576 rows: generate fewer days, or give the object fewer `rows`")
    })
}
