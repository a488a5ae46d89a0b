//! Python's `Decimal`: exact numbers as databases have them.
//! <https://docs.python.org/3/library/decimal.html>

mod arithmetic;
mod format;
mod number;
mod object;
mod parse;

pub use object::{decimal, decimal_of_float};
