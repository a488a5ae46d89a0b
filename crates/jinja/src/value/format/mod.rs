//! Python's formats of numbers and texts.

mod format_value;
mod percent;
mod specification;

pub(crate) use format_value::format_value;
pub(crate) use percent::percent;
pub(crate) use specification::Specification;
