//! Excel workbooks: `archive` looks at the file before it is opened, `place` finds the sheet and cells of the table, `rows`
//! tells its header from its data, `cells` reads what a cell holds, and `reader` puts them together.

mod archive;
mod cells;
mod place;
mod reader;
mod rows;

pub(crate) use reader::{XlsxReader, sheet_names};
pub(crate) use rows::OUTSIDE_HEADER;
