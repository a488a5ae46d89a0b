//! Custom properties of the raw server that say where the table is in a file of cells.

use super::reader::Reader;
use crate::table_place::{CellRange, TablePlace};
use ingot_core::error::Result;
use ingot_core::yaml::Node;

impl Reader<'_> {
    pub(super) fn table_place(&self, server: &Node) -> Result<TablePlace> {
        let header_rows = self.count_of(server, "headerRows", 1)?;
        let has_header = match self.custom(server, "header")? {
            None => true,
            Some(node) => node.as_bool().ok_or_else(|| {
                self.error("'header' should be true or false", node).hint(
                    "if the table begins further down, write `headerRow` with the number of its first row",
                )
            })?,
        };
        let header_row = self.count_of(server, "headerRow", 1)?;
        let skip_rows = self.count_of(server, "skipRows", 0)?;
        if header_row.is_some() && skip_rows.is_some() {
            return Err(self.error("'headerRow' and 'skipRows' say the same thing; give one of them", server));
        }
        if !has_header && (header_row.is_some() || header_rows.is_some()) {
            return Err(self.error(
                "with `header: false` there are no header rows; 'skipRows' says where the first row of data is",
                server,
            ));
        }
        let until_empty_row = match self.custom(server, "tableEnd")? {
            None => false,
            Some(node) => self.choice(node, &[("endOfFile", false), ("emptyRow", true)])?,
        };
        let footer_rows = self.count_of(server, "footerRows", 0)?.unwrap_or(0);
        if until_empty_row && footer_rows > 0 {
            return Err(self.error(
                "'footerRows' counts from the end of the file, and `tableEnd: emptyRow` ends the table before it; give one of them",
                server,
            ));
        }
        let range = match self.custom(server, "range")? {
            None => None,
            Some(node) => Some(node.as_str().and_then(CellRange::parse).ok_or_else(|| {
                self.error("'range' should be a range of cells such as B3:F20 or B3:F", node)
            })?),
        };
        let table = self.custom_text(server, "table")?;
        let sheet_number = self.count_of(server, "sheetNumber", 1)?.map(|number| number as usize);
        let is_named = self.custom(server, "sheet")?.is_some();
        if table.is_some() && (range.is_some() || sheet_number.is_some() || is_named) {
            return Err(
                self.error("'table' names a range of the workbook; leave out sheet and range", server)
            );
        }
        if sheet_number.is_some() && is_named {
            return Err(
                self.error("'sheet' and 'sheetNumber' both choose the sheet; give one of them", server)
            );
        }
        Ok(TablePlace {
            skip_rows: header_row.map(|row| row - 1).or(skip_rows).unwrap_or(0),
            header_rows: if has_header { header_rows.unwrap_or(1) as usize } else { 0 },
            footer_rows: footer_rows as usize,
            until_empty_row,
            comment: self.custom_text(server, "comment")?.filter(|comment| !comment.is_empty()),
            sheet_number,
            range,
            table,
        })
    }

    /// A whole number from `least` up to a million.
    fn count_of(&self, server: &Node, name: &str, least: u64) -> Result<Option<u64>> {
        let Some(node) = self.custom(server, name)? else { return Ok(None) };
        node.as_int()
            .and_then(|count| u64::try_from(count).ok())
            .filter(|count| (least..=1_000_000).contains(count))
            .map(Some)
            .ok_or_else(|| self.error(format!("'{name}' should be a whole number of at least {least}"), node))
    }
}
