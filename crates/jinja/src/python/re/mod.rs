//! Python's `re`. <https://docs.python.org/3/library/re.html>

mod found;
mod functions;
mod pattern;
mod replacement;

pub(super) use functions::module;
