//! Where the records and fields of a CSV file begin and end.

mod scanner;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(crate) use scanner::{Fault, Record, Scanner};
