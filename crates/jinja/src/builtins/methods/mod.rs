//! The methods of Python's own types.

mod dict;
mod find;
mod number;
mod sequence;
mod set;
mod str;
mod str_format;
mod views;

pub(super) use find::{call, has};
