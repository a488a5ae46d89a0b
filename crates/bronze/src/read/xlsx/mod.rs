//! Excel workbooks: `archive` looks at the file before it is opened, `reader` hands over its rows.

mod archive;
mod reader;

pub(crate) use reader::{OUTSIDE_HEADER, XlsxReader};
