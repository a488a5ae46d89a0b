//! One worksheet of an Excel workbook, with a fixed creation date so that equal rows give equal bytes.

use super::output_file::{Finished, OutputFile};
use crate::calendar::{DAY_SECONDS, Day, civil, from_civil};
use crate::cell::{Cell, Fill, Record, bind};
use ingot_contract::Contract;
use ingot_core::error::{Context, Error, Result};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::path::Path;

/// A workbook in the making. Excel's own limit is 1,048,575 rows under the header.
pub(crate) struct XlsxFile<R> {
    sheet: SheetCell,
    fills: Vec<Fill<R, SheetCell>>,
    output: OutputFile,
    path: std::path::PathBuf,
}

impl<R: Record> XlsxFile<R> {
    pub(crate) fn create(contract: &Contract, path: &Path) -> Result<Self> {
        let fills = bind::<R, SheetCell>(contract, &contract.columns)?;
        let mut worksheet = Worksheet::new();
        worksheet
            .set_name(contract.raw.sheet.as_deref().unwrap_or(&contract.name))
            .or_cannot_at("name the worksheet", path)?;
        let bold = Format::new().set_bold();
        for (index, column) in contract.columns.iter().enumerate() {
            worksheet
                .write_string_with_format(0, index as u16, &column.name, &bold)
                .or_cannot_at("write the header", path)?;
            // Wide enough that a date does not show as ####.
            worksheet.set_column_width(index as u16, 14).or_cannot_at("set the width", path)?;
        }
        worksheet.set_freeze_panes(1, 0).or_cannot_at("freeze the header", path)?;
        let sheet = SheetCell {
            worksheet,
            row: 1,
            column: 0,
            date: Format::new().set_num_format("yyyy-mm-dd"),
            instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            error: None,
        };
        Ok(Self { sheet, fills, output: OutputFile::create(path)?, path: path.to_path_buf() })
    }

    pub(crate) fn write(&mut self, row: &R) -> Result<()> {
        for (index, fill) in self.fills.iter().enumerate() {
            self.sheet.column = index as u16;
            fill(row, &mut self.sheet);
        }
        self.sheet.row += 1;
        match self.sheet.error.take() {
            None => Ok(()),
            Some(error) => Err(Error::new("cannot write the cell").at(&self.path).caused_by(error)),
        }
    }

    pub(crate) fn finish(mut self) -> Result<Finished> {
        let rows = u64::from(self.sheet.row - 1);
        let mut workbook = Workbook::new();
        let created = ExcelDateTime::from_ymd(2020, 1, 1).or_cannot_at("date the workbook", &self.path)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        workbook.push_worksheet(self.sheet.worksheet);
        // In memory first (some hundred kilobytes): the library prints a message of its own when the disk is full.
        let bytes = workbook.save_to_buffer().or_cannot_at("write the workbook", &self.path)?;
        self.output.write(&bytes)?;
        Ok(Finished { rows, ..self.output.finish()? })
    }
}

/// The next cell of the worksheet. The first error is kept until the row ends.
pub(crate) struct SheetCell {
    worksheet: Worksheet,
    row: u32,
    column: u16,
    date: Format,
    instant: Format,
    error: Option<XlsxError>,
}

impl SheetCell {
    fn number(&mut self, value: f64, format: Option<Format>) {
        let written = match format {
            Some(format) => {
                self.worksheet.write_number_with_format(self.row, self.column, value, &format).map(drop)
            }
            None => self.worksheet.write_number(self.row, self.column, value).map(drop),
        };
        if let Err(error) = written {
            self.error.get_or_insert(error);
        }
    }
}

impl Cell for SheetCell {
    fn null(&mut self) {}
    fn int(&mut self, value: i64) {
        self.number(value as f64, None);
    }
    fn decimal(&mut self, value: i64, scale: u32) {
        self.number(value as f64 / 10f64.powi(scale as i32), None);
    }
    fn text(&mut self, value: &str) {
        if let Err(error) = self.worksheet.write_string(self.row, self.column, value) {
            self.error.get_or_insert(error);
        }
    }
    fn date(&mut self, day: Day) {
        // Excel counts days so that 1900-03-01 is 61.
        debug_assert!(civil(day).0 >= 1901);
        self.number(f64::from(day - from_civil(1899, 12, 30)), Some(self.date.clone()));
    }
    fn timestamp(&mut self, utc: i64, offset: i32) {
        let local = utc + i64::from(offset) - i64::from(from_civil(1899, 12, 30)) * DAY_SECONDS;
        self.number(local as f64 / DAY_SECONDS as f64, Some(self.instant.clone()));
    }
    fn boolean(&mut self, value: bool) {
        if let Err(error) = self.worksheet.write_boolean(self.row, self.column, value) {
            self.error.get_or_insert(error);
        }
    }
}
