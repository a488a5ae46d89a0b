//! Where the records and fields of a CSV file begin and end: `scanner` finds records, `marks` and `wide_marks` their
//! fields.

mod marks;
mod scanner;
mod wide_marks;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(crate) use marks::{Dialect, Marks};
pub(crate) use scanner::{Fault, Record, Scanner};
pub(crate) use wide_marks::WideMarks;
